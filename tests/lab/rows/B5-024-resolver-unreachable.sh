# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Nothing listens where the name server should be: one record, not one more for the datagram.
. "$LAB/dns.sh"
SIGNALS="$SIGNALS udp-error"

setup() {
	lab_pair
	dns_client
	# So many refusals in a second are more than a host sends.
	ns_sysctl b net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=10000 net.ipv6.icmp.ratelimit=0
	if control; then dns_serve; fi
	ASKED=$GOOD
}

provoke() {
	if control; then in_ns a getent ahosts "$ASKED" >/dev/null; return; fi
	dns_ask "$ASKED"
	dns_want resolver-unreachable EAI_AGAIN related=021 "destination.ip=$B_IP"
}
