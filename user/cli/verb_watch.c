// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/session.h"
#include "cli/verbs.h"

int verb_watch(struct options *options)
{
	struct session_options session_options = { .options = options };
	struct session *session;
	int status = session_open(&session, &session_options);

	if (status)
		return status;
	status = session_run(session, 0, NULL);
	session_close(session);
	return status;
}
