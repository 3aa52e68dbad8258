/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a program on the return of a function is harmless to whoever calls it. */
#ifndef CONNWATCH_RETURN_PROBES_H
#define CONNWATCH_RETURN_PROBES_H

#include <stdbool.h>

/*
 * Linux 6.11 made a system call of the way back from such a function (x86), and
 * until 6.14 let seccomp filters have their say about it: whose filter does not
 * know that call dies of our probe. ("seccomp: passthrough uretprobe systemcall
 * without filtering", also in later 6.12 and 6.13.) Tried in child processes, with
 * no probe at all. False: they must not be used here.
 */
bool return_probes_are_harmless(void);

/*
 * Whether a filter's refusal keeps the system call @number, which takes no
 * arguments, from ending who makes it, as calls of probes do elsewhere than on
 * their way back. False as well when it ends nobody.
 */
bool return_probes_call_is_filtered(long number);

#endif
