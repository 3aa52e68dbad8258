// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

bool dns_question(const struct rec_dns_answer *rec, char *name, uint16_t *type)
{
	const u_char *begin = rec->data, *end = rec->data + rec->length;
	const u_char *at = begin + NS_HFIXEDSZ;
	int n;

	if (rec->length < NS_HFIXEDSZ + NS_QFIXEDSZ + 1)
		return false;
	n = dn_expand(begin, end, at, name, NAME_LEN);
	if (n < 0 || end - at < n + NS_QFIXEDSZ)
		return false;
	*type = (uint16_t)ns_get16(at + n);
	return true;
}

bool dns_is_truncated(const struct rec_dns_answer *rec)
{
	HEADER header;

	if (rec->length < sizeof(header))
		return false;
	memcpy(&header, rec->data, sizeof(header));
	return header.tc;
}

/* Names are compared without regard to case (RFC 1035 section 2.3.3), and to a final dot. */
static size_t name_length(const char *name)
{
	size_t n = strlen(name);

	return n && name[n - 1] == '.' ? n - 1 : n;
}

bool dns_is_expansion(const char *question, const char *name)
{
	size_t n = name_length(name), q = name_length(question);

	return n && q >= n && !strncasecmp(question, name, n) && (q == n || question[n] == '.');
}

bool dns_is_next_in_search(const char *question, const char *next)
{
	size_t q = name_length(question), n = name_length(next), same = 0;

	if (n >= q)
		return false;
	/* A longest common beginning, of whole labels. */
	for (size_t i = 0; i < n; i++) {
		if (strncasecmp(question, next, i + 1))
			break;
		if (next[i] == '.')
			same = i + 1;
	}
	/* And the rest of the shorter is the end of the longer, at a label's begin. */
	return same && !strncasecmp(question + q - (n - same), next + same, n - same) &&
	       question[q - (n - same) - 1] == '.';
}

const char *dns_rcode_name(unsigned int rcode)
{
	static const char *const names[] = {
		"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN",
		"YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "11", "12", "13", "14", "15",
	};

	return names[rcode & 15];
}

const char *dns_lookup_error_name(int error)
{
	switch (error) {
	case EAI_NONAME: return "EAI_NONAME";
	case EAI_AGAIN: return "EAI_AGAIN";
	case EAI_FAIL: return "EAI_FAIL";
	case -5: return "EAI_NODATA";	/* a GNU extension */
	case -9: return "EAI_ADDRFAMILY";
	case EAI_SYSTEM: return "EAI_SYSTEM";
	default: return "EAI_?";
	}
}
