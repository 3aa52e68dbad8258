# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The port has a listener already; evidence names its process. Wildcard against specific, IPv6
# against IPv4.
FAMILIES="v4 v6 v6-any v4-wildcard v6-wildcard v4-specific v6-specific"
SIGNALS="bind-return sockets"

setup() {
	lab_ns a
	hold=$LO
	case $VARIANT in
	any) hold=:: LO=127.0.0.1 TYPE=ipv4 ;;
	wildcard) LO=$ANY ;;
	specific) hold=$ANY ;;
	esac
	if ! control; then start holder a listen "$hold" 7001; fi
}

provoke() {
	try a EADDRINUSE bind "$LO" 7001
	want code=027 cause.id=held-by-listener "evidence~[^0-9]${PID_holder}[^0-9]" \
		"evidence~cwl-holder" "cause.summary~running.for.[0-9.]+.m?s"
	try a EADDRINUSE bind --reuseaddr "$LO" 7001
	want code=027 cause.id=held-by-listener "evidence~[^0-9]${PID_holder}[^0-9]"
}
