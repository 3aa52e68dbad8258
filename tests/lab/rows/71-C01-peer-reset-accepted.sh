# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The client resets the connection; the server, waiting in recv() on the accepted socket, sees it.
# Which end is called source there is left open: addresses and ports must be those two.
# With --port, that of the service, which is the accepting end's own.
FAMILIES="v4 v6 mapped v4-port v6-port"
SIGNALS="tcp-state"

setup() {
	lab_pair
	if [ "$VARIANT" = port ]; then OPTIONS="--all --port 7001,9"; fi
	how=reset error=ECONNRESET
	if control; then how=close error=OK; fi
	start server a listen --accept 1 --do say:accepted,recv "$A" 7001
}

provoke() {
	start client b connect --do ready,wait,$how "$A" 7001
	await server "say accepted"
	go client
	finish server $error
	want code=C01 cause.id=peer-reset direction=inbound "operation~receive|send" \
		"source.ip~^($R_src|$R_dst)\$" "destination.ip~^($R_src|$R_dst)\$" \
		"source.port~^($R_sport|$R_dport)\$" "destination.port~^($R_sport|$R_dport)\$"
}
