# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The libc is musl, which is its own dynamic linker.
. "$LAB/dns.sh"
NEEDS="dnsmasq musl-gcc"

setup() {
	lab_pair
	dns_client
	dns_serve
	ASKED=nosuch.lab.test
	if control; then ASKED=$GOOD; fi
	cat >"$JOB/gai.c" <<-END
		#include <netdb.h>
		int main(int c, char **v) { struct addrinfo *r; return getaddrinfo(v[1], 0, 0, &r) != 0; }
	END
	musl-gcc -o "$JOB/cwl-musl" "$JOB/gai.c" || skip "musl-gcc does not work here"
}

provoke() {
	in_ns a "$JOB/cwl-musl" "$ASKED"
	want_also code=024 cause.id=nxdomain error.type=NXDOMAIN process.name=cwl-musl \
		"destination.domain=$ASKED" "destination.ip=$B_IP" cause.confidence=observed \
		"evidence.hook=uprobe/getaddrinfo"
}
