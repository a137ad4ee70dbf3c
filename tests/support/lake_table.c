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

/* One manifest of the files of that content, and its row in the list; false: there are none. */
static bool add_manifest(const char *folder, const struct avro_entry *files, size_t n, bool deletes,
                         struct mu_str *list, int64_t *records) {
  int64_t counts[6] = {0};
  const char *name = deletes ? "d.avro" : "m.avro";
  MU_STR(uri, 64);
  MU_STR(entries, MAX_BYTES);
  MU_STR(manifest, MAX_BYTES);
  for (size_t i = 0; i < n; i++) {
    struct avro_entry entry = files[i];
    if ((entry.content > 0) == deletes) {
      entry.status = 1;
      entry.sequence = deletes ? 2 : 1; /* a delete reaches what was there before it */
      counts[0]++;
      counts[3] += entry.records;
      avro_add_entry(&entries, &entry);
    }
  }
  if (counts[0] == 0 && deletes) {
    return false;
  }
  avro_header(&manifest, avro_manifest_schema, NULL, NULL);
  avro_block(&manifest, counts[0], &entries, NULL);
  put(folder, name, &manifest);
  mu_str_addf(&uri, "s3://lake/%s", name);
  avro_list_entry(list, mu_str_get(&uri), (int64_t)manifest.n, deletes, deletes ? 2 : 1, counts);
  *records += deletes ? 0 : counts[3];
  return true;
}

void lake_table_write(const char *folder, const struct avro_entry *files, size_t n,
                      const char *stamps) {
  int64_t records = 0;
  MU_STR(rows, MAX_BYTES);
  MU_STR(list, MAX_BYTES);
  MU_STR(json, MAX_BYTES);
  bool data = add_manifest(folder, files, n, false, &rows, &records);
  bool deletes = add_manifest(folder, files, n, true, &rows, &records);
  avro_header(&list, avro_list_schema, NULL, NULL);
  avro_block(&list, data + deletes, &rows, NULL);
  put(folder, "list.avro", &list);
  mu_str_addf(
      &json,
      "{\"format-version\":2,\"location\":\"s3://lake/\",\"current-snapshot-id\":1,"
      "\"snapshots\":[{\"snapshot-id\":1,\"sequence-number\":%d,\"timestamp-ms\":1795392000000,"
      "\"manifest-list\":\"s3://lake/list.avro\",\"summary\":{\"operation\":\"append\","
      "\"total-records\":\"%lld\"%s}}]}",
      1 + deletes, (long long)records, stamps);
  put(folder, "v1.metadata.json", &json);
}
