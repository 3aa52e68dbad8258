# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# This host's own output chain rejects the SYN with ICMP: host unreachable, or prohibited.
FAMILIES="v4 mapped v4-prohibited"
NEEDS=nft
SIGNALS="tcp-state netfilter-drop"
TIMER=yes

setup() {
	lab_pair
	ns_sysctl a net.ipv4.tcp_syn_retries=2
	start listener b listen "$ANY" 7001
	how=host-unreachable
	if [ "$VARIANT" = prohibited ]; then how=admin-prohibited; fi
	if ! control; then own_firewall a "tcp dport 7001 reject with icmpx $how"; fi
}

provoke() {
	try a EHOSTUNREACH connect "$B" 7001
	want code=022 cause.id=local-firewall-reject direction=outbound \
		evidence.fact=netfilter-drop-output
}
