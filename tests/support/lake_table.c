/* SPDX-License-Identifier: Apache-2.0 */
#include "support/lake_table.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"

enum { MAX_BYTES = 1 << 20 };

static void put(const char *folder, const char *name, const struct mu_str *bytes) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_err err = {0};
  if (mu_io_write(mu_arena_fmt(arena, "%s/%s", folder, name), mu_str_get(bytes), bytes->n, &err) !=
      0) {
    MU_BUG("%s", err.msg);
  }
}

void lake_table_write(const char *folder, const struct avro_entry *files, size_t n,
                      const char *stamps) {
  int64_t counts[6] = {(int64_t)n};
  MU_STR(entries, MAX_BYTES);
  MU_STR(manifest, MAX_BYTES);
  MU_STR(row, MAX_BYTES);
  MU_STR(list, MAX_BYTES);
  MU_STR(json, MAX_BYTES);
  for (size_t i = 0; i < n; i++) {
    struct avro_entry entry = files[i];
    entry.status = 1;
    entry.sequence = 1;
    counts[3] += entry.records;
    avro_add_entry(&entries, &entry);
  }
  avro_header(&manifest, avro_manifest_schema, NULL, NULL);
  avro_block(&manifest, (int64_t)n, &entries, NULL);
  put(folder, "m.avro", &manifest);
  avro_list_entry(&row, "s3://lake/m.avro", (int64_t)manifest.n, 0, 1, counts);
  avro_header(&list, avro_list_schema, NULL, NULL);
  avro_block(&list, 1, &row, NULL);
  put(folder, "list.avro", &list);
  mu_str_addf(
      &json,
      "{\"format-version\":2,\"location\":\"s3://lake/\",\"current-snapshot-id\":1,"
      "\"snapshots\":[{\"snapshot-id\":1,\"sequence-number\":1,\"timestamp-ms\":1795392000000,"
      "\"manifest-list\":\"s3://lake/list.avro\",\"summary\":{\"operation\":\"append\","
      "\"total-records\":\"%lld\"%s}}]}",
      (long long)counts[3], stamps);
  put(folder, "v1.metadata.json", &json);
}
