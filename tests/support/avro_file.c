/* SPDX-License-Identifier: Apache-2.0 */
#include "support/avro_file.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static const char sync_marker[17] = "muster-test-sync";

const char *const avro_manifest_schema =
    "{'type':'record','name':'manifest_entry','fields':["
    "{'name':'status','type':'int','field-id':0},"
    "{'name':'snapshot_id','type':['null','long'],'field-id':1},"
    "{'name':'sequence_number','type':['null','long'],'field-id':3},"
    "{'name':'data_file','field-id':2,'type':{'type':'record','name':'r2','fields':["
    "{'name':'content','type':'int','field-id':134},"
    "{'name':'file_path','type':'string','field-id':100},"
    "{'name':'file_format','type':'string','field-id':101},"
    "{'name':'partition','field-id':102,'type':{'type':'record','name':'r102','fields':["
    "{'name':'day','type':{'type':'int','logicalType':'date'},'field-id':1000}]}},"
    "{'name':'record_count','type':'long','field-id':103},"
    "{'name':'file_size_in_bytes','type':'long','field-id':104},"
    "{'name':'lower_bounds','field-id':125,'type':['null',{'type':'array','logicalType':'map',"
    "'items':{'type':'record','name':'k126_v127','fields':["
    "{'name':'key','type':'int','field-id':126},{'name':'value','type':'bytes','field-id':127}]}}]}"
    ","
    "{'name':'upper_bounds','field-id':128,'type':['null',{'type':'array','logicalType':'map',"
    "'items':{'type':'record','name':'k129_v130','fields':["
    "{'name':'key','type':'int','field-id':129},{'name':'value','type':'bytes','field-id':130}]}}]}"
    ","
    "{'name':'key_metadata','type':['null','bytes'],'field-id':131},"
    "{'name':'referenced_data_file','type':['null','string'],'field-id':143},"
    "{'name':'content_offset','type':['null','long'],'field-id':144},"
    "{'name':'content_size_in_bytes','type':['null','long'],'field-id':145}]}}]}";

const char *const avro_list_schema =
    "{'type':'record','name':'manifest_file','fields':["
    "{'name':'manifest_path','type':'string','field-id':500},"
    "{'name':'manifest_length','type':'long','field-id':501},"
    "{'name':'partition_spec_id','type':'int','field-id':502},"
    "{'name':'content','type':'int','field-id':517},"
    "{'name':'sequence_number','type':'long','field-id':515},"
    "{'name':'added_snapshot_id','type':'long','field-id':503},"
    "{'name':'added_data_files_count','type':'int','field-id':504},"
    "{'name':'existing_data_files_count','type':'int','field-id':505},"
    "{'name':'deleted_data_files_count','type':'int','field-id':506},"
    "{'name':'added_rows_count','type':'long','field-id':512},"
    "{'name':'existing_rows_count','type':'long','field-id':513},"
    "{'name':'deleted_rows_count','type':'long','field-id':514}]}";

void avro_long(struct mu_str *out, int64_t value) {
  uint64_t bits = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
  for (; bits >= 0x80; bits >>= 7) {
    mu_str_addc(out, (char)(bits | 0x80));
  }
  mu_str_addc(out, (char)bits);
}

void avro_bytes(struct mu_str *out, const void *bytes, size_t n) {
  avro_long(out, (int64_t)n);
  mu_str_addn(out, bytes, n);
}

void avro_text(struct mu_str *out, const char *text) {
  avro_bytes(out, text, strlen(text));
}

/* Single quotes become double ones, which makes schemas legible in C. */
static void add_schema(struct mu_str *out, const char *schema) {
  size_t n = strlen(schema);
  avro_long(out, (int64_t)n);
  for (size_t i = 0; i < n; i++) {
    mu_str_addc(out, schema[i] == '\'' ? '"' : schema[i]);
  }
}

void avro_header(struct mu_str *out, const char *schema, const char *codec,
                 const char *const *meta) {
  size_t more = 0;
  while (meta && meta[2 * more]) {
    more++;
  }
  mu_str_addn(out, "Obj\1", 4);
  avro_long(out, (int64_t)(more + (codec ? 2 : 1)));
  avro_text(out, "avro.schema");
  add_schema(out, schema);
  if (codec) {
    avro_text(out, "avro.codec");
    avro_text(out, codec);
  }
  for (size_t i = 0; i < 2 * more; i++) {
    avro_text(out, meta[i]);
  }
  avro_long(out, 0);
  mu_str_addn(out, sync_marker, 16);
}

void avro_block(struct mu_str *out, int64_t rows, const struct mu_str *body, const char *codec) {
  avro_long(out, rows);
  if (codec && strcmp(codec, "deflate") == 0) {
    struct libdeflate_compressor *deflate = libdeflate_alloc_compressor(6);
    size_t room = libdeflate_deflate_compress_bound(deflate, body->n);
    char *packed = malloc(room + 1);
    MU_ASSERT(packed);
    size_t n = libdeflate_deflate_compress(deflate, mu_str_get(body), body->n, packed, room);
    MU_ASSERT(n > 0);
    avro_bytes(out, packed, n);
    free(packed);
    libdeflate_free_compressor(deflate);
  } else {
    avro_bytes(out, mu_str_get(body), body->n);
  }
  mu_str_addn(out, sync_marker, 16);
}

static void add_optional(struct mu_str *out, const char *text) {
  avro_long(out, text ? 1 : 0);
  if (text) {
    avro_text(out, text);
  }
}

static void add_bounds(struct mu_str *out, const char *path, int64_t position) {
  avro_long(out, path ? 1 : 0);
  if (path) {
    avro_long(out, 2);
    avro_long(out, 2147483546);
    avro_text(out, path);
    avro_long(out, 2147483545);
    avro_bytes(out, &position, sizeof position); /* little-endian, as every machine this runs on */
    avro_long(out, 0);
  }
}

void avro_add_entry(struct mu_str *out, const struct avro_entry *entry) {
  avro_long(out, entry->status);
  avro_long(out, 0);
  avro_long(out, entry->sequence ? 1 : 0);
  if (entry->sequence) {
    avro_long(out, entry->sequence);
  }
  avro_long(out, entry->content);
  avro_text(out, entry->path);
  avro_text(out, entry->format ? entry->format : "PARQUET");
  avro_long(out, entry->day);
  avro_long(out, entry->records);
  avro_long(out, entry->size);
  add_bounds(out, entry->lower, entry->first);
  add_bounds(out, entry->upper, entry->last);
  add_optional(out, entry->key);
  add_optional(out, entry->about);
  for (int i = 0; i < 2; i++) { /* offset and length of a deletion vector */
    avro_long(out, entry->about ? 1 : 0);
    if (entry->about) {
      avro_long(out, 4);
    }
  }
}

void avro_list_entry(struct mu_str *out, const char *path, int64_t length, int content,
                     int64_t sequence, const int64_t counts[6]) {
  avro_text(out, path);
  avro_long(out, length);
  avro_long(out, 0);
  avro_long(out, content);
  avro_long(out, sequence);
  avro_long(out, 1);
  for (size_t i = 0; i < 6; i++) {
    avro_long(out, counts[i]);
  }
}
