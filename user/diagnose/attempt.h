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
	ATTEMPT_SSH,		/* a login by ssh that was refused: rec.ssh_denied */
	ATTEMPT_INBOUND,	/* a SYN from outside that this host refused: rec.reset_sent */
	ATTEMPT_LOOKUP,		/* a name that was not resolved: rec.name_lookup, lookup */
	ATTEMPT_QUEUE,		/* requests met a full queue of a listener: rec.queue_full */
};

/* What is known of a look-up beside what the libc said. */
struct lookup_facts {
	bool has_answer;		/* a name server answered: no such thing */
	bool is_own;			/* it came to a socket of this very look-up */
	uint32_t answered_pid;		/* the process it came to, 0: not known */
	bool by_wire;			/* no libc said anything: the program asked itself */
	bool is_name_server;		/* it asked on behalf of its own clients */
	uint16_t rcode;
	uint16_t type;			/* of the question, RFC 1035 */
	uint16_t hook;
	uint64_t answer_ns;
	uint64_t inode;			/* of the socket, by_wire */
	int refused;			/* errno that the query met; 0: none */
	uint16_t refused_hook;
	uint64_t refused_ns;
	char question[NAME_LEN];	/* as it was asked: with a domain of the search list */
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
	struct lookup_facts lookup;
	bool has_domain;		/* the look-up that gave the destination */
	struct rec_domain domain;
	bool has_limits;
	struct rec_limits limits;
};

/* Fills *@a from a kernel record; false when it is no operation's end. */
bool attempt_from_record(struct attempt *a, const union record *rec);

/* Whether the ICMP error that came in was sent by this host itself. */
bool attempt_icmp_is_own(const struct attempt *a);

/* Whether a look gave this answer, a member of the attempt: also that there is no such thing. */
bool attempt_looked(const struct rec_hdr *answer);

/* Whether this host asked for the connection, so that it may have looked a name up. */
bool attempt_is_outgoing(const struct attempt *a);

/*
 * Whether the name is what the attempt was for: it is none, or one of several
 * that the process has the address for, when the latest was not looked up just
 * before, and alone.
 */
bool attempt_is_named(const struct attempt *a, const struct rec_domain *domain);

/* The id that rec_repeats may refer to it by; 0: none. */
uint64_t attempt_repeat_id(const struct attempt *a);
/* Milliseconds from the attempt's start to @ts_ns; NAN when the start is not known. */
double attempt_ms(const struct attempt *a, uint64_t ts_ns);

#endif
