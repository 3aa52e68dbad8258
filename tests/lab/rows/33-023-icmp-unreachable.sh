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

provoke() {
	start_quietly victim a connect --do ready,wait "$B" 7001
	if control; then await victim ready; else await_tcp_state a 02; fi
	pause 50
	end victim KILL
	want_also code=023 cause.id=icmp-unreachable error.type=ABANDONED direction=outbound \
		"process.pid=$PID_victim" process.name=cwl-victim "source.ip=$A_IP" \
		"destination.ip=$B_IP" destination.port=7001 !error.errno \
		"evidence~icmp-received.*from.$B_IP"
}
