/* SPDX-License-Identifier: Apache-2.0 */
/* What the nightly job wrote into the snapshots' summaries about its source, and how far the copies
 * ever lay apart. */
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "iceberg_look.h"

enum { MAX_WALK = 1000 };

/* "summary:KEY" -> KEY; NULL: not asked for. */
static const char *key_of(const struct mu_look *look, const char *param, const char *otherwise) {
  const char *written = mu_arg_str(look->args, param, otherwise);
  return mu_str_starts(written, "summary:") ? written + strlen("summary:") : NULL;
}

static const struct mu_iceberg_snapshot *parent_of(const struct mu_look *look,
                                                   const struct mu_iceberg_snapshot *snapshot) {
  for (size_t i = 0; i < look->meta->snapshots_n; i++) {
    if (look->meta->snapshots[i].id == snapshot->parent_id) {
      return &look->meta->snapshots[i];
    }
  }
  return NULL;
}

/* Compaction writes a snapshot of its own that says nothing of the source and changes no row: its
 * parent's stamp holds. */
static const char *stamp(const struct mu_look *look, const char *key) {
  const struct mu_iceberg_snapshot *at = look->snapshot;
  for (size_t i = 0; key && at && i < MAX_WALK; i++) {
    const char *value = mu_iceberg_summary(at, key);
    if (value || !mu_streq(mu_iceberg_summary(at, "operation"), "replace")) {
      return value;
    }
    at = parent_of(look, at);
  }
  return NULL;
}

/* RFC 3339, or Unix milliseconds. */
static bool time_of(const char *text, int64_t *ms) {
  return text && (mu_time_parse(text, ms) == 0 || mu_num_parse_i64(text, ms) == 0);
}

/* The worst of: a copy becomes readable, and until then the one before was all there was. */
static void exposure(struct mu_look *look, const char *key) {
  bool known = false;
  int64_t before = 0, worst = -1, worst_at = 0;
  for (size_t i = 0; key && i < look->meta->log_n; i++) {
    const struct mu_iceberg_snapshot *snapshot = NULL;
    for (size_t k = 0; k < look->meta->snapshots_n && !snapshot; k++) {
      if (look->meta->snapshots[k].id == look->meta->log[i].snapshot_id) {
        snapshot = &look->meta->snapshots[k];
      }
    }
    int64_t as_of = 0, committed = look->meta->log[i].timestamp_ms;
    if (!snapshot || !time_of(mu_iceberg_summary(snapshot, key), &as_of)) {
      continue;
    }
    if (known && committed - before > worst) {
      worst = committed - before;
      worst_at = committed;
    }
    before = as_of;
    known = true;
  }
  if (worst >= 0) {
    (void)mu_fact_dur(look->facts, "iceberg.exposure", worst);
    (void)mu_fact_time(look->facts, "iceberg.exposure_at", worst_at);
  }
}

void mu_look_source(struct mu_look *look) {
  const char *as_of_key = key_of(look, "as_of", "summary:source-as-of");
  const char *rows = stamp(look, key_of(look, "source_rows", "summary:source-rows"));
  const char *version = stamp(look, key_of(look, "source_version", "summary:source-version"));
  int64_t number = 0;
  if (time_of(stamp(look, as_of_key), &number)) {
    (void)mu_fact_time(look->facts, "iceberg.source_as_of", number);
  }
  if (rows && mu_num_parse_i64(rows, &number) == 0) {
    (void)mu_fact_int(look->facts, "iceberg.source_rows", number, "rows");
  }
  if (version) {
    (void)mu_fact_str(look->facts, "iceberg.source_version", version);
  }
  exposure(look, as_of_key);
}

/* The last "=YYYY-MM-DD" of a partition's text, as days since 1970; -1: none. */
static int64_t day_of(const char *text) {
  const char *at = NULL;
  int64_t ms = -1;
  for (const char *p = text; (p = strchr(p, '=')); p++) {
    if (strspn(p + 1, "0123456789-") >= 10 && p[5] == '-' && p[8] == '-') {
      at = p + 1;
    }
  }
  if (at) {
    MU_STR(time, 32);
    mu_str_addn(&time, at, 10);
    mu_str_add(&time, "T00:00:00Z");
    if (mu_time_parse(mu_str_get(&time), &ms) != 0) {
      return -1;
    }
  }
  return at ? ms / 86400000 : -1;
}

void mu_look_days(struct mu_look *look, const struct mu_iceberg_result *result) {
  struct mu_arena *arena = look->ctx->arena;
  enum { MAX_DAYS = 36600 };
  bool *seen = NULL;
  int64_t first = INT64_MAX, last = -1;
  if (!mu_streq(mu_arg_str(look->args, "partitions", NULL), "by-day")) {
    return;
  }
  for (size_t i = 0; i < result->partitions_n; i++) {
    int64_t day = day_of(result->partitions[i].text);
    if (day >= 0) {
      first = day < first ? day : first;
      last = day > last ? day : last;
    }
  }
  if (last < 0 || last - first >= MAX_DAYS) {
    return; /* not partitioned by day: the fact stays away, which is no pass */
  }
  seen = mu_arena_array(arena, (size_t)(last - first + 1), sizeof *seen);
  for (size_t i = 0; i < result->partitions_n; i++) {
    int64_t day = day_of(result->partitions[i].text);
    if (day >= 0 && result->partitions[i].rows > 0) {
      seen[day - first] = true;
    }
  }
  struct mu_names missing = {0};
  for (int64_t day = first; day <= last; day++) {
    if (!seen[day - first]) {
      char text[MU_TIME_TEXT];
      mu_time_date(day * 86400000, text);
      mu_names_add(&missing, arena, text, NULL);
    }
  }
  (void)mu_fact_int(look->facts, "iceberg.days", last - first + 1 - missing.total, "days");
  (void)mu_fact_int(look->facts, "iceberg.days_missing", missing.total, "days");
  if (missing.n > 0) {
    (void)mu_fact_list(look->facts, "iceberg.days_missing_names", missing.at, missing.n);
  }
  (void)mu_fact_time(look->facts, "iceberg.last_day", last * 86400000);
}
