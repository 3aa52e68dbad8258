// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/attempt.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <string.h>

bool attempt_icmp_is_own(const struct attempt *a)
{
	return a->has_icmp && (a->local || addr_is_loopback(a->icmp.sender) ||
			       addr_equal(a->icmp.sender, a->icmp.flow.saddr));
}

bool attempt_looked(const struct rec_hdr *answer)
{
	return answer->kind && !answer->unknown;
}

bool attempt_is_outgoing(const struct attempt *a)
{
	return a->kind == ATTEMPT_CONNECT || a->kind == ATTEMPT_CONNECT_CALL ||
	       a->kind == ATTEMPT_TLS ||
	       (a->kind == ATTEMPT_CONNECTION && !a->rec.tcp_end.accepted);
}

uint64_t attempt_repeat_id(const struct attempt *a)
{
	switch (a->rec.hdr.kind) {
	case REC_TCP_END:
		return a->rec.tcp_end.repeat_id;
	case REC_CONNECT_RETURN:
	case REC_BIND_RETURN:
	case REC_LISTEN_RETURN:
		return a->rec.call_return.repeat_id;
	case REC_UDP_ERROR:
		return a->rec.udp_error.repeat_id;
	case REC_RESET_SENT:
		return a->rec.reset_sent.repeat_id;
	default:
		return 0;
	}
}

/* When the attempt began; 0: not known. A handshake begins where the connection is there. */
static uint64_t started_ns(const struct attempt *a)
{
	switch (a->kind) {
	case ATTEMPT_CONNECT:
	case ATTEMPT_CONNECTION:
		return a->rec.tcp_end.started_ns;
	case ATTEMPT_TLS:
		return a->rec.tls_failed.established_ns;
	case ATTEMPT_LOOKUP:
		return a->rec.name_lookup.started_ns;
	default:
		return 0;
	}
}

/* Who looks a name up for a connection makes it at once. */
#define NAME_FRESH_NS 1000000000ULL

static bool is_address(const char *name)
{
	uint8_t addr[16];

	return inet_pton(AF_INET, name, addr) == 1 || inet_pton(AF_INET6, name, addr) == 1;
}

bool attempt_is_named(const struct attempt *a, const struct rec_domain *domain)
{
	uint64_t asked_ns = a->kind == ATTEMPT_CONNECT_CALL ? a->rec.hdr.ts_ns :
			    a->kind == ATTEMPT_TLS	    ? a->rec.tls_failed.started_ns :
							      started_ns(a);

	if (!domain->name[0] || is_address(domain->name))
		return false;
	if (!domain->other_ns)
		return true;
	return domain->looked_up_ns <= asked_ns &&
	       asked_ns - domain->looked_up_ns < NAME_FRESH_NS &&
	       domain->looked_up_ns - domain->other_ns > NAME_FRESH_NS;
}

double attempt_ms(const struct attempt *a, uint64_t ts_ns)
{
	uint64_t since_ns = started_ns(a);

	if (!since_ns || !ts_ns)
		return NAN;
	return ((double)ts_ns - (double)since_ns) / 1e6;
}

static bool is_local(const struct rec_flow *flow)
{
	return flow->loopback || addr_is_loopback(flow->daddr) ||
	       (!addr_is_unspecified(flow->saddr) && addr_equal(flow->saddr, flow->daddr));
}

/* include/linux/err.h: MAX_ERRNO. A number beyond is none that a kernel gives. */
enum { ERRNO_MAX = 4095 };

static int errno_or_none(int error)
{
	return error > 0 && error <= ERRNO_MAX ? error : 0;
}

/* include/uapi/linux/icmp.h, net/ipv4/icmp.c: icmp_err_convert, for what a reject rule sends. */
static int icmp_error(unsigned int type, unsigned int code)
{
	enum { DEST_UNREACH = 3, NET_UNREACH = 0, PORT_UNREACH = 3, NET_ANO = 9 };

	if (type != DEST_UNREACH)
		return 0;
	if (code == PORT_UNREACH)
		return ECONNREFUSED;
	return code == NET_UNREACH || code == NET_ANO ? ENETUNREACH : EHOSTUNREACH;
}

static void attempt_from_tcp(struct attempt *a, const union record *rec)
{
	/*
	 * TCP_SYN_SENT; TCP_SYN_RECV when both ends opened it at once, or else on the
	 * accepting side of TCP Fast Open (RFC 7413), where it is a connection already.
	 */
	bool connecting = rec->tcp_end.old_state == 2 ||
			  (rec->tcp_end.old_state == 3 && !rec->tcp_end.accepted);

	a->kind = connecting ? ATTEMPT_CONNECT : ATTEMPT_CONNECTION;
	a->who = rec->tcp_end.who;
	a->flow = rec->tcp_end.flow;
	a->error = errno_or_none(rec->tcp_end.sk_err);
	/* An ICMP error that was queued, noted as soft, and then fetched by SO_ERROR. */
	if (connecting && !a->error && !rec->tcp_end.sk_err_soft)
		a->error = errno_or_none(rec->tcp_end.icmp_err);
	/* This host's own reject: SO_ERROR told it, which clears it, and the application closed. */
	if (connecting && !a->error && !rec->tcp_end.sk_err_soft && rec->tcp_end.icmp_sent_ns)
		a->error = icmp_error(rec->tcp_end.icmp_type, rec->tcp_end.icmp_code);
	/* This very namespace refused it: address translation led here. */
	a->local = is_local(&a->flow) || rec->tcp_end.reset_sent_ns;
}

static void attempt_from_call(struct attempt *a, const union record *rec, enum attempt_kind kind)
{
	a->kind = kind;
	a->who = rec->call_return.who;
	a->flow = rec->call_return.flow;
	a->error = rec->call_return.ret >= -ERRNO_MAX ? errno_or_none(-rec->call_return.ret) : 0;
	a->local = kind != ATTEMPT_CONNECT_CALL || is_local(&a->flow);
}

bool attempt_from_record(struct attempt *a, const union record *rec)
{
	memset(a, 0, sizeof(*a));
	a->rec = *rec;
	switch (rec->hdr.kind) {
	case REC_TCP_END:
		attempt_from_tcp(a, rec);
		return true;
	case REC_CONNECT_RETURN:
		attempt_from_call(a, rec, ATTEMPT_CONNECT_CALL);
		return true;
	case REC_BIND_RETURN:
		attempt_from_call(a, rec, ATTEMPT_BIND);
		return true;
	case REC_LISTEN_RETURN:
		attempt_from_call(a, rec, ATTEMPT_LISTEN);
		return true;
	case REC_UDP_ERROR:
		a->kind = ATTEMPT_UDP;
		a->who = rec->udp_error.who;
		a->flow = rec->udp_error.flow;
		a->error = errno_or_none(rec->udp_error.err);
		a->local = is_local(&a->flow);
		return true;
	case REC_NEIGH_FAILED:
		a->kind = ATTEMPT_NEIGHBOUR;
		memcpy(a->flow.daddr, rec->neigh_failed.addr, 16);
		memcpy(a->flow.ifname, rec->neigh_failed.ifname, sizeof(a->flow.ifname));
		a->flow.family = rec->neigh_failed.family;
		a->flow.netns = rec->neigh_failed.netns;
		a->flow.ifindex = rec->neigh_failed.ifindex;
		return true;
	case REC_TLS_FAILED:
		a->kind = ATTEMPT_TLS;
		a->who = rec->tls_failed.who;
		a->flow = rec->tls_failed.flow;
		a->local = is_local(&a->flow);
		return true;
	case REC_SSH_DENIED:
		a->kind = ATTEMPT_SSH;
		a->who = rec->ssh_denied.who;
		a->flow = rec->ssh_denied.flow;
		a->local = is_local(&a->flow);
		return true;
	case REC_RESET_SENT:
		a->kind = ATTEMPT_INBOUND;
		a->flow = rec->reset_sent.flow;
		a->error = ECONNREFUSED;
		return true;
	case REC_QUEUE_FULL:
		a->kind = ATTEMPT_QUEUE;
		a->flow = rec->queue_full.flow;
		a->who = rec->queue_full.who;
		return true;
	default:
		return false;
	}
}
