// SPDX-License-Identifier: GPL-2.0-only
/* ICMP errors that reached a socket: a UDP one, or a TCP one that is connecting. */
#include "bpf/flow.bpf.h"

/* include/uapi/linux/errqueue.h, icmp.h, icmpv6.h */
#define SO_EE_ORIGIN_ICMP 2
#define SO_EE_ORIGIN_ICMP6 3
#define ICMP_DEST_UNREACH 3
#define ICMPV6_DEST_UNREACH 1

static __always_inline int icmp_errno(const struct sock_extended_err *error)
{
	if (!(error->ee_origin == SO_EE_ORIGIN_ICMP && error->ee_type == ICMP_DEST_UNREACH) &&
	    !(error->ee_origin == SO_EE_ORIGIN_ICMP6 && error->ee_type == ICMPV6_DEST_UNREACH))
		return 0;
	return error->ee_errno;
}

#define EXTENDED_ERROR(skb) \
	((void *)&(skb)->cb + bpf_core_field_offset(struct sock_exterr_skb, ee))

/* The errno of the newest ICMP error in the queue; 0: none, or of another kind. */
static __always_inline int error_direct_queued(const struct sock *sk)
{
	return sk->sk_error_queue.qlen ? icmp_errno(EXTENDED_ERROR(sk->sk_error_queue.prev)) : 0;
}

static __always_inline int error_probe_queued(const struct sock *sk)
{
	struct sk_buff *skb = BPF_CORE_READ(sk, sk_error_queue.prev);
	struct sock_extended_err error = {};

	if (!sk->sk_error_queue.qlen ||
	    bpf_probe_read_kernel(&error, sizeof(error), EXTENDED_ERROR(skb)))
		return 0;
	return icmp_errno(&error);
}

static __always_inline bool is_soft_error(const struct sock *sk)
{
	return sk->__sk_common.skc_state == TCP_SYN_SENT && !sk->sk_err;
}

/*
 * TCP's errors are told by its state changes, but for one: an ICMP error that
 * arrives while connect() still holds the socket is queued and noted as soft
 * (tcp_v4_err). A non-blocking application fetches it by SO_ERROR and closes.
 */
static __always_inline int tcp_soft_error(const struct sock *sk, int icmp_err)
{
	struct conn *conn = icmp_err ? conn_find_live((u64)sk) : NULL;

	if (conn)
		conn->icmp_err = icmp_err;
	return 0;
}

/*
 * An IP_RECVERR socket is reported when the error is queued, once more when
 * sk_err is set, and again for each error that is still queued when one is read.
 * New is only what made the queue longer; it is empty whenever sk_err is 0
 * (sock_dequeue_err_skb). Without IP_RECVERR there is no queue.
 */
static __always_inline int udp_new_error(const struct sock *sk, int icmp_err)
{
	u32 queued = sk->sk_error_queue.qlen, before = 0;
	struct udp_owner nobody = {}, *owner;
	int err = sk->sk_err;

	owner = udp_owner_find((u64)sk);
	if (owner)
		before = owner->queued;
	if (queued == before)
		return !queued ? err : err ? 0 : icmp_err;
	if (owner) {
		owner->queued = queued;
	} else {
		nobody.queued = queued;
		udp_owner_store((u64)sk, &nobody);
	}
	if (!queued)
		return err;
	return queued > before || !err ? icmp_err : 0;
}

/* Whether the error is one of a flood, and was counted. @own: this host sent the ICMP error. */
static __always_inline bool error_is_repeat(const struct rec_flow *flow, const struct rec_who *who,
					    int err, bool own, bool in_lookup, u64 *id)
{
	struct repeat_key key = { .pid = who->pid, .netns = flow->netns, .err = err,
				  .kind = REC_UDP_ERROR, .facts = own,
				  .protocol = IPPROTO_UDP, .family = flow->family };

	/* Whose it is, user space has yet to find out. */
	if (!who->pid || in_lookup)
		return false;
	__builtin_memcpy(key.addr, flow->daddr, sizeof(key.addr));
	return repeat_take(&key, flow->dport, bpf_ktime_get_ns(), id) != REPEAT_TOLD;
}

/* When this host itself sent an ICMP error about the flow, not long ago; 0: not seen to. */
static __always_inline u64 icmp_sent_ns(const struct rec_flow *flow)
{
	const struct host_answer *answer = host_answer_find(flow);

	return answer && bpf_ktime_get_ns() - answer->icmp_ns < ANSWER_FRESH_NS ? answer->icmp_ns :
										  0;
}

/*
 * Following pointers from a tracepoint's own argument costs newer verifiers
 * time at load (see tcp.bpf.c), so the socket's neighbourhood is read by
 * address where that is allowed; its own members are scalars either way.
 */
#define DEFINE_ERROR_REPORTED(fn, flow_fn)						\
	static __always_inline int fn(const struct sock *sk, u16 hook)		\
	{										\
		int err, icmp_err;							\
		u64 inode, own_ns, id = 0;						\
		struct rec_udp_error *rec;						\
		struct rec_flow flow = {};						\
		struct udp_owner *owner;						\
		struct rec_who who = {};						\
		bool in_lookup = false;							\
											\
		/* Most are resets: nothing of a queue need be read for those. */	\
		if (sk->sk_protocol == IPPROTO_TCP)					\
			return is_soft_error(sk) ?					\
				       tcp_soft_error(sk, fn##_queued(sk)) : 0;	\
		if (sk->sk_protocol != IPPROTO_UDP)					\
			return 0;							\
		icmp_err = fn##_queued(sk);						\
		err = udp_new_error(sk, icmp_err);					\
		flow_fn(&flow, sk);							\
		/* Not connected: whom it was sent to is known to the queue alone. */ \
		if (!err || !flow.dport)						\
			return 0;							\
		inode = flow_fn##_inode(sk);						\
		owner = udp_owner_find((u64)sk);					\
		if (owner && owner->inode == inode) {					\
			who = owner->who;						\
			in_lookup = owner->in_lookup;					\
		}									\
		if (!filter_passes(&who, &flow))					\
			return 0;							\
		own_ns = icmp_sent_ns(&flow);					\
		if (error_is_repeat(&flow, &who, err, own_ns, in_lookup, &id))		\
			return 0;							\
		rec = rec_begin(struct rec_udp_error, REC_UDP_ERROR, hook);		\
		if (!rec)								\
			return 0;							\
		rec->flow = flow;							\
		rec->who = who;							\
		rec->inode = inode;							\
		rec->err = err;							\
		rec->in_lookup = in_lookup;						\
		flow_fn##_device(&rec->flow, sk);					\
		rec->icmp_sent_ns = own_ns;						\
		rec->repeat_id = id;							\
		rec_submit(rec);							\
		return 0;								\
	}

DEFINE_ERROR_REPORTED(error_direct, flow_fill)
DEFINE_ERROR_REPORTED(error_probe, flow_probe)

SEC("?tp_btf/inet_sk_error_report")
int BPF_PROG(udp_error__tp_btf, const struct sock *sk)
{
	return error_probe(sk, HOOK_ERROR_REPORT);
}

SEC("?tp_btf/inet_sk_error_report")
int BPF_PROG(udp_error__tp_btf_direct, const struct sock *sk)
{
	return error_direct(sk, HOOK_ERROR_REPORT);
}

/* Kernels before 5.15 have no such tracepoint; this is what they call, for every family. */
SEC("?fentry/sock_def_error_report")
int BPF_PROG(udp_error__fentry, const struct sock *sk)
{
	if (!is_inet_family(sk->__sk_common.skc_family))
		return 0;
	return error_direct(sk, HOOK_ERROR_REPORT_FENTRY);
}
