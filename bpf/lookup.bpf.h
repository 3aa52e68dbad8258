/* SPDX-License-Identifier: GPL-2.0-only */
/* What a thread looks up: lookup.bpf.c follows it, names.bpf.c keeps what was found. */
#ifndef CONNWATCH_LOOKUP_BPF_H
#define CONNWATCH_LOOKUP_BPF_H

#include "bpf/core.bpf.h"

/* What a thread is in; the return of another function is not this one's. */
enum function {
	GETADDRINFO,
	GETHOSTBYNAME,
};

struct lookup {
	u64 started_ns;
	u64 result;		/* where the caller wants what is found */
	u64 user_name;		/* where the name is in its memory */
	u32 family;		/* AF_* asked for */
	u32 function;
	char name[NAME_LEN];	/* "": not read yet */
};

/* Both in the context of the process. getaddrinfo(): a list where the caller wanted it. */
__hidden int names_from_list(const struct lookup *lookup);
/* gethostbyname(): the address of a struct hostent. */
__hidden int names_from_host(const struct lookup *lookup, u64 host);

#endif
