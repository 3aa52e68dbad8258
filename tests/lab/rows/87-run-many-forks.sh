# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# connwatch run knows a process of its command's tree that did nothing while 17000 others came and
# went, more than its table holds.
FAMILIES=v4
OWN_WATCH=yes

setup() {
	lab_ns a
	if control; then start listener a listen "$LO" 7001; fi
}

provoke() {
	error=ECONNREFUSED
	if control; then error=OK; fi
	connwatch_run sh -c '
		"$5" netns exec "$1" "$2" connect --pre --name cwl-inner --output "$3/inner.out" "$4" 7001 &
		"$2" await "$3/inner.out" ready "$6" $$
		"$2" forks 17000
		kill -USR1 $!
		wait $!
		exit 42' sh "$(ns_name a)" "$PROVOKE" "$JOB" "$LO" "$IPROUTE" "$(slow 15000)"
	"$PROVOKE" await "$JOB/inner.out" result "$(slow 60000)" "$CONNWATCH_PID" ||
		connwatch_failed
	connwatch_result 42
	result inner $error
	want code=021 cause.id=no-listener direction=local
}
