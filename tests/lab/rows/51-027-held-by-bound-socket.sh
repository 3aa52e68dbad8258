# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The port is bound by a socket that neither listens nor is connected; TCP and UDP.
SIGNALS="bind-return sockets"

setup() {
	lab_ns a
	if ! control; then
		start tcp a bind --do ready,wait "$LO" 7001
		start udp a bind --udp --do ready,wait "$LO" 7001
	fi
}

provoke() {
	try a EADDRINUSE bind "$LO" 7001
	want code=027 cause.id=held-by-bound-socket "evidence~[^0-9]${PID_tcp}[^0-9]"
	try a EADDRINUSE bind --udp "$LO" 7001
	want code=027 cause.id=held-by-bound-socket network.transport=udp \
		"evidence~[^0-9]${PID_udp}[^0-9]"
}
