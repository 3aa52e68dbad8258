// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/attempt.h"

#include <math.h>

double attempt_ms(const struct attempt *a, uint64_t ts_ns)
{
	bool is_tcp = a->kind == ATTEMPT_CONNECT || a->kind == ATTEMPT_CONNECTION;

	if (!is_tcp || !a->rec.tcp_end.started_ns || !ts_ns)
		return NAN;
	return ((double)ts_ns - (double)a->rec.tcp_end.started_ns) / 1e6;
}
