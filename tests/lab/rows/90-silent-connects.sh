# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Connects that succeed, in every way there is.
FAMILIES="v4 v6 mapped"
SILENT=yes

setup() {
	lab_pair
	start here a listen "$ANY" 7001
	start there b listen "$ANY" 7001
}

provoke() {
	for to in "$LO" "$A" "$B"; do
		for how in "" --nonblock --again --second --thread "--timeout 5000" "--sport 7002 --reuseaddr"; do
			try a OK connect $how --do send:10 "$to" 7001
		done
	done
}
