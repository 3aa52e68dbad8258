# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The name does not exist, whatever the search list puts behind it. dig asks by itself.
. "$LAB/dns.sh"

setup() {
	lab_pair
	dns_client "search corp.lab.test"
	say "search corp.lab.test" >>"$dns_etc/resolv.conf"
	dns_serve
	ASKED=nosuch.lab.test
	if control; then ASKED=$GOOD; fi
}

provoke() {
	if control; then in_ns a getent ahosts "$ASKED" >/dev/null; return; fi
	dns_ask "$ASKED"
	dns_want nxdomain NXDOMAIN cause.confidence=observed "destination.ip=$B_IP"
	command -v dig >/dev/null || return 0
	in_ns a dig +tries=1 "$ASKED" >/dev/null 2>&1
	want_also code=024 cause.id=nxdomain error.type=NXDOMAIN "process.name~dig|isc" \
		"destination.domain=$ASKED" "destination.ip=$B_IP"
}
