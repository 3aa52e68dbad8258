# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The local ports to one destination are used up by sockets in TIME_WAIT: the build-up is told before
# connect() fails.
FAMILIES="v4 v6"
SIGNALS="tcp-state connect-return"
WAIT=6000

setup() {
	lab_pair
	ns_sysctl a net.ipv4.ip_local_port_range="40000 40015" net.ipv4.tcp_tw_reuse=0
	if control; then ns_sysctl a net.ipv4.ip_local_port_range="40000 48000"; fi
	start server b listen --accept 17 --do recv,close "$ANY" 7001
}

provoke() {
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		start_quietly c$n a connect --do close "$B" 7001
		finish c$n
		if [ $n = 9 ]; then pause 1500; fi
	done
	want_also type=condition code=028 cause.id=time-wait-buildup error.type=TIME_WAIT \
		"network.netns=$R_netns" destination.ip=$B_IP destination.port=7001 \
		"total=1-3" "records=1-3"
	try a EADDRNOTAVAIL connect "$B" 7001
	want code=028 cause.id=ephemeral-ports-exhausted "cause.summary~40000-40015"
}
