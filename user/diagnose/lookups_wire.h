/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside lookups: programs that ask name servers themselves. Only what did not
 * help is seen, so look-ups are told apart by what one of them asks but once.
 */
#ifndef CONNWATCH_LOOKUPS_WIRE_H
#define CONNWATCH_LOOKUPS_WIRE_H

#include "diagnose/lookups.h"

/* An answer that gave nothing. */
void wire_take_question(struct lookups *l, const struct rec_dns_answer *rec,
			const struct lookup_answer *answer);
/* One that did, perhaps by the next server, or in the next domain of a search list. */
void wire_take_help(struct lookups *l, const struct rec_dns_answer *rec,
		    const struct lookup_answer *answer);
/* The questions behind a look-up are told by the libc's word. */
void wire_forget(struct lookups *l, const struct rec_name_lookup *rec);

/* What to say first when servers said different things; @error: EAI_* of the libc. */
int lookup_worth(const struct lookup_answer *answer, int error);
void lookup_set_facts(struct attempt *a, const struct lookup_answer *answer);
/* Both known, and not the same: a name server may tell each network namespace something else. */
bool lookup_is_elsewhere(const struct rec_name_lookup *rec, const struct rec_flow *flow);

#endif
