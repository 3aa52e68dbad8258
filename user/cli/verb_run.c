// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/session.h"
#include "cli/verbs.h"

/* As a shell says it: not found, or not executable. */
enum { STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127, STATUS_SIGNAL = 128 };

static void exec_command(char **words, int go_fd)
{
	char byte;

	/* Until the parent has put us into the tree. */
	if (read(go_fd, &byte, 1) != 1)
		_exit(STATUS_FAILED);
	signal(SIGPIPE, SIG_DFL);
	execvp(words[0], words);
	fprintf(stderr, "connwatch: run: %s: %s\n", words[0], strerror(errno));
	_exit(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
}

/* Starts the command, waiting at *@go_fd for a byte. Its pid, or a negative errno. */
static pid_t start_command(char **words, int *go_fd)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (!pid) {
		close(fds[1]);
		exec_command(words, fds[0]);
	}
	close(fds[0]);
	*go_fd = fds[1];
	return pid;
}

static int command_status(int wait_status)
{
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) :
					STATUS_SIGNAL + WTERMSIG(wait_status);
}

/*
 * The watch may end before the command does: --duration, --count, a reader that
 * went away. session_run() has blocked these signals.
 */
static void wait_for_command(pid_t pid, int *wait_status)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	/* A negative result: the loop has taken its status. */
	while (!waitpid(pid, wait_status, WNOHANG)) {
		int number = sigwaitinfo(&set, &info);

		if (number == SIGTERM || number == SIGHUP)
			kill(pid, number);
	}
}

int verb_run(struct options *options)
{
	struct session_options session_options = { .options = options, .tree = true };
	struct session *session;
	int wait_status = STATUS_FAILED << 8, go_fd = -1, status;
	bool found;
	pid_t pid;

	/* Who started us may ignore it: then nobody would hear of the command's end. */
	signal(SIGCHLD, SIG_DFL);
	status = session_open(&session, &session_options);
	if (status)
		return status;
	pid = start_command(options->words, &go_fd);
	if (pid < 0 || session_follow(session, pid)) {
		fprintf(stderr, "connwatch: run: cannot start %s\n", options->words[0]);
		session_close(session);
		return STATUS_FAILED;
	}
	session_release_on_ready(session, go_fd);
	/* What went wrong with the watch was told; the status is the command's. */
	found = session_run(session, pid, &wait_status) == STATUS_FINDINGS;
	session_close(session);
	wait_for_command(pid, &wait_status);
	status = command_status(wait_status);
	return !status && found ? STATUS_FINDINGS : status;
}
