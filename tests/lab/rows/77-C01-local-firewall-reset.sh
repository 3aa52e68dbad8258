# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A rule that appears while the connection is open resets it at its next packet.
FAMILIES="v4 v6 mapped v4-loopback v6-loopback"
SIGNALS="tcp-state reset-received netfilter-drop"

setup() {
	lab_pair
	to=$B at=b way=outbound
	if [ "$VARIANT" = loopback ]; then to=$LO at=a way=local; fi
	start server $at listen --accept 1 --do say:accepted,recv "$ANY" 7001
}

provoke() {
	error=ECONNRESET
	if control; then error=OK; fi
	start client a connect --do ready,wait,send:10,sleep:100,send:1 "$to" 7001
	await server "say accepted"
	firewall a output "tcp dport 7001 reject with tcp reset"
	go client
	finish client $error
	want code=C01 cause.id=local-firewall-reset cause.confidence=observed direction=$way \
		"operation~receive|send" evidence.fact=netfilter-drop-output
}
