# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Half-open connections fill the SYN queue of a listener, and cookies are off: requests are dropped.
FAMILIES="v4 v6"
SIGNALS="queue-full sockets"
NEEDS=nft

setup() {
	lab_pair
	ns_sysctl a net.ipv4.tcp_syncookies=0 net.ipv4.tcp_max_syn_backlog=64
	start listener a listen --backlog 4 --accept 0 --do wait "$ANY" 7001
	# The raw caller has no socket: its host must not refuse the answers.
	in_ns b nft -f - <<-END || skip "nft cannot do that here"
		table inet lab {
			chain input {
				type filter hook input priority -150
				tcp sport 7001 drop
			}
		}
	END
}

provoke() {
	count=12
	if control; then count=2; fi
	in_ns b "$RAW" flood $count "$B_IP" "$A_IP" 7001 >"$JOB/flood.out" 2>&1
	result flood OK
	want_also type=condition code=C02 cause.id=syn-queue-full error.type=BACKLOG_FULL \
		operation=accept destination.port=7001 process.name=cwl-listener \
		"process.pid=$PID_listener" "cause.summary~[45].of.4" total=1-12
}
