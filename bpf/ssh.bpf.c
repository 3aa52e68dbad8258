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
#include "bpf/ssh_text.bpf.h"

enum { FORMAT_SIZE = 64, FDS_MIN = 3, FDS_MAX = 10 };

#define SSH_FORMAT_TEXT(id, text) [SSH_FORMAT_##id] = text,
static const char formats[SSH_FORMATS][FORMAT_SIZE] = { SSH_FORMAT_LIST(SSH_FORMAT_TEXT) };

/* Where a file has a format, counted from where it has its stub: filled by ssh_watch.c. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SSH_DISTANCES_MAX);
	__type(key, s64);
	__type(value, u32);
} ssh_distances SEC(".maps");

struct login_key {
	u64 started_ns;		/* a pid comes back */
	u64 pid;
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

static __always_inline u32 format_id(struct pt_regs *ctx, u64 format, u32 first, u32 last)
{
	u64 text[FORMAT_SIZE / 8] = {};
	s64 distance = format - PT_REGS_IP(ctx);
	u32 *known, id = SSH_FORMAT_NONE;

	if (bpf_probe_read_user_str(text, sizeof(text), (void *)format) > 0) {
		for (u32 i = first; i <= last; i++)
			if (words_are(text, (const u64 *)formats[i], FORMAT_SIZE / 8))
				id = i;
		return id;
	}
	/* Its page was never touched in this process, and no page can be fetched from here. */
	known = bpf_map_lookup_elem(&ssh_distances, &distance);
	return known ? *known : id;
}

/*
 * The connection of this process, a struct sock's address or 0: ssh and sshd
 * close what they inherited beyond stderr. Global, so that the verifier looks
 * at it once and not once for every way there.
 */
__noinline u64 ssh_connection(void)
{
	for (int fd = FDS_MIN; fd < FDS_MAX; fd++) {
		short type = 0;
		struct sock *sk = call_socket(fd, &type);
		u8 state;

		if (!sk || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
			continue;
		state = BPF_CORE_READ(sk, __sk_common.skc_state);
		if (state != TCP_LISTEN && BPF_CORE_READ(sk, __sk_common.skc_dport))
			return (u64)sk;
	}
	return 0;
}

static __always_inline struct rec_ssh_denied *denied_begin(u16 hook)
{
	struct rec_ssh_denied *rec;
	struct rec_flow flow = {};
	struct rec_who who = {};
	struct sock *sk = (struct sock *)ssh_connection();

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

/* The flags of the record that this message asks for; *@hook says whose it is, 0: none. */
static __always_inline u32 message_taken(u32 id, u64 args, u32 *state, u16 *hook)
{
	switch (id) {
	case SSH_FORMAT_DENIED:
		*hook = HOOK_SSH_CLIENT;
		return (*state & LOGIN_PASSWORD ? SSH_PASSWORD_TRIED : 0) |
		       (*state & LOGIN_PROMPTS ? SSH_PROMPTS_SEEN : 0);
	case SSH_FORMAT_LOGIN:
		*state |= login_failed(args);
		return 0;
	case SSH_FORMAT_PREAUTH:
	case SSH_FORMAT_PREAUTH_9_8:
		if (!(*state & (LOGIN_KEY_NAMED | LOGIN_KEY_FAILED)) ||
		    *state & LOGIN_PASSWORD || !login_ended(args))
			return 0;
		*hook = HOOK_SSH_SERVER;
		return SSH_SERVER | (*state & LOGIN_KEY_FAILED ? SSH_KEY_FAILED : 0);
	default:
		*state |= LOGIN_PASSWORD;
		return 0;
	}
}

/*
 * Two files may be one to the kernel (an overlay's), so a call may be met twice:
 * every step but the record can be taken again, and the record is told once.
 */
static __always_inline int message(struct pt_regs *ctx, u64 format, u64 args)
{
	u32 id = format_id(ctx, format, SSH_FORMAT_DENIED, SSH_FORMAT_PAM_ERROR);
	u32 flags, *state = id ? login_state() : NULL;
	struct rec_ssh_denied *rec;
	u16 hook = 0;

	if (!state || *state & LOGIN_TOLD)
		return 0;
	flags = message_taken(id, args, state, &hook);
	if (!hook)
		return 0;
	*state |= LOGIN_TOLD;
	rec = denied_begin(hook);
	if (!rec)
		return 0;
	rec->flags = flags;
	if (!(flags & SSH_SERVER)) {
		va_read_string(args, 0, rec->user, sizeof(rec->user));
		va_read_string(args, 1, rec->host, sizeof(rec->host));
		va_read_string(args, 2, rec->methods, sizeof(rec->methods));
	}
	rec_submit(rec);
	return 0;
}

/* A prompt of ssh's, or sshd naming a key. @prompts: every prompt of this file is met here. */
static __always_inline int made(struct pt_regs *ctx, u64 format, bool prompts)
{
	u32 id = format_id(ctx, format, SSH_FORMAT_KEY, SSH_FORMAT_QUESTION_PROMPT);
	u32 *state = id || prompts ? login_state() : NULL;

	if (!state)
		return 0;
	if (prompts)
		*state |= LOGIN_PROMPTS;
	if (id == SSH_FORMAT_KEY || id == SSH_FORMAT_CERTIFICATE)
		*state |= LOGIN_KEY_NAMED;
	else if (id)
		*state |= LOGIN_PASSWORD;
	return 0;
}

/* int vsnprintf(char *, size_t, const char *format, va_list) */
SEC("?uprobe/ssh:vsnprintf")
int ssh_denied__uprobe__vsnprintf(struct pt_regs *ctx)
{
	return message(ctx, PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx));
}

/* int __vsnprintf_chk(char *, size_t, int, size_t, const char *format, va_list) */
SEC("?uprobe/ssh:vsnprintf")
int ssh_denied__uprobe__vsnprintf_chk(struct pt_regs *ctx)
{
	return message(ctx, PT_REGS_PARM5(ctx), CALL_PARM6(ctx));
}

/* int vasprintf(char **, const char *format, va_list) */
SEC("?uprobe/ssh:vasprintf")
int ssh_denied__uprobe__vasprintf(struct pt_regs *ctx)
{
	return made(ctx, PT_REGS_PARM2(ctx), false);
}

/* _p: in a file that makes every prompt so. */
SEC("?uprobe/ssh:vasprintf")
int ssh_denied__uprobe__vasprintf_p(struct pt_regs *ctx)
{
	return made(ctx, PT_REGS_PARM2(ctx), true);
}

/* int __vasprintf_chk(char **, int, const char *format, va_list) */
SEC("?uprobe/ssh:vasprintf")
int ssh_denied__uprobe__vasprintf_chk(struct pt_regs *ctx)
{
	return made(ctx, PT_REGS_PARM3(ctx), false);
}

SEC("?uprobe/ssh:vasprintf")
int ssh_denied__uprobe__vasprintf_chk_p(struct pt_regs *ctx)
{
	return made(ctx, PT_REGS_PARM3(ctx), true);
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
	rec_submit(rec);
	return 0;
}
