# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Clients that verify nothing, and a server that refuses a client's certificate.
. "$LAB/tls.sh"
SILENT=yes
CLIENTS="curl wget python s_client gnutls"

setup() {
	lab_pair
	tls_make self
	tls_serve b
}

provoke() { tls_try none lax; }
