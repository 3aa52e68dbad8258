// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/session_state.h"
#include "diagnose/decode.h"
#include "diagnose/pipeline.h"
#include "host/host.h"
#include "kernel/hooks.h"
#include "kernel/icmp.h"
#include "kernel/privileges.h"
#include "kernel/sockets.h"
#include "kernel/ssh_watch.h"
#include "kernel/uprobes.h"

/* What waits for a reader, some thousand records; its pages are there only once they are used. */
enum { QUEUE_BYTES = 1024 * 1024, MMAP_THRESHOLD = 128 * 1024 };

const char *sink_place(const struct options *options)
{
	return options->output ? options->output : "stdout";
}

/* Addresses and names of a whole machine: for its owner's eyes. */
static int open_output(const struct options *options)
{
	if (!options->output)
		return STDOUT_FILENO;
	return open(options->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

struct sink *open_sink(const struct options *options, size_t queue_bytes)
{
	struct sink_options sink_options = {
		.fd = open_output(options), .color = options->color, .explain = options->explain,
		.verbose = options->verbose, .summary_fd = STDERR_FILENO,
		.quiet = options->quiet, .queue_bytes = queue_bytes,
	};
	struct sink *sink = NULL;

	if (sink_options.fd >= 0)
		sink = options->json ? sink_ndjson_open(&sink_options) :
				       sink_text_open(&sink_options);
	if (!sink)
		fprintf(stderr, "%s: %s: %s\n", program(), sink_place(options), strerror(errno));
	return sink;
}

int report_sink_error(const char *where, int err)
{
	const char *what = strerror(-err);

	if (err == -EPIPE)
		what = "the reader went away";
	else if (err == -ETIMEDOUT || err == -ENOBUFS)
		what = "nobody reads; what was left to say is lost";
	fprintf(stderr, "%s: %s: %s\n", program(), where, what);
	return STATUS_FAILED;
}

/* The coarse clocks advance with the kernel's tick (kernel/time/posix-timers.c). */
static uint32_t tick_ns(void)
{
	struct timespec tick;

	return clock_getres(CLOCK_MONOTONIC_COARSE, &tick) || tick.tv_sec ? 0 :
									    (uint32_t)tick.tv_nsec;
}

/* Under another numbering of processes, none that is named could be found. */
static int check_pids(const struct session *s, char *message, size_t size)
{
	bool by_pid = s->options.tree || s->options.options->filter.pid;

	if (privileges_sees_all_pids())
		return 0;
	if (by_pid) {
		snprintf(message, size,
			 "%s needs the machine's own pid namespace (a container's --pid=host)",
			 s->options.tree ? "run" : "--pid");
		return -ENOTSUP;
	}
	fprintf(stderr, "%s: in a pid namespace of its own: pids are the machine's, and nothing "
		"of /proc is told of them\n", program());
	return 0;
}

/*
 * The functions that uprobes are to sit on are looked for while other programs are
 * loaded, by the thread that loaded the programs for them. Nobody else is at the
 * session or at the signals meanwhile: see objects_load().
 */
static void uprobes_loaded(void *ctx, struct hooks *hooks)
{
	struct session *s = ctx;

	uprobes_open(&s->uprobes, hooks, false);
	ssh_watch_open(&s->ssh_watch, hooks);
}

static void uprobes_gone(void *ctx)
{
	struct session *s = ctx;

	uprobes_close(s->uprobes);
	s->uprobes = NULL;
	ssh_watch_close(s->ssh_watch);
	s->ssh_watch = NULL;
}

/* By address only user space filters: what is asked for must not be counted with the rest. */
static uint32_t repeats_wide(const struct options *options)
{
	return options->all || options->filter.has_addr ? 0 : REPEATS_AFTER * REPEATS_WIDE;
}

static int arm(struct session *s)
{
	const struct options *options = s->options.options;
	struct hooks_options hooks_options = {
		.family = options->family, .btf_path = options->btf_path,
		.verbose = options->verbose, .tree = s->options.tree,
		.layers = options->filter.layers, .layer_count = options->filter.layer_count,
		.uprobes_loaded = uprobes_loaded, .uprobes_gone = uprobes_gone, .ctx = s,
		.config = {
			.pid = options->filter.pid, .netns = options->filter.netns,
			.port_count = options->filter.port_count, .tree = s->options.tree,
			.has_comm = options->filter.name != NULL, .tick_ns = tick_ns(),
			.lose = (uint8_t)options->lose,
			.repeats_after = options->all ? 0 : REPEATS_AFTER,
			.repeats_wide = repeats_wide(options),
		},
	};
	struct bpf_config *config = &hooks_options.config;
	char message[512];
	int err;

	memcpy(config->ports, options->filter.ports, sizeof(config->ports));
	if (options->filter.name)
		snprintf(config->comm, sizeof(config->comm), "%s", options->filter.name);
	err = privileges_check(message, sizeof(message));
	if (!err)
		err = check_pids(s, message, sizeof(message));
	if (!err && options->btf_path)
		err = privileges_check_btf(options->btf_path, message, sizeof(message)) ?
			      -EINVAL : 0;
	if (!err)
		err = hooks_arm(&s->hooks, &hooks_options, message, sizeof(message));
	if (!err)
		return 0;
	fprintf(stderr, "%s: %s\n", program(), message);
	return err == -EPERM ? STATUS_PERMISSION : err == -ENOTSUP ? STATUS_UNSUPPORTED :
	       err == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
}

void arm_icmp(struct icmp **out, struct hooks *hooks, const struct options *options)
{
	char reason[96];
	int err = icmp_open(out, options->filter.netns, reason, sizeof(reason));

	hooks_user_signal(hooks, "icmp_received", err, reason);
	if (hooks_is_user(hooks, "queue_full"))
		hooks_user_signal(hooks, "queue_full", err, reason);
}

void session_tap(struct session *s, const struct rec_hdr *rec)
{
	int err = s->options.tap(s->options.tap_ctx, rec);

	if (err && !s->err)
		s->err = err;
}

static void take_answer(void *ctx, const struct rec_hdr *answer)
{
	session_tap(ctx, answer);
}

static int open_pipeline(struct session *s)
{
	const struct options *options = s->options.options;
	struct pipeline_options pipeline_options = {
		.filter = options->filter, .fold = !options->all, .record_limit = options->count,
		.lose_output = options->lose & 1u << LOST_OUTPUT,
		.wall_offset_ns = s->wall_offset_ns, .start_ns = s->start_ns,
		.look_place = session_look_place, .look_ctx = s, .ports_filtered = true,
		.tasks_filtered = true, .tree = s->options.tree,
	};

	s->host = host_open_live(s->hooks);
	if (!s->host)
		return STATUS_FAILED;
	if (s->options.tap)
		host_tee(s->host, take_answer, s);
	if (!s->options.silent) {
		s->sink = open_sink(options, QUEUE_BYTES);
		if (!s->sink)
			return STATUS_FAILED;
	}
	s->pipeline = pipeline_open(&pipeline_options, s->host, s->sink);
	return s->pipeline ? STATUS_OK : STATUS_FAILED;
}

static uint16_t state_hook(const struct session *s)
{
	const char *raw = hook_name(HOOK_SET_STATE_RAW);

	for (size_t i = 0; s->signals && i < s->signal_count; i++)
		if (s->signals[i].hook && !strcmp(s->signals[i].hook, raw))
			return HOOK_SET_STATE_RAW;
	return HOOK_SET_STATE;
}

int session_open(struct session **out, const struct session_options *options)
{
	struct session *s = calloc(1, sizeof(*s));
	int status;

	*out = s;
	if (!s)
		return STATUS_FAILED;
	s->options = *options;
	s->go_fd = -1;
	/*
	 * Fixed, as is then from when on free memory goes back: what is large is zero as the
	 * kernel gives it and not touched before it is used, and goes back whole.
	 */
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	status = arm(s);
	if (status)
		goto fail;
	/* No member of a tree has a connection older than connwatch. */
	if (!options->tree)
		sockets_seed(s->hooks);
	arm_icmp(&s->icmp, s->hooks, options->options);
	s->start_ns = clock_ns(CLOCK_MONOTONIC);
	s->wall_offset_ns = clock_ns(CLOCK_REALTIME) - s->start_ns;
	s->signals = hooks_status(s->hooks, &s->signal_count);
	s->state_hook = state_hook(s);
	status = s->signals ? open_pipeline(s) : STATUS_FAILED;
	if (!status && hooks_listen(s->hooks, session_take_record, s))
		status = STATUS_FAILED;
	if (!status && s->uprobes)
		hooks_listen_programs(s->hooks, uprobes_take_program, s->uprobes);
	if (!status)
		return 0;
	fprintf(stderr, "%s: cannot start: %s\n", program(), strerror(errno));
fail:
	session_close(s);
	return status;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	if (s->go_fd >= 0)
		close(s->go_fd);
	pipeline_close(s->pipeline);
	if (s->sink)
		s->sink->ops->close(s->sink);
	host_close(s->host);
	icmp_close(s->icmp);
	uprobes_close(s->uprobes);
	ssh_watch_close(s->ssh_watch);
	free(s->signals);
	hooks_disarm(s->hooks);
	free(s);
}

int session_follow(struct session *s, pid_t pid)
{
	return hooks_tree_add(s->hooks, pid);
}

void session_release_on_ready(struct session *s, int fd)
{
	s->go_fd = fd;
}

const struct hooks *session_hooks(const struct session *s)
{
	return s->hooks;
}

uint64_t session_start_ns(const struct session *s)
{
	return s->start_ns;
}

uint64_t session_wall_offset_ns(const struct session *s)
{
	return s->wall_offset_ns;
}
