# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The same seen from the server alone: the client is an ssh that connwatch does not trust, because
# it is not root's, which stands for one on another machine. At the log level INFO sshd only names
# a key and says nothing of it; at VERBOSE it says that it refused it.
. "$LAB/ssh.sh"
FAMILIES="v4 v6 v4-VERBOSE v6-VERBOSE"

setup() {
	lab_pair
	ssh_serve b "LogLevel ${VARIANT:-INFO}"
	cp "$(command -v ssh)" "$JOB/ssh" && chown 65534 "$JOB/ssh" || die "no other ssh"
	SSH_CLIENT=$JOB/ssh
}

provoke() {
	confidence=inferred
	[ -z "$VARIANT" ] || confidence=observed
	ssh_run 255 bad root@"$B_IP" true
	ssh_says "Permission denied (publickey)."
	want_denied process.name=sshd direction=inbound cause.confidence=$confidence \
		network.transport=tcp network.type=$TYPE source.ip=$A_IP destination.ip=$B_IP \
		destination.port=$SSH_PORT evidence.hook=uprobe/sshd:vsnprintf
	# Refused first, then accepted: a login.
	control || ssh_run 0 bad -i "$JOB/good" root@"$B_IP" true
}
