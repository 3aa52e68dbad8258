// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/fill.h"
#include "diagnose/condition.h"
#include "diagnose/correlate.h"
#include "diagnose/decode.h"
#include "diagnose/finding.h"
#include "diagnose/fold.h"
#include "diagnose/repeats.h"
#include "diagnose/rules.h"
#include "diagnose/stats.h"
#include "host/cgroup.h"
#include "host/host.h"

/* The stages that no kernel program counts at stand behind enum lost_stage. */
enum { STAGE_REPEATS = LOST_STAGES, STAGES };

struct loss {
	uint64_t count;
	uint64_t untold;	/* of those: there was no room for the record that says so */
};

struct pipeline {
	struct pipeline_options options;
	struct host *host;
	struct sink *sink;
	struct correlator *correlator;
	struct folder *folder;
	struct repeats *repeats;
	struct conditions *conditions;
	struct stats *stats;
	struct places places;
	uint64_t written;
	uint64_t skipped;
	struct loss losses[STAGES];
	struct summary_loss loss_totals[STAGES];
	uint64_t losses_told_ns;	/* when those that waited for room last were */
	uint64_t conditions_lost;
	uint64_t evicted;
	uint64_t destinations;	/* as the kernel's table had them */
	uint64_t destinations_evicted;
	bool evictions_known;	/* recordings by older versions do not tell them */
	unsigned int lose_this;
	int err;		/* the sink's first error */
};

static const struct {
	const char *name;
	bool in_totals;		/* lost after they were counted */
} stages[STAGES] = {
	[LOST_RING] = { "ring", false },
	[LOST_TABLE] = { "table", false },
	[LOST_OUTPUT] = { "output", true },
	[LOST_TREE] = { "tree", false },
	[STAGE_REPEATS] = { "repeats", false },
};

static void add_process_details(struct pipeline *p, struct finding *f, const struct rec_who *who)
{
	struct rec_process details;

	if (!who->pid || f->process.executable[0] || f->process.cgroup[0] ||
	    !host_process(p->host, who, &details))
		return;
	memcpy(f->process.executable, details.executable, sizeof(f->process.executable));
	memcpy(f->process.cgroup, details.cgroup, sizeof(f->process.cgroup));
	cgroup_unit(details.cgroup, f->process.unit, sizeof(f->process.unit));
	cgroup_container(details.cgroup, f->process.container, sizeof(f->process.container));
}

/* Nobody reads: the watch goes on, and says so as soon as there is room. */
static void drop_finding(struct pipeline *p, const struct finding *f)
{
	p->err = 0;
	p->written--;
	/* Not among the losses, which are failures: with them all add up. */
	if (f->type != FINDING_FAILURE) {
		p->conditions_lost += f->count;
		return;
	}
	p->losses[LOST_OUTPUT].count += f->count;
	p->losses[LOST_OUTPUT].untold += f->count;
}

static void write_finding(void *ctx, struct finding *f)
{
	struct pipeline *p = ctx;
	struct rec_who who = { .pid = f->process.pid };

	if (p->err || pipeline_is_done(p))
		return;
	add_process_details(p, f, &who);
	places_mark(&p->places, p->options.look_place, p->options.look_ctx, f);
	catalog_fill(f);
	p->written++;
	if (p->options.lose_output && p->lose_this++ % 2)
		p->err = -ENOBUFS;
	else if (p->sink)
		p->err = p->sink->ops->finding(p->sink, f);
	if (p->err == -ENOBUFS)
		drop_finding(p, f);
}

static void pass_finding(struct pipeline *p, struct finding *f)
{
	stats_add(p->stats, f);
	if (p->options.fold)
		folder_offer(p->folder, f);
	else
		write_finding(p, f);
}

static bool is_asked_for(struct pipeline *p, struct finding *f)
{
	struct rec_who who = { .pid = f->process.pid };

	/* Only a filter by cgroup needs to know it of every single one. */
	if (p->options.filter.cgroup)
		add_process_details(p, f, &who);
	return filter_passes(&p->options.filter, f);
}

static void take_attempt(void *ctx, const struct attempt *attempt)
{
	uint64_t repeat_id = attempt_repeat_id(attempt);
	struct pipeline *p = ctx;
	struct finding f;
	bool passes;

	passes = diagnose(attempt, &f);
	if (passes) {
		f.time_ns = attempt->rec.hdr.ts_ns + p->options.wall_offset_ns;
		f.first_ns = f.last_ns = f.time_ns;
		passes = is_asked_for(p, &f);
	}
	if (repeat_id)
		repeats_learn(p->repeats, repeat_id, passes ? &f : NULL);
	if (passes)
		pass_finding(p, &f);
}

static void take_condition(void *ctx, struct finding *f)
{
	struct pipeline *p = ctx;

	f->time_ns += p->options.wall_offset_ns;
	if (is_asked_for(p, f))
		pass_finding(p, f);
}

struct pipeline *pipeline_open(const struct pipeline_options *options, struct host *host,
			       struct sink *sink)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->options = *options;
	p->host = host;
	p->sink = sink;
	p->correlator = correlator_open(host, take_attempt, p);
	p->folder = folder_open(write_finding, p);
	p->repeats = repeats_open();
	p->conditions = conditions_open(host, take_condition, p);
	p->stats = stats_open();
	if (p->correlator && p->folder && p->repeats && p->conditions && p->stats)
		return p;
	pipeline_close(p);
	return NULL;
}

void pipeline_close(struct pipeline *p)
{
	if (!p)
		return;
	correlator_close(p->correlator);
	folder_close(p->folder);
	repeats_close(p->repeats);
	conditions_close(p->conditions);
	stats_close(p->stats);
	free(p);
}

/* False: not now. */
static bool write_lost(struct pipeline *p, uint64_t ts_ns, int stage, uint64_t count)
{
	struct lost_info info = { .time_ns = ts_ns + p->options.wall_offset_ns,
				  .stage = stages[stage].name, .count = count };

	if (p->sink && p->sink->ops->lost && !p->err)
		p->err = p->sink->ops->lost(p->sink, &info);
	if (p->err != -ENOBUFS)
		return true;
	p->err = 0;
	return false;
}

static void add_loss(struct pipeline *p, uint64_t ts_ns, int stage, uint64_t count)
{
	p->losses[stage].count += count;
	if (!write_lost(p, ts_ns, stage, count))
		p->losses[stage].untold += count;
}

/*
 * Who is not told because the table of connections was full is missing where only a
 * tree's failures are asked for. Else only the process may be, which only filters mind.
 */
static void take_lost(struct pipeline *p, const struct rec_lost *rec)
{
	if (rec->stage == LOST_TABLE && !p->options.tree)
		p->evicted += rec->count;
	else
		add_loss(p, rec->hdr.ts_ns, (int)rec->stage, rec->count);
}

#define TELL_EVERY_NS 1000000000ULL

static void tell_untold(struct pipeline *p, uint64_t now_ns)
{
	if (now_ns - p->losses_told_ns < TELL_EVERY_NS)
		return;
	for (int stage = 0; stage < STAGES; stage++) {
		struct loss *loss = &p->losses[stage];

		if (!loss->untold)
			continue;
		p->losses_told_ns = now_ns;
		if (!write_lost(p, now_ns, stage, loss->untold))
			return;
		loss->untold = 0;
	}
}

/*
 * Of what they were the record itself was lost, or is forgotten by now: so are they.
 * Or only some of them are what is asked for: then failures may be missing, too.
 */
static void take_unknown_repeats(struct pipeline *p, const struct rec_repeats *rec)
{
	add_loss(p, rec->hdr.ts_ns, STAGE_REPEATS, rec->count);
}

/* Whether the number may be of some that are not asked for, too. */
static bool may_not_pass(const struct pipeline *p, const struct rec_repeats *rec)
{
	const struct filter *filter = &p->options.filter;

	return (rec->many_addresses && filter->has_addr) ||
	       (rec->many_ports && filter->port_count && !p->options.ports_filtered);
}

static void take_repeats(struct pipeline *p, const struct rec_repeats *rec)
{
	enum repeats_answer answer;
	struct finding f;

	if (!rec->count)
		return;
	if (!repeats_know(p->repeats, rec->repeat_id)) {
		take_unknown_repeats(p, rec);
		return;
	}
	answer = repeats_take(p->repeats, rec, &f);
	if (answer == REPEATS_MIXED || (answer == REPEATS_ALIKE && may_not_pass(p, rec))) {
		take_unknown_repeats(p, rec);
	} else if (answer == REPEATS_ALIKE) {
		f.time_ns = f.last_ns = rec->hdr.ts_ns + p->options.wall_offset_ns;
		pass_finding(p, &f);
	}
}

bool pipeline_knows_repeat(const struct pipeline *p, uint64_t id)
{
	return repeats_know(p->repeats, id);
}

/* Successes are counted by destination in the kernel: whose they were is not in the numbers. */
static bool knows_successes(const struct pipeline *p)
{
	const struct filter *filter = &p->options.filter;

	return !filter->cgroup && (p->options.tasks_filtered || (!filter->pid && !filter->name));
}

int pipeline_feed(struct pipeline *p, const void *data, size_t size)
{
	union record rec;

	if (decode_record(data, size, &rec)) {
		p->skipped++;
		return p->err;
	}
	/* Any record tells the time: a replay has no other clock. */
	pipeline_tick(p, rec.hdr.ts_ns);
	switch (rec.hdr.kind) {
	case REC_LOST:
		take_lost(p, &rec.lost);
		break;
	case REC_REPEATS:
		take_repeats(p, &rec.repeats);
		break;
	case REC_DESTINATION:
		p->destinations++;
		if (!knows_successes(p) ||
		    !filter_passes_destination(&p->options.filter, &rec.destination))
			break;
		stats_add_successes(p->stats, rec.destination.daddr, rec.destination.dport,
				    rec.destination.successes);
		break;
	case REC_DESTINATIONS_EVICTED:
		p->destinations_evicted += rec.destinations_evicted.count;
		p->evictions_known = true;
		break;
	case REC_SPACE:
		places_learn(&p->places, &rec.space);
		break;
	case REC_TIME_WAIT:
		conditions_feed(p->conditions, &rec.time_wait);
		break;
	default:
		/* Answers in a recording; what is none goes on. */
		host_learn(p->host, &rec.hdr);
		correlator_feed(p->correlator, &rec);
		break;
	}
	return p->err;
}

void pipeline_set_wall_offset(struct pipeline *p, uint64_t wall_offset_ns)
{
	/* Windows end by the wall clock that they began with. */
	folder_expire(p->folder, UINT64_MAX);
	repeats_clock_stepped(p->repeats, (int64_t)(wall_offset_ns - p->options.wall_offset_ns));
	p->options.wall_offset_ns = wall_offset_ns;
}

int pipeline_tick(struct pipeline *p, uint64_t now_ns)
{
	correlator_expire(p->correlator, now_ns);
	folder_expire(p->folder, now_ns + p->options.wall_offset_ns);
	tell_untold(p, now_ns);
	return p->err;
}

static void summarise_losses(struct pipeline *p, struct summary_info *info)
{
	info->losses = p->loss_totals;
	for (int stage = 0; stage < STAGES; stage++) {
		uint64_t count = p->losses[stage].count;

		info->lost += count;
		if (count)
			p->loss_totals[info->loss_count++] = (struct summary_loss){
				.stage = stages[stage].name, .count = count,
				.in_totals = stages[stage].in_totals,
			};
	}
}

/* What a full table forgot may have been the success of a destination that fails now. */
static void summarise_evictions(const struct pipeline *p, struct summary_info *info)
{
	info->connections_evicted = p->evicted;
	info->destinations_evicted = p->destinations_evicted;
	info->connections_ok_at_least = p->evictions_known ? p->destinations_evicted != 0 :
							     p->destinations >= DESTINATIONS_MAX;
	if (!p->destinations_evicted)
		return;
	info->destinations_cut = true;
	info->blame_host = false;
}

int pipeline_finish(struct pipeline *p, uint64_t now_ns, const struct signal_status *signals,
		    size_t signal_count)
{
	struct summary_info info = {
		.time_ns = now_ns + p->options.wall_offset_ns,
		.seconds = (double)(now_ns - p->options.start_ns) / 1e9,
		.signals = signals,
		.signal_count = signal_count,
	};

	correlator_expire(p->correlator, UINT64_MAX);
	folder_expire(p->folder, UINT64_MAX);
	p->losses_told_ns = 0;
	tell_untold(p, now_ns);
	if (p->err || !p->sink || !p->sink->ops->summary)
		return p->err;
	stats_summarise(p->stats, &info);
	if (!knows_successes(p)) {
		info.successes_unknown = true;
		info.destinations_tried = 0;
	}
	info.folded = folder_folded(p->folder);
	info.conditions_lost = p->conditions_lost;
	summarise_evictions(p, &info);
	summarise_losses(p, &info);
	p->err = p->sink->ops->summary(p->sink, &info);
	return p->err;
}

uint64_t pipeline_deadline(const struct pipeline *p)
{
	uint64_t a = correlator_deadline(p->correlator);
	uint64_t b = folder_deadline(p->folder);

	if (b)
		b -= p->options.wall_offset_ns;
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

bool pipeline_is_done(const struct pipeline *p)
{
	return p->options.record_limit && p->written >= p->options.record_limit;
}

bool pipeline_has_findings(const struct pipeline *p)
{
	return p->written > 0;
}

uint64_t pipeline_skipped(const struct pipeline *p)
{
	return p->skipped;
}
