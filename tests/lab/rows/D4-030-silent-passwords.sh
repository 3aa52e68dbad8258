# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# A wrong password, after keys were refused: the keys are not why it failed. From the client, and
# from the server alone. "pam" asks through PAM, where the question is the server's own.
. "$LAB/ssh.sh"
SILENT=yes
FAMILIES="v4 v6 v4-pam"
NEEDS="$NEEDS sshpass"

setup() {
	lab_pair
	if [ -n "$VARIANT" ]; then
		[ -e /etc/pam.d/sshd ] || skip "sshd has no PAM here"
		ssh_serve b "KbdInteractiveAuthentication yes" "UsePAM yes" "PermitRootLogin yes"
		offered=publickey,keyboard-interactive
	else
		ssh_serve b "PasswordAuthentication yes" "PermitRootLogin yes"
		offered=publickey,password
	fi
	cp "$(command -v ssh)" "$JOB/ssh" && chown 65534 "$JOB/ssh" || die "no other ssh"
}

provoke() {
	for client in ssh "$JOB/ssh"; do
		for prompts in 1 2; do
			SSH_WRAP="sshpass -p no-such-password"
			SSH_CLIENT=$client
			# sshpass ends with 5 when it is asked once more.
			[ $prompts = 1 ] && status=255 || status=5
			ssh_run $status bad -o NumberOfPasswordPrompts=$prompts root@"$B_IP" true
			[ $prompts = 2 ] || ssh_says "Permission denied ($offered)."
			SSH_WRAP=
		done
	done
}
