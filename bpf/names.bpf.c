// SPDX-License-Identifier: GPL-2.0-only
/* Which address a process was given for which name. */
#include "bpf/lookup.bpf.h"

/* What look-ups gave: asked for when a connect to such an address fails. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NAMES_MAX);
	__type(key, struct name_key);
	__type(value, struct name_value);
} names SEC(".maps");

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

/* Both zero-padded. */
static __always_inline bool names_equal(const struct name_value *a, const struct name_value *b)
{
	const u64 *x = (const u64 *)a->name, *y = (const u64 *)b->name;
	u64 differ = 0;

	_Pragma("unroll") for (u32 i = 0; i < sizeof(a->name) / sizeof(u64); i++)
		differ |= x[i] ^ y[i];
	return !differ;
}

static __always_inline void name_remember(const struct name_key *key, struct name_value *value)
{
	struct name_value *before = bpf_map_lookup_elem(&names, key);

	value->other_ns = !before			? 0 :
			  names_equal(before, value) ? before->other_ns :
						       before->looked_up_ns;
	bpf_map_update_elem(&names, key, value, BPF_ANY);
}

/* False: longer than there is room for. */
static __always_inline bool value_begin(struct name_value *value, const struct lookup *lookup)
{
	value->looked_up_ns = bpf_ktime_get_ns();
	return bpf_probe_read_kernel_str(value->name, sizeof(value->name), lookup->name) <
	       (long)sizeof(value->name);
}

__hidden int names_from_list(const struct lookup *lookup)
{
	struct name_key key = { .tgid = bpf_get_current_pid_tgid() >> 32 };
	struct user_addrinfo info = {};
	struct name_value value = {};
	u64 at = 0;

	if (!value_begin(&value, lookup) ||
	    bpf_probe_read_user(&at, sizeof(at), (void *)lookup->result))
		return 0;
	for (int i = 0; i < RESULTS_MAX; i++) {
		if (!at || bpf_probe_read_user(&info, sizeof(info), (void *)at))
			return 0;
		if (address_read(key.addr, &info))
			name_remember(&key, &value);
		at = info.next;
	}
	return 0;
}

/* netdb.h: the same, and as much ABI. */
struct user_hostent {
	u64 name, aliases;
	s32 family, length;
	u64 addresses;
};

static __always_inline bool host_address_read(u8 *addr, u32 family, u64 from)
{
	if (family == AF_INET6)
		return !bpf_probe_read_user(addr, 16, (void *)from);
	__builtin_memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	return !bpf_probe_read_user(addr + 12, 4, (void *)from);
}

__hidden int names_from_host(const struct lookup *lookup, u64 at)
{
	struct name_key key = { .tgid = bpf_get_current_pid_tgid() >> 32 };
	struct user_hostent host = {};
	struct name_value value = {};

	if (!value_begin(&value, lookup) ||
	    bpf_probe_read_user(&host, sizeof(host), (void *)at))
		return 0;
	for (int i = 0; i < RESULTS_MAX; i++) {
		u64 from = 0;

		if (bpf_probe_read_user(&from, sizeof(from), (void *)host.addresses + i * 8) ||
		    !from || !host_address_read(key.addr, host.family, from))
			return 0;
		name_remember(&key, &value);
	}
	return 0;
}
