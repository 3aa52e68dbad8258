# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The certificate is signed by itself. The control shows a good one.
. "$LAB/tls.sh"

setup() {
	lab_pair
	tls_make self
	tls_serve b
}

provoke() { tls_try self-signed; }
