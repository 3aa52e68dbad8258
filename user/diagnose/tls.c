// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/tls.h"

#include <stddef.h>

struct code {
	__u32 value;	/* OpenSSL: the code; GnuTLS: a bit */
	enum tls_fault fault;
	const char *name;
};

/* include/openssl/x509_vfy.h: the numbers are the same in 1.1 and 3. */
static const struct code openssl_codes[] = {
	{ 2, TLS_FAULT_ISSUER, "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT" },
	{ 3, TLS_FAULT_OTHER, "X509_V_ERR_UNABLE_TO_GET_CRL" },
	{ 7, TLS_FAULT_OTHER, "X509_V_ERR_CERT_SIGNATURE_FAILURE" },
	{ 9, TLS_FAULT_NOT_YET_VALID, "X509_V_ERR_CERT_NOT_YET_VALID" },
	{ 10, TLS_FAULT_EXPIRED, "X509_V_ERR_CERT_HAS_EXPIRED" },
	{ 11, TLS_FAULT_OTHER, "X509_V_ERR_CRL_NOT_YET_VALID" },
	{ 12, TLS_FAULT_OTHER, "X509_V_ERR_CRL_HAS_EXPIRED" },
	{ 18, TLS_FAULT_SELF_SIGNED, "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT" },
	{ 19, TLS_FAULT_SELF_SIGNED, "X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN" },
	{ 20, TLS_FAULT_ISSUER, "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY" },
	{ 21, TLS_FAULT_ISSUER, "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
	{ 22, TLS_FAULT_OTHER, "X509_V_ERR_CERT_CHAIN_TOO_LONG" },
	{ 23, TLS_FAULT_REVOKED, "X509_V_ERR_CERT_REVOKED" },
	{ 24, TLS_FAULT_OTHER, "X509_V_ERR_INVALID_CA" },
	{ 25, TLS_FAULT_OTHER, "X509_V_ERR_PATH_LENGTH_EXCEEDED" },
	{ 26, TLS_FAULT_OTHER, "X509_V_ERR_INVALID_PURPOSE" },
	{ 27, TLS_FAULT_ISSUER, "X509_V_ERR_CERT_UNTRUSTED" },
	{ 28, TLS_FAULT_OTHER, "X509_V_ERR_CERT_REJECTED" },
	{ 33, TLS_FAULT_OTHER, "X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER" },
	{ 34, TLS_FAULT_OTHER, "X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION" },
	{ 47, TLS_FAULT_OTHER, "X509_V_ERR_PERMITTED_VIOLATION" },
	{ 48, TLS_FAULT_OTHER, "X509_V_ERR_EXCLUDED_VIOLATION" },
	{ 50, TLS_FAULT_OTHER, "X509_V_ERR_APPLICATION_VERIFICATION" },
	{ 62, TLS_FAULT_NAME, "X509_V_ERR_HOSTNAME_MISMATCH" },
	{ 63, TLS_FAULT_NAME, "X509_V_ERR_EMAIL_MISMATCH" },
	{ 64, TLS_FAULT_NAME, "X509_V_ERR_IP_ADDRESS_MISMATCH" },
	{ 66, TLS_FAULT_OTHER, "X509_V_ERR_EE_KEY_TOO_SMALL" },
	{ 67, TLS_FAULT_OTHER, "X509_V_ERR_CA_KEY_TOO_SMALL" },
	{ 68, TLS_FAULT_OTHER, "X509_V_ERR_CA_MD_TOO_WEAK" },
};

/* gnutls/gnutls.h: gnutls_certificate_status_t; in order of what to say first. */
static const struct code gnutls_codes[] = {
	{ 1u << 5, TLS_FAULT_REVOKED, "GNUTLS_CERT_REVOKED" },
	{ 1u << 10, TLS_FAULT_EXPIRED, "GNUTLS_CERT_EXPIRED" },
	{ 1u << 9, TLS_FAULT_NOT_YET_VALID, "GNUTLS_CERT_NOT_ACTIVATED" },
	{ 1u << 6, TLS_FAULT_ISSUER, "GNUTLS_CERT_SIGNER_NOT_FOUND" },
	{ 1u << 14, TLS_FAULT_NAME, "GNUTLS_CERT_UNEXPECTED_OWNER" },
	{ 1u << 7, TLS_FAULT_OTHER, "GNUTLS_CERT_SIGNER_NOT_CA" },
	{ 1u << 8, TLS_FAULT_OTHER, "GNUTLS_CERT_INSECURE_ALGORITHM" },
	{ 1u << 11, TLS_FAULT_OTHER, "GNUTLS_CERT_SIGNATURE_FAILURE" },
	{ 1u << 12, TLS_FAULT_OTHER, "GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED" },
	{ 1u << 15, TLS_FAULT_OTHER, "GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE" },
	{ 1u << 16, TLS_FAULT_OTHER, "GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE" },
	{ 1u << 17, TLS_FAULT_OTHER, "GNUTLS_CERT_MISMATCH" },
	{ 1u << 18, TLS_FAULT_OTHER, "GNUTLS_CERT_PURPOSE_MISMATCH" },
	{ 1u << 19, TLS_FAULT_OTHER, "GNUTLS_CERT_MISSING_OCSP_STATUS" },
	{ 1u << 20, TLS_FAULT_OTHER, "GNUTLS_CERT_INVALID_OCSP_STATUS" },
	{ 1u << 21, TLS_FAULT_OTHER, "GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS" },
	{ 1u << 1, TLS_FAULT_OTHER, "GNUTLS_CERT_INVALID" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct code *find_code(const struct rec_tls_failed *rec)
{
	if (rec->library == TLS_GNUTLS) {
		for (size_t i = 0; i < COUNT(gnutls_codes); i++)
			if (rec->code & gnutls_codes[i].value)
				return &gnutls_codes[i];
		return NULL;
	}
	for (size_t i = 0; i < COUNT(openssl_codes); i++)
		if (rec->code == openssl_codes[i].value)
			return &openssl_codes[i];
	return NULL;
}

enum tls_fault tls_fault(const struct rec_tls_failed *rec)
{
	const struct code *code = find_code(rec);

	if (!code)
		return TLS_FAULT_OTHER;
	/* GnuTLS does not tell one that signed itself from one whose issuer is not known. */
	if (code->fault == TLS_FAULT_ISSUER && (rec->flags & TLS_SELF_ISSUED))
		return TLS_FAULT_SELF_SIGNED;
	return code->fault;
}

const char *tls_code_name(const struct rec_tls_failed *rec)
{
	const struct code *code = find_code(rec);

	return code ? code->name : "";
}
