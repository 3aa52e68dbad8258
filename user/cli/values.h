/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The values of options, checked. All return 0, or -EINVAL with @why set to a static phrase. */
#ifndef CONNWATCH_VALUES_H
#define CONNWATCH_VALUES_H

#include "cli/options.h"

int value_number(const char *text, uint64_t low, uint64_t high, uint64_t *out);
int value_seconds(const char *text, double *out);
int value_ports(const char *text, struct filter *filter, const char **why);
int value_cidr(const char *text, struct filter *filter, const char **why);
/* An inode number, or the path of a namespace. */
int value_netns(const char *text, uint32_t *out, const char **why);
/* A cgroup as /proc/PID/cgroup names it, or its path below the mounted hierarchy. */
int value_cgroup(const char *text, const char **out, const char **why);
/* Splits @list at commas, in place, into catalogue codes ("021", "#021") or layers. */
int value_codes(char *list, struct filter *filter, const char **why);
int value_layers(char *list, struct filter *filter, const char **why);

#endif
