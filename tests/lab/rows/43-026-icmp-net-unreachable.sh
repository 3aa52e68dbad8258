# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A router, here the peer, has no route and says so. The sender is not the destination.
FAMILIES="v4 v6 mapped v4-router v6-router"
SIGNALS="tcp-state icmp-received"
TIMER=yes

setup() {
	lab_pair
	to=$B
	if [ "$VARIANT" = router ]; then
		to=$FAR
		ns_ip a route add "$FAR_NET" via "$B_IP"
		ns_sysctl b net.ipv4.ip_forward=1
		if have_ipv6; then ns_sysctl b net.ipv6.conf.all.forwarding=1; fi
		if control; then
			ns_ip b addr add "$FAR_IP" dev lo
			start far b listen "$ANY" 7001
		fi
		return
	fi
	start listener b listen "$ANY" 7001
	firewall b input "tcp dport 7001 reject with icmpx type no-route"
}

provoke() {
	for how in "" --nonblock; do
		try a ENETUNREACH connect $how "$to" 7001
		want code=026 cause.id=icmp-net-unreachable cause.confidence=observed \
			direction=outbound "evidence~\"fact\":\"icmp-received\".*from.$B_IP"
	done
}
