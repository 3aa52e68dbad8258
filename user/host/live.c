// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The host as it is now: /proc, the socket iterator, sock_diag. */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/address.h"
#include "host/host_ops.h"
#include "clock.h"
#include "host/kept.h"
#include "host/netns.h"
#include "host/rtnetlink.h"
#include "host/sock_diag.h"
#include "kernel/hooks.h"
#include "kernel/privileges.h"
#include "kernel/sockets.h"

/* include/net/tcp_states.h */
enum { TCP_STATE_CLOSE = 7, TCP_STATE_LISTEN = 10 };

#define MS_NS 1000000ULL
/* As long as a burst: meanwhile nothing else is likely to come up on that port. */
#define NOBODY_KEEP_NS (20 * MS_NS)

struct live_host {
	struct host host;
	struct hooks *hooks;	/* NULL: no socket walks */
	struct kept kept;
};

static void copy_text(char *out, size_t size, const char *text)
{
	size_t n = strnlen(text, size - 1);

	memcpy(out, text, n);
	out[n] = '\0';
}

/* What the kernel adds to the path of a file that was replaced, by an upgrade say (d_path). */
static void cut_deleted(char *path)
{
	static const char mark[] = " (deleted)";
	size_t length = strlen(path), marked = sizeof(mark) - 1;

	if (length > marked && !strcmp(path + length - marked, mark))
		path[length - marked] = '\0';
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

/* All look_* return whether anybody could look, whatever was found. */
static bool look_process(struct live_host *self, uint32_t pid, struct rec_hdr *hdr)
{
	struct rec_process *rec = (struct rec_process *)hdr;
	char path[64];
	ssize_t n;

	(void)self;
	(void)pid;
	/* In a pid namespace of our own that number is a stranger's. */
	if (!privileges_sees_all_pids())
		return false;
	snprintf(path, sizeof(path), "/proc/%u/exe", rec->pid);
	n = readlink(path, rec->executable, sizeof(rec->executable) - 1);
	rec->executable[n > 0 ? n : 0] = '\0';
	cut_deleted(rec->executable);
	read_cgroup(rec->pid, rec->cgroup, sizeof(rec->cgroup));
	return true;
}

static bool walk(struct live_host *self, const struct sockets_query *query, sockets_row_fn fn,
		 void *ctx)
{
	return self->hooks && !sockets_find(self->hooks, query, fn, ctx);
}

static void take_owner(void *ctx, const struct socket_row *row)
{
	struct rec_owner *rec = ctx;

	if (!rec->who.pid)
		rec->who = row->who;
}

static bool look_owner(struct live_host *self, uint32_t pid, struct rec_hdr *hdr)
{
	struct rec_owner *rec = (struct rec_owner *)hdr;
	struct sockets_query query = {
		.mode = SOCKETS_BY_INODE, .count = 1, .inodes = { rec->inode },
	};

	(void)pid;
	return walk(self, &query, take_owner, rec);
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
	rec->started_ns = row->started_ns;
}

static int find_timewait(void *ctx)
{
	return sock_diag_timewait(ctx);
}

static bool look_holder(struct live_host *self, uint32_t pid, struct rec_hdr *hdr)
{
	struct rec_holder *rec = (struct rec_holder *)hdr;
	struct sockets_query query = {
		.mode = SOCKETS_BY_PORT, .netns = rec->netns, .port = rec->port,
		.protocol = rec->protocol,
	};

	if (!rec->port || !rec->netns || !walk(self, &query, take_holder, rec))
		return false;
	if (rec->state || rec->protocol != IPPROTO_TCP)
		return true;
	return !netns_run(rec->netns, pid, find_timewait, rec);
}

/* Of every namespace (drivers/net/loopback.c). */
enum { LOOPBACK_IFINDEX = 1 };

/* Whether a listener would have taken a connection from this host to @addr. */
static bool listener_takes(const struct socket_row *row, const uint8_t *addr)
{
	if (row->flow.ifindex && row->flow.ifindex != LOOPBACK_IFINDEX)
		return false;
	if (!addr_is_unspecified(row->flow.saddr))
		return addr_equal(row->flow.saddr, addr);
	if (row->flow.v6_socket)
		return !addr_is_v4(addr) || !row->v6only;
	return addr_is_v4(addr);
}

/* One that would take it says most: it came up since. */
static void take_listener(void *ctx, const struct socket_row *row)
{
	struct rec_holder *rec = ctx;
	bool takes = listener_takes(row, rec->addr);

	if (row->state != TCP_STATE_LISTEN || (rec->state && (rec->takes || !takes)))
		return;
	rec->takes = takes;
	rec->who = row->who;
	rec->flow = row->flow;
	rec->state = row->state;
	rec->hook = HOOK_TASK_FILE;
}

static int find_listeners(void *ctx)
{
	struct rec_holder *rec = ctx;
	int err = sock_diag_listeners(rec->port, take_listener, rec);

	rec->hook = HOOK_SOCK_DIAG;
	return err;
}

static int name_device(void *ctx)
{
	struct rec_flow *flow = ctx;
	char name[IF_NAMESIZE];

	if (!if_indextoname(flow->ifindex, name))
		return -errno;
	memcpy(flow->ifname, name, sizeof(flow->ifname));
	return 0;
}

/*
 * The walk over every open file, which tells whose a listener is, only when there
 * is one. One that the walk does not meet is the kernel's own, or no process has it
 * open at present: then nobody's.
 */
static bool look_listener(struct live_host *self, uint32_t pid, struct rec_hdr *hdr)
{
	struct rec_holder *rec = (struct rec_holder *)hdr, found = *rec;
	struct sockets_query query = {
		.mode = SOCKETS_BY_PORT, .netns = rec->netns, .port = rec->port,
		.protocol = rec->protocol,
	};
	bool known = !netns_run(rec->netns, pid, find_listeners, &found);

	if (known && !found.state) {
		kept_store_nobody(&self->kept, rec, now_ns() + NOBODY_KEEP_NS);
		return true;
	}
	if (!walk(self, &query, take_listener, rec) && !known)
		return false;
	if (!rec->state && known)
		*rec = found;
	if (rec->flow.ifindex)
		netns_run(rec->netns, pid, name_device, &rec->flow);
	return true;
}

static void take_queue(void *ctx, const struct socket_row *row)
{
	struct rec_queue *rec = ctx;

	if (row->state != TCP_STATE_LISTEN || !listener_takes(row, rec->addr) || rec->flow.sport)
		return;
	rec->hdr.hook = HOOK_TASK_FILE;
	rec->who = row->who;
	rec->flow = row->flow;
	rec->depth = row->depth;
	rec->limit = row->limit;
}

static bool look_queue(struct live_host *self, uint32_t pid, struct rec_hdr *hdr)
{
	struct rec_queue *rec = (struct rec_queue *)hdr;
	struct sockets_query query = {
		.mode = SOCKETS_BY_PORT, .netns = rec->netns, .port = rec->port,
		.protocol = IPPROTO_TCP,
	};

	(void)pid;
	return walk(self, &query, take_queue, rec);
}

static bool look_domain(struct live_host *self, uint32_t pid, struct rec_hdr *hdr)
{
	struct rec_domain *rec = (struct rec_domain *)hdr;

	(void)pid;
	if (self->hooks)
		hooks_name_of(self->hooks, rec);
	return self->hooks;
}

static void take_name_server(void *ctx, const struct socket_row *row)
{
	struct rec_name_server *rec = ctx;

	if (row->who.pid == rec->pid)
		rec->serves = 1;
}

static bool look_name_server(struct live_host *self, uint32_t pid, struct rec_hdr *hdr)
{
	struct rec_name_server *rec = (struct rec_name_server *)hdr;
	struct sockets_query query = {
		.mode = SOCKETS_BY_PORT, .netns = rec->netns, .port = 53,
		.protocol = IPPROTO_UDP,
	};

	(void)pid;
	return walk(self, &query, take_name_server, rec);
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
	unsigned int low, high, cookies;

	if (scan_file("/proc/sys/net/ipv4/ip_local_port_range", "%u %u", &low, &high)) {
		rec->port_low = low;
		rec->port_high = high;
	}
	scan_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "%u",
		  &rec->unprivileged_port_start, NULL);
	scan_file("/proc/sys/net/core/somaxconn", "%u", &rec->somaxconn, NULL);
	if (scan_file("/proc/sys/net/ipv4/tcp_syncookies", "%u", &cookies, NULL))
		rec->syncookies = cookies;
	scan_file("/proc/net/sockstat", "TCP: inuse %*u orphan %*u tw %u", &rec->time_wait, NULL);
	return rec->port_low ? 0 : -ENOENT;
}

static bool look_limits(struct live_host *self, uint32_t pid, struct rec_hdr *hdr)
{
	struct rec_limits *rec = (struct rec_limits *)hdr;

	(void)self;
	return !netns_run(rec->netns, pid, read_limits, rec);
}

/* The questions that rtnetlink answers within the namespace. */
#define LOOK_THERE(name, type)                                                            \
	static int name##_there(void *ctx)                                                \
	{                                                                                 \
		return rtnetlink_##name(ctx);                                             \
	}                                                                                 \
	static bool look_##name(struct live_host *self, uint32_t pid, struct rec_hdr *hdr) \
	{                                                                                 \
		struct type *rec = (struct type *)hdr;                                    \
											  \
		(void)self;                                                               \
		return rec->netns && !netns_run(rec->netns, pid, name##_there, rec);      \
	}

LOOK_THERE(next_hop, rec_next_hop)
LOOK_THERE(down_link, rec_down_link)
LOOK_THERE(address, rec_address)

/* How long an answer is good; a process, a neighbour or a link changes within seconds. */
static const struct {
	uint16_t kind;
	uint64_t keep_ns;
	bool (*look)(struct live_host *self, uint32_t pid, struct rec_hdr *rec);
} looks[] = {
	{ REC_PROCESS, 1000 * MS_NS, look_process },
	{ REC_OWNER, 100 * MS_NS, look_owner },
	{ REC_HOLDER, 100 * MS_NS, look_holder },
	{ REC_LISTENER, 1000 * MS_NS, look_listener },
	{ REC_LIMITS, 1 * MS_NS, look_limits },
	{ REC_NEXT_HOP, 100 * MS_NS, look_next_hop },
	{ REC_DOWN_LINK, 100 * MS_NS, look_down_link },
	{ REC_ADDRESS, 100 * MS_NS, look_address },
	{ REC_QUEUE, 100 * MS_NS, look_queue },
	{ REC_DOMAIN, 0, look_domain },	/* a look in memory; the next name may come at once */
	{ REC_NAME_SERVER, 1000 * MS_NS, look_name_server },
};

static enum host_result live_ask(struct host *host, uint32_t pid, struct rec_hdr *rec)
{
	struct live_host *self = (struct live_host *)host;
	uint64_t now = now_ns(), done;
	size_t i = 0;

	if (kept_find(&self->kept, rec, now))
		return HOST_KEPT;
	/* To a recording it is news, which has an answer to every question. */
	if (kept_find_nobody(&self->kept, rec, now))
		return HOST_FRESH;
	while (looks[i].kind != rec->kind)
		i++;
	rec->unknown = !kept_may_look(&self->kept, now);
	if (rec->unknown)
		return HOST_FRESH;
	rec->unknown = !looks[i].look(self, pid, rec);
	done = now_ns();
	kept_looked(&self->kept, done - now);
	kept_store(&self->kept, rec, done + looks[i].keep_ns);
	return HOST_FRESH;
}

static void live_close(struct host *host)
{
	free(host);
}

static const struct host_ops live_ops = {
	.ask = live_ask,
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
