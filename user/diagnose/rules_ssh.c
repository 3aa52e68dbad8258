// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Logins by ssh that were refused: whether it was the keys that were. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/rules.h"

/* Methods that need nobody to type: those that are left were refused, or not to be had. */
static const char *const silent_methods[] = {
	"publickey", "hostbased", "gssapi-with-mic", "gssapi-keyex",
};

static bool is_silent(const char *method, size_t size)
{
	for (size_t i = 0; i < sizeof(silent_methods) / sizeof(silent_methods[0]); i++)
		if (strlen(silent_methods[i]) == size && !memcmp(silent_methods[i], method, size))
			return true;
	return false;
}

/* Reads the list (RFC 4251 section 5, name-list) of what the server would still accept. */
static bool offers_key(const char *methods, bool *only_silent)
{
	bool has_key = false;

	*only_silent = true;
	while (*methods) {
		size_t size = strcspn(methods, ",");

		has_key |= size == 9 && !memcmp(methods, "publickey", size);
		*only_silent &= is_silent(methods, size);
		methods += size;
		methods += *methods == ',';
	}
	return has_key;
}

/*
 * The server wants a key still. If a password would do as well, it was the keys
 * only when none was tried: which is known where every prompt is seen.
 */
static bool client_lacks_key(const struct attempt *a)
{
	const struct rec_ssh_denied *r = &a->rec.ssh_denied;
	bool only_silent;

	if (r->flags & SSH_SERVER || !offers_key(r->methods, &only_silent))
		return false;
	return only_silent || (r->flags & (SSH_PROMPTS_SEEN | SSH_PASSWORD_TRIED)) ==
				      SSH_PROMPTS_SEEN;
}

static bool server_wrote_so(const struct attempt *a)
{
	return a->rec.ssh_denied.flags & SSH_SERVER && a->rec.ssh_denied.flags & SSH_KEY_FAILED;
}

static bool is_server(const struct attempt *a)
{
	return a->rec.ssh_denied.flags & SSH_SERVER;
}

static void tell_login(const struct attempt *a, struct finding *f)
{
	const struct rec_ssh_denied *r = &a->rec.ssh_denied;
	unsigned char ip[sizeof(struct in6_addr)];

	if (r->user[0])
		finding_set(f, "ssh_user", "%s", r->user);
	if (inet_pton(AF_INET, r->host, ip) != 1 && inet_pton(AF_INET6, r->host, ip) != 1)
		snprintf(f->destination.domain, sizeof(f->destination.domain), "%s", r->host);
}

#define ROW(confidence, holds, tell) \
	{ ATTEMPT_SSH, 0, "030", "publickey-denied", confidence, holds, tell, "PUBLICKEY_DENIED" }

static const struct rule table[] = {
	ROW(CONFIDENCE_OBSERVED, client_lacks_key, tell_login),
	ROW(CONFIDENCE_OBSERVED, server_wrote_so, NULL),
	ROW(CONFIDENCE_INFERRED, is_server, NULL),
};

const struct rule_table rules_ssh = { table, sizeof(table) / sizeof(table[0]) };
