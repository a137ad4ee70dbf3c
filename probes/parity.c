/* SPDX-License-Identifier: Apache-2.0 */
/* One Iceberg table and the Delta table that it is a copy of: rows at the version that the nightly
 * job stamped, whether the stamp is true, and how far the source has moved on since. Both sides
 * from metadata alone. The source is at home: this probe belongs into nights, not into drills. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "delta_log.h"
#include "iceberg_look.h"

static const struct mu_param params[] = {
    {.name = "source",
     .type = MU_T_STR,
     .required = true,
     .doc = "the Delta table's folder: s3://, abfss://, file:// or a path"},
    {.name = "source_profile",
     .type = MU_T_STR,
     .doc = "AWS profile that may read it, where it is not the copy's"},
    {.name = "source_region", .type = MU_T_STR, .doc = "its AWS region"},
#include "store_params.def"
#include "table_params.def"
    {0},
};

static const struct mu_fact_def facts_seen[] = {
    {.name = "rows",
     .type = MU_T_INT,
     .unit = "rows",
     .finding = MU_F_REPLICA_PARITY,
     .doc = "rows of the copy; a range where deletes leave it open"},
    {.name = "source_rows",
     .type = MU_T_INT,
     .unit = "rows",
     .finding = MU_F_REPLICA_PARITY,
     .doc = "rows of the source at the version that the copy is stamped with"},
    {.name = "stamp_true",
     .type = MU_T_BOOL,
     .finding = MU_F_REPLICA_STAMP_FALSE,
     .doc = "the source has that version, and its rows are what the stamp says, if it says any"},
    {.name = "stamp_rows",
     .type = MU_T_INT,
     .unit = "rows",
     .doc = "rows of the source, as the nightly job stamped them"},
    {.name = "version", .type = MU_T_INT, .doc = "the source's version, as stamped"},
    {.name = "source_version", .type = MU_T_INT, .doc = "the source's latest version"},
    {.name = "behind",
     .type = MU_T_INT,
     .unit = "versions",
     .finding = MU_F_REPLICA_BEHIND,
     .doc = "versions of the source that the copy does not have"},
    {.name = "copied_until",
     .type = MU_T_TIME,
     .is_volatile = true,
     .finding = MU_F_REPLICA_BEHIND,
     .doc = "when the source moved on from what the copy holds; the time of the look where it has "
            "not"},
    {.name = "source_version_time",
     .type = MU_T_TIME,
     .doc = "when the source's latest version was committed"},
    {0},
};

/* The copy, by the iceberg probe's own look: its facts stay out of ours. */
struct copy {
  struct mu_facts facts;
  const struct mu_fact *rows, *stamp_rows;
  int64_t version; /* -1: not stamped */
};

static int look_at_copy(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                        struct copy *copy, bool *absent, struct mu_err *err) {
  struct mu_look look;
  bool stop = false;
  mu_facts_init(&copy->facts, ctx->arena);
  mu_look_init(&look, args, ctx, &copy->facts);
  int rc = mu_look_locate(&look, absent, &stop, err);
  if (rc == 0 && !*absent && !stop) {
    rc = mu_look_snapshot(&look, err);
  }
  mu_look_done(&look);
  if (rc != 0 || *absent) {
    return rc;
  }
  const struct mu_fact *version = mu_fact_find(&copy->facts, "iceberg.source_version");
  copy->rows = mu_fact_find(&copy->facts, "iceberg.rows");
  copy->stamp_rows = mu_fact_find(&copy->facts, "iceberg.source_rows");
  if (!version || mu_num_parse_i64(version->value.s, &copy->version) != 0 || copy->version < 0) {
    copy->version = -1;
  }
  if (!copy->rows) {
    const struct mu_fact *why = mu_fact_find(&copy->facts, "iceberg.rows_why");
    return mu_fail(err, MU_E_INPUT, "the copy's rows cannot be counted: %s",
                   why ? why->value.s : "its metadata is not there");
  }
  return 0;
}

/* The store of the source: the same arguments, with its own region and profile. */
static struct mu_args source_args(const struct mu_args *args, struct mu_arena *arena) {
  static const char *const renamed[][2] = {{"source_region", "region"},
                                           {"source_profile", "profile"}};
  struct mu_arg *at = mu_arena_array(arena, args->n + MU_LEN(renamed), sizeof *at);
  size_t n = 0;
  for (size_t i = 0; i < args->n; i++) {
    if (!mu_streq(args->at[i].name, "region") && !mu_streq(args->at[i].name, "profile") &&
        !mu_streq(args->at[i].name, "owner")) {
      at[n++] = args->at[i];
    }
  }
  for (size_t i = 0; i < MU_LEN(renamed); i++) {
    const struct mu_arg *own = mu_arg_find(args, renamed[i][0]);
    const struct mu_arg *shared = mu_arg_find(args, renamed[i][1]);
    if (own || shared) {
      at[n++] = (struct mu_arg){renamed[i][1], own ? own->value : shared->value};
    }
  }
  return (struct mu_args){.at = at, .n = n};
}

/* What the log says of the version that the copy holds. */
static int compare(struct mu_delta_log *log, const struct copy *copy, struct mu_facts *facts,
                   struct mu_err *err) {
  struct mu_delta *delta MU_CLEANUP(mu_delta_cleanup) = mu_delta_new();
  struct mu_delta_plan plan;
  struct mu_delta_result result;
  if (mu_delta_log_read(log, copy->version, delta, &plan, &result, err) != 0) {
    if (err->code == MU_E_ABSENT) { /* the table is there; only its old versions are not */
      err->code = MU_E_UNSUPPORTED;
    }
    return mu_wrap(err, "the source's log");
  }
  if (!result.is_complete || result.without_records > 0) {
    return mu_fail(
        err, MU_E_UNSUPPORTED, "the source's log does not tell the rows of version %lld: %s",
        (long long)copy->version, result.is_complete ? "files without statistics" : result.why);
  }
  (void)mu_fact_int(facts, "parity.source_rows", result.rows, "rows");
  (void)mu_fact_bool(facts, "parity.stamp_true",
                     !copy->stamp_rows || copy->stamp_rows->value.i == result.rows);
  return 0;
}

/* How far the source is ahead: at the first version that is not copied, the copy stopped being all
 * there was. */
static void distance(const struct mu_delta_log *log, const struct copy *copy, int64_t now_ms,
                     struct mu_facts *facts) {
  int64_t next_ms = mu_delta_log_time(log, copy->version + 1);
  (void)mu_fact_int(facts, "parity.behind", log->latest - copy->version, "versions");
  if (copy->version == log->latest) {
    (void)mu_fact_time(facts, "parity.copied_until", now_ms);
  } else if (next_ms >= 0) {
    (void)mu_fact_time(facts, "parity.copied_until", next_ms);
  }
}

/* A source that is not there is no word on the copy, which is. */
static int open_source(struct mu_delta_log *log, struct mu_store *store, const char *location,
                       struct mu_err *err) {
  store->may_read_files = !strstr(location, "://") || mu_str_starts(location, "file:");
  if (mu_delta_log_open(log, store, location, err) != 0) {
    err->code = err->code == MU_E_ABSENT ? MU_E_INPUT : err->code;
    return mu_wrap(err, "the source");
  }
  return log->latest >= 0 ? 0
                          : mu_fail(err, MU_E_INPUT, "the source has no Delta log with a commit");
}

static void copy_facts(const struct copy *copy, struct mu_facts *facts) {
  const struct mu_value *rows = &copy->rows->value;
  if (rows->type == MU_T_RANGE) {
    (void)mu_fact_range(facts, "parity.rows", rows->range.lo, rows->range.hi, "rows");
  } else {
    (void)mu_fact_int(facts, "parity.rows", rows->i, "rows");
  }
  if (copy->version >= 0) {
    (void)mu_fact_int(facts, "parity.version", copy->version, NULL);
  }
  if (copy->stamp_rows) {
    (void)mu_fact_int(facts, "parity.stamp_rows", copy->stamp_rows->value.i, "rows");
  }
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  const char *source = mu_arg_str(args, "source", "");
  const struct mu_args theirs = source_args(args, ctx->arena);
  struct mu_store store = {.args = &theirs, .ctx = ctx};
  struct mu_delta_log log;
  struct copy copy = {.version = -1};
  if (look_at_copy(args, ctx, &copy, absent, err) != 0 || *absent) {
    return *absent ? 0 : -1;
  }
  if (open_source(&log, &store, source, err) != 0) {
    return -1;
  }
  int64_t latest_ms = mu_delta_log_time(&log, log.latest);
  (void)mu_fact_int(facts, "parity.source_version", log.latest, NULL);
  if (latest_ms >= 0) {
    (void)mu_fact_time(facts, "parity.source_version_time", latest_ms);
  }
  if (copy.version > log.latest) {
    (void)mu_fact_bool(facts, "parity.stamp_true", false);
  } else if (copy.version >= 0) {
    distance(&log, &copy, ctx->now_ms, facts);
    if (compare(&log, &copy, facts, err) != 0) {
      return -1; /* how far behind it is stays known */
    }
  }
  copy_facts(&copy, facts);
  return 0;
}

const struct mu_probe mu_probe_parity = {
    .name = "parity",
    .summary = "an Iceberg copy against the log of the Delta table that it is a copy of",
    .params = params,
    .facts = facts_seen,
    .headline = "{rows} of {source_rows} at version {version}, {behind} behind",
    .target = "source",
    .network = true,
    .observe = observe,
};
