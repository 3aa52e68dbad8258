// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/kept.h"

#include <string.h>

#include "host/host_ops.h"
#include "hash.h"

#define CREDIT_SHARE 20
#define CREDIT_MAX_NS 100000000LL

static size_t place(const struct rec_hdr *rec)
{
	const struct host_question *q = host_question(rec);
	uint64_t hash = hash_bytes(HASH_BEGIN, &rec->kind, sizeof(rec->kind));

	hash = hash_bytes(hash, (const char *)rec + q->begin, q->end - q->begin);
	return (hash ^ hash >> 32) % ANSWERS_KEPT;
}

static const struct kept_answer *answer_to(const struct kept *kept, const struct rec_hdr *question,
					   uint64_t now_ns)
{
	const struct kept_answer *answer = &kept->answers[place(question)];

	if (now_ns >= answer->until_ns || host_question_compare(&answer->rec.hdr, question))
		return NULL;
	return answer;
}

bool kept_find(const struct kept *kept, struct rec_hdr *rec, uint64_t now_ns)
{
	const struct kept_answer *answer = answer_to(kept, rec, now_ns);

	if (!answer)
		return false;
	memcpy(rec, &answer->rec, rec->size);
	return true;
}

/* An address that no failure has: a connect() to it goes to the loopback address. */
static struct rec_holder at_no_address(const struct rec_holder *rec)
{
	struct rec_holder none = *rec;

	memset(none.addr, 0, sizeof(none.addr));
	return none;
}

bool kept_find_nobody(const struct kept *kept, const struct rec_hdr *rec, uint64_t now_ns)
{
	const struct kept_answer *answer;
	struct rec_holder nobody;

	if (rec->kind != REC_LISTENER)
		return false;
	nobody = at_no_address((const struct rec_holder *)rec);
	answer = answer_to(kept, &nobody.hdr, now_ns);
	return answer && !answer->rec.hdr.unknown && !answer->rec.holder.state;
}

void kept_store_nobody(struct kept *kept, const struct rec_holder *rec, uint64_t until_ns)
{
	struct rec_holder nobody = at_no_address(rec);

	kept_store(kept, &nobody.hdr, until_ns);
}

void kept_store(struct kept *kept, const struct rec_hdr *rec, uint64_t until_ns)
{
	struct kept_answer *answer = &kept->answers[place(rec)];

	memcpy(&answer->rec, rec, rec->size);
	answer->until_ns = until_ns;
}

bool kept_may_look(struct kept *kept, uint64_t now_ns)
{
	kept->credit_ns += (int64_t)((now_ns - kept->counted_ns) / CREDIT_SHARE);
	kept->counted_ns = now_ns;
	if (kept->credit_ns > CREDIT_MAX_NS)
		kept->credit_ns = CREDIT_MAX_NS;
	return kept->credit_ns > 0;
}

void kept_looked(struct kept *kept, uint64_t duration_ns)
{
	kept->credit_ns -= (int64_t)duration_ns;
}
