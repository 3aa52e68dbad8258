/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every row of the rule tables: the attempt that gives it, and one that misses
 * it narrowly. A row that no case reaches fails test_every_row_has_a_case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netdb.h>
#include <limits.h>

#include "catalog/catalog.h"
#include "diagnose/dns.h"
#include "diagnose/rules.h"
#include "records.h"

typedef void (*change_fn)(struct attempt *a);

static void set_error(struct attempt *a, int error)
{
	a->error = error;
	switch (a->kind) {
	case ATTEMPT_CONNECT:
	case ATTEMPT_CONNECTION:
		a->rec.tcp_end.sk_err = error;
		break;
	case ATTEMPT_CONNECT_CALL:
	case ATTEMPT_BIND:
	case ATTEMPT_LISTEN:
		a->rec.call_return.ret = -error;
		break;
	case ATTEMPT_UDP:
		a->rec.udp_error.err = error;
		break;
	default:
		break;
	}
}

static struct attempt make_attempt(enum attempt_kind kind, int error)
{
	struct attempt a = { .kind = kind };

	switch (kind) {
	case ATTEMPT_CONNECT:
	case ATTEMPT_CONNECTION:
		a.rec.tcp_end = make_tcp_end(error, BASE_NS);
		a.who = a.rec.tcp_end.who;
		a.flow = a.rec.tcp_end.flow;
		if (kind == ATTEMPT_CONNECTION)
			a.rec.tcp_end.old_state = STATE_ESTABLISHED;
		a.listener.hdr.kind = REC_LISTENER;
		break;
	case ATTEMPT_CONNECT_CALL:
	case ATTEMPT_BIND:
	case ATTEMPT_LISTEN:
		a.address.hdr.kind = REC_ADDRESS;
		a.limits.hdr.kind = REC_LIMITS;
		a.rec.call_return = make_call(kind == ATTEMPT_BIND ? REC_BIND_RETURN :
					      kind == ATTEMPT_LISTEN ? REC_LISTEN_RETURN :
					      REC_CONNECT_RETURN, error, BASE_NS);
		a.who = a.rec.call_return.who;
		a.flow = a.rec.call_return.flow;
		a.local = kind != ATTEMPT_CONNECT_CALL;
		break;
	case ATTEMPT_UDP:
		a.rec.udp_error = make_udp_error(error, BASE_NS);
		a.who = a.rec.udp_error.who;
		a.flow = a.rec.udp_error.flow;
		break;
	case ATTEMPT_NEIGHBOUR:
		a.rec.neigh_failed = make_neigh("10.0.0.7", BASE_NS);
		memcpy(a.flow.daddr, a.rec.neigh_failed.addr, 16);
		a.flow.family = 4;
		break;
	case ATTEMPT_SSH:
		a.rec.ssh_denied = make_ssh(0, "publickey", BASE_NS);
		a.who = a.rec.ssh_denied.who;
		a.flow = a.rec.ssh_denied.flow;
		break;
	case ATTEMPT_TLS:
		a.rec.tls_failed = make_tls(0, BASE_NS);
		a.who = a.rec.tls_failed.who;
		a.flow = a.rec.tls_failed.flow;
		break;
	case ATTEMPT_INBOUND:
		a.rec.reset_sent = make_reset_sent(40000, BASE_NS);
		a.flow = a.rec.reset_sent.flow;
		break;
	case ATTEMPT_LOOKUP:
		a.rec.name_lookup = make_name_lookup("api.example", EAI_AGAIN, BASE_NS);
		a.who = a.rec.name_lookup.who;
		a.flow.netns = TEST_NETNS;
		break;
	case ATTEMPT_QUEUE:
		a.rec.queue_full = make_queue_full(QUEUE_ACCEPT, BASE_NS);
		a.flow = a.rec.queue_full.flow;
		a.who = a.rec.queue_full.who;
		a.limits = make_limits(32768, 60999);
		a.has_limits = true;
		break;
	}
	set_error(&a, error);
	return a;
}

/* --- what a case changes; names say the fact --- */

static void local(struct attempt *a) { a->local = true; }
static void drop_out(struct attempt *a)
{
	a->rec.tcp_end.drops_out = 2;
	a->rec.tcp_end.drop_out_ns = BASE_NS - 1500;
}

static void drop_in(struct attempt *a)
{
	a->rec.tcp_end.drops_in = 2;
	a->rec.tcp_end.drop_in_ns = BASE_NS - 1500;
}

/* Dropped since the peer was last heard of. */
static void silenced(struct attempt *a)
{
	drop_in(a);
	a->rec.tcp_end.idle_ns = a->rec.hdr.ts_ns - (BASE_NS - 1500);
}

static void perhaps_silenced(struct attempt *a)
{
	a->rec.tcp_end.drops_out = 1;
	a->rec.tcp_end.drop_out_ns = BASE_NS - 1500;
	a->rec.tcp_end.retransmits = 5;
	a->rec.tcp_end.idle_ns = a->rec.hdr.ts_ns - (BASE_NS - 1500);
}

static void heard_since(struct attempt *a)
{
	a->rec.tcp_end.idle_ns = a->rec.hdr.ts_ns - BASE_NS;
}

/* The packet that was dropped is not the one that was answered. */
static void dropped_long_ago(struct attempt *a)
{
	a->rec.tcp_end.drop_out_ns = BASE_NS - SECOND_NS;
}

/* More packets left than were dropped. */
static void some_left(struct attempt *a) { a->rec.tcp_end.retransmits = 5; }

static void some_dropped(struct attempt *a)
{
	drop_out(a);
	some_left(a);
}

static void reset_by_reject(struct attempt *a)
{
	drop_out(a);
	a->rec.tcp_end.reset_ns = BASE_NS - 1000;
}

static void icmp_by_reject(struct attempt *a)
{
	drop_out(a);
	a->rec.tcp_end.icmp_sent_ns = BASE_NS - 2000;
}

static void icmp_from(struct attempt *a, const char *sender, uint8_t code)
{
	a->icmp = make_icmp(sender, code, &a->flow, BASE_NS - 1000);
	a->has_icmp = true;
}

static void icmp_network(struct attempt *a) { icmp_from(a, "10.0.0.1", 0); }
static void icmp_host(struct attempt *a) { icmp_from(a, "10.0.0.1", 1); }
static void icmp_protocol(struct attempt *a) { icmp_from(a, "10.0.0.1", 2); }
static void icmp_source_route(struct attempt *a) { icmp_from(a, "10.0.0.1", 5); }
static void icmp_unknown_host(struct attempt *a) { icmp_from(a, "10.0.0.1", 7); }
static void icmp_isolated(struct attempt *a) { icmp_from(a, "10.0.0.1", 8); }
static void icmp_port(struct attempt *a) { icmp_from(a, "10.0.0.1", 3); }
static void icmp_port_of_peer(struct attempt *a) { icmp_from(a, "10.0.0.7", 3); }
static void icmp_prohibited(struct attempt *a) { icmp_from(a, "10.0.0.1", 13); }
static void icmp_own(struct attempt *a) { icmp_from(a, "10.0.0.5", 3); }
static void icmp_own_host(struct attempt *a) { icmp_from(a, "10.0.0.5", 1); }
static void no_icmp(struct attempt *a) { a->has_icmp = false; }

static void own_icmp_by_reject(struct attempt *a)
{
	icmp_own(a);
	drop_out(a);
}

/* Who said what of a login, and what else the server would have taken. */
static void ssh_said(struct attempt *a, uint32_t flags, const char *methods)
{
	a->rec.ssh_denied = make_ssh(flags, methods, BASE_NS);
	a->flow = a->rec.ssh_denied.flow;
}

#define SSH_ERROR "PUBLICKEY_DENIED"
#define MORE_METHODS "publickey,gssapi-keyex,gssapi-with-mic,hostbased"
#define ALL_METHODS "publickey,password,keyboard-interactive"

static void ssh_unasked(struct attempt *a) { ssh_said(a, SSH_PROMPTS_SEEN, ALL_METHODS); }
static void ssh_other_methods(struct attempt *a) { ssh_said(a, SSH_PASSWORD_TRIED, MORE_METHODS); }
static void ssh_unknown_method(struct attempt *a) { ssh_said(a, 0, "publickey,publickeys"); }
static void ssh_not_seen(struct attempt *a) { ssh_said(a, 0, ALL_METHODS); }
static void ssh_no_key(struct attempt *a) { ssh_said(a, SSH_PROMPTS_SEEN, "password"); }
static void ssh_nothing_left(struct attempt *a) { ssh_said(a, SSH_PROMPTS_SEEN, ",,"); }

static void ssh_asked(struct attempt *a)
{
	ssh_said(a, SSH_PROMPTS_SEEN | SSH_PASSWORD_TRIED, ALL_METHODS);
}

static void sshd_wrote(struct attempt *a) { ssh_said(a, SSH_SERVER | SSH_KEY_FAILED, ""); }
static void sshd_named(struct attempt *a) { ssh_said(a, SSH_SERVER, ""); }

#define TLS_ERROR "CERTIFICATE_VERIFY_FAILED"

static void tls_code(struct attempt *a, uint8_t library, uint32_t code, uint8_t flags)
{
	a->rec.tls_failed.library = library;
	a->rec.tls_failed.code = code;
	a->rec.tls_failed.flags = flags;
	a->rec.tls_failed.connection = TLS_BY_DESCRIPTOR;
}

static void tls_revoked(struct attempt *a) { tls_code(a, TLS_OPENSSL, 23, 0); }
static void tls_expired(struct attempt *a) { tls_code(a, TLS_OPENSSL, 10, 0); }
static void tls_early(struct attempt *a) { tls_code(a, TLS_OPENSSL, 9, 0); }
static void tls_name(struct attempt *a) { tls_code(a, TLS_OPENSSL, 62, TLS_BY_APPLICATION); }
static void tls_self_signed(struct attempt *a) { tls_code(a, TLS_OPENSSL, 18, 0); }
static void tls_no_issuer(struct attempt *a) { tls_code(a, TLS_OPENSSL, 20, 0); }
static void tls_crl_missing(struct attempt *a) { tls_code(a, TLS_OPENSSL, 3, 0); }
static void tls_unheard_of(struct attempt *a) { tls_code(a, 77, 4711, 0); }

static void tls_one_of_several(struct attempt *a)
{
	tls_expired(a);
	a->rec.tls_failed.connection = TLS_THE_NEWEST;
}

/* GNUTLS_CERT_INVALID goes with most of them. */
static void gnutls_expired(struct attempt *a)
{
	tls_code(a, TLS_GNUTLS, 0x402, TLS_BY_APPLICATION | TLS_CLOSED_UNSENT);
}

static void gnutls_in_handshake(struct attempt *a) { tls_code(a, TLS_GNUTLS, 0x402, 0); }
static void gnutls_name(struct attempt *a) { tls_code(a, TLS_GNUTLS, 0x4002, 0); }
static void gnutls_no_issuer(struct attempt *a) { tls_code(a, TLS_GNUTLS, 0x42, 0); }
static void gnutls_revoked(struct attempt *a) { tls_code(a, TLS_GNUTLS, 0x22, 0); }
static void gnutls_early(struct attempt *a) { tls_code(a, TLS_GNUTLS, 0x202, 0); }
static void gnutls_self_issued(struct attempt *a)
{
	tls_code(a, TLS_GNUTLS, 0x42, TLS_SELF_ISSUED);
}

static void rp_filter(struct attempt *a) { a->rec.tcp_end.rp_filter_drops = 1; }
static void no_rp_filter(struct attempt *a) { a->rec.tcp_end.rp_filter_drops = 0; }

static void retransmitted(struct attempt *a) { a->rec.tcp_end.retransmits = 1; }
static void not_retransmitted(struct attempt *a) { a->rec.tcp_end.retransmits = 0; }
static void start_unknown(struct attempt *a) { a->rec.tcp_end.started_ns = 0; }

static void after_a_second(struct attempt *a)
{
	a->rec.tcp_end.started_ns = a->rec.hdr.ts_ns - SECOND_NS;
}

static void before_a_second(struct attempt *a)
{
	a->rec.tcp_end.started_ns = a->rec.hdr.ts_ns - SECOND_NS + 1;
}

static void neighbour_has_failed(struct attempt *a)
{
	a->next_hop = make_next_hop("10.0.0.7", "10.0.0.7", 0x20);
	a->has_next_hop = true;
}

static void neighbour_is_asked(struct attempt *a) { a->next_hop.neigh_state = 0x01; }

static void unresolved(struct attempt *a)
{
	retransmitted(a);
	a->next_hop = make_next_hop("10.0.0.7", "10.0.0.7", 0x01);
	a->has_next_hop = true;
}

static void known_gateway(struct attempt *a)
{
	a->has_neigh = true;
	a->neigh = make_neigh("10.0.0.1", BASE_NS - 1000);
	a->next_hop = make_next_hop("10.0.0.7", "10.0.0.1", 0x20);
	a->has_next_hop = true;
}

static void down_link(struct attempt *a) { a->has_down_link = true; }
static void no_down_link(struct attempt *a) { a->has_down_link = false; }

static void no_drop(struct attempt *a) { a->rec.tcp_end.drops_out = a->rec.tcp_end.drops_in = 0; }
static void reset(struct attempt *a) { a->rec.tcp_end.reset_ns = BASE_NS - 1000; }
static void no_reset(struct attempt *a) { a->rec.tcp_end.reset_ns = 0; }
static void reset_sent(struct attempt *a) { a->rec.tcp_end.reset_sent_ns = BASE_NS - 2000; }
static void no_reset_sent(struct attempt *a) { a->rec.tcp_end.reset_sent_ns = 0; }
static void icmp_sent(struct attempt *a) { a->rec.tcp_end.icmp_sent_ns = BASE_NS - 2000; }
static void no_icmp_sent(struct attempt *a) { a->rec.tcp_end.icmp_sent_ns = 0; }
static void blind(struct attempt *a) { a->rec.tcp_end.watched = 0; }
static void blind_to_drops(struct attempt *a) { a->rec.tcp_end.watched &= ~WATCHED_DROPS; }
static void blind_to_icmp(struct attempt *a) { a->rec.tcp_end.watched &= ~WATCHED_ICMP_SENT; }
static void blind_to_resets_sent(struct attempt *a)
{
	a->rec.tcp_end.watched &= ~WATCHED_RESETS_SENT;
}

static void local_reset_sent(struct attempt *a)
{
	local(a);
	reset(a);
	reset_sent(a);
}

static void local_reset(struct attempt *a)
{
	local(a);
	reset(a);
}

static void local_reset_blind(struct attempt *a)
{
	local_reset(a);
	blind_to_resets_sent(a);
}

static void local_reset_drops_unseen(struct attempt *a)
{
	local_reset(a);
	blind_to_drops(a);
}

static void watches_drops(struct attempt *a) { a->rec.tcp_end.watched |= WATCHED_DROPS; }
static void watches_resets_sent(struct attempt *a)
{
	a->rec.tcp_end.watched |= WATCHED_RESETS_SENT;
}

static void local_reset_blind_elsewhere(struct attempt *a)
{
	local_reset_blind(a);
	a->has_listener = true;
	a->listener.state = STATE_LISTEN;
	a->listener.port = 443;
}

static void listener_takes(struct attempt *a) { a->listener.takes = 1; }
static void listener_does_not_take(struct attempt *a) { a->listener.takes = 0; }

static void local_reset_blind_taken(struct attempt *a)
{
	local_reset_blind(a);
	a->listener.state = STATE_LISTEN;
	a->listener.port = 443;
	listener_takes(a);
}

static void reset_blind_to_drops(struct attempt *a)
{
	reset(a);
	blind_to_drops(a);
}

static void neighbour(struct attempt *a)
{
	a->has_neigh = true;
	a->neigh = make_neigh("10.0.0.7", BASE_NS - 1000);
}

static void gateway(struct attempt *a)
{
	a->has_neigh = true;
	a->neigh = make_neigh("10.0.0.1", BASE_NS - 1000);
}

static void no_neighbour(struct attempt *a) { a->has_neigh = false; }

static void refused(struct attempt *a) { set_error(a, ECONNREFUSED); }
static void reset_by_peer(struct attempt *a) { set_error(a, ECONNRESET); }
static void timed_out(struct attempt *a) { set_error(a, ETIMEDOUT); }
static void net_unreachable(struct attempt *a) { set_error(a, ENETUNREACH); }
static void host_unreachable(struct attempt *a) { set_error(a, EHOSTUNREACH); }
static void access_denied(struct attempt *a) { set_error(a, EACCES); }

static void route(struct attempt *a, int error, uint8_t type)
{
	a->rec.call_return.flags |= CALL_ROUTE_FACT;
	a->rec.call_return.route_table = 254;
	a->rec.call_return.route_hook = error ? HOOK_FIB_LOOKUP : HOOK_FIB6_LOOKUP;
	a->rec.call_return.route_err = -error;
	a->rec.call_return.route_type = type;
}

static void blackhole_v4(struct attempt *a) { route(a, EINVAL, 0); }
static void blackhole_v6(struct attempt *a) { route(a, 0, 6); }
static void unreachable_v4(struct attempt *a) { route(a, EHOSTUNREACH, 0); }
static void unreachable_v6(struct attempt *a) { route(a, 0, 7); }
static void prohibit_v4(struct attempt *a) { route(a, EACCES, 0); }
static void prohibit_v6(struct attempt *a) { route(a, 0, 8); }
static void missing_v4(struct attempt *a) { route(a, EAGAIN, 0); }
static void missing_in_52(struct attempt *a)
{
	missing_v4(a);
	a->rec.call_return.route_table = 52;
}

static void no_route_fact(struct attempt *a) { a->rec.call_return.flags &= ~CALL_ROUTE_FACT; }

static void udp_probe(struct attempt *a)
{
	a->flow.protocol = IPPROTO_UDP;
	a->flow.dport = 443;
}

/* To no name server, by the application itself. */
static void udp_to(struct attempt *a, uint16_t port)
{
	a->flow.protocol = IPPROTO_UDP;
	a->flow.dport = port;
	a->rec.call_return.flags |= CALL_LOOKUPS_WATCHED;
}

static void udp_syslog(struct attempt *a) { udp_to(a, 514); }
static void udp_in_lookup(struct attempt *a)
{
	udp_syslog(a);
	a->rec.call_return.flags |= CALL_IN_LOOKUP;
}

static void not_in_lookup(struct attempt *a) { a->rec.call_return.flags &= ~CALL_IN_LOOKUP; }
static void lookups_unwatched(struct attempt *a)
{
	a->rec.call_return.flags &= ~CALL_LOOKUPS_WATCHED;
}

static void not_local(struct attempt *a) { a->local = false; }
static void udp_to_discard(struct attempt *a) { udp_to(a, 9); }
static void udp_to_loopback(struct attempt *a)
{
	udp_syslog(a);
	local(a);
}

static void udp_to_name_server(struct attempt *a)
{
	a->flow.protocol = IPPROTO_UDP;
	a->flow.dport = 53;
}

static void port_search(struct attempt *a)
{
	a->rec.call_return.flags |= CALL_PORT_SEARCH_FAILED;
	a->has_limits = true;
	a->limits = make_limits(32768, 32867);
}

static void port_bound(struct attempt *a) { a->rec.call_return.flags |= CALL_PORT_BOUND; }

static void port_not_bound(struct attempt *a) { a->rec.call_return.flags &= ~CALL_PORT_BOUND; }

static void bound_port_search(struct attempt *a)
{
	port_search(a);
	port_bound(a);
	a->flow.sport = 7002;
}

static void holder(struct attempt *a, uint8_t state)
{
	a->has_holder = true;
	a->holder = make_holder(state);
}

static void holder_listens(struct attempt *a) { holder(a, STATE_LISTEN); }
static void holder_waits(struct attempt *a) { holder(a, STATE_TIME_WAIT); }
static void holder_bound(struct attempt *a) { holder(a, STATE_CLOSE); }
static void holder_connected(struct attempt *a) { holder(a, STATE_ESTABLISHED); }
static void listens_elsewhere(struct attempt *a)
{
	a->local = true;
	a->rec.tcp_end.reset_ns = BASE_NS - 1000;
	a->rec.tcp_end.reset_sent_ns = BASE_NS - 2000;
	a->has_listener = true;
	a->listener.state = STATE_LISTEN;
	a->listener.port = 443;
}

static void other_listener(struct attempt *a)
{
	a->has_listener = true;
	a->listener.state = STATE_LISTEN;
	a->listener.port = 443;
}

static void resets_not_watched(struct attempt *a)
{
	a->rec.tcp_end.watched &= ~WATCHED_RESETS;
}

static void resets_watched(struct attempt *a) { a->rec.tcp_end.watched |= WATCHED_RESETS; }
static void to_link_local(struct attempt *a) { set_addr(a->flow.daddr, "fe80::1"); }
static void to_nowhere(struct attempt *a) { set_addr(a->flow.daddr, "0.0.0.0"); }
static void at_link_local(struct attempt *a) { set_addr(a->flow.saddr, "fe80::1"); }
static void elsewhere(struct attempt *a)
{
	set_addr(a->flow.daddr, "2001:db8::1");
	set_addr(a->flow.saddr, "2001:db8::1");
}

static void address_tentative(struct attempt *a)
{
	a->has_address = true;
	a->address.flags = ADDRESS_PRESENT | ADDRESS_TENTATIVE;
}

/* Nobody could look: no time, no permission, not in the recording. */
static void not_looked(struct attempt *a)
{
	a->listener.hdr.unknown = 1;
	a->address.hdr.unknown = 1;
	a->limits.hdr.unknown = 1;
	a->has_limits = false;
}

static void looked(struct attempt *a)
{
	a->listener.hdr.unknown = 0;
	a->address.hdr.unknown = 0;
	a->limits.hdr.unknown = 0;
	a->has_limits = true;
}

/* A listener that would have taken it: it came up since. */
static void listener_came_up(struct attempt *a)
{
	local_reset_sent(a);
	a->listener.state = STATE_LISTEN;
	a->listener.takes = 1;
}

static void listener_did_not_come(struct attempt *a) { a->listener.takes = 0; }

static void not_looked_v6(struct attempt *a)
{
	not_looked(a);
	set_addr(a->flow.saddr, "2001:db8::1");
}

static void never_looked(struct attempt *a)
{
	a->listener.hdr.kind = 0;
	a->address.hdr.kind = 0;
}

static void refused_not_looked(struct attempt *a)
{
	local_reset_sent(a);
	not_looked(a);
}

static void address_foreign(struct attempt *a) { a->has_address = false; }
static void may_bind_low(struct attempt *a) { a->rec.call_return.flags |= CALL_MAY_BIND_LOW; }
static void may_not_bind_low(struct attempt *a) { a->rec.call_return.flags &= ~CALL_MAY_BIND_LOW; }

static void dns_answer(struct attempt *a, uint16_t rcode)
{
	a->lookup.has_answer = true;
	a->lookup.is_own = true;
	a->lookup.is_name_server = false;
	a->lookup.rcode = rcode;
	a->lookup.type = DNS_TYPE_A;
	a->lookup.hook = HOOK_DATA_READY;
	a->lookup.answer_ns = BASE_NS - 1000;
	a->flow = make_flow(IPPROTO_UDP, "10.0.0.5", 40000, "10.0.0.53", 53);
}

static void nxdomain(struct attempt *a) { dns_answer(a, DNS_NXDOMAIN); }
static void nodata(struct attempt *a) { dns_answer(a, DNS_NOERROR); }
static void servfail(struct attempt *a) { dns_answer(a, DNS_SERVFAIL); }
static void query_refused(struct attempt *a) { dns_answer(a, DNS_REFUSED); }
static void at_once(struct attempt *a)
{
	a->rec.name_lookup.started_ns = a->rec.hdr.ts_ns - MS_NS;
}

static void strange_answer(struct attempt *a) { dns_answer(a, 4); }
static void other_answer(struct attempt *a, uint16_t rcode)
{
	dns_answer(a, rcode);
	a->lookup.is_own = false;
}

static void nxdomain_elsewhere(struct attempt *a) { other_answer(a, DNS_NXDOMAIN); }
static void nodata_elsewhere(struct attempt *a) { other_answer(a, DNS_NOERROR); }
static void servfail_elsewhere(struct attempt *a) { other_answer(a, DNS_SERVFAIL); }
static void refused_elsewhere(struct attempt *a) { other_answer(a, DNS_REFUSED); }
static void undeliverable(struct attempt *a) { a->lookup.refused = ECONNREFUSED; }
static void no_name(struct attempt *a) { a->rec.name_lookup.error = EAI_NONAME; }

static void name_server(struct attempt *a)
{
	nxdomain(a);
	a->lookup.is_name_server = true;
}

static void queue(struct attempt *a, uint32_t depth)
{
	a->local = true;
	a->has_queue = true;
	a->queue.depth = depth;
	a->queue.limit = 128;
	a->queue.flow = make_flow(IPPROTO_TCP, "0.0.0.0", 443, "0.0.0.0", 0);
	a->queue.who = make_who(498, "nginx");
}

static void queue_over(struct attempt *a) { queue(a, 129); }
static void queue_just_full(struct attempt *a) { queue(a, 128); }

static void overflow_reset(struct attempt *a)
{
	a->rec.tcp_end.reset_ns = BASE_NS - 1000;
	a->rec.tcp_end.backlog_reset_ns = BASE_NS - 2000;
	a->rec.tcp_end.queue_depth = 129;
	a->rec.tcp_end.queue_limit = 128;
}

static void no_overflow(struct attempt *a) { a->rec.tcp_end.backlog_reset_ns = 0; }

static void idle_reset(struct attempt *a)
{
	a->rec.tcp_end.reset_ns = BASE_NS - 1000;
	a->rec.tcp_end.idle_ns = 30000000000ULL;
}

static void not_so_idle(struct attempt *a) { a->rec.tcp_end.idle_ns--; }
static void syn_queue(struct attempt *a) { a->rec.queue_full.queue = QUEUE_SYN; }
static void accept_queue(struct attempt *a) { a->rec.queue_full.queue = QUEUE_ACCEPT; }
static void listener_unknown(struct attempt *a) { a->rec.queue_full.flow.sport = 0; }

static void syn_queue_with_cookies(struct attempt *a)
{
	syn_queue(a);
	a->rec.queue_full.hdr.hook = HOOK_CONN_REQUEST_KPROBE;
	a->has_limits = true;
	a->limits.syncookies = 1;
}

static void syn_queue_not_looked(struct attempt *a)
{
	syn_queue_with_cookies(a);
	a->limits.syncookies = 0;
	a->has_limits = false;
}

static void no_cookies(struct attempt *a) { a->limits.syncookies = 0; }

static void no_listener(struct attempt *a) { a->has_listener = false; }

static void udp_rejected_here(struct attempt *a)
{
	a->local = false;
	a->rec.udp_error.icmp_sent_ns = BASE_NS;
}

static void udp_no_icmp_here(struct attempt *a) { a->rec.udp_error.icmp_sent_ns = 0; }

static void no_holder(struct attempt *a) { a->has_holder = false; }

static void holder_udp(struct attempt *a)
{
	holder(a, STATE_ESTABLISHED);
	a->holder.protocol = IPPROTO_UDP;
}

static void limits_from_80(struct attempt *a)
{
	a->has_limits = true;
	a->limits = make_limits(32768, 60999);
	a->limits.unprivileged_port_start = 80;
}

/* A container's: every port is everybody's. */
static void limits_from_0(struct attempt *a)
{
	limits_from_80(a);
	a->limits.unprivileged_port_start = 0;
}

static void limits_from_81(struct attempt *a)
{
	limits_from_80(a);
	a->limits.unprivileged_port_start = 81;
}

static void by_module(struct attempt *a) { a->rec.hdr.hook = HOOK_BIND_LSM_FEXIT; }
static void by_bind(struct attempt *a) { a->rec.hdr.hook = HOOK_BIND_FEXIT; }
static void has_way(struct attempt *a) { a->has_next_hop = true; }
static void has_no_way(struct attempt *a) { a->has_next_hop = false; }
static void mapped(struct attempt *a) { a->flow.v6_socket = 1; }
static void looked_for_way(struct attempt *a) { a->next_hop.hdr.kind = REC_NEXT_HOP; }

static void down_link_and_way(struct attempt *a)
{
	down_link(a);
	has_way(a);
}

static void port_1023(struct attempt *a) { a->flow.sport = 1023; }
static void port_1024(struct attempt *a) { a->flow.sport = 1024; }

/* --- the cases --- */

#define OBSERVED CONFIDENCE_OBSERVED
#define INFERRED CONFIDENCE_INFERRED
#define UNKNOWN CONFIDENCE_UNKNOWN

static const struct rule_case {
	enum attempt_kind kind;
	int error;
	change_fn facts;		/* NULL: none needed */
	const char *code, *cause;	/* NULL: no failure */
	enum confidence confidence;
	const char *error_type;
	change_fn miss;			/* after it the row must not hold */
} cases[] = {
	/* Refused. */
	{ ATTEMPT_CONNECT, ECONNREFUSED, reset_by_reject, "021", "local-firewall-reject", OBSERVED,
	  "ECONNREFUSED", dropped_long_ago },
	{ ATTEMPT_CONNECT, ECONNREFUSED, icmp_by_reject, "021", "local-firewall-reject", OBSERVED,
	  "ECONNREFUSED", dropped_long_ago },
	{ ATTEMPT_CONNECT, ECONNREFUSED, own_icmp_by_reject, "021", "local-firewall-reject",
	  OBSERVED, "ECONNREFUSED", dropped_long_ago },
	{ ATTEMPT_CONNECT, ECONNREFUSED, drop_out, "021", "local-firewall-reject", INFERRED,
	  "ECONNREFUSED", no_drop },
	{ ATTEMPT_CONNECT, ECONNREFUSED, listens_elsewhere, "021", "wrong-address", OBSERVED,
	  "ECONNREFUSED", no_listener },
	{ ATTEMPT_CONNECT, ECONNREFUSED, icmp_port, "021", "icmp-reject", OBSERVED,
	  "ECONNREFUSED", icmp_own },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_sent, "021", "no-listener", OBSERVED,
	  "ECONNREFUSED", no_reset_sent },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_sent, "021", "no-listener", OBSERVED,
	  "ECONNREFUSED", not_looked },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_sent, "021", "no-listener", OBSERVED,
	  "ECONNREFUSED", never_looked },
	{ ATTEMPT_CONNECT, ECONNREFUSED, listener_came_up, "021", "no-listener", INFERRED,
	  "ECONNREFUSED", listener_did_not_come },
	{ ATTEMPT_CONNECT, ECONNREFUSED, refused_not_looked, "021", "no-listener", INFERRED,
	  "ECONNREFUSED", looked },
	/* Where drops are seen, this host's own reject would have been: it was another's. */
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset, "021", "unexplained", UNKNOWN,
	  "ECONNREFUSED", reset_by_reject },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_drops_unseen, "021", "local-firewall-reject",
	  INFERRED, "ECONNREFUSED", watches_drops },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_drops_unseen, "021", "local-firewall-reject",
	  INFERRED, "ECONNREFUSED", blind_to_resets_sent },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_drops_unseen, "021", "local-firewall-reject",
	  INFERRED, "ECONNREFUSED", reset_sent },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_blind, "021", "no-listener", INFERRED,
	  "ECONNREFUSED", no_reset },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_blind, "021", "no-listener", INFERRED,
	  "ECONNREFUSED", watches_resets_sent },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_blind, "021", "no-listener", INFERRED,
	  "ECONNREFUSED", listener_takes },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_blind_taken, "021", "unexplained", UNKNOWN,
	  "ECONNREFUSED", listener_does_not_take },
	{ ATTEMPT_CONNECT, ECONNREFUSED, local_reset_blind_elsewhere, "021", "wrong-address",
	  INFERRED, "ECONNREFUSED", no_listener },
	{ ATTEMPT_CONNECT, ECONNREFUSED, reset, "021", "peer-reset", OBSERVED,
	  "ECONNREFUSED", blind_to_drops },
	{ ATTEMPT_CONNECT, ECONNREFUSED, reset, "021", "peer-reset", OBSERVED,
	  "ECONNREFUSED", drop_out },
	{ ATTEMPT_CONNECT, ECONNREFUSED, reset, "021", "peer-reset", OBSERVED,
	  "ECONNREFUSED", local },
	{ ATTEMPT_CONNECT, ECONNREFUSED, reset_blind_to_drops, "021", "peer-reset", INFERRED,
	  "ECONNREFUSED", no_reset },
	{ ATTEMPT_CONNECT, ECONNREFUSED, icmp_sent, "021", "local-firewall-reject", INFERRED,
	  "ECONNREFUSED", no_icmp_sent },
	{ ATTEMPT_CONNECT, ECONNREFUSED, icmp_sent, "021", "local-firewall-reject", INFERRED,
	  "ECONNREFUSED", reset },
	{ ATTEMPT_CONNECT, ECONNREFUSED, NULL, "021", "icmp-reject", INFERRED,
	  "ECONNREFUSED", blind_to_icmp },
	{ ATTEMPT_CONNECT, ECONNREFUSED, NULL, "021", "icmp-reject", INFERRED,
	  "ECONNREFUSED", local },

	/* No way to the host. */
	{ ATTEMPT_CONNECT, EHOSTUNREACH, icmp_by_reject, "022", "local-firewall-reject", OBSERVED,
	  "EHOSTUNREACH", dropped_long_ago },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, drop_out, "022", "local-firewall-reject", INFERRED,
	  "EHOSTUNREACH", no_drop },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, icmp_host, "022", "icmp-host-unreachable", OBSERVED,
	  "EHOSTUNREACH", icmp_prohibited },
	{ ATTEMPT_CONNECT, EHOSTDOWN, icmp_unknown_host, "022", "icmp-host-unreachable", OBSERVED,
	  "EHOSTDOWN", icmp_isolated },
	{ ATTEMPT_CONNECT, ENONET, icmp_isolated, "022", "icmp-host-unreachable", OBSERVED,
	  "ENONET", icmp_unknown_host },
	{ ATTEMPT_CONNECT, ENOPROTOOPT, icmp_protocol, "022", "icmp-unreachable", OBSERVED,
	  "ENOPROTOOPT", icmp_source_route },
	{ ATTEMPT_CONNECT, EOPNOTSUPP, icmp_source_route, "022", "icmp-unreachable", OBSERVED,
	  "EOPNOTSUPP", no_icmp },
	{ ATTEMPT_CONNECTION, ENOPROTOOPT, icmp_protocol, "022", "icmp-unreachable", OBSERVED,
	  "ENOPROTOOPT", no_icmp },
	{ ATTEMPT_UDP, ENOPROTOOPT, icmp_protocol, "022", "icmp-unreachable", OBSERVED,
	  "ENOPROTOOPT", no_icmp },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, icmp_prohibited, "022", "icmp-prohibited", OBSERVED,
	  "EHOSTUNREACH", icmp_own_host },
	{ ATTEMPT_CONNECT, ENETUNREACH, icmp_network, "026", "icmp-net-unreachable", OBSERVED,
	  "ENETUNREACH", icmp_host },
	{ ATTEMPT_CONNECT, ENETUNREACH, icmp_by_reject, "022", "local-firewall-reject", OBSERVED,
	  "ENETUNREACH", dropped_long_ago },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, known_gateway, "022", "neighbour-failed", OBSERVED,
	  "EHOSTUNREACH", no_neighbour },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, neighbour, "022", "neighbour-failed", OBSERVED,
	  "EHOSTUNREACH", gateway },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, gateway, "022", "neighbour-failed", INFERRED,
	  "EHOSTUNREACH", no_neighbour },
	{ ATTEMPT_CONNECT, EACCES, icmp_by_reject, "022", "local-firewall-reject", OBSERVED,
	  "EACCES", dropped_long_ago },
	{ ATTEMPT_CONNECT, EACCES, drop_out, "022", "local-firewall-reject", INFERRED,
	  "EACCES", no_drop },
	{ ATTEMPT_CONNECT, EACCES, NULL, "022", "icmp-prohibited", INFERRED,
	  "EACCES", blind_to_drops },
	{ ATTEMPT_CONNECT, EACCES, NULL, "022", "icmp-prohibited", INFERRED, "EACCES", local },
	{ ATTEMPT_CONNECT, ENETUNREACH, NULL, "026", "icmp-net-unreachable", INFERRED,
	  "ENETUNREACH", blind },

	/* Nothing came back. */
	{ ATTEMPT_CONNECT, ETIMEDOUT, drop_out, "023", "local-firewall-drop", OBSERVED,
	  "ETIMEDOUT", no_drop },
	{ ATTEMPT_CONNECT, ETIMEDOUT, drop_out, "023", "local-firewall-drop", OBSERVED,
	  "ETIMEDOUT", some_left },
	{ ATTEMPT_CONNECT, ETIMEDOUT, some_dropped, "023", "local-firewall-drop", INFERRED,
	  "ETIMEDOUT", no_drop },
	{ ATTEMPT_CONNECT, 0, some_dropped, "023", "local-firewall-drop", INFERRED,
	  "ABANDONED", no_drop },
	{ ATTEMPT_CONNECT, ETIMEDOUT, rp_filter, "023", "reverse-path-filter", OBSERVED,
	  "ETIMEDOUT", no_rp_filter },
	{ ATTEMPT_CONNECT, 0, rp_filter, "023", "reverse-path-filter", OBSERVED,
	  "ABANDONED", drop_in },
	{ ATTEMPT_CONNECT, 0, icmp_host, "023", "icmp-unreachable", OBSERVED, "ABANDONED",
	  no_icmp },
	{ ATTEMPT_CONNECT, 0, unresolved, "023", "no-reply", INFERRED, "ABANDONED", drop_out },
	{ ATTEMPT_CONNECT, 0, unresolved, "023", "no-reply", INFERRED, "ABANDONED",
	  not_retransmitted },
	{ ATTEMPT_CONNECT, 0, neighbour_has_failed, "023", "no-reply", INFERRED, "ABANDONED",
	  neighbour_is_asked },
	{ ATTEMPT_CONNECT, ETIMEDOUT, drop_in, "023", "local-firewall-drop", OBSERVED,
	  "ETIMEDOUT", no_drop },
	{ ATTEMPT_CONNECT, ETIMEDOUT, NULL, "023", "no-reply", INFERRED, "ETIMEDOUT", local },
	{ ATTEMPT_CONNECT, ETIMEDOUT, NULL, "023", "no-reply", INFERRED, "ETIMEDOUT", drop_in },
	{ ATTEMPT_CONNECT, 0, drop_in, "023", "local-firewall-drop", OBSERVED, "ABANDONED",
	  no_drop },
	{ ATTEMPT_CONNECT, 0, retransmitted, "023", "no-reply", INFERRED, "ABANDONED", local },
	{ ATTEMPT_CONNECT, 0, retransmitted, "023", "no-reply", INFERRED, "ABANDONED",
	  not_retransmitted },
	{ ATTEMPT_CONNECT, 0, after_a_second, "023", "no-reply", INFERRED, "ABANDONED",
	  before_a_second },
	{ ATTEMPT_CONNECT, 0, before_a_second, "023", "given-up-early", OBSERVED, "ABANDONED",
	  after_a_second },
	{ ATTEMPT_CONNECT, 0, NULL, "023", "given-up-early", OBSERVED, "ABANDONED", local },
	{ ATTEMPT_CONNECT, 0, start_unknown, "023", "unexplained", UNKNOWN, "ABANDONED",
	  after_a_second },
	{ ATTEMPT_CONNECT, 0, local, "023", "unexplained", UNKNOWN, "ABANDONED", drop_out },

	/* Established connections. */
	{ ATTEMPT_CONNECTION, ECONNRESET, reset_by_reject, "C01", "local-firewall-reset", OBSERVED,
	  "ECONNRESET", dropped_long_ago },
	{ ATTEMPT_CONNECTION, ETIMEDOUT, silenced, "023", "local-firewall-drop", OBSERVED,
	  "ETIMEDOUT", heard_since },
	{ ATTEMPT_CONNECTION, ETIMEDOUT, perhaps_silenced, "023", "local-firewall-drop", INFERRED,
	  "ETIMEDOUT", heard_since },
	{ ATTEMPT_CONNECTION, ENETUNREACH, icmp_network, "026", "icmp-net-unreachable", OBSERVED,
	  "ENETUNREACH", no_icmp },
	{ ATTEMPT_CONNECTION, EHOSTUNREACH, icmp_host, "022", "icmp-host-unreachable", OBSERVED,
	  "EHOSTUNREACH", no_icmp },
	{ ATTEMPT_CONNECTION, EHOSTUNREACH, icmp_prohibited, "022", "icmp-prohibited", OBSERVED,
	  "EHOSTUNREACH", no_icmp },
	{ ATTEMPT_CONNECTION, ECONNREFUSED, icmp_port, "021", "icmp-reject", OBSERVED,
	  "ECONNREFUSED", no_icmp },
	{ ATTEMPT_CONNECTION, ECONNRESET, reset, "C01", "peer-reset", OBSERVED, "ECONNRESET",
	  timed_out },
	{ ATTEMPT_CONNECTION, ECONNRESET, reset_blind_to_drops, "C01", "peer-reset", INFERRED,
	  "ECONNRESET", watches_drops },
	{ ATTEMPT_CONNECTION, ECONNRESET, overflow_reset, "C01", "backlog-reset", OBSERVED,
	  "ECONNRESET", no_overflow },
	{ ATTEMPT_CONNECTION, ECONNRESET, idle_reset, "C01", "peer-reset-idle", INFERRED,
	  "ECONNRESET", not_so_idle },
	{ ATTEMPT_CONNECTION, ECONNRESET, resets_not_watched, "C01", "peer-reset", INFERRED,
	  "ECONNRESET", resets_watched },
	{ ATTEMPT_CONNECTION, ETIMEDOUT, retransmitted, "023", "established-timeout", OBSERVED,
	  "ETIMEDOUT", not_retransmitted },
	{ ATTEMPT_CONNECTION, ETIMEDOUT, drop_out, "023", "established-timeout", INFERRED,
	  "ETIMEDOUT", silenced },
	/* A keepalive's end, or a peer that answers and takes nothing. */
	{ ATTEMPT_CONNECTION, ETIMEDOUT, NULL, "023", "established-timeout", INFERRED,
	  "ETIMEDOUT", retransmitted },
	{ ATTEMPT_CONNECTION, EHOSTUNREACH, neighbour, "022", "neighbour-failed", OBSERVED,
	  "EHOSTUNREACH", gateway },
	{ ATTEMPT_CONNECTION, EHOSTUNREACH, gateway, "022", "neighbour-failed", INFERRED,
	  "EHOSTUNREACH", no_neighbour },

	/* Names. */
	{ ATTEMPT_LOOKUP, 0, name_server, NULL, NULL, UNKNOWN, NULL, nxdomain },
	{ ATTEMPT_LOOKUP, 0, nxdomain, "024", "nxdomain", OBSERVED, "NXDOMAIN", servfail },
	{ ATTEMPT_LOOKUP, 0, nodata, "024", "no-data", OBSERVED, "NODATA", nxdomain },
	{ ATTEMPT_LOOKUP, 0, servfail, "024", "servfail", OBSERVED, "SERVFAIL", nxdomain },
	{ ATTEMPT_LOOKUP, 0, query_refused, "024", "query-refused", OBSERVED, "REFUSED", servfail },
	/* Another look-up's answer is no proof of this one's. */
	{ ATTEMPT_LOOKUP, 0, nxdomain_elsewhere, "024", "nxdomain", INFERRED, "NXDOMAIN",
	  servfail_elsewhere },
	{ ATTEMPT_LOOKUP, 0, nodata_elsewhere, "024", "no-data", INFERRED, "NODATA",
	  nxdomain_elsewhere },
	{ ATTEMPT_LOOKUP, 0, servfail_elsewhere, "024", "servfail", INFERRED, "SERVFAIL",
	  nxdomain_elsewhere },
	{ ATTEMPT_LOOKUP, 0, refused_elsewhere, "024", "query-refused", INFERRED, "REFUSED",
	  servfail_elsewhere },
	{ ATTEMPT_LOOKUP, 0, undeliverable, "024", "resolver-unreachable", OBSERVED, "EAI_AGAIN",
	  servfail },
	{ ATTEMPT_LOOKUP, 0, NULL, "024", "resolver-timeout", INFERRED, "EAI_AGAIN", nxdomain },
	{ ATTEMPT_LOOKUP, 0, NULL, "024", "resolver-timeout", INFERRED, "EAI_AGAIN", at_once },
	{ ATTEMPT_LOOKUP, 0, at_once, "024", "unexplained", UNKNOWN, "EAI_AGAIN", nxdomain },
	{ ATTEMPT_LOOKUP, 0, strange_answer, "024", "unexplained", UNKNOWN, "EAI_AGAIN", nxdomain },
	{ ATTEMPT_LOOKUP, 0, no_name, "024", "unexplained", UNKNOWN, "EAI_NONAME", nxdomain },

	/* Queues of listeners. */
	{ ATTEMPT_CONNECT, ETIMEDOUT, queue_over, "023", "accept-queue-full", INFERRED,
	  "ETIMEDOUT", queue_just_full },
	{ ATTEMPT_CONNECT, 0, queue_over, "023", "accept-queue-full", INFERRED, "ABANDONED",
	  queue_just_full },
	{ ATTEMPT_QUEUE, 0, accept_queue, "C02", "accept-queue-full", OBSERVED, "BACKLOG_FULL",
	  listener_unknown },
	{ ATTEMPT_QUEUE, 0, listener_unknown, "C02", "unexplained", UNKNOWN, "BACKLOG_FULL",
	  syn_queue },
	{ ATTEMPT_QUEUE, 0, syn_queue, "C02", "syn-queue-full", OBSERVED, "BACKLOG_FULL",
	  accept_queue },
	{ ATTEMPT_QUEUE, 0, syn_queue_not_looked, "C02", "syn-queue-full", INFERRED,
	  "BACKLOG_FULL", looked },
	{ ATTEMPT_QUEUE, 0, syn_queue_with_cookies, NULL, NULL, UNKNOWN, NULL, no_cookies },

	/* connect() that failed at once. */
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, udp_probe, NULL, NULL, UNKNOWN, NULL,
	  udp_to_name_server },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, udp_in_lookup, NULL, NULL, UNKNOWN, NULL,
	  not_in_lookup },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, udp_to_discard, NULL, NULL, UNKNOWN, NULL,
	  udp_syslog },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, udp_to_loopback, NULL, NULL, UNKNOWN, NULL,
	  not_local },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, udp_syslog, "026", "no-route", INFERRED,
	  "ENETUNREACH", lookups_unwatched },
	{ ATTEMPT_CONNECT_CALL, EINVAL, blackhole_v4, "026", "route-blackhole", OBSERVED,
	  "EINVAL", no_route_fact },
	{ ATTEMPT_CONNECT_CALL, EINVAL, blackhole_v6, "026", "route-blackhole", OBSERVED,
	  "EINVAL", prohibit_v6 },
	{ ATTEMPT_CONNECT_CALL, EACCES, prohibit_v4, "026", "route-prohibit", OBSERVED,
	  "EACCES", no_route_fact },
	{ ATTEMPT_CONNECT_CALL, EACCES, prohibit_v6, "026", "route-prohibit", OBSERVED,
	  "EACCES", missing_v4 },
	{ ATTEMPT_CONNECT_CALL, EHOSTUNREACH, unreachable_v4, "022", "route-unreachable", OBSERVED,
	  "EHOSTUNREACH", no_route_fact },
	{ ATTEMPT_CONNECT_CALL, EHOSTUNREACH, unreachable_v6, "022", "route-unreachable", OBSERVED,
	  "EHOSTUNREACH", prohibit_v6 },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, missing_v4, "026", "no-route", OBSERVED,
	  "ENETUNREACH", no_route_fact },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, unreachable_v6, "026", "no-route", OBSERVED,
	  "ENETUNREACH", blackhole_v6 },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, NULL, "026", "no-route", INFERRED, "ENETUNREACH",
	  host_unreachable },
	/* A policy rule behind that table may have refused. */
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, missing_in_52, "026", "no-route", INFERRED,
	  "ENETUNREACH", missing_v4 },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, has_way, "026", "unexplained", UNKNOWN, "ENETUNREACH",
	  has_no_way },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, down_link_and_way, "026", "unexplained", UNKNOWN,
	  "ENETUNREACH", has_no_way },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, mapped, "026", "unexplained", UNKNOWN, "ENETUNREACH",
	  missing_v4 },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, mapped, "026", "unexplained", UNKNOWN, "ENETUNREACH",
	  looked_for_way },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, udp_to_name_server, "026", "no-route", INFERRED,
	  "ENETUNREACH", udp_probe },
	{ ATTEMPT_CONNECT_CALL, ENETUNREACH, down_link, "026", "interface-down", INFERRED,
	  "ENETUNREACH", no_down_link },
	{ ATTEMPT_CONNECT_CALL, ENETDOWN, NULL, "026", "interface-down", INFERRED, "ENETDOWN",
	  net_unreachable },
	{ ATTEMPT_CONNECT_CALL, EINVAL, to_link_local, "026", "unexplained", UNKNOWN, "EINVAL",
	  to_nowhere },
	{ ATTEMPT_CONNECT_CALL, EADDRNOTAVAIL, port_search, "028", "ephemeral-ports-exhausted",
	  OBSERVED, "EADDRNOTAVAIL", port_bound },
	{ ATTEMPT_CONNECT_CALL, EADDRNOTAVAIL, bound_port_search, "028", "connection-exists",
	  OBSERVED, "EADDRNOTAVAIL", port_not_bound },
	{ ATTEMPT_CONNECT_CALL, EPERM, NULL, "C04", "blocked-by-policy", INFERRED, "EPERM",
	  net_unreachable },
	{ ATTEMPT_CONNECT_CALL, EACCES, NULL, "C04", "blocked-by-policy", INFERRED, "EACCES",
	  prohibit_v4 },
	{ ATTEMPT_CONNECT_CALL, EACCES, udp_syslog, "C04", "unexplained", UNKNOWN, "EACCES",
	  elsewhere },
	/* ip rule … blackhole: no table was asked. */
	{ ATTEMPT_CONNECT_CALL, EINVAL, NULL, "026", "unexplained", UNKNOWN, "EINVAL",
	  blackhole_v4 },
	{ ATTEMPT_CONNECT_CALL, EINVAL, NULL, "026", "unexplained", UNKNOWN, "EINVAL",
	  to_nowhere },
	{ ATTEMPT_CONNECT_CALL, EINVAL, missing_in_52, "026", "unexplained", UNKNOWN, "EINVAL",
	  blackhole_v4 },

	/* bind() and listen(). */
	{ ATTEMPT_BIND, EADDRINUSE, holder_listens, "027", "held-by-listener", INFERRED,
	  "EADDRINUSE", holder_bound },
	{ ATTEMPT_BIND, EADDRINUSE, holder_waits, "027", "held-by-time-wait", INFERRED,
	  "EADDRINUSE", holder_listens },
	{ ATTEMPT_BIND, EADDRINUSE, holder_bound, "027", "held-by-bound-socket", INFERRED,
	  "EADDRINUSE", holder_connected },
	{ ATTEMPT_BIND, EADDRINUSE, holder_udp, "027", "held-by-bound-socket", INFERRED,
	  "EADDRINUSE", holder_connected },
	{ ATTEMPT_BIND, EADDRINUSE, holder_connected, "027", "held-by-connection", INFERRED,
	  "EADDRINUSE", no_holder },
	{ ATTEMPT_BIND, EADDRINUSE, no_holder, "027", "unexplained", UNKNOWN, "EADDRINUSE",
	  holder_listens },
	{ ATTEMPT_BIND, EADDRNOTAVAIL, NULL, "C03", "address-not-local", OBSERVED,
	  "EADDRNOTAVAIL", access_denied },
	{ ATTEMPT_BIND, EADDRNOTAVAIL, NULL, "C03", "address-not-local", OBSERVED,
	  "EADDRNOTAVAIL", not_looked },
	{ ATTEMPT_BIND, EADDRNOTAVAIL, not_looked, "C03", "address-not-local", INFERRED,
	  "EADDRNOTAVAIL", looked },
	{ ATTEMPT_BIND, EADDRNOTAVAIL, not_looked_v6, "C03", "unexplained", UNKNOWN,
	  "EADDRNOTAVAIL", looked },
	{ ATTEMPT_BIND, EADDRNOTAVAIL, address_tentative, "C03", "unexplained", UNKNOWN,
	  "EADDRNOTAVAIL", address_foreign },
	{ ATTEMPT_BIND, EINVAL, at_link_local, "C03", "unexplained", UNKNOWN, "EINVAL",
	  elsewhere },
	{ ATTEMPT_BIND, EACCES, by_module, "C04", "blocked-by-policy", OBSERVED, "EACCES",
	  by_bind },
	{ ATTEMPT_BIND, EACCES, may_bind_low, "C04", "blocked-by-policy", INFERRED, "EACCES",
	  may_not_bind_low },
	{ ATTEMPT_BIND, EACCES, NULL, "C04", "privileged-port", OBSERVED, "EACCES", port_1024 },
	{ ATTEMPT_BIND, EACCES, not_looked, "C04", "privileged-port", INFERRED, "EACCES", looked },
	{ ATTEMPT_BIND, EACCES, limits_from_81, "C04", "privileged-port", OBSERVED, "EACCES",
	  limits_from_80 },
	{ ATTEMPT_BIND, EACCES, port_1024, "C04", "blocked-by-policy", INFERRED, "EACCES",
	  port_1023 },
	{ ATTEMPT_BIND, EACCES, limits_from_0, "C04", "blocked-by-policy", INFERRED, "EACCES",
	  limits_from_81 },
	{ ATTEMPT_BIND, EPERM, NULL, "C04", "blocked-by-policy", INFERRED, "EPERM",
	  access_denied },
	{ ATTEMPT_LISTEN, EADDRINUSE, holder_listens, "027", "held-by-listener", INFERRED,
	  "EADDRINUSE", holder_waits },
	{ ATTEMPT_LISTEN, EADDRINUSE, holder_waits, "027", "held-by-time-wait", INFERRED,
	  "EADDRINUSE", no_holder },
	{ ATTEMPT_LISTEN, EADDRINUSE, holder_bound, "027", "held-by-bound-socket", INFERRED,
	  "EADDRINUSE", holder_connected },
	{ ATTEMPT_LISTEN, EADDRINUSE, holder_connected, "027", "held-by-connection", INFERRED,
	  "EADDRINUSE", no_holder },
	{ ATTEMPT_LISTEN, EADDRINUSE, no_holder, "027", "unexplained", UNKNOWN, "EADDRINUSE",
	  holder_listens },

	/* Certificates. */
	{ ATTEMPT_TLS, 0, tls_revoked, "025", "certificate-revoked", OBSERVED, TLS_ERROR,
	  tls_crl_missing },
	{ ATTEMPT_TLS, 0, tls_expired, "025", "certificate-expired", OBSERVED, TLS_ERROR,
	  tls_early },
	{ ATTEMPT_TLS, 0, tls_early, "025", "certificate-not-yet-valid", OBSERVED, TLS_ERROR,
	  tls_expired },
	{ ATTEMPT_TLS, 0, tls_name, "025", "hostname-mismatch", OBSERVED, TLS_ERROR,
	  tls_crl_missing },
	{ ATTEMPT_TLS, 0, tls_self_signed, "025", "self-signed", OBSERVED, TLS_ERROR,
	  tls_no_issuer },
	{ ATTEMPT_TLS, 0, tls_no_issuer, "025", "unknown-issuer", OBSERVED, TLS_ERROR,
	  tls_self_signed },
	{ ATTEMPT_TLS, 0, tls_crl_missing, "025", "certificate-other", OBSERVED, TLS_ERROR,
	  tls_revoked },
	{ ATTEMPT_TLS, 0, tls_unheard_of, "025", "certificate-other", OBSERVED, TLS_ERROR,
	  tls_name },
	{ ATTEMPT_TLS, 0, tls_one_of_several, "025", "certificate-expired", INFERRED, TLS_ERROR,
	  tls_expired },
	{ ATTEMPT_TLS, 0, gnutls_expired, "025", "certificate-expired", INFERRED, TLS_ERROR,
	  gnutls_in_handshake },
	{ ATTEMPT_TLS, 0, gnutls_in_handshake, "025", "certificate-expired", OBSERVED, TLS_ERROR,
	  gnutls_expired },
	{ ATTEMPT_TLS, 0, gnutls_name, "025", "hostname-mismatch", OBSERVED, TLS_ERROR,
	  gnutls_no_issuer },
	{ ATTEMPT_TLS, 0, gnutls_no_issuer, "025", "unknown-issuer", OBSERVED, TLS_ERROR,
	  gnutls_self_issued },
	{ ATTEMPT_TLS, 0, gnutls_self_issued, "025", "self-signed", OBSERVED, TLS_ERROR,
	  gnutls_no_issuer },
	{ ATTEMPT_TLS, 0, gnutls_revoked, "025", "certificate-revoked", OBSERVED, TLS_ERROR,
	  gnutls_name },
	{ ATTEMPT_TLS, 0, gnutls_early, "025", "certificate-not-yet-valid", OBSERVED, TLS_ERROR,
	  gnutls_in_handshake },

	/* Datagrams, neighbours, callers from outside. */
	{ ATTEMPT_UDP, ECONNREFUSED, udp_rejected_here, "021", "local-firewall-reject", INFERRED,
	  "ECONNREFUSED", udp_no_icmp_here },
	{ ATTEMPT_UDP, ECONNREFUSED, NULL, "021", "udp-port-closed", INFERRED, "ECONNREFUSED",
	  host_unreachable },
	{ ATTEMPT_UDP, ECONNREFUSED, icmp_port, "021", "icmp-reject", OBSERVED, "ECONNREFUSED",
	  icmp_port_of_peer },
	{ ATTEMPT_UDP, ECONNREFUSED, icmp_own, "021", "local-firewall-reject", INFERRED,
	  "ECONNREFUSED", local },
	{ ATTEMPT_UDP, EHOSTUNREACH, icmp_own_host, "022", "local-firewall-reject", INFERRED,
	  "EHOSTUNREACH", neighbour },
	{ ATTEMPT_UDP, EACCES, icmp_own, "022", "local-firewall-reject", INFERRED, "EACCES",
	  no_icmp },
	{ ATTEMPT_UDP, ENETUNREACH, icmp_network, "026", "icmp-net-unreachable", OBSERVED,
	  "ENETUNREACH", no_icmp },
	{ ATTEMPT_UDP, EHOSTUNREACH, icmp_host, "022", "icmp-host-unreachable", OBSERVED,
	  "EHOSTUNREACH", no_icmp },
	{ ATTEMPT_UDP, EHOSTUNREACH, icmp_prohibited, "022", "icmp-prohibited", OBSERVED,
	  "EHOSTUNREACH", no_icmp },
	{ ATTEMPT_UDP, EHOSTUNREACH, neighbour, "022", "neighbour-failed", INFERRED,
	  "EHOSTUNREACH", no_neighbour },
	{ ATTEMPT_UDP, ENETUNREACH, NULL, "026", "icmp-net-unreachable", INFERRED, "ENETUNREACH",
	  refused },
	{ ATTEMPT_UDP, EMSGSIZE, NULL, NULL, NULL, UNKNOWN, NULL, net_unreachable },
	{ ATTEMPT_NEIGHBOUR, 0, NULL, "029", "neighbour-no-reply", OBSERVED, "NEIGHBOUR_FAILED",
	  refused },
	{ ATTEMPT_SSH, 0, NULL, "030", "publickey-denied", OBSERVED, SSH_ERROR, ssh_no_key },
	{ ATTEMPT_SSH, 0, ssh_other_methods, "030", "publickey-denied", OBSERVED, SSH_ERROR,
	  ssh_unknown_method },
	{ ATTEMPT_SSH, 0, ssh_unasked, "030", "publickey-denied", OBSERVED, SSH_ERROR, ssh_asked },
	{ ATTEMPT_SSH, 0, ssh_unasked, "030", "publickey-denied", OBSERVED, SSH_ERROR,
	  ssh_not_seen },
	{ ATTEMPT_SSH, 0, NULL, "030", "publickey-denied", OBSERVED, SSH_ERROR, ssh_nothing_left },
	{ ATTEMPT_SSH, 0, sshd_wrote, "030", "publickey-denied", OBSERVED, SSH_ERROR, sshd_named },
	{ ATTEMPT_SSH, 0, sshd_named, "030", "publickey-denied", INFERRED, SSH_ERROR, sshd_wrote },
	{ ATTEMPT_INBOUND, ECONNREFUSED, NULL, "021", "no-listener", INFERRED, "ECONNREFUSED",
	  reset_by_peer },
	{ ATTEMPT_INBOUND, ECONNREFUSED, other_listener, "021", "wrong-address", INFERRED,
	  "ECONNREFUSED", no_listener },
};

enum { CASE_COUNT = sizeof(cases) / sizeof(cases[0]) };

static struct attempt case_attempt(const struct rule_case *c)
{
	struct attempt a = make_attempt(c->kind, c->error);

	if (c->facts)
		c->facts(&a);
	return a;
}

static bool gives(const struct rule_case *c, bool is_failure, const struct finding *f)
{
	if (!is_failure || !c->code)
		return !is_failure && !c->code;
	return !strcmp(f->entry->code, c->code) && !strcmp(f->cause->id, c->cause) &&
	       f->confidence == c->confidence;
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const struct rule_case *c = &cases[i];
		struct attempt a = case_attempt(c);
		struct finding f;
		bool is_failure = diagnose(&a, &f);

		if (!gives(c, is_failure, &f))
			fail_msg("case %zu (%s %s): gave %s %s, confidence %d", i,
				 c->code ? c->code : "none", c->cause ? c->cause : "",
				 is_failure ? f.entry->code : "none",
				 is_failure ? f.cause->id : "",
				 is_failure ? (int)f.confidence : -1);
		if (!is_failure)
			continue;
		assert_string_equal(f.error_type, c->error_type);
		assert_int_equal(f.error, c->error);
		/* A full queue is a state, and tells how many met it. */
		assert_int_equal(f.type, c->kind == ATTEMPT_QUEUE ? FINDING_CONDITION :
								    FINDING_FAILURE);
		assert_int_equal(f.count, c->kind == ATTEMPT_QUEUE ? 3 : 1);
		assert_true(f.evidence_count > 0);
	}
}

static void test_near_misses(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const struct rule_case *c = &cases[i];
		struct attempt a = case_attempt(c);
		struct finding f;
		bool is_failure;

		assert_non_null(c->miss);
		c->miss(&a);
		is_failure = diagnose(&a, &f);
		if (gives(c, is_failure, &f))
			fail_msg("case %zu (%s %s) holds for its near miss", i,
				 c->code ? c->code : "none", c->cause ? c->cause : "");
	}
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool row_has_case(const struct rule *rule)
{
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const struct rule_case *c = &cases[i];
		struct attempt a = case_attempt(c);

		if (rule->kind == c->kind &&
		    (rule->error == RULE_ANY_ERROR || rule->error == c->error) &&
		    same(rule->code, c->code) && same(rule->cause, c->cause) &&
		    rule->confidence == c->confidence && (!rule->holds || rule->holds(&a)))
			return true;
	}
	return false;
}

static void test_every_row_has_a_case(void **state)
{
	static const struct {
		const char *name;
		const struct rule_table *table;
	} tables[] = {
		{ "rules_firewall", &rules_firewall }, { "rules_icmp", &rules_icmp },
		{ "rules_dns", &rules_dns }, { "rules_queue", &rules_queue },
		{ "rules_tcp", &rules_tcp }, { "rules_call", &rules_call },
		{ "rules_datagram", &rules_datagram }, { "rules_tls", &rules_tls },
		{ "rules_ssh", &rules_ssh },
	};
	size_t missing = 0;

	(void)state;
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t i = 0; i < tables[t].table->count; i++) {
			const struct rule *rule = &tables[t].table->rules[i];

			if (row_has_case(rule))
				continue;
			print_message("%s row %zu (%s %s) has no case\n", tables[t].name, i,
				      rule->code ? rule->code : "none",
				      rule->cause ? rule->cause : "");
			missing++;
		}
	assert_int_equal(missing, 0);
}

/* Every code and cause that a rule names is in the catalogue, its error under its code. */
static void test_rows_are_in_the_catalogue(void **state)
{
	static const struct rule_table *const tables[] = { &rules_firewall, &rules_icmp,
							   &rules_tcp, &rules_call,
							   &rules_datagram, &rules_tls,
							   &rules_ssh };

	(void)state;
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct rule *rule = &tables[t]->rules[i];

			if (!rule->code)
				continue;
			assert_non_null(catalog_find_code(rule->code));
			assert_non_null(catalog_find_cause(rule->code, rule->cause));
		}
}

/* --- what no rule explains --- */

static void silent_connect(struct attempt *a)
{
	blind(a);
	local(a);
}

static const struct {
	enum attempt_kind kind;
	int error;
	change_fn facts;
	const char *code;
	const char *error_type;
} fallbacks[] = {
	{ ATTEMPT_CONNECT, 0, silent_connect, "023", "ABANDONED" },
	{ ATTEMPT_CONNECT, ECONNREFUSED, silent_connect, "021", "ECONNREFUSED" },
	{ ATTEMPT_CONNECT, ETIMEDOUT, silent_connect, "023", "ETIMEDOUT" },
	{ ATTEMPT_CONNECT, ENETUNREACH, silent_connect, "026", "ENETUNREACH" },
	{ ATTEMPT_CONNECT, ECONNRESET, silent_connect, "C01", "ECONNRESET" },
	{ ATTEMPT_CONNECT, EHOSTUNREACH, silent_connect, "022", "EHOSTUNREACH" },
	{ ATTEMPT_CONNECT, EACCES, silent_connect, "022", "EACCES" },
	{ ATTEMPT_CONNECT, EHOSTDOWN, silent_connect, "022", "EHOSTDOWN" },
	{ ATTEMPT_CONNECT, EPROTO, silent_connect, "022", "EPROTO" },
	{ ATTEMPT_CONNECTION, EPIPE, NULL, "C01", "EPIPE" },
	{ ATTEMPT_CONNECTION, EHOSTUNREACH, NULL, "022", "EHOSTUNREACH" },
	{ ATTEMPT_CONNECTION, ENETUNREACH, NULL, "026", "ENETUNREACH" },
	{ ATTEMPT_CONNECTION, ECONNABORTED, NULL, "C01", "ECONNABORTED" },
	{ ATTEMPT_CONNECT_CALL, EHOSTUNREACH, NULL, "022", "EHOSTUNREACH" },
	{ ATTEMPT_CONNECT_CALL, EADDRNOTAVAIL, NULL, "C03", "EADDRNOTAVAIL" },
	{ ATTEMPT_CONNECT_CALL, EADDRINUSE, NULL, "027", "EADDRINUSE" },
	{ ATTEMPT_BIND, EADDRINUSE, NULL, "027", "EADDRINUSE" },
	{ ATTEMPT_LISTEN, EADDRINUSE, NULL, "027", "EADDRINUSE" },
	{ ATTEMPT_LISTEN, EACCES, NULL, "C04", "EACCES" },
	{ ATTEMPT_LISTEN, EPERM, NULL, "C04", "EPERM" },
	{ ATTEMPT_UDP, EHOSTUNREACH, NULL, "022", "EHOSTUNREACH" },
	{ ATTEMPT_UDP, EACCES, NULL, "022", "EACCES" },
	{ ATTEMPT_UDP, EPROTO, NULL, "022", "EPROTO" },
};

static void test_fallbacks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++) {
		struct attempt a = make_attempt(fallbacks[i].kind, fallbacks[i].error);
		struct finding f;

		if (fallbacks[i].facts)
			fallbacks[i].facts(&a);
		if (!diagnose(&a, &f) || strcmp(f.entry->code, fallbacks[i].code))
			fail_msg("fallback %zu, %s: not %s", i, fallbacks[i].error_type,
				 fallbacks[i].code);
		assert_string_equal(f.cause->id, "unexplained");
		assert_int_equal(f.confidence, CONFIDENCE_UNKNOWN);
		assert_string_equal(f.error_type, fallbacks[i].error_type);
		assert_int_equal(f.error, fallbacks[i].error);
		/* The raw error and the hook are all there is: they must be there. */
		assert_true(f.evidence_count > 0);
		assert_string_not_equal(f.evidence[0].hook, "");
	}
}

static const struct {
	enum attempt_kind kind;
	int error;
} silent[] = {
	{ ATTEMPT_CONNECT_CALL, EINPROGRESS },	{ ATTEMPT_CONNECT_CALL, EALREADY },
	{ ATTEMPT_CONNECT_CALL, EISCONN },	{ ATTEMPT_CONNECT_CALL, EAGAIN },
	{ ATTEMPT_CONNECT_CALL, ENOENT },	{ ATTEMPT_CONNECT_CALL, EINTR },
	{ ATTEMPT_CONNECT_CALL, 512 /* ERESTARTSYS */ },
	{ ATTEMPT_CONNECT_CALL, EBADF },	{ ATTEMPT_CONNECT_CALL, EAFNOSUPPORT },
	{ ATTEMPT_CONNECT_CALL, EFAULT },	{ ATTEMPT_CONNECT_CALL, ENOTSOCK },
	/* The socket's own end tells these. */
	{ ATTEMPT_CONNECT_CALL, ECONNREFUSED }, { ATTEMPT_CONNECT_CALL, ETIMEDOUT },
	{ ATTEMPT_CONNECT_CALL, ECONNRESET },
	{ ATTEMPT_BIND, EINVAL },		{ ATTEMPT_BIND, EBADF },
	{ ATTEMPT_BIND, ENOENT },		{ ATTEMPT_LISTEN, EINVAL },
	{ ATTEMPT_LISTEN, EOPNOTSUPP },		{ ATTEMPT_UDP, EMSGSIZE },
	/* An end without an error is an orderly one. */
	{ ATTEMPT_CONNECTION, 0 },		{ ATTEMPT_UDP, 0 },
	{ ATTEMPT_CONNECT_CALL, 0 },		{ ATTEMPT_BIND, 0 },
	{ ATTEMPT_LISTEN, 0 },
};

static void test_no_failures(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		struct attempt a = make_attempt(silent[i].kind, silent[i].error);
		struct finding f;

		if (!diagnose(&a, &f))
			continue;
		print_message("kind %d, error %d: gave %s %s\n", silent[i].kind, silent[i].error,
			      f.entry->code, f.cause->id);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Whatever number the kernel or a file gives. */
static void test_any_error(void **state)
{
	static const int odd[] = { 4095, 100000, INT_MAX, -1, INT_MIN + 1 };

	(void)state;
	for (int kind = ATTEMPT_CONNECT; kind <= ATTEMPT_INBOUND; kind++)
		for (int i = 0; i < 140 + 5; i++) {
			int error = i < 140 ? i : odd[i - 140];
			struct attempt a = make_attempt(kind, error);
			struct finding f;

			if (!diagnose(&a, &f))
				continue;
			assert_non_null(f.entry);
			assert_non_null(f.cause);
			assert_string_equal(f.cause->code, f.entry->code);
			assert_non_null(f.error_type);
			assert_non_null(f.operation);
		}
}

/* --- what goes along with a cause --- */

static struct finding diagnosed(const struct attempt *a)
{
	struct finding f;

	assert_true(diagnose(a, &f));
	return f;
}

static void test_values(void **state)
{
	struct attempt a = make_attempt(ATTEMPT_BIND, EADDRINUSE);
	struct finding f;

	(void)state;
	holder_listens(&a);
	f = diagnosed(&a);
	assert_string_equal(finding_get(&f, "holder_pid"), "498");
	assert_string_equal(finding_get(&f, "holder_name"), "apache2");
	assert_string_equal(finding_get(&f, "holder_addr"), "0.0.0.0:80");
	assert_null(finding_get(&f, "holder_age"));
	a.holder.started_ns = a.rec.hdr.ts_ns - 90 * UINT64_C(1000000000);
	f = diagnosed(&a);
	assert_string_equal(finding_get(&f, "holder_age"), "90 s");
	assert_string_equal(finding_get(&f, "bind_port"), "80");
	assert_string_equal(finding_get(&f, "bind_addr"), "0.0.0.0");

	a = make_attempt(ATTEMPT_CONNECT, EHOSTUNREACH);
	gateway(&a);
	f = diagnosed(&a);
	assert_string_equal(finding_get(&f, "next_hop"), "10.0.0.1");
	assert_string_equal(finding_get(&f, "device"), "eth0");
	assert_string_equal(finding_get(&f, "probes"), "3");
	assert_int_equal(f.related_count, 1);
	assert_string_equal(f.related[0], "029");

	a = make_attempt(ATTEMPT_NEIGHBOUR, 0);
	f = diagnosed(&a);
	assert_string_equal(finding_get(&f, "next_hop"), "10.0.0.7");
	assert_int_equal(f.related_count, 0);

	a = make_attempt(ATTEMPT_CONNECT, ECONNREFUSED);
	local_reset_blind_taken(&a);
	f = diagnosed(&a);
	assert_non_null(finding_get(&f, "listener"));

	a = make_attempt(ATTEMPT_CONNECT_CALL, EADDRNOTAVAIL);
	port_search(&a);
	f = diagnosed(&a);
	assert_string_equal(finding_get(&f, "local_port_range"), "32768-32867");
	assert_string_equal(finding_get(&f, "ports_total"), "100");
	assert_string_equal(finding_get(&f, "time_wait"), "60000");

	a = make_attempt(ATTEMPT_CONNECT_CALL, EINVAL);
	blackhole_v4(&a);
	f = diagnosed(&a);
	assert_string_equal(finding_get(&f, "route_table"), "main");

	a = make_attempt(ATTEMPT_CONNECT, 0);
	f = diagnosed(&a);
	assert_non_null(finding_get(&f, "gave_up_after"));
}

static void test_evidence_order(void **state)
{
	struct attempt a = make_attempt(ATTEMPT_CONNECT, ECONNREFUSED);
	static const char *const timed[] = { "icmp-sent", "reset-sent", "reset-received",
					     "neighbour-failed", "socket-error" };
	struct finding f;
	size_t k = 0;

	(void)state;
	/* In another order than evidence is collected in. */
	a.rec.tcp_end.retransmits = 2;
	a.rec.tcp_end.drops_in = 1;
	a.rec.tcp_end.icmp_sent_ns = BASE_NS - 250000;
	a.rec.tcp_end.reset_sent_ns = BASE_NS - 200000;
	a.rec.tcp_end.reset_ns = BASE_NS - 100000;
	neighbour(&a);
	f = diagnosed(&a);
	assert_int_equal(f.evidence_count, 7);
	for (size_t i = 0; i < f.evidence_count; i++) {
		if (!f.evidence[i].has_at)
			assert_int_equal(k, 0);	/* those without a time come first */
		else
			assert_string_equal(f.evidence[i].fact, timed[k++]);
	}
	assert_int_equal(k, 5);
	assert_true(f.evidence[f.evidence_count - 1].at_ms == 0.3);

	/* The same the other way round. */
	a.rec.tcp_end.reset_ns = BASE_NS - 260000;
	f = diagnosed(&a);
	assert_string_equal(f.evidence[2].fact, "reset-received");
	assert_string_equal(f.evidence[3].fact, "icmp-sent");
}

/* Which of its hooks saw the search end is the record's to say. */
static void test_port_search_hook(void **state)
{
	struct attempt a = make_attempt(ATTEMPT_CONNECT_CALL, EADDRNOTAVAIL);
	struct finding f;

	(void)state;
	port_search(&a);
	f = diagnosed(&a);
	assert_string_equal(f.evidence[0].fact, "port-search-failed");
	assert_string_equal(f.evidence[0].hook, "tp_btf/inet_sock_set_state");
	a.rec.call_return.flags |= CALL_PORT_SEARCH_RAW;
	f = diagnosed(&a);
	assert_string_equal(f.evidence[0].hook, "raw_tp/inet_sock_set_state");
}

/* Without a start there is no time to count from. */
static void test_no_start(void **state)
{
	struct attempt a = make_attempt(ATTEMPT_CONNECT, ECONNREFUSED);
	struct finding f;

	(void)state;
	reset(&a);
	f = diagnosed(&a);
	assert_true(f.has_duration);
	assert_true(f.duration_ms > 0.29 && f.duration_ms < 0.31);
	a.rec.tcp_end.started_ns = 0;
	f = diagnosed(&a);
	assert_false(f.has_duration);
	for (size_t i = 0; i < f.evidence_count; i++)
		assert_false(f.evidence[i].has_at);
	/* A clock that runs backwards is no duration either. */
	a.rec.tcp_end.started_ns = BASE_NS + 5;
	f = diagnosed(&a);
	assert_false(f.has_duration);
}

static void test_direction(void **state)
{
	struct attempt a = make_attempt(ATTEMPT_CONNECT, ECONNREFUSED);
	struct finding f;

	(void)state;
	f = diagnosed(&a);
	assert_int_equal(f.direction, DIRECTION_OUTBOUND);
	assert_string_equal(f.operation, "connect");
	assert_int_equal(f.source.port, 41234);
	assert_int_equal(f.destination.port, 443);

	local_reset(&a);
	f = diagnosed(&a);
	assert_int_equal(f.direction, DIRECTION_LOCAL);

	a = make_attempt(ATTEMPT_INBOUND, ECONNREFUSED);
	f = diagnosed(&a);
	assert_int_equal(f.direction, DIRECTION_INBOUND);
	assert_int_equal(f.source.port, 40000);
	assert_int_equal(f.destination.port, 8080);
	assert_int_equal(f.process.pid, 0);

	/* An accepted connection: its peer asked for it. */
	a = make_attempt(ATTEMPT_CONNECTION, ECONNRESET);
	f = diagnosed(&a);
	assert_int_equal(f.direction, DIRECTION_OUTBOUND);
	assert_int_equal(f.destination.port, 443);
	a.rec.tcp_end.accepted = 1;
	f = diagnosed(&a);
	assert_int_equal(f.direction, DIRECTION_INBOUND);
	assert_int_equal(f.source.port, 443);
	assert_int_equal(f.destination.port, 41234);

	a = make_attempt(ATTEMPT_NEIGHBOUR, 0);
	f = diagnosed(&a);
	assert_int_equal(f.direction, DIRECTION_NONE);

	a = make_attempt(ATTEMPT_BIND, EADDRNOTAVAIL);
	f = diagnosed(&a);
	assert_int_equal(f.direction, DIRECTION_LOCAL);
	assert_true(f.source.has_ip);	/* the wildcard was asked for */
	assert_int_equal(f.source.port, 80);
	assert_false(f.destination.has_ip);
	assert_false(f.destination.has_port);
}

static void test_operations(void **state)
{
	static const struct {
		enum attempt_kind kind;
		int error;
		const char *operation;
	} wanted[] = {
		{ ATTEMPT_CONNECT, ETIMEDOUT, "connect" },
		{ ATTEMPT_CONNECTION, ECONNRESET, "receive" },
		{ ATTEMPT_CONNECTION, ETIMEDOUT, "send" },
		{ ATTEMPT_CONNECT_CALL, ENETUNREACH, "connect" },
		{ ATTEMPT_BIND, EADDRINUSE, "bind" },
		{ ATTEMPT_LISTEN, EADDRINUSE, "listen" },
		{ ATTEMPT_UDP, ECONNREFUSED, "send" },
		{ ATTEMPT_NEIGHBOUR, 0, "neighbour" },
		{ ATTEMPT_INBOUND, ECONNREFUSED, "connect" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct attempt a = make_attempt(wanted[i].kind, wanted[i].error);
		struct finding f = diagnosed(&a);

		assert_string_equal(f.operation, wanted[i].operation);
	}
}

/* An IPv4 peer on an IPv6 socket is an IPv4 peer. */
static void test_mapped(void **state)
{
	struct attempt a = make_attempt(ATTEMPT_CONNECT, ECONNREFUSED);
	char text[ENDPOINT_TEXT_SIZE];
	struct finding f;

	(void)state;
	a.flow.v6_socket = a.rec.tcp_end.flow.v6_socket = 1;
	f = diagnosed(&a);
	assert_int_equal(f.ip_version, 4);
	assert_string_equal(endpoint_text(&f.destination, text, sizeof(text)), "10.0.0.7:443");
	assert_string_equal(endpoint_text(&f.source, text, sizeof(text)), "10.0.0.5:41234");

	a.flow = make_flow(IPPROTO_TCP, "2001:db8::5", 41234, "2001:db8::7", 443);
	f = diagnosed(&a);
	assert_int_equal(f.ip_version, 6);
	assert_string_equal(endpoint_text(&f.destination, text, sizeof(text)),
			    "[2001:db8::7]:443");
}

static void test_common_parts(void **state)
{
	struct attempt a = make_attempt(ATTEMPT_CONNECT, ETIMEDOUT);
	struct finding f;

	(void)state;
	a.rec.tcp_end.retransmits = 6;
	f = diagnosed(&a);
	assert_true(f.has_syn_retransmits);
	assert_int_equal(f.syn_retransmits, 6);
	assert_string_equal(f.transport, "tcp");
	assert_string_equal(f.interface, "eth0");
	assert_int_equal(f.netns, TEST_NETNS);
	assert_int_equal(f.process.pid, 4312);
	assert_true(f.process.has_uid);
	assert_int_equal(f.process.uid, 1000);
	assert_string_equal(f.process.name, "curl");

	/* Missing values are left out. */
	memset(&a.who, 0, sizeof(a.who));
	a.flow.protocol = 0;
	a.flow.ifname[0] = '\0';
	f = diagnosed(&a);
	assert_int_equal(f.process.pid, 0);
	assert_false(f.process.has_uid);
	assert_null(f.transport);
	assert_string_equal(f.interface, "");

	a = make_attempt(ATTEMPT_CONNECTION, ETIMEDOUT);
	f = diagnosed(&a);
	assert_false(f.has_syn_retransmits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_near_misses),
		cmocka_unit_test(test_every_row_has_a_case),
		cmocka_unit_test(test_rows_are_in_the_catalogue),
		cmocka_unit_test(test_fallbacks),
		cmocka_unit_test(test_no_failures),
		cmocka_unit_test(test_any_error),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_evidence_order),
		cmocka_unit_test(test_port_search_hook),
		cmocka_unit_test(test_no_start),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_common_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
