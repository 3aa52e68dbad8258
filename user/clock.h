/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clock of the records. */
#ifndef CONNWATCH_CLOCK_H
#define CONNWATCH_CLOCK_H

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in ns, as bpf_ktime_get_ns() has it. */
static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

#endif
