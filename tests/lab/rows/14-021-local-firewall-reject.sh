# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A rule of this host rejects: in the output chain with a reset or with ICMP port unreachable, or in
# the input chain what comes over loopback.
FAMILIES="v4-reset v6-reset mapped-reset v4-icmp v6-icmp mapped-icmp v4-loreset v6-loreset v4-loicmp v6-loicmp"
SIGNALS="tcp-state netfilter-drop reset-received icmp-received"
TIMER=yes

setup() {
	lab_pair
	to=$B at=b chain=output way=outbound
	case $VARIANT in
	lo*)
		to=$LO at=a chain=input way=local
		need_sight "packets that have no socket" ;;
	esac
	how="tcp reset"
	case $VARIANT in *icmp) how="icmpx type port-unreachable" ;; esac
	start listener $at listen "$ANY" 7001
	firewall a $chain "tcp dport 7001 reject with $how"
}

provoke() {
	for how in "" --nonblock; do
		try a ECONNREFUSED connect $how "$to" 7001
		want code=021 cause.id=local-firewall-reject cause.confidence=observed direction=$way \
			"evidence.fact~netfilter-drop-(in|out)put"
	done
}
