# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The routing table says unreachable.
FAMILIES="v4 v6 mapped"
SIGNALS="connect-return route-lookup route6-lookup"

setup() {
	lab_pair
	if control; then far_side 7001; else ns_ip a route add unreachable "$FAR_NET"; fi
}

provoke() {
	for how in "" --nonblock; do
		try a EHOSTUNREACH connect $how "$FAR" 7001
		want code=022 cause.id=route-unreachable direction=outbound layer=route
	done
}
