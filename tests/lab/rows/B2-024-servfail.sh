# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The name server's own upstream fails.
. "$LAB/dns.sh"
NEEDS="dnsmasq getent python3"

setup() {
	lab_pair
	dns_client
	# The upstream: every answer is SERVFAIL.
	"$IPROUTE" netns exec "$(ns_name b)" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 5300))
while True:
    data, who = s.recvfrom(512)
    s.sendto(data[:2] + b"\x81\x82" + data[4:12] + data[12:], who)' &
	track $! upstream
	dns_await 5300
	dns_serve --server=/fail.test/127.0.0.1#5300
	ASKED=www.fail.test
}

provoke() {
	if control; then in_ns a getent ahosts "$GOOD" >/dev/null; return; fi
	dns_ask "$ASKED"
	dns_want servfail SERVFAIL cause.confidence=observed "destination.ip=$B_IP"
}
