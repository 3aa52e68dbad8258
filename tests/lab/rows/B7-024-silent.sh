# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Look-ups that end well, one family only, numbers, a search list that finds it in the end, and a
# name server that asks another one for its clients.
. "$LAB/dns.sh"
SILENT=yes

setup() {
	lab_pair
	dns_client
	say "search corp.lab.test lab.test" >>"$dns_etc/resolv.conf"
	dns_serve
}

provoke() {
	in_ns a getent ahosts "$GOOD" >/dev/null || die "no address"
	in_ns a getent ahosts good >/dev/null || die "no address by the search list"
	in_ns a getent ahosts four.lab.test >/dev/null || die "no address of one family"
	in_ns a getent ahosts 10.77.0.2 >/dev/null || die "no number"
	in_ns a getent ahosts localhost >/dev/null || die "no localhost"
	command -v dig >/dev/null || return 0
	in_ns a dig +tries=1 "$GOOD" AAAA >/dev/null || die "dig"
	in_ns a dig +tries=1 four.lab.test AAAA >/dev/null || die "dig"
}
