# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A program that asks name servers itself, again and again, for names that begin alike: every
# look-up counts, and one that is found helps no other.
. "$LAB/dns.sh"
NEEDS="dnsmasq python3"

setup() {
	lab_pair
	dns_client
	dns_serve
	ASKED=$(if control; then echo "$GOOD"; else echo api.one.lab.test api.two.lab.test "$GOOD"; fi)
}

provoke() {
	in_ns a python3 - "$B_IP" $ASKED >"$JOB/ask.out" 2>&1 <<-'END' || die "$(cat "$JOB/ask.out")"
	import socket, struct, sys, time
	def ask(server, name, number):
	    sockets = []
	    for kind in (1, 28):
	        s = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
	        s.settimeout(3)
	        s.connect((server, 53))
	        labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
	        s.send(struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + labels + b"\0" +
	               struct.pack(">2H", kind, 1))
	        sockets.append(s)
	    for s in sockets:
	        s.recv(512)
	for n in range(12):
	    for name in sys.argv[2:]:
	        ask(sys.argv[1], name, n)
	    time.sleep(0.15)
	END
	want_also code=024 cause.id=nxdomain error.type=NXDOMAIN process.name=python3 \
		destination.domain=api.one.lab.test total=12 cause.confidence=observed
	want_also code=024 cause.id=nxdomain error.type=NXDOMAIN process.name=python3 \
		destination.domain=api.two.lab.test total=12
}
