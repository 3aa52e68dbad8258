# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# An answer whose bytes lie in pages, as the sender's sendfile() leaves them on a veth: what stands
# in the packet's head is an earlier one's. The good answer is nobody's failure.
. "$LAB/dns.sh"
NEEDS="python3"

setup() {
	lab_pair
	"$IPROUTE" netns exec "$(ns_name b)" python3 -c '
import os, socket, sys, tempfile
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 53))
print("ready", flush=True)
while True:
    data, who = s.recvfrom(512)
    if b"good" not in data:
        s.sendto(data[:2] + b"\x81\x83\0\1\0\0" + data[8:], who)
        continue
    answer = data[:2] + b"\x81\x80\0\1\0\1" + data[8:] + b"\xc0\x0c\0\1\0\1\0\0\0\5\0\4\n\7\7\7"
    with tempfile.TemporaryFile() as file:
        file.write(answer)
        file.flush()
        s.connect(who)
        s.send(answer[:1], socket.MSG_MORE)
        os.sendfile(s.fileno(), file.fileno(), 1, len(answer) - 1)
    family = s.family
    s.close()
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind((sys.argv[1], 53))' "$B_IP" >"$JOB/server.out" 2>"$JOB/server.err" </dev/null &
	track $! server
	await server ready
}

provoke() {
	in_ns a python3 - "$B_IP" $(if control; then echo good.lab.test; else
		echo nosuch.lab.test good1.lab.test good2.lab.test; fi) >"$JOB/ask.out" 2>&1 \
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
	    time.sleep(0.2)
	END
	want_also code=024 cause.id=nxdomain process.name=python3 destination.domain=nosuch.lab.test
}
