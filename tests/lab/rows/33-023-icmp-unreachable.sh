# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# An ICMP error has come back, but the socket was locked by connect(): soft. The application is
# killed before the next one, so nothing was refused, yet something did answer.
FAMILIES="v4 v6 mapped"
SIGNALS="tcp-state icmp-received"
TIMER=yes

setup() {
	lab_pair
	start listener b listen "$ANY" 7001
	firewall b input "tcp dport 7001 reject with icmpx type host-unreachable"
}

# The answer to the first SYN must find connect() still at work, and the end must come before the
# second SYN's: either else ends the attempt, as in row 23.
abandoned() {
	start_quietly victim a connect --do ready,wait "$B" 7001
	if control; then
		await victim ready
	else
		await_tcp_state a 02 victim || return 1
		pause 50
	fi
	end victim KILL
	control || ! has_result victim
}

provoke() {
	tries=0
	until abandoned; do
		tries=$((tries + 1))
		[ $tries -lt 5 ] || die "no ICMP error finds connect() at work"
		finish victim EHOSTUNREACH
		want code=022 cause.id=icmp-host-unreachable direction=outbound
	done
	want_also code=023 cause.id=icmp-unreachable error.type=ABANDONED direction=outbound \
		"process.pid=$PID_victim" process.name=cwl-victim "source.ip=$A_IP" \
		"destination.ip=$B_IP" destination.port=7001 !error.errno \
		"evidence~icmp-received.*from.$B_IP"
}
