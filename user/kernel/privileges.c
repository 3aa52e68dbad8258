// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

static int has(unsigned int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, capability);
}

int privileges_check(char *message, size_t size)
{
	const char *missing;
	char self[256];
	ssize_t n;

	/* Before Linux 5.8 CAP_SYS_ADMIN stood for both; it still does. */
	if (has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON)))
		return 0;
	missing = has(CAP_BPF) ? "CAP_PERFMON" :
		  has(CAP_PERFMON) ? "CAP_BPF" : "CAP_BPF and CAP_PERFMON";
	if (!geteuid()) {
		snprintf(message, size,
			 "permission missing: %s, though this is root: in a container, "
			 "--privileged --pid=host gives it", missing);
		return -EPERM;
	}
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		n = snprintf(self, sizeof(self), "connwatch");
	self[n] = '\0';
	snprintf(message, size,
		 "permission missing: %s. Run it as root: sudo %s; or grant it to who may run the "
		 "file (they see all connections): "
		 "setcap cap_bpf,cap_perfmon,cap_net_raw,cap_sys_ptrace+ep %s",
		 missing, self, self);
	return -EPERM;
}

bool privileges_sees_all_pids(void)
{
	static const ino_t initial = 0xEFFFFFFCu;
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino == initial;
}

int privileges_check_btf(const char *path, char *message, size_t size)
{
	struct btf *btf;
	struct stat st;
	int err = 0;

	if (stat(path, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	if (err) {
		snprintf(message, size, "--btf %s: %s", path,
			 err == -EINVAL ? "not a regular file" : strerror(-err));
		return err;
	}
	if (st.st_uid || (st.st_mode & (S_IWGRP | S_IWOTH))) {
		snprintf(message, size,
			 "--btf %s: refused, it must belong to root and be writable by nobody else",
			 path);
		return -EPERM;
	}
	libbpf_set_print(NULL);	/* one line, ours */
	btf = btf__parse(path, NULL);
	if (!btf) {
		snprintf(message, size, "--btf %s: this is no kernel type data", path);
		return -EINVAL;
	}
	btf__free(btf);
	return 0;
}
