// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/filter.h"

#include <string.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"
#include "host/address.h"

enum { COMM_CHARS = EVENTS_COMM_LEN - 1 };

static bool port_passes(const struct filter *filter, const struct finding *f)
{
	for (size_t i = 0; i < filter->port_count; i++)
		if ((f->destination.has_port && f->destination.port == filter->ports[i]) ||
		    (f->source.has_port && f->source.port == filter->ports[i]))
			return true;
	return false;
}

static bool endpoint_passes(const struct filter *filter, const struct endpoint *e)
{
	return e->has_ip && addr_in_prefix(e->ip, filter->addr, filter->addr_bits);
}

static bool cgroup_passes(const char *wanted, const char *cgroup)
{
	size_t n = strlen(wanted);

	/* As a shell completes the path of a directory. */
	while (n && wanted[n - 1] == '/')
		n--;
	return !strncmp(cgroup, wanted, n) && (!cgroup[n] || cgroup[n] == '/');
}

static bool is_listed(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i], word))
			return true;
	return false;
}

bool filter_passes(const struct filter *filter, const struct finding *f)
{
	if (filter->pid && f->process.pid != filter->pid)
		return false;
	if (filter->name && strncmp(f->process.name, filter->name, COMM_CHARS))
		return false;
	if (filter->cgroup && !cgroup_passes(filter->cgroup, f->process.cgroup))
		return false;
	if (filter->netns && f->netns != filter->netns)
		return false;
	if (filter->port_count && !port_passes(filter, f))
		return false;
	if (filter->has_addr && !endpoint_passes(filter, &f->destination) &&
	    !endpoint_passes(filter, &f->source))
		return false;
	if (filter->code_count && !is_listed(filter->codes, filter->code_count, f->entry->code))
		return false;
	return !filter->layer_count ||
	       is_listed(filter->layers, filter->layer_count, catalog_layer(f->entry, f->cause));
}

bool filter_passes_destination(const struct filter *filter, const struct rec_destination *rec)
{
	bool port = !filter->port_count;

	for (size_t i = 0; i < filter->port_count; i++)
		port |= filter->ports[i] == rec->dport;
	return port && (!filter->netns || filter->netns == rec->netns) &&
	       (!filter->has_addr || addr_in_prefix(rec->daddr, filter->addr, filter->addr_bits));
}
