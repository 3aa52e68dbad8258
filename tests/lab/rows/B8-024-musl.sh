# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The libc is musl, which is its own dynamic linker.
. "$LAB/dns.sh"
NEEDS="dnsmasq"

setup() {
	# Made by make, for guests have no compiler.
	[ -x "$BINDIR/cwl-musl" ] || skip "musl-gcc is missing"
	lab_pair
	dns_client
	dns_serve
	ASKED=nosuch.lab.test
	if control; then ASKED=$GOOD; fi
}

provoke() {
	in_ns a "$BINDIR/cwl-musl" "$ASKED"
	want_also code=024 cause.id=nxdomain error.type=NXDOMAIN process.name=cwl-musl \
		"destination.domain=$ASKED" "destination.ip=$B_IP" cause.confidence=observed \
		"evidence.hook=uprobe/getaddrinfo"
}
