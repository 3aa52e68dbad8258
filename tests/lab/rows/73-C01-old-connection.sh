# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The connection is older than connwatch: its process is named all the same, on either end.
FAMILIES="v4 v6 mapped v4-accepted v6-accepted"
FRESH=yes
SIGNALS="tcp-state sockets"

setup() {
	lab_pair
	how=reset error=ECONNRESET
	if control; then how=close error=OK; fi
	case $VARIANT in
	accepted) server=recv client=wait,$how sees=server acts=client ;;
	*) server=wait,$how client=recv sees=client acts=server ;;
	esac
	start server b listen --accept 1 --do say:accepted,$server "$ANY" 7001
	start client a connect --do ready,$client "$B" 7001
	await server "say accepted"
}

provoke() {
	go $acts
	finish $sees $error
	# Where connwatch takes long to start, the connection was idle for long.
	want code=C01 "cause.id~^peer-reset(-idle)?\$" "operation~receive|send" \
		"source.ip~^($R_src|$R_dst)\$" "destination.ip~^($R_src|$R_dst)\$" \
		"source.port~^($R_sport|$R_dport)\$" "destination.port~^($R_sport|$R_dport)\$"
}
