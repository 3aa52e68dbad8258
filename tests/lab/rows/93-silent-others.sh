# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A local socket that is not there, UDP that works.
SILENT=yes

setup() {
	lab_pair
	start here a udp-serve "$ANY" 7001
	start there b udp-serve "$ANY" 7001
}

provoke() {
	try a ENOENT unix "$JOB/no-such-socket"
	try a OK udp "$LO" 7001
	try a OK udp "$B" 7001
}
