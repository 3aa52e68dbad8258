# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The server resets an established connection; the client, waiting in recv(), sees it. The server
# did it itself, so there is nothing to report about the server.
FAMILIES="v4 v6 mapped v4-loopback v6-loopback"
SIGNALS="tcp-state reset-received"

setup() {
	lab_pair
	to=$B at=b way=outbound
	if [ "$VARIANT" = loopback ]; then to=$LO at=a way=local; fi
	how=reset error=ECONNRESET
	if control; then how=close error=OK; fi
	start server $at listen --accept 1 --do say:accepted,wait,$how "$ANY" 7001
}

provoke() {
	start client a connect --do ready,recv "$to" 7001
	await server "say accepted"
	go server
	finish client $error
	want code=C01 cause.id=peer-reset direction=$way "operation~receive|send" \
		evidence.fact=reset-received
}
