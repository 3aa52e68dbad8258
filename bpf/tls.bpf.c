// SPDX-License-Identifier: GPL-2.0-only
/* TLS handshakes that a client ended because of the server's certificate. */
#include "bpf/core.bpf.h"

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__purpose, void *store, const char *name)
{
	return 0;
}
