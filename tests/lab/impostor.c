// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * impostor: prints what ssh prints when the server accepts none of its keys, by the same way, and
 * ends as ssh does. For a row that runs it by the name of ssh.
 */
#include <stdio.h>

int main(void)
{
	fprintf(stderr, "%s@%s: Permission denied (%s).\r\n", "root", "host", "publickey");
	return 255;
}
