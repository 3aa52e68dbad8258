# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A SYN from outside, behind which no socket of this machine stands, to a port that is open on
# another address only: the service was started on the loopback address.
FAMILIES="v4 v6"
SIGNALS="reset-sent sockets"
OPTIONS=-v

setup() {
	lab_pair
	from=$LO_IP
	if control; then from=$ANY; fi
	start listener a listen "$from" 7001
}

provoke() {
	in_ns b "$RAW" syn 1 "$B_IP" "$A_IP" 7001 >"$JOB/scan.out" 2>&1
	result scan OK
	want_also code=021 cause.id=wrong-address cause.confidence=inferred direction=inbound \
		"source.ip=$B_IP" "destination.ip=$A_IP" destination.port=7001 !process.pid \
		evidence.fact=listener-elsewhere "*~cwl-listener" "cause.summary~$LO_IP"
}
