# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Address translation leads a connection elsewhere. On the way out it comes back to this host, and
# nothing listens where it was led; at the peer it is led to a closed port of the peer, and must not
# be told a second time as a caller from outside.
FAMILIES="v4-out v6-out mapped-out v4-peer v6-peer"
SIGNALS="tcp-state reset-sent"

setup() {
	lab_pair
	at=a chain=output to=$FAR
	if [ "$VARIANT" = peer ]; then at=b chain=prerouting to=$B; fi
	ns_ip a route add "$FAR_NET" via "$B_IP"
	case $TYPE in
	ipv4) led="ip to 10.77.0.1:7002" ;;
	*) led="ip6 to [fd00:77::1]:7002" ;;
	esac
	if [ "$VARIANT" = peer ]; then led="to :7002"; fi
	translate $at $chain "tcp dport 7001 dnat $led"
	if control; then start listener $at listen "$ANY" 7002; fi
}

provoke() {
	# Where nobody sees what this host's own firewall drops, it may have been that.
	peer=inferred
	if has_signal netfilter-drop; then peer=observed; fi
	for how in "" --nonblock; do
		try a ECONNREFUSED connect $how "$to" 7001
		if [ "$VARIANT" = peer ]; then
			want code=021 cause.id=peer-reset cause.confidence=$peer direction=outbound
		else
			want code=021 cause.id=no-listener cause.confidence=observed \
				direction=local "cause.summary~translation.*7002" "source.ip~." \
				"evidence~NAT.to"
		fi
	done
}
