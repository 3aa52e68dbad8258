// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "host/rtnetlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <net/if_arp.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "host/address.h"

enum { LINKS_MAX = 64, DUMP_ROUNDS_MAX = 256 };

static const void *address_bytes(const uint8_t *addr)
{
	return addr_is_v4(addr) ? addr + 12 : addr;
}

static size_t address_size(const uint8_t *addr)
{
	return addr_is_v4(addr) ? 4 : 16;
}

static uint8_t address_family(const uint8_t *addr)
{
	return addr_is_v4(addr) ? AF_INET : AF_INET6;
}

/* Takes an address of 4 or 16 bytes; others are ignored. */
static void address_set(uint8_t *addr, const void *bytes, size_t size)
{
	if (size == 16) {
		memcpy(addr, bytes, 16);
	} else if (size == 4) {
		memset(addr, 0, 10);
		addr[10] = addr[11] = 0xff;
		memcpy(addr + 12, bytes, 4);
	}
}

/* Sends @nlh and gives every answer to @fn. 0, or a negative errno, the kernel's or our own. */
static int ask(struct nlmsghdr *nlh, mnl_cb_t fn, void *ctx)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	bool dump = (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int more = -1, err;

	if (!nl)
		return -errno;
	nlh->nlmsg_seq = 1;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		goto out;
	for (int round = 0; round < DUMP_ROUNDS_MAX; round++) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		more = n < 0 ? -1 : mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl), fn,
					       ctx);
		if (more <= 0 || !dump)
			break;
	}
out:
	err = more < 0 ? -errno : dump && more > 0 ? -E2BIG : 0;
	mnl_socket_close(nl);
	return err;
}

static int take_route(const struct nlmsghdr *nlh, void *ctx)
{
	struct rec_next_hop *rec = ctx;
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct rtmsg))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(struct rtmsg)) {
		size_t size = mnl_attr_get_payload_len(attr);
		const uint8_t *bytes = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) == RTA_OIF && size == sizeof(uint32_t))
			rec->ifindex = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			address_set(rec->addr, bytes, size);
		else if (mnl_attr_get_type(attr) == RTA_VIA && size > sizeof(struct rtvia))
			address_set(rec->addr, bytes + sizeof(struct rtvia),
				    size - sizeof(struct rtvia));
	}
	return MNL_CB_OK;
}

static int take_neighbour(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ndmsg *msg = mnl_nlmsg_get_payload(nlh);
	struct rec_next_hop *rec = ctx;

	if (nlh->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg))
		return MNL_CB_OK;
	rec->neigh_state = msg->ndm_state;
	rec->has_neigh = 1;
	return MNL_CB_OK;
}

static void ask_neighbour(struct rec_next_hop *rec)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ndmsg *msg;

	nlh->nlmsg_type = RTM_GETNEIGH;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));
	msg->ndm_family = address_family(rec->addr);
	msg->ndm_ifindex = (int)rec->ifindex;
	mnl_attr_put(nlh, NDA_DST, address_size(rec->addr), address_bytes(rec->addr));
	ask(nlh, take_neighbour, rec);
}

/* What the look-up of a route says when there is none, or one that forbids. */
static bool is_no_route(int err)
{
	return err == -ENETUNREACH || err == -EHOSTUNREACH || err == -EACCES || err == -EINVAL;
}

int rtnetlink_next_hop(struct rec_next_hop *rec)
{
	char buf[256], name[IF_NAMESIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *msg;
	int err;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));
	msg->rtm_family = address_family(rec->daddr);
	msg->rtm_dst_len = (unsigned char)(address_size(rec->daddr) * 8);
	mnl_attr_put(nlh, RTA_DST, address_size(rec->daddr), address_bytes(rec->daddr));
	memcpy(rec->addr, rec->daddr, sizeof(rec->addr));
	rec->hdr.hook = HOOK_RTNETLINK;
	err = ask(nlh, take_route, rec);
	if (err || !rec->ifindex)
		return is_no_route(err) ? 0 : err;
	if (if_indextoname(rec->ifindex, name))
		memcpy(rec->ifname, name, sizeof(rec->ifname));
	ask_neighbour(rec);
	return 0;
}

struct link {
	unsigned int ifindex;
	unsigned int flags;	/* IFF_* */
	unsigned short type;	/* ARPHRD_* */
	char name[IF_NAMESIZE];
	bool covers;
};

struct links {
	const uint8_t *daddr;
	struct link links[LINKS_MAX];
	size_t count;
};

static int take_link(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ifinfomsg *msg = mnl_nlmsg_get_payload(nlh);
	struct links *links = ctx;
	struct link *link = &links->links[links->count];
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg) ||
	    links->count == LINKS_MAX)
		return MNL_CB_OK;
	*link = (struct link){ .ifindex = (unsigned int)msg->ifi_index, .flags = msg->ifi_flags,
			       .type = msg->ifi_type };
	mnl_attr_for_each(attr, nlh, sizeof(*msg))
		if (mnl_attr_get_type(attr) == IFLA_IFNAME &&
		    !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) &&
		    mnl_attr_get_payload_len(attr) <= sizeof(link->name))
			strcpy(link->name, mnl_attr_get_str(attr));
	links->count++;
	return MNL_CB_OK;
}

static int take_address(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ifaddrmsg *msg = mnl_nlmsg_get_payload(nlh);
	uint8_t addr[16] = { 0 };
	struct links *links = ctx;
	const struct nlattr *attr;
	unsigned int bits;

	if (nlh->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg))
		return MNL_CB_OK;
	/* IFA_ADDRESS is the prefix's; on a point-to-point link it is the far end's. */
	mnl_attr_for_each(attr, nlh, sizeof(*msg))
		if (mnl_attr_get_type(attr) == IFA_ADDRESS)
			address_set(addr, mnl_attr_get_payload(attr),
				    mnl_attr_get_payload_len(attr));
	bits = msg->ifa_prefixlen + (addr_is_v4(addr) ? 96u : 0);
	if (addr_is_unspecified(addr) || bits > 128 ||
	    addr_is_v4(addr) != addr_is_v4(links->daddr) ||
	    !addr_in_prefix(links->daddr, addr, bits))
		return MNL_CB_OK;
	for (size_t i = 0; i < links->count; i++)
		if (links->links[i].ifindex == msg->ifa_index)
			links->links[i].covers = true;
	return MNL_CB_OK;
}

static int dump(uint16_t type, mnl_cb_t fn, void *ctx)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtgenmsg *msg;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));
	msg->rtgen_family = AF_UNSPEC;
	return ask(nlh, fn, ctx);
}

static bool is_up(const struct link *link)
{
	return (link->flags & IFF_UP) && (link->flags & IFF_RUNNING);
}

/* The one that covers the address; else the only candidate, when nothing else is up. */
static const struct link *choose(const struct links *links)
{
	const struct link *only = NULL;
	size_t candidates = 0, up = 0;

	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->links[i];

		if (link->flags & IFF_LOOPBACK)
			continue;
		up += is_up(link);
		if (is_up(link) || link->type != ARPHRD_ETHER)
			continue;
		if (link->covers)
			return link;
		only = link;
		candidates++;
	}
	return candidates == 1 && !up ? only : NULL;
}

int rtnetlink_down_link(struct rec_down_link *rec)
{
	struct links links = { .daddr = rec->daddr };
	const struct link *link;
	int err;

	rec->hdr.hook = HOOK_RTNETLINK;
	err = dump(RTM_GETLINK, take_link, &links);
	if (!err)
		err = dump(RTM_GETADDR, take_address, &links);
	link = err ? NULL : choose(&links);
	if (!link)
		return err;
	rec->ifindex = link->ifindex;
	memcpy(rec->ifname, link->name, sizeof(rec->ifname));
	rec->flags = (link->covers ? DOWN_LINK_COVERS : 0) |
		     (link->flags & IFF_UP ? DOWN_LINK_NO_CARRIER : 0);
	return 0;
}

static int find_address(const struct nlmsghdr *nlh, void *ctx)
{
	const struct ifaddrmsg *msg = mnl_nlmsg_get_payload(nlh);
	struct rec_address *rec = ctx;
	uint8_t addr[16] = { 0 };
	const struct nlattr *attr;
	uint32_t flags;

	if (nlh->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg))
		return MNL_CB_OK;
	flags = msg->ifa_flags;
	mnl_attr_for_each(attr, nlh, sizeof(*msg)) {
		uint16_t type = mnl_attr_get_type(attr);

		/* On a point-to-point link IFA_LOCAL is ours; it comes after IFA_ADDRESS. */
		if (type == IFA_ADDRESS || type == IFA_LOCAL)
			address_set(addr, mnl_attr_get_payload(attr),
				    mnl_attr_get_payload_len(attr));
		else if (type == IFA_FLAGS && !mnl_attr_validate(attr, MNL_TYPE_U32))
			flags = mnl_attr_get_u32(attr);
	}
	if (addr_equal(addr, rec->addr))
		rec->flags = ADDRESS_PRESENT |
			     (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) ? ADDRESS_TENTATIVE : 0);
	return MNL_CB_OK;
}

int rtnetlink_address(struct rec_address *rec)
{
	rec->hdr.hook = HOOK_RTNETLINK;
	return dump(RTM_GETADDR, find_address, rec);
}
