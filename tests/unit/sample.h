/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Findings for the unit tests of the catalogue and the sinks. */
#ifndef CONNWATCH_TESTS_SAMPLE_H
#define CONNWATCH_TESTS_SAMPLE_H

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog.h"
#include "catalog/fill.h"
#include "diagnose/finding.h"

/* 2026-11-20T23:30:01.123456789Z */
#define SAMPLE_TIME_NS UINT64_C(1795217401123456789)

static inline void sample_set_ip(struct endpoint *e, const char *ip)
{
	struct in_addr v4;

	memset(e->ip, 0, sizeof(e->ip));
	e->has_ip = true;
	if (inet_pton(AF_INET, ip, &v4) == 1) {
		e->ip[10] = 0xff;
		e->ip[11] = 0xff;
		memcpy(e->ip + 12, &v4, sizeof(v4));
	} else {
		inet_pton(AF_INET6, ip, e->ip);
	}
}

static inline void sample_set_endpoint(struct endpoint *e, const char *ip, uint16_t port)
{
	sample_set_ip(e, ip);
	e->has_port = true;
	e->port = port;
}

/* A failure with everything that is usual for a TCP connect, without values and evidence. */
static inline struct finding sample_finding(const char *code, const char *cause)
{
	struct finding f = {
		.type = FINDING_FAILURE,
		.time_ns = SAMPLE_TIME_NS,
		.count = 1,
		.entry = catalog_find_code(code),
		.cause = catalog_find_cause(code, cause),
		.confidence = CONFIDENCE_OBSERVED,
		.operation = "connect",
		.direction = DIRECTION_OUTBOUND,
		.error = 111,
		.error_type = "ECONNREFUSED",
		.process = { .pid = 4312, .tid = 4312, .has_uid = true, .uid = 1000, .name = "curl",
			     .executable = "/usr/bin/curl",
			     .cgroup = "/system.slice/app.service", .unit = "app.service" },
		.transport = "tcp",
		.ip_version = 4,
		.netns = 4026531840u,
		.interface = "eth0",
		.has_duration = true,
		.duration_ms = 0.31,
		.has_syn_retransmits = true,
	};

	sample_set_endpoint(&f.source, "10.0.0.5", 41234);
	sample_set_endpoint(&f.destination, "10.0.0.7", 443);
	return f;
}

/*
 * Gives @f every value that its cause's templates ask for and that only rules
 * set, unless it has them.
 */
static inline void sample_set_values(struct finding *f)
{
	for (const struct catalog_value_name *v = catalog_value_names; v->name; v++) {
		char place[64];
		bool used;

		snprintf(place, sizeof(place), "{%s}", v->name);
		used = strstr(f->cause->summary, place) || strstr(f->cause->brief, place);
		for (size_t i = 0; f->cause->advice && f->cause->advice[i]; i++)
			used |= strstr(f->cause->advice[i], place) != NULL;
		if (used && !v->get && !finding_get(f, v->name))
			finding_set(f, v->name, "%s", v->example);
	}
}

/* The finding of the example in the documentation of the NDJSON format. */
static inline struct finding sample_peer_reset(void)
{
	struct finding f = sample_finding("021", "peer-reset");

	snprintf(f.destination.domain, sizeof(f.destination.domain), "api.example");
	finding_add_evidence(&f, "reset-received", "tp_btf/tcp_receive_reset", 0.3, NULL);
	catalog_fill(&f);
	return f;
}

#endif
