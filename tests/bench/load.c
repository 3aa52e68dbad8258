// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * load: one kind of work at full speed over loopback, for the bench and the soak. It says on one
 * line what it did: `done OPERATIONS cpu NS wall NS odd N`, where cpu is its own processor time
 * with all its children's and odd counts operations that did not end as they should.
 *
 *   load pairs SECONDS ADDRESSES         connect, accept, close; the client closes first
 *   load refused SECONDS PROCESSES FIRST PORTS [ADDRESSES]
 *                                        connects that are refused, ports FIRST… in turn, to
 *                                        127.1.0.0 upwards
 *   load getppid SECONDS                 a system call that does next to nothing
 *   load bulk SECONDS                    one connection that is kept full
 *   load hold PAIRS                      says `held N`, keeps that many connections open until
 *                                        its stdin ends
 *   load mixed SECONDS PROCESSES         successes, refusals, resets, binds in use, in turns; odd
 *                                        is the number of failures it brought about
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ULL
#define LOOPBACK 0x7f000001u		/* 127.0.0.1 */
#define ELSEWHERE 0x7f010000u		/* 127.1.0.0 */

enum { PROCESSES_MAX = 64, HOLD_AT_ONCE_MAX = 10000,
       HOLD_PORTS = 3000,	/* connect() takes even ones first, and looks at all of them */
       BULK_BYTES = 1 << 20 };

/* One process's count; they share the page. */
struct tally {
	uint64_t operations;
	uint64_t odd;
};

static struct tally *tallies;

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	_exit(2);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

static struct sockaddr_in address(uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(ip) };
}

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* 0 or the errno of connect(). */
static int try_connect(int fd, uint32_t ip, uint16_t port)
{
	struct sockaddr_in to = address(ip, port);

	return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? errno : 0;
}

static int listen_any(uint16_t *port)
{
	struct sockaddr_in any = address(INADDR_ANY, 0);
	socklen_t size = sizeof(any);
	int fd = open_socket();

	if (bind(fd, (struct sockaddr *)&any, size) || listen(fd, 512) ||
	    getsockname(fd, (struct sockaddr *)&any, &size))
		die("listen");
	*port = ntohs(any.sin_port);
	return fd;
}

static bool succeed(int listener, uint32_t ip, uint16_t port, bool reset)
{
	struct linger abort = { .l_onoff = 1 };
	int client = open_socket(), server;
	char byte;

	if (try_connect(client, ip, port)) {
		close(client);
		return false;
	}
	server = accept(listener, NULL, NULL);
	if (server < 0)
		die("accept");
	/* The server's connection then breaks by a reset. */
	if (reset)
		setsockopt(client, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	close(client);
	/* On a busy machine the reset takes its time: nobody sees one that finds the socket closed. */
	if (reset && (recv(server, &byte, 1, 0) >= 0 || errno != ECONNRESET))
		die("not reset");
	close(server);
	return true;
}

static bool is_refused(uint32_t ip, uint16_t port)
{
	int fd = open_socket(), err = try_connect(fd, ip, port);

	close(fd);
	return err == ECONNREFUSED;
}

static void work_pairs(struct tally *tally, uint64_t end_ns, char **words)
{
	uint32_t addresses = atoi(words[0]);
	uint16_t port;
	int listener = listen_any(&port);

	for (uint32_t i = 0; clock_ns(CLOCK_MONOTONIC) < end_ns; i++) {
		if (!succeed(listener, LOOPBACK + i % addresses, port, false))
			tally->odd++;
		tally->operations++;
	}
}

static void work_refused(struct tally *tally, uint64_t end_ns, char **words)
{
	uint32_t first = atoi(words[1]), ports = atoi(words[2]);
	uint32_t addresses = words[3] ? atoi(words[3]) : 1;
	/* Each process begins elsewhere. */
	uint32_t i = (uint32_t)(tally - tallies) * (ports * addresses / PROCESSES_MAX);

	for (; clock_ns(CLOCK_MONOTONIC) < end_ns; i++) {
		uint32_t ip = addresses > 1 ? ELSEWHERE + i % addresses : LOOPBACK;

		if (!is_refused(ip, first + i % ports))
			tally->odd++;
		tally->operations++;
	}
}

static void work_getppid(struct tally *tally, uint64_t end_ns, char **words)
{
	(void)words;
	while (clock_ns(CLOCK_MONOTONIC) < end_ns) {
		for (int i = 0; i < 1000; i++)
			syscall(SYS_getppid);
		tally->operations += 1000;
	}
}

/* Operations are bytes here. Sender and receiver take turns on the core they share. */
static void work_bulk(struct tally *tally, uint64_t end_ns, char **words)
{
	uint16_t port;
	int listener = listen_any(&port), sender = open_socket(), receiver;
	char *buffer = calloc(1, BULK_BYTES);

	(void)words;
	if (!buffer || try_connect(sender, LOOPBACK, port))
		die("connect");
	receiver = accept(listener, NULL, NULL);
	if (receiver < 0 || fcntl(sender, F_SETFL, O_NONBLOCK) || fcntl(receiver, F_SETFL, O_NONBLOCK))
		die("accept");
	while (clock_ns(CLOCK_MONOTONIC) < end_ns) {
		ssize_t n = send(sender, buffer, BULK_BYTES, 0);

		if (n < 0 && errno != EAGAIN)
			die("send");
		while ((n = recv(receiver, buffer, BULK_BYTES, 0)) > 0)
			tally->operations += n;
	}
}

static bool bind_in_use(uint16_t port)
{
	struct sockaddr_in any = address(INADDR_ANY, port);
	int fd = open_socket(), err = bind(fd, (struct sockaddr *)&any, sizeof(any)) ? errno : 0;

	close(fd);
	return err == EADDRINUSE;
}

/*
 * In odd go the failures that a tracer has to tell: the refusal, the reset and the bind in use.
 * Paced, so that it can go on for as long as a soak takes.
 */
static void work_mixed(struct tally *tally, uint64_t end_ns, char **words)
{
	struct timespec pause = { .tv_nsec = 2000000 };
	uint16_t port;
	int listener = listen_any(&port);

	(void)words;
	for (uint32_t i = 0; clock_ns(CLOCK_MONOTONIC) < end_ns; i++) {
		if (!succeed(listener, LOOPBACK + i % 64, port, i % 16 == 5))
			die("connect");
		if (!is_refused(ELSEWHERE + i % 5000, 1 + i % 997))
			die("not refused");
		tally->odd += 1 + (i % 16 == 5);
		if (i % 8 == 3) {
			if (!bind_in_use(port))
				die("not in use");
			tally->odd++;
		}
		tally->operations++;
		nanosleep(&pause, NULL);
	}
}

struct work {
	const char *name;
	void (*run)(struct tally *tally, uint64_t end_ns, char **words);
	int words_min;
	bool has_processes;	/* the first word after SECONDS says how many */
};

static const struct work works[] = {
	{ "pairs", work_pairs, 1, false },	{ "refused", work_refused, 3, true },
	{ "getppid", work_getppid, 0, false },	{ "bulk", work_bulk, 0, false },
	{ "mixed", work_mixed, 1, true },
};

/* The children wait until all are there: @gate is closed then. */
static void child(const struct work *work, int index, int gate, double seconds, char **words)
{
	char byte;

	if (read(gate, &byte, 1) < 0)
		die("gate");
	work->run(&tallies[index], clock_ns(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9), words);
	_exit(0);
}

static uint64_t usage_ns(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND_NS +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ULL;
}

static int run(const struct work *work, double seconds, int processes, char **words)
{
	struct tally sum = { 0 };
	uint64_t begin;
	int gate[2], status, bad = 0;

	tallies = mmap(NULL, PROCESSES_MAX * sizeof(*tallies), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tallies == MAP_FAILED || pipe(gate))
		die("start");
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(gate[1]);
			child(work, i, gate[0], seconds, words);
		}
	}
	begin = clock_ns(CLOCK_MONOTONIC);
	close(gate[1]);
	while (wait(&status) > 0)
		bad |= status;
	if (bad)
		return 2;
	for (int i = 0; i < processes; i++) {
		sum.operations += tallies[i].operations;
		sum.odd += tallies[i].odd;
	}
	printf("done %llu cpu %llu wall %llu odd %llu\n", (unsigned long long)sum.operations,
	       (unsigned long long)usage_ns(RUSAGE_CHILDREN),
	       (unsigned long long)(clock_ns(CLOCK_MONOTONIC) - begin),
	       (unsigned long long)sum.odd);
	return 0;
}

/* A process's share: it may only have so many descriptors. */
static uint32_t hold_at_once(void)
{
	struct rlimit limit;
	uint32_t most = HOLD_AT_ONCE_MAX;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("RLIMIT_NOFILE");
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_max / 2 < most + 32 ? limit.rlim_max / 2 - 32 : most;
}

static void hold_some(uint32_t pairs, uint32_t part, int done, int gate)
{
	struct linger abort = { .l_onoff = 1 };
	uint16_t port;
	int listener = listen_any(&port);
	char byte = 0;

	for (uint32_t i = 0; i < pairs; i++) {
		int client = open_socket();

		if (try_connect(client, LOOPBACK + part * 4 + i / HOLD_PORTS, port))
			die("connect");
		/* Half a million TIME_WAIT sockets would outlive this. */
		setsockopt(client, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
		if (accept(listener, NULL, NULL) < 0)
			die("accept");
	}
	if (write(done, &byte, 1) != 1 || read(gate, &byte, 1) < 0)
		die("hold");
	_exit(0);
}

static int hold(uint32_t pairs)
{
	uint32_t left = pairs, parts = 0, at_once = hold_at_once();
	int done[2], gate[2];
	char byte;

	if (pipe(done) || pipe(gate))
		die("pipe");
	for (; left; parts++) {
		uint32_t some = left < at_once ? left : at_once;
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			close(gate[1]);
			close(done[0]);
			hold_some(some, parts, done[1], gate[0]);
		}
		left -= some;
	}
	close(done[1]);
	for (uint32_t i = 0; i < parts; i++)
		if (read(done[0], &byte, 1) != 1)
			return 2;
	printf("held %u\n", pairs);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	close(gate[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold(atoi(argv[2]));
	for (size_t i = 0; argc > 2 && i < sizeof(works) / sizeof(works[0]); i++) {
		int processes = works[i].has_processes && argc > 3 ? atoi(argv[3]) : 1;

		if (strcmp(argv[1], works[i].name) || argc < 3 + works[i].words_min)
			continue;
		if (processes < 1 || processes > PROCESSES_MAX)
			break;
		return run(&works[i], atof(argv[2]), processes, argv + 3);
	}
	fprintf(stderr, "usage: load pairs|refused|getppid|bulk|hold|mixed … (see its source)\n");
	return 2;
}
