# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Fifty refused connects of one process within a second: folded they are a few records with counts
# that sum to fifty, with --all they are fifty.
FAMILIES="v4-fold v6-fold v4-all v6-all"

setup() {
	lab_ns a
	case $VARIANT in fold) OPTIONS='' ;; esac
	if control; then start server a listen --backlog 128 "$LO" 7001; fi
}

provoke() {
	try a ECONNREFUSED connect --repeat 50 "$LO" 7001
	same="code=021 cause.id=no-listener error.type=$R_error direction=local process.pid=$R_pid"
	same="$same network.netns=$R_netns destination.ip=$R_dst destination.port=7001"
	case $VARIANT in
	fold) want_also $same total=50 records=2-4 ;;
	*) want_also $same count=1 total=50 records=50 ;;
	esac
}
