# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Two SO_REUSEADDR sockets may be bound to one port, but only one of them may listen: the error is
# listen()'s.
SIGNALS="listen-return sockets"

setup() {
	lab_ns a
	if ! control; then
		start first a bind --reuseaddr --do ready,wait,listen,say:listening,wait "$LO" 7001
	fi
	start second a bind --reuseaddr --do ready,wait,listen "$LO" 7001
}

provoke() {
	error=EADDRINUSE
	if control; then
		error=OK
	else
		go first
		await first "say listening"
	fi
	go second
	finish second $error
	want code=027 cause.id=held-by-listener operation=listen "source.ip=$LO_IP" \
		source.port=7001 "evidence~[^0-9]${PID_first}[^0-9]"
}
