# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Nothing listens on the port, and the destination is this host itself.
FAMILIES="v4 v6 mapped"
SIGNALS="tcp-state"

setup() { lab_pair; }

provoke() {
	if control; then start listener a listen "$ANY" 7001; fi
	for to in "$LO" "$A"; do
		for how in "" --nonblock --thread --second "--sport 7002 --reuseaddr"; do
			try a ECONNREFUSED connect $how "$to" 7001
			want code=021 cause.id=no-listener direction=local "source.ip=$R_dst"
		done
	done
}
