// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenSSL 1.1 and 3. libssl verifies a chain so (ssl/ssl_cert.c,
 * ssl_verify_cert_chain): it hands the connection to the verification
 * (X509_STORE_CTX_set_ex_data), names the purpose (set_default: "ssl_server"
 * for a server's certificate), verifies, takes the outcome (get_error). Where
 * the client minds it ends the handshake with a fatal alert, and before that
 * forgets the session (ssl/s3_msg.c, ssl3_send_alert: SSL_CTX_remove_session).
 * Where it does not mind it looks at the certificate's key (ssl/statem,
 * tls_post_process_server_certificate: EVP_PKEY_missing_parameters). A server
 * that builds its own chain does none of this. The library's errors would say it
 * as well, but it makes some ten of them in every handshake that succeeds.
 */
#include "bpf/tls.bpf.h"

#define SSL_CTRL_SET_TLSEXT_HOSTNAME 55
/* From the outcome to the alert the library does not wait for anything. */
#define ALERT_AFTER_NS 100000000ULL
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

	if (!thread)
		return 0;
	thread->code = code;
	thread->code_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__went_on)
{
	struct tls_thread *thread = tls_thread_find();

	if (thread)
		thread->code = 0;
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__forget)
{
	struct tls_failure failure = { .library = TLS_OPENSSL, .hook = HOOK_TLS_ALERT };
	struct tls_thread *thread = tls_thread_find();
	struct tls_session *s;

	if (!thread || !thread->client || !thread->code)
		return 0;
	if (bpf_ktime_get_ns() - thread->code_ns > ALERT_AFTER_NS)
		return 0;
	failure.code = thread->code;
	thread->code = 0;
	tls_socket_find(thread->session);
	s = tls_session_find(thread->session);
	if (s)
		tls_emit(s, &failure);
	return 0;
}

/*
 * libcurl compares the names itself, after the handshake: it takes the
 * certificate, and only when the name fits the result of the verification.
 * Where it does not, it frees the session, without a byte of data sent, and
 * curl_easy_perform() returns why.
 */
SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__curl)
{
	struct tls_thread *thread = tls_thread_take();

	if (!thread)
		return 0;
	thread->curl = TLS_CURL_EASY;
	thread->checked = 0;
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__curl_multi)
{
	struct tls_thread *thread = tls_thread_take();

	if (thread && thread->curl != TLS_CURL_EASY)
		thread->curl = TLS_CURL_MULTI;
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__peer, u64 ssl)
{
	struct tls_thread *thread = tls_thread_find();

	if (!thread || !thread->curl)
		return 0;
	thread->checked = ssl;
	if (thread->curl == TLS_CURL_MULTI)
		tls_socket_find(ssl);
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__result)
{
	struct tls_thread *thread = tls_thread_find();

	if (thread)
		thread->checked = 0;
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KPROBE(tls_openssl__uprobe__free, u64 ssl)
{
	struct tls_failure failure = {
		.library = TLS_OPENSSL, .hook = HOOK_TLS_FREE, .flags = TLS_UNDECIDED,
		.code = X509_V_ERR_HOSTNAME_MISMATCH,
	};
	struct tls_session *s = tls_session_find(ssl);
	struct tls_thread *thread = tls_thread_find();

	/* This forgets the session too, where the application did not shut it down. */
	if (thread)
		thread->code = 0;
	if (!s)
		return 0;
	if (!thread || thread->checked != ssl) {
		tls_session_drop(ssl);
		return 0;
	}
	if (thread->curl == TLS_CURL_MULTI) {
		failure.flags = TLS_BY_APPLICATION | TLS_CLOSED_UNSENT;
		if (tls_is_unsent(s))
			tls_emit(s, &failure);
		tls_session_drop(ssl);
		thread->checked = 0;
		return 0;
	}
	/* The last that is seen of the connection: curl tells why when that is closed. */
	tls_socket_find(ssl);
	tls_emit(s, &failure);
	return 0;
}

SEC("?uprobe/openssl")
int BPF_KRETPROBE(tls_openssl__uprobe__curl_end, int result)
{
	struct tls_failure failure = {
		.library = TLS_OPENSSL, .hook = HOOK_TLS_CURL, .flags = TLS_BY_APPLICATION,
		.code = X509_V_ERR_HOSTNAME_MISMATCH,
	};
	struct tls_thread *thread = tls_thread_find();
	struct tls_session *s;

	if (!thread)
		return 0;
	s = thread->checked ? tls_session_find(thread->checked) : NULL;
	if (s && (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_OLD))
		tls_emit(s, &failure);
	if (s)
		tls_session_drop(thread->checked);
	tls_thread_drop();
	return 0;
}
