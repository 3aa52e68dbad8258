// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/stats.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"
#include "hash.h"

enum {
	CODES_MAX = 32,
	PROCESSES_MAX = 256,
	DESTINATIONS_KEPT = 4096,	/* a power of two */
	DESTINATIONS_SHOWN = 5,
	DESTINATION_TEXT = INET6_ADDRSTRLEN + 10,
};

struct process_count {
	char name[16];
	uint64_t count;
};

struct destination_count {
	uint8_t ip[16];
	uint16_t port;
	bool used;
	bool answered;		/* some failure of it proves the way there */
	uint64_t successes;
	uint64_t failures;
};

struct stats {
	uint64_t failures;
	uint64_t conditions;
	uint64_t successes;
	uint64_t codes[CODES_MAX];
	struct process_count processes[PROCESSES_MAX];
	size_t process_count;
	uint64_t process_failures;
	struct destination_count destinations[DESTINATIONS_KEPT];
	size_t destination_count;
	bool destinations_cut;
	uint64_t elsewhere;		/* failures that are known to have had several */
	bool elsewhere_answered;
	struct summary_total code_totals[CODES_MAX];
	struct summary_total process_totals[PROCESSES_MAX];
	struct summary_scope scopes[DESTINATIONS_SHOWN];
	char texts[DESTINATIONS_SHOWN][DESTINATION_TEXT];
};

struct stats *stats_open(void)
{
	return calloc(1, sizeof(struct stats));
}

void stats_close(struct stats *stats)
{
	free(stats);
}

/* Open addressing; NULL once three quarters are taken: the rest go uncounted by destination. */
static struct destination_count *destination(struct stats *stats, const uint8_t *ip, uint16_t port)
{
	uint64_t hash = hash_bytes(hash_bytes(HASH_BEGIN, ip, 16), &port, sizeof(port));

	for (size_t i = hash % DESTINATIONS_KEPT;; i = (i + 1) % DESTINATIONS_KEPT) {
		struct destination_count *d = &stats->destinations[i];

		if (!d->used) {
			if (stats->destination_count >= DESTINATIONS_KEPT / 4 * 3) {
				stats->destinations_cut = true;
				return NULL;
			}
			d->used = true;
			memcpy(d->ip, ip, sizeof(d->ip));
			d->port = port;
			stats->destination_count++;
			return d;
		}
		if (d->port == port && !memcmp(d->ip, ip, sizeof(d->ip)))
			return d;
	}
}

static void add_process(struct stats *stats, const char *name, uint64_t count)
{
	size_t i = 0;

	while (i < stats->process_count && strcmp(stats->processes[i].name, name))
		i++;
	if (i == PROCESSES_MAX)
		return;
	if (i == stats->process_count) {
		memcpy(stats->processes[i].name, name, sizeof(stats->processes[i].name));
		stats->process_count++;
	}
	stats->processes[i].count += count;
}

/*
 * Whether the failure leaves this host's own way out as its reason: no packet
 * came back from anywhere, or there was no way to send one.
 */
static bool may_be_the_way_out(const struct finding *f)
{
	static const char *const layers[] = { "link", "route", "neighbour" };
	const char *layer = catalog_layer(f->entry, f->cause);

	if (f->direction == DIRECTION_LOCAL || finding_get(f, "icmp_sender"))
		return false;
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
		if (!strcmp(layer, layers[i]))
			return true;
	/* Who gave up before the first packet was even repeated says nothing about the way. */
	return !strcmp(layer, "transport") &&
	       (f->error == ETIMEDOUT || (!f->error && f->syn_retransmits));
}

void stats_add(struct stats *stats, const struct finding *f)
{
	struct destination_count *d;

	if (f->type == FINDING_CONDITION) {
		stats->conditions += f->count;
		return;
	}
	stats->failures += f->count;
	stats->codes[f->entry - catalog_entries] += f->count;
	if (f->process.pid) {
		stats->process_failures += f->count;
		add_process(stats, f->process.name, f->count);
	}
	if (strcmp(f->operation, "connect") || f->direction == DIRECTION_INBOUND)
		return;
	if (f->many_addresses) {
		stats->elsewhere += f->count;
		stats->elsewhere_answered |= !may_be_the_way_out(f);
	}
	if (!f->destination.has_ip)
		return;
	d = destination(stats, f->destination.ip, f->destination.port);
	if (!d)
		return;
	d->failures += f->count;
	d->answered |= !may_be_the_way_out(f);
}

void stats_add_successes(struct stats *stats, const uint8_t *daddr, uint16_t dport, uint64_t count)
{
	struct destination_count *d = destination(stats, daddr, dport);

	stats->successes += count;
	if (d)
		d->successes += count;
}

static int by_count(const void *a, const void *b)
{
	const struct process_count *x = a, *y = b;

	return y->count != x->count ? (y->count > x->count) - (y->count < x->count) :
				      strcmp(x->name, y->name);
}

static int by_failures(const void *a, const void *b)
{
	const struct destination_count *x = a, *y = b;
	int order = (y->failures > x->failures) - (y->failures < x->failures);

	if (!order)
		order = memcmp(x->ip, y->ip, sizeof(x->ip));
	return order ? order : (x->port > y->port) - (x->port < y->port);
}

static void summarise_codes(struct stats *stats, struct summary_info *info)
{
	info->codes = stats->code_totals;
	info->code_count = 0;
	for (size_t i = 0; i < catalog_entry_count && i < CODES_MAX; i++)
		if (stats->codes[i])
			stats->code_totals[info->code_count++] = (struct summary_total){
				.name = catalog_entries[i].code,
				.title = catalog_entries[i].title,
				.count = stats->codes[i],
			};
}

static void summarise_processes(struct stats *stats, struct summary_info *info)
{
	qsort(stats->processes, stats->process_count, sizeof(stats->processes[0]), by_count);
	info->processes = stats->process_totals;
	info->process_count = stats->process_count;
	info->process_failures = stats->process_failures;
	for (size_t i = 0; i < info->process_count; i++)
		stats->process_totals[i] = (struct summary_total){
			.name = stats->processes[i].name, .title = "",
			.count = stats->processes[i].count,
		};
}

/* Sorts the table away: no more findings come after the summary. */
static void summarise_destinations(struct stats *stats, struct summary_info *info)
{
	qsort(stats->destinations, DESTINATIONS_KEPT, sizeof(stats->destinations[0]), by_failures);
	info->destinations = stats->scopes;
	info->destinations_tried = stats->destination_count;
	info->destinations_cut = stats->destinations_cut;
	info->destinations_unnamed = stats->elsewhere;
	info->blame_host = !stats->destinations_cut && !stats->elsewhere_answered;
	for (size_t i = 0; i < DESTINATIONS_KEPT && stats->destinations[i].failures; i++) {
		const struct destination_count *d = &stats->destinations[i];
		struct endpoint e = { .has_ip = true, .has_port = d->port, .port = d->port };

		info->destinations_failing++;
		info->destinations_dead += !d->successes;
		info->blame_host &= !d->successes && !d->answered;
		if (i >= DESTINATIONS_SHOWN)
			continue;
		memcpy(e.ip, d->ip, sizeof(e.ip));
		stats->scopes[info->destination_count++] = (struct summary_scope){
			.destination = endpoint_text(&e, stats->texts[i], DESTINATION_TEXT),
			.attempts = d->successes + d->failures, .failures = d->failures,
		};
	}
	info->blame_host &= info->destinations_failing == info->destinations_tried;
}

void stats_summarise(struct stats *stats, struct summary_info *info)
{
	info->failures = stats->failures;
	info->conditions = stats->conditions;
	info->connections_ok = stats->successes;
	summarise_codes(stats, info);
	summarise_processes(stats, info);
	summarise_destinations(stats, info);
}
