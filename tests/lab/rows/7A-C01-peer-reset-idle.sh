# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A connection that was silent for half a minute, then a reset: somebody on the way forgot it.
FAMILIES="v4 v6"
SIGNALS="tcp-state reset-received"
CONTROL=no
WAIT=9000

setup() {
	lab_pair
	start server b listen --accept 1 --do sleep:31000,reset "$ANY" 7001
}

provoke() {
	try a ECONNRESET connect --do recv "$B" 7001
	want code=C01 cause.id=peer-reset-idle cause.confidence=inferred direction=outbound \
		"cause.summary~3[1-9].*s.without.a.packet"
}
