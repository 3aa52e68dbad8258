// SPDX-License-Identifier: GPL-2.0-only
/*
 * getaddrinfo() and gethostbyname_r(): what was asked, and what the caller was
 * told. Two probes may sit on one function (see user/kernel/uprobes.h), so each
 * step may be taken twice: the one that finds the entry takes it away.
 */
#include "bpf/lookup.bpf.h"
#include "bpf/variadic.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LOOKUPS_MAX);
	__type(key, u64);
	__type(value, struct lookup);
} lookups SEC(".maps");

/* A look-up that takes longer never came back: its thread was ended, or jumped out of it. */
#define LOOKUP_MAX_NS 120000000000ULL

static __always_inline struct lookup *lookup_find(void)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct lookup *lookup = bpf_map_lookup_elem(&lookups, &thread);

	if (!lookup || bpf_ktime_get_ns() - lookup->started_ns > LOOKUP_MAX_NS)
		return NULL;
	return lookup;
}

__hidden bool thread_in_lookup(void)
{
	return lookup_find() != NULL;
}

/* As long as any IPv4 address and its NUL; in one of IPv6 a colon comes sooner. */
#define ADDRESS_CHARS 16

/* 1 for true, of numbers below 1 << 31. Every branch costs the verifier its time. */
#define IS_LESS(a, b) (((a) - (b)) >> 31)
#define IS_ZERO(a) IS_LESS(a, 1)

/* Whether a string is an address is a question, and no look-up: nobody is asked. */
static __always_inline bool is_address(const char *name)
{
	u32 ended = 0, colons = 0, others = 0;

	for (int i = 0; i < ADDRESS_CHARS; i++) {
		u32 c = (u8)name[i];

		barrier_var(c);
		ended |= IS_ZERO(c);
		colons |= (ended ^ 1) & IS_ZERO(c ^ ':');
		others |= (ended ^ 1) & (IS_LESS(c, '0') | IS_LESS('9', c)) & ~IS_ZERO(c ^ '.');
	}
	return colons | (ended & ~others);
}

static __always_inline bool name_read(struct lookup *lookup)
{
	return bpf_probe_read_user_str(lookup->name, sizeof(lookup->name),
				       (void *)lookup->user_name) > 0;
}

/*
 * A name in a page that nobody has touched yet, as literals are, cannot be read
 * before the function itself has: then it is, when the function returns.
 */
static __always_inline int lookup_begin(struct lookup *lookup)
{
	u64 thread = bpf_get_current_pid_tgid();

	lookup->started_ns = bpf_ktime_get_ns();
	if (!lookup->user_name || (name_read(lookup) && is_address(lookup->name)))
		return 0;
	bpf_map_update_elem(&lookups, &thread, lookup, BPF_ANY);
	return 0;
}

#define AI_NUMERICHOST 4 /* netdb.h, both */

SEC("?uprobe/libc")
int BPF_KPROBE(name_lookup__uprobe__call, const char *name, const char *service, void *hints,
	       void *result)
{
	struct lookup lookup = { .user_name = (u64)name, .result = (u64)result };
	s32 flags_and_family[2] = {};

	if (hints && !bpf_probe_read_user(flags_and_family, sizeof(flags_and_family), hints) &&
	    (flags_and_family[0] & AI_NUMERICHOST))
		return 0;
	lookup.family = flags_and_family[1];
	return lookup_begin(&lookup);
}

/* Older glibc's getaddrinfo() calls these for IPv4 alone: then they are no look-up of their own. */
static __always_inline int host_begin(u64 name, u32 family, u64 result)
{
	struct lookup lookup = {
		.user_name = name, .result = result, .family = family, .function = GETHOSTBYNAME,
	};
	const struct lookup *outer = lookup_find();

	return outer && outer->function == GETADDRINFO ? 0 : lookup_begin(&lookup);
}

/* What gethostbyname() of every kind is made of. */
SEC("?uprobe/libc")
int BPF_KPROBE(name_lookup__uprobe__host_call, u64 name, u64 host, u64 buffer, u64 size, u64 result)
{
	return host_begin(name, AF_INET, result);
}

SEC("?uprobe/libc")
int BPF_KPROBE(name_lookup__uprobe__host2_call, u64 name, u32 family)
{
	return host_begin(name, family, CALL_PARM6(ctx));
}

static __always_inline void lookup_failed(const struct lookup *lookup, int error)
{
	struct rec_name_lookup *rec;
	struct rec_flow flow = {};
	struct rec_who who = {};
	struct task_struct *task = (void *)bpf_get_current_task();

	who_fill(&who);
	flow.netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	/* A look-up has no port that a filter could ask for. */
	if (config.port_count || !filter_passes(&who, &flow))
		return;
	rec = rec_begin(struct rec_name_lookup, REC_NAME_LOOKUP,
			lookup->function == GETADDRINFO ? HOOK_GETADDRINFO : HOOK_GETHOSTBYNAME);
	if (!rec)
		return;
	rec->who = who;
	rec->started_ns = lookup->started_ns;
	rec->error = error;
	rec->netns = flow.netns;
	rec->family = lookup->family;
	__builtin_memcpy(rec->name, lookup->name, sizeof(rec->name));
	rec_submit(rec);
}

/* The thread's look-up if the function that returns is the one that began it, its name read. */
static __always_inline struct lookup *lookup_end(u32 function)
{
	struct lookup *lookup = lookup_find();

	return lookup && lookup->function == function ? lookup : NULL;
}

/* Nobody is asked about an empty name either. */
static __always_inline bool has_name(struct lookup *lookup)
{
	return lookup->name[0] ||
	       (name_read(lookup) && lookup->name[0] && !is_address(lookup->name));
}

static __always_inline void lookup_forget(void)
{
	u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&lookups, &thread);
}

SEC("?uprobe/libc")
int BPF_KRETPROBE(name_lookup__uprobe__return, int error)
{
	struct lookup *lookup = lookup_end(GETADDRINFO);

	if (!lookup)
		return 0;
	if (has_name(lookup)) {
		if (error)
			lookup_failed(lookup, error);
		else
			names_from_list(lookup);
	}
	lookup_forget();
	return 0;
}

/* netdb.h: what getaddrinfo() says of the same. */
#define EAI_NONAME (-2)
#define EAI_AGAIN (-3)
#define EAI_FAIL (-4)
#define EAI_NODATA (-5)

/*
 * From what such a function returns (glibc's getXXbyYY_r.c, musl's
 * gethostbyname2_r.c): 0 with nothing found when there is no such name, or no
 * address of that family, else an errno.
 */
static __always_inline int host_error(const struct lookup *lookup, int error)
{
	switch (error) {
	case 0:
		return lookup->family == AF_INET6 ? EAI_NODATA : EAI_NONAME;
	case EAGAIN:
	case ETIMEDOUT:
	case ECONNREFUSED:
		return EAI_AGAIN;
	case EBADMSG:
		return EAI_FAIL;
	default:
		return 0;	/* no room, most often: it is called again */
	}
}

static __always_inline void host_returned(const struct lookup *lookup, int error)
{
	u64 host = 0;

	if (!error)
		bpf_probe_read_user(&host, sizeof(host), (void *)lookup->result);
	if (host) {
		names_from_host(lookup, host);
		return;
	}
	error = host_error(lookup, error);
	if (error)
		lookup_failed(lookup, error);
}

SEC("?uprobe/libc")
int BPF_KRETPROBE(name_lookup__uprobe__host_return, int error)
{
	struct lookup *lookup = lookup_end(GETHOSTBYNAME);

	if (!lookup)
		return 0;
	if (has_name(lookup))
		host_returned(lookup, error);
	lookup_forget();
	return 0;
}
