# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# More refused connects, each to another address, than there is time to look for listeners: the
# port is open on an address that none of them asked for. What was not looked at is not "observed".
FAMILIES="v4"
SIGNALS="tcp-state reset-sent sockets"

setup() {
	lab_pair
	if control; then
		start listener a listen --backlog 2048 "$ANY" 7001
	else
		start listener a listen "$A" 7001
	fi
}

provoke() {
	try a ECONNREFUSED connect --step --repeat 2000 127.0.1.1 7001
	want_also code=021 direction=local "process.pid=$R_pid" "network.netns=$R_netns" \
		destination.port=7001 "cause~(wrong-address.*observed|no-listener.*inferred)" \
		total=2000 records=2000
}
