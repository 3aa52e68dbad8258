// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/attempt.h"

#include <math.h>

bool attempt_icmp_is_own(const struct attempt *a)
{
	return a->has_icmp && (a->local || addr_is_loopback(a->icmp.sender) ||
			       addr_equal(a->icmp.sender, a->icmp.flow.saddr));
}

double attempt_ms(const struct attempt *a, uint64_t ts_ns)
{
	bool is_tcp = a->kind == ATTEMPT_CONNECT || a->kind == ATTEMPT_CONNECTION;

	if (!is_tcp || !a->rec.tcp_end.started_ns || !ts_ns)
		return NAN;
	return ((double)ts_ns - (double)a->rec.tcp_end.started_ns) / 1e6;
}
