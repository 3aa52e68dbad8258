# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The certificate is a client's, by its extended key usage. The control shows a good one.
. "$LAB/tls.sh"
# libcurl and wget do not ask GnuTLS for a purpose.
CLIENTS="curl python s_client gnutls"

setup() {
	lab_pair
	tls_make purpose
	tls_serve b
}

provoke() { tls_try certificate-other; }
