# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The accept queue is full and tcp_abort_on_overflow turns the last packet of the handshake into a
# reset: the client was connected for a moment. Those packets are held up until both SYNs are in; of
# a fuller SYN queue cookies would be sent, and a cookie that finds no place is dropped.
FAMILIES="v4 v6"
SIGNALS="tcp-state reset-sent reset-received sockets"
NEEDS=nft
TIMER=yes

setup() {
	lab_ns a
	ns_sysctl a net.ipv4.tcp_abort_on_overflow=1
	backlog=2
	if control; then backlog=16; fi
	start server a listen --backlog $backlog --accept 0 --do wait "$ANY" 7001
	start waiting a occupy 2 "$LO" 7001
	in_ns a nft -f - <<-END || skip "nft cannot do that here"
		table inet lab {
			chain input {
				type filter hook input priority -150
				tcp dport 7001 tcp flags & (syn | ack) == ack drop
			}
		}
	END
}

provoke() {
	start one a connect --do ready,recv "$LO" 7001
	start two a connect --do ready,recv "$LO" 7001
	in_ns a nft delete table inet lab
	# The server asks again after a second; who answers first has the place.
	want_also code=C01 cause.id=backlog-reset cause.confidence=observed direction=local \
		"process.name~cwl-(one|two)" error.type=ECONNRESET "cause.summary~3.of.2" related=C02
	want_also type=condition code=C02 cause.id=accept-queue-full process.name=cwl-server \
		destination.port=7001 total=1-3
	pause 2500
}
