// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/uprobes.h"

#include <fnmatch.h>
#include <string.h>

#define AT_CALL 0
#define AT_RETURN 1

/* Debian's names, and what wheels and bundles make of them (libssl-1a2b3c4d.so.3). */
#define LIBSSL "libssl[.-]*so*"
#define LIBCRYPTO "libcrypto[.-]*so*"
#define LIBGNUTLS "libgnutls[.-]*so*"
#define LIBCURL "libcurl[.-]*so*"

/* glibc (libc-2.31.so before 2.34), and musl, whose linker is its libc. */
#define LIBC "libc[.-]*so*"
#define MUSL "ld-musl-*.so*"

#define LOOKUP(library, symbol, part, at) \
	{ "name_lookup", library, symbol, "name_lookup__uprobe__" part, at }
#define LOOKUPS(library)                                              \
	LOOKUP(library, "getaddrinfo", "call", AT_CALL),              \
	LOOKUP(library, "getaddrinfo", "return", AT_RETURN),          \
	LOOKUP(library, "gethostbyname2_r", "host2_call", AT_CALL),   \
	LOOKUP(library, "gethostbyname2_r", "host_return", AT_RETURN)

#define OPENSSL(library, symbol, part, at) \
	{ "tls_openssl", library, symbol, "tls_openssl__uprobe__" part, at }
#define GNUTLS(symbol, part, at) \
	{ "tls_gnutls", LIBGNUTLS, symbol, "tls_gnutls__uprobe__" part, at }

const struct uprobe_target uprobe_targets[] = {
	LOOKUPS(LIBC),
	LOOKUPS(MUSL),	/* its gethostbyname_r() calls the other */
	LOOKUP(LIBC, "gethostbyname_r", "host_call", AT_CALL),
	LOOKUP(LIBC, "gethostbyname_r", "host_return", AT_RETURN),

	OPENSSL(LIBSSL, "SSL_set_fd", "set_fd", AT_CALL),
	OPENSSL(LIBSSL, "SSL_ctrl", "ctrl", AT_CALL),
	OPENSSL(LIBSSL, "SSL_get1_peer_certificate", "peer", AT_CALL),
	OPENSSL(LIBSSL, "SSL_get_peer_certificate", "peer", AT_CALL),
	OPENSSL(LIBSSL, "SSL_get_verify_result", "result", AT_CALL),
	OPENSSL(LIBSSL, "SSL_free", "free", AT_CALL),
	OPENSSL(LIBSSL, "SSL_CTX_remove_session", "forget", AT_CALL),
	OPENSSL(LIBCRYPTO, "X509_STORE_CTX_set_ex_data", "verify_of", AT_CALL),
	OPENSSL(LIBCRYPTO, "X509_STORE_CTX_set_default", "purpose", AT_CALL),
	OPENSSL(LIBCRYPTO, "X509_STORE_CTX_get_error", "code", AT_RETURN),
	OPENSSL(LIBCRYPTO, "EVP_PKEY_missing_parameters", "went_on", AT_CALL),
	OPENSSL(LIBCURL, "curl_easy_perform", "curl", AT_CALL),
	OPENSSL(LIBCURL, "curl_easy_perform", "curl_end", AT_RETURN),
	OPENSSL(LIBCURL, "curl_multi_add_handle", "curl_multi", AT_CALL),

	GNUTLS("gnutls_transport_set_int2", "set_int", AT_CALL),
	GNUTLS("gnutls_transport_set_ptr", "set_ptr", AT_CALL),
	GNUTLS("gnutls_transport_set_ptr2", "set_ptr", AT_CALL),
	GNUTLS("gnutls_server_name_set", "server_name", AT_CALL),
	GNUTLS("gnutls_handshake", "handshake", AT_CALL),
	GNUTLS("gnutls_handshake", "handshake_end", AT_RETURN),
	GNUTLS("gnutls_certificate_verify_peers", "verify", AT_CALL),
	GNUTLS("gnutls_certificate_verify_peers", "verify_end", AT_RETURN),
	GNUTLS("gnutls_x509_crt_check_hostname2", "hostname_end", AT_RETURN),
	GNUTLS("gnutls_certificate_get_peers", "peers", AT_CALL),
	GNUTLS("gnutls_certificate_get_peers", "peers_end", AT_RETURN),
	GNUTLS("gnutls_deinit", "deinit", AT_CALL),
};

const size_t uprobe_target_count = sizeof(uprobe_targets) / sizeof(uprobe_targets[0]);

const char *const uprobe_sonames[] = {
	"libssl.so.3", "libssl.so.1.1", "libcrypto.so.3", "libcrypto.so.1.1", "libcurl.so.4",
	"libgnutls.so.30", "libc.so.6", "ld-musl-x86_64.so.1", "ld-musl-aarch64.so.1",
	NULL,
};

uint64_t uprobe_targets_in(const char *name)
{
	uint64_t targets = 0;

	for (size_t i = 0; i < uprobe_target_count; i++)
		if (!fnmatch(uprobe_targets[i].library, name, 0))
			targets |= 1ULL << i;
	return targets;
}

bool uprobe_targets_return(const char *fact)
{
	for (size_t i = 0; i < uprobe_target_count; i++)
		if (uprobe_targets[i].at_return && !strcmp(uprobe_targets[i].fact, fact))
			return true;
	return false;
}
