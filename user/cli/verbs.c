// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/verbs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/session.h"

#define OPTIONS_WATCH (OPTIONS_FILTER | OPTIONS_OUTPUT | OPTIONS_HOOKS | OPTIONS_LIVE)

const struct verb verbs[] = {
	{ "watch", "", "Shows every failed connection of the machine as it happens, until Ctrl-C.",
	  OPTIONS_WATCH, 0, 0, verb_watch },
	{ "run", "-- CMD [ARG...]",
	  "Runs CMD and shows the failures of its process tree; exits with CMD's status.",
	  OPTIONS_WATCH, 1, -1, verb_run },
	{ "doctor", "", "What this kernel allows: a line per signal, with what was tried.",
	  OPTIONS_HOOKS | OPTIONS_JSON | OPTIONS_COST, 0, 0, verb_doctor },
	{ "explain", "CODE|ERROR|CAUSE",
	  "The catalogue entry of 021, ECONNREFUSED, ERR_CONNECTION_REFUSED or a cause.",
	  0, 1, 1, verb_explain },
	{ "catalog", "", "The whole catalogue.", OPTIONS_JSON, 0, 0, verb_catalog },
	{ "record", "-o FILE", "Writes raw observations to FILE, for replay.",
	  OPTIONS_FILTER | OPTIONS_HOOKS | OPTIONS_LIVE | OPTIONS_FILE, 0, 0, verb_record },
	{ "replay", "FILE", "Shows what a recording holds, as watch would have.",
	  OPTIONS_FILTER | OPTIONS_OUTPUT, 1, 1, verb_replay },
	{ "schema", "", "JSON Schema of the NDJSON records.", 0, 0, 0, verb_schema },
};

const size_t verb_count = sizeof(verbs) / sizeof(verbs[0]);

static bool finished;

int finish_stdout(void)
{
	finished = true;
	if (!fflush(stdout) && !ferror(stdout))
		return STATUS_OK;
	return report_sink_error("stdout", errno ? -errno : -EIO);
}

/* argp prints help and version by itself and exits as if all had gone well. */
void finish_stdout_at_exit(void)
{
	if (!finished && finish_stdout())
		_exit(STATUS_FAILED);
}
