// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/repeats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"

/* Floods at the same time; of more, the one that was not heard of for longest is forgotten. */
enum { FLOODS_MAX = 1024 };

/* What was not the same of all that were told since the counters were last read. */
struct differences {
	bool cause, name, direction, version, transport, process;
};

struct flood {
	uint64_t used;		/* which use of the table it was last */
	uint64_t time_ns;	/* of the newest finding by then */
	bool is_failure;	/* the last one was */
	bool has_finding;
	bool failures, others;	/* some that were told since then were, were not */
	struct differences differ;
	struct finding finding;	/* of the last one that was */
};

struct repeats {
	uint64_t ids[FLOODS_MAX];
	struct flood *floods[FLOODS_MAX];	/* NULL: free */
	uint64_t uses;
	uint64_t time_ns;	/* of the newest finding */
};

/* The kernel's programs have long forgotten such a flood: see repeats_read.c. */
#define FLOOD_OVER_NS 30000000000ULL

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

static void step(uint64_t *time_ns, int64_t step_ns)
{
	if (*time_ns)
		*time_ns += (uint64_t)step_ns;
}

void repeats_clock_stepped(struct repeats *repeats, int64_t step_ns)
{
	step(&repeats->time_ns, step_ns);
	for (size_t i = 0; i < FLOODS_MAX; i++) {
		struct flood *flood = repeats->floods[i];

		if (!flood)
			continue;
		step(&flood->time_ns, step_ns);
		step(&flood->finding.first_ns, step_ns);	/* the others are a number's own */
	}
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

static void forget_what_is_over(struct repeats *repeats)
{
	for (size_t i = 0; i < FLOODS_MAX; i++) {
		struct flood *flood = repeats->floods[i];

		if (!flood || flood->time_ns + FLOOD_OVER_NS >= repeats->time_ns)
			continue;
		free(flood);
		repeats->floods[i] = NULL;
		repeats->ids[i] = 0;
	}
}

static void use(struct repeats *repeats, struct flood *flood)
{
	flood->used = ++repeats->uses;
	flood->time_ns = repeats->time_ns;
}

static struct flood *make(struct repeats *repeats, uint64_t id)
{
	size_t at;

	forget_what_is_over(repeats);
	at = oldest(repeats);
	if (!repeats->floods[at])
		repeats->floods[at] = malloc(sizeof(*repeats->floods[at]));
	if (!repeats->floods[at])
		return NULL;
	repeats->ids[at] = id;
	memset(repeats->floods[at], 0, sizeof(*repeats->floods[at]));
	return repeats->floods[at];
}

static void compare(struct differences *differ, const struct finding *a, const struct finding *b)
{
	differ->cause |= a->cause != b->cause;
	differ->name |= strcmp(a->destination.domain, b->destination.domain) != 0;
	differ->direction |= a->direction != b->direction;
	differ->version |= a->ip_version != b->ip_version;
	differ->transport |= a->transport != b->transport;
	differ->process |= a->process.pid != b->process.pid;
}

void repeats_learn(struct repeats *repeats, uint64_t id, const struct finding *f)
{
	struct flood *flood = find(repeats, id);

	if (f && f->time_ns > repeats->time_ns)
		repeats->time_ns = f->time_ns;
	if (!flood)
		flood = make(repeats, id);
	if (!flood)
		return;
	use(repeats, flood);
	flood->others |= !f;
	flood->failures |= f != NULL;
	flood->is_failure = f != NULL;
	if (!f)
		return;
	if (flood->has_finding)
		compare(&flood->differ, &flood->finding, f);
	flood->has_finding = true;
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

static void forget_address(struct endpoint *e)
{
	e->has_ip = false;
	memset(e->ip, 0, sizeof(e->ip));
	e->domain[0] = '\0';
}

static void forget_addresses(struct finding *f)
{
	forget_address(&f->source);
	forget_address(&f->destination);
	f->interface[0] = '\0';
	f->many_addresses = true;
}

/* The kernel counts by the destination's port, or where there is none (bind) by one's own. */
static void forget_ports(struct finding *f, bool many_ports)
{
	bool has_destination = f->destination.has_ip || f->destination.has_port;

	if (has_destination || many_ports)
		forget_port(&f->source);
	if (many_ports)
		forget_port(&f->destination);
}

static void forget_differing(struct finding *f, const struct differences *differ)
{
	if (differ->cause) {
		f->cause = catalog_find_cause(f->entry->code, "unexplained");
		f->confidence = CONFIDENCE_UNKNOWN;
	}
	if (differ->name)
		f->destination.domain[0] = '\0';
	if (differ->direction)
		f->direction = DIRECTION_NONE;
	if (differ->version)
		f->ip_version = 0;
	if (differ->transport)
		f->transport = NULL;
	if (differ->process)
		memset(&f->process, 0, sizeof(f->process));
}

/* Index: many ports, many addresses. */
static const char *const counted[2][2] = {
	{ "in the kernel: same process, addresses and facts",
	  "in the kernel, for several addresses" },
	{ "in the kernel, on several ports",
	  "in the kernel, for several addresses and ports" },
};

static void make_finding(const struct flood *flood, const struct rec_repeats *rec,
			 struct finding *f)
{
	bool may_differ = rec->many_ports || rec->many_addresses;

	*f = flood->finding;
	f->count = rec->count;
	if (may_differ || flood->differ.cause)
		forget_details(f);
	if (may_differ && f->confidence == CONFIDENCE_OBSERVED)
		f->confidence = CONFIDENCE_INFERRED;
	forget_ports(f, rec->many_ports);
	if (rec->many_addresses)
		forget_addresses(f);
	forget_differing(f, &flood->differ);
	finding_add_evidence(f, "counted", "map/repeats", NAN, "%s",
			     counted[rec->many_ports != 0][rec->many_addresses != 0]);
}

enum repeats_answer repeats_take(struct repeats *repeats, const struct rec_repeats *rec,
				 struct finding *f)
{
	struct flood *flood = find(repeats, rec->repeat_id);
	enum repeats_answer answer = REPEATS_NONE;

	if (!flood)
		return REPEATS_NONE;
	use(repeats, flood);
	if (rec->many_addresses && flood->failures && flood->others)
		answer = REPEATS_MIXED;
	else if (flood->is_failure)
		answer = REPEATS_ALIKE;
	if (answer == REPEATS_ALIKE)
		make_finding(flood, rec, f);
	flood->failures = flood->others = false;
	memset(&flood->differ, 0, sizeof(flood->differ));
	return answer;
}
