/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The records that cross from the kernel programs to user space, and that
 * `connwatch record` writes to a file. Fixed width, explicit padding, size in
 * the header, append-only, zero for what was not seen: a reader takes what it
 * knows of a longer record, fills one of an older version with zeros, and counts
 * and skips what is shorter than any version's or unknown.
 *
 * Addresses are 16 bytes for both families, IPv4 stored v4-mapped (RFC 4291
 * section 2.5.5.2); ports are in host byte order; times are CLOCK_MONOTONIC
 * nanoseconds. A record states what the kernel did, never why.
 */
#ifndef CONNWATCH_EVENTS_H
#define CONNWATCH_EVENTS_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define EVENTS_COMM_LEN 16
#define EVENTS_IFNAME_LEN 16

/* Hooks as evidence names them; the order is part of the file format. */
#define EVENTS_HOOKS(X)                                        \
	X(NONE, "")                                            \
	X(SET_STATE, "tp_btf/inet_sock_set_state")             \
	X(RECEIVE_RESET, "tp_btf/tcp_receive_reset")           \
	X(SEND_RESET, "tp_btf/tcp_send_reset")                 \
	X(ERROR_REPORT, "tp_btf/inet_sk_error_report")         \
	X(FIB_LOOKUP, "tp_btf/fib_table_lookup")               \
	X(FIB6_LOOKUP, "tp_btf/fib6_table_lookup")             \
	X(NEIGH_TIMER, "tp_btf/neigh_timer_handler")           \
	X(CONNECT_FEXIT_STREAM, "fexit/inet_stream_connect")   \
	X(CONNECT_FEXIT_DGRAM, "fexit/inet_dgram_connect")     \
	X(CONNECT_KPROBE_STREAM, "kretprobe/inet_stream_connect") \
	X(CONNECT_KPROBE_DGRAM, "kretprobe/inet_dgram_connect") \
	X(CONNECT_TP, "tp/syscalls/sys_exit_connect")          \
	X(CONNECT_SYS_EXIT, "tp_btf/sys_exit")                 \
	X(BIND_FEXIT, "fexit/inet_bind")                       \
	X(BIND_FEXIT6, "fexit/inet6_bind")                     \
	X(BIND_KPROBE, "kretprobe/inet_bind")                  \
	X(BIND_KPROBE6, "kretprobe/inet6_bind")                \
	X(BIND_TP, "tp/syscalls/sys_exit_bind")                \
	X(BIND_SYS_EXIT, "tp_btf/sys_exit")                    \
	X(LISTEN_FEXIT, "fexit/inet_listen")                   \
	X(LISTEN_KPROBE, "kretprobe/inet_listen")              \
	X(LISTEN_TP, "tp/syscalls/sys_exit_listen")            \
	X(LISTEN_SYS_EXIT, "tp_btf/sys_exit")                  \
	X(TASK_FILE, "iter/task_file")                         \
	X(KFREE_SKB, "tp_btf/kfree_skb")                       \
	X(ICMP_SEND, "tp_btf/icmp_send")                       \
	X(SEND_RESET_FENTRY, "fentry/tcp_v4_send_reset")       \
	X(SEND_RESET6_FENTRY, "fentry/tcp_v6_send_reset")      \
	X(SEND_RESET_KPROBE, "kprobe/tcp_v4_send_reset")       \
	X(SEND_RESET6_KPROBE, "kprobe/tcp_v6_send_reset")      \
	X(SOCK_DIAG, "host/sock_diag")                         \
	X(PROC, "host/proc")                                   \
	X(ICMP_RECEIVED, "raw/icmp")                           \
	X(RTNETLINK, "host/rtnetlink")                         \
	X(CONN_REQUEST_FENTRY, "fentry/tcp_conn_request")      \
	X(CONN_REQUEST_KPROBE, "kprobe/tcp_conn_request")      \
	X(NETSTAT, "host/netstat")                             \
	X(TLS_ALERT, "uprobe/libssl:SSL_CTX_remove_session")   \
	X(TLS_CURL, "uretprobe/libcurl:curl_easy_perform")     \
	X(TLS_FREE, "uprobe/libssl:SSL_free")                  \
	X(TLS_HANDSHAKE, "uretprobe/libgnutls:gnutls_handshake") \
	X(TLS_DEINIT, "uprobe/libgnutls:gnutls_deinit") \
	X(DATA_READY, "tp_btf/sk_data_ready")                  \
	X(UDP_QUEUE_FENTRY, "fentry/udp_queue_rcv_one_skb")    \
	X(UDP_QUEUE_KPROBE, "kprobe/udp_queue_rcv_one_skb")    \
	X(GETADDRINFO, "uprobe/getaddrinfo") \
	X(SSH_CLIENT, "uprobe/ssh:vsnprintf")                  \
	X(SSH_SERVER, "uprobe/sshd:vsnprintf") \
	X(ERROR_REPORT_FENTRY, "fentry/sock_def_error_report") \
	X(SYN_RECV_FENTRY, "fentry/tcp_v4_syn_recv_sock")      \
	X(SYN_RECV6_FENTRY, "fentry/tcp_v6_syn_recv_sock")     \
	X(SYN_RECV_KPROBE, "kprobe/tcp_v4_syn_recv_sock")      \
	X(SYN_RECV6_KPROBE, "kprobe/tcp_v6_syn_recv_sock")     \
	X(CONNECT_LSM_FEXIT, "fexit/security_socket_connect")  \
	X(BIND_LSM_FEXIT, "fexit/security_socket_bind")        \
	X(LISTEN_LSM_FEXIT, "fexit/security_socket_listen")    \
	X(CONNECT_LSM_KPROBE, "kretprobe/security_socket_connect") \
	X(BIND_LSM_KPROBE, "kretprobe/security_socket_bind")   \
	X(LISTEN_LSM_KPROBE, "kretprobe/security_socket_listen") \
	X(BIND_MPTCP_FEXIT, "fexit/mptcp_bind")                \
	X(BIND_MPTCP_KPROBE, "kretprobe/mptcp_bind")     \
	X(GETHOSTBYNAME, "uprobe/gethostbyname_r")             \
	X(UDP_QUEUE6_FENTRY, "fentry/udpv6_queue_rcv_one_skb") \
	X(UDP_QUEUE6_KPROBE, "kprobe/udpv6_queue_rcv_one_skb") \
	X(SET_STATE_RAW, "raw_tp/inet_sock_set_state")         \
	X(RECEIVE_RESET_RAW, "raw_tp/tcp_receive_reset")

enum hook_id {
#define EVENTS_HOOK_ENUM(id, name) HOOK_##id,
	EVENTS_HOOKS(EVENTS_HOOK_ENUM)
#undef EVENTS_HOOK_ENUM
	HOOK_COUNT
};

/* Record kinds; numbers are part of the file format, so they are never reused. */
enum rec_kind {
	REC_TCP_END = 1,	/* struct rec_tcp_end */
	REC_CONNECT_RETURN = 2,	/* struct rec_call_return */
	REC_BIND_RETURN = 3,	/* struct rec_call_return */
	REC_LISTEN_RETURN = 4,	/* struct rec_call_return */
	REC_UDP_ERROR = 5,	/* struct rec_udp_error */
	REC_NEIGH_FAILED = 6,	/* struct rec_neigh_failed */
	REC_RESET_SENT = 7,	/* struct rec_reset_sent */
	REC_QUEUE_FULL = 8,	/* struct rec_queue_full */
	REC_ICMP_RECEIVED = 16,	/* struct rec_icmp_received; read off a raw socket */
	REC_TLS_FAILED = 20,	/* struct rec_tls_failed */
	REC_DNS_ANSWER = 24,	/* struct rec_dns_answer */
	REC_NAME_LOOKUP = 25,	/* struct rec_name_lookup */
	REC_SSH_DENIED = 28,	/* struct rec_ssh_denied */
	REC_SSH_STARTED = 29,	/* struct rec_ssh_started; never recorded */

	/* Answers and counts that user space adds to the stream (see user/host/host.h). */
	REC_SIGNAL = 64,	/* struct rec_signal */
	REC_LOST = 65,		/* struct rec_lost */
	REC_DESTINATION = 66,	/* struct rec_destination */
	REC_OWNER = 67,		/* struct rec_owner */
	REC_HOLDER = 68,	/* struct rec_holder */
	REC_PROCESS = 69,	/* struct rec_process */
	REC_LIMITS = 70,	/* struct rec_limits */
	REC_TIME_WAIT = 71,	/* struct rec_time_wait */
	REC_END = 72,		/* struct rec_end: the recording was closed in order */
	REC_LISTENER = 73,	/* struct rec_holder: who listens on the port, there or elsewhere */
	REC_NEXT_HOP = 80,	/* struct rec_next_hop */
	REC_REPEATS = 74,	/* struct rec_repeats */
	REC_DESTINATIONS_EVICTED = 75, /* struct rec_destinations_evicted */
	REC_DOWN_LINK = 81,	/* struct rec_down_link */
	REC_ADDRESS = 82,	/* struct rec_address */
	REC_QUEUE = 83,		/* struct rec_queue */
	REC_DOMAIN = 84,	/* struct rec_domain */
	REC_NAME_SERVER = 85,	/* struct rec_name_server */
	REC_SPACE = 90,		/* struct rec_space */
};

struct rec_hdr {
	__u16 size;		/* of the whole record, bytes */
	__u16 kind;		/* enum rec_kind */
	__u16 hook;		/* enum hook_id */
	__u16 unknown;		/* of an answer: the look could not be made, nothing is known */
	__u64 ts_ns;
};

/* Taken in process context only; pid 0: not known. */
struct rec_who {
	__u32 pid;		/* thread group id, initial pid namespace */
	__u32 tid;
	__u32 uid;
	__u32 member;		/* connwatch run: it was of the command's tree then */
	__u64 cgroup_id;	/* cgroup v2, 0 when none */
	char comm[EVENTS_COMM_LEN];
};

struct rec_flow {
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 sport;
	__u16 dport;
	__u8 family;		/* of the addresses: 4, 6; 0 unknown */
	__u8 protocol;		/* IPPROTO_TCP, IPPROTO_UDP; 0 unknown */
	__u8 loopback;		/* the route leaves through a loopback device */
	__u8 v6_socket;		/* the socket is AF_INET6 (also with v4-mapped addresses) */
	__u32 netns;		/* inode number of the socket's network namespace */
	__u32 ifindex;		/* device of the socket's route, 0 when not known */
	char ifname[EVENTS_IFNAME_LEN];
};

/* Facts whose hook was armed: without the bit, a fact that is missing proves nothing. */
#define WATCHED_RESETS 1u	/* tcp_receive_reset */
#define WATCHED_RESETS_SENT 2u	/* tcp_send_reset */
#define WATCHED_DROPS 4u	/* kfree_skb with reasons */
#define WATCHED_ICMP_SENT 8u	/* icmp_send */
#define WATCHED_NEIGH 16u	/* neigh_timer_handler */
#define WATCHED_LOOKUPS 32u	/* getaddrinfo() */

/* A TCP socket went to CLOSE with an error, or left SYN_SENT without one. */
struct rec_tcp_end {
	struct rec_hdr hdr;
	struct rec_who who;
	struct rec_flow flow;
	__u64 started_ns;	/* SYN_SENT entered; 0: before connwatch, or accepted */
	__u64 established_ns;	/* 0: never, or before connwatch */
	__u64 reset_ns;		/* a reset was received for it; 0: none seen */
	__u64 inode;		/* of the socket's file, 0: none */
	__s32 sk_err;
	__s32 sk_err_soft;
	__u32 retransmits;	/* total_retrans */
	__u8 old_state;		/* TCP_* state before CLOSE */
	__u8 watched;		/* WATCHED_* */
	__u8 icmp_type;		/* of icmp_sent_ns */
	__u8 icmp_code;
	__u64 reset_sent_ns;	/* this host's TCP answered the SYN: no socket there */
	__u64 icmp_sent_ns;	/* this host itself sent an ICMP error about its packet */
	__u32 drops_out;	/* its packets that netfilter dropped on this host */
	__u32 drops_in;		/* packets for it that netfilter dropped on this host */
	__u8 accepted;		/* the connection came in */
	__u8 reserved;
	__u16 reset_sent_hook;	/* enum hook_id, of reset_sent_ns */
	__u32 rp_filter_drops;	/* replies that the reverse path filter of this host discarded */
	__u64 drop_out_ns;	/* the newest of drops_out, 0: none */
	__u64 drop_in_ns;	/* the newest of drops_in, 0: none */
	char rp_filter_ifname[EVENTS_IFNAME_LEN]; /* where those replies came in */
	__u32 isn;		/* initial sequence number of its SYN */
	__s32 icmp_err;		/* errno of an ICMP error queued while it was connecting; 0: none */
	__u8 refused_addr[16];	/* of reset_sent_ns: what the SYN was sent to by then (NAT) */
	__u16 refused_port;
	__u16 reserved2;
	__u32 reserved3;
	__u64 idle_ns;		/* nothing had come from the peer for that long; 0: not known */
	__u64 backlog_reset_ns;	/* a listener of this host with a full queue reset it */
	__u32 queue_depth;	/* of backlog_reset_ns */
	__u32 queue_limit;
	__u64 repeat_id;	/* of the rec_repeats that may follow; 0: none will */
};

#define CALL_PORT_SEARCH_FAILED 1u /* SYN_SENT was entered and left inside connect() */
#define CALL_ROUTE_FACT 2u         /* the route_* members are valid */
#define CALL_HAS_SOCKET 4u         /* protocol and netns were read from the socket */
#define CALL_PORT_BOUND 8u         /* the application had bound the local port itself */
#define CALL_MAY_BIND_LOW 16u      /* the caller has CAP_NET_BIND_SERVICE */
#define CALL_IN_LOOKUP 32u         /* the thread was in getaddrinfo() or its kin */
#define CALL_LOOKUPS_WATCHED 64u   /* without CALL_IN_LOOKUP: it was not */
#define CALL_PORT_SEARCH_RAW 128u  /* HOOK_SET_STATE_RAW saw CALL_PORT_SEARCH_FAILED */

/* connect(), bind() or listen() returned an error. */
struct rec_call_return {
	struct rec_hdr hdr;
	struct rec_who who;
	struct rec_flow flow;	/* bind, listen: saddr and sport are what was asked for */
	__u64 inode;
	__s32 ret;		/* negative errno */
	__u32 flags;		/* CALL_* */
	__u32 route_table;
	__s32 route_err;	/* what the look-up returned, negative errno */
	__u16 route_hook;	/* enum hook_id */
	__u8 route_type;	/* RTN_* where the kernel told, else 0 */
	__u8 reuse;		/* listen, bind: SO_REUSEADDR set */
	__u32 reserved;
	__u64 repeat_id;	/* as in rec_tcp_end */
};

/* An ICMP error reached a UDP socket. */
struct rec_udp_error {
	struct rec_hdr hdr;
	struct rec_who who;
	struct rec_flow flow;
	__u64 inode;
	__s32 err;		/* positive errno */
	__u32 in_lookup;	/* connected by a thread in getaddrinfo() or its kin */
	__u64 icmp_sent_ns;	/* this host itself sent the ICMP error; 0: not seen to */
	__u64 repeat_id;	/* as in rec_tcp_end */
};

struct rec_neigh_failed {
	struct rec_hdr hdr;
	__u8 addr[16];
	__u8 family;		/* 4, 6 */
	__u8 state;		/* NUD_* */
	__u16 reserved;
	__u32 probes;
	__u32 netns;
	__u32 ifindex;
	char ifname[EVENTS_IFNAME_LEN];
};

/* This host answered a segment that belongs to no socket with a reset. */
struct rec_reset_sent {
	struct rec_hdr hdr;
	struct rec_flow flow;	/* of the segment that came in: saddr is the sender's */
	__s32 reason;		/* enum sk_rst_reason, -1 when the kernel has none */
	__u8 syn;		/* the segment was a bare SYN: somebody tried to connect */
	__u8 reserved[3];
	__u32 isn;		/* its sequence number: the caller's own record has the same */
	__u32 reserved2;
	__u64 repeat_id;	/* as in rec_tcp_end */
};

/* An ICMP destination unreachable (either family) that was delivered on this host. */
struct rec_icmp_received {
	struct rec_hdr hdr;
	struct rec_flow flow;	/* of the packet it is about: saddr is this host's */
	__u8 sender[16];
	__u8 type;		/* ICMP or ICMPv6, by flow.family */
	__u8 code;
	__u8 reserved[6];
};

#define QUEUE_ACCEPT 1u		/* complete connections that wait for accept() */
#define QUEUE_SYN 2u		/* half-open connections */

/* A queue of a listener was full and connection requests were dropped. */
struct rec_queue_full {
	struct rec_hdr hdr;
	struct rec_flow flow;	/* saddr, sport: the listener's; sport 0: not found */
	struct rec_who who;	/* the listener's, pid 0: not known */
	__u64 inode;
	__u64 count;		/* requests since the last such record */
	__u32 depth;
	__u32 limit;
	__u32 queue;		/* QUEUE_* */
	__u32 reserved;
};

enum tls_library {
	TLS_OPENSSL = 1,
	TLS_GNUTLS = 2,
};

/* How the connection of a session was found. */
enum tls_connection {
	TLS_NO_CONNECTION,
	TLS_BY_DESCRIPTOR,	/* the library was given its descriptor */
	TLS_THE_ONLY_ONE,	/* the process had no other that it had opened */
	TLS_THE_NEWEST,		/* the process had several */
};

#define TLS_NAME_LEN 256
#define TLS_BY_APPLICATION 1u	/* by the application's own check, after the handshake */
#define TLS_CLOSED_UNSENT 2u	/* it then ended the session and had sent nothing more */
#define TLS_SELF_ISSUED 4u	/* the certificate's subject and issuer are the same */
#define TLS_UNDECIDED 8u	/* a hint: the application ended a session that it may not like */

/* A client did not accept the server's certificate. */
struct rec_tls_failed {
	struct rec_hdr hdr;
	struct rec_who who;
	struct rec_flow flow;	/* zero but for netns when the connection is not known */
	__u64 started_ns;	/* of the connection, see rec_tcp_end */
	__u64 established_ns;
	__u64 inode;
	__u32 code;		/* OpenSSL: X509_V_ERR_*; GnuTLS: GNUTLS_CERT_* bits */
	__u8 library;		/* enum tls_library */
	__u8 connection;	/* enum tls_connection */
	__u8 flags;		/* TLS_* */
	__u8 reserved;
	char server_name[TLS_NAME_LEN]; /* asked for by the client (RFC 6066), "" for none */
};

/* Header and question of a message (RFC 1035 section 4.1): no name is longer than 255 bytes. */
#define DNS_BYTES 288

/* A name server's answer as it reached a socket: one that gave nothing, or came after such. */
struct rec_dns_answer {
	struct rec_hdr hdr;
	struct rec_who who;	/* pid 0: not known */
	struct rec_flow flow;	/* daddr, dport: the name server's */
	__u64 inode;
	__u16 rcode;		/* RFC 1035 section 4.1.1 */
	__u16 answers;		/* records in the answer section */
	__u16 length;		/* of data that is valid */
	__u8 in_lookup;		/* connected by a thread in getaddrinfo() or its kin */
	__u8 reserved;
	__u8 data[DNS_BYTES];
};

#define NAME_LEN 256

/* getaddrinfo() failed, or gethostbyname() of any kind: its error as the former has it. */
struct rec_name_lookup {
	struct rec_hdr hdr;
	struct rec_who who;
	__u64 started_ns;
	__s32 error;		/* EAI_* (netdb.h), the same in glibc and musl */
	__u32 netns;
	__u16 family;		/* AF_* that was asked for, 0: any */
	__u16 reserved[3];
	char name[NAME_LEN];	/* as the caller gave it */
};

#define SSH_SERVER 1u		/* told by sshd, else by ssh */
#define SSH_PASSWORD_TRIED 2u	/* ssh asked for something else than a key */
#define SSH_PROMPTS_SEEN 4u	/* without the bit before, that proves nothing */
#define SSH_KEY_FAILED 8u	/* sshd wrote that it refused a key */

#define SSH_NAME_LEN 64
#define SSH_HOST_LEN 256
#define SSH_METHODS_LEN 128

/* A login by ssh that was refused. */
struct rec_ssh_denied {
	struct rec_hdr hdr;
	struct rec_who who;
	struct rec_flow flow;	/* zero when the process has no TCP connection: a proxy's pipe */
	__u32 flags;		/* SSH_* */
	__u32 reserved;
	char user[SSH_NAME_LEN];	/* ssh: who wanted to log in; cut when longer */
	char host[SSH_HOST_LEN];	/* ssh: where, as it was asked for */
	char methods[SSH_METHODS_LEN];	/* ssh: what the server would still accept */
};

/* A program called ssh or sshd started. */
struct rec_ssh_started {
	struct rec_hdr hdr;
	__u32 pid;
	__u32 reserved;
};

enum lost_stage {
	LOST_RING,		/* ring buffer full: a record is missing */
	LOST_TABLE,		/* table full: an operation went on without its process */
	LOST_OUTPUT,		/* nobody read: user space dropped the record */
	LOST_TREE,		/* table full: a process, and its own, were not followed */
	LOST_STAGES
};

struct rec_signal {
	struct rec_hdr hdr;
	char name[32];
	char hook[64];
	char reason[96];
};

struct rec_lost {
	struct rec_hdr hdr;
	__u32 stage;		/* enum lost_stage */
	__u32 reserved;
	__u64 count;
};

/*
 * Failures in a flood that were counted and not told one by one: the same
 * process, addresses and facts as the last record with that repeat_id, but for
 * what is said to differ.
 */
struct rec_repeats {
	struct rec_hdr hdr;	/* ts_ns: the last of them */
	__u64 repeat_id;
	__u64 count;
	__u32 many_ports;	/* not all were about the same port */
	__u32 many_addresses;	/* nor with the same other end; 0 in older recordings, too */
};

/* Successful TCP connects to one destination. */
struct rec_destination {
	struct rec_hdr hdr;
	__u8 daddr[16];
	__u16 dport;
	__u16 reserved;
	__u32 netns;
	__u64 successes;
};

/*
 * Once, after all rec_destination: how often the kernel's table forgot one for another,
 * 0 included. One that came back may have been forgotten again.
 */
struct rec_destinations_evicted {
	struct rec_hdr hdr;
	__u64 count;
};

/* Whose file a socket is; pid 0: nobody's any more. */
struct rec_owner {
	struct rec_hdr hdr;
	__u64 inode;
	struct rec_who who;
};

/* Who holds a local port; state 0: nobody found. */
struct rec_holder {
	struct rec_hdr hdr;
	__u8 addr[16];		/* what was asked for */
	__u16 port;
	__u8 protocol;
	__u8 v6_socket;
	__u32 netns;
	__u64 not_inode;	/* the asker's own socket */
	struct rec_who who;	/* the holder */
	struct rec_flow flow;	/* the holder's socket */
	__u16 hook;
	__u8 state;		/* TCP_* state, TIME_WAIT included */
	__u8 takes;		/* REC_LISTENER: by now it would take what was asked for */
	__u8 reserved[4];
	__u64 started_ns;	/* the holder's process, CLOCK_MONOTONIC; 0: not known */
};

struct rec_process {
	struct rec_hdr hdr;
	__u32 pid;
	__u32 reserved;
	__u64 cgroup_id;
	char executable[256];
	char cgroup[256];
};

struct rec_limits {
	struct rec_hdr hdr;
	__u32 netns;
	__u16 port_low;		/* 0: could not be read */
	__u16 port_high;
	__u32 unprivileged_port_start;
	__u32 time_wait;	/* sockets in TIME_WAIT in the namespace */
	__u32 somaxconn;
	__u8 syncookies;	/* net.ipv4.tcp_syncookies */
	__u8 reserved[3];
};

/* Sockets that entered TIME_WAIT towards one destination since the last such record. */
struct rec_time_wait {
	struct rec_hdr hdr;
	__u8 saddr[16];
	__u8 daddr[16];
	__u16 dport;
	__u16 reserved;
	__u32 netns;
	__u64 count;
};

/* The way to an address, as the routing and neighbour tables have it; ifindex 0: no way. */
struct rec_next_hop {
	struct rec_hdr hdr;
	__u8 daddr[16];		/* what was asked for */
	__u32 netns;
	__u32 ifindex;
	__u8 addr[16];		/* the gateway, or daddr itself when it is on the link */
	char ifname[EVENTS_IFNAME_LEN];
	__u16 neigh_state;	/* NUD_*, 0: no entry */
	__u8 has_neigh;		/* the neighbour table has an entry for addr */
	__u8 reserved[5];
};

#define DOWN_LINK_COVERS 1u	/* an address of it has a prefix that covers daddr */
#define DOWN_LINK_NO_CARRIER 2u	/* up, but without carrier; else administratively down */

/* An interface that is down and would lead to an address; ifindex 0: there is none. */
struct rec_down_link {
	struct rec_hdr hdr;
	__u8 daddr[16];		/* what was asked for */
	__u32 netns;
	__u32 ifindex;
	char ifname[EVENTS_IFNAME_LEN];
	__u32 flags;		/* DOWN_LINK_* */
	__u32 reserved;
};

#define ADDRESS_PRESENT 1u	/* the namespace has it */
#define ADDRESS_TENTATIVE 2u	/* duplicate address detection has not ended, or failed */

/* Whether an address is one of the namespace; flags 0: it is not. */
struct rec_address {
	struct rec_hdr hdr;
	__u8 addr[16];		/* what was asked for */
	__u32 netns;
	__u32 flags;		/* ADDRESS_* */
};

/* The accept queue of the listener that takes connections to an address; limit 0: none found. */
struct rec_queue {
	struct rec_hdr hdr;
	__u8 addr[16];		/* what was asked for */
	__u16 port;
	__u16 reserved;
	__u32 netns;
	__u32 depth;
	__u32 limit;
	struct rec_flow flow;	/* the listener's socket */
	struct rec_who who;
};

/* The name that a process looked up before it connected to an address; "": none. */
struct rec_domain {
	struct rec_hdr hdr;
	__u8 addr[16];		/* what was asked for */
	__u32 pid;
	__u32 reserved;
	char name[NAME_LEN];
	__u64 looked_up_ns;	/* when the look-up that gave it ended */
	__u64 other_ns;		/* when one for another name last gave the same; 0: none did */
};

/* Whether a process is a name server itself, which asks others for its clients. */
struct rec_name_server {
	struct rec_hdr hdr;
	__u32 pid;		/* what was asked for */
	__u32 netns;
	__u32 serves;
	__u32 reserved;
};

#define SPACE_OWN 1u		/* it is connwatch's */
#define SPACE_NAME_LEN 64

/* How to get into a network namespace that a failure happened in. */
struct rec_space {
	struct rec_hdr hdr;
	__u32 netns;		/* what was asked for */
	__u32 pid;		/* a process that lives there; 0: none found */
	__u32 flags;		/* SPACE_* */
	__u32 reserved;
	char name[SPACE_NAME_LEN];	/* in /run/netns; "": none */
};

struct rec_end {
	struct rec_hdr hdr;
};

#define EVENTS_FILE_MAGIC "connwat"	/* eight bytes with the NUL */
#define EVENTS_FILE_VERSION 1

struct events_file_header {
	char magic[8];
	__u32 version;
	__u32 header_size;
	__u64 wall_offset_ns;	/* CLOCK_REALTIME - CLOCK_MONOTONIC when recording began */
	__u64 start_ns;		/* CLOCK_MONOTONIC when every hook was armed */
	char kernel[64];
	char connwatch[32];
};

/* A socket's file, as the socket iterator reports it. */
struct socket_row {
	__u64 sk;
	__u64 inode;
	struct rec_who who;
	struct rec_flow flow;	/* ifindex: the device it is bound to */
	__u8 state;
	__u8 v6only;
	__u8 reserved[6];
	__u32 depth;		/* of a listener: its accept queue */
	__u32 limit;
	__u32 half_open;	/* requests in its SYN queue */
	__u32 drops;		/* requests that it dropped, ever: most for a full queue */
	__u64 started_ns;	/* the process that has it */
};

#endif
