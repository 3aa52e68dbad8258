# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Eight ephemeral ports, all in connections to the same destination: the ninth gets none.
FAMILIES="v4 v6 mapped"
SIGNALS="connect-return tcp-state"

setup() {
	lab_pair
	ns_sysctl a "net.ipv4.ip_local_port_range=40000 40007"
	start server b listen --backlog 64 "$ANY" 7001
	if ! control; then start occupant a occupy 8 "$B" 7001; fi
}

provoke() {
	for how in "" --nonblock; do
		try a EADDRNOTAVAIL connect $how "$B" 7001
		want code=028 cause.id=ephemeral-ports-exhausted direction=outbound
	done
}
