// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What an ICMP error says of the packet it is about. Foreign input: every length is checked. */
#include <netinet/in.h>
#include <string.h>

#include "kernel/icmp.h"

enum {
	ICMP_HEADER = 8,	/* RFC 792, RFC 4443: type, code, checksum, unused */
	IPV4_HEADER_MIN = 20,
	IPV6_HEADER = 40,
	PORTS = 4,		/* the first bytes of TCP and of UDP */
	V4_UNREACHABLE = 3, V4_FRAGMENTATION_NEEDED = 4, V6_UNREACHABLE = 1,
};

static uint16_t get_port(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void set_v4(uint8_t *addr, const uint8_t *v4)
{
	memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	memcpy(addr + 12, v4, 4);
}

/* Length of the IPv4 header at @data, 0 when there is none. */
static size_t v4_header(const uint8_t *data, size_t size)
{
	size_t length = size >= IPV4_HEADER_MIN && data[0] >> 4 == 4 ? (data[0] & 15) * 4u : 0;

	return length >= IPV4_HEADER_MIN && length <= size ? length : 0;
}

/* The header of the packet that the error is about; its length, 0 when it is of no use. */
static size_t take_inner_v4(const uint8_t *data, size_t size, struct rec_flow *flow)
{
	size_t length = v4_header(data, size);

	/* Only a first fragment has ports. */
	if (!length || ((data[6] & 0x1f) | data[7]))
		return 0;
	flow->family = 4;
	flow->protocol = data[9];
	set_v4(flow->saddr, data + 12);
	set_v4(flow->daddr, data + 16);
	return length;
}

static size_t take_inner_v6(const uint8_t *data, size_t size, struct rec_flow *flow)
{
	if (size < IPV6_HEADER || data[0] >> 4 != 6)
		return 0;
	flow->family = 6;
	flow->v6_socket = 1;
	flow->protocol = data[6];
	memcpy(flow->saddr, data + 8, 16);
	memcpy(flow->daddr, data + 24, 16);
	return IPV6_HEADER;
}

static bool is_unreachable(int family, const uint8_t *icmp)
{
	if (family == AF_INET6)
		return icmp[0] == V6_UNREACHABLE;
	return icmp[0] == V4_UNREACHABLE && icmp[1] != V4_FRAGMENTATION_NEEDED;
}

bool icmp_parse(const uint8_t *data, size_t size, int family, const uint8_t *sender,
		struct rec_icmp_received *out)
{
	size_t skip = family == AF_INET ? v4_header(data, size) : 0;
	struct rec_flow *flow = &out->flow;

	memset(out, 0, sizeof(*out));
	out->hdr.size = sizeof(*out);
	out->hdr.kind = REC_ICMP_RECEIVED;
	out->hdr.hook = HOOK_ICMP_RECEIVED;
	if ((family == AF_INET && !skip) || size - skip < ICMP_HEADER)
		return false;
	data += skip;
	size -= skip;
	if (!is_unreachable(family, data))
		return false;
	out->type = data[0];
	out->code = data[1];
	memcpy(out->sender, sender, sizeof(out->sender));
	data += ICMP_HEADER;
	size -= ICMP_HEADER;
	skip = family == AF_INET ? take_inner_v4(data, size, flow) :
				   take_inner_v6(data, size, flow);
	if (!skip || size - skip < PORTS ||
	    (flow->protocol != IPPROTO_TCP && flow->protocol != IPPROTO_UDP))
		return false;
	flow->sport = get_port(data + skip);
	flow->dport = get_port(data + skip + 2);
	return true;
}
