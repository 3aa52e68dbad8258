# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Five connections wait for one neighbour; two applications give up before the kernel does. One 029.
FAMILIES="v4 v6 v4-gateway v6-gateway"
SIGNALS="tcp-state neighbour-failed"
TIMER=yes

setup() {
	lab_pair
	ns_sysctl a net.ipv4.neigh.veth0.mcast_solicit=3 net.ipv4.neigh.veth0.retrans_time_ms=300
	if have_ipv6; then
		ns_sysctl a net.ipv6.neigh.veth0.mcast_solicit=3 \
			net.ipv6.neigh.veth0.retrans_time_ms=300
	fi
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
	error=EHOSTUNREACH given_up=ABANDONED
	if control; then error=OK given_up=OK; fi
	for n in 1 2 3; do start_quietly client$n a connect --nonblock "$to" 7001; done
	for n in 4 5; do start_quietly client$n a connect --timeout 200 "$to" 7001; done
	for n in 4 5; do
		finish client$n $given_up
		want code=023 cause.id=given-up-early direction=outbound related=029 !error.errno \
			"evidence~$NOBODY_IP.on.veth0,.neighbour.INCOMPLETE"
	done
	for n in 1 2 3; do
		finish client$n $error
		want code=022 cause.id=neighbour-failed cause.confidence=observed direction=outbound \
			related=029
	done
	want_also code=029 cause.id=neighbour-no-reply error.type=NEIGHBOUR_FAILED \
		operation=neighbour "network.netns=$R_netns" network.interface=veth0 \
		"cause.summary~$NOBODY_IP.*waiting:.3"
}
