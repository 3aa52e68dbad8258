# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Ends that are no failures: a socket that is destroyed on this host while it connects, data that
# comes in after the application shut down both ways, and the hops of a traceroute.
FAMILIES="v4 v6"
SILENT=yes

setup() {
	lab_pair
	silent_peer
	start server b listen --accept 1 --do wait,send:9,sleep:200,close "$ANY" 7001
	ns_ip a route add "$FAR_NET" via "$B_IP"
	ns_ip b route add "$FAR_NET" via "$A_IP"
	ns_sysctl b net.ipv4.ip_forward=1
	if have_ipv6; then ns_sysctl b net.ipv6.conf.all.forwarding=1; fi
}

provoke() {
	start_quietly destroyed a connect "$NOBODY" 7001
	await_tcp_state a 02
	in_ns a ss -K state syn-sent dport = :7001 >/dev/null 2>&1
	# A kernel that cannot destroy it lets it go on until all is over: nothing to prove.
	if [ "$(in_ns a ss -Htn state syn-sent | wc -l)" = 0 ]; then
		finish destroyed ECONNABORTED
	fi
	start_quietly shut a connect --do shutboth,wait "$B" 7001
	await_tcp_state a 05
	go server
	finish server
	end shut
	start_quietly hop a udp --recverr --ttl 1 "$FAR" 33434
	finish hop ECONNREFUSED		# so the tool calls any error in the queue
}
