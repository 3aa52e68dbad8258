# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Without the layer in --layer nothing is attached to ssh, and nothing told.
. "$LAB/ssh.sh"
SILENT=yes
SIGNALS=
OPTIONS="--all --layer transport"

setup() {
	lab_pair
	ssh_serve b
}

provoke() {
	ssh_run 255 bad root@"$B_IP" true
	ssh_says "Permission denied (publickey)."
	"$EXPECT" --has-signal ssh-denied "$JOB/ndjson" && die "the signal is there all the same"
	return 0
}
