# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
#
# What the rows of 025 share: certificates made on the spot, a server, and the programs that people
# use as clients. A row sets DEFECT, the certificate that the server shows, and CLIENTS.

NAME=server.test
TLS_PORT=7443
CLIENTS="curl wget python s_client gnutls git"
NEEDS="openssl curl wget python3 gnutls-cli git"
SIGNALS="tls-openssl tls-gnutls"
SETTLE=300

# tls_ca NAME: an authority. Its directory is also the database of what it signed and revoked.
tls_ca() {
	mkdir "$JOB/$1" && : >"$JOB/$1/index" && echo 1000 >"$JOB/$1/serial" && echo 01 >"$JOB/$1/crl"
	cat >"$JOB/$1/conf" <<-END
		[ca]
		default_ca = this
		[this]
		database = $JOB/$1/index
		serial = $JOB/$1/serial
		crlnumber = $JOB/$1/crl
		new_certs_dir = $JOB/$1
		certificate = $JOB/$1.pem
		private_key = $JOB/$1.key
		default_md = sha256
		default_crl_days = 30
		policy = any
		copy_extensions = copy
		[any]
		commonName = supplied
	END
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
		-keyout "$JOB/$1.key" -out "$JOB/$1.pem" -subj "/CN=Lab authority $1" \
		2>>"$JOB/openssl.log" || die "no authority: $(tail -n 3 "$JOB/openssl.log")"
}

# tls_certificate FILE CA SUBJECT START END [EXTENSION]: dates as YYYYMMDD.
tls_certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$JOB/$1.key" \
		-out "$JOB/$1.csr" -subj "/CN=$3" -addext "subjectAltName=DNS:$3" \
		${6:+-addext "$6"} 2>>"$JOB/openssl.log" &&
		openssl ca -batch -config "$JOB/$2/conf" -in "$JOB/$1.csr" -out "$JOB/$1.pem" \
			-startdate "${4}000000Z" -enddate "${5}000000Z" -notext 2>>"$JOB/openssl.log" ||
		die "no certificate: $(tail -n 3 "$JOB/openssl.log")"
}

# tls_make DEFECT: $JOB/server.pem, with that defect or, in a control, without any; and $JOB/crl.pem.
tls_make() {
	tls_ca authority
	if control; then
		tls_certificate server authority "$NAME" 20200101 20400101
	else
		case $1 in
		expired) tls_certificate server authority "$NAME" 20200101 20210101 ;;
		early) tls_certificate server authority "$NAME" 20390101 20400101 ;;
		name) tls_certificate server authority elsewhere.test 20200101 20400101 ;;
		purpose)
			tls_certificate server authority "$NAME" 20200101 20400101 \
				extendedKeyUsage=clientAuth
			;;
		revoked)
			tls_certificate server authority "$NAME" 20200101 20400101
			openssl ca -config "$JOB/authority/conf" -revoke "$JOB/server.pem" \
				2>>"$JOB/openssl.log" || die "cannot revoke"
			;;
		issuer)
			tls_ca stranger
			tls_certificate server stranger "$NAME" 20200101 20400101
			;;
		self)
			openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
				-keyout "$JOB/server.key" -out "$JOB/server.pem" -subj "/CN=$NAME" \
				-addext "subjectAltName=DNS:$NAME" 2>>"$JOB/openssl.log" ||
				die "no certificate"
			;;
		esac
	fi
	openssl ca -config "$JOB/authority/conf" -gencrl -out "$JOB/crl.pem" 2>>"$JOB/openssl.log" ||
		die "no revocation list"
	{ cat /etc/hosts; echo "$B_IP $NAME"; } >"$JOB/hosts"
}

# tls_serve NS [OPTION…]: a web server that shows $JOB/server.pem.
tls_serve() {
	tls_ns=$1 tls_family=-4
	shift
	[ "$TYPE" = ipv4 ] || tls_family=-6
	rm -f "$JOB/server.out"	# an earlier server's word is not this one's
	"$IPROUTE" netns exec "$(ns_name "$tls_ns")" openssl s_server $tls_family -accept $TLS_PORT \
		-cert "$JOB/server.pem" -key "$JOB/server.key" -www "$@" >"$JOB/server.out" 2>&1 \
		</dev/null &
	track $! server
	"$PROVOKE" await "$JOB/server.out" ACCEPT "$(slow 15000)" "$(pid_of server)" ||
		die "no server: $(cat "$JOB/server.out")"
}

# tls_exec COMMAND…: in namespace a, where the name is known, in the background; pid in TLS_PID.
# ip gives the command a mount namespace of its own.
tls_exec() {
	# shellcheck disable=SC2016
	"$IPROUTE" netns exec "$(ns_name a)" sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' \
		"$JOB/hosts" "$@" >"$JOB/client.out" 2>&1 </dev/null &
	TLS_PID=$!
	track $TLS_PID client
	LAB_OUR_PIDS="$LAB_OUR_PIDS,$TLS_PID"
}

PYTHON_CLIENT='
import socket, ssl, sys
name, port, lax, ca, crl = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
context = ssl.create_default_context(cafile=ca)
if lax:
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
elif crl:
    context.load_verify_locations(crl)
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
with socket.create_connection((name, port)) as plain:
    with context.wrap_socket(plain, server_hostname=name) as s:
        s.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while s.recv(65536):
            pass
'

# tls_client CLIENT [lax|crl]: runs it to its end; its status. lax: it does not mind any defect.
tls_client() {
	tls_how=${2:-}
	tls_crl=''
	[ "$tls_how" != crl ] || tls_crl=$JOB/crl.pem
	tls_ca=$JOB/authority.pem tls_url=https://$NAME:$TLS_PORT/
	case $1$tls_how in
	curl*lax) tls_exec curl -sSk "$tls_url" ;;
	curl*) tls_exec curl -sS ${tls_crl:+--crlfile "$tls_crl"} --cacert "$tls_ca" "$tls_url" ;;
	wget*lax) tls_exec wget -q --no-check-certificate -O /dev/null "$tls_url" ;;
	wget*)
		tls_exec wget -q ${tls_crl:+--crl-file="$tls_crl"} --ca-certificate="$tls_ca" \
			-O /dev/null "$tls_url"
		;;
	python*lax) tls_exec python3 -c "$PYTHON_CLIENT" $NAME $TLS_PORT lax "$tls_ca" '' ;;
	python*) tls_exec python3 -c "$PYTHON_CLIENT" $NAME $TLS_PORT '' "$tls_ca" "$tls_crl" ;;
	s_client*lax) tls_exec openssl s_client -connect $NAME:$TLS_PORT -CAfile "$tls_ca" ;;
	s_client*)
		tls_exec openssl s_client ${tls_crl:+-crl_check -CRL "$tls_crl"} -connect $NAME:$TLS_PORT \
			-verify_hostname $NAME -verify_return_error -CAfile "$tls_ca"
		;;
	gnutls*lax) tls_exec gnutls-cli --insecure -p $TLS_PORT $NAME ;;
	gnutls*)
		tls_exec gnutls-cli ${tls_crl:+--x509crlfile "$tls_crl"} --x509cafile "$tls_ca" \
			-p $TLS_PORT $NAME
		;;
	git*) tls_exec env GIT_SSL_CAINFO="$tls_ca" GIT_TERMINAL_PROMPT=0 git ls-remote "$tls_url" ;;
	esac
	await_pid $TLS_PID 20000
}

# The name that a client's process goes by, and its pid; git gives the work to a child.
tls_process() {
	case $1 in
	python) echo "process.name=python3 process.pid=$TLS_PID" ;;
	s_client) echo "process.name=openssl process.pid=$TLS_PID" ;;
	gnutls) echo "process.name=gnutls-cli process.pid=$TLS_PID" ;;
	git) echo "process.name=git-remote-http" ;;
	*) echo "process.name=$1 process.pid=$TLS_PID" ;;
	esac
}

# tls_try CAUSE [lax|crl]: every client in turn; each must fail, and be told once.
tls_try() {
	for tls_one in $CLIENTS; do
		tls_client "$tls_one" "$2"
		tls_status=$?
		if control || [ -n "$SILENT" ]; then
			[ $tls_status -eq 0 ] || [ "$tls_one" = git ] ||
				die "$tls_one ended with $tls_status: $(cat "$JOB/client.out")"
			continue
		fi
		[ $tls_status -ne 0 ] || die "$tls_one accepted the certificate"
		want_also code=025 "cause.id=$1" error.type=CERTIFICATE_VERIFY_FAILED layer=tls \
			operation=handshake network.transport=tcp "network.type=$TYPE" \
			"$(tls_process "$tls_one")" "destination.ip=$B_IP" \
			"destination.port=$TLS_PORT" "destination.domain=$NAME" "source.ip=$A_IP"
	done
}
