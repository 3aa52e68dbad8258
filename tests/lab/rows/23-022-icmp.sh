# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The peer's firewall answers with ICMP host unreachable, or administratively prohibited, for which
# IPv6 applications see EACCES.
FAMILIES="v4-host v6-host mapped-host v4-prohibited v6-prohibited mapped-prohibited"
SIGNALS="tcp-state icmp-received"
TIMER=yes

setup() {
	lab_pair
	cause=icmp-host-unreachable kind=host-unreachable error=EHOSTUNREACH
	if [ "$VARIANT" = prohibited ]; then
		cause=icmp-prohibited kind=admin-prohibited
		if [ $TYPE = ipv6 ]; then error=EACCES; fi
	fi
	start listener b listen "$ANY" 7001
	firewall b input "tcp dport 7001 reject with icmpx type $kind"
}

provoke() {
	for how in "" --nonblock; do
		try a $error connect $how "$B" 7001
		want code=022 cause.id=$cause cause.confidence=observed direction=outbound \
			"evidence~\"fact\":\"icmp-received\".*from.$B_IP"
	done
}
