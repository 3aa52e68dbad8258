/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Walks over every open socket of the machine, by the kernel's own iterator. */
#ifndef CONNWATCH_SOCKETS_H
#define CONNWATCH_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/config.h"

struct hooks;

/*
 * Tells the kernel side whose every connection is that is older than connwatch.
 * 0 or a negative errno.
 */
int sockets_seed(struct hooks *hooks);

typedef void (*sockets_row_fn)(void *ctx, const struct socket_row *row);
/*
 * Calls @fn for every socket that @query asks for; one socket comes once for
 * each process that has it open. 0 or a negative errno, -ENOTSUP when the
 * iterator could not be armed.
 */
int sockets_find(struct hooks *hooks, const struct sockets_query *query, sockets_row_fn fn,
		 void *ctx);

#endif
