# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The authority has revoked it, and the client has its list. The control shows a good one.
. "$LAB/tls.sh"
CLIENTS="curl wget python s_client gnutls"

setup() {
	lab_pair
	tls_make revoked
	tls_serve b
}

provoke() { tls_try certificate-revoked crl; }
