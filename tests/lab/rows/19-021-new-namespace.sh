# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A namespace that is younger than connwatch: its first failure has its cause, too.
FAMILIES="v4 v6"
SIGNALS="tcp-state reset-received icmp-received"
TIMER=yes

setup() { :; }

provoke() {
	lab_pair
	LAB_INODES=$(netns_list)
	start listener b listen "$ANY" 7001
	control || firewall b input "tcp dport 7001 reject with icmpx type port-unreachable"
	for ns in a b; do await_listened "$(ns_name "$ns")"; done
	if control; then
		try a OK connect "$B" 7001
	else
		try a ECONNREFUSED connect "$B" 7001
	fi
	want code=021 cause.id=icmp-reject cause.confidence=observed direction=outbound \
		"evidence~\"fact\":\"icmp-received\".*from.$B_IP"
}
