# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Something listens on the port, but on another address, family or device of
# this host only; of one that is on its way from a process to another, nobody's name is told.
FAMILIES="v4 v6 mapped v4-family v6-family v4-device v6-device v4-flight v6-flight"
SIGNALS="tcp-state reset-sent sockets"

setup() {
	lab_pair
	device=''
	to=$A from=$LO_IP shown="$LO_IP"
	case $VARIANT-$TYPE in
	family-ipv4) to=$LO from=::1 shown=::1 ;;
	family-ipv6) to=$LO from=127.0.0.1 shown=127.0.0.1 ;;
	device-*) to=$LO from=$ANY_IP shown="$ANY_IP.*veth0" device=veth0 ;;
	esac
	if control; then from=$to; fi
	if control; then device=''; fi
	options=${device:+--device $device}
	if [ "$VARIANT" = flight ]; then options="--in-flight --accept 0"; fi
	start listener a listen $options "$from" 7001
}

provoke() {
	whose="*~cwl-listener"
	if [ "$VARIANT" = flight ]; then whose="*~of.no.process.that.was.found"; fi
	for how in "" --nonblock; do
		try a ECONNREFUSED connect $how "$to" 7001
		want code=021 cause.id=wrong-address direction=local \
			evidence.fact=listener-elsewhere "$whose" "cause.summary~$shown"
	done
}
