# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The interface that led there is down: its address still covers the destination (IPv4), or it is
# the only one there is.
FAMILIES="v4 v6 mapped v4-default"
SIGNALS="connect-return"

setup() {
	lab_pair
	to=$B
	if [ "$VARIANT" = default ]; then
		to=$FAR
		ns_ip a route add default via "$B_IP"
		ns_ip b addr add "$FAR_IP" dev lo
	fi
	start listener b listen "$ANY" 7001
	control || ns_ip a link set veth0 down
}

provoke() {
	for how in "" --nonblock; do
		try a ENETUNREACH connect $how "$to" 7001
		want code=026 cause.id=interface-down cause.confidence=inferred direction=outbound \
			"evidence~\"interface-down\".*veth0:.administratively.down"
	done
}
