// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/repeats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"

/* Floods at the same time; of more, the one that was not heard of for longest is forgotten. */
enum { FLOODS_MAX = 256 };

struct flood {
	uint64_t used;		/* which use of the table it was last */
	bool is_failure;
	bool causes_differ;	/* since the counters were last read */
	bool names_differ;
	struct finding finding;
};

struct repeats {
	uint64_t ids[FLOODS_MAX];
	struct flood *floods[FLOODS_MAX];	/* NULL: free */
	uint64_t uses;
};

struct repeats *repeats_open(void)
{
	return calloc(1, sizeof(struct repeats));
}

void repeats_close(struct repeats *repeats)
{
	if (!repeats)
		return;
	for (size_t i = 0; i < FLOODS_MAX; i++)
		free(repeats->floods[i]);
	free(repeats);
}

static struct flood *find(const struct repeats *repeats, uint64_t id)
{
	for (size_t i = 0; i < FLOODS_MAX; i++)
		if (repeats->ids[i] == id)
			return repeats->floods[i];
	return NULL;
}

static size_t oldest(const struct repeats *repeats)
{
	size_t at = 0;

	for (size_t i = 0; i < FLOODS_MAX; i++) {
		if (!repeats->floods[i])
			return i;
		if (repeats->floods[i]->used < repeats->floods[at]->used)
			at = i;
	}
	return at;
}

static struct flood *make(struct repeats *repeats, uint64_t id)
{
	size_t at = oldest(repeats);

	if (!repeats->floods[at])
		repeats->floods[at] = malloc(sizeof(*repeats->floods[at]));
	if (!repeats->floods[at])
		return NULL;
	repeats->ids[at] = id;
	memset(repeats->floods[at], 0, sizeof(*repeats->floods[at]));
	return repeats->floods[at];
}

void repeats_learn(struct repeats *repeats, uint64_t id, const struct finding *f)
{
	struct flood *flood = find(repeats, id);
	bool is_new = !flood;

	if (is_new)
		flood = make(repeats, id);
	if (!flood)
		return;
	flood->used = ++repeats->uses;
	if (!f) {
		flood->is_failure = false;
		return;
	}
	if (!is_new && flood->is_failure) {
		flood->causes_differ |= flood->finding.cause != f->cause;
		flood->names_differ |= strcmp(flood->finding.destination.domain,
					      f->destination.domain) != 0;
	}
	flood->is_failure = true;
	flood->finding = *f;
}

bool repeats_know(const struct repeats *repeats, uint64_t id)
{
	return find(repeats, id) != NULL;
}

static void forget_port(struct endpoint *e)
{
	e->has_port = false;
	e->port = 0;
}

/* What was seen of the one is not said of the others, when they may have had another cause. */
static void forget_details(struct finding *f)
{
	f->value_count = 0;
	f->evidence_count = 0;
	f->related_count = 0;
	f->has_duration = false;
	f->has_syn_retransmits = false;
}

bool repeats_take(struct repeats *repeats, const struct rec_repeats *rec, struct finding *f)
{
	struct flood *flood = find(repeats, rec->repeat_id);

	if (!flood || !flood->is_failure)
		return false;
	flood->used = ++repeats->uses;
	*f = flood->finding;
	f->count = rec->count;
	if (rec->many_ports || flood->causes_differ)
		forget_details(f);
	if (rec->many_ports) {
		forget_port(&f->destination);
		if (f->confidence == CONFIDENCE_OBSERVED)
			f->confidence = CONFIDENCE_INFERRED;
	}
	if (flood->causes_differ) {
		f->cause = catalog_find_cause(f->entry->code, "unexplained");
		f->confidence = CONFIDENCE_UNKNOWN;
	}
	if (flood->names_differ)
		f->destination.domain[0] = '\0';
	flood->causes_differ = flood->names_differ = false;
	finding_add_evidence(f, "counted", "map/repeats", NAN,
			     rec->many_ports ? "in the kernel, on several ports" :
					       "in the kernel: same process, addresses and facts");
	return true;
}
