// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/lookups.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "diagnose/dns.h"

/* Other types, search lists and servers follow within this; then the answer stands. */
#define ANSWER_STANDS_NS 1000000000ULL
/* The other family of the same look-up, asked for by a call of its own. */
#define OTHER_FAMILY_NS 1000000000ULL
#define NAME_SERVER_PORT 53

static bool is_negative(uint16_t rcode, uint16_t answers)
{
	return rcode || !answers;
}

/* What to say first when servers said different things. */
static int worth(const struct lookup_answer *answer, int error)
{
	bool final = error == EAI_NONAME || error == -5 /* EAI_NODATA */;

	switch (answer->rcode) {
	case DNS_NXDOMAIN:
		return final ? 4 : 1;
	case DNS_SERVFAIL:
		return 3;
	case DNS_REFUSED:
		return 2;
	default:
		return 1;
	}
}

static bool same_label(const char *a, const char *b)
{
	size_t n = strcspn(a, "."), m = strcspn(b, ".");

	return n == m && !strncasecmp(a, b, n);
}

static struct lookup_pending *find_pending(struct lookups *l, uint32_t pid, uint64_t inode,
					   const char *name)
{
	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++) {
		struct lookup_pending *p = &l->pending[i];

		if (p->deadline_ns && p->who.pid == pid && (pid || p->inode == inode) &&
		    same_label(p->answer.name, name))
			return p;
	}
	return NULL;
}

/* A free place, or that of the one that is due first. */
static struct lookup_pending *take_pending(struct lookups *l)
{
	struct lookup_pending *oldest = &l->pending[0];

	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++)
		if (l->pending[i].deadline_ns < oldest->deadline_ns)
			oldest = &l->pending[i];
	if (oldest->deadline_ns)
		lookups_expire(l, oldest->deadline_ns);
	return oldest;
}

static void set_facts(struct attempt *a, const struct lookup_answer *answer)
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

static void judge_pending(struct lookups *l, struct lookup_pending *p)
{
	struct attempt a = { .kind = ATTEMPT_LOOKUP };
	struct rec_name_lookup *rec = &a.rec.name_lookup;

	p->deadline_ns = 0;
	/* A name with addresses of one family only is no failure. */
	if (p->answer.rcode == DNS_NOERROR && !(p->no_data_a && p->no_data_aaaa))
		return;
	rec->hdr = (struct rec_hdr){ .size = sizeof(*rec), .kind = REC_NAME_LOOKUP,
				     .hook = p->answer.hook, .ts_ns = p->answer.ts_ns };
	rec->netns = p->answer.flow.netns;
	memcpy(rec->name, p->answer.name, sizeof(rec->name));
	a.who = p->who;
	a.lookup.by_wire = true;
	a.lookup.inode = p->inode;
	set_facts(&a, &p->answer);
	l->fn(l->ctx, &a);
}

static void take_answer(struct lookups *l, const struct rec_dns_answer *rec)
{
	struct lookup_answer *answer = &l->answers[l->answer_count % LOOKUP_ANSWERS_KEPT];
	struct lookup_pending *p;

	if (!dns_question(rec, answer->name, &answer->type))
		return;
	l->answer_count++;
	answer->ts_ns = rec->hdr.ts_ns;
	answer->pid = rec->who.pid;
	answer->rcode = rec->rcode;
	answer->answers = rec->answers;
	answer->hook = rec->hdr.hook;
	answer->flow = rec->flow;
	p = find_pending(l, rec->who.pid, rec->inode, answer->name);
	if (!is_negative(rec->rcode, rec->answers)) {
		if (p)
			p->deadline_ns = 0;	/* it got what it wanted in the end */
		return;
	}
	if (rec->in_lookup)
		return;		/* the libc will say what became of it */
	if (!p) {
		p = take_pending(l);
		memset(p, 0, sizeof(*p));
		p->who = rec->who;
		p->inode = rec->inode;
		p->answer = *answer;
	}
	/* Of a name with a search list the shortest is the one that was meant. */
	if (strlen(answer->name) <= strlen(p->answer.name))
		p->answer = *answer;
	p->no_data_a |= !rec->rcode && answer->type == DNS_TYPE_A;
	p->no_data_aaaa |= !rec->rcode && answer->type == DNS_TYPE_AAAA;
	p->deadline_ns = rec->hdr.ts_ns + ANSWER_STANDS_NS;
}

static void add_refusal(struct lookups *l, const struct rec_hdr *hdr, uint32_t pid, int error,
			const struct rec_flow *flow)
{
	l->refusals[l->refusal_count++ % LOOKUP_REFUSALS_KEPT] = (struct lookup_refusal){
		.ts_ns = hdr->ts_ns, .pid = pid, .error = error, .hook = hdr->hook,
		.flow = *flow,
	};
}

static bool is_query(const struct rec_flow *flow)
{
	return flow->dport == NAME_SERVER_PORT && flow->protocol == IPPROTO_UDP;
}

static const struct lookup_answer *find_answer(const struct lookups *l,
					       const struct rec_name_lookup *rec)
{
	const struct lookup_answer *best = NULL;

	for (size_t i = 0; i < LOOKUP_ANSWERS_KEPT; i++) {
		const struct lookup_answer *answer = &l->answers[i];

		if (answer->ts_ns < rec->started_ns || answer->ts_ns > rec->hdr.ts_ns ||
		    !is_negative(answer->rcode, answer->answers) ||
		    !dns_is_expansion(answer->name, rec->name))
			continue;
		if (!best || worth(answer, rec->error) > worth(best, rec->error))
			best = answer;
	}
	return best;
}

static const struct lookup_refusal *find_refusal(const struct lookups *l,
						 const struct rec_name_lookup *rec)
{
	for (size_t i = 0; i < LOOKUP_REFUSALS_KEPT; i++) {
		const struct lookup_refusal *refusal = &l->refusals[i];

		if (refusal->ts_ns >= rec->started_ns && refusal->ts_ns <= rec->hdr.ts_ns &&
		    refusal->pid == rec->who.pid)
			return refusal;
	}
	return NULL;
}

/* Two calls, one for each family, are one look-up; so is a family without records. */
static bool is_no_failure(const struct lookups *l, const struct rec_name_lookup *rec)
{
	const struct rec_name_lookup *told = &l->told;
	bool one_family = rec->family == AF_INET || rec->family == AF_INET6;

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
	return one_family && told->family && told->family != rec->family &&
	       told->who.pid == rec->who.pid && !strcmp(told->name, rec->name) &&
	       rec->hdr.ts_ns - told->hdr.ts_ns < OTHER_FAMILY_NS;
}

/* Its questions are told by the libc's word; a socket that was never connected has no process. */
static void forget_questions(struct lookups *l, const struct rec_name_lookup *rec)
{
	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++) {
		struct lookup_pending *p = &l->pending[i];

		if (p->deadline_ns && p->answer.ts_ns >= rec->started_ns &&
		    (!p->who.pid || p->who.pid == rec->who.pid) &&
		    dns_is_expansion(p->answer.name, rec->name))
			p->deadline_ns = 0;
	}
}

static void take_lookup(struct lookups *l, const struct rec_name_lookup *rec)
{
	const struct lookup_answer *answer = find_answer(l, rec);
	const struct lookup_refusal *refusal = find_refusal(l, rec);
	struct attempt a = { .kind = ATTEMPT_LOOKUP };

	forget_questions(l, rec);
	if (is_no_failure(l, rec))
		return;
	/* Of AAAA alone nothing may be there: no failure of the host. */
	if (answer && rec->family == AF_INET6 && answer->rcode == DNS_NOERROR)
		return;
	l->told = *rec;
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
	if (answer)
		set_facts(&a, answer);
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
		add_refusal(l, &rec->hdr, rec->udp_error.who.pid, rec->udp_error.err,
			    &rec->udp_error.flow);
		return true;
	case REC_CONNECT_RETURN:
		if (!(rec->call_return.flags & CALL_IN_LOOKUP) || !is_query(&rec->call_return.flow))
			return false;
		add_refusal(l, &rec->hdr, rec->call_return.who.pid, -rec->call_return.ret,
			    &rec->call_return.flow);
		return true;
	default:
		return false;
	}
}

void lookups_expire(struct lookups *l, uint64_t now_ns)
{
	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++)
		if (l->pending[i].deadline_ns && l->pending[i].deadline_ns <= now_ns)
			judge_pending(l, &l->pending[i]);
}

uint64_t lookups_deadline(const struct lookups *l)
{
	uint64_t first = 0;

	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++)
		if (l->pending[i].deadline_ns && (!first || l->pending[i].deadline_ns < first))
			first = l->pending[i].deadline_ns;
	return first;
}
