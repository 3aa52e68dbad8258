# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# ssh to a port where nobody listens is a refused connection and nothing else.
. "$LAB/ssh.sh"

setup() {
	lab_pair
	ssh_serve b
	if ! control; then end sshd; fi
}

provoke() {
	ssh_run 255 bad root@"$B_IP" true
	ssh_says "Connection refused"
	want_also code=021 cause.id=peer-reset process.name=ssh process.pid=$SSH_PID \
		destination.ip=$B_IP destination.port=$SSH_PORT
}
