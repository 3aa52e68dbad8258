#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The command line as a user meets it: one clear line, the right exit status.

bats_require_minimum_version 1.5.0

setup() {
	: "${CONNWATCH:=$BATS_TEST_DIRNAME/../../build/connwatch}"
	GOLDEN=$BATS_TEST_DIRNAME/../golden
	TMP=$(mktemp -d)
}
teardown() { rm -rf "$TMP"; }

# ends STATUS ARG…: the status, and what it said in $output, stderr included.
ends() {
	wanted=$1
	shift
	run "$CONNWATCH" "$@"
	echo "status $status: $output"
	[ "$status" -eq "$wanted" ]
}
one_line() { [ "${#lines[@]}" -eq 1 ]; }

@test "--help and every verb's own" {
	ends 0 --help
	for verb in watch run doctor explain catalog record replay schema; do
		[[ "$output" == *"$verb"* ]]
	done
	for verb in watch run doctor explain catalog record replay schema; do
		run "$CONNWATCH" $verb --help
		[ "$status" -eq 0 ]
		[[ "$output" == *Usage* ]]
	done
}

@test "--version" {
	ends 0 --version
	[[ "$output" =~ ^connwatch\ [0-9]+\.[0-9]+ ]]
}

@test "an unknown option names the nearest" {
	ends 2 --jsn
	one_line
	[[ "$output" == *"--json"* ]]
	ends 2 replay --durration 3 x
	one_line
	ends 2 watch --nonsensical-thing
	one_line
}

@test "an unknown verb names the nearest" {
	ends 2 explian
	one_line
	[[ "$output" == *"explain"* ]]
}

@test "bad values are one line and status 2" {
	while read -r option value; do
		ends 2 watch "$option" "$value"
		one_line
		[[ "$output" == *"${option#--}"* ]]
		[[ "$output" == *"$value"* ]]
	done <<-END
		--pid 0
		--pid 12x
		--port 70000
		--port 80,,81
		--port 0
		--addr 10.0.0.0/33
		--addr nonsense
		--addr 2001:db8::/129
		--code 099
		--code 021,xyz
		--layer nolayer
		--netns /etc/passwd
		--netns /nonexistent
		--cgroup relative
		--duration -1
		--duration 1e99
		--count 0
		--hooks magic
		--color sometimes
		--explain twice
	END
}

@test "words that are missing or too many" {
	ends 2 explain
	one_line
	ends 2 explain 021 022
	one_line
	ends 2 replay
	one_line
	ends 2 watch surplus
	one_line
}

@test "explain takes every form of a name" {
	for word in 021 '#021' ECONNREFUSED econnrefused ERR_CONNECTION_REFUSED no-listener; do
		ends 0 explain "$word"
		[[ "$output" == *"021"* ]]
		[[ "$output" == *"Connection refused"* ]]
	done
	ends 2 explain 0211
	one_line
	[[ "$output" == *"021"* ]]
}

@test "catalog lists every code, and is JSON on request" {
	ends 0 catalog
	for code in 021 022 023 024 025 026 027 028 029 030 C01 C02 C03 C04; do
		[[ "$output" == *"$code"* ]]
	done
	"$CONNWATCH" catalog --json | python3 -c 'import json, sys; json.load(sys.stdin)'
}

@test "the schema holds for the golden records" {
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	CONNWATCH=$CONNWATCH run "$BATS_TEST_DIRNAME/../tree/schema" "$GOLDEN"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "replay of what is no recording" {
	ends 1 replay "$TMP/missing"
	one_line
	: >"$TMP/empty"
	ends 1 replay "$TMP/empty"
	one_line
	head -c 4096 /dev/urandom >"$TMP/noise"
	ends 1 replay "$TMP/noise"
	one_line
	ends 1 replay "$TMP"
	one_line
}

@test "replay of a truncated recording shows what there is, says so, status 1" {
	size=$(stat -c %s "$GOLDEN/tcp.cwr")
	head -c $((size - 100)) "$GOLDEN/tcp.cwr" >"$TMP/cut"
	run "$CONNWATCH" replay --json "$TMP/cut"
	[ "$status" -eq 1 ]
	[[ "$output" == *'"type":"failure"'* ]]
	[[ "$output" == *"truncated or damaged after"* ]]
}

@test "replay of a recording cut at any byte never crashes" {
	size=$(stat -c %s "$GOLDEN/hostile.cwr")
	for n in $(seq 0 37 "$size"); do
		head -c "$n" "$GOLDEN/hostile.cwr" >"$TMP/cut"
		run "$CONNWATCH" replay --json "$TMP/cut"
		[ "$status" -le 1 ]
	done
}

@test "filters of replay" {
	run "$CONNWATCH" replay --json --code 023 "$GOLDEN/tcp.cwr"
	[ "$status" -eq 0 ]
	[[ "$output" == *'"code":"023"'* ]]
	[[ "$output" != *'"code":"021"'* ]]
	run "$CONNWATCH" replay --json --addr 2001:db8::/32 "$GOLDEN/tcp.cwr"
	[[ "$output" != *'"ip":"10.0.0.7"'* ]]
	[[ "$output" == *'2001:db8::7'* ]]
	run "$CONNWATCH" replay --json --pid 1 "$GOLDEN/tcp.cwr"
	[[ "$output" != *'"type":"failure"'* ]]
}

@test "--exit-on-findings and --count" {
	run "$CONNWATCH" replay --exit-on-findings "$GOLDEN/tcp.cwr"
	[ "$status" -eq 3 ]
	run "$CONNWATCH" replay --exit-on-findings --pid 1 "$GOLDEN/tcp.cwr"
	[ "$status" -eq 0 ]
	[ "$("$CONNWATCH" replay --json -c 2 "$GOLDEN/tcp.cwr" | grep -c '"type":"failure"')" -eq 2 ]
}

@test "colour only where it is wanted" {
	run "$CONNWATCH" replay "$GOLDEN/tcp.cwr"
	[[ "$output" != *$'\e['* ]]
	run "$CONNWATCH" replay --color always "$GOLDEN/tcp.cwr"
	[[ "$output" == *$'\e['* ]]
	command -v script >/dev/null || skip "script is not installed"
	[[ "$(NO_COLOR=1 script -qec "$CONNWATCH replay -q $GOLDEN/tcp.cwr" /dev/null)" != *$'\e[1'* ]]
}

@test "nothing from outside gets through to a terminal" {
	run "$CONNWATCH" replay --color never "$GOLDEN/hostile.cwr"
	[ "$status" -eq 0 ]
	[[ "$output" != *$'\e'* ]]
	[[ "$output" != *$'\r'* ]]
}

@test "stdout full: one line, status 1" {
	for words in "catalog" "schema" "explain 021" "replay $GOLDEN/tcp.cwr" "--help"; do
		# shellcheck disable=SC2086
		run sh -c "'$CONNWATCH' $words 2>'$TMP/err' >/dev/full"
		[ "$status" -eq 1 ]
		[ "$(grep -c 'No space left' "$TMP/err")" -eq 1 ]
	done
}

@test "stdout closed by its reader: no crash, one line at most" {
	for words in "catalog" "schema" "replay --json $GOLDEN/tcp.cwr"; do
		# shellcheck disable=SC2086
		run sh -c "{ '$CONNWATCH' $words 2>'$TMP/err'; echo \$? >'$TMP/status'; } | head -n 1"
		[ "$(cat "$TMP/status")" -le 1 ]
		[ "$(wc -l <"$TMP/err")" -le 1 ]
	done
}

@test "without permission: 77, and the capability named" {
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	[ "$(id -u)" -eq 0 ] || skip "needs root to give root away"
	cp "$CONNWATCH" "$TMP/connwatch" && chmod 755 "$TMP" "$TMP/connwatch"
	for verb in watch doctor "record -o /dev/null" "run -- true"; do
		# shellcheck disable=SC2086
		run setpriv --reuid=65534 --regid=65534 --clear-groups "$TMP/connwatch" $verb
		echo "$status: $output"
		[ "$status" -eq 77 ]
		one_line
		[[ "$output" == *CAP_BPF* ]]
	done
	for verb in "explain 021" catalog schema "replay /dev/null"; do
		# shellcheck disable=SC2086
		run setpriv --reuid=65534 --regid=65534 --clear-groups "$TMP/connwatch" $verb
		[ "$status" -ne 77 ]
	done
}

@test "without type data: 69, and nothing is said to be armed" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unshare -m true || skip "no mount namespaces here"
	for verb in watch doctor; do
		run unshare -m sh -c "mount -t tmpfs none /sys/kernel/btf && '$CONNWATCH' $verb 2>&1"
		[ "$status" -eq 69 ]
		[[ "$output" == *CONFIG_DEBUG_INFO_BTF* ]]
		[[ "$output" != *"ok   "* ]]
	done
	[[ "$output" == *": 0 of "* ]]
}

@test "--btf: not root's, not BTF" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	echo nonsense >"$TMP/btf"
	ends 2 --btf "$TMP/btf"
	one_line
	chmod 666 "$TMP/btf"
	ends 2 --btf "$TMP/btf"
	one_line
	[[ "$output" == *"belong to root"* ]]
	chmod 644 "$TMP/btf"
	chown 65534 "$TMP/btf"
	ends 2 --btf "$TMP/btf"
	one_line
	[[ "$output" == *"belong to root"* ]]
	ends 2 --btf "$TMP/none"
	one_line
}

@test "--btf: root's file, with this kernel's types" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	"$CONNWATCH" doctor >/dev/null 2>&1 || skip "this kernel does not run connwatch"
	[ -r /sys/kernel/btf/vmlinux ] || skip "no kernel types here"
	cat /sys/kernel/btf/vmlinux >"$TMP/btf"
	chmod 644 "$TMP/btf"
	run --separate-stderr "$CONNWATCH" watch --btf "$TMP/btf" -d 1
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"connwatch: ready"* ]]
}

@test "--btf: where the kernel has no types of its own" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	"$CONNWATCH" doctor >/dev/null 2>&1 || skip "this kernel does not run connwatch"
	[ -r /sys/kernel/btf/vmlinux ] || skip "no kernel types here"
	unshare -m true || skip "no mount namespaces here"
	cat /sys/kernel/btf/vmlinux >"$TMP/btf"
	chmod 644 "$TMP/btf"
	cat >"$TMP/watch" <<-'END'
	mount -t tmpfs none /sys/kernel/btf || exit 1
	"$1" watch --json --btf "$2/btf" --addr 127.0.0.1 --port 1 -c 1 -d 30 2>"$2/err" &
	until grep -q ready "$2/err"; do kill -0 $! && sleep 0.05 || exit 1; done
	bash -c ': >/dev/tcp/127.0.0.1/1'
	wait $!
	END
	run --separate-stderr unshare -m bash "$TMP/watch" "$CONNWATCH" "$TMP"
	[ "$status" -eq 0 ]
	[[ "$output" == *'"code":"021"'*'"name":"bash"'*'"hook":"raw_tp/tcp_receive_reset"'* ]]
	[[ "$output" == *'"hook":"raw_tp/inet_sock_set_state"'* ]]
	run unshare -m sh -c "mount -t tmpfs none /sys/kernel/btf &&
		'$CONNWATCH' doctor --btf '$TMP/btf' 2>&1"
	[ "$status" -eq 0 ]
	[[ "$output" == *"no type data of its own"* ]]
	# A tree that cannot be followed is not told as one in which nothing failed.
	run unshare -m sh -c "mount -t tmpfs none /sys/kernel/btf &&
		'$CONNWATCH' run --btf '$TMP/btf' -- true 2>&1"
	[ "$status" -eq 69 ]
	one_line
	[[ "$output" == *"whose child"* ]]
}

@test "run gives the command's status" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	"$CONNWATCH" doctor >/dev/null 2>&1 || skip "this kernel does not run connwatch"
	run "$CONNWATCH" run -q -- sh -c 'exit 7'
	[ "$status" -eq 7 ]
	run -127 "$CONNWATCH" run -q -- /nonexistent/command
	run "$CONNWATCH" run -q -- sh -c 'kill -TERM $$'
	[ "$status" -eq 143 ]
}

@test "run waits for the command when the watch ends first, and gives its status" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	"$CONNWATCH" doctor >/dev/null 2>&1 || skip "this kernel does not run connwatch"
	fails="$TMP/fails"
	printf '%s\n' '#!/bin/bash' 'exec 2>/dev/null; for i in 1 2 3; do : >/dev/tcp/127.0.0.1/1' \
		'sleep 0.1; done; sleep 1; echo ended >"$1"; exit 7' >"$fails"
	chmod +x "$fails"
	# The time is over.
	run "$CONNWATCH" run -q -d 0.2 -- "$fails" "$TMP/duration"
	[ "$status" -eq 7 ]
	[ -s "$TMP/duration" ]
	# Enough records.
	run "$CONNWATCH" run -q --all -c 1 -- "$fails" "$TMP/count"
	[ "$status" -eq 7 ]
	[ "$(grep -c ' 021 ' <<<"$output")" -eq 1 ]
	[ -s "$TMP/count" ]
	# Nobody reads.
	run "$CONNWATCH" run --all -- "$fails" "$TMP/full" >/dev/full
	[ "$status" -eq 7 ]
	[ -s "$TMP/full" ]
	{ status=0; "$CONNWATCH" run --all -- "$fails" "$TMP/gone" 2>/dev/null || status=$?
		echo $status >"$TMP/status"; } | true
	[ "$(cat "$TMP/status")" -eq 7 ]
	[ -s "$TMP/gone" ]
}

@test "run passes SIGTERM and SIGHUP on, also after the watch has ended" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	"$CONNWATCH" doctor >/dev/null 2>&1 || skip "this kernel does not run connwatch"
	for signal in TERM HUP; do
		for duration in 0.2 60; do
			# A shell started by nohup could not trap SIGHUP.
			env --default-signal=$signal "$CONNWATCH" run -q -d $duration -- sh -c "
				trap 'exit 9' $signal
				echo up >'$TMP/up'
				for n in \$(seq 600); do sleep 0.05; done" &
			for _ in $(seq 100); do [ -s "$TMP/up" ] && break; sleep 0.05; done
			sleep 0.5
			kill -$signal $!
			status=0
			wait $! || status=$?
			echo "$signal after $duration: $status"
			[ "$status" -eq 9 ]
			rm "$TMP/up"
		done
	done
}

@test "advice about another network namespace leads into it, in a replay too" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	"$CONNWATCH" doctor >/dev/null 2>&1 || skip "this kernel does not run connwatch"
	unshare -n true 2>/dev/null || skip "no network namespaces may be made here"
	"$CONNWATCH" record -o "$TMP/rec" --port 4711 -d 60 2>"$TMP/err" &
	for _ in $(seq 200); do grep -q ready "$TMP/err" && break; sleep 0.05; done
	unshare -n bash -c 'ip link set lo up; : >/dev/tcp/127.0.0.1/4711; sleep 0.5' 2>/dev/null &
	inside=$!
	wait $inside || true
	bash -c ': >/dev/tcp/127.0.0.1/4711' 2>/dev/null || true
	sleep 0.5
	kill -INT %1
	wait %1
	"$CONNWATCH" replay --json --all "$TMP/rec" >"$TMP/out"
	cat "$TMP/out"
	[ "$(grep -c "\"advice\":\[\"nsenter -t $inside -n ss -tlnp " "$TMP/out")" -eq 1 ]
	[ "$(grep -c "\"advice\":\[\"ss -tlnp " "$TMP/out")" -eq 1 ]
}

@test "a process goes by its own name, not by its thread's" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	"$CONNWATCH" doctor >/dev/null 2>&1 || skip "this kernel does not run connwatch"
	case $(uname -r) in 5.10.*) skip "the name of the first thread cannot be read there" ;; esac
	cat >"$TMP/thread.py" <<-'END'
		import ctypes, socket, threading
		def fail():
		    ctypes.CDLL(None).prctl(15, b"http-nio-8080", 0, 0, 0)
		    try: socket.create_connection(("127.0.0.1", 1))
		    except OSError: pass
		thread = threading.Thread(target=fail)
		thread.start()
		thread.join()
	END
	run --separate-stderr "$CONNWATCH" run -q --json -n python3 -- python3 "$TMP/thread.py"
	[ "$(grep -c '"type":"failure".*"name":"python3"' <<<"$output")" -eq 1 ]
	run --separate-stderr "$CONNWATCH" run -q --json -n http-nio-8080 -- python3 "$TMP/thread.py"
	[ "$(grep -c '"type":"failure"' <<<"$output")" -eq 0 ]
}

@test "doctor --cost: bad values, and not another verb's" {
	for value in 0 -1 x 1e99 ""; do
		ends 2 doctor --cost "$value"
		one_line
		[[ "$output" == *"cost"* ]]
	done
	ends 2 watch --cost 1
	one_line
}

@test "doctor --cost: what ran, what it took, the sum" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	"$CONNWATCH" doctor >/dev/null 2>&1 || skip "this kernel does not run connwatch"
	before=$(cat /proc/sys/kernel/bpf_stats_enabled)
	"$CONNWATCH" doctor --json --cost 1.5 >"$TMP/cost" 2>"$TMP/err" &
	watch=$!
	for _ in $(seq 100); do grep -q ready "$TMP/err" && break; sleep 0.1; done
	python3 - <<-'END'
		import socket
		for _ in range(50):
		    with socket.socket() as s:
		        s.connect_ex(("127.0.0.1", 9))
	END
	wait $watch
	[ "$(wc -l <"$TMP/err")" -eq 1 ]
	python3 - "$TMP/cost" <<-'END'
		import json, sys
		root = json.load(open(sys.argv[1]))
		cost, programs = root["cost"], root["cost"]["programs"]
		assert root["armed"] > 5 and 1 < cost["seconds"] < 10, root
		state = [p for p in programs if p["name"].startswith("tcp_state__")]
		assert state and state[0]["hook"].endswith("/inet_sock_set_state"), programs
		assert state[0]["runs"] >= 100 and state[0]["ns_per_run"] > 1, state
		for key in ("runs", "run_time_ns"):
		    assert cost[key] == sum(p[key] for p in programs), key
		times = [p["run_time_ns"] for p in programs]
		assert times == sorted(times, reverse=True)
		assert 0 < cost["core_share"] < 2
	END
	[ "$(cat /proc/sys/kernel/bpf_stats_enabled)" = "$before" ]
}

@test "doctor --cost: without CAP_SYS_ADMIN the kernel does not count" {
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	[ "$(id -u)" -eq 0 ] || skip "needs root to give root away"
	"$CONNWATCH" doctor >/dev/null 2>&1 || skip "this kernel does not run connwatch"
	cp "$CONNWATCH" "$TMP/connwatch" && chmod 755 "$TMP" "$TMP/connwatch"
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		--inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon "$TMP/connwatch" doctor --cost 1
	[ "$status" -eq 77 ]
	[[ "$stderr" == *CAP_SYS_ADMIN* ]]
}
