# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The address is this host's own, but duplicate address detection has not ended: not "not local".
FAMILIES="v6"
SIGNALS="bind-return"

setup() {
	lab_pair
	ns_sysctl a net.ipv6.conf.veth0.accept_dad=1 net.ipv6.conf.veth0.dad_transmits=600
	if control; then
		ns_ip a addr add fd00:99::1/64 dev veth0 nodad
		await_address a fd00:99::1
	else
		ns_ip a addr add fd00:99::1/64 dev veth0
	fi
}

provoke() {
	try a EADDRNOTAVAIL bind fd00:99::1 7001
	want code=C03 cause.id=unexplained cause.confidence=unknown evidence.fact=address-present
}
