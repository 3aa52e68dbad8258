/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looking around in another network namespace. */
#ifndef CONNWATCH_NETNS_H
#define CONNWATCH_NETNS_H

#include <stdbool.h>
#include <stdint.h>

typedef int (*netns_fn)(void *ctx);

/*
 * Runs @fn inside the network namespace with inode @netns and comes back.
 * @pid_hint: a process that probably lives there, 0 for none. Returns what @fn
 * returned, or -ENOENT when no process or name of the namespace is found, or
 * another negative errno. Not for several threads.
 */
int netns_run(uint32_t netns, uint32_t pid_hint, netns_fn fn, void *ctx);

/* The same in the namespace at @path. */
int netns_run_at(const char *path, netns_fn fn, void *ctx);

/*
 * Calls @fn for the namespaces that have a name or a process: our own first,
 * those with a name, those of processes (a bounded number of them). One may
 * come several times. Ends when @fn returns false.
 */
typedef bool (*netns_each_fn)(void *ctx, uint32_t netns, const char *path);
void netns_each(netns_each_fn fn, void *ctx);
/*
 * The same for those alone that have a name where iproute2, CNI or Docker puts
 * it: cheap enough for every second. False when @fn ended it.
 */
bool netns_each_named(netns_each_fn fn, void *ctx);

/* The inode of the namespace at @path (/run/netns/NAME, /proc/PID/ns/net), or 0 with errno set. */
uint32_t netns_inode(const char *path);

#endif
