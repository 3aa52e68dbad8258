/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks at this host that go with a record: whose socket, who holds a port,
 * which executable. Read-only. Every answer is itself a record: `record` writes
 * it before the record that asked, and a replay answers from there, so that a
 * replay tells what the live run told.
 */
#ifndef CONNWATCH_HOST_H
#define CONNWATCH_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/events.h"

struct hooks;
struct host;

typedef void (*host_answer_fn)(void *ctx, const struct rec_hdr *answer);

/* A host that looks at the machine; @hooks may be NULL (no socket walks). NULL: no memory. */
struct host *host_open_live(struct hooks *hooks);
/* A host that knows what host_learn() told it. */
struct host *host_open_replay(void);
void host_close(struct host *host);

/* Every answer of a live host is handed to @fn too. */
void host_tee(struct host *host, host_answer_fn fn, void *ctx);
/* An answer met in a recording; other kinds are ignored. */
void host_learn(struct host *host, const struct rec_hdr *answer);

/*
 * All return false, with *@out zeroed but for the question, when there is no such
 * thing, and also when nobody could look (no time left for it, no permission,
 * not in the recording): (*@out).hdr.unknown tells the one from the other.
 */

/* Executable and cgroup path of a process that is still there. */
bool host_process(struct host *host, const struct rec_who *who, struct rec_process *out);
/* The process that has the socket with this inode open. */
bool host_owner(struct host *host, uint64_t inode, struct rec_owner *out);
/*
 * The socket that keeps others from a local port. @asked: what was asked for
 * (saddr, sport, protocol, netns, v6_socket); @asker: a process in that
 * namespace; @inode: its own socket, which does not count.
 */
bool host_holder(struct host *host, const struct rec_flow *asked, const struct rec_who *asker,
		 uint64_t inode, struct rec_holder *out);
/*
 * A listener on the port that @refused was sent to (daddr, dport, netns), which
 * takes connections on other addresses, another family or another device only;
 * its process may not be known. @who: a process that is probably of that namespace.
 * False as well when one would take this very connection, so it came up since:
 * @out->takes then.
 */
bool host_listener(struct host *host, const struct rec_flow *refused, const struct rec_who *who,
		   struct rec_holder *out);
/* The accept queue of the listener that connections to (daddr, dport, netns) of @asked go to. */
bool host_queue(struct host *host, const struct rec_flow *asked, struct rec_queue *out);
/* Port range, first unprivileged port, TIME_WAIT sockets of the namespace @who lives in. */
bool host_limits(struct host *host, uint32_t netns, const struct rec_who *who,
		 struct rec_limits *out);
/* The way to @daddr: next hop, device, state of the neighbour. @who: a process of the namespace. */
bool host_next_hop(struct host *host, const uint8_t *daddr, uint32_t netns,
		   const struct rec_who *who, struct rec_next_hop *out);
/* The name whose look-up gave the process @pid the address @addr. */
bool host_domain(struct host *host, const uint8_t *addr, uint32_t pid, struct rec_domain *out);
/* Whether the process has a socket on port 53 of the namespace: it asks for its own clients. */
bool host_is_name_server(struct host *host, uint32_t pid, uint32_t netns);
/* Whether @addr is an address of the namespace @who lives in. */
bool host_address(struct host *host, const uint8_t *addr, uint32_t netns,
		  const struct rec_who *who, struct rec_address *out);
/* An interface of the namespace that is down and would lead to @daddr. */
bool host_down_link(struct host *host, const uint8_t *daddr, uint32_t netns,
		    const struct rec_who *who, struct rec_down_link *out);

#endif
