/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of the text sink: text.c writes lines as they come, text_summary.c the end. */
#ifndef CONNWATCH_SINKS_TEXT_H
#define CONNWATCH_SINKS_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "sinks/sink.h"

/* Writes the summary of a run to @out: one line when nothing failed. */
void text_print_summary(FILE *out, const struct summary_info *info, bool color);

#endif
