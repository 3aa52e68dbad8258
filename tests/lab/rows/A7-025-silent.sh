# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Clients that verify nothing, one that only reads the certificate, and a server that refuses a
# client's.
. "$LAB/tls.sh"
SILENT=yes
CLIENTS="curl wget python s_client gnutls"

READ_CERTIFICATE='
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[3])
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as plain:
    context.wrap_socket(plain, server_hostname=sys.argv[1]).getpeercert(True)
'

setup() {
	lab_pair
	tls_make self
	# A ticket that nobody reads would be answered with a reset.
	tls_serve b -num_tickets 0
}

provoke() {
	tls_try none lax
	tls_exec python3 -c "$READ_CERTIFICATE" $NAME $TLS_PORT "$JOB/authority.pem"
	await_pid $TLS_PID 20000 || die "$(cat "$JOB/client.out")"
	TLS_PORT=7444
	tls_serve b -Verify 1 -verify_return_error -CAfile "$JOB/authority.pem"
	tls_exec curl -sSk --cert "$JOB/server.pem" --key "$JOB/server.key" https://$NAME:$TLS_PORT/
	if await_pid $TLS_PID 20000; then die "the server accepted the client's certificate"; fi
}
