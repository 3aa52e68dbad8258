# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The older calls: a name that does not exist, then a silent name server; a connect names what they
# found. getent asks for one family after the other: still one look-up.
. "$LAB/dns.sh"
NEEDS="dnsmasq getent python3"
TIMER=yes

setup() {
	lab_pair
	dns_client
	dns_serve
	if control; then start listener b listen "$ANY" 7001; fi
}

provoke() {
	in_ns a getent hosts four.lab.test >/dev/null || die "no address of one family"
	in_ns a python3 -c "
import socket
socket.create_connection((socket.gethostbyname('four.lab.test'), 7001))" >"$JOB/ask.out" 2>&1
	want_also code=021 cause.id=peer-reset process.name=python3 destination.domain=four.lab.test
	if control; then return; fi
	in_ns a "$ASKER" host nosuch.lab.test
	want_also code=024 cause.id=nxdomain error.type=NXDOMAIN process.name=asker \
		destination.domain=nosuch.lab.test "evidence.hook=uprobe/gethostbyname_r"
	in_ns a getent hosts nosuch.lab.test
	want_also code=024 cause.id=nxdomain error.type=NXDOMAIN process.name=getent \
		destination.domain=nosuch.lab.test
	firewall b input "udp dport 53 drop"
	in_ns a "$ASKER" host "$GOOD"
	want_also code=024 cause.id=resolver-timeout error.type=EAI_AGAIN process.name=asker \
		"destination.domain=$GOOD"
}
