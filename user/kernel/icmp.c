// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/icmp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kernel/spaces.h"

enum {
	RECEIVE_BUFFER = 32 * 1024,
	PACKET_MAX = 1500,
	PACKETS_AT_ONCE = 256,
};

struct icmp {
	int epoll_fd;
	struct spaces spaces;
};

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
	uint64_t index = (uint64_t)(space - icmp->spaces.spaces);
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

/*
 * Runs inside the namespace. One family alone will do; the counters' file is
 * the calling thread's view and stays that namespace's.
 */
static int open_here(void *ctx, struct space *space)
{
	struct icmp *icmp = ctx;

	space->netstat_fd = open("/proc/thread-self/net/netstat", O_RDONLY | O_CLOEXEC);
	space->icmp4_fd = watch_socket(icmp, space, AF_INET);
	space->icmp6_fd = watch_socket(icmp, space, AF_INET6);
	return space->icmp4_fd < 0 && space->icmp6_fd < 0 ? space->icmp4_fd : 0;
}

static void say_reason(const struct icmp *icmp, char *reason, size_t size)
{
	size_t count = spaces_count(&icmp->spaces);
	int err = icmp->spaces.err;
	const char *why = err == -EPERM && count ? "CAP_SYS_ADMIN is missing" :
			  err == -EPERM ? "CAP_NET_RAW is missing" :
			  err == -ENOSPC ? "there are more" : strerror(-err);

	if (count && err)
		snprintf(reason, size, "%zu network namespaces only: %s", count, why);
	else
		snprintf(reason, size, "%s", err ? why : count ? "" : "no such namespace");
}

int icmp_open(struct icmp **out, uint32_t netns, char *reason, size_t size)
{
	struct icmp *icmp = calloc(1, sizeof(*icmp));
	int err = -ENOMEM;

	*out = NULL;
	if (!icmp)
		goto fail;
	icmp->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = icmp->epoll_fd < 0 ? -errno : 0;
	if (err)
		goto fail;
	spaces_open(&icmp->spaces, netns, open_here, icmp);
	say_reason(icmp, reason, size);
	if (spaces_count(&icmp->spaces)) {
		*out = icmp;
		return 0;
	}
	err = icmp->spaces.err ? icmp->spaces.err : -ENOENT;
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
	spaces_close(&icmp->spaces);
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
			struct space *space =
				&icmp->spaces.spaces[events[i].data.u64 >> 1];
			bool v6 = events[i].data.u64 & 1;
			int fd = v6 ? space->icmp6_fd : space->icmp4_fd;
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

struct spaces *icmp_spaces(struct icmp *icmp)
{
	return &icmp->spaces;
}
