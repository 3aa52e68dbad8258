// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A session at work: records in, tables polled, signals and deadlines, until its end. */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/session_state.h"
#include "diagnose/decode.h"
#include "diagnose/pipeline.h"
#include "kernel/cost.h"
#include "kernel/hooks.h"
#include "kernel/icmp.h"
#include "kernel/queues.h"
#include "kernel/spaces.h"
#include "kernel/ssh_watch.h"
#include "kernel/uprobes.h"
#include "sinks/output.h"
#include "sinks/sink.h"

/* After the command of `run` has ended: what its last connection still has to tell. */
#define LINGER_NS 100000000ULL

enum { RECORDS_AT_ONCE = 1024, LAST_ROUNDS = 64 };

/* How long a reader may stand still at the end. */
enum { DRAIN_MS = 1000, FIRST_DRAIN_MS = 50 };

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
		spaces_add(icmp_spaces(s->icmp), record->tcp_end.flow.netns,
			   record->tcp_end.who.pid);
		if (!record->tcp_end.reset_ns)
			icmp_consume(s->icmp, take_icmp, s);
	} else if (rec->kind == REC_UDP_ERROR && rec->size >= sizeof(record->udp_error)) {
		spaces_add(icmp_spaces(s->icmp), record->udp_error.flow.netns,
			   record->udp_error.who.pid);
		icmp_consume(s->icmp, take_icmp, s);
	}
}

int session_take_record(void *ctx, void *data, size_t size)
{
	struct session *s = ctx;
	struct rec_hdr *rec = data;

	if (size < sizeof(*rec) || rec->size != size)
		return 0;
	if (rec->kind == REC_SSH_STARTED) {
		if (s->ssh_watch)
			ssh_watch_take(s->ssh_watch, data);
		s->taken++;	/* it woke us: what comes right after it wakes nobody */
		return 0;
	}
	if (s->icmp)
		meet_icmp(s, rec);
	feed(s, rec);
	/* In a flood the ring is never empty: signals and deadlines must have their turn. */
	return s->err || ++s->taken >= RECORDS_AT_ONCE ? -EAGAIN : 0;
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

static bool asks_for_processes(const struct filter *filter)
{
	return filter->pid || filter->name || filter->cgroup;
}

/*
 * No failure is missing then, unless it is asked for by its process, which it may lack:
 * so this is no `lost` record, but not silent either. Under `run` it is one: what has no
 * process is nobody's of the tree.
 */
static void tell_table_full(const struct session *s, uint64_t count)
{
	if (s->options.tree || s->lost_told[LOST_TABLE] || !count)
		return;
	fprintf(stderr, "%s: the table of %d connections is full: failures of older ones may %s\n",
		program(), (int)CONNS_MAX, asks_for_processes(&s->options.options->filter) ?
		"be missing, for whose they are is not known" : "come without their process");
}

/* At the end how many, where no summary on stderr says so. */
static void tell_evicted(const struct session *s)
{
	const struct options *options = s->options.options;
	uint64_t count = s->options.tree ? 0 : s->lost_told[LOST_TABLE];

	if (!count || (s->sink && !options->json && !options->quiet))
		return;
	fprintf(stderr, "%s: up to %llu connection%s evicted from the full table\n", program(),
		(unsigned long long)count, count == 1 ? " was" : "s were");
}

/*
 * The kernel does not enter a program that is running on that processor already: a
 * softirq's run is skipped where it interrupts a task's, and from Linux 7.0 on one
 * task's where another was preempted within the program. Most say nothing of a
 * failure, so they are no `lost` records; and not silent.
 */
static void poll_misses(struct session *s)
{
	uint64_t misses = s->misses_told ? 0 : cost_misses(s->hooks);

	if (!misses)
		return;
	s->misses_told = true;
	fprintf(stderr, "%s: the kernel skipped %llu runs of programs that were running already: "
		"failures may be missing, or lack a fact\n", program(),
		(unsigned long long)misses);
}

static void poll_lost(struct session *s, uint64_t now)
{
	for (int stage = 0; stage < LOST_STAGES; stage++) {
		uint64_t lost = hooks_lost(s->hooks, stage);
		struct rec_lost rec = {
			.hdr = { .size = sizeof(rec), .kind = REC_LOST, .ts_ns = now },
			.stage = stage, .count = lost - s->lost_told[stage],
		};

		if (stage == LOST_TABLE)
			tell_table_full(s, lost);
		s->lost_told[stage] = lost;
		if (rec.count)
			feed(s, &rec.hdr);
	}
}

static void feed_time_wait(void *ctx, const struct time_wait_key *key, uint64_t count)
{
	struct session *s = ctx;
	struct rec_time_wait rec = {
		.hdr = { .size = sizeof(rec), .kind = REC_TIME_WAIT, .hook = s->state_hook,
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

/* Once, at the end. That nothing was forgotten is news as well. */
static void poll_destinations(struct session *s, uint64_t now)
{
	struct rec_destinations_evicted rec = {
		.hdr = { .size = sizeof(rec), .kind = REC_DESTINATIONS_EVICTED, .ts_ns = now },
		.count = hooks_each_destination(s->hooks, feed_destination, s),
	};

	feed(s, &rec.hdr);
}

/* The record that tells what was counted may still be in the ring, but not at the end. */
static bool feed_repeats(void *ctx, const struct repeat *repeat, bool many_addresses,
			 uint64_t count)
{
	struct session *s = ctx;
	struct rec_repeats rec = {
		.hdr = { .size = sizeof(rec), .kind = REC_REPEATS, .ts_ns = repeat->last_ns },
		.repeat_id = repeat->id, .count = count, .many_ports = repeat->many_ports,
		.many_addresses = many_addresses,
	};

	if (!s->finishing && !pipeline_knows_repeat(s->pipeline, repeat->id))
		return false;
	feed(s, &rec.hdr);
	return true;
}

static void feed_queue(void *ctx, const struct rec_hdr *rec)
{
	feed(ctx, rec);
}

#define CLOCK_STEP_NS 1000000LL

/* A daemon lives through steps of the wall clock. A recording has the time of its start. */
static void poll_wall_clock(struct session *s)
{
	uint64_t offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	int64_t step = (int64_t)(offset - s->wall_offset_ns);

	if (s->options.tap || (step < CLOCK_STEP_NS && step > -CLOCK_STEP_NS))
		return;
	s->wall_offset_ns = offset;
	pipeline_set_wall_offset(s->pipeline, offset);
}

/* Not of the start alone: namespaces come and go. */
static void poll_spaces(struct session *s)
{
	const struct spaces *spaces = icmp_spaces(s->icmp);

	spaces_find_new(icmp_spaces(s->icmp));
	if (!spaces->full || s->spaces_told)
		return;
	s->spaces_told = true;
	fprintf(stderr, "%s: more network namespaces than the %zu looked into: in the others "
		"ICMP errors and full queues may not be seen\n", program(), spaces_count(spaces));
}

static void poll_tables(struct session *s, uint64_t now)
{
	poll_lost(s, now);
	poll_misses(s);
	poll_wall_clock(s);
	hooks_each_repeats(s->hooks, feed_repeats, s);
	hooks_each_time_wait(s->hooks, feed_time_wait, s);
	/* Before their counters are first read: what rises from then on is told. */
	if (s->icmp)
		poll_spaces(s);
	if (s->icmp && hooks_is_user(s->hooks, "queue_full"))
		queues_poll(icmp_spaces(s->icmp), s->hooks, feed_queue, s);
	queues_drain(s->hooks, feed_queue, s);
	if (s->icmp)
		spaces_prune(icmp_spaces(s->icmp));
	if (s->uprobes)
		uprobes_tick(s->uprobes);
	s->next_poll_ns = now + SECOND_NS;
}

/* A blocked signal is kept even where it is ignored: nohup's would end the watch. */
static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN;
}

/* SIGINT and SIGTERM end the watch; SIGCHLD may be the command of `run`. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (!is_ignored(SIGHUP))
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
	s->taken = 0;
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
		} else if (w->child && !w->child_ended && info.ssi_signo != SIGINT) {
			kill(w->child, (int)info.ssi_signo);
		} else if (!w->child || w->child_ended) {
			w->stop = true;
		}
		/* SIGINT reaches the command through the terminal: it decides. */
	}
}

static int until_next_ms(const struct watch *w, uint64_t now)
{
	uint64_t until = w->s->next_poll_ns;
	uint64_t deadline = pipeline_deadline(w->s->pipeline);

	if (deadline && deadline < until)
		until = deadline;
	if (w->end_ns && w->end_ns < until)
		until = w->end_ns;
	return until <= now ? 0 : (int)((until - now + 999999) / 1000000);
}

/* By then, what the kernel woke nobody for is there: core_wake_flags(). */
enum { LOOK_AGAIN_MS = 2 };

static int poll_timeout_ms(const struct watch *w, uint64_t now)
{
	int ms = until_next_ms(w, now);

	if (w->s->taken >= RECORDS_AT_ONCE)
		return 0;
	return w->s->taken && ms > LOOK_AGAIN_MS ? LOOK_AGAIN_MS : ms;
}

static void watch_loop(struct watch *w)
{
	struct session *s = w->s;
	struct pollfd fds[] = {
		{ .fd = hooks_ring_fd(s->hooks), .events = POLLIN },
		{ .fd = w->signals_fd, .events = POLLIN },
		{ .fd = s->icmp ? icmp_fd(s->icmp) : -1, .events = POLLIN },
		{ .fd = s->sink ? output_error_fd(s->sink->out) : -1, .events = POLLIN },
		/* No events: only that the reader went away, which no write may tell for days. */
		{ .fd = s->sink ? output_fd(s->sink->out) : -1 },
	};
	const struct pollfd *out = &fds[sizeof(fds) / sizeof(fds[0]) - 1];

	while (!w->stop && !s->err && !pipeline_is_done(s->pipeline)) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);

		if (w->end_ns && now >= w->end_ns)
			return;
		poll(fds, sizeof(fds) / sizeof(fds[0]), poll_timeout_ms(w, now));
		take_signals(w);
		consume(s);
		now = clock_ns(CLOCK_MONOTONIC);
		if (now >= s->next_poll_ns)
			poll_tables(s, now);
		if (!s->err)
			s->err = pipeline_tick(s->pipeline, now);
		if (!s->err && s->sink)
			s->err = output_error(s->sink->out);
		if (!s->err && (out->revents & (POLLERR | POLLHUP)))
			s->err = -EPIPE;
	}
}

static int finish(struct session *s)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int err;

	s->finishing = true;
	/* What had happened by now, but not all of a flood that goes on. */
	for (int i = 0; i < LAST_ROUNDS && !s->err && (!i || s->taken >= RECORDS_AT_ONCE); i++)
		consume(s);
	poll_tables(s, now);
	tell_evicted(s);
	poll_destinations(s, now);
	if (s->err)
		return s->err;
	/* What is to come needs room; that nobody reads shows below. */
	if (s->sink)
		output_drain(s->sink->out, DRAIN_MS);
	err = pipeline_finish(s->pipeline, now, s->signals, s->signal_count);
	if (!err && s->sink)
		err = output_drain(s->sink->out, DRAIN_MS);
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
	s->err = write_start(s);
	session_tell_own_place(s);
	/* What the counters say at the start is what later readings are held against. */
	poll_tables(s, s->start_ns);
	/* Who waits for the ready line may look for the first record right then. */
	if (s->sink)
		output_drain(s->sink->out, FIRST_DRAIN_MS);
	say_ready(s);
	release_waiting(s);
	/* The kernel's types, parsed to arm, were most of what was ever allocated. */
	malloc_trim(0);
	watch_loop(&w);
	err = finish(s);
	close(w.signals_fd);
	if (err)
		return s->options.tap && s->options.silent ?
			       STATUS_FAILED :
			       report_sink_error(sink_place(options), err);
	return options->exit_on_findings && pipeline_has_findings(s->pipeline) ? STATUS_FINDINGS :
										 STATUS_OK;
}
