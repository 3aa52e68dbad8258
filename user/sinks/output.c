// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sinks/output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/*
 * Several records leave in one write as long as a pipe takes it whole: PIPE_BUF,
 * pipe(7). A longer record leaves by itself.
 */
enum { AT_ONCE = 4096, STACK_BYTES = 65536 };

/*
 * To wake the thread costs more than to write a record: having written, it looks
 * once more after a moment, in which nobody need wake it unless much waits.
 */
enum { NAP_MS = 1, NAP_SHARE = 16 };

enum { PATIENCE_MS = 20, PATIENCE_EVERY_MS = 1000 };

struct output {
	int fd;
	int error_fd;
	size_t size;		/* of the queue, 0: none */
	char *ring;
	size_t read, used;	/* where the oldest byte is, and how many there are */
	char *batch;		/* of the thread */
	size_t batch_size;
	uint64_t written;	/* records, to see progress by */
	int err;
	int patience_ms;	/* what whoever puts may still wait, of every second */
	struct timespec patience_from;
	bool writing;
	bool closing;
	bool abandoned;		/* by who opened it: the thread frees it all at its end */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled;	/* something to write, or closing */
	pthread_cond_t hurried;	/* what there is to write cannot wait for a nap to end */
	pthread_cond_t went;	/* something was written, or failed */
};

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

static void ring_put(struct output *out, const void *data, size_t size)
{
	size_t at = (out->read + out->used) % out->size;
	size_t first = size < out->size - at ? size : out->size - at;

	memcpy(out->ring + at, data, first);
	memcpy(out->ring, (const char *)data + first, size - first);
	out->used += size;
}

static void ring_peek(const struct output *out, size_t offset, void *data, size_t size)
{
	size_t at = (out->read + offset) % out->size;
	size_t first = size < out->size - at ? size : out->size - at;

	memcpy(data, out->ring + at, first);
	memcpy((char *)data + first, out->ring, size - first);
}

static void ring_drop(struct output *out, size_t size)
{
	out->used -= size;
	/* Empty: the pages at its beginning are the ones that are there already. */
	out->read = out->used ? (out->read + size) % out->size : 0;
}

static bool batch_holds(struct output *out, size_t size)
{
	char *grown;

	if (size <= out->batch_size)
		return true;
	grown = realloc(out->batch, size);
	if (!grown)
		return false;
	out->batch = grown;
	out->batch_size = size;
	return true;
}

/* The oldest records, without their lengths, into the batch; returns their size, 0: no memory. */
static size_t take_records(struct output *out, uint64_t *count)
{
	uint32_t length;
	size_t size = 0;

	for (*count = 0; out->used; ++*count) {
		ring_peek(out, 0, &length, sizeof(length));
		if ((size && size + length > AT_ONCE) || !batch_holds(out, size + length))
			break;
		ring_peek(out, sizeof(length), out->batch + size, length);
		ring_drop(out, sizeof(length) + length);
		size += length;
	}
	return size;
}

static void fail(struct output *out, int err)
{
	uint64_t one = 1;

	out->err = err;
	/* Nobody waits for more than the first. */
	if (write(out->error_fd, &one, sizeof(one)) < 0)
		return;
}

static void write_some(struct output *out)
{
	uint64_t count;
	size_t size = take_records(out, &count);
	int err;

	if (!size) {
		fail(out, -ENOMEM);
		return;
	}
	out->writing = true;
	pthread_mutex_unlock(&out->lock);
	err = output_write(out->fd, out->batch, size);
	pthread_mutex_lock(&out->lock);
	out->writing = false;
	out->written += count;
	if (err)
		fail(out, err);
	pthread_cond_broadcast(&out->went);
}

static void queue_free(struct output *out)
{
	if (out->error_fd >= 0)
		close(out->error_fd);
	free(out->batch);
	free(out->ring);
	free(out);
}

static struct timespec after_ms(int ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000L;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_nsec -= 1000000000L;
		at.tv_sec++;
	}
	return at;
}

static void write_all(struct output *out)
{
	while (out->used && !out->err)
		write_some(out);
}

static bool is_over(const struct output *out)
{
	return out->err || (out->closing && !out->used);
}

static void nap(struct output *out)
{
	struct timespec until = after_ms(NAP_MS);

	if (!is_over(out))
		pthread_cond_timedwait(&out->hurried, &out->lock, &until);
}

static void *run(void *arg)
{
	struct output *out = arg;
	bool abandoned;

	pthread_mutex_lock(&out->lock);
	while (!is_over(out)) {
		if (!out->used)
			pthread_cond_wait(&out->filled, &out->lock);
		while (out->used && !out->err) {
			write_all(out);
			nap(out);
		}
	}
	pthread_cond_broadcast(&out->went);
	abandoned = out->abandoned;
	pthread_mutex_unlock(&out->lock);
	if (abandoned)
		queue_free(out);
	return NULL;
}

/* Signals are the main thread's. */
static int thread_start(struct output *out)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int err;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&out->thread, &attr, run, out);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -err;
}

static int queue_open(struct output *out, size_t bytes)
{
	pthread_condattr_t attr;

	out->ring = calloc(1, bytes);
	out->batch = malloc(AT_ONCE);
	out->batch_size = AT_ONCE;
	out->error_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!out->ring || !out->batch || out->error_fd < 0)
		return -ENOMEM;
	out->size = bytes;
	pthread_mutex_init(&out->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&out->filled, &attr);
	pthread_cond_init(&out->hurried, &attr);
	pthread_cond_init(&out->went, &attr);
	pthread_condattr_destroy(&attr);
	return thread_start(out);
}

struct output *output_open(int fd, size_t queue_bytes)
{
	struct output *out = calloc(1, sizeof(*out));
	int err;

	if (!out)
		return NULL;
	out->fd = fd;
	out->error_fd = -1;
	err = queue_bytes ? queue_open(out, queue_bytes) : 0;
	if (!err)
		return out;
	queue_free(out);
	errno = -err;
	return NULL;
}

void output_close(struct output *out)
{
	pthread_t thread;
	bool stuck;

	if (!out)
		return;
	if (!out->size) {
		queue_free(out);
		return;
	}
	pthread_mutex_lock(&out->lock);
	stuck = !out->err && (out->used || out->writing);
	out->closing = true;
	out->abandoned = stuck;
	thread = out->thread;
	pthread_cond_signal(&out->filled);
	pthread_cond_signal(&out->hurried);
	pthread_mutex_unlock(&out->lock);
	if (stuck) {
		pthread_detach(thread);
		return;
	}
	pthread_join(thread, NULL);
	queue_free(out);
}

static int64_t ms_between(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) * 1000LL + (to->tv_nsec - from->tv_nsec) / 1000000L;
}

static bool has_room(const struct output *out, size_t size)
{
	return out->size - out->used >= sizeof(uint32_t) + size;
}

/*
 * A burst is no reason to drop anything when the reader reads: the thread only
 * has to get its turn. Nor may who puts be held up: a fiftieth of its time at most.
 */
static void wait_for_room(struct output *out, size_t size)
{
	struct timespec now = after_ms(0), until;

	if (ms_between(&out->patience_from, &now) >= PATIENCE_EVERY_MS) {
		out->patience_from = now;
		out->patience_ms = PATIENCE_MS;
	}
	pthread_cond_signal(&out->hurried);
	while (!has_room(out, size) && !out->err && out->patience_ms > 0) {
		until = after_ms(out->patience_ms);
		pthread_cond_timedwait(&out->went, &out->lock, &until);
		until = after_ms(0);
		/* At least one: many short waits are a long one, too. */
		out->patience_ms -= 1 + (int)ms_between(&now, &until);
		now = until;
	}
}

static int queue_put(struct output *out, const char *data, uint32_t size)
{
	int err;

	pthread_mutex_lock(&out->lock);
	if (!has_room(out, size))
		wait_for_room(out, size);
	err = out->err;
	if (!err && !has_room(out, size))
		err = -ENOBUFS;
	if (!err) {
		ring_put(out, &size, sizeof(size));
		ring_put(out, data, size);
		pthread_cond_signal(&out->filled);
		if (out->used > out->size / NAP_SHARE)
			pthread_cond_signal(&out->hurried);
	}
	pthread_mutex_unlock(&out->lock);
	return err;
}

int output_put(struct output *out, const char *data, size_t size)
{
	if (out->size)
		return size > UINT32_MAX ? -ENOBUFS : queue_put(out, data, (uint32_t)size);
	if (!out->err)
		out->err = output_write(out->fd, data, size);
	return out->err;
}

int output_error(const struct output *out)
{
	struct output *locked = (struct output *)out;
	int err;

	if (!out->size)
		return out->err;
	pthread_mutex_lock(&locked->lock);
	err = out->err;
	pthread_mutex_unlock(&locked->lock);
	return err;
}

int output_fd(const struct output *out)
{
	return out->fd;
}

int output_error_fd(const struct output *out)
{
	return out->error_fd;
}

int output_drain(struct output *out, int timeout_ms)
{
	struct timespec until = after_ms(timeout_ms);
	int waited = 0, err;
	uint64_t before;

	if (!out->size)
		return out->err;
	pthread_mutex_lock(&out->lock);
	pthread_cond_signal(&out->hurried);
	while (!out->err && !waited && (out->used || out->writing)) {
		before = out->written;
		waited = pthread_cond_timedwait(&out->went, &out->lock, &until);
		if (out->written != before) {
			until = after_ms(timeout_ms);
			waited = 0;
		}
	}
	err = out->err ? out->err : waited ? -ETIMEDOUT : 0;
	pthread_mutex_unlock(&out->lock);
	return err;
}
