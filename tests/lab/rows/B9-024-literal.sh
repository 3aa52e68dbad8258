# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The name lies in a page of the program that nobody has touched when getaddrinfo() is called.
. "$LAB/dns.sh"
NEEDS="dnsmasq"

setup() {
	lab_pair
	dns_client
	dns_serve $(if control; then echo "--host-record=nosuch.lab.test,10.77.0.2"; fi)
	ASKED=nosuch.lab.test
}

provoke() {
	in_ns a "$ASKER" literal
	want_also code=024 cause.id=nxdomain error.type=NXDOMAIN process.name=asker \
		cause.confidence=observed "destination.domain=$ASKED" evidence.fact=lookup-failed
}
