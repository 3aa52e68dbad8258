# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Address translation leads a connection elsewhere. On the way out it comes back to this host, and
# nothing listens where it was led; at the peer it is led to a closed port of the peer, and must not
# be told a second time as a caller from outside. An address of this host's own is led to the peer,
# as published ports of containers are: whose reset that was nobody saw, but it was no firewall's.
FAMILIES="v4-out v6-out mapped-out v4-peer v6-peer v4-own v6-own"
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
	case $VARIANT in
	peer) led="to :7002" ;;
	own)
		to=$A
		case $TYPE in
		ipv4) led="ip to 10.77.0.2:7002" ;;
		*) led="ip6 to [fd00:77::2]:7002" ;;
		esac ;;
	esac
	translate $at $chain "tcp dport 7001 dnat $led"
	if [ "$VARIANT" = own ]; then at=b; fi
	if control; then start listener $at listen "$ANY" 7002; fi
}

provoke() {
	# Where nobody sees what this host's own firewall drops, it may have been that.
	if [ "$VARIANT" = own ]; then need_signal netfilter-drop; fi
	peer=inferred
	if has_signal netfilter-drop; then peer=observed; fi
	for how in "" --nonblock; do
		try a ECONNREFUSED connect $how "$to" 7001
		if [ "$VARIANT" = peer ]; then
			want code=021 cause.id=peer-reset cause.confidence=$peer direction=outbound
		elif [ "$VARIANT" = own ]; then
			want code=021 cause.id=unexplained direction=local
		else
			want code=021 cause.id=no-listener cause.confidence=observed \
				direction=local "cause.summary~translation.*7002" "source.ip~." \
				"evidence~NAT.to"
		fi
	done
}
