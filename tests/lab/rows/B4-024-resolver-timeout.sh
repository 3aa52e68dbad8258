# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The name server is silent; or only about names that are not its own, and says of what the search
# list makes of them that it does not exist.
. "$LAB/dns.sh"
FAMILIES="v4 v6 v4-search v6-search"
TIMER=yes

setup() {
	lab_pair
	ASKED=$GOOD
	if [ "$VARIANT" = search ]; then
		dns_client
		say "search lab.test" >>"$dns_etc/resolv.conf"
		firewall b input "udp dport 5353 drop"
		dns_serve "--server=10.77.0.2#5353"
		if ! control; then ASKED=api.example.net; fi
	else
		dns_client
		dns_serve
		firewall b input "udp dport 53 drop"
	fi
}

provoke() {
	if control; then in_ns a getent ahosts "$ASKED" >/dev/null; return; fi
	dns_ask "$ASKED"
	dns_want resolver-timeout EAI_AGAIN
}
