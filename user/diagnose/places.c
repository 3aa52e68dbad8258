// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "diagnose/places.h"

#include <string.h>

#include "diagnose/finding.h"

static const struct rec_space *find(const struct places *places, uint32_t netns)
{
	for (size_t i = 0; i < PLACES_KEPT; i++)
		if (places->kept[i].netns == netns)
			return &places->kept[i];
	return NULL;
}

void places_learn(struct places *places, const struct rec_space *rec)
{
	struct rec_space *known = (struct rec_space *)find(places, rec->netns);

	if (rec->flags & SPACE_OWN) {
		places->own = rec->netns;
		return;
	}
	if (!known)
		known = &places->kept[places->learned++ % PLACES_KEPT];
	*known = *rec;
}

void places_mark(const struct places *places, place_look_fn look, void *ctx, struct finding *f)
{
	const struct rec_space *known;
	struct rec_space space = { 0 };

	f->elsewhere = places->own && f->netns && f->netns != places->own;
	if (!f->elsewhere)
		return;
	if (look)
		look(ctx, f->netns, f->process.pid, &space);
	else if ((known = find(places, f->netns)))
		space = *known;
	f->netns_pid = space.pid;
	memcpy(f->netns_name, space.name, sizeof(f->netns_name));
}
