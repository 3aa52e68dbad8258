/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filling catalogue templates: the names they may use, quoting, [[...]] groups. */
#include "catalog/fill.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "catalog/catalog.h"
#include "diagnose/finding.h"

enum { VALUE_MAX = 512 };	/* holds the longest value: a path or a DNS name with a port */

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

static const struct endpoint *finding_peer(const struct finding *f)
{
	return f->direction == DIRECTION_INBOUND ? &f->source : &f->destination;
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
GETTER(peer_port, put_number(finding_peer(f)->has_port, finding_peer(f)->port, buf, size))
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
GETTER(ip_flag, put_text(f->ip_version == 6 ? "-6" : f->ip_version ? "-4" : "", buf, size))

/* The socket table that ss(8) should show. */
static bool get_ss_proto(const struct finding *f, char *buf, size_t size)
{
	return put_text(f->transport && strcmp(f->transport, "udp") == 0 ? "u" : "t", buf, size);
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
	{ "peer_ip", "10.0.0.7", get_peer_ip },	/* source when inbound, else destination */
	{ "peer_port", "443", get_peer_port },
	{ "domain", "api.example", get_domain },
	{ "pid", "4312", get_pid },
	{ "name", "curl", get_name },
	{ "uid", "1000", get_uid },
	{ "executable", "/usr/bin/curl", get_executable },
	{ "cgroup", "/system.slice/app.service", get_cgroup },
	{ "unit", "app.service", get_unit },
	{ "interface", "eth0", get_interface },
	{ "duration", "127 s", get_duration },
	{ "error", "ECONNREFUSED", get_error },
	{ "errno", "111", get_errno },
	{ "transport", "tcp", get_transport },
	{ "ss_proto", "t", get_ss_proto },
	{ "ip_flag", "-4", get_ip_flag },
	{ "count", "12", get_count },
	{ "syns", "7 SYNs", get_syns },
	{ "syn_count", "7", get_syn_count },
	{ "retransmits", "6", get_retransmits },
	{ NULL, NULL, NULL },
};

static bool value_get(const struct finding *f, const char *name, size_t length, char *buf,
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

/* Copies @text with every ' closed, quoted in double quotes and opened again; "" if too long. */
static const char *quote_inner(const char *text, char *buf, size_t size)
{
	size_t length = 0;

	for (; *text; text++) {
		const char one[2] = { *text, '\0' };
		const char *piece = *text == '\'' ? "'\"'\"'" : one;
		size_t n = strlen(piece);

		if (length + n >= size) {
			length = 0;
			break;
		}
		memcpy(buf + length, piece, n);
		length += n;
	}
	buf[length] = '\0';
	return buf;
}

static bool shell_safe(const char *text)
{
	for (const char *p = text; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("@%+=:,./_-", *p))
			return false;
	}
	return text[0];
}

const char *shell_quote(const char *text, char *buf, size_t size)
{
	size_t length;

	if (size == 0)
		return buf;
	buf[0] = '\0';
	if (shell_safe(text)) {
		if (strlen(text) < size)
			memcpy(buf, text, strlen(text) + 1);
		return buf;
	}
	if (size < 3)
		return buf;
	quote_inner(text, buf + 1, size - 2);
	length = strlen(buf + 1);
	if (length == 0 && text[0]) {
		buf[0] = '\0';
		return buf;
	}
	buf[0] = '\'';
	buf[length + 1] = '\'';
	buf[length + 2] = '\0';
	return buf;
}

struct filler {
	const struct finding *f;
	bool shell;		/* quote the values */
	char *out;
	size_t size;
	size_t length;
	bool cut;		/* something did not fit */
	bool missing;		/* a value outside [[...]], or in the open group */
	bool in_quotes;		/* between single quotes of the template */
	bool in_group;
	bool elsewhere;		/* commands are to run in the finding's namespace */
	bool no_way;		/* and there is no way to get there */
};

static void filler_append(struct filler *s, const char *text, size_t n)
{
	size_t room = s->size - 1 - s->length;

	if (s->cut)
		return;
	if (n > room) {
		s->cut = true;
		n = room;
		/* not in the middle of a character */
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(s->out + s->length, text, n);
	s->length += n;
}

static void filler_put_value(struct filler *s, const char *name, size_t length)
{
	char value[VALUE_MAX], quoted[VALUE_MAX];
	const char *text = value;

	if (!value_get(s->f, name, length, value, sizeof(value))) {
		s->missing = true;
		text = "?";
	} else if (s->shell) {
		text = s->in_quotes ? quote_inner(value, quoted, sizeof(quoted)) :
				      shell_quote(value, quoted, sizeof(quoted));
		if (!text[0])
			s->cut = true;
	}
	filler_append(s, text, strlen(text));
}

/*
 * Tools that look at the network namespace they run in; @files: at its files
 * too, /etc/resolv.conf and the like, which containers have of their own.
 */
static const struct tool {
	const char *name;
	bool files;
} network_tools[] = {
	{ "arping", false },   { "cat", true },	      { "dig", true },	   { "getent", true },
	{ "ip", false },       { "iptables", false }, { "mtr", false },	   { "nc", false },
	{ "nft", false },      { "nstat", false },    { "openssl", false }, { "ping", false },
	{ "ss", false },       { "ssh", true },	      { "sysctl", false }, { "tcpdump", false },
};

static const struct tool *find_tool(const char *command)
{
	size_t length = strcspn(command, " ");

	for (size_t i = 0; i < sizeof(network_tools) / sizeof(network_tools[0]); i++)
		if (strlen(network_tools[i].name) == length &&
		    !strncmp(network_tools[i].name, command, length))
			return &network_tools[i];
	return NULL;
}

/* Before a command that would look at connwatch's own namespace where another is meant. */
static void filler_enter_netns(struct filler *s, const char *command)
{
	const struct tool *tool = find_tool(command);
	char quoted[VALUE_MAX], prefix[VALUE_MAX + sizeof("ip netns exec ")];

	if (!tool || !s->elsewhere)
		return;
	if (s->f->netns_name[0])
		snprintf(prefix, sizeof(prefix), "ip netns exec %s ",
			 shell_quote(s->f->netns_name, quoted, sizeof(quoted)));
	else if (s->f->netns_pid)
		snprintf(prefix, sizeof(prefix), "nsenter -t %u %s-n ", s->f->netns_pid,
			 tool->files ? "-m " : "");
	else
		s->no_way = true;
	if (!s->no_way)
		filler_append(s, prefix, strlen(prefix));
}

static bool is_next_command(const char *template, const char *p)
{
	return p - template > 2 && !strncmp(p - 2, "; ", 2);
}

static void template_fill(struct filler *s, const char *template)
{
	struct filler before = *s;	/* the state when the open group began */
	const char *end;

	for (const char *p = template; *p; p++) {
		if (p == template || (!s->in_quotes && is_next_command(template, p)))
			filler_enter_netns(s, p);
		if (strncmp(p, "[[", 2) == 0) {
			before = *s;
			s->in_group = true;
			s->missing = false;
			p++;
		} else if (s->in_group && strncmp(p, "]]", 2) == 0) {
			bool missing = s->missing;

			if (missing)
				*s = before;
			s->missing = before.missing;
			s->in_group = false;
			p++;
		} else if (*p == '{' && (end = strchr(p, '}'))) {
			filler_put_value(s, p + 1, (size_t)(end - p - 1));
			p = end;
		} else {
			s->in_quotes ^= *p == '\'';
			filler_append(s, p, 1);
		}
	}
	s->out[s->length] = '\0';
}

/* Says in a comment which namespace is meant, where no command leads there. */
static void advice_name_netns(struct filler *s, const char *template)
{
	char comment[64];

	snprintf(comment, sizeof(comment), "%s in network namespace %u",
		 strstr(template, "   # ") ? ";" : "   #", s->f->netns);
	filler_append(s, comment, strlen(comment));
	s->out[s->length] = '\0';
}

/*
 * What a template would have run "   # on 10.0.0.7" is run here when that address
 * is this host's: the words from there on go. False: nothing to take away.
 */
static bool advice_is_here(const struct finding *f, const char *template, char *here, size_t size)
{
	const char *place = strstr(template, "   # on {");

	if (!place || f->direction != DIRECTION_LOCAL || (size_t)(place - template) >= size)
		return false;
	memcpy(here, template, (size_t)(place - template));
	here[place - template] = '\0';
	return true;
}

/* A command with a hole or a cut end could do something else: such a line is not given at all. */
static void advice_add(struct finding *f, const char *template)
{
	char here[FINDING_TEXT_MAX];
	struct filler s = {
		.f = f,
		.shell = true,
		.out = f->advice[f->advice_count],
		.size = FINDING_TEXT_MAX,
		/* "# on 10.0.0.7": on another machine, for all that is known */
		.elsewhere = f->elsewhere && !strstr(template, "# on "),
	};

	if (advice_is_here(f, template, here, sizeof(here))) {
		template = here;
		s.elsewhere = f->elsewhere;
	}
	template_fill(&s, template);
	if (s.no_way)
		advice_name_netns(&s, template);
	if (s.missing || s.cut)
		s.out[0] = '\0';
	else
		f->advice_count++;
}

static void advice_add_list(struct finding *f, const char *const *templates)
{
	for (; *templates && f->advice_count < FINDING_ADVICE_MAX; templates++)
		advice_add(f, *templates);
}

/* "neighbour-failed" in words */
static void put_cause_words(const char *id, char *buf, size_t size)
{
	snprintf(buf, size, "%s", id);
	for (char *p = buf; *p; p++)
		if (*p == '-')
			*p = ' ';
}

/* What stands for many may lack what a sentence is about: then the cause in general is true. */
void catalog_fill(struct finding *f)
{
	struct filler summary = { .f = f, .out = f->summary, .size = sizeof(f->summary) };
	struct filler brief = { .f = f, .out = f->brief, .size = sizeof(f->brief) };
	bool many = f->count > 1 || f->many_addresses;

	template_fill(&summary, f->cause->summary);
	if (summary.missing && many)
		snprintf(f->summary, sizeof(f->summary), "%s", f->cause->meaning);
	template_fill(&brief, f->cause->brief);
	if (brief.missing && many)
		put_cause_words(f->cause->id, f->brief, sizeof(f->brief));
	f->advice_count = 0;
	if (f->cause->advice)
		advice_add_list(f, f->cause->advice);
	/* What is known about the code in general is better than no advice. */
	if (f->advice_count == 0)
		advice_add_list(f, f->entry->next_steps);
}
