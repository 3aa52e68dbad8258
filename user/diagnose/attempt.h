/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An attempt: one operation with every fact that belongs to it joined. Rules
 * read attempts and nothing else.
 */
#ifndef CONNWATCH_ATTEMPT_H
#define CONNWATCH_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "diagnose/decode.h"
#include "host/address.h"

enum attempt_kind {
	ATTEMPT_CONNECT,	/* a TCP connect that ended after SYN_SENT: rec.tcp_end */
	ATTEMPT_CONNECTION,	/* an established connection that broke: rec.tcp_end */
	ATTEMPT_CONNECT_CALL,	/* connect() that failed at once: rec.call_return */
	ATTEMPT_BIND,		/* rec.call_return */
	ATTEMPT_LISTEN,		/* rec.call_return */
	ATTEMPT_UDP,		/* an ICMP error on a UDP socket: rec.udp_error */
	ATTEMPT_NEIGHBOUR,	/* rec.neigh_failed */
	ATTEMPT_TLS,		/* a server certificate that a client rejected: rec.tls_failed */
	ATTEMPT_INBOUND,	/* a SYN from outside that this host refused: rec.reset_sent */
	ATTEMPT_QUEUE,		/* requests met a full queue of a listener: rec.queue_full */
};

struct attempt {
	enum attempt_kind kind;
	union record rec;
	struct rec_who who;		/* pid 0: not known */
	struct rec_flow flow;
	int error;			/* positive errno; 0: given up, or none */
	bool local;			/* both ends in one network namespace */

	bool has_neigh;			/* the neighbour on its way failed */
	struct rec_neigh_failed neigh;
	bool has_icmp;			/* an ICMP error about its packets came in: the newest */
	struct rec_icmp_received icmp;
	bool next_hop_asked;
	bool has_next_hop;		/* its way, looked up after its end */
	struct rec_next_hop next_hop;
	bool has_down_link;		/* an interface that is down would lead there */
	struct rec_down_link down_link;
	bool may_be_handshake;		/* a client of ours may have ended its handshake so */
	unsigned int waited;		/* a failed neighbour: attempts that ended with it */
	bool has_holder;
	struct rec_holder holder;
	bool has_listener;		/* on the port, but not on the address asked for */
	struct rec_holder listener;
	bool has_address;		/* the address asked for is one of this host's */
	struct rec_address address;
	bool has_queue;			/* of the listener that it went to on this host */
	struct rec_queue queue;
	bool has_limits;
	struct rec_limits limits;
};

/* Fills *@a from a kernel record; false when it is no operation's end. */
bool attempt_from_record(struct attempt *a, const union record *rec);

/* Whether the ICMP error that came in was sent by this host itself. */
bool attempt_icmp_is_own(const struct attempt *a);

/* Milliseconds from the attempt's start to @ts_ns; NAN when the start is not known. */
double attempt_ms(const struct attempt *a, uint64_t ts_ns);

#endif
