/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Getting bytes out. */
#ifndef CONNWATCH_SINKS_OUTPUT_H
#define CONNWATCH_SINKS_OUTPUT_H

#include <stddef.h>

/*
 * Writes all of @data, with one write(2) unless the kernel takes less; goes on
 * after signals and waits where @fd is non-blocking. Returns 0 or a negative
 * errno; -EPIPE only where SIGPIPE is ignored.
 */
int output_write(int fd, const char *data, size_t size);

#endif
