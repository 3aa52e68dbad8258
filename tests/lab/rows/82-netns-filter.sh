# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Watching one namespace: a caller in another one of this machine is still known to be ours.
FAMILIES="v4 v6"
OWN_WATCH=yes
SIGNALS="tcp-state reset-sent"

setup() { lab_pair; }

provoke() {
	connwatch_start watch --netns "$(ns_inode "$(ns_name b)")"
	if control; then start listener b listen "$ANY" 7001; fi
	try a ECONNREFUSED connect "$B" 7001
	try b ECONNREFUSED connect "$B" 7001
	want code=021 cause.id=no-listener direction=local "network.netns_name=$(ns_name b)"
	pause 300
	connwatch_stop
}
