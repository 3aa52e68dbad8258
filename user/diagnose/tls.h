/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a TLS library says of a certificate that it did not accept. */
#ifndef CONNWATCH_TLS_H
#define CONNWATCH_TLS_H

#include "bpf/events.h"

enum tls_fault {
	TLS_FAULT_OTHER,
	TLS_FAULT_REVOKED,
	TLS_FAULT_EXPIRED,
	TLS_FAULT_NOT_YET_VALID,
	TLS_FAULT_NAME,
	TLS_FAULT_SELF_SIGNED,
	TLS_FAULT_ISSUER,
};

/*
 * GnuTLS says several things at once: the one that is furthest from being
 * mended by the client comes first. (openssl/x509_vfy.h, gnutls/gnutls.h)
 */
enum tls_fault tls_fault(const struct rec_tls_failed *rec);
/* What the library calls its code ("X509_V_ERR_CERT_HAS_EXPIRED"), or "". Static. */
const char *tls_code_name(const struct rec_tls_failed *rec);

#endif
