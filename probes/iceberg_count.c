/* SPDX-License-Identifier: Apache-2.0 */
/* From a snapshot to facts: its manifest list, its manifests, the count, and what the files say. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "iceberg_look.h"

static bool manifests_lead_outside(const struct mu_look *look) {
  for (size_t i = 0; i < mu_iceberg_scan_n(look->scan); i++) {
    if (mu_look_is_outside(look, mu_iceberg_scan_at(look->scan, i)->path)) {
      return true;
    }
  }
  return false;
}

/* ---- The snapshot ---- */

static int read_list(struct mu_look *look, bool *stop, struct mu_err *err) {
  const struct mu_iceberg_snapshot *snapshot = look->snapshot;
  struct mu_arena *arena = look->ctx->arena;
  if (!snapshot->manifest_list) {
    mu_iceberg_list_inline(snapshot, arena, &look->list);
    return 0;
  }
  if (mu_look_is_outside(look, snapshot->manifest_list)) {
    *stop = true;
    return 0;
  }
  struct mu_store_get get = {.uri = snapshot->manifest_list, .max = MU_STORE_MAX_MANIFEST};
  struct mu_err why = {0};
  if (mu_store_get(&look->store, &get, arena, &why) != 0) {
    if (why.code != MU_E_ABSENT) {
      *err = why;
      return -1;
    }
    mu_names_add(&look->missing, arena, snapshot->manifest_list, "manifest list");
    *stop = true;
    return 0;
  }
  look->checked++;
  mu_look_note_lock(look, &get);
  if (mu_iceberg_list_parse(get.body, get.n, arena, &look->list, err) != 0) {
    return mu_wrap(err, "%.200s", snapshot->manifest_list);
  }
  return 0;
}

static void list_fact(struct mu_look *look, const char *fact, const char *const *at, size_t n) {
  if (n > 0) {
    (void)mu_fact_list(look->facts, fact, at, n);
  }
}

/* Where not every path is known, none outside is no proof. */
static void outside_facts(struct mu_look *look, const struct mu_iceberg_result *result,
                          bool whole) {
  if (look->options.inside_n > 0 && (whole || result->outside > 0)) {
    (void)mu_fact_int(look->facts, "iceberg.paths_outside", result->outside, "paths");
    list_fact(look, "iceberg.paths_outside_names", result->outside_texts, result->outside_texts_n);
  }
}

static void count_facts(struct mu_look *look, const struct mu_iceberg_result *r) {
  struct mu_facts *facts = look->facts;
  bool trusted = r->is_trusted;
  (void)mu_fact_bool(facts, "iceberg.consistent", r->contradictions == 0);
  list_fact(look, "iceberg.contradictions", r->contradiction_texts, r->contradiction_texts_n);
  if (!trusted) {
    (void)mu_fact_str(facts, "iceberg.rows_why", "the records of the table contradict each other");
  } else if (r->rows_lo == r->rows_hi) {
    (void)mu_fact_int(facts, "iceberg.rows", r->rows_lo, "rows");
  } else {
    (void)mu_fact_range(facts, "iceberg.rows", r->rows_lo, r->rows_hi, "rows");
    (void)mu_fact_str(facts, "iceberg.rows_why", r->why);
  }
  if (trusted) {
    (void)mu_fact_bool(facts, "iceberg.rows_exact", r->rows_lo == r->rows_hi);
    (void)mu_fact_int(facts, "iceberg.data_rows", r->data.rows, "rows");
  }
  (void)mu_fact_bool(facts, "iceberg.rows_proven", trusted && r->is_proven);
  (void)mu_fact_bool(facts, "iceberg.summary_agrees", r->summary_agrees);
  if (r->total_records >= 0) {
    (void)mu_fact_int(facts, "iceberg.total_records", r->total_records, "rows");
  }
  (void)mu_fact_int(facts, "iceberg.files", r->data.files, "files");
  (void)mu_fact_int(facts, "iceberg.delete_files",
                    r->positions.files + r->equalities.files + r->vectors.files, "files");
  (void)mu_fact_int(facts, "iceberg.deletes_dangling", r->positions.dangling + r->vectors.dangling,
                    "files");
  (void)mu_fact_int(facts, "iceberg.manifests", (int64_t)mu_iceberg_scan_n(look->scan), "files");
  (void)mu_fact_size(facts, "iceberg.bytes",
                     r->data.bytes + r->positions.bytes + r->equalities.bytes + r->vectors.bytes);
}

static void named_fact(struct mu_look *look, const char *fact, const struct mu_names *names) {
  (void)mu_fact_int(look->facts, fact, names->total, "files");
  list_fact(look, mu_arena_fmt(look->ctx->arena, "%s_names", fact), names->at, names->n);
}

/* `whole`: every file of the snapshot is known by name, and was asked for. */
static void file_facts(struct mu_look *look, bool whole) {
  bool all_seen = whole && look->unknown == 0;
  if (look->missing.total > 0 || all_seen) {
    named_fact(look, "iceberg.files_missing", &look->missing);
  }
  if (look->wrong_size.total > 0 || all_seen) {
    named_fact(look, "iceberg.files_wrong_size", &look->wrong_size);
  }
  if (look->archived.total > 0 || all_seen) {
    named_fact(look, "iceberg.files_archived", &look->archived);
  }
  if (look->unknown > 0) {
    (void)mu_fact_int(look->facts, "iceberg.files_unknown", look->unknown, "files");
  }
  (void)mu_fact_int(look->facts, "iceberg.files_checked", look->checked, "files");
  if (mu_arg_bool(look->args, "retention", false) && all_seen) {
    (void)mu_fact_int(look->facts, "iceberg.unlocked", look->unlocked, "files");
    if (look->locked_until_ms > 0) {
      (void)mu_fact_time(look->facts, "iceberg.locked_until", look->locked_until_ms);
    }
  }
}

static int count_and_check(struct mu_look *look, struct mu_err *err) {
  struct mu_iceberg_result result;
  bool stop = false;
  mu_iceberg_note_path(look->scan, "metadata", look->metadata);
  if (manifests_lead_outside(look)) {
    stop = true;
  } else if (mu_look_manifests(look, &stop, err) != 0) {
    return -1;
  }
  if (stop) {
    mu_iceberg_outside(look->scan, &result);
    outside_facts(look, &result, false);
    (void)mu_fact_str(look->facts, "iceberg.rows_why", "not every manifest can be read");
    file_facts(look, false);
    return 0;
  }
  if (mu_iceberg_count(look->scan, &result, err) != 0) {
    return -1;
  }
  mu_look_engine(look, &result);
  count_facts(look, &result);
  outside_facts(look, &result, true);
  mu_look_days(look, &result);
  if (look->options.list_files &&
      (mu_look_files(look, &result, err) != 0 || mu_look_footers(look, &result, err) != 0)) {
    return -1;
  }
  if (look->options.list_files) {
    file_facts(look, true);
  }
  return 0;
}

static void table_facts(struct mu_look *look) {
  const struct mu_iceberg_meta *meta = look->meta;
  (void)mu_fact_int(look->facts, "iceberg.format_version", meta->version, NULL);
  (void)mu_fact_str(look->facts, "iceberg.location", meta->location);
  (void)mu_fact_int(look->facts, "iceberg.schema_id", meta->schema_id, NULL);
  if (meta->uuid) {
    (void)mu_fact_str(look->facts, "iceberg.table_uuid", meta->uuid);
  }
  if (look->snapshot) {
    const char *operation = mu_iceberg_summary(look->snapshot, "operation");
    (void)mu_fact_str(look->facts, "iceberg.snapshot_id",
                      mu_arena_fmt(look->ctx->arena, "%lld", (long long)look->snapshot->id));
    (void)mu_fact_time(look->facts, "iceberg.snapshot_time", look->snapshot->timestamp_ms);
    if (operation) {
      (void)mu_fact_str(look->facts, "iceberg.operation", operation);
    }
  }
}

/* A table without a snapshot holds no rows, and that is exact. */
static void empty_facts(struct mu_look *look) {
  static const char *const none[] = {"iceberg.files", "iceberg.delete_files", "iceberg.manifests"};
  (void)mu_fact_int(look->facts, "iceberg.rows", 0, "rows");
  (void)mu_fact_int(look->facts, "iceberg.data_rows", 0, "rows");
  (void)mu_fact_bool(look->facts, "iceberg.rows_exact", true);
  (void)mu_fact_bool(look->facts, "iceberg.rows_proven", true);
  (void)mu_fact_bool(look->facts, "iceberg.consistent", true);
  (void)mu_fact_bool(look->facts, "iceberg.summary_agrees", true);
  for (size_t i = 0; i < MU_LEN(none); i++) {
    (void)mu_fact_int(look->facts, none[i], 0, "files");
  }
  file_facts(look, true);
}

int mu_look_snapshot(struct mu_look *look, struct mu_err *err) {
  bool stop = false;
  if (mu_iceberg_snapshot_find(look->meta, mu_arg_str(look->args, "snapshot", NULL),
                               &look->snapshot, err) != 0) {
    return -1;
  }
  table_facts(look);
  mu_look_source(look);
  static const struct mu_iceberg_snapshot empty;
  const struct mu_iceberg_snapshot *snapshot = look->snapshot ? look->snapshot : &empty;
  if (snapshot->is_encrypted) {
    return mu_fail(err, MU_E_UNSUPPORTED, "the table is encrypted");
  }
  if (look->snapshot && read_list(look, &stop, err) != 0) {
    return -1;
  }
  look->scan = mu_iceberg_scan_new(look->meta, snapshot, &look->list, &look->options);
  int rc = 0;
  if (!look->snapshot || stop) {
    struct mu_iceberg_result outside;
    mu_iceberg_note_path(look->scan, "metadata", look->metadata);
    mu_iceberg_outside(look->scan, &outside);
    outside_facts(look, &outside, !look->snapshot);
    if (look->snapshot) {
      (void)mu_fact_str(look->facts, "iceberg.rows_why", "the manifest list cannot be read");
      file_facts(look, false);
    } else {
      empty_facts(look);
      rc = look->options.list_files ? mu_look_footers(look, &outside, err) : 0;
    }
  } else {
    rc = count_and_check(look, err);
  }
  mu_iceberg_scan_free(look->scan);
  return rc;
}
