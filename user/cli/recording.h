/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The file of record and replay: a header, then records as bpf/events.h has them. */
#ifndef CONNWATCH_RECORDING_H
#define CONNWATCH_RECORDING_H

#include <stdio.h>

#include "bpf/events.h"

/*
 * Reads and checks the header. 0, or -EINVAL: not a recording, -ENOTSUP: of a
 * later format, or the negative errno of the read.
 */
int recording_read_header(FILE *file, struct events_file_header *header);
/*
 * Reads the next record into @buf of at least RECORD_BYTES_MAX, its length to
 * *@size. 1: a record; 0: the file is at its end; -EBADMSG: it ends within a
 * record or does not hold records any more; another negative errno: not readable.
 */
int recording_read(FILE *file, void *buf, size_t *size);

enum { RECORD_BYTES_MAX = 65536 };

#endif
