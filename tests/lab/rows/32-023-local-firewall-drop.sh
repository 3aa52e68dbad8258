# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# This host drops: its own SYNs in the output chain; the SYN-ACK in the input chain, or before it has
# met its socket, in prerouting; its SYNs over loopback in the input chain. The kernel times out, and
# another application gives up.
FAMILIES="v4-output v6-output mapped-output v4-input v6-input v4-prerouting v6-prerouting v4-loopback v6-loopback"
SIGNALS="tcp-state netfilter-drop"
TIMER=yes
WAIT=6000

setup() {
	lab_pair
	ns_sysctl a net.ipv4.tcp_syn_retries=1
	to=$B at=b way=outbound
	case $VARIANT in
	output) chain=output rule="tcp dport 7001 drop" ;;
	loopback) to=$LO at=a way=local chain=input rule="tcp dport 7001 drop" ;;
	*) chain=$VARIANT rule="tcp sport 7001 drop" ;;
	esac
	case $VARIANT in prerouting | loopback) need_sight "packets that have no socket" ;; esac
	start listener $at listen "$ANY" 7001
	firewall a $chain "$rule"
}

provoke() {
	try a ABANDONED connect --timeout 600 "$to" 7001
	want code=023 cause.id=local-firewall-drop cause.confidence=observed direction=$way \
		!error.errno "evidence.fact~netfilter-drop-(in|out)put"
	try a ETIMEDOUT connect "$to" 7001
	want code=023 cause.id=local-firewall-drop cause.confidence=observed direction=$way \
		"evidence.fact~netfilter-drop-(in|out)put"
}
