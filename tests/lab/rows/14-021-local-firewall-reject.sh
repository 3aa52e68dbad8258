# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# This host's own output chain rejects the SYN: by a reset, or by ICMP port unreachable.
FAMILIES="v4 v6 mapped v4-icmp v6-icmp"
NEEDS=nft
SIGNALS="tcp-state netfilter-drop"
TIMER=yes

setup() {
	lab_pair
	ns_sysctl a net.ipv4.tcp_syn_retries=2
	start listener b listen "$ANY" 7001
	how="tcp reset"
	if [ "$VARIANT" = icmp ]; then how="icmpx port-unreachable"; fi
	if ! control; then own_firewall a "tcp dport 7001 reject with $how"; fi
}

provoke() {
	for way in "" --nonblock; do
		try a ECONNREFUSED connect $way "$B" 7001
		want code=021 cause.id=local-firewall-reject direction=outbound \
			evidence.fact=netfilter-drop-output
	done
}
