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

struct der {
	u64 at;		/* of the element */
	u32 header;	/* bytes of tag and length */
	u32 size;	/* of the content */
	u8 tag;
};

/* ITU-T X.690 section 8.1; no certificate's element is longer than two bytes can say. */
static __always_inline bool der_read(struct der *e, u64 at)
{
	u8 bytes[4] = {};

	e->at = at;
	if (bpf_probe_read_user(bytes, sizeof(bytes), (const void *)at))
		return false;
	e->tag = bytes[0];
	e->header = bytes[1] == 0x82 ? 4 : bytes[1] == 0x81 ? 3 : 2;
	e->size = bytes[1] == 0x82 ? bytes[2] << 8 | bytes[3] :
		  bytes[1] == 0x81 ? bytes[2] : bytes[1];
	return bytes[1] <= 0x82 && bytes[1] != 0x80;
}

static __always_inline bool der_next(struct der *e)
{
	return der_read(e, e->at + e->header + e->size);
}

static __always_inline bool der_enter(struct der *e)
{
	return der_read(e, e->at + e->header);
}

#define DER_VERSION 0xa0
#define CHUNK 64
#define CHUNKS_MAX 6

static __always_inline bool chunk_equal(u64 a, u64 b, u64 size)
{
	u64 x[CHUNK / 8] = {}, y[CHUNK / 8] = {};

	/* The compiler knows the bound and drops the test, which older verifiers (6.1) need. */
	barrier_var(size);
	if (size > CHUNK || bpf_probe_read_user(x, size, (const void *)a) ||
	    bpf_probe_read_user(y, size, (const void *)b))
		return false;
	for (int i = 0; i < CHUNK / 8; i++)
		if (x[i] != y[i])
			return false;
	return true;
}

static __always_inline bool der_equal(const struct der *a, const struct der *b)
{
	u32 size = a->header + a->size;

	if (a->size != b->size || size > CHUNK * CHUNKS_MAX)
		return false;
	for (u32 i = 0; i < CHUNKS_MAX && i * CHUNK < size; i++) {
		u32 left = size - i * CHUNK;

		if (!chunk_equal(a->at + i * CHUNK, b->at + i * CHUNK,
				 left < CHUNK ? left : CHUNK))
			return false;
	}
	return true;
}

/*
 * Whether the certificate's issuer is its subject (RFC 5280 section 4.1): the
 * library says only that it does not know the issuer. Verified by itself.
 */
int tls_is_self_issued(u64 certificate)
{
	struct der e, issuer;

	if (!der_read(&e, certificate) || !der_enter(&e) || !der_enter(&e))
		return 0;
	if (e.tag == DER_VERSION && !der_next(&e))
		return 0;
	/* Here is the serial number; two on is the issuer, and two on from there the subject. */
	if (!der_next(&e) || !der_next(&e))
		return 0;
	issuer = e;
	if (!der_next(&e) || !der_next(&e))
		return 0;
	return der_equal(&issuer, &e);
}

SEC("?uprobe/gnutls")
int BPF_KPROBE(tls_gnutls__uprobe__peers, u64 session)
{
	struct tls_thread *thread = tls_thread_take();

	if (thread)
		thread->session = session;
	return 0;
}

/* gnutls_datum_t: a pointer, and a size. */
SEC("?uprobe/gnutls")
int BPF_KRETPROBE(tls_gnutls__uprobe__peers_end, const u64 *list)
{
	struct tls_thread *thread = tls_thread_find();
	struct tls_session *s;
	u64 certificate = 0;

	if (!thread || !list || bpf_probe_read_user(&certificate, sizeof(certificate), list))
		return 0;
	s = tls_session_find(thread->session);
	if (s && tls_is_self_issued(certificate))
		s->flags |= TLS_SELF_ISSUED;
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
