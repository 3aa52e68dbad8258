# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The peer has no listener and answers with a reset. The peer is a namespace of this machine, so
# both ends are seen: it is one record all the same, the caller's.
FAMILIES="v4 v6 mapped"
SIGNALS="tcp-state reset-received"

setup() { lab_pair; }

provoke() {
	if control; then start listener b listen "$ANY" 7001; fi
	for how in "" --nonblock --thread --second "--src $A --sport 7002 --reuseaddr"; do
		try a ECONNREFUSED connect $how "$B" 7001
		want code=021 cause.id=peer-reset direction=outbound "source.ip=$A_IP" \
			evidence.fact=reset-received
	done
}
