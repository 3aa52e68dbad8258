/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Getting bytes out: straight, or by a thread of its own through a queue of
 * bounded size, so that a reader who does not read never holds up who writes.
 */
#ifndef CONNWATCH_SINKS_OUTPUT_H
#define CONNWATCH_SINKS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes all of @data, with one write(2) unless the kernel takes less; goes on
 * after signals and waits where @fd is non-blocking. Returns 0 or a negative
 * errno; -EPIPE only where SIGPIPE is ignored.
 */
int output_write(int fd, const char *data, size_t size);

struct output;

/*
 * @queue_bytes 0: every output_put() writes by itself and waits for it. NULL and
 * errno on failure. @fd stays the caller's and must outlive the output.
 */
struct output *output_open(int fd, size_t queue_bytes);
/* Ends the thread, unless it is held up in a write: then it ends with the process. */
void output_close(struct output *out);

/*
 * Puts one record, which goes out whole, in its turn. 0; -ENOBUFS: no room, the
 * record is dropped; else the negative errno of an earlier write, after which
 * nothing goes out any more.
 */
int output_put(struct output *out, const char *data, size_t size);
/* Where the bytes go; the caller's still. */
int output_fd(const struct output *out);
/* 0, or the negative errno of the write that failed. */
int output_error(const struct output *out);
/* Polls readable when a write failed; -1 when there is no queue. */
int output_error_fd(const struct output *out);
/*
 * Waits until all is written, for @timeout_ms at most after the last progress.
 * 0; -ETIMEDOUT: nobody reads; else the negative errno of the write.
 */
int output_drain(struct output *out, int timeout_ms);

#endif
