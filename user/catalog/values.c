/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The values that templates may name: what rules set, and what a finding has of its own. */
#include "catalog/fill.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "diagnose/finding.h"

static bool put_text(const char *text, char *buf, size_t size)
{
	snprintf(buf, size, "%s", text ? text : "");
	return buf[0];
}

static bool put_number(bool known, uint64_t number, char *buf, size_t size)
{
	snprintf(buf, size, "%llu", (unsigned long long)number);
	return known;
}

/* "ip:port"; the name takes the place of an address that is not known. */
static bool put_endpoint(const struct endpoint *e, char *buf, size_t size)
{
	if (e->has_ip || !e->domain[0])
		return endpoint_text(e, buf, size)[0];
	if (e->has_port)
		snprintf(buf, size, "%s:%u", e->domain, e->port);
	else
		snprintf(buf, size, "%s", e->domain);
	return true;
}

static bool is_server_end(const struct finding *f)
{
	return f->accepted || f->direction == DIRECTION_INBOUND;
}

static const struct endpoint *finding_peer(const struct finding *f)
{
	return is_server_end(f) ? &f->source : &f->destination;
}

/* One getter a name; each is a line, so that the table below stays the only list of names. */
#define GETTER(name_, expression_)                                                      \
	static bool get_##name_(const struct finding *f, char *buf, size_t size)        \
	{                                                                               \
		return expression_;                                                     \
	}

GETTER(dst, !f->many_addresses && put_endpoint(&f->destination, buf, size))
GETTER(dst_ip, endpoint_ip_text(&f->destination, buf, size)[0])
GETTER(dst_port, put_number(f->destination.has_port, f->destination.port, buf, size))
GETTER(src, !f->many_addresses && put_endpoint(&f->source, buf, size))
GETTER(src_ip, endpoint_ip_text(&f->source, buf, size)[0])
GETTER(src_port, put_number(f->source.has_port, f->source.port, buf, size))
GETTER(peer_ip, endpoint_ip_text(finding_peer(f), buf, size)[0])
GETTER(peer, !f->many_addresses && put_endpoint(finding_peer(f), buf, size))
GETTER(domain, put_text(f->destination.domain, buf, size))
GETTER(pid, put_number(f->process.pid, f->process.pid, buf, size))
GETTER(name, put_text(f->process.name, buf, size))
GETTER(uid, put_number(f->process.has_uid, f->process.uid, buf, size))
GETTER(executable, put_text(f->process.executable, buf, size))
GETTER(cgroup, put_text(f->process.cgroup, buf, size))
GETTER(unit, put_text(f->process.unit, buf, size))
GETTER(interface, put_text(f->interface, buf, size))
GETTER(duration, f->has_duration && duration_text(f->duration_ms, buf, size))
GETTER(error, put_text(f->error_type, buf, size))
GETTER(errno, put_number(f->error > 0, (uint64_t)f->error, buf, size))
GETTER(transport, put_text(f->transport, buf, size))
GETTER(count, put_number(true, f->count, buf, size))
GETTER(syn_count, put_number(f->has_syn_retransmits, f->syn_retransmits + 1ULL, buf, size))
GETTER(retransmits, put_number(f->has_syn_retransmits, f->syn_retransmits, buf, size))
GETTER(iptables, put_text(f->ip_version == 6 ? "ip6tables" : f->ip_version ? "iptables" : "", buf,
			  size))
GETTER(ip_flag, put_text(f->ip_version == 6 ? "-6" : f->ip_version ? "-4" : "", buf, size))

/*
 * A service of this host's system manager. The units of a user's manager, or of
 * one in a container, lie below a unit; of machines, below machine.slice.
 */
static bool get_service(const struct finding *f, char *buf, size_t size)
{
	static const char slice[] = ".slice", service[] = ".service";
	const char *at = f->process.cgroup;
	size_t n = strlen(f->process.unit);

	if (f->elsewhere || f->process.container[0] || n < sizeof(service) ||
	    strcmp(f->process.unit + n + 1 - sizeof(service), service) != 0 ||
	    !strncmp(at, "/user.slice/", 12) || !strncmp(at, "/machine.slice/", 15))
		return false;
	while (*at == '/') {
		size_t length = strcspn(++at, "/");

		if (length == n && !strncmp(at, f->process.unit, n))
			return put_text(f->process.unit, buf, size);
		if (length < sizeof(slice) ||
		    strncmp(at + length + 1 - sizeof(slice), slice, sizeof(slice) - 1) != 0)
			return false;
		at += length;
	}
	return false;
}

/* The socket table that ss(8) should show. */
static bool get_ss_proto(const struct finding *f, char *buf, size_t size)
{
	return put_text(!f->transport ? "tu" : strcmp(f->transport, "udp") == 0 ? "u" : "t", buf,
			size);
}

static bool get_ss_dst(const struct finding *f, char *buf, size_t size)
{
	char ip[INET6_ADDRSTRLEN];

	endpoint_ip_text(&f->destination, ip, sizeof(ip));
	snprintf(buf, size, strchr(ip, ':') ? "[%s]" : "%s", ip);
	return ip[0];
}

/* Of what stands for failures on several ports. */
static bool put_port_count(const struct finding *f, char *buf, size_t size)
{
	if (f->port_count)
		snprintf(buf, size, "%u ports", f->port_count);
	else
		snprintf(buf, size, "%s", f->count > 1 ? "several ports" : "a port");
	return true;
}

static bool get_dst_ports(const struct finding *f, char *buf, size_t size)
{
	if (!f->destination.has_port)
		return put_port_count(f, buf, size);
	snprintf(buf, size, "port %u", f->destination.port);
	return true;
}

static bool get_this_port(const struct finding *f, char *buf, size_t size)
{
	return f->destination.has_port ? put_text("this port", buf, size) :
					 put_port_count(f, buf, size);
}

/* Where this is the client's end. */
static bool get_server_ip(const struct finding *f, char *buf, size_t size)
{
	if (is_server_end(f))
		return false;
	if (f->direction != DIRECTION_OUTBOUND && f->direction != DIRECTION_LOCAL)
		return false;
	return endpoint_ip_text(&f->destination, buf, size)[0];
}

/* What nc(1) can try: Debian's, netcat-traditional, has no IPv6, and UDP answers nothing. */
static bool get_nc_ip(const struct finding *f, char *buf, size_t size)
{
	return f->ip_version == 4 && f->transport && strcmp(f->transport, "tcp") == 0 &&
	       get_server_ip(f, buf, size);
}

/* Where this is the service's end. */
static bool get_own_port(const struct finding *f, char *buf, size_t size)
{
	return is_server_end(f) && get_dst_port(f, buf, size);
}

/* "7 SYNs": a number that is not known is left out. */
static bool get_syns(const struct finding *f, char *buf, size_t size)
{
	if (!f->has_syn_retransmits)
		return put_text("SYNs", buf, size);
	snprintf(buf, size, "%llu SYN%s", f->syn_retransmits + 1ULL, f->syn_retransmits ? "s" : "");
	return true;
}

const struct catalog_value_name catalog_value_names[] = {
	/* set by rules */
	{ "next_hop", "192.168.1.1", NULL },
	{ "device", "eth0", NULL },
	{ "probes", "3", NULL },
	{ "waiting", "12", NULL },		/* connections that wait for a neighbour */
	{ "holder", "nginx, pid 498", NULL },
	{ "holder_pid", "498", NULL },
	{ "holder_name", "nginx", NULL },
	{ "holder_age", "12 min", NULL },	/* how long its process runs */
	{ "holder_state", "ESTABLISHED", NULL },
	{ "holder_addr", "0.0.0.0:80", NULL },
	{ "listener", "127.0.0.1:80", NULL },
	{ "listener_pid", "498", NULL },
	{ "listener_name", "nginx", NULL },
	{ "nat_dst", "10.0.0.9:8080", NULL },	/* what NAT made of the destination */
	{ "nat_port", "8080", NULL },
	{ "route_table", "main", NULL },
	{ "route_type", "unreachable", NULL },
	{ "icmp_error", "host unreachable", NULL },
	{ "icmp_sender", "10.0.0.1", NULL },
	{ "ssh_user", "deploy", NULL },
	{ "resolver", "10.0.0.53", NULL },	/* address without port */
	{ "local_port_range", "32768-60999", NULL },
	{ "ports_used", "28232", NULL },
	{ "ports_total", "28232", NULL },
	{ "time_wait", "27011", NULL },
	{ "time_wait_share", "96%", NULL },	/* of the port range, with the sign */
	{ "rate", "310", NULL },		/* a second, without unit */
	{ "seconds_left", "4", NULL },
	{ "queue_depth", "129", NULL },
	{ "queue_limit", "128", NULL },
	{ "queue_limit_by", "net.core.somaxconn", NULL },
	{ "idle", "15 min", NULL },		/* duration_text() */
	{ "gave_up_after", "5.0 s", NULL },	/* duration_text() */
	{ "bind_addr", "10.9.9.9", NULL },
	{ "bind_port", "443", NULL },

	/* taken from the finding unless a rule set them */
	{ "dst", "10.0.0.7:443", get_dst },
	{ "dst_ip", "10.0.0.7", get_dst_ip },
	{ "dst_port", "443", get_dst_port },
	{ "dst_ports", "port 443", get_dst_ports },	/* "29 ports" of a fold */
	{ "this_port", "this port", get_this_port },	/* "29 ports" of a fold */
	{ "ss_dst", "[2001:db8::1]", get_ss_dst },
	{ "src", "10.0.0.5:41234", get_src },
	{ "src_ip", "10.0.0.5", get_src_ip },
	{ "src_port", "41234", get_src_port },
	{ "peer", "10.0.0.7:443", get_peer },
	{ "peer_ip", "10.0.0.7", get_peer_ip },	/* source where accepted, else dst_ip */
	{ "server_ip", "10.0.0.7", get_server_ip },	/* destination, not where accepted */
	{ "nc_ip", "10.0.0.7", get_nc_ip },	/* server_ip of IPv4 and TCP */
	{ "own_port", "443", get_own_port },	/* destination, where accepted */
	{ "domain", "api.example", get_domain },
	{ "pid", "4312", get_pid },
	{ "name", "curl", get_name },
	{ "uid", "1000", get_uid },
	{ "executable", "/usr/bin/curl", get_executable },
	{ "cgroup", "/system.slice/app.service", get_cgroup },
	{ "unit", "app.service", get_unit },
	{ "service", "app.service", get_service },	/* none in a container or for a user */
	{ "interface", "eth0", get_interface },
	{ "duration", "127 s", get_duration },
	{ "error", "ECONNREFUSED", get_error },
	{ "errno", "111", get_errno },
	{ "transport", "tcp", get_transport },
	{ "ss_proto", "t", get_ss_proto },
	{ "ip_flag", "-4", get_ip_flag },
	{ "iptables", "iptables", get_iptables },	/* or ip6tables */
	{ "count", "12", get_count },
	{ "syns", "7 SYNs", get_syns },
	{ "syn_count", "7", get_syn_count },
	{ "retransmits", "6", get_retransmits },
	{ NULL, NULL, NULL },
};

bool catalog_value(const struct finding *f, const char *name, size_t length, char *buf,
		   size_t size)
{
	for (const struct catalog_value_name *v = catalog_value_names; v->name; v++) {
		const char *set;

		if (strlen(v->name) != length || memcmp(v->name, name, length) != 0)
			continue;
		set = finding_get(f, v->name);
		if (set && set[0])
			return put_text(set, buf, size);
		return v->get && v->get(f, buf, size);
	}
	return false;
}
