# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Nobody answers for the next hop: the peer's own address, or the gateway's. One record for the
# connection and one for the neighbour.
TIMER=yes
FAMILIES="v4 v6 mapped v4-gateway v6-gateway"
SIGNALS="tcp-state neighbour-failed"

setup() {
	lab_pair
	fast_neighbours a
	to=$NOBODY
	if [ "$VARIANT" = gateway ]; then
		to=$FAR
		ns_ip a route add "$FAR_NET" via "$NOBODY_IP"
		if control; then ns_ip b addr add "$FAR_IP" dev lo; fi
	fi
	if control; then
		somebody
		start listener b listen "$ANY" 7001
	fi
}

provoke() {
	try a EHOSTUNREACH connect "$to" 7001
	want code=022 cause.id=neighbour-failed direction=outbound "source.ip=$A_IP" related=029 \
		"*~$NOBODY_IP"
	want_also code=029 cause.id=neighbour-no-reply error.type=NEIGHBOUR_FAILED \
		operation=neighbour "network.netns=$R_netns" network.interface=veth0 "*~$NOBODY_IP"
}
