/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.h"
#include "sinks/output.h"
#include "sinks/sink.h"

static void test_reader_went_away(void **state)
{
	struct finding f = sample_peer_reset();
	struct sink_options options = { 0 };
	struct sink *sink;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(output_write(fds[1], "x", 1), -EPIPE);
	options.fd = fds[1];
	sink = sink_ndjson_open(&options);
	assert_int_equal(sink->ops->finding(sink, &f), -EPIPE);
	sink->ops->close(sink);
	close(fds[1]);
	assert_int_equal(output_write(fds[1], "x", 1), -EBADF);
}

static void on_alarm(int number)
{
	(void)number;
}

/* Reads @fd slowly to its end; the exit status is the number of whole lines. */
static void read_slowly(int fd)
{
	char buf[777];
	int lines = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
		usleep(1000);
	}
	_exit(lines);
}

/* A full pipe, blocking or not, and signals in between: every line arrives. */
static void write_to_slow_reader(int flags)
{
	struct finding f = sample_peer_reset();
	struct sigaction action = { .sa_handler = on_alarm };	/* no SA_RESTART */
	struct sink_options options = { 0 };
	int fds[2], status;
	struct sink *sink;
	pid_t child;

	assert_int_equal(pipe2(fds, flags), 0);
	fcntl(fds[1], F_SETPIPE_SZ, 4096);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(fds[1]);
		fcntl(fds[0], F_SETFL, 0);
		read_slowly(fds[0]);
	}
	close(fds[0]);
	sigaction(SIGALRM, &action, NULL);
	ualarm(2000, 2000);
	options.fd = fds[1];
	sink = sink_ndjson_open(&options);
	for (int i = 0; i < 50; i++)
		assert_int_equal(sink->ops->finding(sink, &f), 0);
	ualarm(0, 0);
	sink->ops->close(sink);
	close(fds[1]);
	while (waitpid(child, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	assert_int_equal(WEXITSTATUS(status), 50);
}

static void test_slow_reader(void **state)
{
	(void)state;
	write_to_slow_reader(0);
	write_to_slow_reader(O_NONBLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_went_away),
		cmocka_unit_test(test_slow_reader),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
