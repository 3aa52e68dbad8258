// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/uprobes.h"

const struct uprobe_target uprobe_targets[] = {
	{ "tls_openssl", "libcrypto[.-]*so*", "X509_STORE_CTX_set_default",
	  "tls_openssl__uprobe__purpose", 0 },
};

const size_t uprobe_target_count = sizeof(uprobe_targets) / sizeof(uprobe_targets[0]);

const char *const uprobe_sonames[] = {
	"libcrypto.so.3", "libcrypto.so.1.1",
	NULL,
};
