# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Of two listeners one is full and left alone, the other drops and then accepts: it is the one told.
FAMILIES="v4 v6"
SIGNALS="queue-full sockets"
TIMER=yes
WAIT=9000

setup() {
	lab_ns a
	start full a listen --backlog 1 --accept 0 --do wait "$ANY" 7001
	start waiting a occupy 2 "$LO" 7001
	# One is accepted and looked after until the word comes, two wait for it.
	start quick a listen --backlog 1 --accept 4 --do wait "$ANY" 7002
	start busy a occupy 3 "$LO" 7002
}

provoke() {
	if control; then
		go quick
		await quick result
	fi
	start_quietly caller a connect "$LO" 7002
	if ! control; then
		await busy ready
		sleep 0.3
		go quick
	fi
	finish caller
	want_also type=condition code=C02 cause.id=accept-queue-full error.type=BACKLOG_FULL \
		operation=accept destination.port=7002 process.name=cwl-quick \
		"process.pid=$PID_quick" "cause.summary~2.of.1" total=1-4 records=1-4
}
