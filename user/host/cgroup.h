/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a cgroup path says of a process. */
#ifndef CONNWATCH_CGROUP_H
#define CONNWATCH_CGROUP_H

#include <stddef.h>

/*
 * The systemd unit in @path: its last component that ends in .service, .scope
 * or .socket. "" when there is none. @unit is always terminated.
 */
void cgroup_unit(const char *path, char *unit, size_t size);
/*
 * The container id in @path: 64 hexadecimal digits, as docker, containerd,
 * CRI-O and podman name their cgroups. "" when there is none.
 */
void cgroup_container(const char *path, char *id, size_t size);

#endif
