/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One BPF program on one place of a file, for every process that maps it. New
 * kernels wait some 100 ms for each probe that goes, one after the other; but
 * not so for links of the newer kind (uprobe_multi, Linux 6.6), which can wait
 * together.
 */
#ifndef CONNWATCH_UPROBE_LINK_H
#define CONNWATCH_UPROBE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_program;
struct loaded_program;
struct uprobe_link;

/* Before a program is loaded that is to be linked so. */
void uprobe_prepare(struct bpf_program *program);
/* Whether links are made by libbpf, from its object, which must then stay open. */
bool uprobe_needs_object(void);

/*
 * Links @program to @offset in the file that is open as @fd. 0, and *@out is
 * the caller's; or a negative errno.
 */
int uprobe_link_open(struct uprobe_link **out, const struct loaded_program *program, int fd,
		     uint64_t offset, bool at_return);
/* Closes them at the same time, and waits for it; NULL entries are skipped. */
void uprobe_links_close(struct uprobe_link *const *links, size_t count);

#endif
