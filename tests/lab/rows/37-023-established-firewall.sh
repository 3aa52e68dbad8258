# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# An open connection that this host's own firewall cuts: nothing that is sent gets out, or no
# acknowledgement gets in.
FAMILIES="v4 v6 v4-input v6-input"
SIGNALS="tcp-state netfilter-drop"
TIMER=yes
WAIT=9000

setup() {
	lab_pair
	start server b listen --accept 1 --do recv "$ANY" 7001
}

provoke() {
	then=recv error=ETIMEDOUT
	if control; then then=close error=OK; fi
	start client a connect --user-timeout 1000 --do ready,wait,send:9,$then "$B" 7001
	chain=output rule="tcp dport 7001 drop"
	if [ "$VARIANT" = input ]; then chain=input rule="tcp sport 7001 drop"; fi
	firewall a $chain "$rule"
	go client
	finish client $error
	want code=023 cause.id=local-firewall-drop direction=outbound operation=send \
		"evidence.fact=netfilter-drop-$chain"
}
