# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# An open connection whose peer vanishes: what was sent is never acknowledged.
FAMILIES="v4 v6"
SIGNALS="tcp-state"
TIMER=yes
WAIT=9000

setup() {
	lab_pair
	start server b listen --accept 1 --do recv "$ANY" 7001
}

provoke() {
	then=recv error=ETIMEDOUT
	if control; then then=close error=OK; fi
	start client a connect --user-timeout 1000 --do ready,wait,send:9,$then "$B" 7001
	firewall b input "tcp dport 7001 drop"
	go client
	finish client $error
	want code=023 cause.id=established-timeout direction=outbound operation=send
}
