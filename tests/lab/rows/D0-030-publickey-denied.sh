# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The server accepts none of the client's keys. Both ends are seen; the record is the client's.
. "$LAB/ssh.sh"

setup() {
	lab_pair
	ssh_serve b
}

denied() {
	ssh_says "Permission denied (publickey)."
	want_denied $ssh_record direction=outbound network.transport=tcp network.type=$TYPE \
		source.ip=$A_IP destination.ip=$B_IP destination.port=$SSH_PORT process.user.id=0 \
		"cause.summary~accepted.none.of.the.keys.offered.for.$1" "$2"
}

provoke() {
	ssh_run 255 bad root@"$B_IP" true
	denied root process.pid=$SSH_PID
	ssh_run 255 bad -vvv root@"$B_IP" true
	denied root process.pid=$SSH_PID
	control || {
		ssh_run 255 bad no-such-user@"$B_IP" true
		denied no-such-user process.pid=$SSH_PID
	}
	# A program that runs ssh.
	SSH_CLIENT=sftp
	ssh_run 255 bad "root@[$B_IP]:/etc/hostname" "$JOB/copy"
	denied root process.name=ssh
}
