// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLS handshakes that a client ended because of the server's certificate: what
 * is kept of sessions and threads, and the record. The libraries' own functions
 * are in tls_openssl.bpf.c and tls_gnutls.bpf.c.
 */
#include "bpf/tls.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TLS_SESSIONS_MAX);
	__type(key, struct tls_key);
	__type(value, struct tls_session);
} tls_sessions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TLS_THREADS_MAX);
	__type(key, u64);
	__type(value, struct tls_thread);
} tls_threads SEC(".maps");

__hidden struct tls_thread *tls_thread_find(void)
{
	u64 key = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&tls_threads, &key);
}

__hidden struct tls_thread *tls_thread_take(void)
{
	u64 key = bpf_get_current_pid_tgid();
	struct tls_thread none = {}, *thread = bpf_map_lookup_elem(&tls_threads, &key);

	if (thread)
		return thread;
	bpf_map_update_elem(&tls_threads, &key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tls_threads, &key);
}

__hidden void tls_thread_drop(void)
{
	u64 key = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&tls_threads, &key);
}

static const struct tls_session no_session;

static __always_inline struct tls_key session_key(u64 session)
{
	return (struct tls_key){ session, bpf_get_current_pid_tgid() >> 32 };
}

__hidden struct tls_session *tls_session_find(u64 session)
{
	struct tls_key key = session_key(session);

	return bpf_map_lookup_elem(&tls_sessions, &key);
}

__hidden struct tls_session *tls_session_take(u64 session)
{
	struct tls_key key = session_key(session);
	struct tls_session *s = bpf_map_lookup_elem(&tls_sessions, &key);

	if (s || !session)
		return s;
	bpf_map_update_elem(&tls_sessions, &key, &no_session, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tls_sessions, &key);
}

__hidden void tls_session_drop(u64 session)
{
	struct tls_key key = session_key(session);

	bpf_map_delete_elem(&tls_sessions, &key);
}

static __always_inline struct sock *tcp_socket_at(u32 fd)
{
	short type = 0;
	struct sock *sk = call_socket(fd, &type);

	return sk && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP ? sk : NULL;
}

/* A child keeps its listener's backlog (sk_clone copies it); who connects has none. */
static __always_inline bool is_accepted(const struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_max_ack_backlog) != 0;
}

#define FDS_LOOKED_AT 64

/*
 * Looks at one descriptor of the process: of the connections that it opened the
 * newest is the likeliest. A function of its own for the verifier, which would
 * else go through it for every descriptor of every program.
 */
int tls_search_fd(u32 fd)
{
	struct tls_thread *thread = tls_thread_find();
	struct sock *sk = tcp_socket_at(fd);
	struct conn *conn;
	u64 started_ns;
	u8 state;

	if (!thread || !sk || is_accepted(sk))
		return 0;
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (state == TCP_LISTEN || state == TCP_CLOSE || state == TCP_SYN_SENT)
		return 0;
	conn = conn_find((u64)sk);
	started_ns = conn ? conn->started_ns : 0;
	thread->found++;
	if (thread->found > 1 && started_ns < thread->found_ns)
		return 0;
	thread->found_fd = fd;
	thread->found_ns = started_ns;
	return 0;
}

static __always_inline u32 written(const struct sock *sk)
{
	return BPF_CORE_READ((struct tcp_sock *)sk, write_seq);
}

/* As flow_probe_device(), but the name in one piece: it is in many programs. */
static __always_inline void keep_device(struct rec_flow *flow, const struct sock *sk)
{
	struct net_device *dev = BPF_CORE_READ(sk, sk_dst_cache, dev);

	if (!dev)
		return;
	flow->ifindex = BPF_CORE_READ(dev, ifindex);
	flow->loopback = !!(BPF_CORE_READ(dev, flags) & IFF_LOOPBACK);
	bpf_core_read_str(flow->ifname, sizeof(flow->ifname), &dev->name);
}

static __always_inline void keep_socket(struct tls_session *s, struct sock *sk)
{
	struct conn *conn = conn_find((u64)sk);

	s->sk = (u64)sk;
	s->written = written(sk);
	s->accepted = is_accepted(sk);
	flow_probe(&s->flow, sk);
	keep_device(&s->flow, sk);
	s->inode = flow_probe_inode(sk);
	s->started_ns = conn ? conn->started_ns : 0;
	s->established_ns = conn ? conn->established_ns : 0;
}

static __always_inline struct sock *search(struct tls_session *s, struct tls_thread *thread)
{
	thread->found = 0;
	for (u32 fd = 0; fd < FDS_LOOKED_AT; fd++)
		tls_search_fd(fd);
	if (!thread->found)
		return NULL;
	s->fd = thread->found_fd + 1;
	s->how = thread->found == 1 ? TLS_THE_ONLY_ONE : TLS_THE_NEWEST;
	return tcp_socket_at(thread->found_fd);
}

/* Verified by itself as well. */
int tls_socket_find(u64 session)
{
	struct tls_session *s = tls_session_take(session);
	struct tls_thread *thread = tls_thread_take();
	struct sock *sk;

	if (!s || !thread)
		return 0;
	sk = s->fd ? tcp_socket_at(s->fd - 1) : NULL;
	s->how = TLS_BY_DESCRIPTOR;
	if (!sk)
		sk = search(s, thread);
	if (sk)
		keep_socket(s, sk);
	else
		s->how = TLS_NO_CONNECTION;
	return 0;
}

/* RFC 8446 section 6: a record with an alert. The largest is CBC with SHA-384, 5+16+16+48. */
#define ALERT_BYTES_MAX 85

__hidden bool tls_is_unsent(const struct tls_session *s)
{
	struct sock *sk = s->fd ? tcp_socket_at(s->fd - 1) : NULL;

	return sk && (u64)sk == s->sk && written(sk) - s->written <= ALERT_BYTES_MAX;
}

__hidden void tls_emit(const struct tls_session *s, const struct tls_failure *failure)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct rec_tls_failed *rec;

	if (s->accepted)
		return;
	rec = rec_begin(struct rec_tls_failed, REC_TLS_FAILED, failure->hook);
	if (!rec)
		return;
	who_fill(&rec->who);
	rec->flow = s->flow;
	rec->started_ns = s->started_ns;
	rec->established_ns = s->established_ns;
	rec->inode = s->inode;
	rec->code = failure->code;
	rec->library = failure->library;
	rec->flags = failure->flags | s->flags;
	rec->connection = s->how;
	__builtin_memcpy(rec->server_name, s->server_name, sizeof(rec->server_name));
	if (!rec->flow.netns)
		rec->flow.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	if (filter_passes(&rec->who, &rec->flow))
		rec_submit(rec);
	else
		bpf_ringbuf_discard(rec, 0);
}
