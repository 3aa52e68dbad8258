# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A security module says no: Landlock, which a process may ask for itself.
FAMILIES="v4 v6"
SIGNALS="connect-return bind-return"

setup() {
	"$PROVOKE" landlock || skip "no Landlock for TCP here"
	lab_pair
	start listener b listen "$ANY" 7001
	landlock=--landlock
	if control; then landlock=; fi
}

provoke() {
	try a EACCES connect $landlock "$B" 7001
	want code=C04 direction=outbound
	try a EACCES bind $landlock "$ANY" 7002
	want code=C04 cause.id=blocked-by-policy
}
