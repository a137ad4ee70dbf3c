/* SPDX-License-Identifier: Apache-2.0 */
/* One Iceberg table, from its metadata alone: rows (exact or honest bounds), freshness, whether every file is there and every path
 * inside the standby. No cluster is asked, nothing is changed. The formats are read by lake/iceberg.h; this file fetches. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "iceberg_look.h"

static const struct mu_param params[] = {
    {.name = "catalog", .type = MU_T_STR, .otherwise = "none", .doc = "where the table is registered: glue, rest, or none"},
    {.name = "database", .type = MU_T_STR, .doc = "its database or namespace in the catalog; levels of a namespace by dots"},
    {.name = "table", .type = MU_T_STR, .doc = "its name in the catalog"},
    {.name = "location", .type = MU_T_STR, .doc = "without a catalog: the table's folder or its metadata file; s3://, file:// or a path"},
    {.name = "metadata", .type = MU_T_STR, .doc = "the metadata file itself"},
    {.name = "uri", .type = MU_T_STR, .doc = "of an Iceberg REST catalog"},
    {.name = "warehouse", .type = MU_T_STR, .doc = "the REST catalog's warehouse"},
    {.name = "token", .type = MU_T_STR, .doc = "bearer token for the REST catalog", .secret = true},
    {.name = "credential", .type = MU_T_STR, .doc = "ID:SECRET, exchanged for a token by OAuth2 client credentials", .secret = true},
    {.name = "oauth_uri", .type = MU_T_STR, .doc = "where, if not at the catalog itself"},
    {.name = "scope", .type = MU_T_STR, .otherwise = "catalog", .doc = "of that token"},
    {.name = "snapshot", .type = MU_T_STR, .otherwise = "current", .doc = "current, a snapshot id, a branch, a tag, or a time"},
    {.name = "inside", .type = MU_T_LIST, .doc = "prefixes that every path of the table must lie below; other paths are reported, not followed"},
    {.name = "map", .type = MU_T_MAP, .doc = "prefixes of paths that lie in folders here: s3://lake/: /mnt/lake/"},
    {.name = "as_of", .type = MU_T_STR, .otherwise = "summary:source-as-of", .doc = "the stamp of the source's time in the snapshot's summary"},
    {.name = "source_rows", .type = MU_T_STR, .otherwise = "summary:source-rows", .doc = "the stamp of the source's row count"},
    {.name = "source_version", .type = MU_T_STR, .otherwise = "summary:source-version", .doc = "the stamp of the source's version"},
    {.name = "files", .type = MU_T_BOOL, .otherwise = "true", .doc = "look whether every file of the snapshot is there, with its size"},
    {.name = "retention", .type = MU_T_BOOL, .otherwise = "false", .doc = "ask each file how long Object Lock holds it"},
    {.name = "footers", .type = MU_T_INT, .otherwise = "0", .doc = "how many data files and deletion vectors to open and compare with their manifest entry"},
    {.name = "partitions", .type = MU_T_STR, .doc = "by-day: see whether a day between the first and the last is missing"},
    {.name = "region", .type = MU_T_STR, .doc = "AWS region"},
    {.name = "profile", .type = MU_T_STR, .doc = "AWS profile"},
    {0},
};

static const struct mu_fact_def facts_seen[] = {
    {.name = "rows", .type = MU_T_INT, .unit = "rows", .finding = MU_F_REPLICA_ROWS, .doc = "rows of the snapshot; a range where deletes leave it open"},
    {.name = "rows_exact", .type = MU_T_BOOL, .finding = MU_F_REPLICA_ROWS_BOUNDS, .doc = "whether metadata gives one number"},
    {.name = "rows_why", .type = MU_T_STR, .doc = "what leaves the rows open, or uncounted"},
    {.name = "data_rows", .type = MU_T_INT, .unit = "rows", .finding = MU_F_REPLICA_ROWS, .doc = "rows of the live data files, before deletes"},
    {.name = "source_rows", .type = MU_T_INT, .unit = "rows", .finding = MU_F_REPLICA_ROWS, .doc = "rows of the source, as the nightly job stamped them"},
    {.name = "source_as_of", .type = MU_T_TIME, .finding = MU_F_REPLICA_STALE, .doc = "the time of the source's data, as stamped"},
    {.name = "source_version", .type = MU_T_STR, .finding = MU_F_REPLICA_STALE, .doc = "the source's version, as stamped"},
    {.name = "exposure", .type = MU_T_DUR, .finding = MU_F_RPO_EXPOSURE, .doc = "the worst gap between a commit and the as-of of the copy before it"},
    {.name = "exposure_at", .type = MU_T_TIME, .finding = MU_F_RPO_EXPOSURE, .doc = "when that gap ended"},
    {.name = "snapshot_id", .type = MU_T_STR, .doc = "the snapshot that was counted"},
    {.name = "snapshot_time", .type = MU_T_TIME, .finding = MU_F_REPLICA_STALE, .doc = "when it was committed"},
    {.name = "operation", .type = MU_T_STR, .doc = "what made it: append, overwrite, delete, replace"},
    {.name = "format_version", .type = MU_T_INT, .doc = "of the table"},
    {.name = "table_uuid", .type = MU_T_STR, .doc = "changes when a table is made anew"},
    {.name = "schema_id", .type = MU_T_INT, .doc = "of the current schema"},
    {.name = "location", .type = MU_T_STR, .doc = "of the table, as its metadata says"},
    {.name = "metadata_location", .type = MU_T_STR, .finding = MU_F_REPLICA_POINTER, .doc = "the metadata file that was read"},
    {.name = "metadata_found_by", .type = MU_T_STR, .doc = "catalog, version hint, listing or given"},
    {.name = "pointer_ok", .type = MU_T_BOOL, .finding = MU_F_REPLICA_POINTER, .doc = "the catalog points at the newest metadata, which is there"},
    {.name = "pointer_behind", .type = MU_T_INT, .unit = "files", .finding = MU_F_REPLICA_POINTER, .doc = "metadata files newer than the catalog's"},
    {.name = "consistent", .type = MU_T_BOOL, .finding = MU_F_REPLICA_INCONSISTENT, .doc = "manifest list, manifests and lengths agree, and no file is live twice"},
    {.name = "contradictions", .type = MU_T_LIST, .finding = MU_F_REPLICA_INCONSISTENT, .doc = "what contradicts what"},
    {.name = "rows_proven", .type = MU_T_BOOL, .finding = MU_F_REPLICA_INCONSISTENT, .doc = "a second record of the table confirms the rows"},
    {.name = "summary_agrees", .type = MU_T_BOOL, .finding = MU_F_REPLICA_SUMMARY_DIFFERS, .doc = "the summary's total-records is what the manifests hold"},
    {.name = "total_records", .type = MU_T_INT, .unit = "rows", .finding = MU_F_REPLICA_SUMMARY_DIFFERS, .doc = "the summary's total-records"},
    {.name = "files", .type = MU_T_INT, .unit = "files", .finding = MU_F_REPLICA_FILE_MISSING, .doc = "live data files"},
    {.name = "delete_files", .type = MU_T_INT, .unit = "files", .doc = "live delete files and deletion vectors"},
    {.name = "deletes_dangling", .type = MU_T_INT, .unit = "files", .doc = "deletes that reach no live file"},
    {.name = "manifests", .type = MU_T_INT, .unit = "files", .doc = "manifests of the snapshot"},
    {.name = "bytes", .type = MU_T_SIZE, .doc = "size of the live files"},
    {.name = "files_checked", .type = MU_T_INT, .unit = "files", .finding = MU_F_REPLICA_FILE_MISSING, .doc = "files that were looked at and found"},
    {.name = "files_missing", .type = MU_T_INT, .unit = "files", .finding = MU_F_REPLICA_FILE_MISSING, .doc = "files of the snapshot that are proven not to be there; absent where some could not be looked at"},
    {.name = "files_missing_names", .type = MU_T_LIST, .finding = MU_F_REPLICA_FILE_MISSING, .doc = "the first of them"},
    {.name = "files_wrong_size", .type = MU_T_INT, .unit = "files", .finding = MU_F_REPLICA_FILE_SIZE, .doc = "files of another size than recorded"},
    {.name = "files_wrong_size_names", .type = MU_T_LIST, .finding = MU_F_REPLICA_FILE_SIZE, .doc = "the first of them"},
    {.name = "files_archived", .type = MU_T_INT, .unit = "files", .finding = MU_F_REPLICA_FILE_MISSING, .doc = "files that must be thawed before they can be read"},
    {.name = "files_archived_names", .type = MU_T_LIST, .finding = MU_F_REPLICA_FILE_MISSING, .doc = "the first of them"},
    {.name = "files_unknown", .type = MU_T_INT, .unit = "files", .finding = MU_F_ACCESS_DENIED, .doc = "files that could not be looked at"},
    {.name = "footers_read", .type = MU_T_INT, .unit = "files", .doc = "data files and deletion vectors that were opened"},
    {.name = "footers_wrong", .type = MU_T_INT, .unit = "files", .finding = MU_F_REPLICA_INCONSISTENT, .doc = "data files that hold another number of rows than recorded, or are damaged"},
    {.name = "footers_wrong_names", .type = MU_T_LIST, .finding = MU_F_REPLICA_INCONSISTENT, .doc = "the first of them"},
    {.name = "paths_outside", .type = MU_T_INT, .unit = "paths", .finding = MU_F_REPLICA_PATH_OUTSIDE, .doc = "paths that lead outside the allowed prefixes"},
    {.name = "paths_outside_names", .type = MU_T_LIST, .finding = MU_F_REPLICA_PATH_OUTSIDE, .doc = "the first of them"},
    {.name = "locked_until", .type = MU_T_TIME, .finding = MU_F_REPLICA_LOCK_ENDS, .doc = "the earliest end of Object Lock among the files"},
    {.name = "unlocked", .type = MU_T_INT, .unit = "files", .finding = MU_F_REPLICA_UNLOCKED, .doc = "files without Object Lock, or whose lock may not be seen"},
    {.name = "days", .type = MU_T_INT, .unit = "days", .doc = "days with rows"},
    {.name = "days_missing", .type = MU_T_INT, .unit = "days", .finding = MU_F_REPLICA_ROWS, .doc = "days without rows between the first and the last"},
    {.name = "days_missing_names", .type = MU_T_LIST, .finding = MU_F_REPLICA_ROWS, .doc = "the first of them"},
    {.name = "last_day", .type = MU_T_TIME, .finding = MU_F_REPLICA_STALE, .doc = "the newest day with rows"},
    {0},
};

/* ---- Manifests ---- */

/* How many manifests from `from` on are fetched together: bounded by their number and by what they weigh. */
static size_t batch_from(const struct mu_iceberg_scan *scan, size_t from, size_t to) {
  int64_t bytes = 0;
  size_t n = 0;
  while (from + n < to && n < MU_STORE_MAX_BATCH) {
    int64_t length = mu_iceberg_scan_at(scan, from + n)->length;
    bytes += length > 0 && length < MU_STORE_MAX_MANIFEST ? length : 0;
    if (n > 0 && bytes > MU_STORE_MAX_MANIFEST / 4) {
      break;
    }
    n++;
  }
  return n;
}

static int read_manifest(struct mu_look *look, size_t i, const struct mu_store_get *get, bool *stop,
                         struct mu_err *err) {
  struct mu_iceberg_part *part = NULL;
  const struct mu_iceberg_manifest *manifest = mu_iceberg_scan_at(look->scan, i);
  struct mu_arena *arena = look->ctx->arena;
  if (get->result != 0) {
    if (get->err.code == MU_E_ABSENT) {
      mu_names_add(&look->missing, arena, manifest->path, "manifest");
      *stop = true;
      return 0;
    }
    *err = get->err;
    return -1;
  }
  look->checked++;
  mu_look_note_lock(look, get);
  if (manifest->length >= 0 && get->size >= 0 && get->size != manifest->length) {
    mu_names_add(&look->wrong_size, arena, manifest->path,
              mu_arena_fmt(arena, "manifest, %lld bytes, the list says %lld", (long long)get->size,
                           (long long)manifest->length));
    *stop = *stop || get->truncated;
  }
  if (*stop) {
    return 0;
  }
  if (mu_iceberg_read(look->scan, i, get->body, get->n, &part, err) != 0) {
    return -1;
  }
  return mu_iceberg_add(look->scan, part, err);
}

static int read_manifests(struct mu_look *look, size_t from, size_t to, bool *stop,
                          struct mu_err *err) {
  while (from < to) {
    struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
    struct mu_store_get gets[MU_STORE_MAX_BATCH] = {0};
    size_t n = batch_from(look->scan, from, to);
    if (mu_mono_ms(look->ctx->clock) >= look->ctx->deadline_mono_ms || mu_canceled(look->ctx->cancel)) {
      return mu_fail(err, MU_E_TIMEOUT, "the deadline passed with %zu of %zu manifests read", from, to);
    }
    for (size_t i = 0; i < n; i++) {
      const struct mu_iceberg_manifest *manifest = mu_iceberg_scan_at(look->scan, from + i);
      bool sized = manifest->length >= 0 && manifest->length < MU_STORE_MAX_MANIFEST;
      gets[i].uri = manifest->path;
      gets[i].max = sized ? (size_t)manifest->length + 1 : MU_STORE_MAX_MANIFEST;
    }
    mu_store_get_many(&look->store, gets, n, arena);
    for (size_t i = 0; i < n; i++) {
      if (read_manifest(look, from + i, &gets[i], stop, err) != 0) {
        return -1;
      }
    }
    if (*stop) {
      return 0; /* all of this batch was looked at, so that every missing one of it has its name */
    }
    from += n;
  }
  return 0;
}

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

static void outside_facts(struct mu_look *look, const struct mu_iceberg_result *result) {
  if (look->options.inside_n > 0) {
    (void)mu_fact_int(look->facts, "iceberg.paths_outside", result->outside, "paths");
    list_fact(look, "iceberg.paths_outside_names", result->outside_texts, result->outside_texts_n);
  }
}

static void count_facts(struct mu_look *look, const struct mu_iceberg_result *r) {
  struct mu_facts *facts = look->facts;
  bool trusted = r->contradictions == 0;
  (void)mu_fact_bool(facts, "iceberg.consistent", trusted);
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
  (void)mu_fact_int(facts, "iceberg.deletes_dangling",
                    r->positions.dangling + r->vectors.dangling, "files");
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
  size_t deletes = mu_iceberg_scan_deletes_n(look->scan), n = mu_iceberg_scan_n(look->scan);
  mu_iceberg_note_path(look->scan, "metadata", look->metadata);
  if (manifests_lead_outside(look)) {
    stop = true;
  } else if (read_manifests(look, 0, deletes, &stop, err) != 0 ||
             (!stop && read_manifests(look, deletes, n, &stop, err) != 0)) {
    return -1;
  }
  if (stop) {
    mu_iceberg_outside(look->scan, &result);
    outside_facts(look, &result);
    (void)mu_fact_str(look->facts, "iceberg.rows_why", "not every manifest can be read");
    file_facts(look, false);
    return 0;
  }
  if (mu_iceberg_count(look->scan, &result, err) != 0) {
    return -1;
  }
  count_facts(look, &result);
  outside_facts(look, &result);
  mu_look_days(look, &result);
  if (look->options.list_files && (mu_look_files(look, &result, err) != 0 || mu_look_footers(look, &result, err) != 0)) {
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

static int look_at_snapshot(struct mu_look *look, struct mu_err *err) {
  bool stop = false;
  if (mu_iceberg_snapshot_find(look->meta, mu_arg_str(look->args, "snapshot", NULL), &look->snapshot, err) != 0) {
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
    outside_facts(look, &outside);
    if (look->snapshot) {
      (void)mu_fact_str(look->facts, "iceberg.rows_why", "the manifest list cannot be read");
      file_facts(look, false);
    } else {
      empty_facts(look);
    }
  } else {
    rc = count_and_check(look, err);
  }
  mu_iceberg_scan_free(look->scan);
  return rc;
}

/* The config may write one prefix as a plain string. */
static void read_inside(struct mu_look *look) {
  const struct mu_arg *arg = mu_arg_find(look->args, "inside");
  if (arg && arg->value.type == MU_T_LIST) {
    look->options.inside = arg->value.list.at;
    look->options.inside_n = arg->value.list.n;
  } else if (arg && arg->value.type == MU_T_STR) {
    look->options.inside = &arg->value.s;
    look->options.inside_n = 1;
  }
}

static bool is_local(const char *location) {
  return location && (!strstr(location, "://") || mu_str_starts(location, "file:"));
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  struct mu_look look = {.args = args, .ctx = ctx, .facts = facts};
  bool stop = false;
  bool by_catalog = !mu_streq(mu_arg_str(args, "catalog", "none"), "none");
  look.store = (struct mu_store){.args = args, .ctx = ctx};
  look.store.may_read_files = is_local(mu_arg_str(args, "metadata", NULL)) ||
                              (!by_catalog && is_local(mu_arg_str(args, "location", NULL)));
  look.options.list_files = mu_arg_bool(args, "files", true) || mu_arg_bool(args, "retention", false) ||
                            mu_arg_int(args, "footers", 0) > 0;
  look.options.partitions = mu_arg_str(args, "partitions", NULL) != NULL;
  read_inside(&look);
  if (mu_look_locate(&look, absent, &stop, err) != 0) {
    return -1;
  }
  return *absent || stop ? 0 : look_at_snapshot(&look, err);
}

const struct mu_probe mu_probe_iceberg = {
    .name = "iceberg",
    .summary = "rows, freshness, files and paths of an Iceberg table, from its metadata alone",
    .params = params,
    .facts = facts_seen,
    .headline = "{rows} in {files}, snapshot of {snapshot_time}",
    .target = "table",
    .network = true,
    .observe = observe,
};
