# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The name server does not answer this client for that zone.
. "$LAB/dns.sh"

setup() {
	lab_pair
	dns_client
	dns_serve
	ASKED=www.elsewhere.test	# no upstream: dnsmasq says REFUSED
}

provoke() {
	if control; then in_ns a getent ahosts "$GOOD" >/dev/null; return; fi
	dns_ask "$ASKED"
	dns_want query-refused REFUSED cause.confidence=observed "destination.ip=$B_IP"
}
