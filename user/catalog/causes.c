/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The causes: one row each, in the order of the codes. Templates use the names
 * of catalog_value_names (values.c). Keep summaries near 100 columns when filled,
 * briefs in the room that the text sink leaves them (catalog.h), and apostrophes
 * out of advice: there they are shell quotes.
 */
#include "catalog/catalog.h"
#include "catalog/table.h"

/* Every code has one: the facts seen prove no cause. */
#define UNEXPLAINED(code_, summary_, ...)                                               \
	{                                                                               \
		.code = code_, .id = "unexplained",                                     \
		.meaning = "It failed with this error; the facts seen prove no cause.", \
		.summary = summary_, .brief = "not proved by what was seen",            \
		.advice = LIST(__VA_ARGS__),                                            \
	}

const struct catalog_cause catalog_causes[] = {
	{
		"021", "no-listener",
		"The destination is this host, and nothing there takes connections to the port.",
		"nothing listens on {dst_ports} of this host[[ at {dst_ip}]][[; {listener} does "
		"by now]]"
		"[[; address translation had made that {nat_dst}]]",
		"nothing listens on {this_port}",
		LIST("ss -{ss_proto}lnp 'sport = :{nat_port}'   # where NAT leads",
		     "ss -{ss_proto}lnp[[ 'sport = :{dst_port}']]", "systemctl --failed"),
	},
	{
		"021", "wrong-address",
		"Something listens on that port of this host, but on another address, family or "
		"device only.",
		"nothing listens on {dst}; that port is open on {listener} only"
		"[[ ({listener_name}, pid {listener_pid})]]",
		"listens only on {listener}",
		LIST("ss -{ss_proto}lnp 'sport = :{dst_port}'",
		     "nc -zv {nc_ip} {dst_port}   # after letting the service listen there"),
	},
	{
		"021", "peer-reset",
		"The remote host answered with a reset: it is up, and the port is closed, or a "
		"firewall there rejects.",
		"{dst_ip} answered the SYN with a reset[[ after {duration}]]: "
		"nothing listens on {dst_ports} there, or a firewall rejects",
		"port is closed or rejected",
		LIST("ss -tlnp 'sport = :{dst_port}'   # on {dst_ip}",
		     "nft list ruleset | grep -n reject   # on {dst_ip}",
		     "nc -zv {nc_ip} {dst_port}   # from another host"),
	},
	{
		"021", "local-firewall-reject",
		"A firewall rule of this host rejects the packets.",
		"a firewall rule of this host rejects packets[[ to port {dst_port}]]",
		"rejected by local firewall",
		LIST("nft list ruleset | grep -n reject", "{iptables}-save -c | grep REJECT"),
	},
	{
		"021", "icmp-reject",
		"An ICMP port unreachable refused the TCP connection: the usual sign of a "
		"firewall rule.",
		"refused by an ICMP port unreachable[[ from {icmp_sender}]], not by a reset: "
		"a firewall rejects",
		"ICMP reject[[ from {icmp_sender}]]",
		LIST("nft list ruleset | grep -n reject   # on {icmp_sender}",
		     "tcpdump -ni any 'icmp or icmp6'   # while repeating the connection"),
	},
	{
		"021", "udp-port-closed",
		"The host answered a UDP packet with ICMP port unreachable: no socket on that "
		"port, or a firewall there rejects.",
		"{dst_ip} answered with ICMP port unreachable: no UDP socket on {dst_ports} "
		"there, or a firewall rejects",
		"UDP port closed or rejected",
		LIST("ss -ulnp 'sport = :{dst_port}'   # on {dst_ip}",
		     "nft list ruleset | grep -n reject   # on {dst_ip}"),
	},
	UNEXPLAINED("021", "refused[[ ({error})]]; nothing seen proves by whom",
		    "ss -{ss_proto}lnp 'sport = :{dst_port}'   # on {dst_ip}",
		    "nc -zv {nc_ip} {dst_port}"),

	{
		"022", "neighbour-failed",
		"The next hop did not answer ARP or neighbour discovery.",
		"next hop {next_hop}[[ on {device}]] did not answer ARP/ND[[ (probes sent: "
		"{probes})]]",
		"no ARP/ND from {next_hop}",
		LIST("ip neigh show to {next_hop}", "ping -c 3[[ -I {device}]] {next_hop}",
		     "ip -s link show dev {device}"),
	},
	{
		"022", "route-unreachable",
		"A route of type unreachable in this host's tables covers the destination.",
		"a route of type unreachable[[ in table {route_table}]] covers {dst_ip}",
		"its route is of type unreachable",
		LIST("ip route get {dst_ip}", "ip {ip_flag} route show table all type unreachable"),
	},
	{
		"022", "icmp-host-unreachable",
		"A router answered with ICMP host unreachable.",
		"ICMP host unreachable came back[[ from {icmp_sender}]]: "
		"the last hop does not find {peer_ip}",
		"ICMP host unreachable[[ from {icmp_sender}]]",
		LIST("mtr -rwn -c 5 {peer_ip}", "ip neigh show to {peer_ip}   # on {icmp_sender}"),
	},
	{
		"022", "icmp-prohibited",
		"A router or firewall answered with ICMP administratively prohibited.",
		"ICMP administratively prohibited came back[[ from {icmp_sender}]]: "
		"a firewall there rejects",
		"ICMP prohibited[[ from {icmp_sender}]]",
		LIST("nft list ruleset | grep -n reject   # on {icmp_sender}",
		     "mtr -rwn -c 5 {peer_ip}"),
	},
	{
		"022", "icmp-unreachable",
		"A less common ICMP destination unreachable came back, such as protocol "
		"unreachable.",
		"ICMP {icmp_error} came back[[ from {icmp_sender}]]: {peer_ip}, or a firewall "
		"before it, takes no such packets",
		"ICMP {icmp_error}",
		LIST("nft list ruleset | grep -n reject   # on {icmp_sender}",
		     "mtr -rwn -c 5 {peer_ip}"),
	},
	{
		"022", "local-firewall-reject",
		"A firewall rule of this host rejects the packets with an ICMP unreachable.",
		"a firewall rule of this host rejects packets[[ to {dst_ip}]] with ICMP "
		"unreachable",
		"rejected by local firewall",
		LIST("nft list ruleset | grep -n reject", "{iptables}-save -c | grep REJECT"),
	},
	UNEXPLAINED("022", "host unreachable[[ ({error})]]; nothing seen proves why",
		    "ip route get {peer_ip}",
		    "ip neigh",
		    "mtr -rwn -c 5 {peer_ip}"),

	{
		"023", "no-reply",
		"SYNs left this host and nothing came back: dropped on the way, or the peer is "
		"down.",
		"{syns} sent[[ in {duration}]], no answer: dropped on the way, or {dst_ip} is down"
		"[[; no ARP/ND from {next_hop}]]"
		"[[; the application gave up after {gave_up_after}]]",
		"no reply to {syns}[[ in {gave_up_after}]]",
		LIST("tcpdump -ni any host {dst_ip} and port {dst_port}   # sent? answered?",
		     "mtr -rwn -c 5 --tcp --port {dst_port} {dst_ip}"),
	},
	{
		"023", "given-up-early",
		"The application gave up before the first SYN was sent again, which is too early "
		"to call its answer late: a short limit, or another address answered first.",
		"the application gave up[[ after {gave_up_after}]], before a second SYN: "
		"no answer was late yet"
		"[[; no ARP/ND from {next_hop} so far]]",
		"given up early[[, after {gave_up_after}]]",
		LIST("mtr -rwn -c 5 --tcp --port {dst_port} {dst_ip}   # how long an answer takes",
		     "nc -zv -w 5 {nc_ip} {dst_port}"),
	},
	{
		"023", "icmp-unreachable",
		"An ICMP error had come back when the application gave up; the kernel would have "
		"gone on.",
		"ICMP {icmp_error} came back from {icmp_sender}"
		"[[; the application gave up after {gave_up_after}]]",
		"ICMP {icmp_error}",
		LIST("nft list ruleset | grep -n reject   # on {icmp_sender}",
		     "mtr -rwn -c 5 --tcp --port {dst_port} {dst_ip}"),
	},
	{
		"023", "local-firewall-drop",
		"This host dropped its own packets.",
		"this host dropped its own packets[[ to {peer}]] ({syns}[[ in {duration}]], no "
		"answer)",
		"dropped by local firewall",
		LIST("nft list ruleset | grep -n drop", "{iptables}-save -c | grep DROP",
		     "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max"
		     "   # equal: the table is full"),
	},
	{
		"023", "reverse-path-filter",
		"Replies arrive, and this host discards them: the way back differs from the way "
		"out.",
		"replies arrive[[ on {device}]] and this host discards them (rp_filter): "
		"asymmetric routing[[; timed out after {duration}]]",
		"replies dropped here by rp_filter",
		/* with slashes, because the names of VLAN devices have dots */
		LIST("sysctl net.ipv4.conf.all.rp_filter[[ net/ipv4/conf/{device}/rp_filter]]",
		     "ip route get {dst_ip}", "nstat -az TcpExtIPReversePathFilter"),
	},
	{
		"023", "accept-queue-full",
		"The listener is on this machine, here or in another namespace, and its accept "
		"queue is full.",
		"the accept queue of the listener is full[[ ({queue_depth} of {queue_limit})]]"
		"[[: {listener_name}, pid {listener_pid}]][[; no answer in {duration}]]",
		"accept queue of the listener is full",
		LIST("ss -lnt 'sport = :{dst_port}'   # on {dst_ip}: Recv-Q against Send-Q",
		     "sysctl net.core.somaxconn   # on {dst_ip}"),
	},
	{
		"023", "established-timeout",
		"The connection was up, then retransmissions or keepalives stayed unanswered.",
		"{peer_ip} stopped answering on an open connection[[ after {duration}]]"
		"[[, silent for {idle}]]: host or path down, or nothing reads there",
		"open connection fell silent",
		LIST("ping -c 3 {peer_ip}", "mtr -rwn -c 5 {peer_ip}"),
	},
	UNEXPLAINED("023", "timed out[[ after {duration}]][[ ({error})]]; nothing seen proves why",
		    "tcpdump -ni any host {peer_ip}[[ and port {dst_port}]]   # do replies come",
		    "mtr -rwn -c 5 {peer_ip}"),

	{
		"024", "nxdomain",
		"The name does not exist.",
		"{domain} does not exist (NXDOMAIN[[ from {resolver}]])",
		"name does not exist",
		LIST("dig +short -q {domain}", "getent ahosts -- {domain}"),
	},
	{
		"024", "no-data",
		"The name exists, but has no record of the type that was asked for.",
		"{domain} exists, but has no address of the kind asked for",
		"name has no address",
		LIST("dig +short A -q {domain}", "dig +short AAAA -q {domain}"),
	},
	{
		"024", "servfail",
		"The resolver could not get an answer: broken zone, DNSSEC, or its own upstream.",
		"the resolver[[ {resolver}]] got no answer for {domain} (SERVFAIL): "
		"zone, DNSSEC or upstream",
		"resolver[[ {resolver}]]: SERVFAIL",
		LIST("dig +trace -q {domain}", "dig +cd -q {domain}   # works: DNSSEC is the "
		     "reason"),
	},
	{
		"024", "query-refused",
		"The resolver refuses to answer this client.",
		"the resolver[[ {resolver}]] refuses queries from here (REFUSED, asked for "
		"{domain})",
		"resolver[[ {resolver}]]: REFUSED",
		LIST("cat /etc/resolv.conf", "dig [[@{resolver} ]]-q {domain}"),
	},
	{
		"024", "resolver-timeout",
		"The resolver did not answer in time.",
		"the resolver[[ {resolver}]] did not answer[[ in {duration}]], asked for {domain}",
		"resolver[[ {resolver}]] does not answer",
		LIST("dig +tries=1 [[@{resolver} ]]-q {domain}", "cat /etc/resolv.conf",
		     "resolvectl status"),
	},
	{
		"024", "resolver-unreachable",
		"The packets to the resolver could not be delivered.",
		"the resolver[[ {resolver}]] cannot be reached, asked for {domain}",
		"resolver[[ {resolver}]] unreachable",
		LIST("ip route get {resolver}", "cat /etc/resolv.conf", "resolvectl status"),
	},
	UNEXPLAINED("024", "resolution failed[[ ({error})]]; nothing seen proves why",
		    "dig +short -q {domain}",
		    "getent ahosts -- {domain}",
		    "cat /etc/resolv.conf"),

	{
		"025", "certificate-expired",
		"The end date of a certificate of the server's chain has passed, by this host's "
		"clock.",
		"a certificate of the server's chain has expired, or this host's clock is ahead",
		"certificate has expired",
		LIST("openssl s_client -connect {dst}[[ -servername {domain}]] </dev/null"
		     " | openssl x509 -noout -dates", "date -u"),
	},
	{
		"025", "certificate-not-yet-valid",
		"The start date of a certificate of the server's chain is in the future, by this "
		"host's clock.",
		"a certificate of the server's chain is not valid yet: this host's clock is "
		"probably behind",
		"certificate not valid yet (clock)",
		LIST("date -u", "openssl s_client -connect {dst}[[ -servername {domain}]] "
		     "</dev/null"
		     " | openssl x509 -noout -dates"),
	},
	{
		"025", "hostname-mismatch",
		"The certificate was issued for other names than the one asked for.",
		"the server's certificate is not for the name asked for[[ ({domain})]]",
		"certificate is for another name",
		LIST("openssl s_client -connect {dst}[[ -servername {domain}]] </dev/null"
		     " | openssl x509 -noout -subject -ext subjectAltName"),
	},
	{
		"025", "self-signed",
		"The certificate, or the root of its chain, is signed by itself and not trusted "
		"here.",
		"the server's certificate, or its chain's root, is self-signed and not trusted by "
		"this host",
		"self-signed certificate or root",
		LIST("openssl s_client -connect {dst}[[ -servername {domain}]] -showcerts "
		     "</dev/null",
		     "update-ca-certificates   # after adding the authority; changes what is "
		     "trusted"),
	},
	{
		"025", "unknown-issuer",
		"The issuer is not among the authorities this host trusts, or an intermediate is "
		"missing.",
		"the issuer of the server's certificate is unknown here, or an intermediate is "
		"missing",
		"certificate's issuer is not trusted",
		LIST("openssl s_client -connect {dst}[[ -servername {domain}]] -showcerts "
		     "</dev/null",
		     "update-ca-certificates   # after adding the authority; changes what is "
		     "trusted"),
	},
	{
		"025", "certificate-revoked",
		"The issuer has revoked the certificate, or another of its chain.",
		"a certificate of the server's chain was revoked by its issuer",
		"certificate was revoked",
		LIST("openssl s_client -connect {dst}[[ -servername {domain}]] -status </dev/null"),
	},
	{
		"025", "certificate-other",
		"The certificate was rejected for another reason; evidence carries the library's "
		"code.",
		"the client rejected the server's certificate for a less common reason (see "
		"evidence)",
		"certificate rejected",
		LIST("openssl s_client -connect {dst}[[ -servername {domain}]] -showcerts "
		     "</dev/null"),
	},
	UNEXPLAINED("025", "certificate rejected[[ ({error})]]; nothing seen proves why",
		    "openssl s_client -connect {dst}[[ -servername {domain}]] -showcerts "
		    "</dev/null",
		    "date -u"),

	{
		"026", "no-route",
		"No route of this host covers the destination.",
		"this host has no route to {dst_ip}",
		"no route[[ in table {route_table}]]",
		LIST("ip route get {dst_ip}",
		     "ip {ip_flag} route show default; "
		     "ip {ip_flag} rule   # or a rule: unreachable",
		     "ip -br addr"),
	},
	{
		"026", "route-blackhole",
		"A blackhole route of this host covers the destination.",
		"a blackhole route[[ in table {route_table}]] discards packets to {dst_ip}",
		"its route is a blackhole",
		LIST("ip {ip_flag} route show table all type blackhole", "ip route get {dst_ip}"),
	},
	{
		"026", "route-prohibit",
		"A prohibit route of this host covers the destination.",
		"a prohibit route[[ in table {route_table}]] forbids packets to {dst_ip}",
		"its route is of type prohibit",
		LIST("ip {ip_flag} route show table all type prohibit", "ip {ip_flag} rule"),
	},
	{
		"026", "icmp-net-unreachable",
		"A router answered with ICMP network unreachable.",
		"ICMP network unreachable came back[[ from {icmp_sender}]]: no route there to "
		"{peer_ip}",
		"ICMP: no route[[ at {icmp_sender}]]",
		LIST("mtr -rwn -c 5 {peer_ip}", "ip route get {peer_ip}   # on {icmp_sender}"),
	},
	{
		"026", "interface-down",
		"The interface that leads to the destination is down.",
		"interface {device}[[, which leads to {dst_ip},]] is down",
		"interface[[ {device}]] is down",
		LIST("ip -d link show dev {device}   # no UP: set down, maybe on purpose; "
		     "NO-CARRIER: cable or far end",
		     "ip route get {dst_ip}"),
	},
	UNEXPLAINED("026", "network unreachable[[ ({error})]]; nothing seen proves why",
		    "ip route get {peer_ip}",
		    "ip {ip_flag} rule   # blackhole, prohibit, unreachable",
		    "ip -br addr"),

	{
		"027", "held-by-listener",
		"Another socket already listens on the address and port.",
		"port {bind_port} is held by a listener[[ on {holder_addr}]][[: {holder}]]"
		"[[, running for {holder_age}]]",
		"by listener[[ {holder}]]",
		LIST("ss -{ss_proto}lnp[[ 'sport = :{bind_port}']]", "ps -fp {holder_pid}"),
	},
	{
		"027", "held-by-connection",
		"A connection that is still open uses the address and port as its own end.",
		"port {bind_port} is held by an open connection[[ ({holder_state})]][[: {holder}]]"
		"[[, running for {holder_age}]]",
		"by connection[[ of pid {holder_pid}]]",
		LIST("ss -{ss_proto}anp[[ 'sport = :{bind_port}']]", "ps -fp {holder_pid}"),
	},
	{
		"027", "held-by-time-wait",
		"Old connections in TIME_WAIT hold the port, and the program does not set "
		"SO_REUSEADDR.",
		"port {bind_port} is held by old connections in TIME_WAIT: set SO_REUSEADDR, or "
		"wait 60 s",
		"by a socket in TIME_WAIT",
		LIST("ss -tan state time-wait[[ 'sport = :{bind_port}']]"),
	},
	{
		"027", "held-by-bound-socket",
		"Another socket is bound to the address and port without listening or being "
		"connected.",
		"port {bind_port} is held by a bound socket[[ on {holder_addr}]][[: {holder}]]"
		"[[, running for {holder_age}]]",
		"by socket[[ of {holder}]]",
		LIST("ss -{ss_proto}anp[[ 'sport = :{bind_port}']]", "ps -fp {holder_pid}"),
	},
	UNEXPLAINED("027", "port in use[[ ({error})]]; nothing seen proves who holds it",
		    "ss -{ss_proto}anp[[ 'sport = :{bind_port}']]"),

	{
		"028", "ephemeral-ports-exhausted",
		"connect() found no free local port towards the destination.",
		"no local port is free for {dst}[[: {ports_used} of {ports_total} used]]"
		"[[, {time_wait} in TIME_WAIT]][[ (range {local_port_range})]]",
		"no local port left[[ in {local_port_range}]]",
		LIST("ss -Htan state time-wait dst {ss_dst} | wc -l",
		     "sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse"),
	},
	{
		"028", "connection-exists",
		"The program had bound its local port itself, and another connection, maybe one in "
		"TIME_WAIT, already leads from there to this destination.",
		"another connection already uses[[ port {src_port} of this host]] towards {dst}, "
		"and the program asked for this very port",
		"port[[ {src_port}]] is used towards there",
		LIST("ss -tanp 'sport = :{src_port} and dst {ss_dst} and dport = :{dst_port}'",
		     "sysctl net.ipv4.tcp_tw_reuse   # better: leave the port to the kernel"),
	},
	{
		"028", "time-wait-buildup",
		"Sockets in TIME_WAIT towards one destination use up the local ports.",
		"{time_wait} sockets in TIME_WAIT[[ to {dst}]][[, {time_wait_share} of the local "
		"ports]]"
		"[[, +{rate}/s]][[: exhausted in {seconds_left} s]]",
		"[[{time_wait_share} of ]]ports in TIME_WAIT",
		LIST("ss -Htan state time-wait dst {ss_dst} | wc -l",
		     "sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse"),
	},
	UNEXPLAINED("028", "no local port[[ ({error})]]; nothing seen proves what uses them",
		    "ss -s",
		    "ss -Htan state time-wait dst {ss_dst} | wc -l",
		    "sysctl net.ipv4.ip_local_port_range"),

	{
		"029", "neighbour-no-reply",
		"The next hop did not answer ARP or neighbour discovery.",
		"{next_hop}[[ on {device}]] did not answer ARP/ND[[ (probes sent: {probes})]]"
		"[[; connections waiting: {waiting}]]",
		"no ARP/ND reply[[ on {device}]][[, {probes} probes]]",
		LIST("ip neigh show to {next_hop}", "ping -c 3[[ -I {device}]] {next_hop}",
		     "ip -s link show dev {device}"),
	},
	UNEXPLAINED("029", "neighbour resolution failed[[ ({error})]]; nothing seen proves why",
		    "ip neigh show to {next_hop}",
		    "ip neigh"),

	{
		"030", "publickey-denied",
		"The server accepted none of the keys that the client offered.",
		"the ssh server[[ {dst_ip}]] accepted none of the keys offered[[ for {ssh_user}]]",
		"server accepted none of the keys",
		LIST("ssh -vvv [[-p {dst_port} ]][[-l {ssh_user} ]]{server_ip} true 2>&1 | "
		     "grep -i offering",
		     "ssh -vvv [[-p {dst_port} ]][[-l {ssh_user} ]]-- {domain} true 2>&1 | "
		     "grep -i offering",
		     "journalctl -u ssh -e   # on {dst_ip}"),
	},
	UNEXPLAINED("030", "authentication failed[[ ({error})]]; nothing seen proves why",
		    "ssh -vvv [[-p {dst_port} ]]{server_ip} true",
		    "journalctl -u ssh -e   # on {dst_ip}"),

	{
		"C01", "peer-reset",
		"A reset came while the connection was in use, from the peer or in its name.",
		"a reset from {peer_ip}, or in its name, ended the open connection"
		"[[, {idle} after the last packet]]: process died or refused the data",
		"open connection reset by peer",
		LIST("ss -tlnp 'sport = :{dst_port}'   # on {server_ip}: does the service still "
		     "run",
		     "ss -tn 'sport = :{own_port}'   # Recv-Q that stays: too slow for its "
		     "clients",
		     "journalctl --since '-5 min'   # on {dst_ip}",
		     "tcpdump -ni any host {peer_ip} and port {own_port}   # before the reset"),
	},
	{
		"C01", "peer-reset-idle",
		"The reset came after a long silence: a NAT, firewall or balancer had forgotten "
		"it.",
		"reset[[ from {peer_ip}]] after {idle} without a packet: a NAT, firewall or "
		"balancer forgot it, or the process there hung and ended",
		"reset after {idle} idle",
		LIST("sysctl net.ipv4.tcp_keepalive_time   # must be below the idle limit on the "
		     "way"),
	},
	{
		"C01", "local-firewall-reset",
		"A firewall rule of this host ended the connection with a reset.",
		"a firewall rule of this host cut the connection with a reset",
		"reset by local firewall",
		LIST("nft list ruleset | grep -n reset",
		     "{iptables}-save -c | grep tcp-reset"),
	},
	{
		"C01", "backlog-reset",
		"The accept queue was full and tcp_abort_on_overflow turned that into a reset.",
		"accept queue full[[ ({queue_depth} of {queue_limit})]] and "
		"tcp_abort_on_overflow=1: reset instead of a wait",
		"listener's accept queue overflowed",
		LIST("ss -lnt 'sport = :{dst_port}'   # Recv-Q against Send-Q",
		     "sysctl net.ipv4.tcp_abort_on_overflow net.core.somaxconn"),
	},
	UNEXPLAINED("C01", "connection reset[[ ({error})]]; nothing seen proves by whom",
		    "tcpdump -ni any host {peer_ip}[[ and port {dst_port}]]   # Flags [R]: who "
		    "sends it"),

	{
		"C02", "accept-queue-full",
		"Connections wait to be accepted and the queue is full.",
		"the accept queue[[ of {listener}]] is full[[: {queue_depth} of {queue_limit}]]"
		"[[, limited by {queue_limit_by}]][[ ({listener_name}, pid {listener_pid})]]",
		"accept queue full[[: {queue_depth}/{queue_limit}]]",
		LIST("ss -lnt 'sport = :{dst_port}'   # Recv-Q against Send-Q",
		     "sysctl net.core.somaxconn"),
	},
	{
		"C02", "syn-queue-full",
		"Half-open connections fill the queue: a SYN flood, or a very fast rise of load.",
		"the SYN queue[[ of {listener}]] is full[[: {queue_depth} of {queue_limit}]]"
		"[[, limited by {queue_limit_by}]][[ ({listener_name}, pid {listener_pid})]]",
		"SYN queue full[[: {queue_depth}/{queue_limit}]]",
		LIST("ss -Htan state syn-recv 'sport = :{dst_port}' | wc -l",
		     "sysctl net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_syncookies"),
	},
	UNEXPLAINED("C02", "backlog overflow[[ ({error})]]; nothing seen proves which limit",
		    "ss -lnt 'sport = :{dst_port}'   # Recv-Q against Send-Q",
		    "nstat -az TcpExtListenOverflows TcpExtListenDrops"),

	{
		"C03", "address-not-local",
		"No interface of this host has the address.",
		"no interface of this host has the address {bind_addr}",
		"no address of this host",
		LIST("ip -br addr", "ip route get {bind_addr}   # local means it is here"),
	},
	UNEXPLAINED("C03", "local address not available[[ ({error})]]; nothing seen proves why",
		    "ip -br addr"),

	{
		"C04", "privileged-port",
		"The port is reserved for privileged processes and the process is not one.",
		"port {bind_port} needs CAP_NET_BIND_SERVICE (below ip_unprivileged_port_start)"
		"[[; process runs as uid {uid}]]",
		"needs CAP_NET_BIND_SERVICE",
		LIST("sysctl net.ipv4.ip_unprivileged_port_start",
		     "systemctl edit {service}   # changes the unit: [Service] "
		     "AmbientCapabilities=CAP_NET_BIND_SERVICE"),
	},
	{
		"C04", "blocked-by-policy",
		"A firewall rule, cgroup BPF program, seccomp filter, security module or routing "
		"rule of type prohibit said no.",
		"a policy of this host forbids it[[ ({error})]]: firewall, cgroup BPF, seccomp, "
		"LSM or ip rule"
		"[[; cgroup {cgroup}]]",
		"blocked by policy (LSM, BPF)",
		LIST("nft list ruleset; ip[[ {ip_flag}]] rule",
		     "bpftool cgroup tree[[ /sys/fs/cgroup{cgroup}]]",
		     "journalctl -k -g denied", "{iptables}-save | grep OUTPUT"),
	},
	UNEXPLAINED("C04", "not permitted[[ ({error})]]; nothing seen proves which rule",
		    "nft list ruleset",
		    "bpftool cgroup tree[[ /sys/fs/cgroup{cgroup}]]",
		    "journalctl -k -g denied",
		    "{iptables}-save | grep OUTPUT"),
};

const size_t catalog_cause_count = sizeof(catalog_causes) / sizeof(catalog_causes[0]);
