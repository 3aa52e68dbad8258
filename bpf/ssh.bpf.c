// SPDX-License-Identifier: GPL-2.0-only
/*
 * ssh logins that were refused. Nothing in the kernel tells one from a command
 * that ends with 255, so ssh and sshd themselves do: each formats its message
 * from a format that it uses for nothing else. The programs sit on the stubs
 * through which those two files call vsnprintf() and vasprintf(): no other
 * program ever meets them, and ssh calls them for messages and prompts only,
 * never for data. A format is compared as a whole, so no text that a peer or a
 * user chose is ever taken for one; its arguments are read, not the text made
 * of them. At the call and not at its return: before Linux 6.14 the return's
 * system call is one that a process in a seccomp sandbox dies of.
 */
#include "bpf/call.bpf.h"
#include "bpf/variadic.bpf.h"

enum { FORMAT_SIZE = 64, TEXT_SIZE = 32, FDS_MIN = 3, FDS_MAX = 16 };

static const char formats[SSH_FORMATS][FORMAT_SIZE] = {
#define SSH_FORMAT_TEXT(id, text) [SSH_FORMAT_##id] = text,
	SSH_FORMAT_LIST(SSH_FORMAT_TEXT)
#undef SSH_FORMAT_TEXT
};

/* Where a file has its formats, from where it has its stub: see struct ssh_distance. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SSH_DISTANCES_MAX);
	__type(key, s64);
	__type(value, u32);
} ssh_distances SEC(".maps");

struct login_key {
	u64 started_ns;		/* a pid comes back */
	u32 pid;
	u32 reserved;
};

enum {
	LOGIN_TOLD = 1,
	LOGIN_KEY_NAMED = 2,	/* sshd named a key in a message about a refusal */
	LOGIN_KEY_FAILED = 4,	/* sshd wrote "Failed publickey" */
	LOGIN_PASSWORD = 8,	/* something else than keys was tried, or asked for */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SSH_LOGINS_MAX);
	__type(key, struct login_key);
	__type(value, u32);
} ssh_logins SEC(".maps");

static __always_inline u32 *login_state(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct login_key key = {
		.pid = bpf_get_current_pid_tgid() >> 32,
		.started_ns = BPF_CORE_READ(task, start_time),
	};
	u32 none = 0, *state = bpf_map_lookup_elem(&ssh_logins, &key);

	if (state)
		return state;
	bpf_map_update_elem(&ssh_logins, &key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&ssh_logins, &key);
}

/* Both zero-padded, compared as words. */
static __always_inline bool format_is(const u64 *text, u32 id)
{
	const u64 *format = (const u64 *)formats[id];

	for (int i = 0; i < FORMAT_SIZE / 8; i++)
		if (text[i] != format[i])
			return false;
	return true;
}

static __always_inline u32 format_id(struct pt_regs *ctx, u64 format)
{
	u64 text[FORMAT_SIZE / 8] = {};
	s64 distance = format - PT_REGS_IP(ctx);
	u32 *id;

	if (bpf_probe_read_user_str(text, sizeof(text), (void *)format) > 0) {
		for (u32 i = 1; i < SSH_FORMATS; i++)
			if (format_is(text, i))
				return i;
		return SSH_FORMAT_NONE;
	}
	/* Its page was never touched in this process, and no page can be fetched from here. */
	id = bpf_map_lookup_elem(&ssh_distances, &distance);
	return id ? *id : SSH_FORMAT_NONE;
}

/* The connection of this process: ssh and sshd close what they inherited beyond stderr. */
static __always_inline struct sock *connection(void)
{
	for (int fd = FDS_MIN; fd < FDS_MAX; fd++) {
		short type = 0;
		struct sock *sk = call_socket(fd, &type);
		u8 state;

		if (!sk || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
			continue;
		state = BPF_CORE_READ(sk, __sk_common.skc_state);
		if (state != TCP_LISTEN && BPF_CORE_READ(sk, __sk_common.skc_dport))
			return sk;
	}
	return NULL;
}

static __always_inline struct rec_ssh_denied *denied_begin(u16 hook)
{
	struct rec_ssh_denied *rec;
	struct rec_flow flow = {};
	struct rec_who who = {};
	struct sock *sk = connection();

	who_fill(&who);
	if (sk) {
		flow_probe(&flow, sk);
		flow_probe_device(&flow, sk);
	}
	if (!filter_passes(&who, &flow))
		return NULL;
	rec = rec_begin(struct rec_ssh_denied, REC_SSH_DENIED, hook);
	if (!rec)
		return NULL;
	rec->who = who;
	rec->flow = flow;
	return rec;
}

static __always_inline void client_denied(u64 args, u32 state, bool prompts_seen)
{
	struct rec_ssh_denied *rec = denied_begin(HOOK_SSH_CLIENT);

	if (!rec)
		return;
	bpf_probe_read_user_str(rec->user, sizeof(rec->user), (void *)va_argument(args, 0));
	bpf_probe_read_user_str(rec->host, sizeof(rec->host), (void *)va_argument(args, 1));
	bpf_probe_read_user_str(rec->methods, sizeof(rec->methods), (void *)va_argument(args, 2));
	if (state & LOGIN_PASSWORD)
		rec->flags |= SSH_PASSWORD_TRIED;
	if (prompts_seen)
		rec->flags |= SSH_PROMPTS_SEEN;
	bpf_ringbuf_submit(rec, 0);
}

static __always_inline bool text_begins(const char *text, const char *with, u32 size)
{
	for (u32 i = 0; i < size; i++)
		if (text[i] != with[i])
			return false;
	return true;
}

#define TEXT_BEGINS(text, with) text_begins(text, with, sizeof(with) - 1)
#define TEXT_IS(text, with) text_begins(text, with, sizeof(with))

/* What the monitor writes of each method that failed: "Failed", the method. */
static __always_inline u32 login_failed(u64 args)
{
	char outcome[TEXT_SIZE] = {}, method[TEXT_SIZE] = {};

	if (bpf_probe_read_user_str(outcome, sizeof(outcome), (void *)va_argument(args, 0)) <= 0 ||
	    bpf_probe_read_user_str(method, sizeof(method), (void *)va_argument(args, 1)) <= 0)
		return 0;
	if (!TEXT_IS(outcome, "Failed") || TEXT_IS(method, "none"))
		return 0;
	return TEXT_IS(method, "publickey") ? LOGIN_KEY_FAILED : LOGIN_PASSWORD;
}

/* The end of a connection that did not log in, as the monitor repeats it for its child. */
static __always_inline void server_message(u64 args, u32 *state)
{
	char text[TEXT_SIZE + 32] = {};
	struct rec_ssh_denied *rec;

	if (bpf_probe_read_user_str(text, sizeof(text), (void *)va_argument(args, 0)) <= 0)
		return;
	if (!TEXT_BEGINS(text, "Connection closed by authenticating user ") &&
	    !TEXT_BEGINS(text, "Connection closed by invalid user ") &&
	    !TEXT_BEGINS(text, "Connection reset by authenticating user ") &&
	    !TEXT_BEGINS(text, "Connection reset by invalid user ") &&
	    !TEXT_BEGINS(text, "Disconnected from authenticating user ") &&
	    !TEXT_BEGINS(text, "Disconnected from invalid user "))
		return;
	if (!(*state & (LOGIN_KEY_NAMED | LOGIN_KEY_FAILED)) ||
	    *state & (LOGIN_PASSWORD | LOGIN_TOLD))
		return;
	*state |= LOGIN_TOLD;
	rec = denied_begin(HOOK_SSH_SERVER);
	if (!rec)
		return;
	rec->flags = SSH_SERVER | (*state & LOGIN_KEY_FAILED ? SSH_KEY_FAILED : 0);
	bpf_ringbuf_submit(rec, 0);
}

/*
 * Two files may be one to the kernel (an overlay's), so a call may be met twice:
 * every step but the record can be taken again, and the record is told once.
 */
static __always_inline int formatted(struct pt_regs *ctx, u64 format, u64 args, bool prompts_seen)
{
	u32 id = format_id(ctx, format);
	u32 *state = id ? login_state() : NULL;

	if (!state)
		return 0;
	switch (id) {
	case SSH_FORMAT_DENIED:
		if (!(*state & LOGIN_TOLD))
			client_denied(args, *state, prompts_seen);
		*state |= LOGIN_TOLD;
		break;
	case SSH_FORMAT_LOGIN:
		*state |= login_failed(args);
		break;
	case SSH_FORMAT_PREAUTH:
	case SSH_FORMAT_PREAUTH_9_8:
		server_message(args, state);
		break;
	case SSH_FORMAT_KEY:
	case SSH_FORMAT_CERTIFICATE:
		*state |= LOGIN_KEY_NAMED;
		break;
	default: /* the prompts, and what is written of passwords only */
		*state |= LOGIN_PASSWORD;
		break;
	}
	return 0;
}

/* int vsnprintf(char *, size_t, const char *format, va_list) */
SEC("?uprobe/ssh")
int ssh_denied__uprobe__vsnprintf(struct pt_regs *ctx)
{
	return formatted(ctx, PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx), false);
}

/* The same in a file whose every prompt is seen to be made. */
SEC("?uprobe/ssh")
int ssh_denied__uprobe__vsnprintf_p(struct pt_regs *ctx)
{
	return formatted(ctx, PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx), true);
}

/* int __vsnprintf_chk(char *, size_t, int, size_t, const char *format, va_list) */
SEC("?uprobe/ssh")
int ssh_denied__uprobe__vsnprintf_chk(struct pt_regs *ctx)
{
	return formatted(ctx, PT_REGS_PARM5(ctx), CALL_PARM6(ctx), false);
}

SEC("?uprobe/ssh")
int ssh_denied__uprobe__vsnprintf_chk_p(struct pt_regs *ctx)
{
	return formatted(ctx, PT_REGS_PARM5(ctx), CALL_PARM6(ctx), true);
}

/* int vasprintf(char **, const char *format, va_list) */
SEC("?uprobe/ssh")
int ssh_denied__uprobe__vasprintf(struct pt_regs *ctx)
{
	return formatted(ctx, PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx), false);
}

/* int __vasprintf_chk(char **, int, const char *format, va_list) */
SEC("?uprobe/ssh")
int ssh_denied__uprobe__vasprintf_chk(struct pt_regs *ctx)
{
	return formatted(ctx, PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx), false);
}

/* A program of that name started: user space sees whether its file is known. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(ssh_started__tp_btf, struct task_struct *task)
{
	struct rec_ssh_started *rec;

	if (task->comm[0] != 's' || task->comm[1] != 's' || task->comm[2] != 'h' ||
	    (task->comm[3] && task->comm[3] != 'd'))
		return 0;
	rec = rec_begin(struct rec_ssh_started, REC_SSH_STARTED, HOOK_NONE);
	if (!rec)
		return 0;
	rec->pid = task->tgid;
	bpf_ringbuf_submit(rec, 0);
	return 0;
}
