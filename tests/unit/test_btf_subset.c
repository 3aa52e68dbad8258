// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <errno.h>

#include <bpf/btf.h>

#include "kernel/btf_subset.h"

static int kernel_int;

static struct btf *kernel_new(void)
{
	struct btf *kernel = btf__new_empty();

	assert_non_null(kernel);
	kernel_int = btf__add_int(kernel, "int", 4, BTF_INT_SIGNED);
	return kernel;
}

/* An object that asks for something of a struct of that name. */
static struct btf *local_of(const char *name)
{
	struct btf *local = btf__new_empty();

	assert_true(btf__add_struct(local, name, 8) > 0);
	return local;
}

/* What a type says of another by number. */
static void see_parts(const struct btf *btf, const struct btf_type *type)
{
	for (int i = 0; btf_is_composite(type) && i < btf_vlen(type); i++)
		assert_in_range(btf_members(type)[i].type, 0, btf__type_cnt(btf) - 1);
	if (btf_is_array(type)) {
		assert_in_range(btf_array(type)->type, 0, btf__type_cnt(btf) - 1);
		assert_in_range(btf_array(type)->index_type, 0, btf__type_cnt(btf) - 1);
	}
	if (btf_is_mod(type) || btf_is_typedef(type) || btf_is_ptr(type))
		assert_in_range(type->type, 0, btf__type_cnt(btf) - 1);
	assert_false(btf_is_func_proto(type));
}

static struct btf *subset_of(struct btf *kernel, struct btf *local)
{
	struct btf *kept = NULL;

	assert_int_equal(btf_subset(kernel, local, &kept), 0);
	for (uint32_t id = 1; id < btf__type_cnt(kept); id++)
		see_parts(kept, btf__type_by_id(kept, id));
	btf__free(kernel);
	btf__free(local);
	return kept;
}

static const struct btf_type *find(const struct btf *btf, const char *name, uint32_t kind)
{
	int id = btf__find_by_name_kind(btf, name, kind);

	return id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
}

static const struct btf_type *member_type(const struct btf *btf, const struct btf_type *type, int i)
{
	return btf__type_by_id(btf, btf_members(type)[i].type);
}

static void test_what_a_type_is_made_of(void **state)
{
	struct btf *kernel = kernel_new(), *kept;
	int inner, pointee, pointer, array, constant, alias, nameless;
	const struct btf_type *sock;

	(void)state;
	pointee = btf__add_struct(kernel, "net_device", 4096);
	btf__add_field(kernel, "mtu", kernel_int, 0, 0);
	pointer = btf__add_ptr(kernel, pointee);
	inner = btf__add_struct(kernel, "sock_common", 4);
	btf__add_field(kernel, "skc_hash", kernel_int, 0, 0);
	constant = btf__add_const(kernel, inner);
	alias = btf__add_typedef(kernel, "common_t", constant);
	array = btf__add_array(kernel, kernel_int, kernel_int, 4);
	nameless = btf__add_union(kernel, NULL, 4);
	btf__add_field(kernel, "a", kernel_int, 0, 0);
	btf__add_struct(kernel, "sock", 64);
	btf__add_field(kernel, "common", alias, 0, 0);
	btf__add_field(kernel, "dev", pointer, 64, 0);
	btf__add_field(kernel, "tos", array, 128, 0);
	btf__add_field(kernel, NULL, nameless, 256, 0);
	btf__add_field(kernel, "bits", kernel_int, 290, 3);
	btf__add_struct(kernel, "bystander", 8);

	kept = subset_of(kernel, local_of("sock"));
	sock = find(kept, "sock", BTF_KIND_STRUCT);
	assert_non_null(sock);
	assert_int_equal(sock->size, 64);
	assert_int_equal(btf_vlen(sock), 5);
	assert_string_equal(btf__name_by_offset(kept, btf_members(sock)[1].name_off), "dev");
	assert_int_equal(btf_member_bit_offset(sock, 4), 290);
	assert_int_equal(btf_member_bitfield_size(sock, 4), 3);
	assert_int_equal(btf__resolve_size(kept, btf_members(sock)[0].type), 4);
	assert_int_equal(btf__resolve_size(kept, btf_members(sock)[2].type), 16);
	assert_true(btf_is_union(member_type(kept, sock, 3)));
	assert_true(btf_is_ptr(member_type(kept, sock, 1)));
	assert_int_equal(member_type(kept, sock, 1)->type, 0);
	assert_non_null(find(kept, "sock_common", BTF_KIND_STRUCT));
	assert_null(find(kept, "net_device", BTF_KIND_STRUCT));
	assert_null(find(kept, "bystander", BTF_KIND_STRUCT));
	btf__free(kept);
}

/* What stands between a member and what it is. */
static void test_modifiers(void **state)
{
	struct btf *kernel = kernel_new(), *local = local_of("sock"), *kept;
	int inner, modified, function;
	const struct btf_type *sock, *type;

	(void)state;
	for (int i = 0; i < 20; i++)
		btf__add_struct(kernel, "far_from_the_begin", 4);
	inner = btf__add_struct(kernel, "sock_common", 12);
	modified = btf__add_volatile(kernel, inner);
	modified = btf__add_restrict(kernel, modified);
	modified = btf__add_type_tag(kernel, "rcu", modified);
	function = btf__add_func_proto(kernel, kernel_int);
	function = btf__add_typedef(kernel, "function_t", function);
	btf__add_struct(kernel, "sock", 24);
	btf__add_field(kernel, "common", modified, 0, 0);
	btf__add_field(kernel, "function", function, 96, 0);
	btf__add_typedef(kernel, "wanted_t", inner);
	btf__add_union(kernel, "wanted", 16);
	btf__add_typedef(local, "wanted_t", 0);
	btf__add_union(local, "wanted", 16);

	kept = subset_of(kernel, local);
	sock = find(kept, "sock", BTF_KIND_STRUCT);
	assert_non_null(sock);
	assert_int_equal(btf__resolve_size(kept, btf_members(sock)[0].type), 12);
	for (type = member_type(kept, sock, 0); btf_is_mod(type);)
		type = btf__type_by_id(kept, type->type);
	assert_string_equal(btf__name_by_offset(kept, type->name_off), "sock_common");
	assert_int_equal(member_type(kept, sock, 1)->type, 0);
	assert_non_null(find(kept, "wanted_t", BTF_KIND_TYPEDEF));
	assert_non_null(find(kept, "wanted", BTF_KIND_UNION));
	btf__free(kept);
}

/* All that libbpf would take for candidates, in their order. */
static void test_every_type_of_the_name(void **state)
{
	struct btf *kernel = kernel_new(), *kept;
	static const char *const names[] = {
		"sock", "sock___new", "sock____four", "sock___", "sock___a___b", "___sock", "sockx",
	};
	int sizes[8] = { 0 }, count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		btf__add_struct(kernel, names[i], 100 + (uint32_t)i);
	btf__add_struct(kernel, "sock", 200);
	kept = subset_of(kernel, local_of("sock___old"));
	for (uint32_t id = 1; id < btf__type_cnt(kept); id++) {
		const struct btf_type *type = btf__type_by_id(kept, id);

		if (btf_is_struct(type))
			sizes[count++] = (int)type->size;
	}
	assert_int_equal(count, 3);
	assert_int_equal(sizes[0], 100);
	assert_int_equal(sizes[1], 101);
	assert_int_equal(sizes[2], 200);
	btf__free(kept);
}

static void test_a_name_of_one_letter(void **state)
{
	struct btf *kernel = kernel_new(), *kept;

	(void)state;
	btf__add_struct(kernel, "a___new", 4);
	btf__add_struct(kernel, "ab", 4);
	kept = subset_of(kernel, local_of("a"));
	assert_non_null(find(kept, "a___new", BTF_KIND_STRUCT));
	assert_null(find(kept, "ab", BTF_KIND_STRUCT));
	btf__free(kept);
}

static void test_enumerators(void **state)
{
	struct btf *kernel = kernel_new(), *local = btf__new_empty(), *kept;
	const struct btf_type *type;

	(void)state;
	btf__add_enum(kernel, "skb_drop_reason", 4);
	btf__add_enum_value(kernel, "NETFILTER_DROP", 8);
	btf__add_enum64(kernel, "large", 8, false);
	btf__add_enum64_value(kernel, "LARGE", 1ULL << 40);
	btf__add_enum(local, "skb_drop_reason", 4);
	btf__add_enum(local, "large", 4);
	kept = subset_of(kernel, local);
	type = find(kept, "skb_drop_reason", BTF_KIND_ENUM);
	assert_non_null(type);
	assert_int_equal(btf_enum(type)->val, 8);
	assert_string_equal(btf__name_by_offset(kept, btf_enum(type)->name_off), "NETFILTER_DROP");
	type = find(kept, "large", BTF_KIND_ENUM64);
	assert_non_null(type);
	assert_true(btf_enum64_value(btf_enum64(type)) == 1ULL << 40);
	btf__free(kept);
}

/* A file for --btf may say anything. */
static void test_types_that_are_not_there(void **state)
{
	struct btf *kernel = kernel_new(), *kept;
	const struct btf_type *sock;
	int itself;

	(void)state;
	itself = btf__add_struct(kernel, "sock", 64);
	btf__add_field(kernel, "far", 1 << 30, 0, 0);
	btf__add_field(kernel, "itself", itself, 64, 0);
	kept = subset_of(kernel, local_of("sock"));
	sock = find(kept, "sock", BTF_KIND_STRUCT);
	assert_non_null(sock);
	assert_int_equal(btf_members(sock)[0].type, 0);
	assert_ptr_equal(member_type(kept, sock, 1), sock);
	btf__free(kept);
}

static void test_names_that_are_not_there(void **state)
{
	struct btf *kernel = kernel_new(), *local = local_of("sock"), *kept = NULL;
	int sock = btf__add_struct(kernel, "sock", 64);

	(void)state;
	btf__add_field(kernel, "one", kernel_int, 0, 0);
	btf__add_field(kernel, "two", kernel_int, 32, 0);
	btf_members(btf__type_by_id(kernel, (uint32_t)sock))[1].name_off = 0x7ffffff0;
	assert_int_equal(btf_subset(kernel, local, &kept), -EINVAL);
	btf__free(kernel);
	btf__free(local);
}

static void test_more_names_than_there_is_room_for(void **state)
{
	struct btf *kernel = kernel_new(), *local = btf__new_empty(), *kept = NULL;
	char name[32];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "type_%d", i);
		btf__add_struct(local, name, 8);
	}
	assert_true(btf_subset(kernel, local, &kept) < 0);
	assert_null(kept);
	btf__free(kernel);
	btf__free(local);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_type_is_made_of),
		cmocka_unit_test(test_modifiers),
		cmocka_unit_test(test_every_type_of_the_name),
		cmocka_unit_test(test_a_name_of_one_letter),
		cmocka_unit_test(test_enumerators),
		cmocka_unit_test(test_types_that_are_not_there),
		cmocka_unit_test(test_names_that_are_not_there),
		cmocka_unit_test(test_more_names_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
