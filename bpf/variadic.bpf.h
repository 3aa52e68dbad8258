/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the arguments of a user-space function of the printf family that takes a va_list. */
#ifndef CONNWATCH_VARIADIC_BPF_H
#define CONNWATCH_VARIADIC_BPF_H

#include "bpf/core.bpf.h"

/* The n-th argument of a va_list whose arguments are all pointers or smaller. */
#if defined(__TARGET_ARCH_x86)
/* System V ABI for AMD64, 3.2.3 and 3.5.7 */
#define CALL_PARM6(ctx) ((ctx)->r9)

static __always_inline u64 va_argument(u64 list, u32 n)
{
	struct {
		u32 gp_offset, fp_offset;
		u64 overflow, saved;
	} va;
	u64 at, value = 0;
	u32 left;

	if (bpf_probe_read_user(&va, sizeof(va), (void *)list))
		return 0;
	left = va.gp_offset < 48 ? (48 - va.gp_offset) / 8 : 0;
	at = n < left ? va.saved + va.gp_offset + n * 8 : va.overflow + (n - left) * 8;
	bpf_probe_read_user(&value, sizeof(value), (void *)at);
	return value;
}
#elif defined(__TARGET_ARCH_arm64)
/* Procedure Call Standard for the Arm 64-bit Architecture, 6.8 and appendix B */
#define CALL_PARM6(ctx) (((const struct user_pt_regs *)(ctx))->regs[5])

static __always_inline u64 va_argument(u64 list, u32 n)
{
	struct {
		u64 stack, gr_top, vr_top;
		s32 gr_offs, vr_offs;
	} va;
	u64 at, value = 0;
	u32 left;

	if (bpf_probe_read_user(&va, sizeof(va), (void *)list))
		return 0;
	left = va.gr_offs < 0 ? (u32)-va.gr_offs / 8 : 0;
	at = n < left ? va.gr_top + va.gr_offs + n * 8 : va.stack + (n - left) * 8;
	bpf_probe_read_user(&value, sizeof(value), (void *)at);
	return value;
}
#else
#define CALL_PARM6(ctx) 0

static __always_inline u64 va_argument(u64 list, u32 n)
{
	return 0;
}
#endif

/* The n-th argument, a string; false: it could not be read. */
static __always_inline bool va_read_string(u64 list, u32 n, void *to, u32 size)
{
	return bpf_probe_read_user_str(to, size, (void *)va_argument(list, n)) > 0;
}

#endif
