#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What goes where in replay, and what of a stranger's words gets out.

setup() {
	: "${CONNWATCH:=$BATS_TEST_DIRNAME/../../build/connwatch}"
	GOLDEN=$BATS_TEST_DIRNAME/../golden
	TMP=$(mktemp -d)
}
teardown() { rm -rf "$TMP"; }

@test "stdout carries findings only, the summary of text goes to stderr" {
	"$CONNWATCH" replay "$GOLDEN/tcp.cwr" >"$TMP/out" 2>"$TMP/err"
	[ -s "$TMP/out" ]
	run grep -c 'failures in' "$TMP/out"
	[ "$output" -eq 0 ]
	grep -q 'failures in' "$TMP/err"
	"$CONNWATCH" replay --json "$GOLDEN/tcp.cwr" >"$TMP/out" 2>"$TMP/err"
	[ ! -s "$TMP/err" ]
	[ "$(head -n 1 "$TMP/out" | grep -c '"type":"start"')" -eq 1 ]
	[ "$(tail -n 1 "$TMP/out" | grep -c '"type":"summary"')" -eq 1 ]
}

@test "-q: no summary" {
	"$CONNWATCH" replay -q "$GOLDEN/tcp.cwr" >"$TMP/out" 2>"$TMP/err"
	[ -s "$TMP/out" ]
	[ ! -s "$TMP/err" ]
}

@test "no control character of a recording reaches stdout or stderr" {
	for options in "" "-v" "--all -v" "--json"; do
		# shellcheck disable=SC2086
		"$CONNWATCH" replay --color never $options "$GOLDEN/hostile.cwr" \
			>"$TMP/out" 2>"$TMP/err"
		# C0 but for the line's end, DEL; C1 as UTF-8 has it
		run env LC_ALL=C grep -aPc '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' \
			"$TMP/out" "$TMP/err"
		echo "$options: $output"
		[ "$status" -eq 1 ]
		iconv -f UTF-8 -t UTF-8 "$TMP/out" >/dev/null
		iconv -f UTF-8 -t UTF-8 "$TMP/err" >/dev/null
	done
}

@test "a reader that is gone before the first line: one line, status 1" {
	for words in catalog schema "explain 021" "replay $GOLDEN/tcp.cwr" \
		"replay --json $GOLDEN/tcp.cwr"; do
		# shellcheck disable=SC2086
		{ sleep 0.1; status=0; "$CONNWATCH" $words 2>"$TMP/err" || status=$?
			echo $status >"$TMP/status"; } | true
		echo "$words: $(cat "$TMP/status" "$TMP/err")"
		[ "$(cat "$TMP/status")" -eq 1 ]
		[ "$(wc -l <"$TMP/err")" -eq 1 ]
	done
}

@test "every failure is counted once, folded or not" {
	for recording in "$GOLDEN"/*.cwr; do
		for options in --json "--json --all"; do
			# shellcheck disable=SC2086
			"$CONNWATCH" replay $options "$recording" 2>/dev/null | python3 -c '
import json, sys
records = [json.loads(line) for line in sys.stdin]
summary = records[-1]
total = sum(r["count"] for r in records if r["type"] == "failure")
assert total == summary["failures"], (total, summary["failures"])
assert sum(c["count"] for c in summary["codes"]) == total
assert [r["seq"] for r in records] == list(range(1, len(records) + 1))
'
		done
	done
}

@test "a filter shows exactly those of the whole that it asks for" {
	"$CONNWATCH" replay --json --all "$GOLDEN/others.cwr" >"$TMP/whole"
	"$CONNWATCH" replay --json --all --code 022 "$GOLDEN/others.cwr" >"$TMP/some"
	[ "$(grep -c '"code":"022".*"operation"' "$TMP/whole")" -eq \
		"$(grep -c '"type":"failure"' "$TMP/some")" ]
	"$CONNWATCH" replay --json --all --layer dns "$GOLDEN/others.cwr" >"$TMP/some"
	run grep -c '"type":"failure"' "$TMP/some"
	[ "$output" -eq 0 ]
}

@test "options may stand behind the file" {
	"$CONNWATCH" replay --json --code 021 "$GOLDEN/tcp.cwr" >"$TMP/before"
	"$CONNWATCH" replay "$GOLDEN/tcp.cwr" --json --code 021 >"$TMP/after"
	[ -s "$TMP/before" ]
	cmp "$TMP/before" "$TMP/after"
	run "$CONNWATCH" replay "$GOLDEN/tcp.cwr" --jsn
	[ "$status" -eq 2 ]
	[[ "$output" == *"--json"* ]]
	run "$CONNWATCH" replay "$GOLDEN/tcp.cwr" other.cwr
	[ "$status" -eq 2 ]
	run "$CONNWATCH" replay -- "$GOLDEN/tcp.cwr" --json
	[ "$status" -eq 2 ]
	[[ "$output" == *"unexpected argument '--json'"* ]]
	[ "$("$CONNWATCH" explain 021 -q)" = "$("$CONNWATCH" explain -q 021)" ]
}
