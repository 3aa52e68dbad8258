// SPDX-License-Identifier: GPL-2.0-only
/*
 * getaddrinfo(): what was asked, and what the caller was told. Two probes may
 * sit on one function (see user/kernel/uprobes.h), so each step may be taken
 * twice: the one that finds the entry takes it away.
 */
#include "bpf/core.bpf.h"

/* Processes in getaddrinfo(). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LOOKUPS_MAX);
	__type(key, u32);
	__type(value, u64);
} lookup_processes SEC(".maps");

struct lookup {
	u64 started_ns;
	u64 result;		/* where the caller wants the list */
	u32 family;		/* AF_* asked for */
	u32 reserved;
	char name[NAME_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LOOKUPS_MAX);
	__type(key, u64);
	__type(value, struct lookup);
} lookups SEC(".maps");

/* What look-ups gave: asked for when a connect to such an address fails. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NAMES_MAX);
	__type(key, struct name_key);
	__type(value, struct name_value);
} names SEC(".maps");

/* A look-up that takes longer never came back: its thread was ended. */
#define LOOKUP_MAX_NS 120000000000ULL

__hidden bool process_in_lookup(u32 tgid)
{
	u64 *started = bpf_map_lookup_elem(&lookup_processes, &tgid);

	return started && *started && bpf_ktime_get_ns() - *started < LOOKUP_MAX_NS;
}

static __always_inline void process_set_lookup(u32 tgid, u64 started_ns)
{
	bpf_map_update_elem(&lookup_processes, &tgid, &started_ns, BPF_ANY);
}

#define AI_NUMERICHOST 4 /* netdb.h, both */

SEC("?uprobe/libc")
int BPF_KPROBE(name_lookup__uprobe__call, const char *name, const char *service, void *hints,
	       void *result)
{
	s32 flags_and_family[2] = {};
	struct lookup lookup = { .started_ns = bpf_ktime_get_ns(), .result = (u64)result };
	u64 thread = bpf_get_current_pid_tgid();

	/* Whether a string is an address is a question, and no look-up; nor is one of no name. */
	if (hints && !bpf_probe_read_user(flags_and_family, sizeof(flags_and_family), hints) &&
	    (flags_and_family[0] & AI_NUMERICHOST))
		return 0;
	lookup.family = flags_and_family[1];
	if (!name || bpf_probe_read_user_str(lookup.name, sizeof(lookup.name), name) <= 0)
		return 0;
	bpf_map_update_elem(&lookups, &thread, &lookup, BPF_ANY);
	process_set_lookup(thread >> 32, lookup.started_ns);
	return 0;
}

/* netdb.h, the same in glibc and musl on 64 bits: the layout is ABI. */
struct user_addrinfo {
	s32 flags, family, socktype, protocol;
	u32 addrlen;
	u32 padding;
	u64 addr;
	u64 canonname;
	u64 next;
};

#define RESULTS_MAX 12

static __always_inline bool address_read(u8 *addr, const struct user_addrinfo *info)
{
	struct {
		u16 family;
		u16 port;
		u32 v4_or_flow;
		u8 v6[16];
	} sa = {};

	if (info->family == AF_INET && !bpf_probe_read_user(&sa, 8, (void *)info->addr)) {
		__builtin_memset(addr, 0, 10);
		addr[10] = addr[11] = 0xff;
		__builtin_memcpy(addr + 12, &sa.v4_or_flow, 4);
		return true;
	}
	if (info->family == AF_INET6 &&
	    !bpf_probe_read_user(&sa, sizeof(sa), (void *)info->addr)) {
		__builtin_memcpy(addr, sa.v6, 16);
		return true;
	}
	return false;
}

static __always_inline void results_remember(const struct lookup *lookup, u32 tgid)
{
	struct name_key key = { .tgid = tgid };
	struct user_addrinfo info = {};
	struct name_value value = {};
	u64 at = 0;

	/* As long as the room for names, or a longer one that was cut. */
	if (bpf_probe_read_kernel_str(value.name, sizeof(value.name), lookup->name) >=
	    (long)sizeof(value.name))
		return;
	if (bpf_probe_read_user(&at, sizeof(at), (void *)lookup->result))
		return;
	for (int i = 0; i < RESULTS_MAX; i++) {
		if (!at || bpf_probe_read_user(&info, sizeof(info), (void *)at))
			return;
		if (address_read(key.addr, &info))
			bpf_map_update_elem(&names, &key, &value, BPF_ANY);
		at = info.next;
	}
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
	rec = rec_begin(struct rec_name_lookup, REC_NAME_LOOKUP, HOOK_GETADDRINFO);
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

SEC("?uprobe/libc")
int BPF_KRETPROBE(name_lookup__uprobe__return, int error)
{
	u64 thread = bpf_get_current_pid_tgid();
	struct lookup *lookup = bpf_map_lookup_elem(&lookups, &thread);

	if (!lookup)
		return 0;
	if (error)
		lookup_failed(lookup, error);
	else
		results_remember(lookup, thread >> 32);
	bpf_map_delete_elem(&lookups, &thread);
	process_set_lookup(thread >> 32, 0);
	return 0;
}
