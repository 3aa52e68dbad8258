# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The name exists and has no address at all.
. "$LAB/dns.sh"

setup() {
	lab_pair
	dns_client
	dns_serve
	ASKED=empty.lab.test
}

provoke() {
	if control; then in_ns a getent ahosts four.lab.test >/dev/null; return; fi
	dns_ask "$ASKED"
	dns_want no-data NODATA cause.confidence=observed "destination.ip=$B_IP"
}
