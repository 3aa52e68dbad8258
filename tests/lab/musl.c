// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* musl NAME: a program whose libc is musl looks a name up; built where there is musl-gcc. */
#include <netdb.h>
#include <stddef.h>

int main(int argc, char **argv)
{
	struct addrinfo *found;

	return argc != 2 || getaddrinfo(argv[1], NULL, NULL, &found);
}
