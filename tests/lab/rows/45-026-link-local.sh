# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A link-local address needs a scope: the kernel says EINVAL, and no cause is claimed.
FAMILIES="v6"
CONTROL=no
SIGNALS="connect-return"

setup() { lab_pair; }

provoke() {
	try a EINVAL connect fe80::1 7001
	misses "the IPv6 address of a connect" ||
		want code=026 cause.id=unexplained cause.confidence=unknown
	try a EINVAL bind fe80::1 7001
	! has_signal bind-return || want code=C03 cause.id=unexplained cause.confidence=unknown
}
