# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A listener of this host takes nothing more: its SYNs are dropped without a word. The client times
# out, another gives up; the listener is told by itself.
FAMILIES="v4 v6 mapped"
SIGNALS="tcp-state queue-full sockets"
TIMER=yes
WAIT=9000

setup() {
	lab_ns a
	ns_sysctl a net.ipv4.tcp_syn_retries=1
	if control; then
		start server a listen --accept 8 "$ANY" 7001
	else
		start server a listen --backlog 1 --accept 0 --do wait "$ANY" 7001
	fi
	start waiting a occupy 2 "$LO" 7001
}

provoke() {
	try a ABANDONED connect --timeout 600 "$LO" 7001
	want code=023 cause.id=accept-queue-full direction=local !error.errno related=C02 \
		"cause.summary~cwl-server.*pid.$(pid_of server)"
	try a ETIMEDOUT connect "$LO" 7001
	want code=023 cause.id=accept-queue-full direction=local related=C02
	want_also type=condition code=C02 cause.id=accept-queue-full error.type=BACKLOG_FULL \
		operation=accept "network.netns=$R_netns" destination.port=7001 \
		process.name=cwl-server "process.pid=$(pid_of server)" \
		"cause.summary~2.of.1.*listen" "total=1-20" "records=1-9"
}
