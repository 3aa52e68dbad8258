// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * asker: look-ups by the libc that no common program makes at will.
 *
 *   asker literal             the name of FAR_NAME, from a page that nothing has touched
 *   asker beside NAME MS      NAME in one thread; MS later another one asks for localhost
 *   asker host NAME           gethostbyname()
 *
 * The status is 1 when the name was not found.
 */
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAR = 1 << 17 };

/* Pages around one that is touched come with it, so none of those may be near. */
__attribute__((aligned(FAR))) static const char far_name[3 * FAR] = {
	[FAR] = 'n', 'o', 's', 'u', 'c', 'h', '.', 'l', 'a', 'b', '.', 't', 'e', 's', 't',
};

static int ask(const char *name)
{
	struct addrinfo *result;

	return getaddrinfo(name, NULL, NULL, &result) != 0;
}

static void *ask_beside(void *name)
{
	return ask(name) ? name : NULL;
}

static int beside(char *name, int ms)
{
	void *failed = NULL;
	pthread_t thread;

	if (pthread_create(&thread, NULL, ask_beside, name))
		return 2;
	usleep((useconds_t)ms * 1000);
	ask("localhost");
	pthread_join(thread, &failed);
	return failed != NULL;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "literal"))
		return ask(far_name + FAR);
	if (argc == 4 && !strcmp(argv[1], "beside"))
		return beside(argv[2], atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "host"))
		return gethostbyname(argv[2]) == NULL;
	fprintf(stderr, "usage: asker literal | beside NAME MS | host NAME\n");
	return 2;
}
