# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The peer's firewall answers the SYN with ICMP port unreachable: no reset. A connected UDP socket
# gets the sender as evidence.
FAMILIES="v4 v6 mapped"
SIGNALS="tcp-state reset-received icmp-received"
TIMER=yes

setup() {
	lab_pair
	start listener b listen "$ANY" 7001
	start server b udp-serve "$ANY" 7002
	firewall b input "meta l4proto { tcp, udp } th dport 7001-7002 reject with icmpx type port-unreachable"
}

provoke() {
	for how in "" --nonblock; do
		try a ECONNREFUSED connect $how "$B" 7001
		want code=021 cause.id=icmp-reject cause.confidence=observed direction=outbound \
			"evidence~\"fact\":\"icmp-received\".*from.$B_IP"
	done
	# Another hook's, which not every kernel has.
	has_signal udp-error || return 0
	try a ECONNREFUSED udp "$B" 7002
	want code=021 cause.id=udp-port-closed network.transport=udp direction=outbound \
		"operation~receive|send" "evidence~\"fact\":\"icmp-received\".*from.$B_IP"
}
