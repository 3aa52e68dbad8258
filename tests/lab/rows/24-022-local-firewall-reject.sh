# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The own output chain rejects with ICMP host or network unreachable, or administratively
# prohibited: neither did a router say so nor did a neighbour fail.
FAMILIES="v4-host v6-host mapped-host v4-prohibited v6-prohibited mapped-prohibited v4-noroute v6-noroute"
SIGNALS="tcp-state netfilter-drop icmp-received"
TIMER=yes

setup() {
	lab_pair
	kind=host-unreachable error=EHOSTUNREACH
	if [ "$VARIANT" = prohibited ]; then
		kind=admin-prohibited
		if [ $TYPE = ipv6 ]; then error=EACCES; fi
	fi
	if [ "$VARIANT" = noroute ]; then kind=no-route error=ENETUNREACH; fi
	start listener b listen "$ANY" 7001
	firewall a output "tcp dport 7001 reject with icmpx type $kind"
}

provoke() {
	for how in "" --nonblock; do
		try a $error connect $how "$B" 7001
		want code=022 cause.id=local-firewall-reject cause.confidence=observed direction=outbound \
			evidence.fact=netfilter-drop-output
	done
}
