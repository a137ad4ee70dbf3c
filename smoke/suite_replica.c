/* SPDX-License-Identifier: Apache-2.0 */
/* The replica: one check a table. What must hold of every copy is expected whatever the config
 * says; the config adds rows and age. */
#include "smoke/suite_replica.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "smoke/suites.h"
#include "wire/sql.h"

enum { ENGINE_NAME_MAX = 4096 };

static bool configured(const struct mu_conf_workload *workload,
                       const struct mu_conf_standby *standby) {
  (void)standby;
  return workload->replica.tables.n > 0;
}

void mu_words_add(struct mu_words *words, const char *name, const char *value) {
  if (value) {
    words->at = mu_arena_grow(words->arena, words->at, words->n, &words->cap, sizeof *words->at);
    words->at[words->n++] = (struct mu_conf_pair){name, value};
  }
}

static void add_rest(struct mu_words *words, const struct mu_conf_rest *rest) {
  mu_words_add(words, "uri", rest->uri);
  mu_words_add(words, "warehouse", rest->warehouse);
  mu_words_add(words, "prefix", rest->prefix);
  mu_words_add(words, "access", rest->access);
  mu_words_add(words, "token", rest->token);
  mu_words_add(words, "credential", rest->credential);
  mu_words_add(words, "oauth_uri", rest->oauth_uri);
  mu_words_add(words, "scope", rest->scope);
  mu_words_add(words, "audience", rest->audience);
  mu_words_add(words, "sigv4", rest->sign_service);
  mu_words_add(words, "sigv4_region", rest->sign_region);
  for (size_t i = 0; i < rest->headers.n; i++) {
    mu_words_add(words, mu_arena_fmt(words->arena, "headers.%s", rest->headers.at[i].name),
                 rest->headers.at[i].value);
  }
}

void mu_words_of_table(struct mu_words *words, const struct mu_conf_workload *workload,
                       const struct mu_conf_standby *standby, const struct mu_conf_table *table) {
  const struct mu_conf_replica *replica = &workload->replica;
  mu_words_add(words, "catalog", table->location ? "none" : replica->catalog);
  mu_words_add(words, "location", table->location);
  if (!table->location) {
    mu_words_add(words, "database", table->database);
    mu_words_add(words, "table", table->table);
    add_rest(words, &replica->rest);
  }
  mu_words_add(words, "as_of", replica->as_of);
  mu_words_add(words, "ca_file", replica->ca_file);
  mu_words_add(words, "region", standby ? standby->region : NULL);
  mu_words_add(words, "profile", standby ? standby->profile : NULL);
}

/* A restored copy: registered in Glue, by another name. */
static void words_of_copy(struct mu_words *words, const struct mu_conf_workload *workload,
                          const struct mu_conf_standby *standby, const char *database,
                          const char *name) {
  mu_words_add(words, "catalog", "glue");
  mu_words_add(words, "database", database);
  mu_words_add(words, "table", name);
  mu_words_add(words, "as_of", workload->replica.as_of);
  mu_words_add(words, "region", standby ? standby->region : NULL);
  mu_words_add(words, "profile", standby ? standby->profile : NULL);
}

/* Who counts what metadata leaves open. It knows the table by its name in the catalog; a table that
 * is only a location here has the name that the config gives it. */
static void add_engine(struct mu_words *words, const struct mu_conf_replica *replica,
                       const struct mu_conf_table *table, bool has_name) {
  const struct mu_conf_engine *engine = replica->engine;
  for (size_t i = 0; engine && i < engine->args.n; i++) {
    mu_words_add(words, mu_arena_fmt(words->arena, "engine.%s", engine->args.at[i].name),
                 engine->args.at[i].value);
  }
  if (engine && !has_name) {
    MU_STR(name, ENGINE_NAME_MAX);
    mu_sql_add_name(&name, engine->engine, table->database);
    mu_str_addc(&name, '.');
    mu_sql_add_name(&name, engine->engine, table->table);
    mu_words_add(words, "engine.table", mu_str_copy(&name, words->arena));
  }
}

/* A count is worth nothing if files are missing, lead home, or contradict each other. */
static int expect_whole(struct mu_planned *check, const struct mu_conf_replica *replica,
                        const struct mu_conf_table *table, bool pointed_at, struct mu_arena *arena,
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
  if (pointed_at && mu_plan_expect(check, "pointer_ok", "== true", arena, err) != 0) {
    return -1;
  }
  if (replica->lock_mode && mu_plan_expect(check, "unlocked", "== 0", arena, err) != 0) {
    return -1; /* the bucket's default protects what is written now, not what was written before */
  }
  if (table->partitions && mu_plan_expect(check, "days_missing", "== 0", arena, err) != 0) {
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
  struct mu_words words = {.arena = arena};
  const struct mu_conf_replica *replica = &workload->replica;
  /* By a catalog, or by a folder's version hint; a metadata file is named by the config itself. */
  bool pointed_at =
      database || !table->location ||
      !(mu_str_ends(table->location, ".json") || mu_str_ends(table->location, ".json.gz"));
  if (database) {
    words_of_copy(&words, workload, standby, database, name);
  } else {
    mu_words_of_table(&words, workload, standby, table);
  }
  add_engine(&words, replica, table, database || !table->location);
  mu_words_add(&words, "inside", replica->inside);
  mu_words_add(&words, "owner", replica->bucket_owner);
  mu_words_add(&words, "partitions", table->partitions);
  mu_words_add(&words, "retention", replica->lock_mode ? "true" : NULL);
  struct mu_planned *check =
      mu_plan_add(plan, mu_arena_fmt(arena, "%s/%s", section, table->name), section, workload->name,
                  table->name, probe, words.at, words.n, arena, err);
  if (!check || expect_whole(check, replica, table, pointed_at, arena, err) != 0 ||
      (table->rows_exact && mu_plan_expect(check, "rows_exact", "== true", arena, err) != 0)) {
    return NULL;
  }
  check->timeout_ms += replica->engine ? replica->engine->timeout_ms : 0;
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
