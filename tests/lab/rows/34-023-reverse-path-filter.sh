# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The answer comes in on another link than the one that leads to its sender, and rp_filter is strict.
# (IPv6 has no such filter of its own.)
FAMILIES="v4 mapped"
SIGNALS="tcp-state netfilter-drop"
TIMER=yes
WAIT=6000

setup() {
	lab_pair
	ip link add veth1 netns "$(ns_name a)" type veth peer name veth1 netns "$(ns_name b)" ||
		skip "no veth devices here"
	for side in a b; do
		ns_sysctl $side net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
			net.ipv4.conf.veth0.rp_filter=0 net.ipv4.conf.veth1.rp_filter=0
	done
	ns_ip a addr add 10.99.0.1/24 dev veth1
	ns_ip b addr add 10.99.0.2/24 dev veth1
	ns_ip a link set veth1 up
	ns_ip b link set veth1 up
	ns_ip b addr add "$FAR_IP" dev lo
	ns_ip a route add "$FAR_NET" via 10.77.0.2
	ns_ip b route add 10.77.0.1/32 via 10.99.0.1 dev veth1
	# rp_filter makes a deaf for ARP as well.
	ns_ip b neigh add 10.99.0.1 dev veth1 nud permanent lladdr \
		"$(ns_ip a -o link show dev veth1 | sed 's/.*ether \([^ ]*\).*/\1/')"
	ns_sysctl a net.ipv4.tcp_syn_retries=1
	control || ns_sysctl a net.ipv4.conf.all.rp_filter=1
	start listener b listen "$ANY" 7001
}

provoke() {
	try a ABANDONED connect --timeout 600 "$FAR" 7001
	want code=023 cause.id=reverse-path-filter cause.confidence=observed direction=outbound \
		!error.errno "evidence~reverse-path-filter-drop.*on.veth1"
	try a ETIMEDOUT connect "$FAR" 7001
	want code=023 cause.id=reverse-path-filter cause.confidence=observed direction=outbound \
		"evidence~reverse-path-filter-drop.*on.veth1"
}
