// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/lookups_wire.h"

#include <netdb.h>
#include <string.h>
#include <strings.h>

#include "diagnose/dns.h"

/* Other types, search lists and servers follow within this; then the answer stands. */
#define ANSWER_STANDS_NS 1000000000ULL
/* Between two questions of one look-up; who goes on asking has not ended the last yet. */
#define QUIET_NS 50000000ULL
/* A resolver asks a server that is in trouble so often at most (c-ares). */
#define TRIES_MAX 4

/* A process, or while none is known a socket. */
static bool is_asker(const struct lookup_pending *p, uint32_t pid, uint64_t inode)
{
	return p->deadline_ns && p->who.pid == pid && (pid || p->inode == inode);
}

static struct lookup_pending *find_pending(struct lookups *l, uint32_t pid, uint64_t inode,
					   const char *name)
{
	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++)
		if (is_asker(&l->pending[i], pid, inode) &&
		    !strcasecmp(l->pending[i].answer.name, name))
			return &l->pending[i];
	return NULL;
}

/* Time is told with every record: only what is due may cost a look at all of them. */
static void find_due(struct lookups *l)
{
	l->due_ns = 0;
	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++) {
		uint64_t deadline_ns = l->pending[i].deadline_ns;

		if (deadline_ns && (!l->due_ns || deadline_ns < l->due_ns))
			l->due_ns = deadline_ns;
	}
}

static uint32_t most(const uint32_t *counts)
{
	uint32_t n = 0;

	for (size_t i = 0; i < LOOKUP_TYPES; i++)
		if (counts[i] > n)
			n = counts[i];
	return n;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* How many look-ups of the name did not succeed. One family without addresses is no failure. */
static uint32_t count_failed(const struct lookup_counts *c)
{
	uint32_t no_data = least(c->no_data[LOOKUP_A], c->no_data[LOOKUP_AAAA]);
	uint32_t trouble = (most(c->trouble) + TRIES_MAX - 1) / TRIES_MAX;
	uint32_t n = most(c->no_name), helped = most(c->helped);

	n = n > no_data ? n : no_data;
	n = n > trouble ? n : trouble;
	return n > helped ? n - helped : 0;
}

static void tell_pending(struct lookups *l, const struct lookup_pending *p, uint32_t count)
{
	while (count--) {
		struct attempt a = { .kind = ATTEMPT_LOOKUP };
		struct rec_name_lookup *rec = &a.rec.name_lookup;

		rec->hdr = (struct rec_hdr){ .size = sizeof(*rec), .kind = REC_NAME_LOOKUP,
					     .hook = p->answer.hook, .ts_ns = p->answer.ts_ns };
		rec->netns = p->answer.flow.netns;
		memcpy(rec->name, p->answer.name, sizeof(rec->name));
		a.who = p->who;
		a.lookup.by_wire = true;
		a.lookup.inode = p->inode;
		a.lookup.is_own = true;
		lookup_set_facts(&a, &p->answer);
		l->fn(l->ctx, &a);
	}
}

/* What a search list made of the same name; @root is the name as it was meant, if it was asked. */
static bool is_of_search(const struct lookup_pending *p, const struct lookup_pending *root,
			 const struct lookup_pending *other)
{
	return is_asker(other, p->who.pid, p->inode) &&
	       (dns_is_expansion(other->answer.name, root->answer.name) ||
		dns_is_next_in_search(p->answer.name, other->answer.name));
}

static const struct lookup_pending *find_root(const struct lookups *l,
					      const struct lookup_pending *p)
{
	const struct lookup_pending *root = p;

	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++)
		if (is_asker(&l->pending[i], p->who.pid, p->inode) &&
		    dns_is_expansion(root->answer.name, l->pending[i].answer.name))
			root = &l->pending[i];
	return root;
}

static void take_off(uint32_t *counts, uint32_t n)
{
	for (size_t i = 0; i < LOOKUP_TYPES; i++)
		counts[i] -= least(counts[i], n);
}

/* Look-ups that were told are told, with the answers that helped some of them. */
static void forget_told(struct lookup_counts *c, uint32_t told)
{
	uint32_t helped = most(c->helped);

	take_off(c->no_name, told + helped);
	take_off(c->no_data, told + helped);
	take_off(c->trouble, (told + helped) * TRIES_MAX);
	take_off(c->helped, helped);
}

/*
 * @p is due. While its process goes on asking, the last look-up is not over: the
 * other type, the next server or domain may still be to come.
 */
static void judge_pending(struct lookups *l, struct lookup_pending *p, uint64_t now_ns)
{
	const struct lookup_pending *root = find_root(l, p);
	struct lookup_pending *group[LOOKUP_PENDING_MAX];
	bool goes_on = false;
	size_t size = 0;
	uint32_t n = 0;

	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++) {
		struct lookup_pending *other = &l->pending[i];
		uint32_t failed = count_failed(&other->counts);

		if (other != p && !is_of_search(p, root, other))
			continue;
		group[size++] = other;
		goes_on |= now_ns - other->last_ns < QUIET_NS;
		n = failed > n ? failed : n;
	}
	if (goes_on && n)
		n--;
	tell_pending(l, root, n);
	for (size_t i = 0; i < size; i++) {
		forget_told(&group[i]->counts, n);
		group[i]->deadline_ns = goes_on ? now_ns + ANSWER_STANDS_NS : 0;
	}
}

/* A free place, or that of the one that is due first: it is judged on what is known by now. */
static struct lookup_pending *take_pending(struct lookups *l)
{
	struct lookup_pending *oldest = &l->pending[0];

	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++)
		if (l->pending[i].deadline_ns < oldest->deadline_ns)
			oldest = &l->pending[i];
	if (oldest->deadline_ns)
		judge_pending(l, oldest, UINT64_MAX);
	return oldest;
}

static enum lookup_type type_of(uint16_t type)
{
	switch (type) {
	case DNS_TYPE_A:
		return LOOKUP_A;
	case DNS_TYPE_AAAA:
		return LOOKUP_AAAA;
	case DNS_TYPE_SVCB:
	case DNS_TYPE_HTTPS:
		return LOOKUP_SERVICE;
	default:
		return LOOKUP_OTHER;
	}
}

void wire_take_help(struct lookups *l, const struct rec_dns_answer *rec,
		    const struct lookup_answer *answer)
{
	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++) {
		struct lookup_pending *p = &l->pending[i];

		if (!is_asker(p, rec->who.pid, rec->inode) ||
		    (!dns_is_expansion(answer->name, p->answer.name) &&
		     !dns_is_expansion(p->answer.name, answer->name) &&
		     !dns_is_next_in_search(p->answer.name, answer->name)))
			continue;
		p->counts.helped[type_of(answer->type)]++;
		p->last_ns = answer->ts_ns;
	}
}

/* The same message to the same socket: the question was sent twice. */
static bool is_repeated(struct lookup_pending *p, const struct rec_dns_answer *rec,
			enum lookup_type type)
{
	uint32_t message = (uint32_t)rec->flow.sport << 16 | (uint32_t)rec->data[0] << 8 |
			   rec->data[1];
	bool same = p->message[type] == message;

	p->message[type] = message;
	return same;
}

static void count_answer(struct lookup_pending *p, const struct lookup_answer *answer)
{
	enum lookup_type type = type_of(answer->type);

	if (answer->rcode == DNS_NXDOMAIN)
		p->counts.no_name[type]++;
	else if (!answer->rcode)
		p->counts.no_data[type]++;
	else if (!most(p->counts.trouble) ||
		 addr_equal(answer->flow.daddr, p->answer.flow.daddr))
		p->counts.trouble[type]++;
	if (lookup_worth(answer, EAI_NONAME) >= lookup_worth(&p->answer, EAI_NONAME))
		p->answer = *answer;
	p->last_ns = answer->ts_ns;
}

void wire_take_question(struct lookups *l, const struct rec_dns_answer *rec,
			const struct lookup_answer *answer)
{
	struct lookup_pending *p = find_pending(l, rec->who.pid, rec->inode, answer->name);

	if (!p) {
		p = take_pending(l);
		*p = (struct lookup_pending){
			.answer = *answer, .who = rec->who, .inode = rec->inode,
			.first_ns = answer->ts_ns,
			.deadline_ns = answer->ts_ns + ANSWER_STANDS_NS,
		};
		if (!l->due_ns || p->deadline_ns < l->due_ns)
			l->due_ns = p->deadline_ns;
	}
	if (!is_repeated(p, rec, type_of(answer->type)))
		count_answer(p, answer);
}

/* A socket that was never connected has no process that is known. */
static bool is_of_thread(const struct lookup_pending *p, const struct rec_name_lookup *rec)
{
	return p->who.pid ? p->who.pid == rec->who.pid && p->who.tid == rec->who.tid :
			    !lookup_is_elsewhere(rec, &p->answer.flow);
}

void wire_forget(struct lookups *l, const struct rec_name_lookup *rec)
{
	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++) {
		struct lookup_pending *p = &l->pending[i];

		if (p->deadline_ns && p->first_ns >= rec->started_ns && is_of_thread(p, rec) &&
		    dns_is_expansion(p->answer.name, rec->name))
			p->deadline_ns = 0;
	}
	find_due(l);
}

void lookups_expire(struct lookups *l, uint64_t now_ns)
{
	if (!l->due_ns || now_ns < l->due_ns)
		return;
	for (size_t i = 0; i < LOOKUP_PENDING_MAX; i++)
		if (l->pending[i].deadline_ns && l->pending[i].deadline_ns <= now_ns)
			judge_pending(l, &l->pending[i], now_ns);
	find_due(l);
}

uint64_t lookups_deadline(const struct lookups *l)
{
	return l->due_ns;
}
