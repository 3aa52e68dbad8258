# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The routing table has no way there; for a datagram socket of an application neither.
FAMILIES="v4 v6 mapped"
SIGNALS="connect-return"

setup() {
	lab_pair
	if control; then far_side 7001; start datagrams b udp-serve "$FAR" 514; fi
}

provoke() {
	for how in "" --nonblock --thread; do
		try a ENETUNREACH connect $how "$FAR" 7001
		want code=026 cause.id=no-route direction=outbound layer=route
	done
	need_signal name-lookup
	try a ENETUNREACH udp "$FAR" 514
	want code=026 cause.id=no-route direction=outbound network.transport=udp
}
