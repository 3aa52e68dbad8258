// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/decode.h"

#include <errno.h>
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

static void clean_tcp_end(union record *r)
{
	clean_who(&r->tcp_end.who);
	clean_flow(&r->tcp_end.flow);
	TERMINATE(r->tcp_end.rp_filter_ifname);
}

static void clean_call_return(union record *r)
{
	clean_who(&r->call_return.who);
	clean_flow(&r->call_return.flow);
}

static void clean_udp_error(union record *r)
{
	clean_who(&r->udp_error.who);
	clean_flow(&r->udp_error.flow);
}

static void clean_neigh_failed(union record *r)
{
	TERMINATE(r->neigh_failed.ifname);
}

static void clean_reset_sent(union record *r)
{
	clean_flow(&r->reset_sent.flow);
}

static void clean_icmp_received(union record *r)
{
	clean_flow(&r->icmp_received.flow);
}

static void clean_next_hop(union record *r)
{
	TERMINATE(r->next_hop.ifname);
}

static void clean_down_link(union record *r)
{
	TERMINATE(r->down_link.ifname);
}

static void clean_signal(union record *r)
{
	TERMINATE(r->signal.name);
	TERMINATE(r->signal.hook);
	TERMINATE(r->signal.reason);
}

static void clean_lost(union record *r)
{
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

static const struct {
	__u16 kind;
	__u16 size;
	void (*clean)(union record *);
} kinds[] = {
	{ REC_TCP_END, sizeof(struct rec_tcp_end), clean_tcp_end },
	{ REC_CONNECT_RETURN, sizeof(struct rec_call_return), clean_call_return },
	{ REC_BIND_RETURN, sizeof(struct rec_call_return), clean_call_return },
	{ REC_LISTEN_RETURN, sizeof(struct rec_call_return), clean_call_return },
	{ REC_UDP_ERROR, sizeof(struct rec_udp_error), clean_udp_error },
	{ REC_NEIGH_FAILED, sizeof(struct rec_neigh_failed), clean_neigh_failed },
	{ REC_RESET_SENT, sizeof(struct rec_reset_sent), clean_reset_sent },
	{ REC_ICMP_RECEIVED, sizeof(struct rec_icmp_received), clean_icmp_received },
	{ REC_SIGNAL, sizeof(struct rec_signal), clean_signal },
	{ REC_LOST, sizeof(struct rec_lost), clean_lost },
	{ REC_DESTINATION, sizeof(struct rec_destination), NULL },
	{ REC_OWNER, sizeof(struct rec_owner), clean_owner },
	{ REC_HOLDER, sizeof(struct rec_holder), clean_holder },
	{ REC_PROCESS, sizeof(struct rec_process), clean_process },
	{ REC_LIMITS, sizeof(struct rec_limits), NULL },
	{ REC_TIME_WAIT, sizeof(struct rec_time_wait), NULL },
	{ REC_NEXT_HOP, sizeof(struct rec_next_hop), clean_next_hop },
	{ REC_DOWN_LINK, sizeof(struct rec_down_link), clean_down_link },
	{ REC_END, sizeof(struct rec_end), NULL },
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
		if (size < kinds[i].size)
			return -EINVAL;
		memcpy(out, data, kinds[i].size);
		if (kinds[i].clean)
			kinds[i].clean(out);
		return 0;
	}
	return -ENOENT;
}
