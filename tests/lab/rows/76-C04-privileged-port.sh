# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# An ordinary user binds to a port below ip_unprivileged_port_start.
SIGNALS="bind-return"

setup() {
	lab_ns a
	if control; then ns_sysctl a net.ipv4.ip_unprivileged_port_start=80; fi
}

provoke() {
	try a EACCES bind --uid 65534 "$LO" 80
	want code=C04 cause.id=privileged-port
	try a EACCES bind --udp --uid 65534 "$LO" 80
	want code=C04 cause.id=privileged-port network.transport=udp
}
