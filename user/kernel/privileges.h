/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this process may do. */
#ifndef CONNWATCH_PRIVILEGES_H
#define CONNWATCH_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * 0 when BPF tracing programs may be loaded. Otherwise -EPERM, with one line in
 * @message that names the missing capabilities and how to grant them.
 */
int privileges_check(char *message, size_t size);
/*
 * Whether pids mean here what they mean to the kernel's programs: those of the
 * initial namespace (include/linux/proc_ns.h: PROC_PID_INIT_INO).
 */
bool privileges_sees_all_pids(void);
/*
 * 0 when @path may be trusted as kernel type data: a regular file, owned by
 * root and writable by nobody else. Otherwise a negative errno and one line.
 */
int privileges_check_btf(const char *path, char *message, size_t size);

#endif
