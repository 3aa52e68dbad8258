// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* map_entries ID…: for every BPF hash map among them a line `NAME ID hash|lru ENTRIES`. */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>

enum { KEY_MAX = 256 };

/* Entries that come and go meanwhile may be counted or not; @most bounds a walk that begins anew. */
static unsigned int count_entries(int fd, unsigned int most)
{
	char key[KEY_MAX], next[KEY_MAX];
	char *from = NULL;
	unsigned int count = 0;

	while (count < most && !bpf_map_get_next_key(fd, from, next)) {
		__builtin_memcpy(key, next, sizeof(key));
		from = key;
		count++;
	}
	return count;
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
		    (info.type == BPF_MAP_TYPE_HASH || info.type == BPF_MAP_TYPE_LRU_HASH))
			printf("%s %u %s %u\n", info.name, info.id,
			       info.type == BPF_MAP_TYPE_HASH ? "hash" : "lru",
			       count_entries(fd, info.max_entries));
		close(fd);
	}
	return 0;
}
