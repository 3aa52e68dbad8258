/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A finding: what the rules concluded about one failed operation, or about a
 * state that leads to failures. Everything a sink prints is in here; a sink
 * knows no code and no cause, it only knows this structure.
 *
 * Strings are plain bytes as they came from the kernel or from /proc: they are
 * hostile until a sink has passed them through sanitize.h.
 */
#ifndef CONNWATCH_FINDING_H
#define CONNWATCH_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct catalog_entry;
struct catalog_cause;

enum finding_type {
	FINDING_FAILURE,
	FINDING_CONDITION,
};

enum confidence {
	CONFIDENCE_UNKNOWN,
	CONFIDENCE_INFERRED,
	CONFIDENCE_OBSERVED,
};

enum direction {
	DIRECTION_NONE,		/* left out of the output */
	DIRECTION_OUTBOUND,
	DIRECTION_INBOUND,
	DIRECTION_LOCAL,
};

/* An address, IPv4 stored v4-mapped (RFC 4291 section 2.5.5.2) as in bpf/events.h. */
struct endpoint {
	bool has_ip;
	bool has_port;
	uint8_t ip[16];
	uint16_t port;		/* host byte order */
	char domain[256];	/* the name that was looked up, "" when unknown */
};

/* The process an operation belongs to; pid 0 means not known: leave it out. */
struct finding_process {
	uint32_t pid;
	uint32_t tid;
	bool has_uid;
	uint32_t uid;
	char name[16];		/* comm, NUL-terminated */
	char executable[256];	/* "" when it could not be read */
	char cgroup[256];
	char unit[128];
	char container[80];
};

enum { FINDING_EVIDENCE_MAX = 12 };

struct evidence {
	const char *fact;	/* static: "reset-received" */
	const char *hook;	/* static: "tp_btf/tcp_receive_reset", or "host/sock_diag" */
	bool has_at;
	double at_ms;		/* milliseconds after the operation began; may be negative */
	char detail[120];	/* "" or one short clause: "0.0.0.0:80 LISTEN, pid 498 nginx" */
};

/*
 * Named values that rules give to a finding; catalogue templates name them in
 * braces ({holder_pid}). Names are static, values short text.
 */
enum { FINDING_VALUES_MAX = 16 };

struct finding_value {
	const char *name;
	char text[80];
};

enum {
	FINDING_RELATED_MAX = 4,
	FINDING_ADVICE_MAX = 4,
	FINDING_TEXT_MAX = 256,
	FINDING_BRIEF_MAX = 96,
};

struct finding {
	enum finding_type type;
	uint64_t seq;		/* given by the sink stage, 0 before */
	uint64_t time_ns;	/* wall clock of the failure, ns since the epoch */
	uint64_t first_ns;	/* set when count > 1: first and last of the fold */
	uint64_t last_ns;
	uint64_t count;		/* failures this record stands for, at least 1 */

	const struct catalog_entry *entry;
	const struct catalog_cause *cause;
	enum confidence confidence;

	const char *operation;	/* static: connect, bind, listen, ... */
	enum direction direction;
	bool accepted;		/* the destination is this host's end, also where both are */
	int error;		/* positive errno, 0 when there is none (ABANDONED) */
	const char *error_type;	/* static: "ECONNREFUSED", "ABANDONED" */

	struct finding_process process;
	const char *transport;	/* static: "tcp", "udp"; NULL when unknown */
	uint8_t ip_version;	/* 4, 6, 0 when unknown */
	uint32_t netns;		/* inode number, 0 when unknown */
	bool elsewhere;		/* that is known not to be connwatch's own */
	uint32_t netns_pid;	/* then: a process in it, 0 when none was found */
	char netns_name[64];	/* in /run/netns, "" when it has none */
	char interface[16];	/* "" when unknown */
	struct endpoint source;
	struct endpoint destination;

	bool many_addresses;	/* both ends are left out, because they differ; see repeats.h */
	uint32_t port_count;	/* of the destination, where they differ and were counted */

	bool has_duration;
	double duration_ms;
	bool has_syn_retransmits;
	uint32_t syn_retransmits;

	struct finding_value values[FINDING_VALUES_MAX];
	size_t value_count;
	struct evidence evidence[FINDING_EVIDENCE_MAX];
	size_t evidence_count;
	const char *related[FINDING_RELATED_MAX];	/* static codes: "029" */
	size_t related_count;

	/* Filled from the catalogue's templates, see catalog/fill.h. */
	char summary[FINDING_TEXT_MAX];
	char brief[FINDING_BRIEF_MAX];
	char advice[FINDING_ADVICE_MAX][FINDING_TEXT_MAX];
	size_t advice_count;
};

/* Gives the finding the value @name (static); the text is cut to fit. Full table: ignored. */
void finding_set(struct finding *f, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The text of value @name, or NULL when no rule set it. Owned by the finding. */
const char *finding_get(const struct finding *f, const char *name);
/*
 * Appends one piece of evidence; @fact and @hook are static strings. @at_ms is
 * relative to the start of the operation, NAN when not known. @fmt may be NULL.
 * A full list drops the newest.
 */
void finding_add_evidence(struct finding *f, const char *fact, const char *hook, double at_ms,
			  const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Links another catalogue code (static string); duplicates are ignored. */
void finding_add_related(struct finding *f, const char *code);

/* Without brackets; @buf of at least INET6_ADDRSTRLEN. IPv4 is shown as IPv4. */
const char *endpoint_ip_text(const struct endpoint *e, char *buf, size_t size);
/* "10.0.0.7:443", "[2001:db8::1]:443"; the parts that are unknown are left out. */
const char *endpoint_text(const struct endpoint *e, char *buf, size_t size);

/* Enough for any endpoint_text(). */
enum { ENDPOINT_TEXT_SIZE = 56 };
/* "0.3 ms", "312 ms", "127 s", "15 min": for values like idle. Returns @buf. */
const char *duration_text(double ms, char *buf, size_t size);

const char *confidence_name(enum confidence c);
const char *direction_name(enum direction d);	/* NULL for DIRECTION_NONE */

#endif
