# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SYNs leave and nothing comes back: the peer's firewall drops them, or nobody is at the peer's
# link-layer address ("silent", which needs no nft). "ingress": the peer drops them while they
# still have our socket.
TIMER=yes
FAMILIES="v4 v6 mapped v4-silent v6-silent v4-ingress"
SIGNALS="tcp-state"
WAIT=6000

setup() {
	lab_pair
	ns_sysctl a net.ipv4.tcp_syn_retries=1
	to=$B
	start listener b listen "$ANY" 7001
	case $VARIANT in
	silent)
		to=$NOBODY
		if control; then somebody; else silent_peer; fi
		;;
	ingress)
		need nft
		control || in_ns b nft -f - <<-END || skip "nft cannot drop there here"
			table netdev lab {
				chain ingress {
					type filter hook ingress device veth0 priority 0
					tcp dport 7001 drop
				}
			}
		END
		;;
	*)
		need nft
		control || in_ns b nft -f - <<-'END' || skip "nft cannot drop here"
			table inet lab {
				chain input {
					type filter hook input priority 0
					tcp dport 7001 drop
				}
			}
		END
		;;
	esac
}

provoke() {
	error=ETIMEDOUT
	if control; then error=OK; fi
	start_quietly second a connect --nonblock "$to" 7001
	try a ETIMEDOUT connect "$to" 7001
	want code=023 cause.id=no-reply direction=outbound "source.ip=$A_IP" "syn_retransmits>=1" \
		"duration_ms>=1500"
	finish second $error
	want code=023 cause.id=no-reply direction=outbound "source.ip=$A_IP" "syn_retransmits>=1" \
		"duration_ms>=1500"
}
