# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A connected UDP socket learns from ICMP that the port is closed: or that a firewall rejects, so
# nothing says observed.
FAMILIES="v4 v6 mapped"
SIGNALS="udp-error connect-return"

setup() { lab_pair; }

provoke() {
	if control; then
		start here a udp-serve "$ANY" 7001
		start there b udp-serve "$ANY" 7001
	fi
	try a ECONNREFUSED udp "$LO" 7001
	want code=021 cause.id=udp-port-closed network.transport=udp direction=local cause.confidence=inferred \
		"operation~receive|send"
	try a ECONNREFUSED udp "$B" 7001
	want code=021 cause.id=udp-port-closed network.transport=udp direction=outbound cause.confidence=inferred \
		"operation~receive|send"
}
