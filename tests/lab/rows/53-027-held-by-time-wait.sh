# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A connection that this end closed first keeps the port in TIME_WAIT; nobody owns it any more.
# SO_REUSEADDR does not help when the earlier socket did not have it.
SIGNALS="bind-return sockets"

setup() {
	lab_ns a
	if control; then return 0; fi
	start server a listen --accept 1 --do close "$LO" 7001
	start_quietly client a connect --do recv,close "$LO" 7001
	finish client
	finish server
	await_tcp_state a 06
}

provoke() {
	try a EADDRINUSE bind "$LO" 7001
	want code=027 cause.id=held-by-time-wait
	try a EADDRINUSE bind --reuseaddr "$LO" 7001
	want code=027 cause.id=held-by-time-wait
}
