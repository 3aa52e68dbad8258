// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/recording.h"

#include <errno.h>
#include <string.h>

int recording_read_header(FILE *file, struct events_file_header *header)
{
	size_t skip;

	if (fread(header, sizeof(*header), 1, file) != 1)
		return ferror(file) ? -errno : -EINVAL;
	if (memcmp(header->magic, EVENTS_FILE_MAGIC, sizeof(header->magic)) ||
	    header->header_size < sizeof(*header) || header->header_size > RECORD_BYTES_MAX)
		return -EINVAL;
	if (header->version != EVENTS_FILE_VERSION)
		return -ENOTSUP;
	header->kernel[sizeof(header->kernel) - 1] = '\0';
	header->connwatch[sizeof(header->connwatch) - 1] = '\0';
	/* A later version may have appended to the header. */
	for (skip = header->header_size - sizeof(*header); skip; skip--)
		if (fgetc(file) == EOF)
			return -EINVAL;
	return 0;
}

int recording_read(FILE *file, void *buf, size_t *size)
{
	struct rec_hdr hdr;
	size_t n = fread(&hdr, 1, sizeof(hdr), file);

	if (!n)
		return ferror(file) ? -errno : 0;
	if (n < sizeof(hdr) || hdr.size < sizeof(hdr))
		return -EBADMSG;
	memcpy(buf, &hdr, sizeof(hdr));
	n = hdr.size - sizeof(hdr);
	if (n && fread((char *)buf + sizeof(hdr), n, 1, file) != 1)
		return ferror(file) ? -errno : -EBADMSG;
	*size = hdr.size;
	return 1;
}
