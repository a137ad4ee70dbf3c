/* SPDX-License-Identifier: Apache-2.0 */
/* One Delta table, from the JSON of its log: latest version and its time, live files, rows after
 * deletion vectors. What only a Parquet checkpoint knows is not guessed. The format is read by
 * lake/delta.h; this file lists and fetches. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "delta_log.h"

enum { LOOKS_AT_ONCE = 1024 };

static const struct mu_param params[] = {
    {.name = "location",
     .type = MU_T_STR,
     .required = true,
     .doc = "the table's folder: s3://, abfss://, file:// or a path"},
    {.name = "version",
     .type = MU_T_INT,
     .otherwise = "-1",
     .min = -1,
     .max = 1000000000000000,
     .doc = "a version of the table; -1: the latest"},
    {.name = "files",
     .type = MU_T_BOOL,
     .otherwise = "false",
     .doc = "look whether every live file is there, with its size"},
#include "store_params.def"
    {0},
};

static const struct mu_fact_def facts_seen[] = {
    {.name = "rows",
     .type = MU_T_INT,
     .unit = "rows",
     .finding = MU_F_REPLICA_ROWS,
     .doc = "rows of the version, after deletion vectors; a range without an end where files do "
            "not say theirs"},
    {.name = "version", .type = MU_T_INT, .doc = "the version that was read"},
    {.name = "version_time",
     .type = MU_T_TIME,
     .finding = MU_F_REPLICA_STALE,
     .doc = "when it was committed"},
    {.name = "version_time_from",
     .type = MU_T_STR,
     .doc = "commit (in-commit timestamps), or file: its modification time, which a copied log "
            "does not keep"},
    {.name = "complete",
     .type = MU_T_BOOL,
     .finding = MU_F_UNREADABLE,
     .doc = "every live file is known; else rows and files stay away"},
    {.name = "why", .type = MU_T_STR, .doc = "why not"},
    {.name = "files", .type = MU_T_INT, .unit = "files", .doc = "live files"},
    {.name = "files_without_rows",
     .type = MU_T_INT,
     .unit = "files",
     .doc = "live files without statistics"},
    {.name = "bytes", .type = MU_T_SIZE, .doc = "size of the live files"},
    {.name = "deleted_rows",
     .type = MU_T_INT,
     .unit = "rows",
     .doc = "rows that deletion vectors take away"},
    {.name = "table_id", .type = MU_T_STR, .doc = "changes when a table is made anew"},
    {.name = "files_missing",
     .type = MU_T_INT,
     .unit = "files",
     .finding = MU_F_REPLICA_FILE_MISSING,
     .doc = "live files that are proven not to be there; absent where some could not be looked at"},
    {.name = "files_missing_names",
     .type = MU_T_LIST,
     .finding = MU_F_REPLICA_FILE_MISSING,
     .doc = "the first of them"},
    {.name = "files_wrong_size",
     .type = MU_T_INT,
     .unit = "files",
     .finding = MU_F_REPLICA_FILE_SIZE,
     .doc = "live files of another size than the log says"},
    {.name = "files_wrong_size_names",
     .type = MU_T_LIST,
     .finding = MU_F_REPLICA_FILE_SIZE,
     .doc = "the first of them"},
    {0},
};

static int is_late(const struct mu_probe_ctx *ctx, struct mu_err *err) {
  bool late = mu_mono_ms(ctx->clock) >= ctx->deadline_mono_ms || mu_canceled(ctx->cancel);
  return late ? mu_fail(err, MU_E_TIMEOUT, "the deadline passed while files were looked at") : 0;
}

static const char *uri_of(const struct mu_delta_log *log, const char *path) {
  bool is_absolute = strstr(path, "://") || path[0] == '/';
  return is_absolute ? path : mu_arena_fmt(log->store->ctx->arena, "%s/%s", log->location, path);
}

static void named_fact(struct mu_delta_log *log, struct mu_facts *facts, const char *fact,
                       const struct mu_names *names) {
  (void)mu_fact_int(facts, fact, names->total, "files");
  if (names->n > 0) {
    (void)mu_fact_list(facts, mu_arena_fmt(log->store->ctx->arena, "%s_names", fact), names->at,
                       names->n);
  }
}

static int look_at_files(struct mu_delta_log *log, const struct mu_delta_result *result,
                         struct mu_facts *facts, struct mu_err *err) {
  struct mu_names missing = {0}, wrong = {0};
  struct mu_arena *kept = log->store->ctx->arena;
  int64_t unknown = 0;
  for (int64_t from = 0; from < result->files; from += LOOKS_AT_ONCE) {
    struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
    size_t n =
        (size_t)(result->files - from < LOOKS_AT_ONCE ? result->files - from : LOOKS_AT_ONCE);
    struct mu_store_get *gets = mu_arena_array(arena, n, sizeof *gets);
    const struct mu_delta_file *live = result->live + from;
    if (is_late(log->store->ctx, err) != 0) {
      return -1;
    }
    for (size_t i = 0; i < n; i++) {
      gets[i] = (struct mu_store_get){.uri = uri_of(log, live[i].path), .head = true};
    }
    mu_store_get_many(log->store, gets, n, arena);
    for (size_t i = 0; i < n; i++) {
      if (gets[i].result != 0 && gets[i].err.code == MU_E_ABSENT) {
        mu_names_add(&missing, kept, gets[i].uri, NULL);
      } else if (gets[i].result != 0) {
        unknown++;
      } else if (gets[i].size >= 0 && gets[i].size != live[i].size) {
        mu_names_add(&wrong, kept, gets[i].uri, NULL);
      }
    }
  }
  if (unknown == 0 || missing.total > 0) {
    named_fact(log, facts, "delta.files_missing", &missing);
  }
  if (unknown == 0 || wrong.total > 0) {
    named_fact(log, facts, "delta.files_wrong_size", &wrong);
  }
  return 0;
}

static void version_facts(const struct mu_delta_log *log, const struct mu_delta_plan *plan,
                          const struct mu_delta_result *result, struct mu_facts *facts) {
  int64_t when =
      result->timestamp_ms >= 0 ? result->timestamp_ms : mu_delta_log_time(log, plan->version);
  (void)mu_fact_int(facts, "delta.version", plan->version, NULL);
  if (when >= 0) {
    (void)mu_fact_time(facts, "delta.version_time", when);
    (void)mu_fact_str(facts, "delta.version_time_from",
                      result->timestamp_ms >= 0 ? "commit" : "file");
  }
  if (result->table_id) {
    (void)mu_fact_str(facts, "delta.table_id", result->table_id);
  }
  (void)mu_fact_bool(facts, "delta.complete", result->is_complete);
  if (!result->is_complete) {
    (void)mu_fact_str(facts, "delta.why", result->why);
    return;
  }
  if (result->without_records > 0) {
    (void)mu_fact_range(facts, "delta.rows", result->rows, -1, "rows");
  } else {
    (void)mu_fact_int(facts, "delta.rows", result->rows, "rows");
  }
  (void)mu_fact_int(facts, "delta.files", result->files, "files");
  (void)mu_fact_int(facts, "delta.files_without_rows", result->without_records, "files");
  (void)mu_fact_int(facts, "delta.deleted_rows", result->deleted, "rows");
  (void)mu_fact_size(facts, "delta.bytes", result->bytes);
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  const char *location = mu_arg_str(args, "location", "");
  struct mu_store store = {.args = args, .ctx = ctx};
  struct mu_delta *delta MU_CLEANUP(mu_delta_cleanup) = mu_delta_new();
  struct mu_delta_log log;
  struct mu_delta_plan plan;
  struct mu_delta_result result;
  struct mu_err why = {0};
  store.may_read_files = !strstr(location, "://") || mu_str_starts(location, "file:");
  if (mu_delta_log_open(&log, &store, location, &why) != 0 ||
      mu_delta_log_read(&log, mu_arg_int(args, "version", -1), delta, &plan, &result, &why) != 0) {
    *absent = why.code == MU_E_ABSENT;
    *err = *absent ? *err : why;
    return *absent ? 0 : -1;
  }
  version_facts(&log, &plan, &result, facts);
  return result.is_complete && mu_arg_bool(args, "files", false)
             ? look_at_files(&log, &result, facts, err)
             : 0;
}

const struct mu_probe mu_probe_delta = {
    .name = "delta",
    .summary = "version, rows and files of a Delta table, from the JSON of its log",
    .params = params,
    .facts = facts_seen,
    .headline = "version {version}: {rows} in {files}",
    .target = "location",
    .network = true,
    .observe = observe,
    .expect = "complete",
    .expect_to_be = "true",
};
