// SPDX-License-Identifier: GPL-2.0-only
/*
 * GnuTLS. A client verifies within the handshake, by a function that it gave
 * the library or the library's own: then the handshake returns an error. Or it
 * verifies afterwards (libcurl, wget) and hangs up; as some only warn, the
 * failure is one when the session ends without a byte of data sent.
 */
#include "bpf/tls.bpf.h"

/* gnutls/gnutls.h */
#define GNUTLS_E_CERTIFICATE_ERROR (-43)
#define GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR (-348)
#define GNUTLS_CERT_UNEXPECTED_OWNER (1u << 14)
#define GNUTLS_DT_DNS_HOSTNAME 1

struct gnutls_data {
	u32 type;
	u64 data;
	u32 size;
};

static __always_inline int set_fd(u64 session, u64 fd)
{
	struct tls_session *s;

	/* Else it is a pointer for the application's own functions. */
	if (fd > 0xfffff)
		return 0;
	s = tls_session_take(session);
	if (s)
		s->fd = fd + 1;
	return 0;
}

SEC("?uprobe/gnutls")
int BPF_KPROBE(tls_gnutls__uprobe__set_int, u64 session, u32 fd)
{
	return set_fd(session, fd);
}

SEC("?uprobe/gnutls")
int BPF_KPROBE(tls_gnutls__uprobe__set_ptr, u64 session, u64 pointer)
{
	return set_fd(session, pointer);
}

static __always_inline void set_name(struct tls_session *s, const void *name, u64 size)
{
	if (size >= TLS_NAME_LEN)
		return;
	__builtin_memset(s->server_name, 0, sizeof(s->server_name));
	bpf_probe_read_user(s->server_name, size & (TLS_NAME_LEN - 1), name);
}

SEC("?uprobe/gnutls")
int BPF_KPROBE(tls_gnutls__uprobe__server_name, u64 session, int type, const void *name, u64 size)
{
	struct tls_session *s = tls_session_take(session);

	if (s)
		set_name(s, name, size);
	return 0;
}

SEC("?uprobe/gnutls")
int BPF_KPROBE(tls_gnutls__uprobe__handshake, u64 session)
{
	struct tls_thread *thread = tls_thread_take();

	if (!thread)
		return 0;
	thread->session = session;
	thread->code = 0;
	thread->handshake = 1;
	thread->verifying = 0;
	return 0;
}

SEC("?uprobe/gnutls")
int BPF_KRETPROBE(tls_gnutls__uprobe__handshake_end, int ret)
{
	struct tls_failure failure = { .library = TLS_GNUTLS, .hook = HOOK_TLS_HANDSHAKE };
	struct tls_thread *thread = tls_thread_find();
	struct tls_session *s;

	if (!thread || !thread->handshake)
		return 0;
	thread->handshake = 0;
	if (ret != GNUTLS_E_CERTIFICATE_ERROR && ret != GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
		return 0;
	failure.code = thread->code;
	tls_socket_find(thread->session);
	s = tls_session_find(thread->session);
	if (!s)
		return 0;
	tls_emit(s, &failure);
	s->status = 0;
	return 0;
}

SEC("?uprobe/gnutls")
int BPF_KPROBE(tls_gnutls__uprobe__verify, u64 session, const struct gnutls_data *data, u32 count,
	       u64 status)
{
	struct tls_thread *thread = tls_thread_take();
	struct gnutls_data first = {};
	struct tls_session *s;

	if (!thread)
		return 0;
	thread->session = session;
	thread->status = status;
	thread->verifying = 1;
	if (!data || !count || bpf_probe_read_user(&first, sizeof(first), data) ||
	    first.type != GNUTLS_DT_DNS_HOSTNAME || !first.data)
		return 0;
	s = tls_session_take(session);
	if (s)
		bpf_probe_read_user_str(s->server_name, sizeof(s->server_name),
					(const void *)first.data);
	return 0;
}

/* Within a handshake its end will tell; afterwards the session's. */
static __always_inline void rejected(struct tls_thread *thread, u32 status)
{
	struct tls_session *s;

	thread->code |= status;
	if (thread->handshake)
		return;
	s = tls_session_take(thread->session);
	if (!s)
		return;
	if (!s->status)
		tls_socket_find(thread->session);
	s->status |= status;
}

SEC("?uprobe/gnutls")
int BPF_KRETPROBE(tls_gnutls__uprobe__verify_end, int ret)
{
	struct tls_thread *thread = tls_thread_find();
	u32 status = 0;

	if (!thread || !thread->verifying)
		return 0;
	thread->verifying = 0;
	if (ret >= 0 && !bpf_probe_read_user(&status, sizeof(status), (void *)thread->status) &&
	    status)
		rejected(thread, status);
	return 0;
}

SEC("?uprobe/gnutls")
int BPF_KRETPROBE(tls_gnutls__uprobe__hostname_end, u32 fits)
{
	struct tls_thread *thread = tls_thread_find();

	/* Within a verification it is part of that. */
	if (thread && !thread->verifying && thread->session && !fits)
		rejected(thread, GNUTLS_CERT_UNEXPECTED_OWNER);
	return 0;
}

SEC("?uprobe/gnutls")
int BPF_KPROBE(tls_gnutls__uprobe__deinit, u64 session)
{
	struct tls_failure failure = {
		.library = TLS_GNUTLS, .hook = HOOK_TLS_DEINIT,
		.flags = TLS_BY_APPLICATION | TLS_CLOSED_UNSENT,
	};
	struct tls_session *s = tls_session_find(session);
	struct tls_thread *thread = tls_thread_find();

	if (thread && thread->session == session)
		tls_thread_drop();
	if (!s)
		return 0;
	failure.code = s->status;
	if (s->status && tls_is_unsent(s))
		tls_emit(s, &failure);
	tls_session_drop(session);
	return 0;
}
