# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
#
# What the rows of 030 share: a real sshd with a configuration and keys of its own, and a real ssh
# that reads nobody's. Nothing of the machine's accounts is touched: the login is root's, whose own
# authorized keys are not looked at.

SSH_PORT=7022
NEEDS="ssh sshd ssh-keygen"
SIGNALS="ssh-denied"
SETTLE=300
PATH=$PATH:/usr/sbin:/sbin

# ssh_serve NS [LINE…]: sshd for root and the key "good"; LINEs of sshd_config come first, so they win.
ssh_serve() {
	ssh_ns=$1
	shift
	case $(getent shadow root 2>/dev/null) in
	'root:!'*) skip "root is locked, and sshd lets no key in then" ;;
	esac
	for key_ in host other good bad; do
		[ -e "$JOB/$key_" ] || ssh-keygen -q -t ed25519 -N '' -C lab -f "$JOB/$key_" </dev/null ||
			die "no key"
	done
	{
		for line_ in "$@"; do say "$line_"; done
		cat <<-END
			Port $SSH_PORT
			HostKey $JOB/host
			PidFile none
			UsePAM no
			StrictModes no
			AuthorizedKeysFile $JOB/good.pub
			PermitRootLogin prohibit-password
			PasswordAuthentication no
			KbdInteractiveAuthentication no
			Subsystem sftp internal-sftp
		END
	} >"$JOB/sshd_config"
	ssh_start_server
}

ssh_start_server() {
	# sshd wants a directory in /run: the one here is gone with the mount namespace that ip gives.
	# shellcheck disable=SC2016
	"$IPROUTE" netns exec "$(ns_name $ssh_ns)" sh -c '
		mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd || exit
		# Since 9.8 a client that is refused now and then is not listened to for a while.
		calm="-o PerSourcePenalties=no"
		"$0" -t $calm -f "$1" 2>/dev/null || calm=
		exec "$0" -D -e $calm -f "$1"' \
		"$(command -v sshd)" "$JOB/sshd_config" >"$JOB/sshd.log" 2>&1 </dev/null &
	track $! sshd
	"$PROVOKE" await "$JOB/sshd.log" "Server listening" "$(slow 15000)" "$(pid_of sshd)" ||
		die "no sshd: $(cat "$JOB/sshd.log")"
}

SSH_CLIENT=ssh
# ssh_run STATUS KEY [WORD…]: ssh in namespace a, its output in $JOB/ssh.log, its pid in SSH_PID.
# The control has the good key.
ssh_run() {
	ssh_status=$1 ssh_key=$2
	shift 2
	if control; then ssh_status=0 ssh_key=good; fi
	"$IPROUTE" netns exec "$(ns_name a)" $SSH_WRAP "$SSH_CLIENT" -F none -o Port=$SSH_PORT -i "$JOB/$ssh_key" \
		-o IdentitiesOnly=yes -o IdentityAgent=none -o GlobalKnownHostsFile=/dev/null \
		-o UserKnownHostsFile="${SSH_KNOWN:-/dev/null}" \
		-o StrictHostKeyChecking="${SSH_STRICT:-no}" "$@" >"$JOB/ssh.log" 2>&1 </dev/null &
	SSH_PID=$!
	track $SSH_PID ssh
	LAB_OUR_PIDS="$LAB_OUR_PIDS,$SSH_PID"
	await_pid $SSH_PID 20000
	ssh_ended=$?
	[ $ssh_ended -eq "$ssh_status" ] ||
		die "ssh ended with $ssh_ended, not $ssh_status: $(cat "$JOB/ssh.log" "$JOB/sshd.log")"
}

# ssh_says TEXT: what ssh must have said, so that the row is about what it is meant to be about.
ssh_says() {
	control || grep -qF "$1" "$JOB/ssh.log" ||
		die "ssh did not say '$1': $(cat "$JOB/ssh.log" "$JOB/sshd.log")"
}

# want_denied TERM…: the record of it.
want_denied() {
	want_also code=030 cause.id=publickey-denied error.type=PUBLICKEY_DENIED \
		operation=authenticate "$@"
}

# What the client's own record must have besides; not when ssh spoke through a pipe.
ssh_record="process.name=ssh cause.confidence=observed evidence.fact=login-refused \
	evidence.hook=uprobe/ssh:vsnprintf"
