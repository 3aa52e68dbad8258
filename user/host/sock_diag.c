// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/sock_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "host/address.h"

/* include/net/tcp_states.h */
enum { STATE_TIME_WAIT = 6, STATE_LISTEN = 10 };

static void address_from(uint8_t *addr, const struct inet_diag_msg *msg, const __be32 *words)
{
	if (msg->idiag_family == AF_INET6) {
		memcpy(addr, words, 16);
		return;
	}
	memset(addr, 0, 16);
	addr[10] = addr[11] = 0xff;
	memcpy(addr + 12, words, 4);
}

/* What is asked of one namespace; @take is called for every socket of the answer. */
struct question {
	int state;
	uint16_t port;
	void (*take)(const struct nlmsghdr *nlh, const struct question *question);
	sockets_row_fn fn;
	void *ctx;
};

/* The kernel does not hold TIME_WAIT sockets against the port that was asked for. */
static int take_message(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	const struct question *question = data;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*msg) &&
	    ntohs(msg->id.idiag_sport) == question->port)
		question->take(nlh, question);
	return MNL_CB_OK;
}

/* 0, or a negative errno. */
static int dump(struct mnl_socket *nl, uint8_t family, struct question *question)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req;
	unsigned int seq = (unsigned int)time(NULL);
	int more = 1;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = seq;
	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = family;
	req->sdiag_protocol = IPPROTO_TCP;
	req->idiag_states = 1u << question->state;
	req->id.idiag_sport = htons(question->port);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (more > 0) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		more = n < 0 ? -1 : mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(nl),
					       take_message, question);
	}
	return more < 0 ? -errno : 0;
}

/* Asks of both families. 0, or a negative errno. */
static int ask(struct question *question)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	int err;

	if (!nl)
		return -errno;
	err = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ? -errno : dump(nl, AF_INET, question);
	if (!err)
		err = dump(nl, AF_INET6, question);
	mnl_socket_close(nl);
	return err;
}

static void take_timewait(const struct nlmsghdr *nlh, const struct question *question)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct rec_holder *rec = question->ctx;
	uint8_t saddr[16];

	if (rec->state)
		return;
	address_from(saddr, msg, msg->id.idiag_src);
	if (!addr_is_unspecified(rec->addr) && !addr_equal(rec->addr, saddr))
		return;
	memcpy(rec->flow.saddr, saddr, sizeof(saddr));
	address_from(rec->flow.daddr, msg, msg->id.idiag_dst);
	rec->flow.sport = rec->port;
	rec->flow.dport = ntohs(msg->id.idiag_dport);
	rec->state = STATE_TIME_WAIT;
}

int sock_diag_timewait(struct rec_holder *rec)
{
	struct question question = {
		.state = STATE_TIME_WAIT, .port = rec->port, .take = take_timewait, .ctx = rec,
	};

	rec->hook = HOOK_SOCK_DIAG;
	return ask(&question);
}

static int take_v6only(const struct nlattr *attr, void *ctx)
{
	struct socket_row *row = ctx;

	if (mnl_attr_get_type(attr) == INET_DIAG_SKV6ONLY &&
	    !mnl_attr_validate(attr, MNL_TYPE_U8))
		row->v6only = mnl_attr_get_u8(attr) != 0;
	return MNL_CB_OK;
}

static void take_listener(const struct nlmsghdr *nlh, const struct question *question)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct socket_row row = {
		.inode = msg->idiag_inode, .state = msg->idiag_state,
		.flow = { .sport = question->port, .ifindex = msg->id.idiag_if,
			  .v6_socket = msg->idiag_family == AF_INET6 },
	};

	address_from(row.flow.saddr, msg, msg->id.idiag_src);
	mnl_attr_parse(nlh, sizeof(*msg), take_v6only, &row);
	question->fn(question->ctx, &row);
}

int sock_diag_listeners(uint16_t port, sockets_row_fn fn, void *ctx)
{
	struct question question = {
		.state = STATE_LISTEN, .port = port, .take = take_listener, .fn = fn, .ctx = ctx,
	};

	return ask(&question);
}
