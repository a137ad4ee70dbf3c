/* SPDX-License-Identifier: Apache-2.0 */
/* Manifest lists (format/spec.md, "Manifest Lists"), by field id: Java before 1.4 and Athena write
 * other names. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "lake/avro.h"
#include "lake/iceberg.h"

enum slot {
  PATH,
  LENGTH,
  SPEC,
  CONTENT,
  SEQUENCE,
  SNAPSHOT,
  FILES,
  ROWS = FILES + 3,
  KEY = ROWS + 3,
  SLOTS
};

/* FILES and ROWS are added, existing, deleted, as in MU_ICEBERG_STATUSES. */
static const struct mu_avro_want wants[SLOTS] = {
    [PATH] = {MU_AVRO_ROOT, 500, MU_AVRO_AS_BYTES, true},
    [LENGTH] = {MU_AVRO_ROOT, 501, MU_AVRO_AS_LONG, true},
    [SPEC] = {MU_AVRO_ROOT, 502, MU_AVRO_AS_LONG, true},
    [CONTENT] = {MU_AVRO_ROOT, 517, MU_AVRO_AS_LONG, false},
    [SEQUENCE] = {MU_AVRO_ROOT, 515, MU_AVRO_AS_LONG, false},
    [SNAPSHOT] = {MU_AVRO_ROOT, 503, MU_AVRO_AS_LONG, false},
    [FILES] = {MU_AVRO_ROOT, 504, MU_AVRO_AS_LONG, false},
    [FILES + 1] = {MU_AVRO_ROOT, 505, MU_AVRO_AS_LONG, false},
    [FILES + 2] = {MU_AVRO_ROOT, 506, MU_AVRO_AS_LONG, false},
    [ROWS] = {MU_AVRO_ROOT, 512, MU_AVRO_AS_LONG, false},
    [ROWS + 1] = {MU_AVRO_ROOT, 513, MU_AVRO_AS_LONG, false},
    [ROWS + 2] = {MU_AVRO_ROOT, 514, MU_AVRO_AS_LONG, false},
    [KEY] = {MU_AVRO_ROOT, 519, MU_AVRO_AS_BYTES, false},
};

static int read_row(const struct mu_avro_value *v, struct mu_arena *arena,
                    struct mu_iceberg_manifest *out, struct mu_err *err) {
  if (!v[PATH].is_set || v[PATH].n == 0 || v[PATH].n > MU_ICEBERG_MAX_PATH ||
      memchr(v[PATH].p, '\0', v[PATH].n)) {
    return mu_fail(err, MU_E_INPUT, "manifest list has an entry without a proper path");
  }
  if (v[KEY].is_set && v[KEY].n > 0) {
    return mu_fail(err, MU_E_UNSUPPORTED, "the table is encrypted");
  }
  int64_t content = v[CONTENT].is_set ? v[CONTENT].i : 0;
  if (!v[LENGTH].is_set || v[LENGTH].i < 0 || !v[SPEC].is_set || content < 0 || content > 1 ||
      v[SEQUENCE].i < 0) {
    return mu_fail(err, MU_E_INPUT, "manifest list has an entry with impossible values");
  }
  *out = (struct mu_iceberg_manifest){
      .path = mu_arena_strn(arena, (const char *)v[PATH].p, v[PATH].n),
      .length = v[LENGTH].i,
      .spec_id = v[SPEC].i,
      .sequence_number = v[SEQUENCE].i,
      .snapshot_id = v[SNAPSHOT].is_set ? v[SNAPSHOT].i : -1,
      .is_deletes = content == 1,
  };
  for (size_t i = 0; i < MU_ICEBERG_STATUSES; i++) {
    out->files[i] = v[FILES + i].is_set ? v[FILES + i].i : -1;
    out->rows[i] = v[ROWS + i].is_set ? v[ROWS + i].i : -1;
  }
  return 0;
}

int mu_iceberg_list_parse(const void *bytes, size_t n, struct mu_arena *arena,
                          struct mu_iceberg_list *out, struct mu_err *err) {
  struct mu_avro *avro MU_CLEANUP(mu_avro_cleanup) = NULL;
  struct mu_avro_value values[SLOTS];
  struct mu_iceberg_manifest *at = NULL;
  size_t count = 0, cap = 0;
  if (mu_avro_open(bytes, n, wants, SLOTS, &avro, err) != 0) {
    return -1;
  }
  for (;;) {
    int more = mu_avro_next(avro, values, err);
    if (more <= 0) {
      if (more == 0) {
        *out = (struct mu_iceberg_list){at, count};
      }
      return more;
    }
    if (count >= MU_ICEBERG_MAX_MANIFESTS) {
      return mu_fail(err, MU_E_LIMIT, "more than %d manifests", (int)MU_ICEBERG_MAX_MANIFESTS);
    }
    at = mu_arena_grow(arena, at, count, &cap, sizeof *at);
    if (read_row(values, arena, &at[count], err) != 0) {
      return -1;
    }
    count++;
  }
}

void mu_iceberg_list_inline(const struct mu_iceberg_snapshot *snapshot, struct mu_arena *arena,
                            struct mu_iceberg_list *out) {
  struct mu_iceberg_manifest *at = mu_arena_array(arena, snapshot->manifests_n, sizeof *at);
  for (size_t i = 0; i < snapshot->manifests_n; i++) {
    at[i] = (struct mu_iceberg_manifest){
        .path = snapshot->manifests[i], .length = -1, .spec_id = -1, .snapshot_id = snapshot->id};
    for (size_t k = 0; k < MU_ICEBERG_STATUSES; k++) {
      at[i].files[k] = at[i].rows[k] = -1;
    }
  }
  *out = (struct mu_iceberg_list){at, snapshot->manifests_n};
}
