/* SPDX-License-Identifier: Apache-2.0 */
/* The config against files: each broken one with exactly the message it gives
 * (fixtures/config/invalid/NAME/{input.yaml,error}), each valid one without any, and the values of
 * one read back. MU_GOLDEN=write writes the messages anew, for a person to read the difference.
 * `test_config schema` prints the JSON Schema, which tests/config_schema.py holds against the same
 * files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/str.h"
#include "config/config.h"
#include "config/steps.h"
#include "table.h"

#define FIXTURES MU_SOURCE_DIR "/fixtures/config"
#define DAY_MS INT64_C(86400000)

static int parse_file(const char *path, const char *shown, struct mu_config **out,
                      struct mu_diags *diags, struct mu_err *err) {
  MU_STR(text, MU_NODE_BYTES);
  assert_int_equal(mu_io_read(path, &text, err), 0);
  return mu_config_parse(shown, mu_str_get(&text), text.n, out, diags, err);
}

static int each_in(const char *dir, int (*fn)(const char *dir, const char *name)) {
  DIR *d = opendir(dir);
  assert_non_null(d);
  int n = 0;
  for (struct dirent *entry; (entry = readdir(d));) {
    n += entry->d_name[0] != '.' ? fn(dir, entry->d_name) : 0;
  }
  (void)closedir(d);
  return n;
}

static int one_invalid(const char *dir, const char *name) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const char *input = mu_arena_fmt(arena, "%s/%s/input.yaml", dir, name);
  const char *golden = mu_arena_fmt(arena, "%s/%s/error", dir, name);
  struct mu_config *config = NULL;
  struct mu_diags diags;
  struct mu_err err = {0};
  int rc = parse_file(input, "muster.yaml", &config, &diags, &err);
  if (rc != -1) {
    fail_msg("%s is accepted", name);
  }
  assert_int_equal(err.code, MU_E_CONFIG);
  MU_STR(shown, 1 << 20);
  mu_diags_write(&diags, &shown);
  mu_config_free(config);
  if (mu_streq(getenv("MU_GOLDEN"), "write")) {
    assert_int_equal(mu_io_write(golden, shown.p, shown.n, &err), 0);
  }
  MU_STR(expected, 1 << 20);
  if (mu_io_read(golden, &expected, &err) != 0) {
    fail_msg("%s: %s", name, err.msg);
  }
  if (!mu_streq(mu_str_get(&expected), mu_str_get(&shown))) {
    fail_msg("%s\nexpected:\n%s\nshown:\n%s", name, mu_str_get(&expected), mu_str_get(&shown));
  }
  return 1;
}

static void broken_configs(void **state) {
  (void)state;
  assert_in_range(each_in(FIXTURES "/invalid", one_invalid), 60, 1000);
}

static int one_valid(const char *dir, const char *name) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_config *config = NULL;
  struct mu_diags diags;
  struct mu_err err = {0};
  (void)parse_file(mu_arena_fmt(arena, "%s/%s", dir, name), name, &config, &diags, &err);
  MU_STR(shown, 1 << 20);
  mu_diags_write(&diags, &shown);
  mu_config_free(config);
  if (shown.n) {
    fail_msg("%s\n%s", name, mu_str_get(&shown));
  }
  return 1;
}

static void valid_configs(void **state) {
  (void)state;
  assert_in_range(each_in(FIXTURES "/valid", one_valid), 3, 1000);
  (void)one_valid(MU_SOURCE_DIR "/fixtures/rehearsal", "muster.yaml");
}

static void template_is_valid(void **state) {
  (void)state;
  const char *text = mu_config_template();
  struct mu_config *config = NULL;
  struct mu_diags diags;
  assert_int_equal(mu_config_parse("muster.yaml", text, strlen(text), &config, &diags, NULL), 0);
  assert_int_equal(diags.n, 0);
  assert_string_equal(config->workloads.at[0].name, "example");
  mu_config_free(config);
}

/* ---- values ---- */

static struct mu_config *full(struct mu_diags *diags) {
  struct mu_config *config = NULL;
  struct mu_err err = {0};
  assert_int_equal(
      parse_file(FIXTURES "/valid/full.yaml", "/etc/muster/full.yaml", &config, diags, &err), 0);
  return config;
}

static void values_of_the_top(void **state) {
  (void)state;
  struct mu_diags diags;
  struct mu_config *config = full(&diags);
  assert_string_equal(config->ledger, "/etc/muster/evidence/muster.db");
  assert_int_equal(config->standbys.n, 2);
  const struct mu_conf_standby *standby = &config->standbys.at[0];
  assert_string_equal(standby->name, "aws-dr");
  assert_string_equal(standby->account, "210987654321");
  assert_string_equal(standby->profile, "dr-auditor");
  assert_string_equal(standby->tags.at[1].name, "Critical");
  assert_string_equal(standby->tags.at[1].value, "true");
  assert_string_equal(standby->primary_accounts.at[0], "111111111111");
  assert_string_equal(config->standbys.at[1].account,
                      "310987654321"); /* without quotes in the file */
  assert_null(mu_config_workload(config, "nobody"));
  const struct mu_conf_workload *w = mu_config_workload(config, "lakehouse");
  assert_non_null(w);
  assert_string_equal(w->tier, "2");
  assert_true(w->rpo_ms == DAY_MS && w->rto_ms == DAY_MS / 3);
  assert_int_equal(w->dr.n, 2);
  assert_ptr_equal(w->dr.at[0], &config->standbys.at[1]);
  assert_ptr_equal(w->dr.at[1], &config->standbys.at[0]);
  assert_true(w->cycle_ms == 45 * DAY_MS);
  assert_string_equal(w->cycle, "45d");
  assert_string_equal(w->severity_floor, "high");
  assert_true(w->inconclusive_nights == 5 && w->document_branch);
  assert_int_equal(w->node->line, 20);
  const struct mu_conf_workload *small = mu_config_workload(config, "small");
  assert_string_equal(small->cycle, "quarterly");
  assert_true(small->cycle_ms == 91 * DAY_MS && small->inconclusive_nights == 3 &&
              !small->document_branch);
  assert_string_equal(small->severity_floor, "medium");
  assert_null(small->staged.node);
  assert_null(small->replica.node);
  mu_config_free(config);
}

static void values_of_terraform(void **state) {
  (void)state;
  struct mu_diags diags;
  struct mu_config *config = full(&diags);
  const struct mu_conf_workload *w = mu_config_workload(config, "lakehouse");
  assert_string_equal(w->terraform, "tofu");
  assert_string_equal(w->standing.dir, "/etc/muster/terraform/account");
  assert_null(w->standing.plan);
  assert_string_equal(w->staged.dir, "/srv/terraform/dr");
  assert_string_equal(w->staged.plan, "/etc/muster/terraform/dr/dr.plan.json");
  assert_string_equal(w->staged.drill_variable, "drill_suffix");
  assert_string_equal(w->standing.drill_variable, "drill");
  assert_true(w->staged.max_age_ms == 100 * DAY_MS);
  assert_string_equal(w->staged.backend.at[1], "key=${env:STATE_KEY}");
  assert_string_equal(w->staged.floats.at[1], "tags.muster:drill");
  assert_string_equal(w->ignores.at[0].where, "full.yaml:42");
  assert_true(w->ignores.at[0].until_ms == INT64_C(1806537599999)); /* the end of 2027-03-31 */
  assert_true(w->ignores.at[0].allow_access && !w->ignores.at[1].allow_access);
  assert_null(w->ignores.at[1].path);
  assert_string_equal(w->mappings.at[0].to, "us-east-1");
  assert_string_equal(w->no_data_of_record.at[0].address, "aws_db_instance.app");
  mu_config_free(config);
}

static void values_of_the_rest(void **state) {
  (void)state;
  struct mu_diags diags;
  struct mu_config *config = full(&diags);
  const struct mu_conf_workload *w = mu_config_workload(config, "lakehouse");
  assert_string_equal(w->replica.lock_mode, "governance");
  assert_true(w->replica.lock_days == 30 && w->replica.fresher_than_ms == DAY_MS);
  assert_string_equal(w->replica.tables.at[1].database, "corp.ops");
  assert_string_equal(w->replica.tables.at[1].table, "orders_v2");
  assert_string_equal(w->replica.tables.at[1].partitions, "by-day");
  assert_null(w->replica.tables.at[0].partitions);
  assert_int_equal(w->replica.tables.at[1].expect->n, 1);
  assert_string_equal(w->replica.tables.at[1].expect->members[0].key, "rows");
  assert_true(w->scale.desired == 3 && w->scale.min == -1 && w->scale.max == 20);
  assert_string_equal(w->deploy.at[0].run.at[2], "a b");
  assert_true(w->deploy.at[0].within_ms == 60000 && w->deploy.at[1].within_ms == 600000);
  assert_string_equal(w->deploy.at[1].run.at[0], "argocd-sync");
  assert_string_equal(w->dns.standby.host, "${terraform.alb_dns_name}");
  assert_true(w->dns.queries == 2000 && w->dns.ttl_wait_ms == 90000);
  assert_string_equal(w->dns.providers.at[0].args.at[0].name, "zone");
  assert_string_equal(w->dns.providers.at[1].kind, "powerdns");
  assert_string_equal(w->dns.providers.at[1].args.at[1].value, "${file:secrets/powerdns-key}");
  assert_string_equal(w->smoke.at[1].needs.at[0], "API answers");
  assert_string_equal(w->smoke.at[1].probe, "http");
  assert_string_equal(mu_node_text(mu_node_get(w->smoke.at[1].args, "url")),
                      "https://api.example.com/orders/1");
  assert_true(w->smoke.at[0].timeout_ms == 5000 && w->smoke.at[2].must_fail);
  assert_string_equal(w->smoke.at[2].severity, "low");
  assert_string_equal(w->checks.at[0].args->text, "api.example.com:443");
  assert_string_equal(w->control.table, "finance.fact_sales");
  assert_string_equal(w->control.expect->members[0].key, "rows");
  assert_true(mu_config_budget(w, "stand-up") == 600000 && mu_config_budget(w, "dns") == 300000);
  assert_true(mu_config_budget(w, "declare") == 0);
  assert_string_equal(w->projected.at[1].step, "scale_out");
  const struct mu_conf_workload *small = mu_config_workload(config, "small");
  assert_true(small->control.check->must_fail);
  assert_string_equal(small->control.check->probe, "tcp");
  assert_string_equal(small->steps.at[2].id, "manual");
  assert_true(small->steps.at[2].manual->approval &&
              small->steps.at[2].manual->within_ms == 1800000);
  assert_string_equal(small->steps.at[3].id, "stand-up");
  assert_true(small->steps.at[4].manual && !small->steps.at[4].manual->approval);
  mu_config_free(config);
}

static void loads_from_a_path(void **state) {
  (void)state;
  struct mu_config *config = NULL;
  struct mu_diags diags;
  struct mu_err err = {0};
  assert_int_equal(mu_config_load("/nowhere/muster.yaml", &config, &diags, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  assert_null(config);
  assert_int_equal(mu_config_load(FIXTURES "/valid/full.yaml", &config, &diags, &err), 0);
  assert_int_equal(strlen(config->sha256), 64);
  mu_config_free(config);
  assert_int_equal(
      mu_config_load(FIXTURES "/invalid/duplicate-key/input.yaml", &config, &diags, &err), -1);
  assert_string_equal(err.msg, "1 error in " FIXTURES "/invalid/duplicate-key/input.yaml");
  mu_config_free(config);
}

static void too_much(void **state) {
  (void)state;
  MU_STR(text, 4 << 20);
  mu_str_add(&text, "muster: 1\nlist:\n");
  for (int i = 0; i < MU_NODE_MAX; i++) {
    mu_str_add(&text, "- a\n");
  }
  struct mu_config *config = NULL;
  struct mu_diags diags;
  assert_int_equal(mu_config_parse("x", text.p, text.n, &config, &diags, NULL), -1);
  assert_string_equal(diags.at[0].message, "more than 100000 values in one file");
  mu_config_free(config);
  struct mu_err err = {0};
  char path[] = "/tmp/test_config.XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  mu_io_close(&fd);
  mu_str_clear(&text);
  while (text.n <= MU_NODE_BYTES) {
    mu_str_add(&text, "# nothing but a comment\n");
  }
  assert_int_equal(mu_io_write(path, text.p, text.n, &err), 0);
  assert_int_equal(mu_config_load(path, &config, &diags, &err), -1);
  (void)remove(path);
  assert_int_equal(err.code, MU_E_LIMIT);
  assert_null(config);
}

/* 50 000 keys in one map, and 20 000 problems: no more than a moment. */
static void many_problems(void **state) {
  (void)state;
  MU_STR(text, MU_NODE_BYTES);
  mu_str_add(&text, "muster: 1\n");
  for (int i = 0; i < 49000; i++) {
    mu_str_addf(&text, "key%d: x\n", i % 29000);
  }
  assert_false(text.failed);
  struct mu_config *config = NULL;
  struct mu_diags diags;
  assert_int_equal(mu_config_parse("x", text.p, text.n, &config, &diags, NULL), -1);
  assert_int_equal(diags.errors, 20000 + 29000 + 2);
  MU_STR(shown, 1 << 20);
  mu_diags_write(&diags, &shown);
  assert_non_null(strstr(shown.p, "… and 48902 more\n49002 errors in x\n"));
  size_t written = 0;
  for (const char *at = shown.p; (at = strstr(at, ": error: ")); at++) {
    written++;
  }
  assert_int_equal(written, 100);
  mu_config_free(config);
}

static double parse_seconds(const struct mu_str *text, const char *message) {
  struct mu_config *config = NULL;
  struct mu_diags diags;
  struct timespec before, after;
  assert_false(text->failed);
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  int rc = mu_config_parse("x", text->p, text->n, &config, &diags, NULL);
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  assert_int_equal(rc, message ? -1 : 0);
  if (message) {
    assert_string_equal(diags.at[0].message, message);
  }
  mu_config_free(config);
  return (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
}

static void start(struct mu_str *text) {
  mu_str_clear(text);
  mu_str_add(
      text,
      "muster: 1\nstandbys: { a: { cloud: aws, account: \"210987654321\", region: us-east-1 } }\n"
      "workloads:\n  w:\n    dr: a\n    smoke:\n");
}

/* The longest chain of needs, written so that each stands in front of what it needs; and the same
 * closed to a circle. */
static void long_chains(void **state) {
  (void)state;
  MU_STR(text, MU_NODE_BYTES);
  start(&text);
  for (int i = 0; i < 9999; i++) {
    mu_str_addf(&text, "    - { name: c%d, needs: c%d, tcp: \"h:1\" }\n", i, i + 1);
  }
  size_t n = text.n;
  mu_str_add(&text, "    - { name: c9999, tcp: \"h:1\" }\n");
  assert_true(parse_seconds(&text, NULL) < 2);
  text.n = n;
  mu_str_add(&text, "    - { name: c9999, needs: nothing, tcp: \"h:1\" }\n");
  assert_true(parse_seconds(&text, "smoke 'c9999' needs 'nothing', which does not exist") < 2);
  start(&text);
  for (int i = 0; i < 10001; i++) {
    mu_str_addf(&text, "    - { name: c%d, tcp: \"h:1\" }\n", i);
  }
  assert_true(parse_seconds(
                  &text, "workloads.w.smoke: has 10001 entries, more than the limit of 10000") < 2);
  start(&text);
  for (int i = 0; i < 9000; i++) { /* each misspelt, each nearly every other */
    mu_str_addf(&text, "    - { name: check_%d, needs: chekc_%d, tcp: \"h:1\" }\n", i, i);
  }
  assert_true(
      parse_seconds(
          &text, "smoke 'check_0' needs 'chekc_0', which does not exist; did you mean 'check_0'?") <
      20);
}

/* ---- schema ---- */

static void schema_points_home(void **state) {
  (void)state;
  MU_STR(text, 1 << 20);
  mu_config_schema(mu_probes_all(), &text);
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  struct mu_err err = {0};
  assert_int_equal(mu_json_parse(text.p, text.n, &doc, &err), 0);
  const struct mu_json_node *definitions = mu_json_get(mu_json_root(doc), "definitions");
  int refs = 0;
  for (const char *at = text.p; (at = strstr(at, "#/definitions/")); refs++) {
    at += strlen("#/definitions/");
    char name[128] = "";
    size_t n = strcspn(at, "\"");
    assert_in_range(n, 1, sizeof name - 1);
    memcpy(name, at, n);
    if (!mu_json_get(definitions, name)) {
      fail_msg("no definition '%s'", name);
    }
  }
  assert_in_range(refs, 30, 10000);
}

static void step_names(void **state) {
  (void)state;
  assert_string_equal(mu_step_id("stand_up"), "stand-up");
  assert_string_equal(mu_step_id("nothing left"), "nothing-left");
  assert_null(mu_step_id("stand-up-"));
  assert_null(mu_step_id("stand"));
}

static int print_schema(void) {
  MU_STR(text, 1 << 20);
  mu_config_schema(mu_probes_all(), &text);
  return fputs(mu_str_get(&text), stdout) < 0;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "schema") == 0) {
    return print_schema();
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(broken_configs),      cmocka_unit_test(valid_configs),
      cmocka_unit_test(template_is_valid),   cmocka_unit_test(values_of_the_top),
      cmocka_unit_test(values_of_terraform), cmocka_unit_test(values_of_the_rest),
      cmocka_unit_test(loads_from_a_path),   cmocka_unit_test(too_much),
      cmocka_unit_test(many_problems),       cmocka_unit_test(long_chains),
      cmocka_unit_test(schema_points_home),  cmocka_unit_test(step_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
