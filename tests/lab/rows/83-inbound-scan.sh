# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# SYNs from outside, behind which no socket of this machine stands, to 200 closed ports: one caller,
# one line that grows.
FAMILIES="v4 v6"
SIGNALS="reset-sent"
OPTIONS=-v

setup() {
	lab_pair
	count=200
	if control; then
		count=1
		start listener a listen "$ANY" 7001
	fi
}

provoke() {
	in_ns b "$RAW" syn $count "$B_IP" "$A_IP" 7001 >"$JOB/scan.out" 2>&1
	result scan OK
	want_also code=021 cause.id=no-listener direction=inbound "source.ip=$B_IP" \
		"destination.ip=$A_IP" !process.pid "network.netns=$(ns_inode "$(ns_name a)")" \
		total=200 "records=1-$((3 * ${LAB_SLOW:-1}))"
}
