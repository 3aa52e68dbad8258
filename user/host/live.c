// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The host as it is now: /proc, the socket iterator, sock_diag. */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/address.h"
#include "host/host_ops.h"
#include "host/netns.h"
#include "host/timewait.h"
#include "host/ways.h"
#include "kernel/sockets.h"

/* How long an answer is good: in a flood the same process asks again and again. */
#define KEEP_NS 1000000000ULL
#define KEEP_LIMITS_NS 1000000ULL
/* Walks over all sockets of the machine are no more frequent than this. */
#define WALK_PAUSE_NS 100000000ULL

/* include/net/tcp_states.h */
enum { TCP_STATE_CLOSE = 7, TCP_STATE_LISTEN = 10 };

enum { LISTENERS_KEPT = 64, PROCESSES_KEPT = 256, NAMESPACES_KEPT = 16, WALKS_BURST = 8 };

struct kept_process {
	struct rec_process rec;
	uint64_t looked_ns;
};

struct kept_limits {
	struct rec_limits rec;
	uint64_t looked_ns;
};

struct kept_listener {
	struct rec_holder rec;
	uint64_t looked_ns;
};

struct live_host {
	struct host host;
	struct hooks *hooks;
	struct kept_process processes[PROCESSES_KEPT];
	struct kept_limits limits[NAMESPACES_KEPT];
	struct kept_listener listeners[LISTENERS_KEPT];
	struct ways ways;
	uint64_t walk_credit_ns;	/* time saved up for walks */
	uint64_t walked_ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* A token bucket: a burst of walks, then one each pause. */
static bool may_walk(struct live_host *self)
{
	uint64_t now = now_ns();

	self->walk_credit_ns += now - self->walked_ns;
	self->walked_ns = now;
	if (self->walk_credit_ns > WALKS_BURST * WALK_PAUSE_NS)
		self->walk_credit_ns = WALKS_BURST * WALK_PAUSE_NS;
	if (self->walk_credit_ns < WALK_PAUSE_NS)
		return false;
	self->walk_credit_ns -= WALK_PAUSE_NS;
	return true;
}

static void copy_text(char *out, size_t size, const char *text)
{
	size_t n = strnlen(text, size - 1);

	memcpy(out, text, n);
	out[n] = '\0';
}

/* The unified hierarchy's line of /proc/PID/cgroup, else systemd's own. */
static void read_cgroup(uint32_t pid, char *out, size_t size)
{
	char path[64], line[PATH_MAX + 32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/cgroup", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		const char *systemd = strstr(line, ":name=systemd:");
		const char *found = !strncmp(line, "0::", 3) ? line + 3 :
				    systemd ? systemd + strlen(":name=systemd:") : NULL;

		line[strcspn(line, "\n")] = '\0';
		if (found && (!out[0] || !strcmp(out, "/")))
			copy_text(out, size, found);
	}
	fclose(file);
}

static enum host_result live_process(struct host *host, struct rec_process *rec)
{
	struct live_host *self = (struct live_host *)host;
	struct kept_process *kept = &self->processes[rec->pid % PROCESSES_KEPT];
	uint64_t now = now_ns();
	char path[64];
	ssize_t n;

	if (kept->rec.pid == rec->pid && now - kept->looked_ns < KEEP_NS) {
		*rec = kept->rec;
		return rec->executable[0] || rec->cgroup[0] ? HOST_KEPT : HOST_NONE;
	}
	snprintf(path, sizeof(path), "/proc/%u/exe", rec->pid);
	n = readlink(path, rec->executable, sizeof(rec->executable) - 1);
	rec->executable[n > 0 ? n : 0] = '\0';
	read_cgroup(rec->pid, rec->cgroup, sizeof(rec->cgroup));
	kept->rec = *rec;
	kept->looked_ns = now;
	return rec->executable[0] || rec->cgroup[0] ? HOST_FRESH : HOST_NONE;
}

static void take_owner(void *ctx, const struct socket_row *row)
{
	struct rec_owner *rec = ctx;

	if (!rec->who.pid)
		rec->who = row->who;
}

static enum host_result live_owner(struct host *host, struct rec_owner *rec)
{
	struct live_host *self = (struct live_host *)host;
	struct sockets_query query = {
		.mode = SOCKETS_BY_INODE, .count = 1, .inodes = { rec->inode },
	};

	if (!self->hooks || !may_walk(self))
		return HOST_NONE;
	if (sockets_find(self->hooks, &query, take_owner, rec) || !rec->who.pid)
		return HOST_NONE;
	return HOST_FRESH;
}

/* Who most likely keeps others out: a listener, a socket that is only bound, a connection. */
static int holder_worth(int state)
{
	switch (state) {
	case TCP_STATE_LISTEN:
		return 3;
	case TCP_STATE_CLOSE:
		return 2;
	default:
		return 1;
	}
}

static void take_holder(void *ctx, const struct socket_row *row)
{
	struct rec_holder *rec = ctx;

	if (row->inode == rec->not_inode)
		return;
	if (!addr_is_unspecified(rec->addr) && !addr_is_unspecified(row->flow.saddr) &&
	    !addr_equal(rec->addr, row->flow.saddr))
		return;
	if (rec->state && holder_worth(rec->state) >= holder_worth(row->state))
		return;
	rec->who = row->who;
	rec->flow = row->flow;
	rec->state = row->state;
	rec->hook = HOOK_TASK_FILE;
}

static int find_timewait(void *ctx)
{
	return timewait_find(ctx) ? 0 : -ENOENT;
}

static enum host_result live_holder(struct host *host, uint32_t pid, struct rec_holder *rec)
{
	struct live_host *self = (struct live_host *)host;
	struct sockets_query query = {
		.mode = SOCKETS_BY_PORT, .netns = rec->netns, .port = rec->port,
		.protocol = rec->protocol,
	};

	if (!rec->port || !rec->netns)
		return HOST_NONE;
	if (self->hooks && may_walk(self))
		sockets_find(self->hooks, &query, take_holder, rec);
	if (!rec->state && rec->protocol == IPPROTO_TCP)
		netns_run(rec->netns, pid, find_timewait, rec);
	return rec->state ? HOST_FRESH : HOST_NONE;
}

/* Whether a listener would have taken a connection to @addr. */
static bool listener_takes(const struct socket_row *row, const uint8_t *addr)
{
	if (!addr_is_unspecified(row->flow.saddr))
		return addr_equal(row->flow.saddr, addr);
	if (row->flow.v6_socket)
		return !addr_is_v4(addr) || !row->v6only;
	return addr_is_v4(addr);
}

struct listener_search {
	struct rec_holder *rec;
	bool taken;	/* some listener would take it */
};

static void take_listener(void *ctx, const struct socket_row *row)
{
	struct listener_search *search = ctx;
	struct rec_holder *rec = search->rec;

	if (row->state != TCP_STATE_LISTEN)
		return;
	if (listener_takes(row, rec->addr)) {
		search->taken = true;
		return;
	}
	if (rec->state)
		return;
	rec->who = row->who;
	rec->flow = row->flow;
	rec->state = row->state;
	rec->hook = HOOK_TASK_FILE;
}

static struct kept_listener *kept_listener_of(struct live_host *self, const struct rec_holder *rec)
{
	return &self->listeners[(rec->port ^ rec->netns ^ rec->addr[15]) % LISTENERS_KEPT];
}

/* A port scan or a retrying client asks for the same again and again: answers are kept. */
static enum host_result live_listener(struct host *host, struct rec_holder *rec)
{
	struct live_host *self = (struct live_host *)host;
	struct kept_listener *kept = kept_listener_of(self, rec);
	struct listener_search search = { .rec = rec };
	struct sockets_query query = {
		.mode = SOCKETS_BY_PORT, .netns = rec->netns, .port = rec->port,
		.protocol = rec->protocol,
	};
	uint64_t now = now_ns();

	if (kept->rec.port == rec->port && kept->rec.netns == rec->netns &&
	    addr_equal(kept->rec.addr, rec->addr) && now - kept->looked_ns < KEEP_NS) {
		*rec = kept->rec;
		return rec->state ? HOST_KEPT : HOST_NONE;
	}
	if (!self->hooks || !may_walk(self) ||
	    sockets_find(self->hooks, &query, take_listener, &search))
		return HOST_NONE;
	if (search.taken)
		rec->state = 0;
	kept->rec = *rec;
	kept->looked_ns = now;
	return rec->state ? HOST_FRESH : HOST_NONE;
}

static bool scan_file(const char *path, const char *format, void *a, void *b)
{
	FILE *file = fopen(path, "re");
	char line[256];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, format, a, b) > 0;
	fclose(file);
	return found;
}

static int read_limits(void *ctx)
{
	struct rec_limits *rec = ctx;
	unsigned int low, high;

	if (scan_file("/proc/sys/net/ipv4/ip_local_port_range", "%u %u", &low, &high)) {
		rec->port_low = low;
		rec->port_high = high;
	}
	scan_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "%u",
		  &rec->unprivileged_port_start, NULL);
	scan_file("/proc/net/sockstat", "TCP: inuse %*u orphan %*u tw %u", &rec->time_wait, NULL);
	return rec->port_low ? 0 : -ENOENT;
}

static enum host_result live_limits(struct host *host, uint32_t pid, struct rec_limits *rec)
{
	struct live_host *self = (struct live_host *)host;
	struct kept_limits *kept = &self->limits[rec->netns % NAMESPACES_KEPT];
	uint64_t now = now_ns();

	if (kept->rec.netns == rec->netns && now - kept->looked_ns < KEEP_LIMITS_NS) {
		*rec = kept->rec;
		return rec->port_low ? HOST_KEPT : HOST_NONE;
	}
	netns_run(rec->netns, pid, read_limits, rec);
	kept->rec = *rec;
	kept->looked_ns = now;
	return rec->port_low ? HOST_FRESH : HOST_NONE;
}

static enum host_result live_next_hop(struct host *host, uint32_t pid, struct rec_next_hop *rec)
{
	return ways_next_hop(&((struct live_host *)host)->ways, pid, rec);
}

static enum host_result live_down_link(struct host *host, uint32_t pid, struct rec_down_link *rec)
{
	return ways_down_link(&((struct live_host *)host)->ways, pid, rec);
}

static void live_close(struct host *host)
{
	free(host);
}

static const struct host_ops live_ops = {
	.process = live_process,
	.owner = live_owner,
	.holder = live_holder,
	.listener = live_listener,
	.limits = live_limits,
	.next_hop = live_next_hop,
	.down_link = live_down_link,
	.close = live_close,
};

struct host *host_open_live(struct hooks *hooks)
{
	struct live_host *self = calloc(1, sizeof(*self));

	if (!self)
		return NULL;
	self->host.ops = &live_ops;
	self->hooks = hooks;
	return &self->host;
}
