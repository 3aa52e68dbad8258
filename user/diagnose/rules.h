/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From an attempt to a finding. A rule names one cause and says when it holds;
 * the first that holds wins, so a table reads from the most specific to the
 * least. A new cause is one row here and one in catalog/causes.c.
 */
#ifndef CONNWATCH_RULES_H
#define CONNWATCH_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnose/attempt.h"
#include "diagnose/finding.h"

struct rule {
	enum attempt_kind kind;
	int error;			/* positive errno; 0: no error; RULE_ANY_ERROR */
	const char *code;
	const char *cause;
	enum confidence confidence;
	bool (*holds)(const struct attempt *a);	/* NULL: always */
	void (*tell)(const struct attempt *a, struct finding *f);	/* values; NULL: none */
	const char *error_type;		/* NULL: the errno's name */
};

#define RULE_ANY_ERROR (-1)

struct rule_table {
	const struct rule *rules;
	size_t count;
};

/* One table a layer, asked in this order. */
extern const struct rule_table rules_firewall, rules_icmp, rules_dns, rules_queue, rules_tcp,
	rules_call, rules_datagram, rules_tls, rules_ssh;

/*
 * Judges @a and fills *@f, all but the texts, the wall-clock time and what the
 * host knows of the process. False: this was no failure; *@f is undefined.
 */
bool diagnose(const struct attempt *a, struct finding *f);

/* Values that several layers tell. */
void tell_gave_up_after(const struct attempt *a, struct finding *f);
void tell_neighbour(const struct attempt *a, struct finding *f);
/* The listener that was found (a->listener), and whose it is. */
void tell_found_listener(const struct attempt *a, struct finding *f);

/* Every fact of the attempt as evidence, in time order: evidence.c. */
void evidence_collect(const struct attempt *a, struct finding *f);

#endif
