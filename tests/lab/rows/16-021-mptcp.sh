# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Multipath TCP, which Go listens with: refused, no route, a port in use; each told once.
FAMILIES="v4 v6"
SIGNALS="tcp-state connect-return bind-return route-lookup route6-lookup sockets"

setup() {
	lab_pair
	[ "$(in_ns a sysctl -n net.mptcp.enabled 2>/dev/null)" = 1 ] || skip "no Multipath TCP here"
	if control; then
		far_side 7001	# on any address of b
	else
		ns_ip a route add unreachable "$FAR_NET"
		start holder a listen --mptcp "$ANY" 7002
	fi
}

provoke() {
	try a ECONNREFUSED connect --mptcp "$B" 7001
	want code=021 cause.id=peer-reset direction=outbound "source.ip~." "source.port~."
	try a EHOSTUNREACH connect --mptcp "$FAR" 7001
	want code=022 cause.id=route-unreachable direction=outbound
	try a EADDRINUSE bind --mptcp "$ANY" 7002
	want code=027 cause.id=held-by-listener "cause.summary~cwl-holder"
	try a EADDRINUSE bind "$ANY" 7002
	want code=027 cause.id=held-by-listener "cause.summary~cwl-holder"
}
