// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Certificates that a client did not accept: what the library's own code means. */
#include "diagnose/rules.h"
#include "diagnose/tls.h"

static enum tls_fault fault(const struct attempt *a)
{
	return tls_fault(&a->rec.tls_failed);
}

static bool is_expired(const struct attempt *a) { return fault(a) == TLS_FAULT_EXPIRED; }
static bool is_early(const struct attempt *a) { return fault(a) == TLS_FAULT_NOT_YET_VALID; }
static bool is_another_name(const struct attempt *a) { return fault(a) == TLS_FAULT_NAME; }
static bool is_self_signed(const struct attempt *a) { return fault(a) == TLS_FAULT_SELF_SIGNED; }
static bool is_unknown(const struct attempt *a) { return fault(a) == TLS_FAULT_ISSUER; }
static bool is_revoked(const struct attempt *a) { return fault(a) == TLS_FAULT_REVOKED; }

/*
 * Not seen to be so: that the session was ended for this reason, when the
 * application verified by itself; or which of its connections it was.
 */
static void tell(const struct attempt *a, struct finding *f)
{
	const struct rec_tls_failed *r = &a->rec.tls_failed;

	if ((r->flags & TLS_CLOSED_UNSENT) || r->connection == TLS_THE_NEWEST)
		f->confidence = CONFIDENCE_INFERRED;
	finding_set(f, "verify_code", "%s", tls_code_name(r));
}

#define ROW(cause, holds) \
	{ ATTEMPT_TLS, 0, "025", cause, CONFIDENCE_OBSERVED, holds, tell, \
	  "CERTIFICATE_VERIFY_FAILED" }

static const struct rule table[] = {
	ROW("certificate-revoked", is_revoked),
	ROW("certificate-expired", is_expired),
	ROW("certificate-not-yet-valid", is_early),
	ROW("hostname-mismatch", is_another_name),
	ROW("self-signed", is_self_signed),
	ROW("unknown-issuer", is_unknown),
	ROW("certificate-other", NULL),
};

const struct rule_table rules_tls = { table, sizeof(table) / sizeof(table[0]) };
