/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel allows, found out with the smallest program that needs it. */
#ifndef CONNWATCH_TRIALS_H
#define CONNWATCH_TRIALS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the kernel refuses trampoline programs altogether: 0 or a negative
 * errno. A refusal of the real ones would cost a whole load of the object before
 * it shows. The smallest possible program is tried on what is no function: who
 * may load one at all hears that (EINVAL), without the price of parsing the
 * kernel's types here.
 */
int trial_trampoline(void);
/* Whether this function takes one, by its id in the kernel's BTF: 0 or a negative errno. */
int trial_function(uint32_t function);
/* Whether kernel memory may be read by address; lockdown=confidentiality forbids it. */
bool trial_memory(void);

#endif
