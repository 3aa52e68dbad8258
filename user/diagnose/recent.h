/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The newest facts that may explain an attempt without being part of it:
 * neighbours that failed, ICMP errors that came in. Bounded: the oldest go.
 */
#ifndef CONNWATCH_RECENT_H
#define CONNWATCH_RECENT_H

#include <stddef.h>

#include "diagnose/attempt.h"

enum {
	LOGINS_KEPT = 64,
	NEIGHBOURS_KEPT = 64,
	ICMPS_KEPT = 256,
	HANDSHAKES_KEPT = 64,
	QUEUES_KEPT = 64,
	NAMED_KEPT = 256,
};

/* A name that an attempt of a process to an address had. */
struct recent_named {
	uint32_t pid;
	uint8_t addr[16];
	uint64_t name_hash;
};

struct recent {
	struct rec_neigh_failed neighbours[NEIGHBOURS_KEPT];
	size_t neighbour_count;		/* ever seen; the newest is at count - 1 */
	struct rec_icmp_received icmps[ICMPS_KEPT];
	size_t icmp_count;
	struct rec_ssh_denied logins[LOGINS_KEPT];
	size_t login_count;
	struct rec_tls_failed handshakes[HANDSHAKES_KEPT];
	size_t handshake_count;
	struct rec_queue_full queues[QUEUES_KEPT];
	size_t queue_count;
	struct recent_named named[NAMED_KEPT];
	size_t named_count;
};

/* A login that a client on this machine told of. */
void recent_add_login(struct recent *r, const struct rec_ssh_denied *login);
/* Whether the login that a server tells of is one of those. */
bool recent_has_login(const struct recent *r, const struct rec_ssh_denied *login);

void recent_add_neighbour(struct recent *r, const struct rec_neigh_failed *neigh);
void recent_add_icmp(struct recent *r, const struct rec_icmp_received *icmp);

void recent_add_handshake(struct recent *r, const struct rec_tls_failed *rec);

/*
 * The newest handshake that failed, or is said to perhaps, whose server hears of
 * its end by @a: what it had still sent was answered with a reset. Or NULL.
 */
const struct rec_tls_failed *recent_handshake(const struct recent *r, const struct attempt *a);

/* A listener's queue that was full; rec->who is the listener's by now. */
void recent_add_queue(struct recent *r, const struct rec_queue_full *rec);
/*
 * The @index-th newest accept queue that was full, in the lifetime of @a, on the
 * port it went to, at its address or at any; NULL past the last.
 */
const struct rec_queue_full *recent_queue(const struct recent *r, const struct attempt *a,
					  size_t index);

/*
 * Whether the process had its address from @domain when @a ended: looked up by then, or an
 * earlier attempt had that name, too, and it was only looked up again since.
 */
bool recent_had_name(struct recent *r, const struct attempt *a, const struct rec_domain *domain);

/* The newest failure of neighbour @addr in the attempt's namespace, fresh by its end; or NULL. */
const struct rec_neigh_failed *recent_neighbour(const struct recent *r, const struct attempt *a,
						const uint8_t *addr);
/* The same for any neighbour on the device that the attempt's route left by. */
const struct rec_neigh_failed *recent_gateway(const struct recent *r, const struct attempt *a);

/* Whether @icmp is about a packet of @a, sent in its lifetime. */
bool icmp_is_about(const struct rec_icmp_received *icmp, const struct attempt *a);
/* The newest ICMP error about a packet of @a, or NULL. */
const struct rec_icmp_received *recent_icmp(const struct recent *r, const struct attempt *a);

#endif
