// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "host/netns.h"

int value_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || value < low || value > high)
		return -EINVAL;
	*out = value;
	return 0;
}

int value_seconds(const char *text, double *out)
{
	char *end;
	double value;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return -EINVAL;
	value = strtod(text, &end);
	if (end == text || *end || !isfinite(value) || value <= 0 || value > 1e9)
		return -EINVAL;
	*out = value;
	return 0;
}

int value_ports(const char *text, struct filter *filter, const char **why)
{
	char item[8];
	uint64_t port;

	for (;;) {
		size_t n = strcspn(text, ",");

		*why = "is no list of ports (1 to 65535)";
		if (n >= sizeof(item))
			return -EINVAL;
		snprintf(item, sizeof(item), "%.*s", (int)n, text);
		if (value_number(item, 1, 65535, &port))
			return -EINVAL;
		*why = "has more than 16 ports";
		if (filter->port_count == CONFIG_PORTS_MAX)
			return -EINVAL;
		filter->ports[filter->port_count++] = port;
		if (!text[n])
			return 0;
		text += n + 1;
	}
}

int value_cidr(const char *text, struct filter *filter, const char **why)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t bits;
	bool v4;

	*why = "is no address or prefix such as 10.0.0.0/8 or 2001:db8::/32";
	if (n >= sizeof(address))
		return -EINVAL;
	snprintf(address, sizeof(address), "%.*s", (int)n, text);
	memset(filter->addr, 0, sizeof(filter->addr));
	v4 = inet_pton(AF_INET, address, filter->addr + 12) == 1;
	if (v4)
		filter->addr[10] = filter->addr[11] = 0xff;
	else if (inet_pton(AF_INET6, address, filter->addr) != 1)
		return -EINVAL;
	bits = v4 ? 32 : 128;
	if (slash && value_number(slash + 1, 0, bits, &bits))
		return -EINVAL;
	filter->addr_bits = v4 ? 96 + bits : bits;
	filter->has_addr = true;
	return 0;
}

int value_netns(const char *text, uint32_t *out, const char **why)
{
	uint64_t inode;

	if (!value_number(text, 1, UINT32_MAX, &inode)) {
		*out = inode;
		return 0;
	}
	*out = netns_inode(text);
	*why = errno == EACCES ? "is not readable" :
				 "is neither an inode number nor the path of a network namespace";
	return *out ? 0 : -EINVAL;
}

int value_cgroup(const char *text, const char **out, const char **why)
{
	static const char *const roots[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd",
					     "/sys/fs/cgroup" };

	*why = "is no cgroup path (it must begin with /)";
	if (*text != '/')
		return -EINVAL;
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		size_t n = strlen(roots[i]);

		if (!strncmp(text, roots[i], n) && (!text[n] || text[n] == '/')) {
			text += n;
			break;
		}
	}
	*out = *text ? text : "/";
	return 0;
}

int value_codes(char *list, struct filter *filter, const char **why)
{
	char *rest = list, *word;

	while ((word = strsep(&rest, ","))) {
		const struct catalog_entry *entry = NULL;

		word += *word == '#';
		for (size_t i = 0; i < catalog_entry_count && !entry; i++)
			if (!strcasecmp(catalog_entries[i].code, word))
				entry = &catalog_entries[i];
		*why = "names a code that is not in the catalogue (see connwatch catalog)";
		if (!entry)
			return -EINVAL;
		*why = "has more than 16 codes";
		if (filter->code_count == FILTER_CODES_MAX)
			return -EINVAL;
		filter->codes[filter->code_count++] = entry->code;
	}
	return 0;
}

int value_layers(char *list, struct filter *filter, const char **why)
{
	static const char *const layers[] = { "link", "address", "route", "neighbour", "firewall",
					      "dns", "transport", "tls", "application" };
	char *rest = list, *word;

	*why = "is no layer: link, address, route, neighbour, firewall, dns, transport, tls, "
	       "application";
	while ((word = strsep(&rest, ","))) {
		size_t i = 0;

		while (i < sizeof(layers) / sizeof(layers[0]) && strcmp(layers[i], word))
			i++;
		if (i == sizeof(layers) / sizeof(layers[0]) ||
		    filter->layer_count == FILTER_LAYERS_MAX)
			return -EINVAL;
		filter->layers[filter->layer_count++] = layers[i];
	}
	return 0;
}
