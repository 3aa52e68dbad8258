# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A UDP socket that reads its errors from the queue (IP_RECVERR): each is told once, not again when
# it is taken from the queue. (Of three datagrams two leave: one send() hands out an error instead.)
FAMILIES="v4 v6"
SIGNALS="udp-error connect-return"

setup() {
	lab_ns a
	if control; then start here a udp-serve "$ANY" 7001; fi
}

provoke() {
	try a ECONNREFUSED udp --recverr --repeat 3 "$LO" 7001
	want code=021 cause.id=udp-port-closed network.transport=udp direction=local total=2
}
