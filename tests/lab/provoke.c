// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * provoke: brings about exactly one network situation and says what the application saw of it.
 *
 * Lines on stdout (or in the file of --output), each written at once:
 *   ready PORT          a listener is up, or an action list reached "ready"
 *   say WORD            an action list reached "say:WORD"
 *   result op=connect errno=111 error=ECONNREFUSED src=… sport=… dst=… dport=… pid=… tid=… uid=…
 *          name=… netns=…
 * Values that the application could not see are "-". An IPv4 peer on an IPv6 socket is printed
 * as IPv4. The exit status is 0 whenever the situation could be brought about, whatever its errno.
 *
 * libc only, so that it can be linked statically and run in a guest that has nothing but busybox.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_HELD 1024		/* sockets one process may keep open */
#define LIFE_SECONDS 120	/* nothing here lives longer, whatever the harness does */
#define ABANDONED 4095		/* pseudo errno: the application gave up first */

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static struct {
	const char *name, *src, *todo, *cgroup, *device;
	int uid, sport, timeout_ms, backlog, accept, repeat, user_timeout_ms, ttl;
	bool nonblock, second, again, thread, reuseaddr, reuseport, v6only, close_listener, udp, pre;
	bool mptcp, recverr, landlock, step, in_flight;
} opt = { .uid = -1, .backlog = 16, .accept = -1, .repeat = 1 };

static FILE *out;

/* What the application saw of one operation. */
struct seen {
	const char *op;
	int err;
	union addr local, peer;
	pid_t tid;
};

static void die(const char *fmt, ...)
{
	va_list ap;

	fputs("provoke: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
	fflush(out);
}

static const char *errno_name(int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
		{ 0, "OK" },			{ ABANDONED, "ABANDONED" },
		{ EPERM, "EPERM" },		{ ENOENT, "ENOENT" },
		{ EACCES, "EACCES" },		{ EINVAL, "EINVAL" },
		{ EAGAIN, "EAGAIN" },		{ EPIPE, "EPIPE" },
		{ EADDRINUSE, "EADDRINUSE" },	{ EADDRNOTAVAIL, "EADDRNOTAVAIL" },
		{ ENETDOWN, "ENETDOWN" },	{ ENETUNREACH, "ENETUNREACH" },
		{ ECONNRESET, "ECONNRESET" },	{ ECONNABORTED, "ECONNABORTED" },
		{ EISCONN, "EISCONN" },		{ ETIMEDOUT, "ETIMEDOUT" },
		{ ECONNREFUSED, "ECONNREFUSED" }, { EHOSTUNREACH, "EHOSTUNREACH" },
		{ EALREADY, "EALREADY" },	{ EINPROGRESS, "EINPROGRESS" },
		{ EAFNOSUPPORT, "EAFNOSUPPORT" }, { ENOTCONN, "ENOTCONN" },
		{ ENOPROTOOPT, "ENOPROTOOPT" },
	};
	static char buf[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].err == err)
			return names[i].name;
	snprintf(buf, sizeof(buf), "E%d", err);
	return buf;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* addresses */

static socklen_t addr_parse(union addr *a, const char *ip, int port)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, ip, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
		return sizeof(a->in);
	}
	if (inet_pton(AF_INET6, ip, &a->in6.sin6_addr) != 1)
		die("%s: not an address", ip);
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons(port);
	return sizeof(a->in6);
}

static int addr_port(const union addr *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohs(a->in.sin_port);
	return a->sa.sa_family == AF_INET6 ? ntohs(a->in6.sin6_port) : 0;
}

/* Prints the address, v4-mapped as IPv4; "-" where there is none. */
static const char *addr_ip(const union addr *a, char *buf, size_t len)
{
	const struct in6_addr *v6 = &a->in6.sin6_addr;

	if (a->sa.sa_family == AF_INET && a->in.sin_addr.s_addr)
		return inet_ntop(AF_INET, &a->in.sin_addr, buf, len);
	if (a->sa.sa_family != AF_INET6 || IN6_IS_ADDR_UNSPECIFIED(v6))
		return "-";
	if (!IN6_IS_ADDR_V4MAPPED(v6))
		return inet_ntop(AF_INET6, v6, buf, len);
	if (!v6->s6_addr32[3])
		return "-";
	return inet_ntop(AF_INET, &v6->s6_addr32[3], buf, len);
}

static void print_port(const union addr *a, char *buf, size_t len)
{
	int port = addr_port(a);

	if (port)
		snprintf(buf, len, "%d", port);
	else
		snprintf(buf, len, "-");
}

static void report(const struct seen *s)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], sport[8], dport[8], name[17] = "";
	struct stat ns = { 0 };

	prctl(PR_GET_NAME, name);
	stat("/proc/self/ns/net", &ns);
	print_port(&s->local, sport, sizeof(sport));
	print_port(&s->peer, dport, sizeof(dport));
	say("result op=%s errno=%d error=%s src=%s sport=%s dst=%s dport=%s pid=%d tid=%d uid=%d "
	    "name=%s netns=%lu", s->op, s->err == ABANDONED ? 0 : s->err, errno_name(s->err),
	    addr_ip(&s->local, src, sizeof(src)), sport,
	    addr_ip(&s->peer, dst, sizeof(dst)), dport,
	    getpid(), s->tid, getuid(), name, (unsigned long)ns.st_ino);
}

/* sockets */

static int sock_open(int family, int type)
{
	int protocol = opt.mptcp && type == SOCK_STREAM ? IPPROTO_MPTCP : 0;
	int one = 1, fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	if (opt.recverr && setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
				      family == AF_INET ? IP_RECVERR : IPV6_RECVERR, &one,
				      sizeof(one)))
		die("IP_RECVERR: %s", strerror(errno));
	if (opt.ttl && family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_TTL, &opt.ttl, sizeof(opt.ttl));
	if (opt.ttl && family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &opt.ttl, sizeof(opt.ttl));
	if (opt.device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, opt.device,
				     strlen(opt.device)))
		die("SO_BINDTODEVICE: %s", strerror(errno));
	if (opt.reuseaddr)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (opt.reuseport)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (family == AF_INET6 && opt.v6only)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (opt.user_timeout_ms && setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
					      &opt.user_timeout_ms, sizeof(opt.user_timeout_ms)))
		die("TCP_USER_TIMEOUT: %s", strerror(errno));
	return fd;
}

static void sock_local(int fd, union addr *a)
{
	socklen_t len = sizeof(*a);

	if (getsockname(fd, &a->sa, &len))
		a->sa.sa_family = AF_UNSPEC;
}

static void sock_peer(int fd, union addr *a)
{
	socklen_t len = sizeof(*a);

	if (getpeername(fd, &a->sa, &len))
		a->sa.sa_family = AF_UNSPEC;
}

static void sock_reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

/* waiting */

/* Waits for SIGUSR1 or a line on stdin; a stdin at its end does not count. */
static void wait_go(void)
{
	static int sigfd = -1;
	struct signalfd_siginfo info;
	struct pollfd p[2] = { { .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	char c;

	if (sigfd < 0) {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigfd = signalfd(-1, &set, SFD_CLOEXEC);
	}
	p[0].fd = sigfd;
	for (;;) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[0].revents && read(sigfd, &info, sizeof(info)) > 0)
			return;
		if (!p[1].revents)
			continue;
		while (read(0, &c, 1) == 1)
			if (c == '\n')
				return;
		p[1].fd = -1;
	}
}

/* Reads until the peer ends; 0 on an orderly end, else errno. */
static int do_recv(int fd)
{
	char buf[4096];
	ssize_t n;

	do {
		n = recv(fd, buf, sizeof(buf), 0);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? errno : 0;
}

static int do_send(int fd, long left)
{
	static const char zeros[4096];

	while (left > 0) {
		size_t want = left > (long)sizeof(zeros) ? sizeof(zeros) : (size_t)left;
		ssize_t n = send(fd, zeros, want, MSG_NOSIGNAL);

		if (n < 0)
			return errno;
		left -= n;
	}
	return 0;
}

/*
 * Runs one action on a socket. Returns 0 or errno; *op names the operation for the result line.
 * *fd becomes -1 when the action closed it.
 */
static int act(int *fd, const char *word, const char *arg, const char **op)
{
	union addr a;

	if (!strcmp(word, "ready")) {
		sock_local(*fd, &a);
		say("ready %d", addr_port(&a));
	} else if (!strcmp(word, "say")) {
		say("say %s", arg);
	} else if (!strcmp(word, "wait")) {
		wait_go();
	} else if (!strcmp(word, "sleep")) {
		sleep_ms(atol(arg));
	} else if (!strcmp(word, "recv")) {
		*op = "receive";
		return do_recv(*fd);
	} else if (!strcmp(word, "send")) {
		*op = "send";
		return do_send(*fd, *arg ? atol(arg) : 1);
	} else if (!strcmp(word, "listen")) {
		*op = "listen";
		return listen(*fd, opt.backlog) ? errno : 0;
	} else if (!strcmp(word, "shut")) {
		*op = "shutdown";
		return shutdown(*fd, SHUT_WR) ? errno : 0;
	} else if (!strcmp(word, "shutboth")) {
		*op = "shutdown";
		return shutdown(*fd, SHUT_RDWR) ? errno : 0;
	} else if (!strcmp(word, "close")) {
		close(*fd);
		*fd = -1;
	} else if (!strcmp(word, "reset")) {
		sock_reset(*fd);
		*fd = -1;
	} else if (!strcmp(word, "kill")) {
		raise(SIGKILL);
	} else {
		die("%s: unknown action", word);
	}
	return 0;
}

/* Runs the comma-separated --do list; stops at the first error and leaves it in *s. */
static void run_actions(int fd, struct seen *s)
{
	char *list = strdup(opt.todo ? opt.todo : ""), *save, *word, *arg;

	for (word = strtok_r(list, ",", &save); word && !s->err; word = strtok_r(NULL, ",", &save)) {
		const char *op = s->op;

		arg = strchr(word, ':');
		if (arg)
			*arg++ = '\0';
		s->err = act(&fd, word, arg ? arg : "", &op);
		if (s->err)
			s->op = op;
	}
	if (fd >= 0)
		close(fd);
	free(list);
}

/* subcommands */

/* Binds the client's end where asked; returns 0 or errno. */
static int bind_source(int fd, int family)
{
	const char *ip = opt.src ? opt.src : family == AF_INET ? "0.0.0.0" : "::";
	union addr a;
	socklen_t len;

	if (!opt.src && !opt.sport)
		return 0;
	len = addr_parse(&a, ip, opt.sport);
	return bind(fd, &a.sa, len) ? errno : 0;
}

/* Non-blocking: waits for the end of the attempt; returns 0, errno or ABANDONED. */
static int connect_await(int fd, const union addr *to, socklen_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t errlen = sizeof(int);
	int err = 0, n;

	if (opt.again)
		connect(fd, &to->sa, len);	/* EALREADY, or EISCONN: no failure either */
	do {
		n = poll(&p, 1, opt.timeout_ms ? opt.timeout_ms : -1);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return ABANDONED;
	if (opt.second) {
		if (!connect(fd, &to->sa, len) || errno == EISCONN)
			return 0;
		return errno;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &errlen))
		return errno;
	return err;
}

/* 127.0.1.1 the first time, then 127.0.1.2 and so on. */
static void addr_step(union addr *a)
{
	static uint32_t steps;

	if (a->sa.sa_family == AF_INET)
		a->in.sin_addr.s_addr = htonl(ntohl(a->in.sin_addr.s_addr) + steps++);
}

/* One connect with everything that belongs to it; returns the socket or -1 (closed). */
static int connect_once(const char *ip, int port, struct seen *s)
{
	socklen_t len = addr_parse(&s->peer, ip, port);
	int fd = sock_open(s->peer.sa.sa_family, SOCK_STREAM);
	bool nonblock = opt.nonblock || opt.second || opt.again || opt.timeout_ms;

	if (opt.step)
		addr_step(&s->peer);
	s->tid = syscall(SYS_gettid);
	s->op = "bind";
	s->err = bind_source(fd, s->peer.sa.sa_family);
	if (s->err)
		goto out;
	s->op = "connect";
	if (nonblock)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, &s->peer.sa, len)) {
		s->err = errno;
		sock_local(fd, &s->local);
		if (s->err == EINPROGRESS)
			s->err = connect_await(fd, &s->peer, len);
	} else {
		sock_local(fd, &s->local);
	}
	if (nonblock)
		fcntl(fd, F_SETFL, 0);
	if (!s->err)
		return fd;
out:
	close(fd);
	return -1;
}

struct connect_args {
	const char *ip;
	int port, fd;
	struct seen seen;
};

static void *connect_thread(void *p)
{
	struct connect_args *c = p;

	/* What is told is the process' name. */
	prctl(PR_SET_NAME, "cw-other-thread");
	c->fd = connect_once(c->ip, c->port, &c->seen);
	return NULL;
}

static int cmd_connect(char **arg)
{
	struct connect_args c = { .ip = arg[0], .port = atoi(arg[1]), .fd = -1 };
	pthread_t th;

	if (opt.pre) {
		say("ready 0");
		wait_go();
	}
	for (int i = 0; i < opt.repeat; i++) {
		if (c.fd >= 0)
			close(c.fd);
		if (!opt.thread) {
			c.fd = connect_once(c.ip, c.port, &c.seen);
		} else if (pthread_create(&th, NULL, connect_thread, &c) || pthread_join(th, NULL)) {
			die("cannot make a thread");
		}
	}
	if (c.fd >= 0)
		run_actions(c.fd, &c.seen);
	report(&c.seen);
	return 0;
}

/* Keeps accepted connections open until their peers end them. */
static void serve_hold(int lfd)
{
	static struct pollfd held[MAX_HELD + 1];
	int n = 1;

	held[0] = (struct pollfd){ .fd = lfd, .events = POLLIN };
	for (;;) {
		if (poll(held, n, -1) < 0)
			continue;
		for (int i = n - 1; i > 0; i--) {
			char buf[4096];

			if (!held[i].revents)
				continue;
			if (recv(held[i].fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
				continue;
			close(held[i].fd);
			held[i] = held[--n];
		}
		if (held[0].revents && n <= MAX_HELD) {
			int fd = accept4(lfd, NULL, NULL, SOCK_CLOEXEC);

			if (fd >= 0)
				held[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		}
	}
}

/*
 * Sends @fd to a socket of our own, closes it and never takes it from there: it stays open, and no
 * process has it. Returns the descriptor that keeps it so.
 */
static int put_in_flight(int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	char c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int pair[2];

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ||
	    sendmsg(pair[0], &msg, 0) != 1)
		die("in flight: %s", strerror(errno));
	close(pair[0]);
	close(fd);
	return pair[1];
}

static int cmd_listen(char **arg)
{
	struct seen s = { .op = "bind", .tid = getpid() };
	socklen_t len = addr_parse(&s.local, arg[0], atoi(arg[1]));
	int fd = sock_open(s.local.sa.sa_family, SOCK_STREAM);

	if (bind(fd, &s.local.sa, len)) {
		s.err = errno;
	} else if (listen(fd, opt.backlog)) {
		s.op = "listen";
		s.err = errno;
	}
	if (s.err) {
		close(fd);
		report(&s);
		return 0;
	}
	sock_local(fd, &s.local);
	if (opt.in_flight)
		fd = put_in_flight(fd);
	say("ready %d", addr_port(&s.local));
	if (!opt.accept)
		wait_go();
	else if (!opt.todo)
		serve_hold(fd);
	for (int i = 0; i < opt.accept || opt.accept < 0; i++) {
		int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (conn < 0)
			die("accept: %s", strerror(errno));
		s = (struct seen){ .op = "accept", .tid = getpid() };
		sock_local(conn, &s.local);
		sock_peer(conn, &s.peer);
		if (opt.close_listener) {
			close(fd);
			fd = -1;
			opt.accept = 1;
		}
		run_actions(conn, &s);
		report(&s);
	}
	if (fd >= 0)
		close(fd);
	if (!opt.accept)
		report(&s);
	return 0;
}

static int cmd_bind(char **arg)
{
	struct seen s = { .op = "bind", .tid = getpid() };
	socklen_t len = addr_parse(&s.local, arg[0], atoi(arg[1]));
	int fd = sock_open(s.local.sa.sa_family, opt.udp ? SOCK_DGRAM : SOCK_STREAM);

	s.err = bind(fd, &s.local.sa, len) ? errno : 0;
	if (s.err)
		close(fd);
	else
		run_actions(fd, &s);
	report(&s);
	return 0;
}

/* Sends datagrams and takes their errors from the error queue; how many there were. */
static int udp_errors(int fd)
{
	struct msghdr msg = { 0 };
	char c = 0;
	int got = 0;

	for (int i = 0; i < opt.repeat; i++)
		send(fd, &c, 1, 0);	/* an error of the one before comes back here */
	for (int i = 0; i < 100 && got < opt.repeat; i++) {
		while (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
			got++;
		sleep_ms(10);
	}
	return got;
}

/* Connected UDP: one datagram out, one in. */
static int cmd_udp(char **arg)
{
	struct seen s = { .op = "connect", .tid = getpid() };
	socklen_t len = addr_parse(&s.peer, arg[0], atoi(arg[1]));
	struct timeval bound = { .tv_sec = 5 };
	int fd = sock_open(s.peer.sa.sa_family, SOCK_DGRAM);
	char c = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound));
	if (connect(fd, &s.peer.sa, len)) {
		s.err = errno;
		goto out;
	}
	sock_local(fd, &s.local);
	s.op = "send";
	if (opt.recverr) {
		s.err = udp_errors(fd) ? ECONNREFUSED : 0;
		goto out;
	}
	if (send(fd, &c, 1, 0) < 0) {
		s.err = errno;
		goto out;
	}
	s.op = "receive";
	if (recv(fd, &c, 1, 0) < 0)
		s.err = errno;
out:
	close(fd);
	report(&s);
	return 0;
}

static int cmd_udp_serve(char **arg)
{
	union addr a, from;
	socklen_t fromlen = sizeof(from);
	char buf[2048];
	ssize_t n;
	socklen_t len = addr_parse(&a, arg[0], atoi(arg[1]));
	int fd = sock_open(a.sa.sa_family, SOCK_DGRAM);

	if (bind(fd, &a.sa, len))
		die("bind: %s", strerror(errno));
	sock_local(fd, &a);
	say("ready %d", addr_port(&a));
	while ((n = recvfrom(fd, buf, sizeof(buf), 0, &from.sa, &fromlen)) >= 0) {
		sendto(fd, buf, n, 0, &from.sa, fromlen);
		fromlen = sizeof(from);
	}
	return 0;
}

/* Uses up N ephemeral ports with established connections and keeps them. */
static int cmd_occupy(char **arg)
{
	struct seen s = { .op = "occupy" };
	int n = atoi(arg[0]);

	for (int i = 0; i < n && i < MAX_HELD && !s.err; i++)
		connect_once(arg[1], atoi(arg[2]), &s);
	if (!s.err) {
		say("ready %d", n);
		wait_go();
	}
	report(&s);
	return 0;
}

static int cmd_unix(char **arg)
{
	struct seen s = { .op = "connect", .tid = getpid() };
	union addr a = { .un.sun_family = AF_UNIX };
	int fd = sock_open(AF_UNIX, SOCK_STREAM);

	snprintf(a.un.sun_path, sizeof(a.un.sun_path), "%s", arg[0]);
	if (connect(fd, &a.sa, sizeof(a.un)))
		s.err = errno;
	close(fd);
	report(&s);
	return 0;
}

/* helpers of the harness: a guest's busybox may lack sub-second sleep and date */

static bool file_has(const char *path, const char *prefix)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	bool hit = false;
	ssize_t n;

	if (!f)
		return false;
	while (!hit && (n = getline(&line, &cap, f)) > 0)
		hit = line[n - 1] == '\n' && !strncmp(line, prefix, strlen(prefix));
	free(line);
	fclose(f);
	return hit;
}

/* await FILE PREFIX MS PID: until FILE has a line beginning so; 1 when late or PID is gone. */
static int cmd_await(char **arg)
{
	long end = now_ms() + atol(arg[2]);
	char stat_path[64], buf[512];

	snprintf(stat_path, sizeof(stat_path), "/proc/%d/stat", atoi(arg[3]));
	for (;;) {
		FILE *f = fopen(stat_path, "re");
		const char *p = f ? fgets(buf, sizeof(buf), f) : NULL;
		bool gone = !p || !(p = strrchr(buf, ')')) || p[2] == 'Z';

		if (f)
			fclose(f);
		if (file_has(arg[0], arg[1]))
			return 0;
		if (gone || now_ms() > end)
			return 1;
		sleep_ms(5);
	}
}

static int cmd_now(char **arg)
{
	(void)arg;
	say("%ld", now_ms());
	return 0;
}

/* follow FILE OFFSET: what it has from there on, and what comes, until it is ended. */
static int cmd_follow(char **arg)
{
	int fd = open(arg[0], O_RDONLY | O_CLOEXEC);
	char buf[65536];
	ssize_t n;

	if (fd < 0 || lseek(fd, atol(arg[1]), SEEK_SET) < 0)
		die("%s: %s", arg[0], strerror(errno));
	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0)
			die("%s: %s", arg[0], strerror(errno));
		if (!n)
			sleep_ms(10);
		else if (write(STDOUT_FILENO, buf, n) != n)
			die("write: %s", strerror(errno));
	}
	return 0;
}

static int cmd_sleep(char **arg)
{
	sleep_ms(atol(arg[0]));
	return 0;
}

/* To the kernel's tracepoints vfork() is a fork, and its child needs no copy of the memory. */
static pid_t child_that_ends(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	return pid;
}

/* forks N: that many children, which end at once, one after the other. */
static int cmd_forks(char **arg)
{
	for (int i = atoi(arg[0]); i > 0; i--) {
		pid_t pid = child_that_ends();

		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			die("fork: %s", strerror(errno));
	}
	return 0;
}

/* watchdog PID MS: the harness ends this one before it fires, unless PID hangs. */
static int cmd_watchdog(char **arg)
{
	sleep_ms(atol(arg[1]));
	return kill(atoi(arg[0]), SIGKILL) ? 1 : 0;
}

/* exec CMD…: a shell starts background jobs with SIGINT ignored; give CMD the defaults. */
static int cmd_exec(char **arg)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	alarm(0);
	execvp(arg[0], arg);
	die("%s: %s", arg[0], strerror(errno));
	return 127;
}

/* include/uapi/linux/landlock.h since Linux 6.7: the headers at hand may be older. */
#define LANDLOCK_BIND_TCP 1u
#define LANDLOCK_CONNECT_TCP 2u
#define NR_LANDLOCK_CREATE_RULESET 444
#define NR_LANDLOCK_RESTRICT_SELF 446

/* No TCP for this process any more; 0 or an errno. */
static int enter_landlock(void)
{
	const struct {
		uint64_t fs, net;
	} rules = { 0, LANDLOCK_BIND_TCP | LANDLOCK_CONNECT_TCP };
	int fd = (int)syscall(NR_LANDLOCK_CREATE_RULESET, &rules, sizeof(rules), 0);

	if (fd < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(NR_LANDLOCK_RESTRICT_SELF, fd, 0))
		return errno;
	return 0;
}

static int cmd_landlock(char **arg)
{
	(void)arg;
	return enter_landlock() ? 1 : 0;
}

static const struct command {
	const char *name;
	int args;
	int (*run)(char **arg);
	const char *usage;
} commands[] = {
	{ "connect", 2, cmd_connect, "IP PORT" },
	{ "listen", 2, cmd_listen, "IP PORT" },
	{ "bind", 2, cmd_bind, "IP PORT" },
	{ "udp", 2, cmd_udp, "IP PORT" },
	{ "udp-serve", 2, cmd_udp_serve, "IP PORT" },
	{ "occupy", 3, cmd_occupy, "N IP PORT" },
	{ "unix", 1, cmd_unix, "PATH" },
	{ "await", 4, cmd_await, "FILE PREFIX MS PID" },
	{ "forks", 1, cmd_forks, "N" },
	{ "watchdog", 2, cmd_watchdog, "PID MS" },
	{ "now", 0, cmd_now, "" },
	{ "follow", 2, cmd_follow, "FILE OFFSET" },
	{ "sleep", 1, cmd_sleep, "MS" },
	{ "exec", 1, cmd_exec, "CMD [ARG…]" },
	{ "landlock", 0, cmd_landlock, "(exit status 0: this kernel has it for TCP)" },
};

static const struct option options[] = {
	{ "name", required_argument, NULL, 'n' },
	{ "uid", required_argument, NULL, 'u' },
	{ "output", required_argument, NULL, 'o' },
	{ "src", required_argument, NULL, 's' },
	{ "sport", required_argument, NULL, 'p' },
	{ "timeout", required_argument, NULL, 't' },
	{ "backlog", required_argument, NULL, 'b' },
	{ "accept", required_argument, NULL, 'a' },
	{ "repeat", required_argument, NULL, 'r' },
	{ "user-timeout", required_argument, NULL, 'U' },
	{ "do", required_argument, NULL, 'd' },
	{ "nonblock", no_argument, NULL, 'N' },
	{ "again", no_argument, NULL, 'G' },
	{ "second", no_argument, NULL, 'S' },
	{ "thread", no_argument, NULL, 'T' },
	{ "reuseaddr", no_argument, NULL, 'A' },
	{ "reuseport", no_argument, NULL, 'P' },
	{ "v6only", no_argument, NULL, '6' },
	{ "close-listener", no_argument, NULL, 'C' },
	{ "in-flight", no_argument, NULL, 'F' },
	{ "udp", no_argument, NULL, 'D' },
	{ "pre", no_argument, NULL, 'w' },
	{ "mptcp", no_argument, NULL, 'm' },
	{ "cgroup", required_argument, NULL, 'g' },
	{ "landlock", no_argument, NULL, 'L' },
	{ "recverr", no_argument, NULL, 'E' },
	{ "step", no_argument, NULL, 'i' },
	{ "device", required_argument, NULL, 'V' },
	{ "ttl", required_argument, NULL, 'l' },
	{ NULL, 0, NULL, 0 },
};

static void enter_cgroup(void)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.procs", opt.cgroup);
	file = fopen(path, "we");
	if (!file || fprintf(file, "0\n") < 0 || fclose(file))
		die("%s: %s", path, strerror(errno));
}

static void usage(void)
{
	fputs("usage: provoke COMMAND [OPTION…] ARG…\n\n", stderr);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stderr, "  %-10s %s\n", commands[i].name, commands[i].usage);
	fputs("\n"
	      "  --name COMM      process name          --uid UID        give up root first\n"
	      "  --output FILE    lines go there        --src IP, --sport PORT  bind before connect\n"
	      "  --nonblock       poll and SO_ERROR     --second         poll and a second connect()\n"
	      "  --again          connect() once more while it is under way\n"
	      "  --thread         from another thread   --timeout MS     close when not done by then\n"
	      "  --cgroup DIR     move there first      --landlock       no TCP any more\n"
	      "  --pre            wait before connect   --repeat N       connect N times\n"
	      "  --user-timeout MS                      --backlog N      --accept N   --udp\n"
	      "  --mptcp          --recverr, --ttl N  (udp: --repeat datagrams, errors by the queue)\n"
	      "  --step           connect to the next address each time (IPv4)\n"
	      "  --device NAME    SO_BINDTODEVICE\n"
	      "  --reuseaddr --reuseport --v6only --close-listener\n"
	      "  --in-flight      (listen: --accept 0) the listener is nobody's descriptor\n"
	      "  --do LIST        on the connection: ready wait say:WORD sleep:MS send:N recv shut shutboth\n"
	      "                   close reset kill listen, separated by commas\n"
	      "  wait ends with SIGUSR1 or a line on stdin\n", stderr);
	exit(2);
}

static void parse_options(int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'n': opt.name = optarg; break;
		case 'u': opt.uid = atoi(optarg); break;
		case 's': opt.src = optarg; break;
		case 'p': opt.sport = atoi(optarg); break;
		case 't': opt.timeout_ms = atoi(optarg); break;
		case 'b': opt.backlog = atoi(optarg); break;
		case 'a': opt.accept = atoi(optarg); break;
		case 'r': opt.repeat = atoi(optarg); break;
		case 'U': opt.user_timeout_ms = atoi(optarg); break;
		case 'd': opt.todo = optarg; break;
		case 'N': opt.nonblock = true; break;
		case 'G': opt.again = true; break;
		case 'S': opt.second = true; break;
		case 'T': opt.thread = true; break;
		case 'A': opt.reuseaddr = true; break;
		case 'P': opt.reuseport = true; break;
		case '6': opt.v6only = true; break;
		case 'C': opt.close_listener = true; break;
		case 'F': opt.in_flight = true; break;
		case 'D': opt.udp = true; break;
		case 'w': opt.pre = true; break;
		case 'm': opt.mptcp = true; break;
		case 'g': opt.cgroup = optarg; break;
		case 'i': opt.step = true; break;
		case 'V': opt.device = optarg; break;
		case 'L': opt.landlock = true; break;
		case 'E': opt.recverr = true; break;
		case 'l': opt.ttl = atoi(optarg); break;
		case 'o':
			out = fopen(optarg, "we");
			if (!out)
				die("%s: %s", optarg, strerror(errno));
			break;
		default: usage();
		}
	}
}

/* Longer where everything takes longer (tests/lab/run). */
static unsigned int life_seconds(void)
{
	const char *slow = getenv("LAB_SLOW");
	int factor = slow ? atoi(slow) : 1;

	return LIFE_SECONDS * (factor < 1 ? 1 : factor > 100 ? 100 : factor);
}

int main(int argc, char **argv)
{
	const struct command *cmd = NULL;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	alarm(life_seconds());
	out = stdout;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			cmd = &commands[i];
	if (!cmd)
		usage();
	argv++, argc--;
	parse_options(argc, argv);
	if (argc - optind < cmd->args)
		usage();
	if (opt.name)
		prctl(PR_SET_NAME, opt.name);
	if (opt.cgroup)
		enter_cgroup();
	if (opt.uid >= 0 && (setgid(opt.uid) || setuid(opt.uid)))
		die("setuid %d: %s", opt.uid, strerror(errno));
	if (opt.landlock && (errno = enter_landlock()))
		die("landlock: %s", strerror(errno));
	return cmd->run(argv + optind);
}
