// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * map_entries ID…: for every BPF hash map among them a line `NAME ID hash|lru ENTRIES`. Of the
 * table conns that has only the entries that are somebody's; the others wait for the next socket
 * in the same place (bpf/conns.bpf.c) and have a line `NAME_spare ID spare ENTRIES`.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

enum { KEY_MAX = 256, VALUE_MAX = 4096 };

/* struct conn ends with what says so. */
static bool is_spare(int fd, const char *key, __u32 value_size)
{
	char value[VALUE_MAX];
	__u32 spare;

	if (bpf_map_lookup_elem(fd, key, value))
		return true;
	memcpy(&spare, value + value_size - sizeof(spare), sizeof(spare));
	return spare;
}

/*
 * Entries that come and go meanwhile may be counted or not. A walk that begins anew is bounded by
 * what the table has room for.
 */
static unsigned int count_entries(int fd, const struct bpf_map_info *info, bool is_conns,
				  unsigned int *spare)
{
	char key[KEY_MAX], next[KEY_MAX];
	char *from = NULL;
	unsigned int walked = 0, count = 0;

	*spare = 0;
	while (walked++ < info->max_entries && !bpf_map_get_next_key(fd, from, next)) {
		memcpy(key, next, sizeof(key));
		from = key;
		if (is_conns && is_spare(fd, key, info->value_size))
			(*spare)++;
		else
			count++;
	}
	return count;
}

static void tell(int fd, const struct bpf_map_info *info)
{
	bool is_conns = !strcmp(info->name, "conns");
	unsigned int spare, count = count_entries(fd, info, is_conns, &spare);

	printf("%s %u %s %u\n", info->name, info->id,
	       info->type == BPF_MAP_TYPE_HASH ? "hash" : "lru", count);
	if (is_conns)
		printf("%s_spare %u spare %u\n", info->name, info->id, spare);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct bpf_map_info info = { 0 };
		__u32 size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(atoi(argv[i]));

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.key_size <= KEY_MAX &&
		    info.value_size <= VALUE_MAX &&
		    (info.type == BPF_MAP_TYPE_HASH || info.type == BPF_MAP_TYPE_LRU_HASH))
			tell(fd, &info);
		close(fd);
	}
	return 0;
}
