# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The application gives up before the kernel does: it closes after a second, or it is killed.
FAMILIES="v4 v6 mapped"
SIGNALS="tcp-state"

setup() {
	lab_pair
	if control; then
		somebody
		start listener b listen "$ANY" 7001
	else
		silent_peer
	fi
}

provoke() {
	try a ABANDONED connect --timeout 1000 "$NOBODY" 7001
	want code=023 cause.id=no-reply direction=outbound "source.ip=$A_IP" !error.errno \
		"duration_ms>=900"

	# Happy eyeballs, a short limit: nothing is late yet.
	try a ABANDONED connect --timeout 100 "$NOBODY" 7001
	want code=023 cause.id=given-up-early direction=outbound !error.errno "duration_ms<=900"

	start_quietly victim a connect --do ready,wait "$NOBODY" 7001
	if control; then await victim ready; else await_tcp_state a 02; fi
	pause 1000
	end victim KILL
	want_also code=023 cause.id=no-reply error.type=ABANDONED direction=outbound \
		"process.pid=$PID_victim" process.name=cwl-victim "source.ip=$A_IP" \
		"destination.ip=$NOBODY_IP" destination.port=7001 "network.netns=$R_netns"
}
