/* SPDX-License-Identifier: Apache-2.0 */
/* Restores the data: registers the newest snapshot of each table in a catalog database of the
 * drill's own and reads it back. Nobody writes through these registrations, and dropping them later
 * never touches a file. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "smoke/plan.h"
#include "smoke/suite_replica.h"
#include "smoke/suites.h"
#include "step.h"
#include "wire/aws.h"

static bool applies(const struct mu_drill *drill, const char **why) {
  *why = "no replica in the config";
  return drill->workload->replica.tables.n > 0;
}

static const char *database_of(const struct mu_drill *drill) {
  return mu_arena_fmt(drill->arena, "drill_%s", drill->suffix);
}

/* Names of both namespaces share one database. */
static const char *registered_name(const struct mu_drill *drill,
                                   const struct mu_conf_table *table) {
  char *name = mu_arena_str(drill->arena, table->name);
  for (char *c = name; *c; c++) {
    *c = *c == '.' ? '_' : *c;
  }
  return name;
}

static char *object(struct mu_drill *drill, const char *const *pairs) {
  MU_STR(json, 1 << 16);
  struct mu_jw w;
  mu_jw_init(&w, &json, 0);
  mu_jw_object(&w);
  mu_jw_kint(&w, "v", 1);
  for (; *pairs; pairs += 2) {
    mu_jw_kstr(&w, pairs[0], pairs[1]);
  }
  mu_jw_end(&w);
  return mu_str_copy(&json, drill->arena);
}

static int call(struct mu_drill *drill, const char *operation, const char *body,
                struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  return mu_aws_call(drill->aws, drill->http, "glue", operation, body, drill->arena, &answer, err);
}

static int create_database(struct mu_drill *drill, const char *database, struct mu_err *err) {
  int64_t act = 0;
  if (mu_act_begin(drill, "glue.database", "create the drill's catalog database",
                   object(drill, (const char *[]){"database", database, NULL}), &act, err) != 0) {
    return -1;
  }
  MU_STR(body, 4096);
  mu_str_add(&body, "{\"DatabaseInput\":{\"Name\":");
  mu_str_add_json(&body, database, strlen(database));
  mu_str_addf(&body, ",\"Description\":\"muster drill\",\"Parameters\":{\"muster:drill\":\"%s\"}}}",
              drill->suffix);
  struct mu_err why = {0};
  int rc = call(drill, "CreateDatabase", mu_str_get(&body), &why);
  if (mu_act_end(drill, act, rc == 0, NULL, err) != 0) {
    return -1;
  }
  if (rc != 0) {
    *err = why;
  }
  return rc;
}

/* Where Glue says that the table's metadata is. */
static int ask_glue(struct mu_drill *drill, const struct mu_conf_table *table, const char **out,
                    struct mu_err *err) {
  MU_STR(body, 4096);
  mu_str_add(&body, "{\"DatabaseName\":");
  mu_str_add_json(&body, table->database, strlen(table->database));
  mu_str_add(&body, ",\"Name\":");
  mu_str_add_json(&body, table->table, strlen(table->table));
  mu_str_add(&body, "}");
  MU_AWS_ANSWER(answer);
  if (mu_aws_call(drill->aws, drill->http, "glue", "GetTable", mu_str_get(&body), drill->arena,
                  &answer, err) != 0) {
    return -1;
  }
  const char *location =
      mu_json_str(mu_json_path(answer.json, "Table.Parameters.metadata_location"), NULL);
  if (!location) {
    return mu_fail(err, MU_E_INPUT,
                   "the catalog's table has no metadata_location: it is no Iceberg table");
  }
  *out = mu_arena_str(drill->arena, location);
  return 0;
}

/* Where a table of another catalog, or of none, has its newest metadata: as a probe finds it. */
static int look_for_it(struct mu_drill *drill, const struct mu_conf_table *table, const char **out,
                       struct mu_err *err) {
  const struct mu_conf_workload *workload = drill->workload;
  const struct mu_probe *probe = mu_probe_find(drill->env->probes, "iceberg");
  struct mu_words words = {.arena = drill->arena};
  struct mu_plan plan = {0};
  size_t at = drill->run->checks.n;
  if (!probe) {
    return mu_fail(err, MU_E_UNSUPPORTED, "this build has no probe 'iceberg'");
  }
  mu_words_of_table(&words, workload, drill->standby, table);
  mu_words_add(&words, "files", "false");
  if (!mu_plan_add(&plan, mu_arena_fmt(drill->arena, "restore/%s, to register", table->name),
                   "restore", workload->name,
                   mu_arena_fmt(drill->arena, "%s, to register", table->name), probe, words.at,
                   words.n, drill->arena, err)) {
    return -1;
  }
  (void)mu_drill_observe(drill, &plan, true);
  const struct mu_check *check = &drill->run->checks.at[at];
  const struct mu_fact *fact = mu_fact_find(&check->facts, "iceberg.metadata_location");
  if (check->status != MU_OBSERVED || !fact) {
    return mu_fail(err, check->status == MU_ABSENT ? MU_E_ABSENT : MU_E_REMOTE,
                   "its metadata is not found: %s",
                   check->error                 ? check->error
                   : check->status == MU_ABSENT ? "the table is not there"
                                                : "nobody says where");
  }
  *out = fact->value.s;
  return 0;
}

static int metadata_location(struct mu_drill *drill, const struct mu_conf_table *table,
                             const char **out, struct mu_err *err) {
  bool in_glue = !table->location && mu_streq(drill->workload->replica.catalog, "glue");
  return in_glue ? ask_glue(drill, table, out, err) : look_for_it(drill, table, out, err);
}

static int register_table(struct mu_drill *drill, const char *database,
                          const struct mu_conf_table *table, struct mu_err *err) {
  const char *location = NULL, *name = registered_name(drill, table);
  if (metadata_location(drill, table, &location, err) != 0) {
    return -1;
  }
  int64_t act = 0;
  const char *undo = object(drill, (const char *[]){"database", database, "table", name, NULL});
  if (mu_act_begin(drill, "glue.table", mu_arena_fmt(drill->arena, "register %s", table->name),
                   undo, &act, err) != 0) {
    return -1;
  }
  MU_STR(body, 16384);
  struct mu_jw w;
  mu_jw_init(&w, &body, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "DatabaseName", database);
  mu_jw_key(&w, "TableInput");
  mu_jw_object(&w);
  mu_jw_kstr(&w, "Name", name);
  mu_jw_kstr(&w, "TableType", "EXTERNAL_TABLE");
  mu_jw_key(&w, "Parameters");
  mu_jw_object(&w);
  mu_jw_kstr(&w, "table_type", "ICEBERG");
  mu_jw_kstr(&w, "metadata_location", location);
  mu_jw_kstr(&w, "muster:drill", drill->suffix);
  mu_jw_end(&w);
  mu_jw_end(&w);
  mu_jw_end(&w);
  struct mu_err why = {0};
  int rc = call(drill, "CreateTable", mu_str_get(&body),
                &why); /* an existing table is a conflict, never overwritten */
  if (mu_act_end(drill, act, rc == 0, NULL, err) != 0) {
    return -1;
  }
  if (rc != 0) {
    *err = why;
  }
  return rc;
}

/* What finish.c derives RPO from: one row a table, and one a datastore of the plan that nothing was
 * restored into. */
static void write_row(struct mu_jw *w, const struct mu_conf_table *table,
                      const struct mu_check *check) {
  const struct mu_fact *as_of = mu_fact_find(&check->facts, "iceberg.source_as_of");
  const struct mu_fact *exposure = mu_fact_find(&check->facts, "iceberg.exposure");
  const struct mu_fact *exposed_at = mu_fact_find(&check->facts, "iceberg.exposure_at");
  bool observed = check->status == MU_OBSERVED;
  mu_jw_object(w);
  mu_jw_kstr(w, "name", table->name);
  if (observed && as_of) {
    mu_jw_kint(w, "as_of_ms", as_of->value.i);
  } else {
    mu_jw_kstr(w, "why_not",
               !observed ? (check->error ? check->error : "not read")
                         : "the snapshot carries no source as-of stamp");
  }
  if (observed && exposure) {
    mu_jw_kint(w, "exposure_ms", exposure->value.i);
    mu_jw_kint(w, "exposure_at_ms", exposed_at ? exposed_at->value.i : 0);
  }
  mu_jw_end(w);
}

static bool is_waived(const struct mu_drill *drill, const char *address, const char **why) {
  for (size_t i = 0; i < drill->workload->no_data_of_record.n; i++) {
    const struct mu_conf_waiver *waiver = &drill->workload->no_data_of_record.at[i];
    if (mu_str_glob(waiver->address, address) && waiver->until_ms > mu_wall_ms(drill->env->clock)) {
      *why = waiver->reason;
      return true;
    }
  }
  *why = "comes up empty: the config names no restore source";
  return false;
}

static void write_datastores(struct mu_drill *drill, struct mu_jw *w) {
  const char *lines = mu_drill_get(drill, "datastores");
  while (lines && *lines) {
    size_t n = strcspn(lines, "\n");
    const char *address = mu_arena_strn(drill->arena, lines, n), *why = NULL;
    bool waived = is_waived(drill, address, &why);
    mu_jw_object(w);
    mu_jw_kstr(w, "name", address);
    mu_jw_kstr(w, "why_not", why);
    mu_jw_kbool(w, "waived", waived);
    mu_jw_end(w);
    if (waived) {
      mu_run_leave_out(drill->run, address,
                       mu_arena_fmt(drill->arena, "no data of record: %s", why));
    }
    lines += n + (lines[n] == '\n');
  }
}

static void remember(struct mu_drill *drill, size_t first) {
  MU_STR(json, 1 << 20);
  struct mu_jw w;
  mu_jw_init(&w, &json, 0);
  mu_jw_array(&w);
  for (size_t i = 0; i < drill->workload->replica.tables.n && first + i < drill->run->checks.n;
       i++) {
    write_row(&w, &drill->workload->replica.tables.at[i], &drill->run->checks.at[first + i]);
  }
  write_datastores(drill, &w);
  mu_jw_end(&w);
  mu_drill_set(drill, "tables", mu_str_get(&json));
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  const struct mu_conf_workload *workload = drill->workload;
  const char *database = database_of(drill);
  if (!drill->aws) {
    return mu_fail(err, MU_E_UNSUPPORTED, "tables can be registered in AWS Glue only");
  }
  if (create_database(drill, database, err) != 0) {
    return -1;
  }
  struct mu_plan plan = {0};
  for (size_t i = 0; i < workload->replica.tables.n; i++) {
    const struct mu_conf_table *table = &workload->replica.tables.at[i];
    if (register_table(drill, database, table, err) != 0) {
      mu_drill_find(drill, MU_F_RESTORE_FAILED, table->name, "%s", err->msg);
      return mu_wrap(err, "%s", table->name);
    }
    if (!mu_plan_table(&plan, workload, drill->standby, table, "restore", database,
                       registered_name(drill, table), drill->env->probes, drill->arena, err)) {
      return -1;
    }
  }
  size_t first = drill->run->checks.n;
  result->verdict = mu_drill_observe(drill, &plan, true);
  remember(drill, first);
  if (result->verdict == MU_PASS) {
    mu_drill_event(drill, "data-ready", NULL);
  }
  const char *worst = NULL;
  for (size_t i = first; i < drill->run->checks.n && !worst; i++) {
    worst = drill->run->checks.at[i].verdict > MU_PASS ? drill->run->checks.at[i].title : NULL;
  }
  result->seen =
      mu_arena_fmt(drill->arena, "%zu tables in Glue database %s%s%s", workload->replica.tables.n,
                   database, worst ? " · " : "", worst ? worst : "");
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  mu_str_addf(out,
              "register %zu tables in a Glue database of the drill's own and read each back: rows, "
              "freshness, files, paths\n",
              drill->workload->replica.tables.n);
}

const struct mu_step mu_step_restore = {
    .id = "restore",
    .title = "restore",
    .budget = "restore",
    .doc = "Registers the newest snapshot of each table in a catalog database of the drill's own, "
           "never over an existing table, and reads it back: rows, freshness, every file there, "
           "every path inside the replica. Undo: drop the registrations; no file is ever purged.",
    .applies = applies,
    .describe = describe,
    .run = run,
};

/* Absent is undone: both undos may run twice. */
static int absent_is_fine(int rc, struct mu_err *err) {
  return rc != 0 && err->code == MU_E_ABSENT ? 0 : rc;
}

static int drop_table(struct mu_drill *drill, const struct mu_json_node *undo, struct mu_err *err) {
  MU_STR(body, 4096);
  struct mu_jw w;
  mu_jw_init(&w, &body, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "DatabaseName", mu_json_str(mu_json_get(undo, "database"), ""));
  mu_jw_kstr(&w, "Name", mu_json_str(mu_json_get(undo, "table"), ""));
  mu_jw_end(&w);
  return absent_is_fine(call(drill, "DeleteTable", mu_str_get(&body), err), err);
}

static int drop_database(struct mu_drill *drill, const struct mu_json_node *undo,
                         struct mu_err *err) {
  MU_STR(body, 4096);
  struct mu_jw w;
  mu_jw_init(&w, &body, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "Name", mu_json_str(mu_json_get(undo, "database"), ""));
  mu_jw_end(&w);
  return absent_is_fine(call(drill, "DeleteDatabase", mu_str_get(&body), err), err);
}

const struct mu_undo mu_undo_glue_table = {
    .act = "glue.table", .title = "drop a registered table", .run = drop_table};
const struct mu_undo mu_undo_glue_database = {
    .act = "glue.database", .title = "drop the drill's catalog database", .run = drop_database};
