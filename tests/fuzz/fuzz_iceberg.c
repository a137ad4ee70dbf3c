/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a part of an Iceberg table: the first byte says which. 0: table metadata; 1:
 * manifest list; 2: a data manifest; 3: a delete manifest, after which the same bytes are tried as
 * a data manifest. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "lake/iceberg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void metadata(const uint8_t *data, size_t size, struct mu_arena *arena) {
  struct mu_err err = {0};
  struct mu_iceberg_meta *meta = NULL;
  const struct mu_iceberg_snapshot *snapshot = NULL;
  if (mu_iceberg_meta_parse(data, size, arena, &meta, &err) == 0) {
    bool found = mu_iceberg_snapshot_find(meta, "2030-01-01T00:00:00Z", &snapshot, &err) == 0;
    MU_ASSERT(!found || snapshot);
  }
}

static void manifests(const uint8_t *data, size_t size, bool deletes, struct mu_arena *arena) {
  static const struct mu_iceberg_manifest rows[] = {
      {.path = "s3://b/d.avro",
       .length = -1,
       .spec_id = -1,
       .is_deletes = true,
       .sequence_number = 2,
       .files = {-1, -1, -1},
       .rows = {-1, -1, -1}},
      {.path = "s3://b/m.avro",
       .length = -1,
       .spec_id = -1,
       .sequence_number = 1,
       .files = {-1, -1, -1},
       .rows = {-1, -1, -1}},
  };
  static const struct mu_iceberg_meta meta = {.version = 3, .location = "s3://b"};
  static const struct mu_iceberg_snapshot snapshot;
  static const char *const inside[] = {"s3://b/"};
  const struct mu_iceberg_options options = {
      .inside = inside, .inside_n = 1, .list_files = true, .partitions = true};
  const struct mu_iceberg_list list = {deletes ? rows : rows + 1, deletes ? 2 : 1};
  struct mu_iceberg_scan *scan MU_CLEANUP(mu_iceberg_scan_cleanup) =
      mu_iceberg_scan_new(&meta, &snapshot, &list, &options);
  struct mu_iceberg_result result;
  struct mu_err err = {0};
  (void)arena;
  for (size_t i = 0; i < mu_iceberg_scan_n(scan); i++) {
    struct mu_iceberg_part *part = NULL;
    if (mu_iceberg_read(scan, i, data, size, &part, &err) != 0 ||
        mu_iceberg_add(scan, part, &err) != 0) {
      return;
    }
  }
  bool counted = mu_iceberg_count(scan, &result, &err) == 0;
  MU_ASSERT(!counted || (result.rows_lo >= 0 && result.rows_lo <= result.rows_hi));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_err err = {0};
  struct mu_iceberg_list list;
  if (size == 0) {
    return 0;
  }
  switch (data[0] % 4) {
  case 0:
    metadata(data + 1, size - 1, arena);
    break;
  case 1:
    MU_ASSERT(mu_iceberg_list_parse(data + 1, size - 1, arena, &list, &err) != 0 || list.n == 0 ||
              list.at[0].path[0]);
    break;
  default:
    manifests(data + 1, size - 1, data[0] % 4 == 3, arena);
  }
  return 0;
}
