# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# One process with several connections: transfers side by side, a handshake among open connections,
# and TLS 1.2.
. "$LAB/tls.sh"

AMONG_OTHERS='
import socket, ssl, sys
name, port = sys.argv[1], int(sys.argv[2])
context = ssl.create_default_context(cafile=sys.argv[3])
if len(sys.argv) > 4:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
# The server of the handshake has but one thread: the others go elsewhere.
first = socket.create_connection((name, 7001))
middle = socket.create_connection((name, port))
last = socket.create_connection((name, 7001))
print("port", middle.getsockname()[1], flush=True)
context.wrap_socket(middle, server_hostname=name)
'

setup() {
	lab_pair
	tls_make name
	# A ticket that nobody reads would be answered with a reset.
	tls_serve b -num_tickets 0
	start other b listen "$ANY" 7001
}

one_record() {
	want_also code=025 cause.id=hostname-mismatch error.type=CERTIFICATE_VERIFY_FAILED \
		process.pid=$TLS_PID "destination.ip=$B_IP" "destination.port=$TLS_PORT" \
		"destination.domain=$NAME" "$@"
}

provoke() {
	url=https://$NAME:$TLS_PORT
	tls_exec curl -sS --parallel --cacert "$JOB/authority.pem" $url/a $url/b
	await_pid $TLS_PID 20000
	one_record
	one_record
	for old in '' 1.2; do
		tls_exec python3 -c "$AMONG_OTHERS" $NAME $TLS_PORT "$JOB/authority.pem" $old
		await_pid $TLS_PID 20000
		one_record cause.confidence=observed "source.port=$(sed -n 's/^port //p' "$JOB/client.out")"
	done
}
