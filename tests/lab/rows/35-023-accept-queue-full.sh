# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A listener of this host, or of another namespace of this machine, takes nothing more: its SYNs are
# dropped without a word. The client times out, another gives up; the listener is told by itself.
# Each variant has a port of its own: they run side by side, and networks have the same addresses.
FAMILIES="v4 v6 mapped v4-peer v6-peer"
SIGNALS="tcp-state queue-full sockets"
TIMER=yes
WAIT=9000

setup() {
	lab_pair
	at=a to=$LO direction=local port=7010
	[ $TYPE = ipv4 ] || port=7011
	[ -z "$PREFIX" ] || port=7012
	if [ "$VARIANT" = peer ]; then at=b to=$B direction=outbound port=$((port + 10)); fi
	ns_sysctl a net.ipv4.tcp_syn_retries=1
	if control; then
		start server $at listen --accept 8 "$ANY" $port
	else
		start server $at listen --backlog 1 --accept 0 --do wait "$ANY" $port
	fi
	start waiting a occupy 2 "$to" $port
}

provoke() {
	# The counters are read once a second: the peer's queue is known by then.
	limit=600
	if [ "$VARIANT" = peer ]; then limit=2500; fi
	try a ABANDONED connect --timeout $limit "$to" $port
	want code=023 cause.id=accept-queue-full direction=$direction !error.errno related=C02 \
		"cause.summary~cwl-server.*pid.$(pid_of server)"
	try a ETIMEDOUT connect "$to" $port
	want code=023 cause.id=accept-queue-full direction=$direction related=C02
	want_also type=condition code=C02 cause.id=accept-queue-full error.type=BACKLOG_FULL \
		operation=accept "network.netns=$(ns_inode "$(ns_name $at)")" destination.port=$port \
		process.name=cwl-server "process.pid=$(pid_of server)" \
		"cause.summary~2.of.1.*listen" "total=1-20" "records=1-9"
}
