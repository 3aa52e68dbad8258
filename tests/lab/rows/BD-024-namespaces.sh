# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Two namespaces ask for one name at a time: what the name server tells b is no reason for a, whose
# own is silent.
. "$LAB/dns.sh"
NEEDS="dnsmasq getent dig"
TIMER=yes

setup() {
	lab_pair
	dns_client
	dns_serve
	firewall b input "iifname veth0 udp dport 53 drop"
	ASKED=nosuch.lab.test
	if control; then ASKED=$GOOD; fi
}

provoke() {
	"$IPROUTE" netns exec "$(ns_name a)" getent ahosts "$ASKED" >/dev/null 2>&1 &
	provoke_pid=$!
	track $provoke_pid asking
	pause 200
	in_ns b dig +tries=1 "@$B_IP" "$ASKED" >/dev/null 2>&1
	await_pid $provoke_pid 10000
	want_also code=024 cause.id=resolver-timeout process.name=getent "destination.domain=$ASKED" \
		"network.netns=$(ns_inode "$(ns_name a)")"
	want_also code=024 cause.id=nxdomain "process.name~dig|isc" "destination.domain=$ASKED" \
		"network.netns=$(ns_inode "$(ns_name b)")"
}
