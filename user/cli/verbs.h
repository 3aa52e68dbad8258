/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verbs, one file each; the table is in verbs.c. */
#ifndef CONNWATCH_VERBS_H
#define CONNWATCH_VERBS_H

#include <stddef.h>

#include "cli/options.h"

extern const struct verb verbs[];
extern const size_t verb_count;

/* Each returns the exit status. */
int verb_watch(struct options *options);
int verb_run(struct options *options);
int verb_doctor(struct options *options);
/* doctor --cost. */
int doctor_cost(const struct options *options);
int verb_explain(struct options *options);
int verb_catalog(struct options *options);
int verb_record(struct options *options);
int verb_replay(struct options *options);
int verb_schema(struct options *options);

/* Flushes stdout; the exit status, after one line when it could not be written. */
int finish_stdout(void);
/* For atexit(): the same where nobody has asked, with its status. */
void finish_stdout_at_exit(void);

#endif
