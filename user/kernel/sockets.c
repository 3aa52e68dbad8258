// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/sockets.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/config.h"
#include "connwatch.skel.h"
#include "kernel/hooks.h"

static int read_rows(int fd, sockets_row_fn fn, void *ctx)
{
	struct socket_row rows[32];
	size_t have = 0;
	ssize_t n;

	/* A read may end within a row. */
	while ((n = read(fd, (char *)rows + have, sizeof(rows) - have)) != 0) {
		size_t whole;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		have += n;
		whole = have / sizeof(rows[0]);
		for (size_t i = 0; i < whole; i++)
			fn(ctx, &rows[i]);
		have -= whole * sizeof(rows[0]);
		memmove(rows, &rows[whole], have);
	}
	return 0;
}

int sockets_find(struct hooks *hooks, const struct sockets_query *query, sockets_row_fn fn,
		 void *ctx)
{
	struct bpf_program *program = hooks->skeleton->progs.sockets__iter;
	struct bpf_link *link;
	int fd, err;

	if (!bpf_program__autoload(program))
		program = hooks->skeleton->progs.sockets__iter_read;
	if (!bpf_program__autoload(program))
		return -ENOTSUP;
	hooks->skeleton->bss->sockets_query = *query;
	link = bpf_program__attach_iter(program, NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		err = -errno;
		goto out;
	}
	err = read_rows(fd, fn, ctx);
	close(fd);
out:
	bpf_link__destroy(link);
	return err;
}

static void ignore_row(void *ctx, const struct socket_row *row)
{
	(void)ctx;
	(void)row;
}

int sockets_seed(struct hooks *hooks)
{
	struct sockets_query query = { .mode = SOCKETS_SEED };

	return sockets_find(hooks, &query, ignore_row, NULL);
}
