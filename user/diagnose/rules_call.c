// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* System calls that failed at once: connect(), bind(), listen(). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/rules.h"

/* include/uapi/linux/rtnetlink.h */
enum { RTN_BLACKHOLE = 6, RTN_UNREACHABLE = 7, RTN_PROHIBIT = 8 };
/* include/net/tcp_states.h */
enum { TCP_TIME_WAIT_ = 6, TCP_CLOSE_ = 7, TCP_LISTEN_ = 10 };

static const struct rec_call_return *call(const struct attempt *a)
{
	return &a->rec.call_return;
}

static bool has_route_fact(const struct attempt *a)
{
	return call(a)->flags & CALL_ROUTE_FACT;
}

/* IPv4 look-ups tell by their error, IPv6 ones by the route's type. */
static bool route_said(const struct attempt *a, int error, int type)
{
	return has_route_fact(a) && (call(a)->route_err == -error || call(a)->route_type == type);
}

static bool route_blackholes(const struct attempt *a)
{
	return route_said(a, EINVAL, RTN_BLACKHOLE);
}

static bool route_prohibits(const struct attempt *a)
{
	return route_said(a, EACCES, RTN_PROHIBIT);
}

static bool route_unreachable(const struct attempt *a)
{
	return route_said(a, EHOSTUNREACH, RTN_UNREACHABLE);
}

/* EAGAIN: no entry of the table matched; IPv6 ends at its null entry. */
static bool route_missing(const struct attempt *a)
{
	return route_said(a, EAGAIN, RTN_UNREACHABLE);
}

/* include/uapi/linux/rtnetlink.h: asked last, so that nothing is left that could match. */
enum { RT_TABLE_DEFAULT_ = 253, RT_TABLE_MAIN_ = 254 };

/* Of other tables a policy rule behind them may have refused, which no tracepoint tells. */
static bool route_missing_in_the_end(const struct attempt *a)
{
	return route_missing(a) && (call(a)->route_table == RT_TABLE_MAIN_ ||
				    call(a)->route_table == RT_TABLE_DEFAULT_);
}

/*
 * Ports that nobody serves and that resolvers connect to for a source address:
 * none given to getaddrinfo(), Go's own resolver (net/addrselect.go), musl.
 */
static bool is_probe_port(unsigned int port)
{
	return port == 0 || port == 9 || port == 65535;
}

/*
 * Resolvers order addresses by connecting datagram sockets to them, which sends
 * nothing (RFC 6724; getaddrinfo). That one of them has no route is their
 * answer, not a failure. A name server is spoken to from within getaddrinfo()
 * as well; to ask for no name at all is no look-up, but orders this host's own.
 */
static bool is_address_probe(const struct attempt *a)
{
	if (a->flow.protocol != IPPROTO_UDP || a->flow.dport == 53)
		return false;
	return (call(a)->flags & CALL_IN_LOOKUP) || !(call(a)->flags & CALL_LOOKUPS_WATCHED) ||
	       is_probe_port(a->flow.dport) || addr_is_unspecified(a->flow.daddr) || a->local;
}

/* RFC 4291 section 2.5.6: such an address needs a scope, which EINVAL says is missing. */
static bool is_link_local(const uint8_t *addr)
{
	return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

/*
 * The address was whole and no table refused it: a policy rule (ip rule, which has
 * no tracepoint), a source address that is none (ip_route_output_key), or a
 * link-local destination without a scope.
 */
static bool refused_without_table(const struct attempt *a)
{
	return (!has_route_fact(a) || route_missing(a)) && a->flow.dport &&
	       !addr_is_unspecified(a->flow.daddr);
}

static bool at_link_local(const struct attempt *a)
{
	return is_link_local(a->flow.saddr);
}

/*
 * No table refused it, and the tables have a way: the address is a broadcast or
 * multicast one, which TCP does not take (tcp_v4_connect), or the socket is for
 * IPv6 alone and the address is none (tcp_v6_connect).
 */
static bool has_a_way(const struct attempt *a)
{
	return a->has_next_hop || (a->flow.v6_socket && addr_is_v4(a->flow.daddr) &&
				   !has_route_fact(a) && !attempt_looked(&a->next_hop.hdr));
}

static bool leads_over_down_link(const struct attempt *a)
{
	return a->has_down_link && !a->has_next_hop && (!has_route_fact(a) || route_missing(a));
}

/* Without SO_BROADCAST a datagram socket is refused a broadcast address (ip4_datagram_connect). */
static bool may_be_broadcast(const struct attempt *a)
{
	return a->flow.protocol == IPPROTO_UDP && addr_is_v4(a->flow.daddr);
}

/* A security module was seen to refuse: nobody asked for the port's number yet. */
static bool refused_by_module(const struct attempt *a)
{
	return a->rec.hdr.hook == HOOK_BIND_LSM_FEXIT || a->rec.hdr.hook == HOOK_BIND_LSM_KPROBE;
}

static bool ports_exhausted(const struct attempt *a)
{
	return (call(a)->flags & CALL_PORT_SEARCH_FAILED) && !(call(a)->flags & CALL_PORT_BOUND);
}

/* The application chose the port itself: none was searched, this very connection exists. */
static bool connection_exists(const struct attempt *a)
{
	return (call(a)->flags & CALL_PORT_SEARCH_FAILED) && (call(a)->flags & CALL_PORT_BOUND);
}

static bool is_privileged_port(const struct attempt *a)
{
	/* 0 is a limit as well: containers may have all ports. */
	uint32_t first = a->has_limits ? a->limits.unprivileged_port_start : 1024;

	return a->flow.sport && a->flow.sport < first;
}

static bool is_surely_privileged_port(const struct attempt *a)
{
	return is_privileged_port(a) && attempt_looked(&a->limits.hdr);
}

/* An unprivileged port range says nothing to who may bind any: something else refused. */
static bool is_privileged_but_permitted(const struct attempt *a)
{
	return is_privileged_port(a) && (call(a)->flags & CALL_MAY_BIND_LOW);
}

static bool is_foreign_address(const struct attempt *a)
{
	return !a->has_address && attempt_looked(&a->address.hdr);
}

/* IPv6 refuses an address of its own as well, while it is tentative. */
static bool is_foreign_if_ipv4(const struct attempt *a)
{
	return !a->has_address && addr_is_v4(a->flow.saddr);
}

static bool holder_in_state(const struct attempt *a, int state)
{
	return a->has_holder && a->holder.state == state;
}

static bool held_by_listener(const struct attempt *a)
{
	return a->holder.protocol == IPPROTO_TCP && holder_in_state(a, TCP_LISTEN_);
}

static bool held_by_time_wait(const struct attempt *a)
{
	return holder_in_state(a, TCP_TIME_WAIT_);
}

static bool held_by_bound(const struct attempt *a)
{
	return holder_in_state(a, TCP_CLOSE_) ||
	       (a->has_holder && a->holder.protocol == IPPROTO_UDP);
}

static bool held_by_any(const struct attempt *a)
{
	return a->has_holder;
}

static void tell_route(const struct attempt *a, struct finding *f)
{
	static const struct {
		uint32_t number;
		const char *name;
	} tables[] = { { 253, "default" }, { 254, "main" }, { 255, "local" } };
	uint32_t number = call(a)->route_table;

	if (!has_route_fact(a) || !number)
		return;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].number == number) {
			finding_set(f, "route_table", "%s", tables[i].name);
			return;
		}
	finding_set(f, "route_table", "%u", number);
}

static void tell_down_link(const struct attempt *a, struct finding *f)
{
	if (a->has_down_link)
		finding_set(f, "device", "%s", a->down_link.ifname);
}

static void tell_ports(const struct attempt *a, struct finding *f)
{
	if (a->has_limits && a->limits.port_low) {
		finding_set(f, "local_port_range", "%u-%u", a->limits.port_low,
			    a->limits.port_high);
		finding_set(f, "ports_total", "%u", a->limits.port_high - a->limits.port_low + 1);
	}
	if (a->has_limits)
		finding_set(f, "time_wait", "%u", a->limits.time_wait);
}

static void tell_bind(const struct attempt *a, struct finding *f)
{
	struct endpoint e = { .has_ip = true };
	char text[INET6_ADDRSTRLEN];

	memcpy(e.ip, a->flow.saddr, sizeof(e.ip));
	finding_set(f, "bind_addr", "%s", endpoint_ip_text(&e, text, sizeof(text)));
	finding_set(f, "bind_port", "%u", a->flow.sport);
	if (a->who.pid)
		finding_set(f, "uid", "%u", a->who.uid);
}

static const char *tcp_state_name(int state)
{
	static const char *const names[] = {
		[1] = "ESTABLISHED", [2] = "SYN_SENT", [3] = "SYN_RECV", [4] = "FIN_WAIT1",
		[5] = "FIN_WAIT2", [6] = "TIME_WAIT", [7] = "bound", [8] = "CLOSE_WAIT",
		[9] = "LAST_ACK", [10] = "LISTEN", [11] = "CLOSING",
	};

	if (state < 0 || (size_t)state >= sizeof(names) / sizeof(names[0]) || !names[state])
		return "?";
	return names[state];
}

static void tell_holder(const struct attempt *a, struct finding *f)
{
	struct endpoint e = { .has_ip = true, .has_port = true, .port = a->holder.flow.sport };
	char text[INET6_ADDRSTRLEN + 8];

	tell_bind(a, f);
	if (!a->has_holder)
		return;
	memcpy(e.ip, a->holder.flow.saddr, sizeof(e.ip));
	finding_set(f, "holder_addr", "%s", endpoint_text(&e, text, sizeof(text)));
	finding_set(f, "holder_state", "%s", tcp_state_name(a->holder.state));
	if (!a->holder.who.pid)
		return;
	finding_set(f, "holder", "%s, pid %u", a->holder.who.comm, a->holder.who.pid);
	finding_set(f, "holder_pid", "%u", a->holder.who.pid);
	finding_set(f, "holder_name", "%s", a->holder.who.comm);
	/* No kernel says how long a socket has had its port; its process bounds it. */
	if (a->holder.started_ns && a->holder.started_ns < a->rec.hdr.ts_ns)
		finding_set(f, "holder_age", "%s",
			    duration_text((double)(a->rec.hdr.ts_ns - a->holder.started_ns) / 1e6,
					  text, sizeof(text)));
}

static void tell_cgroup(const struct attempt *a, struct finding *f)
{
	if (a->who.pid)
		finding_set(f, "uid", "%u", a->who.uid);
}

static const struct rule table[] = {
	/* code NULL: no failure. */
	{ ATTEMPT_CONNECT_CALL, RULE_ANY_ERROR, NULL, NULL, CONFIDENCE_UNKNOWN,
	  is_address_probe, NULL, NULL },
	{ ATTEMPT_CONNECT_CALL, EINVAL, "026", "route-blackhole", CONFIDENCE_OBSERVED,
	  route_blackholes, tell_route, NULL },
	{ ATTEMPT_CONNECT_CALL, EACCES, "026", "route-prohibit", CONFIDENCE_OBSERVED,
	  route_prohibits, tell_route, NULL },
	{ ATTEMPT_CONNECT_CALL, EHOSTUNREACH, "022", "route-unreachable", CONFIDENCE_OBSERVED,
	  route_unreachable, tell_route, NULL },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, "026", "interface-down", CONFIDENCE_INFERRED,
	  leads_over_down_link, tell_down_link, NULL },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, "026", "no-route", CONFIDENCE_OBSERVED,
	  route_missing_in_the_end, tell_route, NULL },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, "026", "no-route", CONFIDENCE_INFERRED,
	  route_missing, tell_route, NULL },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, "026", "unexplained", CONFIDENCE_UNKNOWN,
	  has_a_way, NULL, NULL },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, "026", "no-route", CONFIDENCE_INFERRED,
	  NULL, NULL, NULL },
	{ ATTEMPT_CONNECT_CALL, ENETDOWN, "026", "interface-down", CONFIDENCE_INFERRED,
	  NULL, tell_down_link, NULL },
	{ ATTEMPT_CONNECT_CALL, EINVAL, "026", "unexplained", CONFIDENCE_UNKNOWN,
	  refused_without_table, NULL, NULL },
	{ ATTEMPT_CONNECT_CALL, EADDRNOTAVAIL, "028", "ephemeral-ports-exhausted",
	  CONFIDENCE_OBSERVED, ports_exhausted, tell_ports, NULL },
	{ ATTEMPT_CONNECT_CALL, EADDRNOTAVAIL, "028", "connection-exists",
	  CONFIDENCE_OBSERVED, connection_exists, NULL, NULL },
	{ ATTEMPT_CONNECT_CALL, EPERM, "C04", "blocked-by-policy", CONFIDENCE_INFERRED,
	  NULL, tell_cgroup, NULL },
	{ ATTEMPT_CONNECT_CALL, EACCES, "C04", "unexplained", CONFIDENCE_UNKNOWN,
	  may_be_broadcast, NULL, NULL },
	/* No route's doing: those are above. */
	{ ATTEMPT_CONNECT_CALL, EACCES, "C04", "blocked-by-policy", CONFIDENCE_INFERRED,
	  NULL, tell_cgroup, NULL },

	{ ATTEMPT_BIND, EADDRINUSE, "027", "held-by-listener", CONFIDENCE_INFERRED,
	  held_by_listener, tell_holder, NULL },
	{ ATTEMPT_BIND, EADDRINUSE, "027", "held-by-time-wait", CONFIDENCE_INFERRED,
	  held_by_time_wait, tell_holder, NULL },
	{ ATTEMPT_BIND, EADDRINUSE, "027", "held-by-bound-socket", CONFIDENCE_INFERRED,
	  held_by_bound, tell_holder, NULL },
	{ ATTEMPT_BIND, EADDRINUSE, "027", "held-by-connection", CONFIDENCE_INFERRED,
	  held_by_any, tell_holder, NULL },
	{ ATTEMPT_BIND, EADDRINUSE, "027", "unexplained", CONFIDENCE_UNKNOWN,
	  NULL, tell_bind, NULL },
	{ ATTEMPT_BIND, EADDRNOTAVAIL, "C03", "address-not-local", CONFIDENCE_OBSERVED,
	  is_foreign_address, tell_bind, NULL },
	{ ATTEMPT_BIND, EADDRNOTAVAIL, "C03", "address-not-local", CONFIDENCE_INFERRED,
	  is_foreign_if_ipv4, tell_bind, NULL },
	{ ATTEMPT_BIND, EADDRNOTAVAIL, "C03", "unexplained", CONFIDENCE_UNKNOWN,
	  NULL, tell_bind, NULL },
	{ ATTEMPT_BIND, EINVAL, "C03", "unexplained", CONFIDENCE_UNKNOWN,
	  at_link_local, tell_bind, NULL },
	{ ATTEMPT_BIND, EACCES, "C04", "blocked-by-policy", CONFIDENCE_OBSERVED,
	  refused_by_module, tell_bind, NULL },
	{ ATTEMPT_BIND, EACCES, "C04", "blocked-by-policy", CONFIDENCE_INFERRED,
	  is_privileged_but_permitted, tell_bind, NULL },
	{ ATTEMPT_BIND, EACCES, "C04", "privileged-port", CONFIDENCE_OBSERVED,
	  is_surely_privileged_port, tell_bind, NULL },
	{ ATTEMPT_BIND, EACCES, "C04", "privileged-port", CONFIDENCE_INFERRED,
	  is_privileged_port, tell_bind, NULL },
	/* No port that is reserved. */
	{ ATTEMPT_BIND, EACCES, "C04", "blocked-by-policy", CONFIDENCE_INFERRED,
	  NULL, tell_bind, NULL },
	{ ATTEMPT_BIND, EPERM, "C04", "blocked-by-policy", CONFIDENCE_INFERRED,
	  NULL, tell_bind, NULL },

	{ ATTEMPT_LISTEN, EADDRINUSE, "027", "held-by-listener", CONFIDENCE_INFERRED,
	  held_by_listener, tell_holder, NULL },
	{ ATTEMPT_LISTEN, EADDRINUSE, "027", "held-by-time-wait", CONFIDENCE_INFERRED,
	  held_by_time_wait, tell_holder, NULL },
	{ ATTEMPT_LISTEN, EADDRINUSE, "027", "held-by-bound-socket", CONFIDENCE_INFERRED,
	  held_by_bound, tell_holder, NULL },
	{ ATTEMPT_LISTEN, EADDRINUSE, "027", "held-by-connection", CONFIDENCE_INFERRED,
	  held_by_any, tell_holder, NULL },
	{ ATTEMPT_LISTEN, EADDRINUSE, "027", "unexplained", CONFIDENCE_UNKNOWN,
	  NULL, tell_bind, NULL },
};

const struct rule_table rules_call = { table, sizeof(table) / sizeof(table[0]) };
