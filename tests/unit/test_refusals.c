/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel's types tell before a load does: against types made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"
#include "kernel/refusals.h"

static struct connwatch_bpf *skeleton;

static int foresee(const struct btf *types, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(skeleton->obj, name);

	assert_non_null(program);
	return program_foresee(types, program);
}

/* As the kernel describes it: a typedef of a pointer to a function. */
static void add_tracepoint(struct btf *types, const char *name, int arguments)
{
	int proto = btf__add_func_proto(types, 0);
	char typedef_name[64];

	for (int i = 0; i <= arguments; i++)
		assert_int_equal(btf__add_func_param(types, "arg", 0), 0);
	snprintf(typedef_name, sizeof(typedef_name), "btf_trace_%s", name);
	assert_true(btf__add_typedef(types, typedef_name, btf__add_ptr(types, proto)) > 0);
}

static void add_function(struct btf *types, const char *name, int arguments)
{
	int proto = btf__add_func_proto(types, 0);

	for (int i = 0; i < arguments; i++)
		assert_int_equal(btf__add_func_param(types, "arg", 0), 0);
	assert_true(btf__add_func(types, name, BTF_FUNC_GLOBAL, proto) > 0);
}

static void test_tracepoints(void **state)
{
	struct btf *types = btf__new_empty();

	(void)state;
	assert_int_equal(foresee(types, "dns_answer__tp_btf"), -ESRCH);
	add_tracepoint(types, "sk_data_ready", 1);
	assert_int_equal(foresee(types, "dns_answer__tp_btf"), 0);
	/* One argument less than the program reads. */
	add_tracepoint(types, "kfree_skb", 2);
	assert_int_equal(foresee(types, "netfilter_drop__tp_btf"), -EINVAL);
	assert_int_equal(foresee(types, "netfilter_drop__tp_btf_direct"), -EINVAL);
	add_tracepoint(types, "tcp_send_reset", 3);
	assert_int_equal(foresee(types, "tcp_reset_sent__tp_btf"), 0);
	btf__free(types);
}

static void test_functions(void **state)
{
	struct btf *types = btf__new_empty();

	(void)state;
	/* It may be in a module, whose types are elsewhere. */
	assert_int_equal(foresee(types, "bind_return__fexit__v6"), 0);
	assert_int_equal(foresee(types, "bind_return__fexit__lsm_opt"), -ESRCH);
	add_function(types, "security_socket_bind", 3);
	assert_int_equal(foresee(types, "bind_return__fexit__lsm_opt"), 0);
	/* A kprobe needs no types. */
	assert_int_equal(foresee(types, "bind_return__kprobe__lsm_opt"), 0);
	/* Seven arguments: tried, and this id is no function of any kernel. */
	add_function(types, "tcp_v4_syn_recv_sock", 7);
	assert_true(foresee(types, "queue_full__fentry__v4") < 0);
	btf__free(types);
}

static void test_helpers(void **state)
{
	struct btf *types = btf__new_empty();

	(void)state;
	assert_int_equal(foresee(types, "sockets__iter"), -EINVAL);
	assert_int_equal(foresee(types, "sockets__iter_read"), 0);
	assert_true(btf__add_enum(types, "bpf_func_id", 4) > 0);
	assert_int_equal(btf__add_enum_value(types, "BPF_FUNC_sock_from_file", 162), 0);
	assert_int_equal(foresee(types, "sockets__iter"), 0);
	btf__free(types);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tracepoints),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_helpers),
	};
	int failed;

	skeleton = connwatch_bpf__open();
	if (!skeleton)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	connwatch_bpf__destroy(skeleton);
	return failed;
}
