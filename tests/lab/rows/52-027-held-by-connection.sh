# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The port belongs to an established connection: a client's with a fixed port, or one whose
# listener is gone ("accepted").
FAMILIES="v4 v6 v4-accepted v6-accepted"
SIGNALS="bind-return sockets"

setup() {
	lab_pair
	if control; then return 0; fi
	if [ "$VARIANT" = accepted ]; then
		start holder a listen --close-listener --do say:accepted,wait "$A" 7001
		start peer b connect --do ready,wait "$A" 7001
		await holder "say accepted"
	else
		start peer b listen "$ANY" 7009
		start holder a connect --sport 7001 --do ready,wait "$B" 7009
	fi
}

provoke() {
	try a EADDRINUSE bind "$A" 7001
	want code=027 cause.id=held-by-connection "evidence~[^0-9]${PID_holder}[^0-9]"
}
