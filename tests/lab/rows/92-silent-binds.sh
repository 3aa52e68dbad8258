# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Ports that may be shared or taken again.
SILENT=yes

setup() { lab_ns a; }

provoke() {
	start one a listen --reuseport "$LO" 7001
	start two a listen --reuseport "$LO" 7001

	# SO_REUSEADDR helps only when the socket that left the TIME_WAIT behind had it too.
	start server a listen --reuseaddr --accept 1 --do close "$LO" 7002
	start_quietly client a connect --do recv,close "$LO" 7002
	finish client
	finish server
	await_tcp_state a 06
	try a OK bind --reuseaddr --do listen "$LO" 7002

	try a OK bind "$LO" 7003
	try a OK bind "$LO" 7003
	try a OK bind --udp --reuseaddr "$LO" 7003
	try a OK bind "$ANY" 0
}
