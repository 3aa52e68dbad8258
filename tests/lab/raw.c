// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the lab needs beyond an application's calls:
 *
 *   raw syn N SOURCE DESTINATION PORT   bare SYNs to PORT and the N-1 ports after it
 *   raw flood N SOURCE DESTINATION PORT the same to PORT alone, from N ports
 *   raw forbid CGROUP                   a BPF program there refuses every connect() until it is killed
 *
 * `syn` ends with a line "result …", `forbid` says "ready 0", as provoke does.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "raw: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* RFC 1071 */
static uint16_t checksum(const void *data, size_t size, uint32_t sum)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The pseudo header of RFC 9293 section 3.1, as a running sum. */
static uint32_t pseudo_sum(const uint8_t *source, const uint8_t *destination, size_t size)
{
	uint32_t sum = IPPROTO_TCP + sizeof(struct tcphdr);

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)(source[i] << 8 | source[i + 1]) +
		       (uint32_t)(destination[i] << 8 | destination[i + 1]);
	return sum;
}

/* The kernel adds the IP header; the source is the socket's. */
static int send_syns(int n, const char *from, const char *to, int port, bool one_port)
{
	bool v6 = strchr(to, ':');
	struct sockaddr_in6 source6 = { .sin6_family = AF_INET6 }, to6 = source6;
	struct sockaddr_in source4 = { .sin_family = AF_INET }, to4 = source4;
	void *source = v6 ? (void *)&source6.sin6_addr : (void *)&source4.sin_addr;
	void *destination = v6 ? (void *)&to6.sin6_addr : (void *)&to4.sin_addr;
	int family = v6 ? AF_INET6 : AF_INET;
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0 || inet_pton(family, from, source) != 1 || inet_pton(family, to, destination) != 1)
		die("socket or address");
	if (bind(fd, v6 ? (void *)&source6 : (void *)&source4,
		 v6 ? sizeof(source6) : sizeof(source4)))
		die("bind");
	for (int i = 0; i < n; i++) {
		struct tcphdr tcp = { .source = htons((uint16_t)(40000 + (one_port ? i : 0))),
				      .dest = htons((uint16_t)(port + (one_port ? 0 : i))),
				      .seq = htonl(0x10000u + (uint32_t)i), .doff = 5, .syn = 1,
				      .window = htons(1024) };

		tcp.check = htons(checksum(&tcp, sizeof(tcp),
					   pseudo_sum(source, destination, v6 ? 16 : 4)));
		if (sendto(fd, &tcp, sizeof(tcp), 0, v6 ? (void *)&to6 : (void *)&to4,
			   v6 ? sizeof(to6) : sizeof(to4)) < 0)
			die("sendto");
	}
	close(fd);
	printf("result op=syn errno=0 error=OK src=- sport=- dst=- dport=- pid=%d tid=%d uid=0 "
	       "name=raw netns=0\n", getpid(), getpid());
	return 0;
}

_Noreturn static void forbid(const char *path)
{
	static const enum bpf_attach_type types[] = { BPF_CGROUP_INET4_CONNECT,
						      BPF_CGROUP_INET6_CONNECT };
	static const struct bpf_insn refuse[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (cgroup < 0)
		die(path);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = types[i]);
		int program = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "lab_forbid", "GPL",
					    refuse, sizeof(refuse) / sizeof(refuse[0]), &opts);

		/* The link goes with this process. */
		if (program < 0 || bpf_link_create(program, cgroup, types[i], NULL) < 0)
			die("bpf");
	}
	printf("ready 0\n");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	prctl(PR_SET_NAME, "cwl-raw");
	alarm(600);
	if (argc == 6 && (!strcmp(argv[1], "syn") || !strcmp(argv[1], "flood")))
		return send_syns(atoi(argv[2]), argv[3], argv[4], atoi(argv[5]),
				 argv[1][0] == 'f');
	if (argc == 3 && !strcmp(argv[1], "forbid"))
		forbid(argv[2]);
	fputs("usage: raw syn|flood N SOURCE DESTINATION PORT | raw forbid CGROUP\n", stderr);
	return 2;
}
