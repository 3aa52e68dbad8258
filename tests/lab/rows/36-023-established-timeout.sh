# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# An open connection whose peer vanishes: what was sent is never acknowledged. "healed": that this
# host's own firewall had dropped an answer before is another story, and over.
FAMILIES="v4 v6 v4-healed"
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
	if [ "$VARIANT" = healed ]; then
		start client a connect --user-timeout 2000 --do ready,wait,send:9,wait,send:9,$then \
			"$B" 7001
		firewall a input "tcp sport 7001 drop"
		go client
		pause 150
		control || in_ns a nft delete table inet lab
		pause 1000
	else
		start client a connect --user-timeout 1000 --do ready,wait,send:9,$then "$B" 7001
	fi
	firewall b input "tcp dport 7001 drop"
	go client
	finish client $error
	want code=023 cause.id=established-timeout direction=outbound operation=send
}
