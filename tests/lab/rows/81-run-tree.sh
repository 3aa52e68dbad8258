# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# connwatch run reports the failures of its command's process tree only, and ends with its status.
OWN_WATCH=yes

setup() {
	lab_ns a
	start other a connect --pre "$LO" 7002
	if control; then start listener a listen "$LO" 7001; fi
}

provoke() {
	error=ECONNREFUSED
	if control; then error=OK; fi
	connwatch_run sh -c '
		"$5" netns exec "$1" "$2" connect --name cwl-inner --output "$3/inner.out" "$4" 7001
		"$2" await "$3/other.out" result 15000 $$
		exit 42' sh "$(ns_name a)" "$PROVOKE" "$JOB" "$LO" "$IPROUTE"
	"$PROVOKE" await "$JOB/inner.out" result "$(slow 20000)" "$CONNWATCH_PID" ||
		connwatch_failed
	go other
	finish other ECONNREFUSED
	connwatch_result 42
	result inner $error
	want code=021 cause.id=no-listener direction=local
}
