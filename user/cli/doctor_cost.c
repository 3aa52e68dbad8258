// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* doctor --cost: a watch that shows nothing, and what the kernel counted for its programs. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/session_state.h"
#include "cli/verbs.h"
#include "kernel/cost.h"
#include "kernel/hooks.h"

enum { PROGRAMS_MAX = 256 };

struct costs {
	struct program_cost programs[PROGRAMS_MAX];
	size_t count;
	struct program_cost total;
	uint64_t elapsed_ns;
};

static void take_cost(void *ctx, const struct program_cost *cost)
{
	struct costs *costs = ctx;

	costs->total.runs += cost->runs;
	costs->total.run_time_ns += cost->run_time_ns;
	if (costs->count < PROGRAMS_MAX)
		costs->programs[costs->count++] = *cost;
}

/* The dearest first, then by name. */
static int compare(const void *a, const void *b)
{
	const struct program_cost *x = a, *y = b;

	if (x->run_time_ns != y->run_time_ns)
		return x->run_time_ns < y->run_time_ns ? 1 : -1;
	return strcmp(x->name, y->name);
}

static double ns_per_run(const struct program_cost *cost)
{
	return cost->runs ? (double)cost->run_time_ns / (double)cost->runs : 0;
}

/* Of one core's time, 0 to the number of cores. */
static double core_share(const struct costs *costs, const struct program_cost *cost)
{
	return costs->elapsed_ns ? (double)cost->run_time_ns / (double)costs->elapsed_ns : 0;
}

static json_t *cost_json(const struct costs *costs, const struct program_cost *cost)
{
	return json_pack("{s:I, s:I, s:f, s:f}", "runs", (json_int_t)cost->runs, "run_time_ns",
			 (json_int_t)cost->run_time_ns, "ns_per_run", ns_per_run(cost),
			 "core_share", core_share(costs, cost));
}

static void print_json(const struct costs *costs, const struct hooks *hooks, const char *kernel)
{
	json_t *cost = cost_json(costs, &costs->total), *programs = json_array(), *root;

	for (size_t i = 0; i < costs->count; i++) {
		json_t *program = cost_json(costs, &costs->programs[i]);

		json_object_set_new(program, "name", json_string(costs->programs[i].name));
		json_object_set_new(program, "hook", json_string(costs->programs[i].hook));
		json_array_append_new(programs, program);
	}
	json_object_set_new(cost, "seconds", json_real((double)costs->elapsed_ns / SECOND_NS));
	json_object_set_new(cost, "programs", programs);
	root = json_pack("{s:s, s:s, s:i, s:i, s:o}", "version", CONNWATCH_VERSION, "kernel",
			 kernel, "armed", (int)hooks->armed, "wanted", (int)hooks->wanted,
			 "cost", cost);
	json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(root);
}

static void print_row(const struct costs *costs, const struct program_cost *cost)
{
	printf("%10llu %13llu %8.0f %8.3f %%  ", (unsigned long long)cost->runs,
	       (unsigned long long)cost->run_time_ns, ns_per_run(cost),
	       100 * core_share(costs, cost));
	if (*cost->hook)
		printf("%-35s %s\n", cost->name, cost->hook);
	else
		printf("%s\n", cost->name);
}

static void print_text(const struct costs *costs, const struct hooks *hooks, const char *kernel)
{
	size_t idle = 0;

	printf("connwatch %s on Linux %s: %zu of %zu signals armed for %.1f s\n\n"
	       "      runs       time ns   ns/run  of a core  program and hook\n",
	       CONNWATCH_VERSION, kernel, hooks->armed, hooks->wanted,
	       (double)costs->elapsed_ns / SECOND_NS);
	for (size_t i = 0; i < costs->count; i++) {
		if (costs->programs[i].runs)
			print_row(costs, &costs->programs[i]);
		else
			idle++;
	}
	print_row(costs, &costs->total);
	if (idle)
		printf("\n%zu more programs did not run\n", idle);
}

static int measure(struct session *session, const struct options *options)
{
	struct costs *costs = calloc(1, sizeof(*costs));
	struct utsname names;
	uint64_t begin;
	int stats_fd, status;

	if (!costs)
		return STATUS_FAILED;
	/* Not before: what arming ran is no part of the watch's cost. */
	stats_fd = cost_enable();
	if (stats_fd < 0) {
		fprintf(stderr, "%s: the kernel does not count what programs cost: %s%s\n",
			program(), strerror(-stats_fd),
			stats_fd == -EPERM ? " (CAP_SYS_ADMIN is needed)" : "");
		free(costs);
		return stats_fd == -EPERM ? STATUS_PERMISSION : STATUS_UNSUPPORTED;
	}
	begin = clock_ns(CLOCK_MONOTONIC);
	status = session_run(session, 0, NULL);
	costs->elapsed_ns = clock_ns(CLOCK_MONOTONIC) - begin;
	costs->total = (struct program_cost){ .name = "total", .hook = "" };
	cost_each(session_hooks(session), take_cost, costs);
	close(stats_fd);
	qsort(costs->programs, costs->count, sizeof(costs->programs[0]), compare);
	uname(&names);
	if (options->json)
		print_json(costs, session_hooks(session), names.release);
	else
		print_text(costs, session_hooks(session), names.release);
	free(costs);
	return status ? status : finish_stdout();
}

int doctor_cost(const struct options *options)
{
	struct session_options session_options = { .options = options, .silent = true };
	struct session *session;
	int status = session_open(&session, &session_options);

	if (status)
		return status;
	status = measure(session, options);
	session_close(session);
	return status;
}
