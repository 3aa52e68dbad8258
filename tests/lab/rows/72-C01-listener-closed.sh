# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The listener goes away with a connection in its accept queue: the kernel resets that one, and its
# client sees it.
FAMILIES="v4 v6"
SIGNALS="tcp-state"

setup() {
	lab_pair
	error=ECONNRESET serve="--accept 0"
	if control; then error=OK serve="--accept 1 --do wait,close"; fi
	start server b listen $serve "$ANY" 7001
}

provoke() {
	start client a connect --do ready,recv "$B" 7001
	go server
	finish client $error
	want code=C01 cause.id=peer-reset direction=outbound "operation~receive|send"
}
