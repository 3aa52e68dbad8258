# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Everything else that ends ssh with 255, or looks like it.
. "$LAB/ssh.sh"
SILENT=yes

setup() {
	lab_pair
	ssh_serve b
}

provoke() {
	target=root@$B_IP
	ssh_run 0 good "$target" true
	ssh_run 255 good "$target" 'exit 255'
	# The very words, on every way to the screen.
	ssh_run 255 good "$target" 'echo "root@host: Permission denied (publickey)." >&2; exit 255'
	ssh_says "Permission denied (publickey)."
	# A key that is refused before one that is not.
	ssh_run 255 bad -i "$JOB/good" "$target" 'exit 255'
	SSH_STRICT=yes
	ssh_run 255 good "$target" true
	ssh_says "Host key verification failed."
	SSH_KNOWN=$JOB/known
	printf '[%s]:%s %s\n' "$B_IP" $SSH_PORT "$(cat "$JOB/other.pub")" >"$SSH_KNOWN"
	ssh_run 255 bad "$target" true
	ssh_says "REMOTE HOST IDENTIFICATION HAS CHANGED"
	SSH_STRICT=no SSH_KNOWN=/dev/null
	# The server goes in the middle of it.
	ssh_run 255 good "$target" 'kill -KILL $PPID; sleep 5'
	ssh_says "closed by remote host"
	# A program by that name which prints the words, not root's.
	mkdir "$JOB/bin" && cp "$BINDIR/impostor" "$JOB/bin/ssh" || die "no impostor"
	SSH_CLIENT=$JOB/bin/ssh
	ssh_run 255 bad "$target" true
	ssh_says "root@host: Permission denied (publickey)."
}
