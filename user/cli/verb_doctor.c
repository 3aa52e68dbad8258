// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/session.h"
#include "cli/verbs.h"
#include "kernel/hooks.h"
#include "kernel/icmp.h"
#include "kernel/privileges.h"
#include "kernel/ssh_watch.h"
#include "kernel/uprobes.h"
#include "sinks/sanitize.h"

/* What has BPF programs on it. */
struct programs {
	struct uprobes *uprobes;
	struct ssh_watch *ssh_watch;
};

static json_t *variant_json(const struct hook_variant *variant, const struct hook_variant *chosen)
{
	json_t *object = json_pack("{s:s, s:b}", "hook", variant->hook, "armed", variant == chosen);

	if (variant->reason[0])
		json_object_set_new(object, "reason", json_string(variant->reason));
	return object;
}

static void add_library(void *ctx, const char *path, size_t probes)
{
	char text[512];

	json_array_append_new(ctx, json_pack("{s:s, s:i}", "path",
					     sanitize_text(path, text, sizeof(text)), "probes",
					     (int)probes));
}

static json_t *signal_json(const struct hook_signal *signal, const struct programs *programs)
{
	json_t *libraries = json_array();
	json_t *tried = json_array();
	json_t *object = json_pack("{s:s, s:s, s:s}", "name", signal->def->name, "gives",
				   signal->def->gives, "lost_without", signal->def->lost);

	if (signal->chosen)
		json_object_set_new(object, "hook", json_string(signal->chosen->hook));
	for (size_t i = 0; i < signal->variant_count; i++)
		json_array_append_new(tried, variant_json(&signal->variants[i], signal->chosen));
	json_object_set_new(object, "variants", tried);
	if (programs->uprobes)
		uprobes_each_library(programs->uprobes, signal->def->fact, add_library, libraries);
	ssh_watch_each(programs->ssh_watch, signal->def->fact, add_library, libraries);
	if (json_array_size(libraries))
		json_object_set(object, "libraries", libraries);
	json_decref(libraries);
	return object;
}

static void print_json(const struct hooks *hooks, const struct programs *programs,
		       const char *kernel)
{
	json_t *signals = json_array(), *root;

	for (size_t i = 0; i < hooks->signal_count; i++)
		json_array_append_new(signals, signal_json(&hooks->signals[i], programs));
	root = json_pack("{s:s, s:s, s:i, s:i, s:o}", "version", CONNWATCH_VERSION, "kernel",
			 kernel, "armed", (int)hooks->armed, "wanted", (int)hooks->wanted,
			 "signals", signals);
	json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(root);
}

static void print_library(void *ctx, const char *path, size_t probes)
{
	char text[512];

	(void)ctx;
	printf("       %s, %zu probes\n", sanitize_text(path, text, sizeof(text)), probes);
}

static void print_signal(const struct hook_signal *signal, const struct programs *programs)
{
	printf("%-4s %-17s %s\n", signal->chosen ? "ok" : "MISS", signal->def->name,
	       signal->chosen ? signal->chosen->hook : "none of its hooks could be armed");
	for (size_t i = 0; i < signal->variant_count; i++)
		if (signal->variants[i].failed)
			printf("       tried %-31s %s\n", signal->variants[i].hook,
			       signal->variants[i].reason);
	if (signal->chosen && signal->chosen->kind->blind)
		printf("       %s\n", signal->chosen->kind->blind);
	if (signal->chosen && signal->chosen->reason[0])
		printf("       %s\n", signal->chosen->reason);
	if (programs->uprobes)
		uprobes_each_library(programs->uprobes, signal->def->fact, print_library, NULL);
	ssh_watch_each(programs->ssh_watch, signal->def->fact, print_library, NULL);
	if (!signal->chosen)
		printf("       lost: %s\n", signal->def->lost);
}

static void print_text(const struct hooks *hooks, const struct programs *programs,
		       const char *kernel)
{
	printf("connwatch %s on Linux %s: %zu of %zu signals armed\n\n", CONNWATCH_VERSION, kernel,
	       hooks->armed, hooks->wanted);
	for (size_t i = 0; i < hooks->signal_count; i++)
		print_signal(&hooks->signals[i], programs);
}

int verb_doctor(struct options *options)
{
	struct hooks_options hooks_options = {
		.family = options->family, .btf_path = options->btf_path,
		.verbose = options->verbose, .tree = true,
	};
	struct hooks *hooks = NULL;
	struct icmp *icmp = NULL;
	struct programs programs = { 0 };
	struct utsname names;
	char message[512];
	int err;

	if (options->cost)
		return doctor_cost(options);
	uname(&names);
	err = privileges_check(message, sizeof(message));
	if (!err && options->btf_path &&
	    privileges_check_btf(options->btf_path, message, sizeof(message)))
		err = -EINVAL;
	if (!err)
		err = hooks_arm(&hooks, &hooks_options, message, sizeof(message));
	if (hooks && hooks->signals) {
		arm_icmp(&icmp, hooks, options);
		icmp_close(icmp);
		if (!err) {
			uprobes_open(&programs.uprobes, hooks, true);
			ssh_watch_open(&programs.ssh_watch, hooks);
		}
		if (options->json)
			print_json(hooks, &programs, names.release);
		else
			print_text(hooks, &programs, names.release);
	}
	uprobes_close(programs.uprobes);
	ssh_watch_close(programs.ssh_watch);
	hooks_disarm(hooks);
	if (!err)
		return finish_stdout();
	fprintf(stderr, "connwatch: %s\n", message);
	return err == -EPERM ? STATUS_PERMISSION : err == -ENOTSUP ? STATUS_UNSUPPORTED :
	       err == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
}
