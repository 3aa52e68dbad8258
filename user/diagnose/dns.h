/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages of the domain name system (RFC 1035), and names in them. */
#ifndef CONNWATCH_DNS_H
#define CONNWATCH_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/events.h"

/* RFC 1035 section 4.1.1, section 3.2.2; RFC 3596, RFC 9460 */
enum { DNS_NOERROR = 0, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_REFUSED = 5 };
enum { DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28, DNS_TYPE_SVCB = 64, DNS_TYPE_HTTPS = 65 };

/*
 * The question of an answer: its name as text, at most NAME_LEN bytes with the
 * NUL, escaped as libresolv does, and its type. False: cut short or malformed.
 */
bool dns_question(const struct rec_dns_answer *rec, char *name, uint16_t *type);

/* Whether the message says of itself that it is cut short (TC). */
bool dns_is_truncated(const struct rec_dns_answer *rec);

/*
 * Whether @question was asked in the course of looking @name up: it is that
 * name, or that name with a domain of the search list behind it.
 */
bool dns_is_expansion(const char *question, const char *name);

/*
 * Whether a search list that lists a domain and then its parent may have asked
 * for @next after @question: the first labels are the same, and the domain
 * behind them in @next is one that @question's lies in.
 */
bool dns_is_next_in_search(const char *question, const char *next);

/* "NXDOMAIN", or a number. Static. */
const char *dns_rcode_name(unsigned int rcode);
/* "EAI_AGAIN", or "EAI_?". Static. */
const char *dns_lookup_error_name(int error);

#endif
