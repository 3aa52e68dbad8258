// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/signals.h"

#include "bpf/events.h"

const struct signal_def signal_defs[] = {
	{
		.fact = "tcp_state", .name = "tcp-state", .required = true,
		.gives = "TCP connects that fail, are given up or succeed; connections that break",
		.lost = "everything about TCP",
	},
	{
		.fact = "tcp_gone", .name = "tcp-gone",
		.gives = "the end of a TCP socket, so that nothing is remembered of it",
		.lost = "room for the processes of connections; one may be taken for the next's",
	},
	{
		.fact = "connect_return", .name = "connect-return",
		.gives = "errors that connect() returns at once: no route, no port, a policy",
		.lost = "026, 028, C03 and C04 of connect(); the process of a UDP failure",
	},
	{
		.fact = "bind_return", .name = "bind-return",
		.gives = "bind() that failed",
		.lost = "027, C03 and C04 of bind()",
	},
	{
		.fact = "listen_return", .name = "listen-return",
		.gives = "listen() that failed",
		.lost = "027 of listen()",
	},
	{
		.fact = "accept_return", .name = "accept-return",
		.gives = "the process of a connection that came in",
		.lost = "the process, when it ends as soon as an accepted connection breaks",
	},
	{
		.fact = "tcp_reset_received", .name = "reset-received", .watched = WATCHED_RESETS,
		.gives = "proof that a reset came in",
		.lost = "telling a refusal by reset from one by ICMP",
	},
	{
		.fact = "tcp_reset_sent", .name = "reset-sent", .watched = WATCHED_RESETS_SENT,
		.gives = "SYNs that this host refused because nothing listens",
		.lost = "no-listener as an observed cause; refused connects from outside",
	},
	{
		.fact = "netfilter_drop", .name = "netfilter-drop", .watched = WATCHED_DROPS,
		.gives = "packets of a connection that this host's own firewall dropped",
		.lost = "local-firewall causes; such failures are then unexplained",
	},
	{
		.fact = "icmp_sent", .name = "icmp-sent", .watched = WATCHED_ICMP_SENT,
		.gives = "ICMP errors that this host itself sent about a packet",
		.lost = "telling this host's own reject from a router's",
	},
	{
		.fact = "icmp_received", .name = "icmp-received", .user_hook = "raw/icmp",
		.gives = "ICMP errors that came in: who sent them, and which",
		.lost = "the sender of an ICMP error; what refused is then inferred from the errno",
	},
	{
		.fact = "udp_error", .name = "udp-error",
		.gives = "ICMP errors that reach a UDP socket, or a TCP one that is connecting",
		.lost = "UDP refusals; an ICMP error that a non-blocking connect fetched itself",
	},
	{
		.fact = "route_lookup", .name = "route-lookup",
		.gives = "which IPv4 routing table refused, and how",
		.lost = "the proof behind 026 and route-unreachable (IPv4)",
	},
	{
		.fact = "route6_lookup", .name = "route6-lookup",
		.gives = "which IPv6 routing table refused, and how",
		.lost = "the proof behind 026 and route-unreachable (IPv6)",
	},
	{
		.fact = "neigh_failed", .name = "neighbour-failed", .watched = WATCHED_NEIGH,
		.gives = "neighbours that do not answer ARP or neighbour discovery",
		.lost = "029, and neighbour-failed as the cause of 022",
	},
	{
		.fact = "queue_full", .name = "queue-full", .user_hook = "host/netstat",
		.gives = "listeners whose accept or SYN queue is full",
		.lost = "C02",
	},
	{
		.fact = "sockets", .name = "sockets",
		.gives = "whose a socket is that is older than connwatch; who holds a port",
		.lost = "the process of older connections; the holder in 027",
	},
	{
		.fact = "dns_answer", .name = "dns-answer", .layers = { "dns" },
		.gives = "answers of name servers that did not help, unless left in pages",
		.lost = "024 of programs that ask name servers themselves; the reason behind a 024",
	},
	{
		.fact = "name_lookup", .name = "name-lookup", .layers = { "dns" },
		.watched = WATCHED_LOOKUPS,
		.gives = "getaddrinfo() and gethostbyname() that failed, in every libc in use; "
			 "names of destinations",
		.lost = "024 as the program was told it; time-outs of name servers; "
			"connect() of UDP sockets that failed, but for port 53",
	},
	{
		.fact = "tls_openssl", .name = "tls-openssl", .layers = { "tls" },
		.gives = "server certificates that OpenSSL clients rejected",
		.lost = "025 of programs that use OpenSSL",
	},
	{
		.fact = "tls_gnutls", .name = "tls-gnutls", .layers = { "tls" },
		.gives = "server certificates that GnuTLS clients rejected",
		.lost = "025 of programs that use GnuTLS",
	},
	{
		.fact = "ssh_denied", .name = "ssh-denied", .layers = { "application" },
		.gives = "logins refused by key: the message that ssh, or sshd, makes of it",
		.lost = "030",
	},
	{
		.fact = "ssh_started", .name = "ssh-started", .layers = { "application" },
		.gives = "ssh and sshd in places not seen before",
		.lost = "030 of an ssh or sshd that connwatch does not know when it begins",
	},
	{
		.fact = "program_started", .name = "program-started", .layers = { "dns", "tls" },
		.gives = "programs that start, and with them libraries not seen before",
		.lost = "for a second or more, libraries that only later programs bring",
	},
	{
		.fact = "process_tree", .name = "process-tree", .on_request = true,
		.gives = "the descendants of the command under connwatch run",
		.lost = "failures of the command's children",
	},
};

const size_t signal_def_count = sizeof(signal_defs) / sizeof(signal_defs[0]);

/* arch_trace_is_compat_syscall() and the numbers of 32-bit calls; io_uring calls none. */
#define SYSTEM_CALLS_BLIND "does not see io_uring, 32-bit programs, TCP Fast Open sends"

/* Lockdown: the IPv6 address is not the call's own but what the socket or a route look-up has. */
#define ADDRESS_BLIND "misses the IPv6 address of a connect() that was refused before it began"

/* Lockdown: no byte of a packet may be read. */
#define PACKET_BLIND "does not see packets that have no socket where they are dropped"

const struct variant_kind variant_kinds[] = {
	{ "tp_btf", HOOKS_TRACEPOINT, NULL, true },
	{ "tp_btf_direct", HOOKS_TRACEPOINT, PACKET_BLIND, true },
	{ "tp_btf_typed", HOOKS_TRACEPOINT, NULL, true },
	{ "fexit", HOOKS_FENTRY, NULL, true },
	{ "fexit_direct", HOOKS_FENTRY, ADDRESS_BLIND, true },
	{ "fentry", HOOKS_FENTRY, NULL, true },
	{ "kprobe", HOOKS_KPROBE, NULL, false },
	{ "raw_tp", HOOKS_TRACEPOINT, NULL, false },
	{ "tp", HOOKS_TRACEPOINT, SYSTEM_CALLS_BLIND, false },
	{ "sys_exit", HOOKS_TRACEPOINT, SYSTEM_CALLS_BLIND, true },
	{ "iter", HOOKS_TRACEPOINT, NULL, true },
	{ "iter_read", HOOKS_TRACEPOINT, NULL, true },
	{ "uprobe", HOOKS_AUTO, NULL, false },
};

const size_t variant_kind_count = sizeof(variant_kinds) / sizeof(variant_kinds[0]);
