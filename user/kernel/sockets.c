// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/sockets.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

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
	const struct loaded_program *program = hooks_program(hooks, "sockets__iter");
	int link, fd, err;

	if (!program)
		program = hooks_program(hooks, "sockets__iter_read");
	if (!program)
		return -ENOTSUP;
	hooks->loaded.bss->sockets_query = *query;
	link = bpf_link_create(program->fd, 0, BPF_TRACE_ITER, NULL);
	if (link < 0)
		return link;
	fd = bpf_iter_create(link);
	err = fd < 0 ? fd : read_rows(fd, fn, ctx);
	if (fd >= 0)
		close(fd);
	close(link);
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
