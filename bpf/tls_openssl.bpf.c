// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenSSL 1.1 and 3. libssl verifies a chain so (ssl/ssl_cert.c,
 * ssl_verify_cert_chain): it hands the connection to the verification
 * (X509_STORE_CTX_set_ex_data), names the purpose (set_default: "ssl_server"
 * for a server's certificate), verifies, takes the outcome (get_error). Only
 * where the client minds does it end the handshake with the error
 * SSL_R_CERTIFICATE_VERIFY_FAILED: that is the proof. A server that builds its
 * own chain does none of this.
 */
#include "bpf/tls.bpf.h"

#define ERR_LIB_SSL 20
#define SSL_R_CERTIFICATE_VERIFY_FAILED 134
#define SSL_CTRL_SET_TLSEXT_HOSTNAME 55
#define NID_SUBJECT_ALT_NAME 85
#define X509_V_ERR_HOSTNAME_MISMATCH 62
#define CURLE_PEER_FAILED_VERIFICATION 60
#define CURLE_SSL_CACERT_OLD 51

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__set_fd, u64 ssl, u32 fd)
{
	struct tls_session *s = tls_session_take(ssl);

	if (s)
		s->fd = fd + 1;
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__ctrl, u64 ssl, int command, long number, const char *name)
{
	struct tls_session *s;

	if (command != SSL_CTRL_SET_TLSEXT_HOSTNAME || !name)
		return 0;
	s = tls_session_take(ssl);
	if (s)
		bpf_probe_read_user_str(s->server_name, sizeof(s->server_name), name);
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__verify_of, void *store, int index, u64 ssl)
{
	struct tls_thread *thread = tls_thread_take();

	if (!thread)
		return 0;
	thread->session = ssl;
	thread->client = 0;
	thread->code = 0;
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__purpose, void *store, const char *name)
{
	static const char server[] = "ssl_server";
	struct tls_thread *thread = tls_thread_find();
	char purpose[sizeof(server)] = {};

	if (!thread)
		return 0;
	bpf_probe_read_user_str(purpose, sizeof(purpose), name);
	thread->client = 1;
	for (int i = 0; i < (int)sizeof(server); i++)
		if (purpose[i] != server[i])
			thread->client = 0;
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KRETPROBE(tls_openssl__uprobe__code, int code)
{
	struct tls_thread *thread = tls_thread_find();

	if (thread)
		thread->code = code;
	return 0;
}

static __always_inline int verify_failed(int library, int reason, u16 hook)
{
	struct tls_failure failure = { .library = TLS_OPENSSL, .hook = hook };
	struct tls_thread *thread;
	struct tls_session *s;

	if (library != ERR_LIB_SSL || reason != SSL_R_CERTIFICATE_VERIFY_FAILED)
		return 0;
	thread = tls_thread_find();
	if (!thread || !thread->client)
		return 0;
	failure.code = thread->code;
	tls_socket_find(thread->session);
	s = tls_session_find(thread->session);
	if (s)
		tls_emit(s, &failure);
	tls_thread_drop();
	return 0;
}

/* OpenSSL 3 */
SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__error, int library, int reason)
{
	return verify_failed(library, reason, HOOK_TLS_ERROR);
}

/* OpenSSL 1.1 */
SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__error_1_1, int library, int function, int reason)
{
	return verify_failed(library, reason, HOOK_TLS_ERROR_1_1);
}

/*
 * libcurl compares the names itself, after the handshake: it asks for the names
 * in the certificate, and when they fit for the result of the verification.
 * When they do not it frees the session and says so by what it returns.
 */
SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__peer, u64 ssl)
{
	struct tls_thread *thread = tls_thread_take();

	if (!thread)
		return 0;
	thread->session = ssl;
	thread->names = 0;
	thread->client = 0;
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__names, void *certificate, int nid)
{
	struct tls_thread *thread;

	if (nid != NID_SUBJECT_ALT_NAME)
		return 0;
	thread = tls_thread_find();
	if (thread)
		thread->names = 1;
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__result)
{
	tls_thread_drop();
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__free, u64 ssl)
{
	struct tls_failure hint = {
		.library = TLS_OPENSSL, .hook = HOOK_TLS_CURL, .flags = TLS_UNDECIDED,
	};
	struct tls_session *s = tls_session_find(ssl);
	struct tls_thread *thread;

	if (!s)
		return 0;
	thread = tls_thread_find();
	if (!thread || !thread->names || thread->session != ssl) {
		tls_session_drop(ssl);
		return 0;
	}
	/* The last that is seen of the connection: curl tells why when that is closed. */
	tls_socket_find(ssl);
	tls_emit(s, &hint);
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KRETPROBE(tls_openssl__uprobe__curl, int result)
{
	struct tls_failure failure = {
		.library = TLS_OPENSSL, .hook = HOOK_TLS_CURL, .flags = TLS_BY_APPLICATION,
		.code = X509_V_ERR_HOSTNAME_MISMATCH,
	};
	struct tls_thread *thread = tls_thread_find();
	struct tls_session *s;

	if (!thread)
		return 0;
	s = thread->names ? tls_session_find(thread->session) : NULL;
	if (s && (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_OLD))
		tls_emit(s, &failure);
	if (s)
		tls_session_drop(thread->session);
	tls_thread_drop();
	return 0;
}
