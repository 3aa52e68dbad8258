/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The codes: one row each. Ids are never reused, so rows are only added. */
#include "catalog/catalog.h"
#include "catalog/table.h"

const struct catalog_entry catalog_entries[] = {
	{
		.code = "021",
		.title = "Connection refused",
		.short_title = "refused",
		.layer = "transport",
		.severity = SEVERITY_WARN,
		.errors = LIST("ECONNREFUSED"),
		.aliases = LIST("ERR_CONNECTION_REFUSED"),
		.what = "A client's first packet was answered with a refusal, for TCP a reset: the "
			"host is reachable, the port is closed.",
		.root_causes = LIST(
			"nothing listens: stopped, crashed, not started after boot, wrong port or "
			"URL",
			"the service listens on another address family, or on 127.0.0.1 only where "
			"0.0.0.0 was meant",
			"a firewall that rejects instead of dropping",
			"a full accept queue with net.ipv4.tcp_abort_on_overflow=1",
			"in development: back end not started, wrong environment variable"),
		.next_steps = LIST(
			"ss -tulnp   # on the server: is the port there, on which address",
			"journalctl -u SERVICE -e   # on the server: why it does not run",
			"nc -zv HOST PORT   # from here and from another host",
			"nft list ruleset   # reject rules, on both ends"),
	},
	{
		.code = "022",
		.title = "No route to host",
		.short_title = "no route",
		.layer = "route",
		.severity = SEVERITY_ERROR,
		/* The latter ones: ICMP codes 7, 8, 2 and 5 (net/ipv4/icmp.c). */
		.errors = LIST("EHOSTUNREACH", "EACCES", "ENETUNREACH", "EHOSTDOWN", "ENONET",
			       "ENOPROTOOPT", "EOPNOTSUPP"),
		.aliases = LIST("ERR_ADDRESS_UNREACHABLE"),
		.what = "The packet could not be delivered to the host. In spite of the name the "
			"routing table is seldom the reason on Linux: mostly the next hop did not "
			"answer ARP or neighbour discovery, or a router or firewall said so by "
			"ICMP.",
		.root_causes = LIST(
			"the host or the gateway is down, or in another VLAN: no neighbour answers",
			"a route of type unreachable covers the destination",
			"a router on the way has lost its path (BGP, OSPF, link down)",
			"a firewall answers administratively prohibited"),
		.next_steps = LIST(
			"ip route get DEST   # which next hop, which device",
			"ip neigh   # FAILED or INCOMPLETE for that next hop",
			"ip route; ip -6 route   # default gateway, routes of type "
			"unreachable",
			"mtr -n DEST   # where the path ends"),
	},
	{
		.code = "023",
		.title = "Connection timed out",
		.short_title = "timed out",
		.layer = "transport",
		.severity = SEVERITY_ERROR,
		.errors = LIST("ETIMEDOUT", "ABANDONED"),
		.aliases = LIST("ERR_CONNECTION_TIMED_OUT", "ERR_TIMED_OUT"),
		.what = "Packets went out and nothing came back in time. Unlike a refusal there "
		"was "
			"no answer at all. ABANDONED: the application gave up before the kernel "
			"did.",
		.root_causes = LIST(
			"a firewall drops silently: this host, the peer, a cloud security group",
			"the peer is down or overloaded",
			"the listener's accept queue is full",
			"asymmetric routing: replies take another way and are discarded"),
		.next_steps = LIST(
			"tcpdump -ni any host DEST and port PORT   # do packets leave, do replies "
			"come",
			"nft list ruleset   # growing counters; or iptables-save -c, "
			"ip6tables-save -c",
			"mtr -n --tcp --port PORT DEST   # where the path ends",
			"ss -lnt   # on the server: Recv-Q against Send-Q"),
	},
	{
		.code = "024",
		.title = "Name not known",
		.short_title = "no name",
		.layer = "dns",
		.severity = SEVERITY_WARN,
		.errors = LIST("EAI_NONAME", "NXDOMAIN", "EAI_AGAIN", "SERVFAIL", "REFUSED",
			       "NODATA"),
		.aliases = LIST("ERR_NAME_NOT_RESOLVED", "DNS_PROBE_FINISHED_NXDOMAIN",
				"Name or service not known", "EAI_NODATA"),
		.what = "Name resolution failed; no connection was tried. If the address works and "
			"the name does not, it is DNS and not the network.",
		.root_causes = LIST(
			"the name does not exist: typo, expired domain, wrong or not yet "
			"propagated record",
			"the resolver is down, unreachable or refuses this client",
			"the zone is broken, or DNSSEC validation fails",
			"a stale line in /etc/hosts, or the order in /etc/nsswitch.conf"),
		.next_steps = LIST(
			"dig +short NAME   # and against another resolver: dig @1.1.1.1 NAME",
			"cat /etc/resolv.conf; resolvectl status   # who is asked",
			"getent ahosts NAME   # what programs see, /etc/hosts included",
			"ping ADDRESS   # works by address: DNS, not the network"),
	},
	{
		.code = "025",
		.title = "TLS certificate verify failed",
		.short_title = "bad cert",
		.layer = "tls",
		.severity = SEVERITY_ERROR,
		.errors = LIST("CERTIFICATE_VERIFY_FAILED"),
		.aliases = LIST("certificate verify failed", "ERR_CERT_AUTHORITY_INVALID",
				"ERR_CERT_COMMON_NAME_INVALID", "ERR_CERT_DATE_INVALID",
				"ERR_CERT_REVOKED"),
		.what = "The connection was made, then the client rejected the server's "
			"certificate.",
		.root_causes = LIST(
			"the certificate has expired",
			"it was issued for another name",
			"self-signed, an unknown authority, or a missing intermediate",
			"the client's clock is far off (a resumed or cloned virtual machine)"),
		.next_steps = LIST(
			"openssl s_client -connect HOST:PORT -showcerts </dev/null",
			"openssl x509 -in CERT.pem -noout -enddate -subject -issuer",
			"date -u   # is this host's clock right",
			"update-ca-certificates   # after adding an authority; changes what is "
			"trusted"),
	},
	{
		.code = "026",
		.title = "Network is unreachable",
		.short_title = "no net",
		.layer = "route",
		.severity = SEVERITY_ERROR,
		.errors = LIST("ENETUNREACH", "EINVAL", "EACCES", "ENETDOWN"),
		.aliases = LIST("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_ACCESS_DENIED"),
		.what = "This host's routing has no way to the destination, so nothing was sent; "
		"or "
			"a router said that its network cannot be reached.",
		.root_causes = LIST(
			"an interface is down or has no address",
			"no default gateway",
			"a VLAN is missing",
			"a blackhole or prohibit route, or such a policy rule, often left behind "
			"by a daemon",
			"IPv6 addresses are tried on a host that has IPv4 only"),
		.next_steps = LIST(
			"ip -br addr   # which interfaces are up and have an address",
			"ip route; ip -6 route   # is there a default route",
			"ip route get DEST   # what the kernel would do",
			"ip link set DEV up   # changes it: only where ip -d link shows no UP"),
	},
	{
		.code = "027",
		.title = "Address already in use",
		.short_title = "in use",
		.layer = "transport",
		.severity = SEVERITY_ERROR,
		.errors = LIST("EADDRINUSE"),
		.aliases = LIST("bind: Address already in use", "ERR_ADDRESS_IN_USE"),
		.what = "A program wanted to bind or listen on a port that another socket holds.",
		.root_causes = LIST(
			"another process owns the port",
			"an earlier instance still runs, or was started twice",
			"connections of an earlier instance are still in TIME_WAIT"),
		.next_steps = LIST(
			"ss -tlnp 'sport = :PORT'   # who holds it",
			"systemctl stop SERVICE   # stop the holder, or give one another port",
			"set SO_REUSEADDR in the program, for quick restarts"),
	},
	{
		.code = "028",
		.title = "Too many TIME_WAIT sockets",
		.short_title = "no ports",
		.layer = "transport",
		.severity = SEVERITY_ERROR,
		.errors = LIST("EADDRNOTAVAIL", "TIME_WAIT"),
		.aliases = LIST("Cannot assign requested address", "port exhaustion"),
		.what = "Local (ephemeral) ports run out: many short connections to one server, "
		"each "
			"keeping its port in TIME_WAIT for 60 seconds after its end.",
		.root_causes = LIST(
			"one client opens a new connection for every request",
			"keep-alive or the connection pool is switched off",
			"a client that binds a source port of its own and connects again",
			"a small net.ipv4.ip_local_port_range"),
		.next_steps = LIST(
			"ss -s   # how many are in TIME_WAIT",
			"use connection pooling or keep-alive in the client: the real cure",
			"sysctl net.ipv4.ip_local_port_range   # widen it",
			"sysctl net.ipv4.tcp_tw_reuse   # 1 lets new connections reuse them"),
	},
	{
		.code = "029",
		.title = "ARP resolution failed",
		.short_title = "no ARP",
		.layer = "neighbour",
		.severity = SEVERITY_ERROR,
		.errors = LIST("NEIGHBOUR_FAILED"),
		.aliases = LIST("incomplete ARP", "neighbour discovery failed"),
		.what = "The next hop on the local network did not answer ARP (IPv4) or neighbour "
			"discovery (IPv6); everything that goes through it fails.",
		.root_causes = LIST(
			"the host is down or the address is not in use",
			"wrong VLAN or switch port, cable or link down",
			"a stale entry after a change of hardware address",
			"a duplicate address"),
		.next_steps = LIST(
			"ip neigh   # FAILED or INCOMPLETE entries",
			"arping -c 3 -I DEV ADDRESS   # does anyone answer, does one answer twice",
			"ip -s link show dev DEV   # carrier, errors",
			"ip neigh flush dev DEV   # forget stale entries"),
	},
	{
		.code = "030",
		.title = "ssh: Permission denied (publickey)",
		.short_title = "ssh key",
		.layer = "application",
		.severity = SEVERITY_WARN,
		.errors = LIST("PUBLICKEY_DENIED"),
		.aliases = LIST("Permission denied (publickey)"),
		.what = "The ssh server was reached and accepted none of the keys that the client "
			"offered.",
		.root_causes = LIST(
			"the key is not in authorized_keys of that user",
			"wrong modes: .ssh must be 700, authorized_keys 600, owned by the user",
			"the client offers another key, or none"),
		.next_steps = LIST(
			"ssh -vvv USER@HOST   # which keys are offered",
			"ssh-keygen -lf KEY.pub   # compare with authorized_keys on the server",
			"ls -ld ~/.ssh ~/.ssh/authorized_keys   # on the server",
			"journalctl -u ssh -e   # on the server: why it refused"),
	},
	{
		.code = "C01",
		.title = "Connection reset",
		.short_title = "reset",
		.layer = "transport",
		.severity = SEVERITY_WARN,
		.errors = LIST("ECONNRESET"),
		.aliases = LIST("ERR_CONNECTION_RESET", "Connection reset by peer"),
		.what = "A connection that was established was cut by a reset.",
		.root_causes = LIST(
			"the server process crashed, was restarted or closed with data unread",
			"a firewall, NAT or balancer cuts idle connections",
			"the wrong protocol on that port, for example TLS against plain text"),
		.next_steps = LIST(
			"journalctl --since '-5 min'   # on the server, at the time of the reset",
			"compare the idle time before the reset with firewall and balancer limits",
			/* and, or: of one rank, from left to right; tcp[] is of IPv4 alone */
			"tcpdump -ni any 'ip6[6] = 6 and ip6[53] & 4 != 0 or "
			"tcp[13] & 4 != 0'   # RST"),
	},
	{
		.code = "C02",
		.title = "Listen backlog overflow",
		.short_title = "backlog",
		.layer = "transport",
		.severity = SEVERITY_ERROR,
		.errors = LIST("BACKLOG_FULL"),
		.aliases = LIST("SYN flooding", "ListenOverflows"),
		.what = "The queue of a listener is full: new clients see time-outs (or resets).",
		.root_causes = LIST(
			"the server accepts too slowly: overloaded, blocked or stopped",
			"the application asks for a small backlog",
			"net.core.somaxconn cuts the backlog",
			"a SYN flood"),
		.next_steps = LIST(
			"ss -lnt   # Recv-Q (waiting) against Send-Q (limit)",
			"nstat -az TcpExtListenOverflows TcpExtListenDrops",
			"sysctl net.core.somaxconn net.ipv4.tcp_max_syn_backlog",
			"raise the backlog in the application, then restart it"),
	},
	{
		.code = "C03",
		.title = "Cannot assign requested address",
		.short_title = "bad addr",
		.layer = "address",
		.severity = SEVERITY_ERROR,
		.errors = LIST("EADDRNOTAVAIL"),
		.aliases = LIST("ERR_ADDRESS_INVALID"),
		.what = "A program wanted to use a local address that this host does not have.",
		.root_causes = LIST(
			"a typo in the configuration, or one copied from another host",
			"the address is not configured yet: started before the network was up",
			"a floating address that is on another node"),
		.next_steps = LIST(
			"ip -br addr   # which addresses are here",
			"systemctl is-active network-online.target   # order at boot",
			"sysctl net.ipv4.ip_nonlocal_bind   # 1 for floating addresses"),
	},
	{
		.code = "C04",
		.title = "Not permitted",
		.short_title = "forbidden",
		.layer = "firewall",
		.severity = SEVERITY_WARN,
		.errors = LIST("EPERM", "EACCES"),
		.aliases = LIST("Permission denied", "Operation not permitted"),
		.what = "A local rule forbids the operation; nothing left this host.",
		.root_causes = LIST(
			"a port below 1024 without the privilege to bind it",
			"a firewall rule for outgoing packets",
			"a cgroup BPF program, seccomp filter or security module (SELinux, "
			"AppArmor)"),
		.next_steps = LIST(
			"nft list ruleset; ip rule; ip -6 rule   # or iptables-save, "
			"ip6tables-save",
			"bpftool cgroup tree   # programs attached to the cgroup",
			"journalctl -k -g denied   # security module",
			"sysctl net.ipv4.ip_unprivileged_port_start"),
	},
};

const size_t catalog_entry_count = sizeof(catalog_entries) / sizeof(catalog_entries[0]);

/* Where the reason lies, in spite of where the error shows. */
const struct catalog_cause_layer catalog_cause_layers[] = {
	{ "021", "local-firewall-reject", "firewall" },
	{ "022", "local-firewall-reject", "firewall" },
	{ "023", "local-firewall-drop", "firewall" },
	{ "026", "interface-down", "link" },
	{ "C01", "local-firewall-reset", "firewall" },
	{ NULL, NULL, NULL },
};
