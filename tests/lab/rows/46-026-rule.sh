# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A policy rule refuses, and no routing table is asked: nothing but the errno tells, and the advice
# has to name ip rule.
FAMILIES="v4-blackhole v6-blackhole v4-prohibit v6-prohibit v4-unreachable v6-unreachable"
SIGNALS="connect-return"

setup() {
	lab_pair
	far_side 7001
	if control; then return 0; fi
	ns_ip a $IP rule add to "$FAR" "$VARIANT" || skip "no policy rules here"
}

provoke() {
	case $VARIANT in
	blackhole) error=EINVAL code=026 cause=unexplained ;;
	prohibit) error=EACCES code=C04 cause=blocked-by-policy ;;
	unreachable) error=ENETUNREACH code=026 cause=no-route ;;
	esac
	for how in "" --nonblock; do
		try a $error connect $how "$FAR" 7001
		want code=$code cause.id=$cause direction=outbound "advice~ip(.-[46])?.rule"
	done
}
