# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The name server is silent.
. "$LAB/dns.sh"
TIMER=yes

setup() {
	lab_pair
	dns_client
	dns_serve
	firewall b input "udp dport 53 drop"
	ASKED=$GOOD
}

provoke() {
	if control; then in_ns a getent ahosts "$ASKED" >/dev/null; return; fi
	dns_ask "$ASKED"
	dns_want resolver-timeout EAI_AGAIN
}
