# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# bind() to an address that this host does not have; TCP, UDP, and a client's source address.
FAMILIES="v4 v6"
SIGNALS="bind-return"

setup() {
	lab_pair
	start server b listen "$ANY" 7001
	if control; then ns_ip a addr add "$FAR_IP" dev lo; fi
	if control; then ns_ip b route add "$FAR_NET" via "$A_IP"; fi
}

provoke() {
	try a EADDRNOTAVAIL bind "$FAR" 7002
	want code=C03 cause.id=address-not-local
	try a EADDRNOTAVAIL bind --udp "$FAR" 7002
	want code=C03 cause.id=address-not-local network.transport=udp
	try a EADDRNOTAVAIL connect --src "$FAR" "$B" 7001
	want code=C03 cause.id=address-not-local operation=bind "source.ip=$FAR_IP" \
		!destination.ip !destination.port
}
