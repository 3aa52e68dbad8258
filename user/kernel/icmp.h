/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMP errors that were delivered on this machine, with their sender: no
 * tracepoint gives the packet, so passive raw sockets do, a pair for each
 * network namespace (spaces.h).
 */
#ifndef CONNWATCH_ICMP_H
#define CONNWATCH_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/events.h"

struct icmp;
struct spaces;

typedef int (*icmp_record_fn)(void *ctx, const struct rec_hdr *rec);

/*
 * Listens in the namespace @netns only, or, with 0, in our own and those of the
 * other processes and names of this machine. 0, or a negative errno when not
 * even one could be had; @reason then says why, and also where only some could
 * (else it is ""). *@out is the caller's, for icmp_close(); NULL on failure.
 */
int icmp_open(struct icmp **out, uint32_t netns, char *reason, size_t size);
void icmp_close(struct icmp *icmp);	/* NULL: nothing */

/* Polls readable when an error waits. */
int icmp_fd(const struct icmp *icmp);
/*
 * Hands what waits to @fn as REC_ICMP_RECEIVED, a bounded number at a time; a
 * non-zero value that @fn returned ends it and comes back.
 */
int icmp_consume(struct icmp *icmp, icmp_record_fn fn, void *ctx);

/* The namespaces it listens in: records add to them, and the loop prunes them. */
struct spaces *icmp_spaces(struct icmp *icmp);

/*
 * The record of one datagram of a raw socket of @family (AF_INET: with its IP
 * header; AF_INET6: without), from @sender (16 bytes). False: not about a TCP
 * or UDP packet, cut short, or no destination unreachable. Time and namespace
 * are the caller's to fill in. (RFC 792, RFC 4443 section 3.1)
 */
bool icmp_parse(const uint8_t *data, size_t size, int family, const uint8_t *sender,
		struct rec_icmp_received *out);

#endif
