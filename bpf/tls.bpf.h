/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs of the TLS libraries share (tls.bpf.c): a session by the
 * address of the library's object, what a thread is about to verify, and the
 * record. Two probes may sit on one function (see user/kernel/uprobes.h), so
 * every step may be taken twice; the one that emits takes its state away.
 */
#ifndef CONNWATCH_TLS_BPF_H
#define CONNWATCH_TLS_BPF_H

#include "bpf/call.bpf.h"

/* A connection as its library has it: SSL *, gnutls_session_t. */
struct tls_session {
	u32 fd;			/* plus one; 0: not told */
	u32 status;		/* a verification that failed after the handshake; 0: none */
	u32 written;		/* what the socket had been given to send when it was found */
	u8 accepted;
	u8 how;			/* enum tls_connection */
	u8 flags;		/* TLS_* */
	u8 reserved;
	u64 sk;			/* the socket, by tls_socket_find(); 0: none */
	u64 started_ns;
	u64 established_ns;
	u64 inode;
	struct rec_flow flow;
	char server_name[TLS_NAME_LEN];
};

enum tls_curl {
	TLS_NO_CURL,
	TLS_CURL_EASY,		/* within curl_easy_perform(), which will tell how it went */
	TLS_CURL_MULTI,		/* transfers of the thread go on side by side: nothing tells */
};

/* What the current thread is at. */
struct tls_thread {
	u64 session;		/* the library's object; 0: none */
	u64 status;		/* where the library will put the outcome */
	u32 code;		/* the outcome so far */
	u8 client;		/* it is a server's certificate that is verified */
	u8 handshake;		/* within the library's handshake */
	u8 curl;		/* enum tls_curl */
	u8 verifying;		/* within the library's verification */
	u64 code_ns;
	u64 checked;		/* the session whose names libcurl compares */
	u32 found;		/* connections that tls_search_fd() met */
	u32 found_fd;		/* the newest of them */
	u64 found_ns;
};

struct tls_key {
	u64 session;
	u64 tgid;
};

/* What is known of the failure and not kept with the session. */
struct tls_failure {
	u32 code;
	u16 hook;
	u8 library;
	u8 flags;
};

__hidden struct tls_thread *tls_thread_find(void);
/* The same, made where there is none; NULL: no room. */
__hidden struct tls_thread *tls_thread_take(void);
__hidden void tls_thread_drop(void);
__hidden struct tls_session *tls_session_find(u64 session);
__hidden struct tls_session *tls_session_take(u64 session);
__hidden void tls_session_drop(u64 session);

/* The connection's socket, kept in the session: by its descriptor, or what it can be. */
int tls_socket_find(u64 session);
/* Whether the socket is still there and no more than an alert was sent since it was found. */
__hidden bool tls_is_unsent(const struct tls_session *s);
/* Tells it, unless the connection came in: then it is a server that refused a client. */
__hidden void tls_emit(const struct tls_session *s, const struct tls_failure *failure);

#endif
