/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All escape sequences that connwatch writes. */
#include "sinks/color.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool color_enabled(enum color_mode mode, int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (mode != COLOR_AUTO)
		return mode == COLOR_ALWAYS;
	if (no_color && no_color[0])
		return false;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

/*
 * Only colours of the terminal's own palette that can be read on black and on
 * white: red and magenta. Yellow and cyan vanish on white, blue on black.
 */
const char *color_severity(bool enabled, enum severity severity, bool bold)
{
	static const char *const sequences[][2] = {
		[SEVERITY_INFO] = { "\033[0m", "\033[1m" },
		[SEVERITY_WARN] = { "\033[35m", "\033[1;35m" },
		[SEVERITY_ERROR] = { "\033[31m", "\033[1;31m" },
	};

	return enabled ? sequences[severity][bold] : "";
}

const char *color_bold(bool enabled)
{
	return enabled ? "\033[1m" : "";
}

const char *color_end(bool enabled)
{
	return enabled ? "\033[0m" : "";
}
