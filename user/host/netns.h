/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looking around in another network namespace. */
#ifndef CONNWATCH_NETNS_H
#define CONNWATCH_NETNS_H

#include <stdint.h>

typedef int (*netns_fn)(void *ctx);

/*
 * Runs @fn inside the network namespace with inode @netns and comes back.
 * @pid_hint: a process that probably lives there, 0 for none. Returns what @fn
 * returned, or -ENOENT when no process or name of the namespace is found, or
 * another negative errno. Not for several threads.
 */
int netns_run(uint32_t netns, uint32_t pid_hint, netns_fn fn, void *ctx);

/* The inode of the namespace at @path (/run/netns/NAME, /proc/PID/ns/net), or 0 with errno set. */
uint32_t netns_inode(const char *path);

#endif
