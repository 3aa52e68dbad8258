/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What to say when the hooks could not be armed. */
#ifndef CONNWATCH_ARM_ERRORS_H
#define CONNWATCH_ARM_ERRORS_H

#include <stddef.h>

struct hooks;
struct hook_signal;

/* The required signal that is missing, or NULL. */
const struct hook_signal *arm_missing(const struct hooks *hooks);

/*
 * Puts into @message, one line of at most @size bytes, why the hooks were not armed,
 * which ended with the negative errno @err. -ENOTSUP: this kernel cannot run
 * connwatch; -EPERM: a capability is missing; else @err.
 */
int arm_failed(const struct hooks *hooks, int err, char *message, size_t size);

#endif
