// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/icmp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

struct code {
	int error;
	enum icmp_meaning meaning;
};

/* RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1; index is the code. */
static const struct code codes_v4[] = {
	{ ENETUNREACH, ICMP_NETWORK },
	{ EHOSTUNREACH, ICMP_HOST },
	{ ENOPROTOOPT, ICMP_PROTOCOL },
	{ ECONNREFUSED, ICMP_PORT },
	{ EMSGSIZE, ICMP_OTHER },
	{ EOPNOTSUPP, ICMP_OTHER },
	{ ENETUNREACH, ICMP_NETWORK },
	{ EHOSTDOWN, ICMP_HOST },
	{ ENONET, ICMP_HOST },
	{ ENETUNREACH, ICMP_PROHIBITED },
	{ EHOSTUNREACH, ICMP_PROHIBITED },
	{ ENETUNREACH, ICMP_NETWORK },
	{ EHOSTUNREACH, ICMP_HOST },
	{ EHOSTUNREACH, ICMP_PROHIBITED },
	{ EHOSTUNREACH, ICMP_PROHIBITED },
	{ EHOSTUNREACH, ICMP_PROHIBITED },
};

/* RFC 4443 section 3.1. */
static const struct code codes_v6[] = {
	{ ENETUNREACH, ICMP_NETWORK },
	{ EACCES, ICMP_PROHIBITED },
	{ EHOSTUNREACH, ICMP_HOST },
	{ EHOSTUNREACH, ICMP_HOST },
	{ ECONNREFUSED, ICMP_PORT },
	{ EACCES, ICMP_PROHIBITED },
	{ EACCES, ICMP_PROHIBITED },
};

static struct code find_code(const struct rec_icmp_received *icmp)
{
	static const struct code none = { 0, ICMP_OTHER };
	bool v6 = icmp->flow.family == 6;
	const struct code *codes = v6 ? codes_v6 : codes_v4;
	size_t count = v6 ? sizeof(codes_v6) / sizeof(codes_v6[0]) :
			    sizeof(codes_v4) / sizeof(codes_v4[0]);

	return icmp->code < count ? codes[icmp->code] : none;
}

enum icmp_meaning icmp_meaning(const struct rec_icmp_received *icmp)
{
	return find_code(icmp).meaning;
}

int icmp_errno(const struct rec_icmp_received *icmp)
{
	return find_code(icmp).error;
}

const char *icmp_meaning_name(enum icmp_meaning meaning)
{
	static const char *const names[] = {
		[ICMP_OTHER] = "unreachable", [ICMP_NETWORK] = "network unreachable",
		[ICMP_HOST] = "host unreachable", [ICMP_PORT] = "port unreachable",
		[ICMP_PROHIBITED] = "administratively prohibited",
		[ICMP_PROTOCOL] = "protocol unreachable",
	};

	return names[meaning];
}

void tell_icmp_sender(const struct attempt *a, struct finding *f)
{
	struct endpoint e = { .has_ip = true };
	char text[INET6_ADDRSTRLEN];

	if (!a->has_icmp)
		return;
	memcpy(e.ip, a->icmp.sender, sizeof(e.ip));
	finding_set(f, "icmp_sender", "%s", endpoint_ip_text(&e, text, sizeof(text)));
}
