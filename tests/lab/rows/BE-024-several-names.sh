# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# One address, two names: which of them a connect was for is not known when both were just looked
# up, and it is the last when that one was looked up alone. An address is no name.
. "$LAB/dns.sh"
NEEDS="dnsmasq python3"

setup() {
	lab_pair
	dns_client
	dns_serve "--host-record=other.lab.test,10.77.0.2,fd00:77::2"
	if control; then
		for several_port in 7001 7002 7003; do
			start listener$several_port b listen "$ANY" $several_port
		done
	fi
}

provoke() {
	in_ns a python3 -c "
import socket, time
family = socket.AF_INET6 if '$TYPE' == 'ipv6' else socket.AF_INET
def look(name):
    return socket.getaddrinfo(name, 7001, family, socket.SOCK_STREAM)[0][4][0]
def connect(to, port):
    try:
        socket.socket(family).connect((to, port))
    except OSError:
        pass
connect(look('$B_IP'), 7001)
first = look('$GOOD')
look('other.lab.test')
connect(first, 7002)
time.sleep(1.2)
connect(look('$GOOD'), 7003)" >"$JOB/ask.out" 2>&1
	want_also code=021 process.name=python3 destination.port=7001 !destination.domain
	want_also code=021 process.name=python3 destination.port=7002 !destination.domain
	want_also code=021 process.name=python3 destination.port=7003 "destination.domain=$GOOD"
}
