// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/lookups.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "diagnose/dns.h"
#include "diagnose/lookups_wire.h"

/* The other family of the same look-up, asked for by a call of its own. */
#define OTHER_FAMILY_NS 1000000000ULL
#define NAME_SERVER_PORT 53

void lookups_init(struct lookups *l, lookup_fn fn, void *ctx)
{
	l->fn = fn;
	l->ctx = ctx;
}

static bool is_negative(uint16_t rcode, uint16_t answers)
{
	return rcode || !answers;
}

int lookup_worth(const struct lookup_answer *answer, int error)
{
	bool final = error == EAI_NONAME || error == -5 /* EAI_NODATA */;

	switch (answer->rcode) {
	case DNS_NXDOMAIN:
		return final ? 4 : 1;
	case DNS_SERVFAIL:
		return 3;
	case DNS_REFUSED:
		return 2;
	case DNS_NOERROR:
		return 0;
	default:
		return 1;
	}
}

void lookup_set_facts(struct attempt *a, const struct lookup_answer *answer)
{
	a->lookup.has_answer = true;
	a->lookup.rcode = answer->rcode;
	a->lookup.type = answer->type;
	a->lookup.hook = answer->hook;
	a->lookup.answer_ns = answer->ts_ns;
	memcpy(a->lookup.question, answer->name, sizeof(a->lookup.question));
	a->flow = answer->flow;
	a->local = addr_is_loopback(answer->flow.daddr);
}

static void take_answer(struct lookups *l, const struct rec_dns_answer *rec)
{
	struct lookup_answer *answer, fresh = {
		.ts_ns = rec->hdr.ts_ns, .pid = rec->who.pid, .tid = rec->who.tid,
		.rcode = rec->rcode, .answers = rec->answers, .hook = rec->hdr.hook,
		.flow = rec->flow,
	};

	/* The whole answer is asked for by TCP then, and not seen. */
	if (dns_is_truncated(rec) && is_negative(rec->rcode, rec->answers))
		return;
	if (!dns_question(rec, fresh.name, &fresh.type))
		return;
	answer = &l->answers[l->answer_count++ % LOOKUP_ANSWERS_KEPT];
	*answer = fresh;
	/* Of one that the libc asked for, the libc will say what became of it. */
	if (rec->in_lookup)
		return;
	if (is_negative(rec->rcode, rec->answers))
		wire_take_question(l, rec, answer);
	else
		wire_take_help(l, rec, answer);
}

static void add_refusal(struct lookups *l, const struct rec_hdr *hdr, const struct rec_who *who,
			int error, const struct rec_flow *flow)
{
	l->refusals[l->refusal_count++ % LOOKUP_REFUSALS_KEPT] = (struct lookup_refusal){
		.ts_ns = hdr->ts_ns, .pid = who->pid, .tid = who->tid, .error = error,
		.hook = hdr->hook, .flow = *flow,
	};
}

static bool is_query(const struct rec_flow *flow)
{
	return flow->dport == NAME_SERVER_PORT && flow->protocol == IPPROTO_UDP;
}

bool lookup_is_elsewhere(const struct rec_name_lookup *rec, const struct rec_flow *flow)
{
	return flow->netns && rec->netns && flow->netns != rec->netns;
}

enum kinship {
	KIN_NONE,	/* another look-up's */
	KIN_POSSIBLE,	/* another process', which may ask for this one, or not known whose */
	KIN_OWN,
};

static enum kinship kinship(const struct lookup_answer *answer, const struct rec_name_lookup *rec)
{
	if (answer->ts_ns < rec->started_ns || answer->ts_ns > rec->hdr.ts_ns ||
	    lookup_is_elsewhere(rec, &answer->flow) || !dns_is_expansion(answer->name, rec->name))
		return KIN_NONE;
	if (!answer->pid || answer->pid != rec->who.pid)
		return KIN_POSSIBLE;
	return answer->tid == rec->who.tid ? KIN_OWN : KIN_NONE;
}

/*
 * "Try again" is no answer's word: that a name of the search list does not exist, or
 * that one family has no address, came beside what nobody answered.
 */
static bool may_explain(const struct lookup_answer *answer, int error)
{
	return error != EAI_AGAIN ||
	       (answer->rcode != DNS_NXDOMAIN && answer->rcode != DNS_NOERROR);
}

static const struct lookup_answer *find_answer(const struct lookups *l,
					       const struct rec_name_lookup *rec, bool *own)
{
	const struct lookup_answer *best = NULL;
	enum kinship best_kin = KIN_NONE;

	for (size_t i = 0; i < LOOKUP_ANSWERS_KEPT; i++) {
		const struct lookup_answer *answer = &l->answers[i];
		enum kinship kin = kinship(answer, rec);

		if (!is_negative(answer->rcode, answer->answers) ||
		    !may_explain(answer, rec->error) || kin < best_kin)
			continue;
		if (kin > best_kin ||
		    (best && lookup_worth(answer, rec->error) > lookup_worth(best, rec->error))) {
			best = answer;
			best_kin = kin;
		}
	}
	*own = best_kin == KIN_OWN;
	return best;
}

static const struct lookup_refusal *find_refusal(const struct lookups *l,
						 const struct rec_name_lookup *rec)
{
	for (size_t i = 0; i < LOOKUP_REFUSALS_KEPT; i++) {
		const struct lookup_refusal *refusal = &l->refusals[i];

		if (refusal->ts_ns >= rec->started_ns && refusal->ts_ns <= rec->hdr.ts_ns &&
		    refusal->pid == rec->who.pid && refusal->tid == rec->who.tid)
			return refusal;
	}
	return NULL;
}

static bool other_family_was_told(const struct lookups *l, const struct rec_name_lookup *rec)
{
	if (rec->family != AF_INET && rec->family != AF_INET6)
		return false;
	for (size_t i = 0; i < LOOKUP_TOLD_KEPT; i++) {
		const struct rec_name_lookup *told = &l->told[i];

		if (told->family && told->family != rec->family &&
		    told->who.pid == rec->who.pid && !strcmp(told->name, rec->name) &&
		    rec->hdr.ts_ns - told->hdr.ts_ns < OTHER_FAMILY_NS)
			return true;
	}
	return false;
}

/* Two calls, one for each family, are one look-up; so is a family without records. */
static bool is_no_failure(const struct lookups *l, const struct rec_name_lookup *rec)
{
	switch (rec->error) {
	case EAI_NONAME:
	case EAI_AGAIN:
	case EAI_FAIL:
		break;
	case -5:	/* EAI_NODATA */
	case -9:	/* EAI_ADDRFAMILY */
		if (rec->family == AF_INET6)
			return true;
		break;
	default:
		return true;	/* wrong arguments, no memory */
	}
	return other_family_was_told(l, rec);
}

static void take_lookup(struct lookups *l, const struct rec_name_lookup *rec)
{
	struct attempt a = { .kind = ATTEMPT_LOOKUP };
	const struct lookup_answer *answer = find_answer(l, rec, &a.lookup.is_own);
	const struct lookup_refusal *refusal = find_refusal(l, rec);

	wire_forget(l, rec);
	if (is_no_failure(l, rec))
		return;
	/* Of AAAA alone nothing may be there: no failure of the host. */
	if (answer && rec->family == AF_INET6 && answer->rcode == DNS_NOERROR)
		return;
	l->told[l->told_count++ % LOOKUP_TOLD_KEPT] = *rec;
	a.rec.name_lookup = *rec;
	a.who = rec->who;
	a.flow.netns = rec->netns;
	if (refusal) {
		a.lookup.refused = refusal->error;
		a.lookup.refused_hook = refusal->hook;
		a.lookup.refused_ns = refusal->ts_ns;
		a.flow = refusal->flow;
		a.local = addr_is_loopback(refusal->flow.daddr);
	}
	if (answer) {
		lookup_set_facts(&a, answer);
		a.lookup.answered_pid = answer->pid;
	}
	l->fn(l->ctx, &a);
}

bool lookups_take(struct lookups *l, const union record *rec)
{
	switch (rec->hdr.kind) {
	case REC_DNS_ANSWER:
		take_answer(l, &rec->dns_answer);
		return true;
	case REC_NAME_LOOKUP:
		take_lookup(l, &rec->name_lookup);
		return true;
	case REC_UDP_ERROR:
		if (!rec->udp_error.in_lookup || !is_query(&rec->udp_error.flow))
			return false;
		add_refusal(l, &rec->hdr, &rec->udp_error.who, rec->udp_error.err,
			    &rec->udp_error.flow);
		return true;
	case REC_CONNECT_RETURN:
		if (!(rec->call_return.flags & CALL_IN_LOOKUP) || !is_query(&rec->call_return.flow))
			return false;
		add_refusal(l, &rec->hdr, &rec->call_return.who, -rec->call_return.ret,
			    &rec->call_return.flow);
		return true;
	default:
		return false;
	}
}

void lookups_join_host(struct host *host, struct attempt *a)
{
	struct lookup_facts *facts = &a->lookup;
	struct rec_owner owner;

	if (!a->who.pid && facts->inode && host_owner(host, facts->inode, &owner))
		a->who = owner.who;
	facts->is_name_server = facts->by_wire && a->who.pid &&
				host_is_name_server(host, a->who.pid, a->flow.netns);
	/* Only who asks for others may have asked for this process. */
	if (facts->has_answer && !facts->is_own && facts->answered_pid &&
	    !host_is_name_server(host, facts->answered_pid, a->flow.netns)) {
		facts->has_answer = false;
		a->flow = (struct rec_flow){ .netns = a->flow.netns };
		a->local = false;
	}
}
