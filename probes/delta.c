/* SPDX-License-Identifier: Apache-2.0 */
/* One Delta table, from the JSON of its log: latest version and its time, live files, rows after
 * deletion vectors. What only a Parquet checkpoint knows is not guessed. The format is read by
 * lake/delta.h; this file lists and fetches. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "lake/delta.h"
#include "store.h"

enum { MAX_PATH = 8192, LOOKS_AT_ONCE = 1024, MAX_LOG_FILES = 1000000 };

static const struct mu_param params[] = {
    {.name = "location",
     .type = MU_T_STR,
     .required = true,
     .doc = "the table's folder: s3://, abfss://, file:// or a path"},
    {.name = "version",
     .type = MU_T_INT,
     .otherwise = "-1",
     .min = -1,
     .max = INT64_MAX,
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

struct log {
  const struct mu_args *args;
  const struct mu_probe_ctx *ctx;
  struct mu_store store;
  const char *location; /* without its slash */
  const char **uris;
  struct mu_delta_name *names;
  int64_t *modified_ms;
  size_t n, uris_cap, names_cap, modified_cap;
};

static void on_object(void *ctx, const struct mu_store_object *object) {
  struct log *log = ctx;
  struct mu_arena *arena = log->ctx->arena;
  const char *rest = object->uri + strlen(log->location) + strlen("/_delta_log/");
  struct mu_delta_name name = mu_delta_name_parse(mu_io_basename(object->uri));
  if (name.kind == MU_DELTA_OTHER || strchr(rest, '/') || log->n >= MAX_LOG_FILES) {
    return;
  }
  log->uris = mu_arena_grow(arena, log->uris, log->n, &log->uris_cap, sizeof *log->uris);
  log->names = mu_arena_grow(arena, log->names, log->n, &log->names_cap, sizeof *log->names);
  log->modified_ms =
      mu_arena_grow(arena, log->modified_ms, log->n, &log->modified_cap, sizeof *log->modified_ms);
  log->uris[log->n] = mu_arena_str(arena, object->uri);
  log->names[log->n] = name;
  log->modified_ms[log->n++] = object->modified_ms;
}

static int is_late(const struct log *log, struct mu_err *err) {
  bool late =
      mu_mono_ms(log->ctx->clock) >= log->ctx->deadline_mono_ms || mu_canceled(log->ctx->cancel);
  return late ? mu_fail(err, MU_E_TIMEOUT, "the deadline passed while the log was read") : 0;
}

static int read_log(struct log *log, const struct mu_delta_plan *plan, struct mu_delta *delta,
                    struct mu_err *err) {
  for (size_t from = 0; from < plan->n; from += MU_STORE_MAX_BATCH) {
    struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
    struct mu_store_get gets[MU_STORE_MAX_BATCH] = {0};
    size_t n = plan->n - from < MU_STORE_MAX_BATCH ? plan->n - from : MU_STORE_MAX_BATCH;
    if (is_late(log, err) != 0) {
      return -1;
    }
    for (size_t i = 0; i < n; i++) {
      gets[i] =
          (struct mu_store_get){.uri = log->uris[plan->at[from + i]], .max = MU_STORE_MAX_METADATA};
    }
    mu_store_get_many(&log->store, gets, n, arena);
    for (size_t i = 0; i < n; i++) {
      const struct mu_delta_name *name = &log->names[plan->at[from + i]];
      if (gets[i].result != 0) {
        *err = gets[i].err;
        return -1;
      }
      if (gets[i].truncated) {
        return mu_fail(err, MU_E_LIMIT, "%.200s is over the cap of %d bytes", gets[i].uri,
                       (int)MU_STORE_MAX_METADATA);
      }
      if (mu_delta_read(delta, name, gets[i].body, gets[i].n, err) != 0) {
        return -1;
      }
    }
  }
  return 0;
}

static const char *uri_of(const struct log *log, const char *path) {
  bool is_absolute = strstr(path, "://") || path[0] == '/';
  return is_absolute ? path : mu_arena_fmt(log->ctx->arena, "%s/%s", log->location, path);
}

static void named_fact(struct log *log, struct mu_facts *facts, const char *fact,
                       const struct mu_names *names) {
  (void)mu_fact_int(facts, fact, names->total, "files");
  if (names->n > 0) {
    (void)mu_fact_list(facts, mu_arena_fmt(log->ctx->arena, "%s_names", fact), names->at, names->n);
  }
}

static int look_at_files(struct log *log, const struct mu_delta_result *result,
                         struct mu_facts *facts, struct mu_err *err) {
  struct mu_names missing = {0}, wrong = {0};
  struct mu_arena *kept = log->ctx->arena;
  int64_t unknown = 0;
  for (int64_t from = 0; from < result->files; from += LOOKS_AT_ONCE) {
    struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
    size_t n =
        (size_t)(result->files - from < LOOKS_AT_ONCE ? result->files - from : LOOKS_AT_ONCE);
    struct mu_store_get *gets = mu_arena_array(arena, n, sizeof *gets);
    const struct mu_delta_file *live = result->live + from;
    if (is_late(log, err) != 0) {
      return -1;
    }
    for (size_t i = 0; i < n; i++) {
      gets[i] = (struct mu_store_get){.uri = uri_of(log, live[i].path), .head = true};
    }
    mu_store_get_many(&log->store, gets, n, arena);
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

/* The modification time of the version's own commit file; -1: not told. */
static int64_t file_time(const struct log *log, int64_t version) {
  for (size_t i = 0; i < log->n; i++) {
    if (log->names[i].kind == MU_DELTA_COMMIT && log->names[i].version == version) {
      return log->modified_ms[i];
    }
  }
  return -1;
}

static void version_facts(const struct log *log, const struct mu_delta_plan *plan,
                          const struct mu_delta_result *result, struct mu_facts *facts) {
  int64_t when = result->timestamp_ms >= 0 ? result->timestamp_ms : file_time(log, plan->version);
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
  struct log log = {.args = args, .ctx = ctx, .store = {.args = args, .ctx = ctx}};
  struct mu_delta *delta MU_CLEANUP(mu_delta_cleanup) = mu_delta_new();
  struct mu_delta_plan plan;
  struct mu_delta_result result;
  struct mu_err why = {0};
  size_t n = strlen(location);
  while (n > 1 && location[n - 1] == '/') {
    n--;
  }
  log.location = mu_arena_strn(ctx->arena, location, n);
  log.store.may_read_files = !strstr(location, "://") || mu_str_starts(location, "file:");
  int rc = mu_store_list(&log.store, mu_arena_fmt(ctx->arena, "%s/_delta_log", log.location),
                         on_object, &log, &why);
  if (rc == 0) {
    rc = mu_delta_plan(log.names, log.n, mu_arg_int(args, "version", -1), ctx->arena, &plan, &why);
  }
  if (rc != 0) {
    *absent = why.code == MU_E_ABSENT;
    *err = *absent ? *err : why;
    return *absent ? 0 : -1;
  }
  if (read_log(&log, &plan, delta, err) != 0 || mu_delta_count(delta, &plan, &result, err) != 0) {
    return -1;
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
};
