# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034
#
# What a row of the lab may use. Works with dash and with busybox ash.
#
# A row is a file rows/NN-code-cause.sh that sets
#   FAMILIES   variants to run, of v4 v6 mapped (default "v4 v6"); "-" for none in particular.
#              "v4-word" hands "word" to the row as $VARIANT
#   CONTROL    no: there is nothing that could be taken away (default yes)
#   SILENT     yes: nothing may be reported; the row is its own control
#   NEEDS      programs the row needs on this machine
#   SIGNALS    signals of connwatch the row cannot do without (names as connwatch doctor has them)
#   OPTIONS    options for connwatch (default "--all")
#   WAIT       milliseconds the records may take to appear (default 5000)
#   TIMER      yes: the failure is told by a kernel timer (see run_job in run)
#   FRESH      yes: what setup makes must be older than connwatch (see -W of run)
#   SETTLE     milliseconds to wait for records that should not come (default 150)
# and defines
#   setup      namespaces, links, servers: everything that is there before connwatch starts
#   provoke    the provocation, after connwatch says that it is ready
#   tear_down  (if need be) what outlives the row's processes and namespaces
#
# Both run twice in fresh namespaces: once as they are, once as their control, where `control` is
# true: then they take the provocation away (start the listener, add the route), and no record at
# all may appear; want and want_also say nothing there.

say() { printf '%s\n' "$*"; }
die() { say "FAILED: $*" >&2; exit 1; }
skip() { say "$*" >"$JOB/skip"; exit 75; }
control() { [ "$MODE" = control ]; }

# Milliseconds, stretched for slow machines (a guest without hardware virtualisation).
slow() { echo $(($1 * ${LAB_SLOW:-1})); }
pause() { "$PROVOKE" sleep "$(slow "$1")"; }

# family v4|v6|mapped: the addresses a row uses. A and B are the ends of a link, NOBODY is on-link
# and nobody's, FAR is behind a route. $B is as the client dials it, $B_IP as connwatch shows it.
family() {
	VARIANT=
	case $1 in *-*) VARIANT=${1#*-} ;; esac
	IP=-4 PREFIX='' TYPE=ipv4
	LO_IP=127.0.0.1 A_IP=10.77.0.1 B_IP=10.77.0.2 NOBODY_IP=10.77.0.77
	FAR_IP=10.88.0.1 FAR_NET=10.88.0.0/16 ANY_IP=0.0.0.0
	case $1 in
	v6*)
		IP=-6 TYPE=ipv6
		LO_IP=::1 A_IP=fd00:77::1 B_IP=fd00:77::2 NOBODY_IP=fd00:77::77
		FAR_IP=fd00:88::1 FAR_NET=fd00:88::/32 ANY_IP=::
		;;
	mapped*) PREFIX=::ffff: ;;
	esac
	LO=$PREFIX$LO_IP A=$PREFIX$A_IP B=$PREFIX$B_IP NOBODY=$PREFIX$NOBODY_IP
	FAR=$PREFIX$FAR_IP ANY=$PREFIX$ANY_IP
}

# --- namespaces ---

# The ip of iproute2, by its path: busybox sh would take its own applet, which has no netns.
find_iproute() {
	for iproute_ in "$IPROUTE" /usr/sbin/ip /sbin/ip /usr/bin/ip /bin/ip; do
		case $("$iproute_" -V 2>/dev/null) in
		*iproute2*) IPROUTE=$iproute_; return 0 ;;
		esac
	done
	return 1
}
ip() { "$IPROUTE" "$@"; }

ns_name() { echo "cw-$LAB_ID-$JOB_NO-$1"; }
in_ns() { in_ns_=$(ns_name "$1"); shift; ip netns exec "$in_ns_" "$@"; }
ns_ip() { ns_ip_=$(ns_name "$1"); shift; ip -n "$ns_ip_" "$@"; }
ns_sysctl() { ns_sysctl_=$1; shift; in_ns "$ns_sysctl_" sysctl -q -w "$@" >/dev/null; }

# lab_ns NAME…: fresh namespaces with their loopback up.
lab_ns() {
	for lab_ns_ in "$@"; do
		LAB_NS="$LAB_NS $(ns_name "$lab_ns_")"
		ip netns add "$(ns_name "$lab_ns_")" || die "cannot make a network namespace"
		ns_ip "$lab_ns_" link set lo up || die "cannot bring up lo"
		if have_ipv6; then
			ns_sysctl "$lab_ns_" net.ipv6.conf.default.accept_dad=0 \
				net.ipv6.conf.default.router_solicitations=0
		fi
	done
}

# lab_link A B: a link between two namespaces, device veth0 in both, $A and $B of both families.
lab_link() {
	ip link add veth0 netns "$(ns_name "$1")" type veth peer name veth0 \
		netns "$(ns_name "$2")" || skip "no veth devices here"
	lab_address "$1" 10.77.0.1/24 fd00:77::1/64
	lab_address "$2" 10.77.0.2/24 fd00:77::2/64
	have_ipv6 || return 0
	await_address "$1" fd00:77::1
	await_address "$2" fd00:77::2
}

# An IPv6 address answers only once the kernel has made its local route, a moment after link up;
# a neighbour solicitation before that is lost and costs a second, or a whole test.
await_address() {
	address_n=0
	until ns_ip "$1" -6 route show table local | grep -q "^local $2 " &&
		ns_ip "$1" -6 route show table local | grep -q "^local fe80"; do
		address_n=$((address_n + 1))
		[ $address_n -lt 200 ] || die "address $2 of $1 does not come up"
		pause 10
	done
}

lab_address() {
	ns_ip "$1" addr add "$2" dev veth0
	if have_ipv6; then ns_ip "$1" addr add "$3" dev veth0 nodad; fi
	ns_ip "$1" link set veth0 up
}

# One link between a and b and nothing else: what most rows need.
lab_pair() { lab_ns a b && lab_link a b; }

# fast_neighbours NS [MS]: gives up early on neighbours: one probe, 300 ms.
fast_neighbours() {
	ns_sysctl "$1" "net.ipv4.neigh.veth0.mcast_solicit=1" \
		"net.ipv4.neigh.veth0.retrans_time_ms=${2:-300}"
	if have_ipv6; then
		ns_sysctl "$1" "net.ipv6.neigh.veth0.mcast_solicit=1" \
			"net.ipv6.neigh.veth0.retrans_time_ms=${2:-300}"
	fi
}

# far_side PORT: $FAR exists behind b and listens: what a control of a routing row needs.
far_side() {
	ns_ip b addr add "$FAR_IP" dev lo
	ns_ip a route add "$FAR_NET" via "$B_IP"
	start far b listen "$ANY" "$1"
}

# silent_peer: frames to $NOBODY leave a, and nobody is there to answer; no neighbour lookup fails.
silent_peer() {
	ns_ip a neigh add "$NOBODY_IP" lladdr 02:00:00:00:00:99 dev veth0 nud permanent
}

# In a control: $NOBODY is b.
somebody() {
	case $TYPE in
	ipv4) ns_ip b addr add "$NOBODY_IP/24" dev veth0 ;;
	*)
		ns_ip b addr add "$NOBODY_IP/64" dev veth0 nodad
		await_address b "$NOBODY_IP"
		;;
	esac
}

# firewall NS CHAIN RULE: one rule in a chain of its own, hooked where CHAIN says (input, output,
# prerouting). Nothing in a control.
firewall() {
	if control; then return 0; fi
	need nft
	firewall_ns=$1 firewall_chain=$2
	shift 2
	in_ns "$firewall_ns" nft -f - <<-END || skip "nft cannot do '$*' here"
		table inet lab {
			chain $firewall_chain {
				type filter hook $firewall_chain priority -150
				$*
			}
		}
	END
}

# translate NS CHAIN RULE: the same for address translation (output, prerouting).
translate() {
	need nft
	translate_ns=$1 translate_chain=$2
	shift 2
	in_ns "$translate_ns" nft -f - <<-END || skip "nft cannot do '$*' here"
		table inet lab {
			chain $translate_chain {
				type nat hook $translate_chain priority -100
				$*
			}
		}
	END
}

have_ipv6() { [ -e /proc/net/if_inet6 ]; }
need() { command -v "$1" >/dev/null 2>&1 || skip "$1 is missing"; }
# need_signal NAME: the start record must name a hook for it.
# has_signal NAME: for rows whose cause is less sure without it.
has_signal() { [ -n "$PROVOKE_ONLY" ] || "$EXPECT" --has-signal "$1" "$JOB/ndjson"; }
need_signal() { has_signal "$1" || skip "connwatch has no signal $1 here"; }
# misses WORDS: whether doctor says so of what is armed. For rows that are about just that.
misses() {
	[ -z "$PROVOKE_ONLY" ] || return 1
	if [ ! -s "$WORK/doctor.$HOOKS" ]; then
		"$CONNWATCH" doctor --hooks "$HOOKS" >"$JOB/doctor" || die "doctor ended with $?"
		mv "$JOB/doctor" "$WORK/doctor.$HOOKS"
	fi
	grep -qE "(misses|does not see) .*$1" "$WORK/doctor.$HOOKS"
}
# need_sight WORDS: the row is nothing where doctor says that connwatch does not see that.
need_sight() { if misses "$1"; then skip "connwatch does not see $1 here"; fi; }

# --- processes: only what was started here is ended, by its pid ---

LAB_PIDS=
track() {
	LAB_PIDS="$LAB_PIDS $1" LAB_OUR_PIDS="$LAB_OUR_PIDS,$1"
	eval "PID_$2=$1"
}
pid_of() { eval "echo \"\$PID_$1\""; }
untrack() {
	untrack_=
	for pid_ in $LAB_PIDS; do [ "$pid_" = "$1" ] || untrack_="$untrack_ $pid_"; done
	LAB_PIDS=$untrack_
}

# start NAME NS COMMAND [OPTION…] ARG…: provoke in the background, until it says ready.
start() {
	start_quietly "$@"
	await "$1" ready
}

# start_raw NAME NS ARG…: raw in the background, until it says ready.
start_raw() {
	start_raw_name=$1 start_raw_ns=$2
	shift 2
	"$IPROUTE" netns exec "$(ns_name "$start_raw_ns")" "$RAW" "$@" >"$JOB/$start_raw_name.out" \
		2>"$JOB/$start_raw_name.err" </dev/null &
	track $! "$start_raw_name"
	await "$start_raw_name" ready
}

start_quietly() {
	start_name=$1 start_ns=$2 start_cmd=$3
	shift 3
	rm -f "$JOB/$start_name.out"	# a name may be used again: nobody shall read the old lines
	# Neither in_ns nor ip: a function in the background is a subshell, and $! would be its pid.
	"$IPROUTE" netns exec "$(ns_name "$start_ns")" "$PROVOKE" "$start_cmd" --name "cwl-$start_name" "$@" \
		>"$JOB/$start_name.out" 2>"$JOB/$start_name.err" </dev/null &
	track $! "$start_name"
}

# await NAME PREFIX: until the process has written a line that begins so.
await() {
	"$PROVOKE" await "$JOB/$1.out" "$2" "$(slow 30000)" "$(pid_of "$1")" ||
		die "$1 did not get to '$2': $(cat "$JOB/$1.out" "$JOB/$1.err" 2>/dev/null)"
}

# Lets a process go on that is at its action "wait".
go() { kill -USR1 "$(pid_of "$1")"; }

# await_pid PID MS: waits for a child of this shell, but not for ever; its status.
await_pid() {
	"$PROVOKE" watchdog "$1" "$(slow "$2")" &
	await_dog=$!
	wait "$1"
	await_status=$?
	# Not TERM: between fork and exec a shell with a trap would catch it and lose it.
	kill -KILL "$await_dog" 2>/dev/null
	wait "$await_dog" 2>/dev/null
	await_dog=
	untrack "$1"
	return $await_status
}

# end NAME [SIGNAL]: ends a process and waits until it is gone.
end() {
	end_pid=$(pid_of "$1")
	kill -"${2:-TERM}" "$end_pid" 2>/dev/null
	await_pid "$end_pid" 5000 2>/dev/null
	return 0
}

has_result() { grep -qs '^result ' "$JOB/$1.out"; }

# await_tcp_state NS HEX [NAME]: until a TCP socket of the namespace is in that state (02 SYN_SENT,
# 06 TIME_WAIT). Status 1 when the process NAME has come to its result before.
await_tcp_state() {
	state_n=0
	until in_ns "$1" cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v s="$2" '$4 == s { hit = 1 } END { exit !hit }'; do
		state_n=$((state_n + 1))
		[ -z "${3:-}" ] || ! has_result "$3" || return 1
		[ $state_n -lt 200 ] || die "no socket of $1 gets to TCP state $2"
		pause 20
	done
}

# finish NAME [ERROR]: waits for the end of a process that was started, its result in R_*.
finish() {
	await_pid "$(pid_of "$1")" 60000
	result "$1" "${2:-OK}"
}

# try NS ERROR COMMAND [OPTION…] ARG…: provoke in the foreground; the application must see ERROR
# (in the control: OK). What it saw is in R_op R_errno R_error R_src R_sport R_dst R_dport R_pid
# R_tid R_uid R_name R_netns.
LAB_TRIES=0
try() {
	try_ns=$1 try_error=$2 try_cmd=$3
	shift 3
	LAB_TRIES=$((LAB_TRIES + 1))
	if control; then try_error=OK; fi
	start_quietly "try$LAB_TRIES" "$try_ns" "$try_cmd" "$@"
	finish "try$LAB_TRIES" "$try_error"
}

# Parses the last result line of a process and holds its error against the one that must be.
result() {
	result_line=$(grep '^result ' "$JOB/$1.out" | tail -n 1)
	[ -n "$result_line" ] || die "$1 gave no result: $(cat "$JOB/$1.out" "$JOB/$1.err")"
	for result_word in ${result_line#result }; do
		eval "R_${result_word%%=*}='${result_word#*=}'"
	done
	LAB_OUR_PIDS="$LAB_OUR_PIDS,$R_pid"
	[ "$R_error" = "$2" ] || die "$1: the application must see $2 and saw: $result_line"
}

# --- expectations ---

# want TERM…: exactly one record for the last result: its process, addresses, ports and errno as
# the application saw them, and TERMs (see expect.c). A TERM takes the place of the one that the
# result gives for the same key.
want() {
	if control || [ -n "$SILENT" ]; then return 0; fi
	want_=
	for term_ in $(want_seen); do
		case " $*" in
		*" ${term_%%=*}="* | *" ${term_%%=*}~"* | *" !${term_%%=*}"*) ;;
		*) want_="$want_ $term_" ;;
		esac
	done
	want_also "$*$want_"
}

# A bind or listen has but one address, its own: the source.
want_seen() {
	say "error.type=$R_error operation=$R_op network.transport=tcp network.type=$TYPE"
	say "process.pid=$R_pid process.tid=$R_tid process.name=$R_name process.user.id=$R_uid"
	say "network.netns=$R_netns"
	[ "$R_error" = ABANDONED ] || say "error.errno=$R_errno"
	[ "$R_src" = - ] || say "source.ip=$R_src"
	[ "$R_sport" = - ] || say "source.port=$R_sport"
	[ "$R_dst" = - ] || say "destination.ip=$R_dst"
	[ "$R_dport" = - ] || say "destination.port=$R_dport"
}

# want_also TERM…: exactly one record with these terms and nothing added.
want_also() {
	if control || [ -n "$SILENT" ]; then return 0; fi
	say "$*" >>"$JOB/expect"
}

# --- connwatch ---

ns_inode() { stat -L -c %i "/run/netns/$1" 2>/dev/null || stat -L -c %i "/var/run/netns/$1"; }

# The watch that all rows of a lab run share, if there is one: -W of run.
shared_watch() {
	[ -n "$SHARED" ] && [ "$1" = watch ] && [ $# -eq 1 ] && [ "$OPTIONS" = --all ] &&
		[ -z "$FRESH" ] && [ -s "$WORK/watch.$HOOKS.ndjson" ]
}

connwatch_join() {
	JOINED=yes
	cp "$WORK/watch.$HOOKS.err" "$JOB/connwatch.err"
	head -n 1 "$WORK/watch.$HOOKS.ndjson" >"$JOB/ndjson"
	"$PROVOKE" follow "$WORK/watch.$HOOKS.ndjson" \
		"$(wc -c <"$WORK/watch.$HOOKS.ndjson")" >>"$JOB/ndjson" &
	CONNWATCH_PID=$!
	track $! follow
	for join_ns_ in $LAB_NS; do await_listened "$join_ns_"; done
}

# A watch that is older than a namespace listens for ICMP errors in it from its next look on.
await_listened() {
	[ -z "$PROVOKE_ONLY" ] && has_signal icmp-received || return 0
	listened_n=0
	until ip netns exec "$1" grep -q '^ *[0-9]*: 00000000:0001 ' /proc/net/raw; do
		listened_n=$((listened_n + 1))
		[ $listened_n -lt 100 ] || die "connwatch does not listen in the new namespace $1"
		pause 20
	done
}

connwatch_start() {
	if shared_watch "$@"; then
		connwatch_join
		return 0
	fi
	# shellcheck disable=SC2086
	"$PROVOKE" exec "$CONNWATCH" "$@" --json --hooks "$HOOKS" $OPTIONS \
		>"$JOB/ndjson" 2>"$JOB/connwatch.err" </dev/null &
	CONNWATCH_PID=$!
	track $! connwatch
	"$PROVOKE" await "$JOB/connwatch.err" "connwatch: ready" "$(slow 60000)" $CONNWATCH_PID ||
		connwatch_failed
}

# connwatch says itself whether this machine cannot run it or something is wrong.
connwatch_failed() {
	await_pid "$CONNWATCH_PID" 1000
	connwatch_status=$?
	case $connwatch_status in
	69 | 77) skip "connwatch cannot run here: $(tail -n 1 "$JOB/connwatch.err")" ;;
	137) die "connwatch did not become ready" ;;	# by the watchdog
	esac
	die "connwatch ended with status $connwatch_status"
}

# connwatch_run CMD…: connwatch run, in the background, its command's tree only.
connwatch_run() {
	if [ -n "$PROVOKE_ONLY" ]; then
		"$@" >"$JOB/ndjson" 2>"$JOB/connwatch.err" </dev/null &
		CONNWATCH_PID=$!
		track $! connwatch
		return 0
	fi
	"$PROVOKE" exec "$CONNWATCH" run --json --hooks "$HOOKS" --all -- "$@" \
		>"$JOB/ndjson" 2>"$JOB/connwatch.err" </dev/null &
	CONNWATCH_PID=$!
	track $! connwatch
}

# connwatch_result STATUS: connwatch run must end by itself with the status of its command.
connwatch_result() {
	await_pid "$CONNWATCH_PID" 20000
	connwatch_status=$?
	[ "$connwatch_status" -eq "$1" ] || die "connwatch run ended with $connwatch_status, not $1"
}

# A failure of its own in a namespace of its own ends every run: its record says that connwatch was
# awake the whole time, so that silence means something, and that all earlier facts are through.
sentinel() {
	start_quietly sentinel sentinel connect 127.0.0.1 9
	await_pid "$PID_sentinel" 5000
	say "code=021 process.pid=$PID_sentinel process.name=cwl-sentinel error.type=ECONNREFUSED" >>"$JOB/expect"
}

connwatch_stop() {
	if [ -n "$JOINED" ]; then
		kill "$CONNWATCH_PID" 2>/dev/null
		await_pid "$CONNWATCH_PID" 10000
		return 0
	fi
	kill -INT "$CONNWATCH_PID" 2>/dev/null
	await_pid "$CONNWATCH_PID" 10000
	connwatch_status=$?
	[ "$connwatch_status" -eq 0 ] || die "connwatch ended with status $connwatch_status"
}

netns_list() {
	netns_=
	for ns_ in $LAB_NS; do netns_="$netns_${netns_:+,}$(ns_inode "$ns_")"; done
	echo "$netns_"
}

check() {
	check_lines=$(grep -c '^connwatch: ready' "$JOB/connwatch.err")
	[ "$check_lines" -eq 1 ] || die "stderr has $check_lines lines 'connwatch: ready', not one"
	"$EXPECT" ${JOINED:+--part} --netns "$LAB_INODES" --pid "$LAB_OUR_PIDS" \
		"$JOB/ndjson" "$JOB/expect" || exit 1
}

# --- one run of one row ---

clean_up() {
	trap '' INT TERM HUP
	for pid_ in $LAB_PIDS $await_dog; do kill -KILL "$pid_" 2>/dev/null; done
	for pid_ in $LAB_PIDS; do wait "$pid_" 2>/dev/null; done
	tear_down
	for ns_ in $LAB_NS; do ip netns del "$ns_" 2>/dev/null; done
}

# run_row FILE FAMILY MODE HOOKS: in a subshell of its own; 0 ok, 75 skipped, else failed.
run_row() {
	JOINED=''
	MODE=$3 HOOKS=$4 LAB_NS='' LAB_PIDS='' await_dog='' LAB_OUR_PIDS=0 LAB_INODES=''
	trap clean_up EXIT
	trap 'exit 130' INT TERM HUP
	: >"$JOB/expect"
	# shellcheck disable=SC2317
	tear_down() { :; }
	# shellcheck disable=SC1090
	. "$1"
	family "$2"
	for need_ in $NEEDS; do need "$need_"; done
	case $2 in v6*) have_ipv6 || skip "no IPv6 here" ;; esac
	setup
	if [ -n "$PROVOKE_ONLY" ]; then
		provoke
		return 0
	fi
	lab_ns sentinel
	LAB_INODES=$(netns_list)
	if [ -n "$OWN_WATCH" ]; then
		provoke		# the row starts connwatch itself
	else
		connwatch_start watch
		for signal_ in $SIGNALS; do need_signal "$signal_"; done
		provoke
		sentinel
	fi
	"$EXPECT" --netns "$LAB_INODES" --pid "$LAB_OUR_PIDS" --wait "$(slow "${WAIT:-5000}")" \
		"$JOB/ndjson" "$JOB/expect"
	pause "${SETTLE:-150}"
	[ -n "$OWN_WATCH" ] || connwatch_stop
	check
}
