# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Three connections wait for one neighbour: three times 022, but one 029.
SIGNALS="tcp-state neighbour-failed"
TIMER=yes

setup() {
	lab_pair
	# A slow machine needs longer for three connects than the neighbour takes to fail otherwise;
	# but not so long that a SYN is sent again meanwhile.
	retrans=$(slow 300)
	[ "$retrans" -le 900 ] || retrans=900
	fast_neighbours a "$retrans"
	if control; then
		somebody
		start listener b listen "$ANY" 7001
	fi
}

provoke() {
	error=EHOSTUNREACH
	if control; then error=OK; fi
	for n in 1 2 3; do
		start client$n a connect --pre --nonblock "$NOBODY" 7001
	done
	for n in 1 2 3; do go client$n; done
	for n in 1 2 3; do
		finish client$n $error
		want code=022 cause.id=neighbour-failed direction=outbound related=029
	done
	want_also code=029 cause.id=neighbour-no-reply error.type=NEIGHBOUR_FAILED \
		operation=neighbour "network.netns=$R_netns" network.interface=veth0 "*~$NOBODY_IP"
}
