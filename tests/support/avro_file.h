/* SPDX-License-Identifier: Apache-2.0 */
/* Writes Avro object container files for tests: whatever schema, codec and bytes the test wants,
 * right or wrong. */
#ifndef MU_TEST_AVRO_FILE_H
#define MU_TEST_AVRO_FILE_H

#include <stdint.h>

#include "base/str.h"

enum { AVRO_FILE_MAX = 256 * 1024 * 1024 };

void avro_long(struct mu_str *out, int64_t value);
void avro_bytes(struct mu_str *out, const void *bytes, size_t n);
void avro_text(struct mu_str *out, const char *text);
/* Header with a schema (in single quotes) and, unless NULL, a codec; `meta` adds further pairs:
 * key, value, …, NULL.
 */
void avro_header(struct mu_str *out, const char *schema, const char *codec,
                 const char *const *meta);
/* One block of `rows` rows; "deflate" is compressed, with zlib's 4 checksum bytes left behind if
 * asked. */
void avro_block(struct mu_str *out, int64_t rows, const struct mu_str *body, const char *codec);

/* One entry of a manifest of version 2 or 3, partitioned by an int. Zero means: added, inheriting,
 * data. */
struct avro_entry {
  int status;       /* 0 existing, 1 added, 2 deleted */
  int content;      /* 0 data, 1 position deletes, 2 equality deletes */
  int64_t sequence; /* 0: null */
  const char *path;
  const char *format; /* NULL: PARQUET */
  int64_t day, records, size;
  const char *about;         /* referenced_data_file */
  const char *lower, *upper; /* bounds of file_path */
  int64_t first, last;       /* bounds of pos, with lower and upper */
  const char *key;           /* key_metadata */
};
extern const char *const avro_manifest_schema;
void avro_add_entry(struct mu_str *out, const struct avro_entry *entry);
/* A manifest list of version 2 with one entry: counts are added, existing, deleted files and rows.
 */
extern const char *const avro_list_schema;
void avro_list_entry(struct mu_str *out, const char *path, int64_t length, int content,
                     int64_t sequence, const int64_t counts[6]);

#endif
