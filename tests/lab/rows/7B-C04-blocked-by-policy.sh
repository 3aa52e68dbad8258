# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A BPF program of the cgroup says no.
FAMILIES="v4 v6"
SIGNALS="connect-return"

setup() {
	lab_pair
	start listener b listen "$ANY" 7001
	cgroup=$JOB/cgroup
	mkdir -p "$cgroup"
	mount -t cgroup2 none "$cgroup" 2>/dev/null || skip "no cgroup2 here"
	mkdir "$cgroup/cw-$LAB_ID-$JOB_NO" || skip "no cgroup of our own"
	if ! control; then
		start_raw blocker a forbid "$cgroup/cw-$LAB_ID-$JOB_NO"
	fi
}

provoke() {
	try a EPERM connect --cgroup "$cgroup/cw-$LAB_ID-$JOB_NO" "$B" 7001
	want code=C04 cause.id=blocked-by-policy direction=outbound
}

tear_down() {
	rmdir "$cgroup/cw-$LAB_ID-$JOB_NO"
	umount "$cgroup"
}
