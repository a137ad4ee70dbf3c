/* SPDX-License-Identifier: Apache-2.0 */
/* What each section of a config expands into; and what a config without sections is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "probes/table.h"
#include "smoke/plan.h"
#include "smoke/suites.h"
#include "support/conf.h"

struct world {
  struct mu_arena *arena;
  struct mu_config *config;
  const struct mu_conf_workload *workload;
  const struct mu_conf_standby *standby;
};

#define HEAD                                                                                       \
  "muster: 1\n"                                                                                    \
  "standbys:\n"                                                                                    \
  "  dr: { cloud: aws, account: \"123456789012\", region: us-east-1, profile: dr-ro,\n"            \
  "        tags: { Purpose: DR-Standby, Owner: platform } }\n"                                     \
  "workloads:\n"                                                                                   \
  "  app:\n"                                                                                       \
  "    dr: [dr]\n"                                                                                 \
  "    drill: quarterly\n"

static void open_config(struct world *w, const char *yaml) {
  w->arena = mu_arena_new();
  w->config = conf_parse("muster.yaml", yaml);
  w->workload = &w->config->workloads.at[0];
  w->standby = w->workload->dr.at[0];
}

static void close_config(struct world *w) {
  mu_config_free(w->config);
  mu_arena_free(w->arena);
}

/* The suite's checks as "id probe arg=value … | fact predicate, …", one a line. */
static const char *expanded(struct world *w, const char *name) {
  const struct mu_suite *suite = mu_suite_find(name);
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  MU_STR(text, 1 << 16);
  assert_non_null(suite);
  if (!suite->configured(w->workload, w->standby)) {
    return "not configured";
  }
  if (suite->expand(&plan, w->workload, w->standby, mu_probes_all(), w->arena, &err) != 0) {
    return mu_arena_str(w->arena, err.msg);
  }
  for (size_t i = 0; i < plan.n; i++) {
    const struct mu_planned *check = &plan.at[i];
    assert_string_equal(check->workload, "app");
    mu_str_addf(&text, "%s %s", check->id, check->probe->name);
    for (const struct mu_param *param = check->probe->params; param->name; param++) {
      const char *value = param->type == MU_T_STR && !param->otherwise
                              ? mu_arg_str(&check->args, param->name, NULL)
                              : NULL;
      if (value) {
        mu_str_addf(&text, " %s=%s", param->name, value);
      }
    }
    mu_str_add(&text, " |");
    for (size_t k = 0; k < check->expect_n; k++) {
      mu_str_addf(&text, "%s %s", k ? "," : "", check->expect[k].fact);
    }
    mu_str_addc(&text, '\n');
  }
  return mu_str_copy(&text, w->arena);
}

/* Is that what is expected of a fact, in these words? */
static bool expects(struct world *w, const char *suite_name, const char *fact, const char *text) {
  const struct mu_suite *suite = mu_suite_find(suite_name);
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  assert_int_equal(suite->expand(&plan, w->workload, w->standby, mu_probes_all(), w->arena, &err),
                   0);
  for (size_t i = 0; i < plan.n; i++) {
    for (size_t k = 0; k < plan.at[i].expect_n; k++) {
      if (mu_streq(plan.at[i].expect[k].fact, fact)) {
        return mu_streq(plan.at[i].expect[k].written, text);
      }
    }
  }
  return false;
}

static void a_config_without_sections_has_only_its_account(void **state) {
  (void)state;
  struct world w;
  open_config(&w, HEAD);
  assert_string_equal(expanded(&w, "bucket"), "not configured");
  assert_string_equal(expanded(&w, "replica"), "not configured");
  assert_string_equal(expanded(&w, "checks"), "not configured");
  const struct mu_suite *account = mu_suite_find("account");
  assert_false(account->configured(w.workload, NULL)); /* no standby, nobody's account */
  assert_null(mu_suite_find("smoke"));
  close_config(&w);
}

static void the_account_is_asked_with_the_standbys_credentials(void **state) {
  (void)state;
  struct world w;
  open_config(&w, HEAD);
  assert_string_equal(expanded(&w, "account"),
                      "account/identity sts region=us-east-1 profile=dr-ro | sts.account\n"
                      "account/tags account account=123456789012 region=us-east-1 profile=dr-ro | "
                      "account.tag.Purpose, account.tag.Owner\n");
  assert_true(expects(&w, "account", "sts.account", "== 123456789012"));
  assert_true(expects(&w, "account", "account.tag.Purpose", "== DR-Standby"));
  close_config(&w);
}

#define REPLICA                                                                                    \
  "    replica:\n"                                                                                 \
  "      catalog: glue\n"                                                                          \
  "      inside: s3://lake-dr/warehouse/\n"                                                        \
  "      object_lock: { mode: governance, days: 30 }\n"                                            \
  "      as_of: summary:source-as-of\n"                                                            \
  "      fresher_than: 24h\n"                                                                      \
  "      tables:\n"                                                                                \
  "        finance.fact: { rows: \">= 1\" }\n"                                                     \
  "        raw.events: { location: \"s3://lake-dr/warehouse/events\" }\n"

static void the_replicas_bucket_keeps_its_promises(void **state) {
  (void)state;
  struct world w;
  open_config(&w, HEAD REPLICA);
  assert_non_null(
      strstr(expanded(&w, "bucket"), "replica/bucket s3_bucket bucket=lake-dr region=us-east-1"));
  assert_true(expects(&w, "bucket", "s3_bucket.versioning", "== Enabled"));
  assert_true(expects(&w, "bucket", "s3_bucket.lock_mode", "== governance"));
  assert_true(expects(&w, "bucket", "s3_bucket.lock_days", ">= 30"));
  close_config(&w);
}

static void whose_buckets_they_are(void **state) {
  (void)state;
  struct world w;
  open_config(&w, HEAD REPLICA "      bucket_owner: \"123456789012\"\n");
  assert_non_null(strstr(expanded(&w, "bucket"), "owner=123456789012"));
  const char *text = expanded(&w, "replica");
  const char *second = strchr(text, '\n') + 1;
  assert_non_null(strstr(text, "owner=123456789012"));
  assert_non_null(strstr(second, "owner=123456789012"));
  close_config(&w);
}

static void every_table_must_be_whole(void **state) {
  (void)state;
  static const char *const always[] = {"consistent",    "files_missing",  "files_wrong_size",
                                       "paths_outside", "summary_agrees", "fresher_than"};
  struct world w;
  open_config(&w, HEAD REPLICA);
  const char *text = expanded(&w, "replica");
  const char *second = strchr(text, '\n') + 1;
  assert_true(mu_str_starts(text, "replica/finance.fact iceberg "));
  assert_true(mu_str_starts(second, "replica/raw.events iceberg "));
  for (size_t i = 0; i < MU_LEN(always); i++) {
    const char *fact = mu_arena_fmt(w.arena, "iceberg.%s", always[i]);
    const char *found = strstr(text, fact), *again = strstr(second, fact);
    if (!found || !again || found >= second) {
      fail_msg("%s is not expected of both: %s", fact, text);
    }
  }
  assert_non_null(strstr(text, "iceberg.rows"));
  assert_non_null(strstr(text, "iceberg.pointer_ok"));
  assert_non_null(strstr(second, "iceberg.pointer_ok")); /* by its version hint */
  assert_non_null(strstr(text, "database=finance"));
  assert_non_null(strstr(text, "table=fact"));
  assert_non_null(strstr(second, "location=s3://lake-dr/warehouse/events"));
  assert_null(strstr(second, "database="));
  assert_null(strstr(second, "iceberg.rows"));
  close_config(&w);
}

static void a_restored_copy_is_looked_at_by_its_own_name(void **state) {
  (void)state;
  struct world w;
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  open_config(&w, HEAD REPLICA);
  struct mu_planned *check =
      mu_plan_table(&plan, w.workload, w.standby, &w.workload->replica.tables.at[1], "restore",
                    "_drl1_", "events", mu_probes_all(), w.arena, &err);
  assert_non_null(check);
  assert_string_equal(check->id, "restore/raw.events");
  assert_string_equal(mu_arg_str(&check->args, "database", ""), "_drl1_");
  assert_string_equal(mu_arg_str(&check->args, "table", ""), "events");
  assert_null(mu_arg_str(&check->args, "location", NULL)); /* by the catalog, not the path */
  close_config(&w);
}

static void a_rest_catalog_is_asked_as_the_config_says(void **state) {
  (void)state;
  struct world w;
  open_config(&w, HEAD "    replica:\n"
                       "      catalog: rest\n"
                       "      rest: { uri: \"https://c.example.com\", warehouse: dr,\n"
                       "              credential: \"${env:C}\", access: own,\n"
                       "              headers: { Polaris-Realm: dr } }\n"
                       "      inside: s3://lake-dr/\n"
                       "      tables: { finance.eu.fact: { rows: \">= 1\" } }\n");
  const char *text = expanded(&w, "replica");
  assert_non_null(strstr(text, " database=finance.eu table=fact uri=https://c.example.com "
                               "warehouse=dr credential=${env:C} region=us-east-1"));
  assert_non_null(strstr(text, "iceberg.pointer_ok"));
  assert_string_equal(expanded(&w, "parity"), "not configured");
  struct mu_plan plan = {0};
  struct mu_err err = {0};
  const struct mu_conf_table *table = &w.workload->replica.tables.at[0];
  const struct mu_planned *check = mu_plan_table(&plan, w.workload, w.standby, table, "restore",
                                                 "drill_1", "fact", mu_probes_all(), w.arena, &err);
  if (!check) {
    fail_msg("%s", err.msg);
  }
  assert_string_equal(mu_arg_str(&check->args, "catalog", ""), "glue"); /* where a drill puts it */
  assert_null(mu_arg_str(&check->args, "uri", NULL));
  check = mu_plan_table(&plan, w.workload, w.standby, table, "replica", NULL, NULL, mu_probes_all(),
                        w.arena, &err);
  assert_string_equal(mu_arg_str(&check->args, "catalog", ""), "rest");
  assert_string_equal(mu_arg_str(&check->args, "access", ""), "own");
  const char *name = NULL, *value = NULL;
  assert_true(mu_arg_pair(&check->args, "headers", 0, &name, &value));
  assert_string_equal(name, "Polaris-Realm");
  assert_string_equal(value, "dr");
  close_config(&w);
}

static void parity_asks_each_source_that_is_named(void **state) {
  (void)state;
  struct world w;
  open_config(&w, HEAD
              "    replica:\n"
              "      inside: s3://lake-dr/\n"
              "      source: { rows: \"source \xc2\xb1 2%\", behind: 3, lag: 26h, profile: home,\n"
              "                azure: { tenant: t, client: c, secret: \"${env:S}\" } }\n"
              "      tables:\n"
              "        a.b: { rows: \">= 1\" }\n"
              "        c.d: { source: \"abfss://lake@home.dfs.core.windows.net/c/d\" }\n");
  const char *text = expanded(&w, "parity");
  assert_string_equal(
      text, "parity/c.d parity source=abfss://lake@home.dfs.core.windows.net/c/d "
            "source_profile=home region=us-east-1 profile=dr-ro azure_tenant=t azure_client=c "
            "azure_secret=${env:S} database=c table=d | parity.stamp_true, parity.rows, "
            "parity.behind, parity.copied_until_age\n");
  assert_true(expects(&w, "parity", "parity.rows", "source \xc2\xb1 2%"));
  assert_true(expects(&w, "parity", "parity.behind", "<= 3"));
  assert_true(expects(&w, "parity", "parity.copied_until_age", "<= 26h"));
  close_config(&w);
  open_config(&w, HEAD "    replica:\n"
                       "      inside: s3://lake-dr/\n"
                       "      tables: { c.d: { source: \"s3://home/c/d\" } }\n");
  assert_non_null(strstr(expanded(&w, "parity"), "| parity.stamp_true, parity.rows\n"));
  assert_true(expects(&w, "parity", "parity.rows", "source"));
  close_config(&w);
}

static void further_checks_are_as_written(void **state) {
  (void)state;
  struct world w;
  open_config(&w, HEAD "    checks:\n"
                       "      - name: port\n"
                       "        tcp: { host: 127.0.0.1, port: 443 }\n");
  assert_non_null(strstr(expanded(&w, "checks"), "checks/port tcp host=127.0.0.1"));
  close_config(&w);
  open_config(&w, HEAD "    checks:\n"
                       "      - name: port\n"
                       "        tpc: { host: 127.0.0.1, port: 443 }\n");
  assert_string_equal(expanded(&w, "checks"), "checks: unknown probe 'tpc'; did you mean 'tcp'?");
  close_config(&w);
}

static void a_build_without_the_probe_says_so(void **state) {
  (void)state;
  static const struct mu_probes none = {.n = 0};
  static const char *const suites[] = {"account", "bucket", "replica"};
  struct world w;
  open_config(&w, HEAD REPLICA);
  for (size_t i = 0; i < MU_LEN(suites); i++) {
    struct mu_plan plan = {0};
    struct mu_err err = {0};
    assert_int_equal(
        mu_suite_find(suites[i])->expand(&plan, w.workload, w.standby, &none, w.arena, &err), -1);
    assert_int_equal(err.code, MU_E_UNSUPPORTED);
    assert_int_equal(plan.n, 0);
  }
  close_config(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_config_without_sections_has_only_its_account),
      cmocka_unit_test(the_account_is_asked_with_the_standbys_credentials),
      cmocka_unit_test(the_replicas_bucket_keeps_its_promises),
      cmocka_unit_test(whose_buckets_they_are),
      cmocka_unit_test(every_table_must_be_whole),
      cmocka_unit_test(a_restored_copy_is_looked_at_by_its_own_name),
      cmocka_unit_test(a_rest_catalog_is_asked_as_the_config_says),
      cmocka_unit_test(parity_asks_each_source_that_is_named),
      cmocka_unit_test(further_checks_are_as_written),
      cmocka_unit_test(a_build_without_the_probe_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
