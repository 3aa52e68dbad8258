// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/address.h"

#include <string.h>

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

bool addr_equal(const uint8_t *a, const uint8_t *b)
{
	return !memcmp(a, b, 16);
}

bool addr_is_unspecified(const uint8_t *addr)
{
	static const uint8_t zero[16];

	return !memcmp(addr, zero, 16) ||
	       (!memcmp(addr, v4_prefix, 12) && !memcmp(addr + 12, zero, 4));
}

bool addr_is_loopback(const uint8_t *addr)
{
	static const uint8_t v6_loopback[16] = { [15] = 1 };

	return !memcmp(addr, v6_loopback, 16) ||
	       (!memcmp(addr, v4_prefix, 12) && addr[12] == 127);
}

bool addr_is_v4(const uint8_t *addr)
{
	return !memcmp(addr, v4_prefix, 12);
}

bool addr_in_prefix(const uint8_t *addr, const uint8_t *prefix, unsigned int bits)
{
	unsigned int bytes = bits / 8, rest = bits % 8;

	if (memcmp(addr, prefix, bytes))
		return false;
	return !rest || !((addr[bytes] ^ prefix[bytes]) >> (8 - rest));
}
