# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Two networks on this machine have the same addresses, and in both of them the listener is full.
# Both listeners are told; of a client it cannot be said which of them let it wait.
FAMILIES="v4 v6"
SIGNALS="tcp-state queue-full sockets"
TIMER=yes
WAIT=9000

full_network() {
	lab_ns $1 $2
	lab_link $1 $2
	if control; then
		start server$2 $2 listen --accept 8 "$ANY" 7003
	else
		start server$2 $2 listen --backlog 1 --accept 0 --do wait "$ANY" 7003
	fi
	start waiting$1 $1 occupy 2 "$B" 7003
}

setup() {
	full_network a b
	full_network c d
}

# The counters are read once a second: both queues are known by the end.
provoke() {
	start_quietly other c connect --timeout 2500 "$B" 7003
	try a ABANDONED connect --timeout 2500 "$B" 7003
	want code=023 cause.id=no-reply direction=outbound !error.errno related=[]
	finish other "$try_error"
	want code=023 cause.id=no-reply direction=outbound !error.errno related=[]
	for ns in b d; do
		want_also type=condition code=C02 cause.id=accept-queue-full destination.port=7003 \
			"network.netns=$(ns_inode "$(ns_name $ns)")" "process.pid=$(pid_of server$ns)" \
			total=1-20 records=1-9
	done
}
