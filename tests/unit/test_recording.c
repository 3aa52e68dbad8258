/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "cli/recording.h"
#include "records.h"

static struct events_file_header make_header(void)
{
	return (struct events_file_header){
		.magic = EVENTS_FILE_MAGIC, .version = EVENTS_FILE_VERSION,
		.header_size = sizeof(struct events_file_header),
		.wall_offset_ns = 1, .start_ns = BASE_NS, .kernel = "6.1.0", .connwatch = "0.1",
	};
}

/* A file with these bytes, at its beginning. */
static FILE *make_file(const void *bytes, size_t size)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	if (size)
		assert_int_equal(fwrite(bytes, size, 1, file), 1);
	rewind(file);
	return file;
}

static int header_of(const void *bytes, size_t size, struct events_file_header *out)
{
	FILE *file = make_file(bytes, size);
	int err = recording_read_header(file, out);

	fclose(file);
	return err;
}

static void test_header(void **state)
{
	struct events_file_header header = make_header(), out;

	(void)state;
	assert_int_equal(header_of(&header, sizeof(header), &out), 0);
	assert_memory_equal(&out, &header, sizeof(out));
}

static void test_bad_headers(void **state)
{
	struct events_file_header header, out;

	(void)state;
	header = make_header();
	header.magic[0] = 'C';
	assert_int_equal(header_of(&header, sizeof(header), &out), -EINVAL);
	header = make_header();
	header.magic[7] = '1';	/* the NUL belongs to it */
	assert_int_equal(header_of(&header, sizeof(header), &out), -EINVAL);
	header = make_header();
	header.header_size--;
	assert_int_equal(header_of(&header, sizeof(header), &out), -EINVAL);
	header.header_size = 0;
	assert_int_equal(header_of(&header, sizeof(header), &out), -EINVAL);
	header.header_size = UINT32_MAX;
	assert_int_equal(header_of(&header, sizeof(header), &out), -EINVAL);
	header = make_header();
	header.version++;
	assert_int_equal(header_of(&header, sizeof(header), &out), -ENOTSUP);
	header.version = 0;
	assert_int_equal(header_of(&header, sizeof(header), &out), -ENOTSUP);
	/* Not even a recording of a later version. */
	header.magic[0] = 'C';
	assert_int_equal(header_of(&header, sizeof(header), &out), -EINVAL);
	assert_int_equal(header_of("", 0, &out), -EINVAL);
}

static void test_cut_header(void **state)
{
	struct events_file_header header = make_header(), out;

	(void)state;
	for (size_t size = 0; size < sizeof(header); size++)
		assert_int_equal(header_of(&header, size, &out), -EINVAL);
}

static void test_unterminated_header(void **state)
{
	struct events_file_header header = make_header(), out;

	(void)state;
	memset(header.kernel, 'k', sizeof(header.kernel));
	memset(header.connwatch, 'c', sizeof(header.connwatch));
	assert_int_equal(header_of(&header, sizeof(header), &out), 0);
	assert_int_equal(strlen(out.kernel), sizeof(out.kernel) - 1);
	assert_int_equal(strlen(out.connwatch), sizeof(out.connwatch) - 1);
}

/* A later writer may have more in its header; the records begin behind it. */
static void test_longer_header(void **state)
{
	struct {
		struct events_file_header header;
		char more[24];
		struct rec_end end;
	} file = { .header = make_header(),
		   .end = { .hdr = make_hdr(REC_END, sizeof(struct rec_end), 0, 77) } };
	struct events_file_header header;
	char *buf = malloc(RECORD_BYTES_MAX);
	FILE *stream;
	size_t size;

	(void)state;
	file.header.header_size += sizeof(file.more);
	stream = make_file(&file, sizeof(file));
	assert_int_equal(recording_read_header(stream, &header), 0);
	assert_int_equal(recording_read(stream, buf, &size), 1);
	assert_int_equal(size, sizeof(file.end));
	assert_memory_equal(buf, &file.end, size);
	assert_int_equal(recording_read(stream, buf, &size), 0);
	fclose(stream);
	assert_int_equal(header_of(&file, sizeof(file.header) + 5, &header), -EINVAL);
	free(buf);
}

/* Three records of different sizes. */
static size_t make_records(unsigned char *bytes, size_t *ends)
{
	struct rec_tcp_end tcp = make_tcp_end(ECONNREFUSED, BASE_NS);
	struct rec_neigh_failed neigh = make_neigh("10.0.0.7", BASE_NS);
	struct rec_end end = { .hdr = make_hdr(REC_END, sizeof(end), 0, BASE_NS) };

	memcpy(bytes, &tcp, sizeof(tcp));
	ends[0] = sizeof(tcp);
	memcpy(bytes + ends[0], &neigh, sizeof(neigh));
	ends[1] = ends[0] + sizeof(neigh);
	memcpy(bytes + ends[1], &end, sizeof(end));
	ends[2] = ends[1] + sizeof(end);
	return ends[2];
}

/* Cut at every byte: the whole records come, then the end or the word that it is cut. */
static void test_cut_records(void **state)
{
	unsigned char bytes[1024], *buf = malloc(RECORD_BYTES_MAX);
	size_t ends[3], total = make_records(bytes, ends), got;

	(void)state;
	for (size_t cut = 0; cut <= total; cut++) {
		FILE *file = make_file(bytes, cut);
		size_t whole = 0, read = 0;
		int result;

		while (whole < 3 && ends[whole] <= cut)
			whole++;
		while ((result = recording_read(file, buf, &got)) == 1) {
			size_t begin = read ? ends[read - 1] : 0;

			assert_int_equal(got, ends[read] - begin);
			assert_memory_equal(buf, bytes + begin, got);
			read++;
		}
		assert_int_equal(read, whole);
		assert_int_equal(result, !cut || (whole && ends[whole - 1] == cut) ? 0 : -EBADMSG);
		fclose(file);
	}
	free(buf);
}

/* A size that a record cannot have: there is no way to find the next one. */
static void test_impossible_size(void **state)
{
	unsigned char *buf = malloc(RECORD_BYTES_MAX);
	size_t got;

	(void)state;
	for (uint16_t size = 0; size < sizeof(struct rec_hdr); size++) {
		struct rec_hdr hdr = make_hdr(REC_END, size, 0, 0);
		unsigned char bytes[64] = { 0 };
		FILE *file;

		memcpy(bytes, &hdr, sizeof(hdr));
		file = make_file(bytes, sizeof(bytes));
		assert_int_equal(recording_read(file, buf, &got), -EBADMSG);
		fclose(file);
	}
	free(buf);
}

/* The largest record there can be fits the promised buffer. */
static void test_largest(void **state)
{
	struct rec_hdr hdr = make_hdr(999, UINT16_MAX, 0, 0);
	unsigned char *bytes = malloc(UINT16_MAX), *buf = malloc(RECORD_BYTES_MAX);
	FILE *file;
	size_t got;

	(void)state;
	assert_true(RECORD_BYTES_MAX >= UINT16_MAX);
	memset(bytes, 0x42, UINT16_MAX);
	memcpy(bytes, &hdr, sizeof(hdr));
	file = make_file(bytes, UINT16_MAX);
	assert_int_equal(recording_read(file, buf, &got), 1);
	assert_int_equal(got, UINT16_MAX);
	assert_memory_equal(buf, bytes, UINT16_MAX);
	assert_int_equal(recording_read(file, buf, &got), 0);
	fclose(file);
	free(bytes);
	free(buf);
}

/* What cannot be read at all is no end and no damage. */
static void test_unreadable(void **state)
{
	struct events_file_header header;
	unsigned char *buf = malloc(RECORD_BYTES_MAX);
	FILE *file = fopen("/", "rb");
	size_t got;

	(void)state;
	assert_non_null(file);
	assert_int_equal(recording_read_header(file, &header), -EISDIR);
	clearerr(file);
	assert_int_equal(recording_read(file, buf, &got), -EISDIR);
	fclose(file);
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_cut_header),
		cmocka_unit_test(test_unterminated_header),
		cmocka_unit_test(test_longer_header),
		cmocka_unit_test(test_cut_records),
		cmocka_unit_test(test_impossible_size),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
