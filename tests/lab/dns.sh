# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
#
# What the rows of code 024 share: a name server in namespace b (dnsmasq), and programs in a that
# ask it. $ASKED is a name without records of any address, $GOOD one with both.

SIGNALS="dns-answer name-lookup"
NEEDS="dnsmasq getent"
WAIT=9000
GOOD=good.lab.test

# dns_client [OPTIONS…]: namespace a asks $B; /etc/netns is where ip netns exec looks.
dns_client() {
	dns_etc=/etc/netns/$(ns_name a)
	mkdir -p "$dns_etc"
	say "nameserver $B_IP" >"$dns_etc/resolv.conf"
	say "options timeout:1 attempts:1 $*" >>"$dns_etc/resolv.conf"
	say "hosts: files dns" >"$dns_etc/nsswitch.conf"
}

tear_down() {
	rm -f "$dns_etc/resolv.conf" "$dns_etc/nsswitch.conf"
	[ ! -d "$dns_etc" ] || rmdir "$dns_etc"
	rmdir /etc/netns 2>/dev/null
}

# dns_serve [OPTION…]: dnsmasq on $B, for the zone lab.test and what the options say.
dns_serve() {
	"$IPROUTE" netns exec "$(ns_name b)" dnsmasq --keep-in-foreground --conf-file=/dev/null \
		--no-resolv --no-hosts --no-daemon --user=root --pid-file= --bind-interfaces \
		--listen-address="$B_IP" --local=/lab.test/ --host-record="$GOOD,10.77.0.2,fd00:77::2" \
		--host-record=four.lab.test,10.77.0.2 --txt-record=empty.lab.test,nothing "$@" \
		>"$JOB/dnsmasq.out" 2>&1 </dev/null &
	track $! dnsmasq
	dns_await 53
}

# dns_await PORT: until somebody in b has the UDP port.
dns_await() {
	dns_n=0
	until in_ns b ss -Hlun "sport = :$1" | grep -q "$1"; do
		dns_n=$((dns_n + 1))
		[ $dns_n -lt 200 ] || die "nobody has port $1: $(cat "$JOB/dnsmasq.out")"
		pause 20
	done
}

# dns_ask NAME: every kind of program asks for it, through the libc and by itself.
dns_ask() {
	in_ns a getent ahosts "$1" >>"$JOB/ask.out" 2>&1
	for dns_program in curl wget python3; do
		command -v $dns_program >/dev/null || continue
		case $dns_program in
		curl) in_ns a curl -s -m 5 "http://$1:7001/" >>"$JOB/ask.out" 2>&1 ;;
		wget) in_ns a wget -q -t 1 -T 5 -O - "http://$1:7001/" >>"$JOB/ask.out" 2>&1 ;;
		python3) in_ns a python3 -c \
			"import socket; socket.getaddrinfo('$1', 7001)" >>"$JOB/ask.out" 2>&1 ;;
		esac
	done
	DNS_LAST=$?
}

# dns_want CAUSE ERROR [TERM…]: one record for each of them.
dns_want() {
	dns_cause=$1 dns_error=$2
	shift 2
	for dns_program in getent curl wget python3; do
		command -v $dns_program >/dev/null || continue
		want_also code=024 cause.id=$dns_cause "error.type=$dns_error" operation=resolve \
			layer=dns process.name=$dns_program "network.netns=$(ns_inode "$(ns_name a)")" \
			"destination.domain=$ASKED" "$@"
	done
}
