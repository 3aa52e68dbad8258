# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A later failure names what was looked up.
. "$LAB/dns.sh"
NEEDS="dnsmasq python3"

setup() {
	lab_pair
	dns_client
	dns_serve
	if control; then start listener b listen "$ANY" 7001; fi
}

provoke() {
	in_ns a python3 -c "
import socket
family = socket.AF_INET6 if '$TYPE' == 'ipv6' else socket.AF_INET
to = socket.getaddrinfo('$GOOD', 7001, family, socket.SOCK_STREAM)[0][4]
socket.socket(family).connect(to)" >"$JOB/ask.out" 2>&1
	want_also code=021 cause.id=peer-reset process.name=python3 "destination.domain=$GOOD" \
		"destination.ip=$B_IP" destination.port=7001
}
