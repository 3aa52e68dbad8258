// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/timewait.h"

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

enum { STATE_TIME_WAIT = 6 };	/* include/net/tcp_states.h */

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

static int take_socket(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct rec_holder *rec = data;
	uint8_t saddr[16];

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg))
		return MNL_CB_OK;
	if (rec->state || ntohs(msg->id.idiag_sport) != rec->port)
		return MNL_CB_OK;
	address_from(saddr, msg, msg->id.idiag_src);
	if (!addr_is_unspecified(rec->addr) && !addr_equal(rec->addr, saddr))
		return MNL_CB_OK;
	memcpy(rec->flow.saddr, saddr, sizeof(saddr));
	address_from(rec->flow.daddr, msg, msg->id.idiag_dst);
	rec->flow.sport = rec->port;
	rec->flow.dport = ntohs(msg->id.idiag_dport);
	rec->state = STATE_TIME_WAIT;
	return MNL_CB_OK;
}

/* 0, or a negative errno. */
static int dump(struct mnl_socket *nl, uint8_t family, struct rec_holder *rec)
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
	req->idiag_states = 1u << STATE_TIME_WAIT;
	req->id.idiag_sport = htons(rec->port);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (more > 0) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		more = n < 0 ? -1 : mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(nl),
					       take_socket, rec);
	}
	return more < 0 ? -errno : 0;
}

int timewait_find(struct rec_holder *rec)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	int err;

	if (!nl)
		return -errno;
	rec->hook = HOOK_SOCK_DIAG;
	err = mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ? -errno : dump(nl, AF_INET, rec);
	if (!err && !rec->state)
		err = dump(nl, AF_INET6, rec);
	mnl_socket_close(nl);
	return err;
}
