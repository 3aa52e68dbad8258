/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From bytes (the ring buffer, a recording) to records that may be trusted in form. */
#ifndef CONNWATCH_DECODE_H
#define CONNWATCH_DECODE_H

#include <stddef.h>

#include "bpf/events.h"

union record {
	struct rec_hdr hdr;
	struct rec_tcp_end tcp_end;
	struct rec_call_return call_return;
	struct rec_udp_error udp_error;
	struct rec_neigh_failed neigh_failed;
	struct rec_reset_sent reset_sent;
	struct rec_icmp_received icmp_received;
	struct rec_queue_full queue_full;
	struct rec_tls_failed tls_failed;
	struct rec_ssh_denied ssh_denied;
	struct rec_signal signal;
	struct rec_lost lost;
	struct rec_repeats repeats;
	struct rec_destination destination;
	struct rec_destinations_evicted destinations_evicted;
	struct rec_owner owner;
	struct rec_holder holder;
	struct rec_process process;
	struct rec_limits limits;
	struct rec_time_wait time_wait;
	struct rec_next_hop next_hop;
	struct rec_down_link down_link;
	struct rec_address address;
	struct rec_queue queue;
	struct rec_dns_answer dns_answer;
	struct rec_name_lookup name_lookup;
	struct rec_domain domain;
	struct rec_name_server name_server;
	struct rec_space space;
	struct rec_end end;
};

/*
 * Copies the record at @data into *@out, cut to what is known of its kind; what
 * an older version did not record yet is zero, the value of a fact not seen.
 * Every string is terminated and every enumerator within its range. 0, or
 * -EINVAL: shorter than its kind, or a size that is not @size; -ENOENT: a kind
 * this version does not know. @out is undefined then.
 */
int decode_record(const void *data, size_t size, union record *out);

/* The name of a hook as evidence gives it; "" when out of range. Static. */
const char *hook_name(unsigned int hook);

#endif
