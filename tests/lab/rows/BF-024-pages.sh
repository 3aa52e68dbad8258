# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# An answer whose bytes lie in pages, as the sender's sendfile() leaves them on a veth: what stands
# in the packet's head is an earlier one's. The good answers are nobody's failure.
. "$LAB/dns.sh"
NEEDS="python3"

setup() {
	lab_pair
	"$IPROUTE" netns exec "$(ns_name b)" python3 -c '
import os, socket, sys, tempfile
def bound():
    s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((sys.argv[1], 53))
    return s
s = bound()
print("ready", flush=True)
while True:
    data, who = s.recvfrom(512)
    if b"good" not in data:
        s.sendto(data[:2] + b"\x81\x83\0\1\0\0" + data[8:], who)
        continue
    answer = data[:2] + b"\x81\x80\0\1\0\1" + data[8:] + b"\xc0\x0c\0\1\0\1\0\0\0\5\0\4\n\7\7\7"
    with tempfile.TemporaryFile() as file, bound() as to_one:
        file.write(answer)
        file.flush()
        to_one.connect(who)
        to_one.send(answer[:1], socket.MSG_MORE)
        os.sendfile(to_one.fileno(), file.fileno(), 1, len(answer) - 1)' "$B_IP" >"$JOB/server.out" 2>"$JOB/server.err" </dev/null &
	track $! server
	await server ready
}

provoke() {
	in_ns a python3 - "$B_IP" $(if control; then echo good.lab.test; else
		for pages_n in 1 2 3 4 5 6 7 8 9; do echo nosuch.lab.test good.lab.test; done; fi) >"$JOB/ask.out" 2>&1 \
		<<-'END' || die "$(cat "$JOB/ask.out")"
	import socket, struct, sys, time
	for number, name in enumerate(sys.argv[2:]):
	    server = sys.argv[1]
	    s = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
	    s.settimeout(3)
	    s.connect((server, 53))
	    labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
	    s.send(struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1")
	    answer = s.recv(512)
	    assert answer[:2] == struct.pack(">H", number) and (answer[3] == 0x80) == ("good" in name)
	END
	want_also code=024 cause.id=nxdomain process.name=python3 destination.domain=nosuch.lab.test \
		total=9
}
