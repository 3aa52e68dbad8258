// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/rules.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "catalog/catalog.h"

static const struct rule_table *const tables[] = {
	&rules_firewall, &rules_icmp, &rules_dns, &rules_queue, &rules_tcp, &rules_call,
	&rules_datagram, &rules_tls, &rules_ssh,
};

/*
 * What an error means when no rule holds: the code, and "unexplained". An error
 * that is missing here is no failed connection (a bad descriptor, a wrong
 * family, an address that is too short) or is told by another record (what
 * connect() returns of an error that the socket's end reported).
 */
static const struct {
	enum attempt_kind kind;
	int error;
	const char *code;
	const char *error_type;
} fallbacks[] = {
	{ ATTEMPT_CONNECT, 0, "023", "ABANDONED" },
	{ ATTEMPT_CONNECT, ECONNREFUSED, "021", NULL },
	{ ATTEMPT_CONNECT, ETIMEDOUT, "023", NULL },
	{ ATTEMPT_CONNECT, ENETUNREACH, "026", NULL },
	{ ATTEMPT_CONNECT, ECONNRESET, "C01", NULL },
	{ ATTEMPT_CONNECT, RULE_ANY_ERROR, "022", NULL },
	{ ATTEMPT_CONNECTION, ETIMEDOUT, "023", NULL },
	{ ATTEMPT_CONNECTION, EHOSTUNREACH, "022", NULL },
	{ ATTEMPT_CONNECTION, ENETUNREACH, "026", NULL },
	{ ATTEMPT_CONNECTION, RULE_ANY_ERROR, "C01", NULL },
	{ ATTEMPT_CONNECT_CALL, EHOSTUNREACH, "022", NULL },
	{ ATTEMPT_CONNECT_CALL, ENODEV, "026", NULL },
	{ ATTEMPT_CONNECT_CALL, ENXIO, "026", NULL },
	{ ATTEMPT_CONNECT_CALL, ENOBUFS, "026", NULL },
	{ ATTEMPT_CONNECT_CALL, ENOMEM, "026", NULL },
	{ ATTEMPT_CONNECT_CALL, EADDRNOTAVAIL, "C03", NULL },
	{ ATTEMPT_CONNECT_CALL, EADDRINUSE, "027", NULL },
	{ ATTEMPT_BIND, ENODEV, "C03", NULL },
	{ ATTEMPT_BIND, ENOBUFS, "C03", NULL },
	{ ATTEMPT_BIND, ENOMEM, "C03", NULL },
	{ ATTEMPT_LISTEN, EACCES, "C04", NULL },
	{ ATTEMPT_LISTEN, EPERM, "C04", NULL },
	{ ATTEMPT_UDP, ECONNREFUSED, "021", NULL },
	{ ATTEMPT_UDP, RULE_ANY_ERROR, "022", NULL },
};

static bool error_matches(int wanted, int error)
{
	return wanted == RULE_ANY_ERROR ? error != 0 : wanted == error;
}

static const struct rule *find_rule(const struct attempt *a)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct rule *rule = &tables[t]->rules[i];

			if (rule->kind == a->kind && error_matches(rule->error, a->error) &&
			    (!rule->holds || rule->holds(a)))
				return rule;
		}
	return NULL;
}

static bool set_cause(struct finding *f, const char *code, const char *cause, int error,
		      const char *error_type)
{
	const char *name = error ? strerrorname_np(error) : NULL;

	f->entry = catalog_find_code(code);
	f->cause = catalog_find_cause(code, cause);
	f->error = error;
	f->error_type = error_type ? error_type : name ? name : "UNKNOWN";
	return f->entry && f->cause;
}

static bool apply_fallback(const struct attempt *a, struct finding *f)
{
	for (size_t i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++)
		if (fallbacks[i].kind == a->kind && error_matches(fallbacks[i].error, a->error)) {
			f->confidence = CONFIDENCE_UNKNOWN;
			return set_cause(f, fallbacks[i].code, "unexplained", a->error,
					 fallbacks[i].error_type);
		}
	return false;
}

static void set_endpoint(struct endpoint *e, const uint8_t *addr, uint16_t port)
{
	e->has_ip = !addr_is_unspecified(addr);
	memcpy(e->ip, addr, 16);
	e->port = port;
	e->has_port = port != 0;
}

void tell_found_listener(const struct attempt *a, struct finding *f)
{
	const struct rec_holder *listener = &a->listener;
	struct endpoint e = { .has_ip = true, .has_port = true, .port = listener->port };
	char text[ENDPOINT_TEXT_SIZE];

	memcpy(e.ip, listener->flow.saddr, sizeof(e.ip));
	endpoint_text(&e, text, sizeof(text));
	finding_set(f, "listener", listener->flow.ifname[0] ? "%s (%s)" : "%s", text,
		    listener->flow.ifname);
	if (!listener->who.pid)
		return;
	finding_set(f, "listener_pid", "%u", listener->who.pid);
	finding_set(f, "listener_name", "%s", listener->who.comm);
}

/*
 * Source is who asked for the connection: on a connection this host accepted,
 * the socket's peer.
 */
static void set_flow(const struct attempt *a, struct finding *f)
{
	const struct rec_flow *flow = &a->flow;
	bool accepted = a->kind == ATTEMPT_QUEUE ||
			(a->kind == ATTEMPT_CONNECTION && a->rec.tcp_end.accepted) ||
			(a->kind == ATTEMPT_SSH && (a->rec.ssh_denied.flags & SSH_SERVER));

	f->ip_version = flow->family;
	f->netns = flow->netns;
	f->transport = flow->protocol == IPPROTO_TCP ? "tcp" :
		       flow->protocol == IPPROTO_UDP ? "udp" : NULL;
	memcpy(f->interface, flow->ifname, sizeof(f->interface));
	f->direction = a->local ? DIRECTION_LOCAL :
		       accepted || a->kind == ATTEMPT_INBOUND ? DIRECTION_INBOUND :
		       a->kind == ATTEMPT_NEIGHBOUR ? DIRECTION_NONE : DIRECTION_OUTBOUND;
	f->accepted = accepted || a->kind == ATTEMPT_INBOUND;
	set_endpoint(accepted ? &f->destination : &f->source, flow->saddr, flow->sport);
	set_endpoint(accepted ? &f->source : &f->destination, flow->daddr, flow->dport);
	if (a->kind == ATTEMPT_TLS)
		memcpy(f->destination.domain, a->rec.tls_failed.server_name,
		       sizeof(f->destination.domain));
	if (a->kind == ATTEMPT_LOOKUP)
		memcpy(f->destination.domain, a->rec.name_lookup.name,
		       sizeof(f->destination.domain));
	if (a->has_domain && !f->destination.domain[0])
		memcpy(f->destination.domain, a->domain.name, sizeof(f->destination.domain));
	/* A bind to the wildcard address did ask for it. */
	if (a->kind == ATTEMPT_BIND || a->kind == ATTEMPT_LISTEN)
		f->source.has_ip = true;
}

static const char *operation(const struct attempt *a)
{
	switch (a->kind) {
	case ATTEMPT_CONNECTION:
		return a->error == ECONNRESET ? "receive" : "send";
	case ATTEMPT_BIND:
		return "bind";
	case ATTEMPT_LISTEN:
		return "listen";
	case ATTEMPT_QUEUE:
		return "accept";
	case ATTEMPT_UDP:
		return "send";
	case ATTEMPT_NEIGHBOUR:
		return "neighbour";
	case ATTEMPT_LOOKUP:
		return "resolve";
	case ATTEMPT_TLS:
		return "handshake";
	case ATTEMPT_SSH:
		return "authenticate";
	default:
		return "connect";
	}
}

static void set_times(const struct attempt *a, struct finding *f)
{
	double ms = attempt_ms(a, a->rec.hdr.ts_ns);

	f->has_duration = ms >= 0;	/* false for NAN */
	f->duration_ms = f->has_duration ? ms : 0;
	if (a->kind == ATTEMPT_CONNECT) {
		f->has_syn_retransmits = true;
		f->syn_retransmits = a->rec.tcp_end.retransmits;
	}
}

static void set_process(const struct attempt *a, struct finding *f)
{
	if (!a->who.pid)
		return;
	f->process.pid = a->who.pid;
	f->process.tid = a->who.tid;
	f->process.uid = a->who.uid;
	f->process.has_uid = true;
	memcpy(f->process.name, a->who.comm, sizeof(f->process.name));
}

void tell_gave_up_after(const struct attempt *a, struct finding *f)
{
	double ms = attempt_ms(a, a->rec.hdr.ts_ns);

	if (!a->error && ms >= 0)	/* false for NAN */
		finding_set(f, "gave_up_after", ms < 1000 ? "%.0f ms" : "%.1f s",
			    ms < 1000 ? ms : ms / 1000);
}

void tell_neighbour(const struct attempt *a, struct finding *f)
{
	bool is_it = a->kind == ATTEMPT_NEIGHBOUR;
	const struct rec_neigh_failed *neigh = is_it ? &a->rec.neigh_failed : &a->neigh;
	struct endpoint e = { .has_ip = true };
	char text[INET6_ADDRSTRLEN];

	memcpy(e.ip, neigh->addr, sizeof(e.ip));
	finding_set(f, "next_hop", "%s", endpoint_ip_text(&e, text, sizeof(text)));
	if (neigh->ifname[0])
		finding_set(f, "device", "%s", neigh->ifname);
	if (neigh->probes)
		finding_set(f, "probes", "%u", neigh->probes);
	if (is_it && a->waited)
		finding_set(f, "waiting", "%u", a->waited);
	if (!is_it)
		finding_add_related(f, "029");
}

bool diagnose(const struct attempt *a, struct finding *f)
{
	const struct rule *rule = find_rule(a);

	memset(f, 0, sizeof(*f));
	f->type = a->kind == ATTEMPT_QUEUE ? FINDING_CONDITION : FINDING_FAILURE;
	f->count = a->kind == ATTEMPT_QUEUE ? a->rec.queue_full.count : 1;
	f->operation = operation(a);
	set_flow(a, f);
	set_times(a, f);
	set_process(a, f);
	if (!rule) {
		if (!apply_fallback(a, f))
			return false;
	} else {
		if (!rule->code || !set_cause(f, rule->code, rule->cause, a->error,
					      rule->error_type))
			return false;
		f->confidence = rule->confidence;
		if (rule->tell)
			rule->tell(a, f);
	}
	evidence_collect(a, f);
	return true;
}
