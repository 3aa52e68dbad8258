// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "diagnose/decode.h"
#include "diagnose/pipeline.h"
#include "host/host.h"
#include "kernel/hooks.h"
#include "kernel/icmp.h"
#include "kernel/privileges.h"
#include "kernel/sockets.h"

#define SECOND_NS 1000000000ULL
/* After the command of `run` has ended: what its last connection still has to tell. */
#define LINGER_NS 100000000ULL

struct session {
	struct session_options options;
	struct hooks *hooks;
	struct icmp *icmp;		/* NULL: no raw sockets to be had */
	struct host *host;
	struct sink *sink;
	struct pipeline *pipeline;
	struct signal_status *signals;
	size_t signal_count;
	uint64_t start_ns;
	uint64_t wall_offset_ns;
	uint64_t next_poll_ns;		/* of counters and tables */
	uint64_t lost_told[LOST_STAGES];
	int go_fd;			/* -1: nobody waits */
	int err;			/* of a sink or the tap */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

static const char *program(void)
{
	return program_invocation_short_name;
}

struct sink *open_sink(const struct options *options)
{
	struct sink_options sink_options = {
		.fd = STDOUT_FILENO, .color = options->color, .explain = options->explain,
		.verbose = options->verbose, .summary_fd = STDERR_FILENO, .quiet = options->quiet,
	};
	struct sink *sink = options->json ? sink_ndjson_open(&sink_options) :
					    sink_text_open(&sink_options);

	if (!sink)
		fprintf(stderr, "%s: %s\n", program(), strerror(errno));
	return sink;
}

int report_sink_error(int err)
{
	if (err == -EPIPE)
		fprintf(stderr, "%s: stdout: the reader went away, nothing more to do\n", program());
	else
		fprintf(stderr, "%s: stdout: %s\n", program(), strerror(-err));
	return STATUS_FAILED;
}

static int arm(struct session *s)
{
	const struct options *options = s->options.options;
	struct hooks_options hooks_options = {
		.family = options->family, .btf_path = options->btf_path,
		.verbose = options->verbose, .tree = s->options.tree,
		.config = {
			.pid = options->filter.pid, .netns = options->filter.netns,
			.port_count = options->filter.port_count, .tree = s->options.tree,
			.has_comm = options->filter.name != NULL,
		},
	};
	struct bpf_config *config = &hooks_options.config;
	char message[256];
	int err;

	memcpy(config->ports, options->filter.ports, sizeof(config->ports));
	if (options->filter.name)
		snprintf(config->comm, sizeof(config->comm), "%s", options->filter.name);
	err = privileges_check(message, sizeof(message));
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
}

static int feed(struct session *s, const struct rec_hdr *rec)
{
	int err = pipeline_feed(s->pipeline, rec, rec->size);

	/* After the answers that it asked for: a replay meets them first. */
	if (s->options.tap && !err)
		err = s->options.tap(s->options.tap_ctx, rec);
	if (err && !s->err)
		s->err = err;
	return err;
}

static int take_icmp(void *ctx, const struct rec_hdr *rec)
{
	return feed(ctx, rec);
}

/*
 * Before a record that an ICMP error may explain: the error is in its raw socket
 * already, and under a flood it must not be read after the record has waited.
 * A namespace that failures are reported from is listened to from then on.
 */
static void meet_icmp(struct session *s, const struct rec_hdr *rec)
{
	const union record *record = (const union record *)rec;

	if (rec->kind == REC_TCP_END && rec->size >= sizeof(record->tcp_end)) {
		icmp_add(s->icmp, record->tcp_end.flow.netns, record->tcp_end.who.pid);
		if (!record->tcp_end.reset_ns)
			icmp_consume(s->icmp, take_icmp, s);
	} else if (rec->kind == REC_UDP_ERROR && rec->size >= sizeof(record->udp_error)) {
		icmp_add(s->icmp, record->udp_error.flow.netns, record->udp_error.who.pid);
		icmp_consume(s->icmp, take_icmp, s);
	}
}

static int take_record(void *ctx, void *data, size_t size)
{
	struct session *s = ctx;
	struct rec_hdr *rec = data;

	if (size < sizeof(*rec) || rec->size != size)
		return 0;
	if (s->icmp)
		meet_icmp(s, rec);
	return feed(s, rec);
}

static void take_answer(void *ctx, const struct rec_hdr *answer)
{
	struct session *s = ctx;
	int err = s->options.tap(s->options.tap_ctx, answer);

	if (err && !s->err)
		s->err = err;
}

static int open_pipeline(struct session *s)
{
	const struct options *options = s->options.options;
	struct pipeline_options pipeline_options = {
		.filter = options->filter, .fold = !options->all, .record_limit = options->count,
		.wall_offset_ns = s->wall_offset_ns, .start_ns = s->start_ns,
	};

	s->host = host_open_live(s->hooks);
	if (!s->host)
		return STATUS_FAILED;
	if (s->options.tap)
		host_tee(s->host, take_answer, s);
	if (!s->options.silent) {
		s->sink = open_sink(options);
		if (!s->sink)
			return STATUS_FAILED;
	}
	s->pipeline = pipeline_open(&pipeline_options, s->host, s->sink);
	return s->pipeline ? STATUS_OK : STATUS_FAILED;
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
	status = arm(s);
	if (status)
		goto fail;
	sockets_seed(s->hooks);
	arm_icmp(&s->icmp, s->hooks, options->options);
	s->start_ns = clock_ns(CLOCK_MONOTONIC);
	s->wall_offset_ns = clock_ns(CLOCK_REALTIME) - s->start_ns;
	s->signals = hooks_status(s->hooks, &s->signal_count);
	status = s->signals ? open_pipeline(s) : STATUS_FAILED;
	if (!status && hooks_listen(s->hooks, take_record, s))
		status = STATUS_FAILED;
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

static int release_waiting(struct session *s)
{
	int err = 0;

	if (s->go_fd < 0)
		return 0;
	if (write(s->go_fd, "", 1) != 1)
		err = -errno;
	close(s->go_fd);
	s->go_fd = -1;
	return err;
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

static void say_ready(const struct session *s)
{
	const char *separator = "; not armed: ";

	if (s->options.options->quiet)
		return;
	fprintf(stderr, "connwatch: ready, %zu of %zu signals armed", s->hooks->armed,
		s->hooks->wanted);
	for (size_t i = 0; i < s->signal_count; i++)
		if (!s->signals[i].hook) {
			fprintf(stderr, "%s%s", separator, s->signals[i].name);
			separator = ", ";
		}
	fprintf(stderr, "\n");
}

static int write_start(struct session *s)
{
	struct utsname names;
	struct start_info info = {
		.time_ns = s->start_ns + s->wall_offset_ns, .version = CONNWATCH_VERSION,
		.kernel = names.release, .signals = s->signals, .signal_count = s->signal_count,
	};

	uname(&names);
	if (!s->sink || !s->sink->ops->start)
		return 0;
	return s->sink->ops->start(s->sink, &info);
}

static void poll_lost(struct session *s, uint64_t now)
{
	for (int stage = 0; stage < LOST_STAGES; stage++) {
		uint64_t lost = hooks_lost(s->hooks, stage);
		struct rec_lost rec = {
			.hdr = { .size = sizeof(rec), .kind = REC_LOST, .ts_ns = now },
			.stage = stage, .count = lost - s->lost_told[stage],
		};

		s->lost_told[stage] = lost;
		if (rec.count)
			feed(s, &rec.hdr);
	}
}

static void feed_time_wait(void *ctx, const struct time_wait_key *key, uint64_t count)
{
	struct session *s = ctx;
	struct rec_time_wait rec = {
		.hdr = { .size = sizeof(rec), .kind = REC_TIME_WAIT, .hook = HOOK_SET_STATE,
			 .ts_ns = clock_ns(CLOCK_MONOTONIC) },
		.dport = key->dport, .netns = key->netns, .count = count,
	};

	memcpy(rec.saddr, key->saddr, sizeof(rec.saddr));
	memcpy(rec.daddr, key->daddr, sizeof(rec.daddr));
	feed(s, &rec.hdr);
}

static void feed_destination(void *ctx, const struct destination_key *key, uint64_t count)
{
	struct session *s = ctx;
	struct rec_destination rec = {
		.hdr = { .size = sizeof(rec), .kind = REC_DESTINATION,
			 .ts_ns = clock_ns(CLOCK_MONOTONIC) },
		.dport = key->dport, .netns = key->netns, .successes = count,
	};

	memcpy(rec.daddr, key->daddr, sizeof(rec.daddr));
	feed(s, &rec.hdr);
}

static void poll_tables(struct session *s, uint64_t now)
{
	poll_lost(s, now);
	hooks_each_time_wait(s->hooks, feed_time_wait, s);
	if (s->icmp)
		icmp_prune(s->icmp);
	s->next_poll_ns = now + SECOND_NS;
}

/* SIGINT and SIGTERM end the watch; SIGCHLD may be the command of `run`. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* An ICMP error is in its raw socket before the kernel acts on it: those come first. */
static void consume(struct session *s)
{
	if (s->icmp)
		icmp_consume(s->icmp, take_icmp, s);
	hooks_consume(s->hooks);
}

struct watch {
	struct session *s;
	int signals_fd;
	pid_t child;
	int *wait_status;
	bool child_ended;
	uint64_t end_ns;	/* 0: no end */
	bool stop;
};

static void take_signals(struct watch *w)
{
	struct signalfd_siginfo info;

	while (read(w->signals_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			if (w->child && waitpid(w->child, w->wait_status, WNOHANG) == w->child) {
				w->child_ended = true;
				w->end_ns = clock_ns(CLOCK_MONOTONIC) + LINGER_NS;
			}
		} else if (w->child && !w->child_ended && info.ssi_signo == SIGTERM) {
			kill(w->child, SIGTERM);
		} else if (!w->child || w->child_ended || info.ssi_signo == SIGHUP) {
			w->stop = true;
		}
		/* SIGINT reaches the command through the terminal: it decides. */
	}
}

static int poll_timeout_ms(const struct watch *w, uint64_t now)
{
	uint64_t until = w->s->next_poll_ns;
	uint64_t deadline = pipeline_deadline(w->s->pipeline);

	if (deadline && deadline < until)
		until = deadline;
	if (w->end_ns && w->end_ns < until)
		until = w->end_ns;
	return until <= now ? 0 : (int)((until - now + 999999) / 1000000);
}

static void watch_loop(struct watch *w)
{
	struct session *s = w->s;
	struct pollfd fds[] = {
		{ .fd = hooks_ring_fd(s->hooks), .events = POLLIN },
		{ .fd = w->signals_fd, .events = POLLIN },
		{ .fd = s->icmp ? icmp_fd(s->icmp) : -1, .events = POLLIN },
	};

	while (!w->stop && !s->err && !pipeline_is_done(s->pipeline)) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);

		if (w->end_ns && now >= w->end_ns)
			return;
		poll(fds, 3, poll_timeout_ms(w, now));
		take_signals(w);
		consume(s);
		now = clock_ns(CLOCK_MONOTONIC);
		if (now >= s->next_poll_ns)
			poll_tables(s, now);
		if (!s->err)
			s->err = pipeline_tick(s->pipeline, now);
	}
}

static int finish(struct session *s)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int err;

	consume(s);
	poll_tables(s, now);
	hooks_each_destination(s->hooks, feed_destination, s);
	if (s->err)
		return s->err;
	err = pipeline_finish(s->pipeline, now, s->signals, s->signal_count);
	return s->err ? s->err : err;
}

int session_run(struct session *s, pid_t child, int *wait_status)
{
	const struct options *options = s->options.options;
	struct watch w = { .s = s, .child = child, .wait_status = wait_status };
	int err;

	w.signals_fd = open_signals();
	if (w.signals_fd < 0)
		return STATUS_FAILED;
	if (options->duration_s > 0)
		w.end_ns = s->start_ns + (uint64_t)(options->duration_s * 1e9);
	s->next_poll_ns = s->start_ns + SECOND_NS;
	s->err = write_start(s);
	say_ready(s);
	release_waiting(s);
	watch_loop(&w);
	err = finish(s);
	close(w.signals_fd);
	if (err)
		return s->options.tap && s->options.silent ? STATUS_FAILED : report_sink_error(err);
	return options->exit_on_findings && pipeline_has_findings(s->pipeline) ? STATUS_FINDINGS :
										 STATUS_OK;
}
