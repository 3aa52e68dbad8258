# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The SYN was sent before connwatch started, its answer (a reset) comes afterwards: the record
# names the process. First nobody is at the link-layer address, then the peer is.
TIMER=yes
FAMILIES="v4 v6 mapped"
FRESH=yes
SIGNALS="tcp-state sockets"
WAIT=8000

setup() {
	lab_pair
	somebody
	silent_peer
	error=ECONNREFUSED
	if control; then
		error=OK
		start listener b listen "$ANY" 7001
	fi
	start_quietly client a connect "$NOBODY" 7001
	await_tcp_state a 02
}

provoke() {
	ns_ip a neigh del "$NOBODY_IP" dev veth0
	finish client $error
	want code=021 cause.id=peer-reset direction=outbound "source.ip=$A_IP"
}
