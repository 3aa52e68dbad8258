/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Getting bytes out. */
#include "sinks/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static int wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (poll(&p, 1, -1) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

int output_write(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);
		int err;

		if (n >= 0) {
			data += n;
			size -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			/* A pipe made non-blocking by another process that shares it. */
			err = wait_writable(fd);
			if (err)
				return err;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}
