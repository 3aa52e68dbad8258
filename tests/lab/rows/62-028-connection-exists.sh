# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A client with a source port of its own connects twice to one destination: the second connection
# would be the first. No port was searched.
FAMILIES="v4 v6 mapped"
SIGNALS="connect-return tcp-state"

setup() {
	lab_pair
	start server b listen --backlog 64 "$ANY" 7001
	if ! control; then
		start first a connect --sport 7002 --reuseaddr --do ready,wait "$B" 7001
	fi
}

provoke() {
	for how in "" --nonblock; do
		try a EADDRNOTAVAIL connect --sport 7002 --reuseaddr $how "$B" 7001
		want code=028 cause.id=connection-exists direction=outbound \
			evidence.fact=connection-exists "cause.summary~port.7002"
		if control; then return 0; fi
	done
}
