# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# This host drops its own SYN on the way out, or the reply on the way in; the application waits
# for the time-out, or gives up.
FAMILIES="v4 v6 mapped v4-input v6-input"
NEEDS=nft
SIGNALS="tcp-state netfilter-drop"
TIMER=yes
WAIT=8000

setup() {
	lab_pair
	ns_sysctl a net.ipv4.tcp_syn_retries=1
	start listener b listen --accept 4 "$ANY" 7001
	fact=netfilter-drop-output
	if [ "$VARIANT" = input ]; then fact=netfilter-drop-input; fi
	if control; then return 0; fi
	if [ "$VARIANT" = input ]; then
		own_firewall a "tcp sport 7001 drop" input
	else
		own_firewall a "tcp dport 7001 drop"
	fi
}

provoke() {
	try a ABANDONED connect --timeout 500 "$B" 7001
	want code=023 cause.id=local-firewall-drop direction=outbound evidence.fact=$fact
	try a ETIMEDOUT connect "$B" 7001
	want code=023 cause.id=local-firewall-drop direction=outbound evidence.fact=$fact
}
