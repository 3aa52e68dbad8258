# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The peer's firewall answers with ICMP host unreachable, or administratively prohibited, for which
# IPv6 applications see EACCES, or (IPv4) with protocol unreachable.
FAMILIES="v4-host v6-host mapped-host v4-prohibited v6-prohibited mapped-prohibited v4-protocol"
SIGNALS="tcp-state icmp-received"
TIMER=yes

setup() {
	lab_pair
	cause=icmp-host-unreachable kind=host-unreachable error=EHOSTUNREACH
	if [ "$VARIANT" = prohibited ]; then
		cause=icmp-prohibited kind=admin-prohibited
		if [ $TYPE = ipv6 ]; then error=EACCES; fi
	fi
	reject="icmpx type $kind"
	if [ "$VARIANT" = protocol ]; then
		cause=icmp-unreachable error=ENOPROTOOPT
		reject="icmp type prot-unreachable"
	fi
	start listener b listen "$ANY" 7001
	firewall b input "tcp dport 7001 reject with $reject"
}

provoke() {
	for how in "" --nonblock; do
		try a $error connect $how "$B" 7001
		want code=022 cause.id=$cause cause.confidence=observed direction=outbound \
			"evidence~\"fact\":\"icmp-received\".*from.$B_IP"
	done
}
