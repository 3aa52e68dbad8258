/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of 16 bytes, IPv4 stored v4-mapped (RFC 4291 section 2.5.5.2). */
#ifndef CONNWATCH_ADDRESS_H
#define CONNWATCH_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

bool addr_equal(const uint8_t *a, const uint8_t *b);
bool addr_is_unspecified(const uint8_t *addr);	/* 0.0.0.0, ::, ::ffff:0.0.0.0 */
bool addr_is_loopback(const uint8_t *addr);	/* 127.0.0.0/8, ::1 */
bool addr_is_v4(const uint8_t *addr);
/* Whether the first @bits of both are the same; for IPv4, count the 96 of the prefix in. */
bool addr_in_prefix(const uint8_t *addr, const uint8_t *prefix, unsigned int bits);

#endif
