// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/icmp.h"

#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/netns.h"

enum {
	NAMESPACES_MAX = 64,
	REFUSED_KEPT = 16,	/* namespaces that could not be had, not to be tried again */
	RECEIVE_BUFFER = 32 * 1024,
	PACKET_MAX = 1500,
	PACKETS_AT_ONCE = 256,
};

struct space {
	uint32_t netns;		/* 0: free */
	char path[64];		/* where it was last seen */
	int fd4, fd6;		/* -1: none */
	bool seen;		/* in the walk of icmp_prune() */
};

struct icmp {
	int epoll_fd;
	uint32_t only;		/* this namespace only, 0: any */
	int err;		/* of the last socket that could not be opened */
	uint32_t refused[REFUSED_KEPT];
	size_t refused_count;	/* ever */
	struct space spaces[NAMESPACES_MAX];
};

static struct space *find_space(struct icmp *icmp, uint32_t netns)
{
	for (size_t i = 0; i < NAMESPACES_MAX; i++)
		if (icmp->spaces[i].netns == netns)
			return &icmp->spaces[i];
	return NULL;
}

/* A raw socket of the current namespace that lets destination unreachable through. */
static int open_socket(int family)
{
	struct icmp_filter filter4 = { .data = ~(1u << ICMP_DEST_UNREACH) };
	int protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	int one = 1, bytes = RECEIVE_BUFFER;
	struct icmp6_filter filter6;
	int err;

	if (fd < 0)
		return -errno;
	ICMP6_FILTER_SETBLOCKALL(&filter6);
	ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter6);
	if (family == AF_INET)
		err = setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter4, sizeof(filter4));
	else
		err = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter6, sizeof(filter6));
	if (!err)
		err = setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (!err)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int watch_socket(struct icmp *icmp, struct space *space, int family)
{
	uint64_t index = (uint64_t)(space - icmp->spaces);
	struct epoll_event event = {
		.events = EPOLLIN, .data.u64 = index << 1 | (family == AF_INET6),
	};
	int fd = open_socket(family);
	int err;

	if (fd < 0)
		return fd;
	if (!epoll_ctl(icmp->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void close_space(struct space *space)
{
	if (space->fd4 >= 0)
		close(space->fd4);
	if (space->fd6 >= 0)
		close(space->fd6);
	space->netns = 0;
}

struct opening {
	struct icmp *icmp;
	struct space *space;
};

/* Runs inside the namespace. One family alone will do. */
static int open_here(void *ctx)
{
	struct opening *opening = ctx;
	struct space *space = opening->space;

	space->fd4 = watch_socket(opening->icmp, space, AF_INET);
	space->fd6 = watch_socket(opening->icmp, space, AF_INET6);
	return space->fd4 < 0 && space->fd6 < 0 ? space->fd4 : 0;
}

static void refuse(struct icmp *icmp, uint32_t netns, int err)
{
	icmp->err = err;
	icmp->refused[icmp->refused_count++ % REFUSED_KEPT] = netns;
}

static bool was_refused(const struct icmp *icmp, uint32_t netns)
{
	for (size_t i = 0; i < REFUSED_KEPT; i++)
		if (icmp->refused[i] == netns)
			return true;
	return false;
}

/* For netns_each(): takes in one that is new. */
static bool add_space(void *ctx, uint32_t netns, const char *path)
{
	struct icmp *icmp = ctx;
	struct opening opening = { icmp, find_space(icmp, 0) };
	struct space *space = opening.space;
	bool own = !strcmp(path, "/proc/self/ns/net");
	int err;

	if (!netns || (icmp->only && netns != icmp->only) || find_space(icmp, netns) ||
	    was_refused(icmp, netns))
		return true;
	if (!space) {
		icmp->err = -ENOSPC;
		return false;
	}
	*space = (struct space){ .netns = netns, .fd4 = -1, .fd6 = -1 };
	err = own ? open_here(&opening) : netns_run_at(path, open_here, &opening);
	/* A name that does not fit is found again by a walk. */
	snprintf(space->path, sizeof(space->path), "%s", strlen(path) < sizeof(space->path) ?
								 path : "");
	if (err) {
		close_space(space);
		refuse(icmp, netns, err);
	}
	return true;
}

static size_t count_spaces(const struct icmp *icmp)
{
	size_t count = 0;

	for (size_t i = 0; i < NAMESPACES_MAX; i++)
		count += icmp->spaces[i].netns != 0;
	return count;
}

static void say_reason(const struct icmp *icmp, char *reason, size_t size)
{
	size_t count = count_spaces(icmp);
	const char *why = icmp->err == -EPERM && count ? "CAP_SYS_ADMIN is missing" :
			  icmp->err == -EPERM ? "CAP_NET_RAW is missing" :
			  icmp->err == -ENOSPC ? "there are more" : strerror(-icmp->err);

	if (count && icmp->err)
		snprintf(reason, size, "%zu network namespaces only: %s", count, why);
	else
		snprintf(reason, size, "%s", icmp->err ? why : count ? "" : "no such namespace");
}

int icmp_open(struct icmp **out, uint32_t netns, char *reason, size_t size)
{
	struct icmp *icmp = calloc(1, sizeof(*icmp));
	int err = -ENOMEM;

	*out = NULL;
	if (!icmp)
		goto fail;
	icmp->only = netns;
	icmp->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = icmp->epoll_fd < 0 ? -errno : 0;
	if (err)
		goto fail;
	netns_each(add_space, icmp);
	say_reason(icmp, reason, size);
	if (count_spaces(icmp)) {
		*out = icmp;
		return 0;
	}
	err = icmp->err ? icmp->err : -ENOENT;
	icmp_close(icmp);
	return err;
fail:
	snprintf(reason, size, "%s", strerror(-err));
	free(icmp);
	return err;
}

void icmp_close(struct icmp *icmp)
{
	if (!icmp)
		return;
	for (size_t i = 0; i < NAMESPACES_MAX; i++)
		if (icmp->spaces[i].netns)
			close_space(&icmp->spaces[i]);
	close(icmp->epoll_fd);
	free(icmp);
}

int icmp_fd(const struct icmp *icmp)
{
	return icmp->epoll_fd;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* CLOCK_MONOTONIC time of the packet; now when the kernel did not stamp it. */
static uint64_t received_ns(struct msghdr *msg)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	uint64_t offset = clock_ns(CLOCK_REALTIME) - now;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct timespec ts;
		uint64_t stamp;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS ||
		    c->cmsg_len < CMSG_LEN(sizeof(ts)))
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		stamp = (uint64_t)ts.tv_sec * 1000000000ULL + ts.tv_nsec;
		/* The wall clock may have been set in between. */
		if (stamp - offset <= now)
			return stamp - offset;
	}
	return now;
}

static void sender_address(const struct sockaddr_storage *from, uint8_t *addr)
{
	memset(addr, 0, 16);
	if (from->ss_family == AF_INET6) {
		memcpy(addr, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
		return;
	}
	addr[10] = addr[11] = 0xff;
	memcpy(addr + 12, &((const struct sockaddr_in *)from)->sin_addr, 4);
}

/* One datagram; 1: a record, 0: of no use, negative: nothing waits. */
static int receive(int fd, int family, struct rec_icmp_received *rec)
{
	union {
		char room[CMSG_SPACE(sizeof(struct timespec))];
		struct cmsghdr align;
	} control;
	uint8_t packet[PACKET_MAX], sender[16];
	struct sockaddr_storage from = { 0 };
	struct iovec iov = { packet, sizeof(packet) };
	struct msghdr msg = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, 0);

	if (n < 0)
		return -errno;
	sender_address(&from, sender);
	if (!icmp_parse(packet, (size_t)n, family, sender, rec))
		return 0;
	rec->hdr.ts_ns = received_ns(&msg);
	return 1;
}

int icmp_consume(struct icmp *icmp, icmp_record_fn fn, void *ctx)
{
	struct epoll_event events[16];
	struct rec_icmp_received rec;
	int taken = 0, n;

	while (taken < PACKETS_AT_ONCE && (n = epoll_wait(icmp->epoll_fd, events, 16, 0)) > 0)
		for (int i = 0; i < n; i++) {
			struct space *space = &icmp->spaces[events[i].data.u64 >> 1];
			bool v6 = events[i].data.u64 & 1;
			int fd = v6 ? space->fd6 : space->fd4;
			int got = receive(fd, v6 ? AF_INET6 : AF_INET, &rec);

			taken++;
			if (got <= 0)
				continue;
			rec.flow.netns = space->netns;
			got = fn(ctx, &rec.hdr);
			if (got)
				return got;
		}
	return 0;
}

void icmp_add(struct icmp *icmp, uint32_t netns, uint32_t pid)
{
	char path[64];

	if (!netns || find_space(icmp, netns) || was_refused(icmp, netns) ||
	    (icmp->only && netns != icmp->only))
		return;
	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	if (pid && netns_inode(path) == netns)
		add_space(icmp, netns, path);
	else
		netns_each(add_space, icmp);
	/* Gone, or full: not to be looked for again with every record. */
	if (!find_space(icmp, netns) && !was_refused(icmp, netns))
		refuse(icmp, netns, icmp->err);
}

static bool mark_seen(void *ctx, uint32_t netns, const char *path)
{
	struct space *space = find_space(ctx, netns);

	if (!space || space->seen)
		return true;
	space->seen = true;
	if (strlen(path) < sizeof(space->path))
		snprintf(space->path, sizeof(space->path), "%s", path);
	return true;
}

void icmp_prune(struct icmp *icmp)
{
	bool all_seen = true;

	for (size_t i = 0; i < NAMESPACES_MAX; i++) {
		struct space *space = &icmp->spaces[i];

		space->seen = space->netns && netns_inode(space->path) == space->netns;
		all_seen &= !space->netns || space->seen;
	}
	if (all_seen)
		return;
	/* Where it was seen it is not any more: somewhere else? */
	netns_each(mark_seen, icmp);
	for (size_t i = 0; i < NAMESPACES_MAX; i++)
		if (icmp->spaces[i].netns && !icmp->spaces[i].seen)
			close_space(&icmp->spaces[i]);
}
