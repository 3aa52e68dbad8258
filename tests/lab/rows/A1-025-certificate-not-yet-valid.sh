# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# The certificate is not valid yet: what a clock that is behind looks like. The control shows a good one.
. "$LAB/tls.sh"

setup() {
	lab_pair
	tls_make early
	tls_serve b
}

provoke() { tls_try certificate-not-yet-valid; }
