// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * btf_subset TYPES OBJECT OUT: writes to OUT what connwatch keeps of a kernel's TYPES (raw
 * BTF) to load OBJECT with. Exit status: 0, or 1 with a word.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

#include "kernel/btf_subset.h"

static int fail(const char *what, int err)
{
	fprintf(stderr, "btf_subset: %s: %s\n", what, strerror(err));
	return 1;
}

int main(int argc, char **argv)
{
	struct btf *kernel, *local, *kept;
	const void *data;
	__u32 size;
	FILE *out;
	int err;

	if (argc != 4)
		return fail("usage: btf_subset TYPES OBJECT OUT", EINVAL);
	kernel = btf__parse(argv[1], NULL);
	if (!kernel)
		return fail(argv[1], errno);
	local = btf__parse(argv[2], NULL);
	if (!local)
		return fail(argv[2], errno);
	err = btf_subset(kernel, local, &kept);
	if (err)
		return fail("cannot be made", -err);
	data = btf__raw_data(kept, &size);
	out = data ? fopen(argv[3], "wb") : NULL;
	if (!out || fwrite(data, size, 1, out) != 1 || fclose(out))
		return fail(argv[3], errno);
	printf("%u of %u types\n", btf__type_cnt(kept) - 1, btf__type_cnt(kernel) - 1);
	btf__free(kept);
	btf__free(local);
	btf__free(kernel);
	return 0;
}
