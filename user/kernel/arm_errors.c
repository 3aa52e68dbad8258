// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/arm_errors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/hooks.h"

/* Who is told a tree's failures only must not take its silence for an answer. */
static bool is_needed(const struct hooks *hooks, const struct signal_def *def)
{
	return def->required || (def->on_request && hooks->needs_tree);
}

const struct hook_signal *arm_missing(const struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->signal_count; i++)
		if (is_needed(hooks, hooks->signals[i].def) && !hooks->signals[i].chosen)
			return &hooks->signals[i];
	return NULL;
}

int arm_failed(const struct hooks *hooks, int err, char *message, size_t size)
{
	const struct hook_signal *missing = arm_missing(hooks);
	const char *why = strerror(-err);

	if (hooks->has_no_types && (err == -ESRCH || err == -ENOENT)) {
		snprintf(message, size,
			 "this kernel has no type data: it needs CONFIG_DEBUG_INFO_BTF and "
			 "/sys/kernel/btf/vmlinux, or --btf FILE");
		return -ENOTSUP;
	}
	if (missing && missing->variant_count)
		why = missing->variants[missing->variant_count - 1].reason;
	if (err == -EPERM || err == -EACCES) {
		snprintf(message, size,
			 "the kernel refuses BPF programs (%s): CAP_BPF and CAP_PERFMON are "
			 "needed, and lockdown or a seccomp filter must allow them", why);
		return -EPERM;
	}
	/* That is the process' own trouble, and may pass. */
	if (err == -ENOMEM || err == -EMFILE || err == -ENFILE) {
		snprintf(message, size, "cannot start: %s", strerror(-err));
		return err;
	}
	snprintf(message, size, "this kernel cannot %s: %s",
		 missing && missing->def->on_request ? "tell connwatch whose child a process is" :
						       "run connwatch", why);
	return -ENOTSUP;
}
