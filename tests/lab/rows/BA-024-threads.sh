# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# While one thread waits for name servers, of which the first is silent and the second refuses,
# another one's look-up ends well: one record, and the reason is the first thread's own.
. "$LAB/dns.sh"
SIGNALS="$SIGNALS udp-error"

setup() {
	lab_pair
	dns_client
	say "nameserver $A_IP" >>"$dns_etc/resolv.conf"
	ns_sysctl a net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=10000 net.ipv6.icmp.ratelimit=0
	dns_serve
	firewall b input "udp dport 53 drop"
	ASKED=$GOOD
}

provoke() {
	in_ns a "$ASKER" beside "$ASKED" 500
	want_also code=024 cause.id=resolver-unreachable error.type=EAI_AGAIN process.name=asker \
		"destination.domain=$ASKED" related=021
}
