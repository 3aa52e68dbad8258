# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A password would do as well, but nobody was asked for one (a job without a terminal, in batch
# mode); and a login through a pipe, whose connection is not ssh's own.
. "$LAB/ssh.sh"

setup() {
	lab_pair
	ssh_serve b "PasswordAuthentication yes"
}

provoke() {
	ssh_run 255 bad -o BatchMode=yes root@"$B_IP" true
	ssh_says "Permission denied (publickey,password)."
	want_denied $ssh_record process.pid=$SSH_PID direction=outbound destination.ip=$B_IP \
		evidence.fact=no-password-asked
	ssh_run 255 bad -o BatchMode=yes \
		-o ProxyCommand="sh -c 'mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec \
			$(command -v sshd) -i -f $JOB/sshd_config'" root@lab.test true
	ssh_says "Permission denied (publickey,password)."
	want_denied $ssh_record process.pid=$SSH_PID destination.domain=lab.test !destination.ip \
		!network.transport
}
