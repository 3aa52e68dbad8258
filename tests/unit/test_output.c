/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
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

enum { QUEUE_BYTES = 16384, LINES = 4000, LINE_BYTES = 100 };

static void make_line(char *line, int number)
{
	memset(line, '.', LINE_BYTES);
	snprintf(line, LINE_BYTES, "%d", number);
	line[LINE_BYTES - 1] = '\n';
}

/* Puts lines until the queue and the pipe behind it are full; returns how many there was room for. */
static int fill(struct output *out, int from)
{
	char line[LINE_BYTES];

	for (int i = from; i < LINES; i++) {
		make_line(line, i);
		if (output_put(out, line, sizeof(line)) == -ENOBUFS)
			return i - from;
	}
	fail_msg("a queue without end");
	return 0;
}

static void read_lines(int fd, int from, int count)
{
	char line[LINE_BYTES], expected[LINE_BYTES];

	for (int i = 0; i < count; i++) {
		make_line(expected, from + i);
		for (size_t have = 0; have < sizeof(line);) {
			ssize_t n = read(fd, line + have, sizeof(line) - have);

			assert_true(n > 0);
			have += (size_t)n;
		}
		assert_memory_equal(line, expected, sizeof(line));
	}
}

/* A reader who stops holds nobody up, and misses whole records only. */
static void test_reader_stops(void **state)
{
	struct output *out;
	int fds[2], first, second;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	out = output_open(fds[1], QUEUE_BYTES);
	assert_non_null(out);
	first = fill(out, 0);
	assert_true(first >= QUEUE_BYTES / (LINE_BYTES + 4));
	assert_int_equal(output_drain(out, 1), -ETIMEDOUT);
	read_lines(fds[0], 0, first);
	assert_int_equal(output_drain(out, 1000), 0);
	assert_int_equal(output_error(out), 0);
	second = fill(out, first);
	read_lines(fds[0], first, second);
	output_close(out);
	close(fds[0]);
	close(fds[1]);
}

static void test_reader_stops_for_good(void **state)
{
	struct output *out;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	out = output_open(fds[1], QUEUE_BYTES);
	assert_non_null(out);
	fill(out, 0);
	output_close(out);
	/* The thread is let go: it ends with this error. */
	close(fds[0]);
}

static void test_reader_leaves_the_queue(void **state)
{
	struct pollfd p = { .events = POLLIN };
	struct output *out;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	out = output_open(fds[1], QUEUE_BYTES);
	assert_non_null(out);
	p.fd = output_error_fd(out);
	assert_int_equal(poll(&p, 1, 0), 0);
	close(fds[0]);
	assert_int_equal(output_put(out, "x", 1), 0);
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(output_error(out), -EPIPE);
	assert_int_equal(output_put(out, "x", 1), -EPIPE);
	assert_int_equal(output_drain(out, 1000), -EPIPE);
	output_close(out);
	close(fds[1]);
}

enum { NAPS = 200, NAP_STEPS_NS = 10000 };

/* Whenever a record comes, before, while or after the thread naps: it leaves without another. */
static void test_nothing_is_slept_through(void **state)
{
	struct pollfd p = { .events = POLLIN };
	struct output *out;
	char got;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	p.fd = fds[0];
	out = output_open(fds[1], QUEUE_BYTES);
	assert_non_null(out);
	for (int i = 0; i < NAPS; i++) {
		struct timespec pause = { .tv_nsec = i * NAP_STEPS_NS };

		assert_int_equal(output_put(out, "x", 1), 0);
		assert_int_equal(poll(&p, 1, 10000), 1);
		assert_int_equal(read(fds[0], &got, 1), 1);
		nanosleep(&pause, NULL);
	}
	output_close(out);
	close(fds[0]);
	close(fds[1]);
}

/* Longer than what goes at once, and than what the queue holds. */
static void test_long_records(void **state)
{
	static char data[QUEUE_BYTES];
	char got[9000];
	struct output *out;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	out = output_open(fds[1], QUEUE_BYTES);
	assert_non_null(out);
	memset(data, 'y', sizeof(data));
	assert_int_equal(output_put(out, data, sizeof(data)), -ENOBUFS);
	assert_int_equal(output_put(out, data, sizeof(got)), 0);
	assert_int_equal(output_drain(out, 1000), 0);
	assert_int_equal(read(fds[0], got, sizeof(got)), sizeof(got));
	assert_memory_equal(got, data, sizeof(got));
	output_close(out);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reader_went_away),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_reader_stops),
		cmocka_unit_test(test_reader_stops_for_good),
		cmocka_unit_test(test_reader_leaves_the_queue),
		cmocka_unit_test(test_nothing_is_slept_through),
		cmocka_unit_test(test_long_records),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
