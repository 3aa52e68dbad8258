/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which findings the user asked for. */
#ifndef CONNWATCH_FILTER_H
#define CONNWATCH_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/config.h"

struct finding;

enum { FILTER_CODES_MAX = 16, FILTER_LAYERS_MAX = 9 };

/* Zeroed: everything passes. Strings and codes are the caller's. */
struct filter {
	uint32_t pid;
	const char *name;	/* comm, compared in its first 15 bytes */
	const char *cgroup;	/* path below the cgroup root; its descendants count too */
	uint32_t netns;
	uint16_t ports[CONFIG_PORTS_MAX];
	size_t port_count;
	bool has_addr;
	uint8_t addr[16];
	unsigned int addr_bits;	/* of 128 */
	const char *codes[FILTER_CODES_MAX];
	size_t code_count;
	const char *layers[FILTER_LAYERS_MAX];
	size_t layer_count;
};

bool filter_passes(const struct filter *filter, const struct finding *f);
/* Whether successes count that name only a destination. */
bool filter_passes_destination(const struct filter *filter, const struct rec_destination *rec);

#endif
