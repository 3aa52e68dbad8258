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

/* An address of either family. Without a branch: this is in loops. */
static __always_inline void addr_from_either(u8 *addr, u32 is_v6, u32 v4, const u32 *v6)
{
	u32 *words = (u32 *)addr, v6_bits = -is_v6;

	barrier_var(v6_bits);
	words[0] = v6[0] & v6_bits;
	words[1] = v6[1] & v6_bits;
	words[2] = (v6[2] & v6_bits) | (bpf_htonl(0xffff) & ~v6_bits);
	words[3] = (v6[3] & v6_bits) | (v4 & ~v6_bits);
}

static __always_inline u32 is_family(u32 family, u32 other)
{
	return is_set(family ^ other) ^ 1;
}

/* False: none of the internet, or unreadable. */
static __always_inline bool address_read(u8 *addr, const struct user_addrinfo *info)
{
	struct {
		u16 family;
		u16 port;
		u32 v4_or_flow;
		u32 v6[4];
	} sa = {};
	u32 is_v6 = is_family(info->family, AF_INET6);

	/* No more than the family needs: what follows may not be mapped. */
	if (!(is_v6 | is_family(info->family, AF_INET)) ||
	    bpf_probe_read_user(&sa, 8 + is_v6 * 16, (void *)info->addr))
		return false;
	addr_from_either(addr, is_v6, sa.v4_or_flow, sa.v6);
	return true;
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

static __always_inline bool host_address_read(u8 *addr, u32 is_v6, u64 from)
{
	u32 read[4] = {};

	if (bpf_probe_read_user(read, 4 + is_v6 * 12, (void *)from))
		return false;
	addr_from_either(addr, is_v6, read[0], read);
	return true;
}

__hidden int names_from_host(const struct lookup *lookup, u64 at)
{
	struct name_key key = { .tgid = bpf_get_current_pid_tgid() >> 32 };
	struct user_hostent host = {};
	struct name_value value = {};
	u32 is_v6;

	if (!value_begin(&value, lookup) ||
	    bpf_probe_read_user(&host, sizeof(host), (void *)at))
		return 0;
	is_v6 = is_family(host.family, AF_INET6);
	for (int i = 0; i < RESULTS_MAX; i++) {
		u64 from = 0;

		if (bpf_probe_read_user(&from, sizeof(from), (void *)host.addresses + i * 8) ||
		    !from || !host_address_read(key.addr, is_v6, from))
			return 0;
		name_remember(&key, &value);
	}
	return 0;
}
