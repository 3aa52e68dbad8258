# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Orderly ends from either side, half-closed connections, a linger-0 close after the peer's end,
# processes killed with connections open, a listener that ends with nothing in its queue.
FAMILIES="v4 v6 mapped"
SILENT=yes

setup() { lab_pair; }

provoke() {
	ends server-first close recv
	ends client-first recv close
	ends half-close recv,send:10000 shut,recv
	ends server-resets-last recv,reset close
	ends after-data send:10000,shut,recv recv,send:0

	start server b listen "$ANY" 7001
	start client a connect --do ready,wait "$B" 7001
	end client KILL
	start client a connect --do ready,recv "$B" 7001
	end server KILL
	finish client

	start server b listen --accept 0 "$ANY" 7002
	go server
	finish server
}

# ends NAME SERVER-ACTIONS CLIENT-ACTIONS: one connection, both ends must see no error.
ends() {
	port=$((${port:-7010} + 1))
	start server b listen --accept 1 --do "$2" "$B" $port
	start_quietly client a connect --do "$3" "$B" $port
	finish client
	finish server
}
