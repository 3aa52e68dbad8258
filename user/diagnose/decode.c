// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/decode.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const hook_names[] = {
#define HOOK_NAME(id, name) name,
	EVENTS_HOOKS(HOOK_NAME)
#undef HOOK_NAME
};

const char *hook_name(unsigned int hook)
{
	return hook < HOOK_COUNT ? hook_names[hook] : "";
}

#define TERMINATE(array) ((array)[sizeof(array) - 1] = '\0')

static void clean_who(struct rec_who *who)
{
	TERMINATE(who->comm);
}

static void clean_flow(struct rec_flow *flow)
{
	TERMINATE(flow->ifname);
	if (flow->family != 4 && flow->family != 6)
		flow->family = 0;
}

/* include/linux/err.h: MAX_ERRNO. What lies beyond is no error any kernel gives. */
enum { ERRNO_MAX = 4095 };

static void clean_error(__s32 *error)
{
	if (*error < -ERRNO_MAX || *error > ERRNO_MAX)
		*error = 0;
}

/* No kernel counts so far; sums of as many as a file holds still fit what JSON can say. */
#define COUNT_MAX (1ULL << 40)

static void clean_count(__u64 *count)
{
	if (*count > COUNT_MAX)
		*count = COUNT_MAX;
}

static void clean_tcp_end(union record *r)
{
	clean_error(&r->tcp_end.sk_err);
	clean_error(&r->tcp_end.sk_err_soft);
	clean_error(&r->tcp_end.icmp_err);
	clean_who(&r->tcp_end.who);
	clean_flow(&r->tcp_end.flow);
	TERMINATE(r->tcp_end.rp_filter_ifname);
}

static void clean_call_return(union record *r)
{
	clean_error(&r->call_return.ret);
	clean_error(&r->call_return.route_err);
	clean_who(&r->call_return.who);
	clean_flow(&r->call_return.flow);
}

static void clean_udp_error(union record *r)
{
	clean_error(&r->udp_error.err);
	clean_who(&r->udp_error.who);
	clean_flow(&r->udp_error.flow);
}

static void clean_neigh_failed(union record *r)
{
	TERMINATE(r->neigh_failed.ifname);
	if (r->neigh_failed.family != 4 && r->neigh_failed.family != 6)
		r->neigh_failed.family = 0;
}

static void clean_reset_sent(union record *r)
{
	clean_flow(&r->reset_sent.flow);
}

static void clean_icmp_received(union record *r)
{
	clean_flow(&r->icmp_received.flow);
}

static void clean_tls_failed(union record *r)
{
	clean_who(&r->tls_failed.who);
	clean_flow(&r->tls_failed.flow);
	TERMINATE(r->tls_failed.server_name);
}

static void clean_space(union record *r)
{
	TERMINATE(r->space.name);
}

static void clean_next_hop(union record *r)
{
	TERMINATE(r->next_hop.ifname);
}

static void clean_down_link(union record *r)
{
	TERMINATE(r->down_link.ifname);
}

static void clean_ssh_denied(union record *r)
{
	clean_who(&r->ssh_denied.who);
	clean_flow(&r->ssh_denied.flow);
	TERMINATE(r->ssh_denied.user);
	TERMINATE(r->ssh_denied.host);
	TERMINATE(r->ssh_denied.methods);
}

static void clean_queue_full(union record *r)
{
	clean_who(&r->queue_full.who);
	clean_flow(&r->queue_full.flow);
	clean_count(&r->queue_full.count);
}

static void clean_queue(union record *r)
{
	clean_who(&r->queue.who);
	clean_flow(&r->queue.flow);
}

static void clean_dns_answer(union record *r)
{
	clean_who(&r->dns_answer.who);
	clean_flow(&r->dns_answer.flow);
	if (r->dns_answer.length > DNS_BYTES)
		r->dns_answer.length = DNS_BYTES;
}

static void clean_name_lookup(union record *r)
{
	clean_who(&r->name_lookup.who);
	TERMINATE(r->name_lookup.name);
}

static void clean_domain(union record *r)
{
	TERMINATE(r->domain.name);
}

static void clean_signal(union record *r)
{
	TERMINATE(r->signal.name);
	TERMINATE(r->signal.hook);
	TERMINATE(r->signal.reason);
}

static void clean_repeats(union record *r)
{
	clean_count(&r->repeats.count);
}

static void clean_destination(union record *r)
{
	clean_count(&r->destination.successes);
}

static void clean_destinations_evicted(union record *r)
{
	clean_count(&r->destinations_evicted.count);
}

static void clean_time_wait(union record *r)
{
	clean_count(&r->time_wait.count);
}

static void clean_lost(union record *r)
{
	clean_count(&r->lost.count);
	if (r->lost.stage >= LOST_STAGES)
		r->lost.stage = LOST_RING;
}

static void clean_owner(union record *r)
{
	clean_who(&r->owner.who);
}

static void clean_holder(union record *r)
{
	clean_who(&r->holder.who);
	clean_flow(&r->holder.flow);
}

static void clean_process(union record *r)
{
	TERMINATE(r->process.executable);
	TERMINATE(r->process.cgroup);
}

#define WHOLE(kind, type, clean) { kind, sizeof(struct type), sizeof(struct type), clean }
/* @added: the first member that the earliest recordings of this kind lack. */
#define GROWN(kind, type, added, clean) \
	{ kind, offsetof(struct type, added), sizeof(struct type), clean }

static const struct {
	__u16 kind;
	__u16 least;
	__u16 size;
	void (*clean)(union record *);
} kinds[] = {
	GROWN(REC_TCP_END, rec_tcp_end, rp_filter_drops, clean_tcp_end),
	GROWN(REC_CONNECT_RETURN, rec_call_return, repeat_id, clean_call_return),
	GROWN(REC_BIND_RETURN, rec_call_return, repeat_id, clean_call_return),
	GROWN(REC_LISTEN_RETURN, rec_call_return, repeat_id, clean_call_return),
	GROWN(REC_UDP_ERROR, rec_udp_error, icmp_sent_ns, clean_udp_error),
	WHOLE(REC_NEIGH_FAILED, rec_neigh_failed, clean_neigh_failed),
	GROWN(REC_RESET_SENT, rec_reset_sent, isn, clean_reset_sent),
	WHOLE(REC_QUEUE_FULL, rec_queue_full, clean_queue_full),
	WHOLE(REC_ICMP_RECEIVED, rec_icmp_received, clean_icmp_received),
	WHOLE(REC_TLS_FAILED, rec_tls_failed, clean_tls_failed),
	WHOLE(REC_SSH_DENIED, rec_ssh_denied, clean_ssh_denied),
	WHOLE(REC_SIGNAL, rec_signal, clean_signal),
	WHOLE(REC_LOST, rec_lost, clean_lost),
	WHOLE(REC_REPEATS, rec_repeats, clean_repeats),
	WHOLE(REC_DESTINATION, rec_destination, clean_destination),
	WHOLE(REC_DESTINATIONS_EVICTED, rec_destinations_evicted, clean_destinations_evicted),
	WHOLE(REC_OWNER, rec_owner, clean_owner),
	GROWN(REC_HOLDER, rec_holder, started_ns, clean_holder),
	GROWN(REC_LISTENER, rec_holder, started_ns, clean_holder),
	WHOLE(REC_PROCESS, rec_process, clean_process),
	GROWN(REC_LIMITS, rec_limits, somaxconn, NULL),
	WHOLE(REC_TIME_WAIT, rec_time_wait, clean_time_wait),
	WHOLE(REC_NEXT_HOP, rec_next_hop, clean_next_hop),
	WHOLE(REC_DOWN_LINK, rec_down_link, clean_down_link),
	WHOLE(REC_ADDRESS, rec_address, NULL),
	WHOLE(REC_QUEUE, rec_queue, clean_queue),
	WHOLE(REC_DNS_ANSWER, rec_dns_answer, clean_dns_answer),
	WHOLE(REC_NAME_LOOKUP, rec_name_lookup, clean_name_lookup),
	GROWN(REC_DOMAIN, rec_domain, looked_up_ns, clean_domain),
	WHOLE(REC_NAME_SERVER, rec_name_server, NULL),
	WHOLE(REC_SPACE, rec_space, clean_space),
	WHOLE(REC_END, rec_end, NULL),
};

int decode_record(const void *data, size_t size, union record *out)
{
	struct rec_hdr hdr;

	if (size < sizeof(hdr))
		return -EINVAL;
	memcpy(&hdr, data, sizeof(hdr));
	if (hdr.size != size)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].kind != hdr.kind)
			continue;
		if (size < kinds[i].least)
			return -EINVAL;
		memset(out, 0, kinds[i].size);
		memcpy(out, data, size < kinds[i].size ? size : kinds[i].size);
		out->hdr.size = kinds[i].size;
		if (kinds[i].clean)
			kinds[i].clean(out);
		return 0;
	}
	return -ENOENT;
}
