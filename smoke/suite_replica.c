/* SPDX-License-Identifier: Apache-2.0 */
/* The replica: one check a table. What must hold of every copy is expected whatever the config
 * says; the config adds rows and age. */
#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "smoke/suites.h"

enum { ARGS_MAX = 16 };

struct args {
  struct mu_conf_pair at[ARGS_MAX];
  size_t n;
};

static void push(struct args *args, const char *name, const char *value) {
  if (value) {
    MU_ASSERT(args->n < ARGS_MAX);
    args->at[args->n++] = (struct mu_conf_pair){name, value};
  }
}

static bool configured(const struct mu_conf_workload *workload,
                       const struct mu_conf_standby *standby) {
  (void)standby;
  return workload->replica.tables.n > 0;
}

static struct args args_of(const struct mu_conf_workload *workload,
                           const struct mu_conf_standby *standby, const struct mu_conf_table *table,
                           const char *database, const char *name) {
  const struct mu_conf_replica *replica = &workload->replica;
  struct args args = {0};
  push(&args, "catalog", table->location && !database ? "none" : replica->catalog);
  push(&args, "location", database ? NULL : table->location);
  push(&args, "database", database ? database : table->location ? NULL : table->database);
  push(&args, "table", name ? name : table->location ? NULL : table->table);
  push(&args, "inside", replica->inside);
  push(&args, "as_of", replica->as_of);
  push(&args, "partitions", table->by_day ? "by-day" : NULL);
  push(&args, "retention", replica->lock_mode ? "true" : NULL);
  push(&args, "region", standby ? standby->region : NULL);
  push(&args, "profile", standby ? standby->profile : NULL);
  return args;
}

/* A count is worth nothing if files are missing, lead home, or contradict each other. */
static int expect_whole(struct mu_planned *check, const struct mu_conf_replica *replica,
                        const struct mu_conf_table *table, struct mu_arena *arena,
                        struct mu_err *err) {
  static const struct {
    const char *fact, *predicate;
  } always[] = {{"consistent", "== true"},
                {"files_missing", "== 0"},
                {"files_wrong_size", "== 0"},
                {"summary_agrees", "== true"}};
  for (size_t i = 0; i < MU_LEN(always); i++) {
    if (mu_plan_expect(check, always[i].fact, always[i].predicate, arena, err) != 0) {
      return -1;
    }
  }
  if (mu_streq(replica->catalog, "glue") &&
      mu_plan_expect(check, "pointer_ok", "== true", arena, err) != 0) {
    return -1;
  }
  if (replica->lock_mode && mu_plan_expect(check, "unlocked", "== 0", arena, err) != 0) {
    return -1; /* the bucket's default protects what is written now, not what was written before */
  }
  if (table->by_day && mu_plan_expect(check, "days_missing", "== 0", arena, err) != 0) {
    return -1; /* a right total can hide a missing day */
  }
  return replica->inside ? mu_plan_expect(check, "paths_outside", "== 0", arena, err) : 0;
}

struct mu_planned *mu_plan_table(struct mu_plan *plan, const struct mu_conf_workload *workload,
                                 const struct mu_conf_standby *standby,
                                 const struct mu_conf_table *table, const char *section,
                                 const char *database, const char *name,
                                 const struct mu_probes *probes, struct mu_arena *arena,
                                 struct mu_err *err) {
  const struct mu_probe *probe = mu_probe_find(probes, "iceberg");
  if (!probe) {
    (void)mu_fail(err, MU_E_UNSUPPORTED, "this build has no probe 'iceberg'");
    return NULL;
  }
  struct args args = args_of(workload, standby, table, database, name);
  struct mu_planned *check =
      mu_plan_add(plan, mu_arena_fmt(arena, "%s/%s", section, table->name), section, workload->name,
                  table->name, probe, args.at, args.n, arena, err);
  if (!check || expect_whole(check, &workload->replica, table, arena, err) != 0) {
    return NULL;
  }
  if (workload->replica.fresher_than_ms) {
    char age[MU_DUR_TEXT];
    mu_dur_exact(workload->replica.fresher_than_ms, age);
    if (mu_plan_expect(check, "fresher_than", age, arena, err) != 0) {
      return NULL;
    }
  }
  struct mu_diags diags;
  mu_diags_init(&diags, arena, workload->file, "");
  if (table->expect && mu_plan_expect_node(check, table->expect, &diags, arena)) {
    (void)mu_fail(err, MU_E_CONFIG, "%s: %s", table->name, diags.at[0].message);
    return NULL;
  }
  return check;
}

static int expand(struct mu_plan *plan, const struct mu_conf_workload *workload,
                  const struct mu_conf_standby *standby, const struct mu_probes *probes,
                  struct mu_arena *arena, struct mu_err *err) {
  for (size_t i = 0; i < workload->replica.tables.n; i++) {
    if (!mu_plan_table(plan, workload, standby, &workload->replica.tables.at[i], "replica", NULL,
                       NULL, probes, arena, err)) {
      return -1;
    }
  }
  return 0;
}

const struct mu_suite mu_suite_replica = {
    .name = "replica",
    .summary = "rows, freshness, files and paths of every table",
    .configured = configured,
    .expand = expand,
};
