/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Folding: the first of equal failures goes out at once, the further ones of
 * the same second as one record at its end. Equal: same code, cause, error,
 * operation, process and destination; refused callers from outside are equal
 * by their source, whatever the port. What is not the same of them all (ports,
 * addresses) the one record leaves out.
 */
#ifndef CONNWATCH_FOLD_H
#define CONNWATCH_FOLD_H

#include <stdbool.h>
#include <stdint.h>

struct finding;
struct folder;

typedef void (*fold_emit_fn)(void *ctx, struct finding *f);

/* NULL: no memory. @emit gets findings that it may change but not keep. */
struct folder *folder_open(fold_emit_fn emit, void *ctx);
void folder_close(struct folder *folder);
/* Emits @f, or keeps it for the end of its second. */
void folder_offer(struct folder *folder, struct finding *f);
/* Emits what is due at @now_ns, on the clock of finding.time_ns. UINT64_MAX: everything. */
void folder_expire(struct folder *folder, uint64_t now_ns);
/* When the next window ends; 0 when none is open. */
uint64_t folder_deadline(const struct folder *folder);
/* Failures that went into a record with others, so far. */
uint64_t folder_folded(const struct folder *folder);

#endif
