/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at the Terraform layers: what is compared, what a severity floor documents, what a baseline
 * remembers, and that "absent" is said only of what was asked for. */
#define _DEFAULT_SOURCE /* mkdtemp, setenv */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/redact.h"
#include "base/str.h"
#include "drill/layers.h"
#include "ledger/ledger.h"
#include "model/run.h"
#include "support/aws_world.h"
#include "support/conf.h"
#include "support/tf.h"

struct world {
  struct aws_world *aws_world;
  const char *dir;
  struct mu_arena *arena;
  struct mu_config *config;
  struct mu_ledger *ledger;
  struct mu_redact *redact;
  struct mu_layer_env env;
  struct mu_err err;
};

#define CONFIG                                                                                     \
  "muster: 1\n"                                                                                    \
  "standbys:\n"                                                                                    \
  "  dr: { cloud: aws, account: \"123456789012\", region: eu-central-1 }\n"                        \
  "workloads:\n"                                                                                   \
  "  app:\n"                                                                                       \
  "    dr: [dr]\n"                                                                                 \
  "    drill: quarterly\n"                                                                         \
  "    severity_floor: %s\n"                                                                       \
  "    terraform:\n"                                                                               \
  "      standing: { dir: %s }\n"                                                                  \
  "      staged: { dir: %s/staged, plan: %s/staged/staged.json, max_age: 1d }\n"

static void configure(struct world *w, const char *floor) {
  mu_config_free(w->config);
  w->config =
      conf_parse("muster.yaml", mu_arena_fmt(w->arena, CONFIG, floor, w->dir, w->dir, w->dir));
  w->env.workload = &w->config->workloads.at[0];
}

static void new_run(struct world *w) {
  mu_run_free(w->env.run);
  w->env.run = mu_run_new("check", w->aws_world->now_ms);
  w->env.run->workload = "app";
}

static int set_up(void **state) {
  struct world *w = calloc(1, sizeof *w);
  void *inner = NULL;
  assert_int_equal(aws_world_set_up(&inner), 0);
  w->aws_world = inner;
  w->dir = w->aws_world->dir;
  w->arena = w->aws_world->arena;
  w->redact = mu_redact_new();
  assert_int_equal(mu_io_mkdirs(mu_arena_fmt(w->arena, "%s/staged", w->dir), &w->err), 0);
  const char *path = mu_arena_fmt(w->arena, "%s/l.db", w->dir);
  assert_int_equal(mu_ledger_open(path, &w->ledger, &w->err), 0);
  (void)setenv("AWS_MAX_ATTEMPTS", "1", 1);
  w->env = (struct mu_layer_env){
      .clock = &w->aws_world->clock,
      .redact = w->redact,
      .http = w->aws_world->http,
      .aws = aws_world_client(w->aws_world, (struct mu_aws_options){.mode = MU_AWS_READ_ONLY}),
      .ledger = w->ledger,
      .folder = w->dir,
      .cli = tf_program(w->arena, w->dir)};
  configure(w, "medium");
  new_run(w);
  *state = w;
  return 0;
}

static int tear_down(void **state) {
  struct world *w = *state;
  void *inner = w->aws_world;
  mu_run_free(w->env.run);
  mu_aws_free(w->env.aws);
  mu_ledger_close(w->ledger);
  mu_config_free(w->config);
  mu_redact_free(w->redact);
  (void)aws_world_tear_down(&inner);
  (void)unsetenv("AWS_MAX_ATTEMPTS");
  free(w);
  return 0;
}

static const struct mu_check *check_of(struct world *w, const char *id) {
  for (size_t i = 0; i < w->env.run->checks.n; i++) {
    if (mu_streq(w->env.run->checks.at[i].id, id)) {
      return &w->env.run->checks.at[i];
    }
  }
  fail_msg("no check %s", id);
  return NULL;
}

static const struct mu_finding *finding_of(struct world *w, enum mu_finding_id id) {
  for (size_t i = 0; i < w->env.run->findings.n; i++) {
    if (w->env.run->findings.at[i].id == id) {
      return &w->env.run->findings.at[i];
    }
  }
  return NULL;
}

/* ---- standing ---- */

#define WANT TF_CREATE("aws_db_instance.d", "aws_db_instance", "{\"port\":5432,\"name\":\"x\"}")
#define HAVE(port)                                                                                 \
  TF_RESOURCE("aws_db_instance.d", "aws_db_instance", "{\"port\":" port ",\"name\":\"x\"}")

static const struct mu_check *standing(struct world *w, const char *want, const char *have) {
  tf_file(w->arena, w->dir, "standing.json", tf_plan(w->arena, want));
  tf_file(w->arena, w->dir, "refresh.json", tf_refresh(w->arena, have));
  new_run(w);
  mu_layer_standing(&w->env);
  return check_of(w, "standing");
}

static void a_standing_layer_equals_its_plan(void **state) {
  struct world *w = *state;
  const struct mu_check *check = standing(w, WANT, HAVE("5432"));
  assert_int_equal(check->verdict, MU_PASS);
  assert_string_equal(check->headline, "1 resources as planned · refreshed 02:13Z");
  assert_true(w->env.run->coverage.attributes >= 2);
  assert_int_equal(w->env.run->coverage.resources, 1);
  MU_STR(calls, 1 << 16);
  assert_int_equal(mu_io_read(mu_arena_fmt(w->arena, "%s/calls", w->dir), &calls, &w->err), 0);
  assert_non_null(strstr(mu_str_get(&calls), "-lock=false -refresh-only"));
  assert_null(strstr(mu_str_get(&calls), "apply"));
}

static void a_difference_fails(void **state) {
  struct world *w = *state;
  assert_int_equal(standing(w, WANT, HAVE("5433"))->verdict, MU_FAIL);
  const struct mu_finding *changed = finding_of(w, MU_F_DRIFT_CHANGED);
  assert_string_equal(changed->path, "port");
  assert_string_equal(changed->check, "standing");
}

static void below_the_floor_it_is_documented(void **state) {
  struct world *w = *state;
  configure(w, "high");
  assert_int_equal(standing(w, WANT, HAVE("5433"))->verdict, MU_PASS);
  assert_int_equal(finding_of(w, MU_F_DRIFT_CHANGED)->verdict, MU_PASS);
  assert_int_equal(finding_of(w, MU_F_DRIFT_CHANGED)->severity, MU_MEDIUM);
  /* what could not be verified is not low, whatever its severity */
  struct mu_finding *low =
      mu_finding_add(&w->env.run->findings, MU_F_DRIFT_SCHEMA, "standing", "x", NULL);
  assert_int_equal(low->severity, MU_LOW);
  mu_layer_floor(&w->env, 0);
  assert_int_equal(finding_of(w, MU_F_DRIFT_SCHEMA)->verdict, MU_INCONCLUSIVE);
}

static void coverage_of_several_looks_adds_up(void **state) {
  struct world *w = *state;
  (void)standing(w, WANT, HAVE("5432"));
  struct mu_coverage once = w->env.run->coverage;
  mu_layer_standing(&w->env);
  assert_int_equal(w->env.run->coverage.attributes, 2 * once.attributes);
  assert_int_equal(w->env.run->coverage.resources, 2 * once.resources);
  assert_int_equal(w->env.run->coverage.compared, 2 * once.compared);
}

static void a_terraform_that_fails_proves_nothing(void **state) {
  struct world *w = *state;
  static const char *const commands[] = {"init", "plan", "show"};
  for (size_t i = 0; i < MU_LEN(commands); i++) {
    tf_file(w->arena, w->dir, "fail", mu_arena_fmt(w->arena, "%s\n", commands[i]));
    const struct mu_check *check = standing(w, WANT, HAVE("5432"));
    assert_int_equal(check->verdict, MU_INCONCLUSIVE);
    assert_non_null(strstr(check->error, "terraform"));
    assert_int_equal(w->env.run->coverage.attributes, 0);
  }
}

/* A value that was unknown when planned: first seen, then held against what was seen. */
#define UNKNOWN                                                                                    \
  "{\"address\":\"aws_db_instance.d\",\"mode\":\"managed\",\"type\":\"aws_db_instance\","          \
  "\"name\":\"x\",\"provider_name\":\"registry.terraform.io/hashicorp/aws\",\"change\":{"          \
  "\"actions\":[\"create\"],\"before\":null,\"after\":{},\"after_unknown\":{\"port\":true,"        \
  "\"id\":true},\"before_sensitive\":false,\"after_sensitive\":{}}}"
#define KNOWN(port)                                                                                \
  TF_RESOURCE("aws_db_instance.d", "aws_db_instance", "{\"id\":\"d-1\",\"port\":" port "}")

static void keep(struct world *w) {
  w->env.run->verdict = MU_PASS;
  if (mu_ledger_append(w->ledger, w->env.run, w->arena, NULL, &w->err) != 0) {
    fail_msg("%s", w->err.msg);
  }
  w->aws_world->now_ms += 86400000;
}

static void a_baseline_remembers_what_was_unknown(void **state) {
  struct world *w = *state;
  assert_int_equal(standing(w, UNKNOWN, KNOWN("5432"))->verdict, MU_PASS);
  assert_true(w->env.run->observations.n > 0);
  keep(w);
  assert_int_equal(standing(w, UNKNOWN, KNOWN("5432"))->verdict, MU_PASS);
  assert_true(w->env.run->coverage.baseline > 0);
  assert_int_equal(standing(w, UNKNOWN, KNOWN("5433"))->verdict, MU_FAIL);
  assert_string_equal(finding_of(w, MU_F_DRIFT_BASELINE)->path, "port");
}

static void rehearsals_have_baselines_of_their_own(void **state) {
  struct world *w = *state;
  tf_file(w->arena, w->dir, "standing.json", tf_plan(w->arena, UNKNOWN));
  tf_file(w->arena, w->dir, "refresh.json", tf_refresh(w->arena, KNOWN("1")));
  w->env.run->rehearsal = true;
  mu_layer_standing(&w->env);
  keep(w); /* what an emulator made up */
  assert_int_equal(standing(w, UNKNOWN, KNOWN("2"))->verdict, MU_PASS);
  assert_null(finding_of(w, MU_F_DRIFT_BASELINE));
}

/* ---- staged ---- */

#define CLUSTER TF_CREATE("aws_eks_cluster.c", "aws_eks_cluster", "{\"name\":\"lakehouse\"}")
#define KEY TF_CREATE("aws_kms_key.k", "aws_kms_key", "{}")

static const struct mu_check *staged(struct world *w, const char *changes, struct aws_reply reply) {
  static struct aws_reply told; /* the stub reads it until the next one */
  told = reply;
  aws_world_told(w->aws_world, &told, 1);
  tf_file(w->arena, w->dir, "staged/staged.json", tf_plan(w->arena, changes));
  tf_file(w->arena, w->dir, "staged.json", tf_plan(w->arena, changes));
  new_run(w);
  mu_layer_staged(&w->env);
  return check_of(w, "staged");
}

static void a_staged_layer_is_absent(void **state) {
  struct world *w = *state;
  const struct mu_check *check =
      staged(w, CLUSTER, (struct aws_reply){200, NULL, "{\"clusters\":[]}", false});
  assert_int_equal(check->verdict, MU_PASS);
  assert_string_equal(check->headline, "1 resources absent, as they should be (1 services asked)");
  assert_int_equal(check_of(w, "staged-fresh")->verdict, MU_PASS);
  assert_int_equal(check_of(w, "staged-plan")->verdict,
                   MU_FAIL); /* made two days ago, 1d allowed */
  assert_non_null(finding_of(w, MU_F_PLAN_OLD));
}

static void what_is_there_is_a_finding(void **state) {
  struct world *w = *state;
  const struct mu_check *check =
      staged(w, CLUSTER, (struct aws_reply){200, NULL, "{\"clusters\":[\"lakehouse\"]}", false});
  assert_int_equal(check->verdict, MU_FAIL);
  assert_string_equal(check->headline, "1 of 1 resources are there already (1 services asked)");
  assert_string_equal(finding_of(w, MU_F_DRIFT_STAGED_PRESENT)->subject,
                      "lakehouse (aws_eks_cluster.c)");
}

static void absent_is_said_only_of_what_was_asked_for(void **state) {
  struct world *w = *state;
  const struct mu_check *check = staged(
      w, CLUSTER, (struct aws_reply){403, NULL, "{\"__type\":\"AccessDeniedException\"}", false});
  assert_int_equal(check->verdict, MU_INCONCLUSIVE);
  assert_true(mu_str_starts(check->headline, "1 of 1 services did not answer, first: eks "));
  check = staged(w, CLUSTER "," KEY, (struct aws_reply){200, NULL, "{\"clusters\":[]}", false});
  assert_string_equal(
      check->headline,
      "2 resources absent, as they should be (1 services asked, 1 types not asked for)");
  assert_string_equal(w->env.run->left_out.at[0].value, "aws_kms_key");
}

static void without_a_cloud_nothing_can_be_asked(void **state) {
  struct world *w = *state;
  struct mu_aws *aws = w->env.aws;
  w->env.aws = NULL;
  const struct mu_check *check = staged(w, CLUSTER, (struct aws_reply){200, NULL, "{}", false});
  assert_int_equal(check->verdict, MU_INCONCLUSIVE);
  w->env.aws = aws;
}

static void a_fresh_plan_that_differs_fails(void **state) {
  struct world *w = *state;
  (void)staged(w, CLUSTER, (struct aws_reply){200, NULL, "{\"clusters\":[]}", false});
  tf_file(w->arena, w->dir, "staged.json", tf_plan(w->arena, CLUSTER "," KEY));
  new_run(w);
  mu_layer_staged(&w->env);
  assert_int_equal(check_of(w, "staged-fresh")->verdict, MU_FAIL);
  assert_non_null(finding_of(w, MU_F_DRIFT_STAGED_UNSAFE));
  tf_file(w->arena, w->dir, "fail", "plan\n");
  new_run(w);
  mu_layer_staged(&w->env);
  assert_int_equal(check_of(w, "staged-fresh")->verdict, MU_INCONCLUSIVE);
}

static void a_staged_plan_that_cannot_be_read_proves_nothing(void **state) {
  struct world *w = *state;
  tf_file(w->arena, w->dir, "staged/staged.json", "PK\x03\x04");
  mu_layer_staged(&w->env);
  assert_int_equal(check_of(w, "staged")->verdict, MU_INCONCLUSIVE);
  assert_int_equal(w->env.run->checks.n, 1);
}

/* ---- reading ---- */

static void what_is_read_is_an_input_and_its_secrets_are_hidden(void **state) {
  struct world *w = *state;
#define SECRET                                                                                     \
  "{\"address\":\"aws_db_instance.d\",\"mode\":\"managed\",\"type\":\"aws_db_instance\","          \
  "\"name\":\"x\",\"provider_name\":\"p\",\"change\":{\"actions\":[\"create\"],\"before\":null,"   \
  "\"after\":{\"password\":\"hunter2-hunter2\"},\"after_unknown\":{},\"before_sensitive\":false,"  \
  "\"after_sensitive\":{\"password\":true}}}"
  const struct mu_doc *doc = NULL;
  tf_file(w->arena, w->dir, "p.json", tf_plan(w->arena, SECRET));
  const char *path = mu_arena_fmt(w->arena, "%s/p.json", w->dir);
  assert_int_equal(mu_layer_read(&w->env, "staged-plan", path, false, &doc, &w->err), 0);
  assert_int_equal(w->env.run->inputs.n, 1);
  assert_string_equal(w->env.run->inputs.at[0].name, "p.json");
  assert_int_equal(strlen(w->env.run->inputs.at[0].sha256), 64);
  MU_STR(clean, 1024);
  (void)mu_redact_write(w->redact, "it is hunter2-hunter2", 21, &clean);
  assert_null(strstr(mu_str_get(&clean), "hunter2"));
  assert_int_equal(mu_layer_read(&w->env, "actual", "/no/such/file", true, &doc, &w->err), -1);
  assert_int_equal(w->err.code, MU_E_ABSENT);
}

/* Large enough to be mapped, and read by threads of its own. */
static const char *padded(struct world *w, const char *json) {
  enum { LARGE = 17 << 20 };
  char *text = mu_arena_alloc(w->arena, LARGE + 1);
  memset(text, ' ', LARGE);
  memcpy(text, json, strlen(json));
  return text;
}

static void files_are_read_side_by_side(void **state) {
  struct world *w = *state;
  const char *plan = padded(w, tf_plan(w->arena, SECRET)), *broken = padded(w, "{\"values\": nul}");
  tf_file(w->arena, w->dir, "p.json", plan);
  tf_file(w->arena, w->dir, "broken.json", broken);
  tf_file(w->arena, w->dir, "small.json", tf_plan(w->arena, SECRET));
  struct mu_layer_file files[] = {
      {.role = "staged-plan", .path = mu_arena_fmt(w->arena, "%s/p.json", w->dir)},
      {.role = "actual", .path = mu_arena_fmt(w->arena, "%s/small.json", w->dir)},
      {.role = "actual", .path = mu_arena_fmt(w->arena, "%s/broken.json", w->dir)},
  };
  assert_int_equal(mu_layer_read_all(&w->env, files, 2, &w->err), 0);
  assert_non_null(files[0].doc);
  assert_non_null(files[1].doc);
  char hash[MU_SHA256_HEX];
  mu_sha256_hex(plan, strlen(plan), hash);
  assert_int_equal(w->env.run->inputs.n, 2);
  assert_string_equal(w->env.run->inputs.at[0].name, "p.json");
  assert_string_equal(w->env.run->inputs.at[0].sha256, hash);
  assert_string_equal(w->env.run->inputs.at[1].name, "small.json");
  MU_STR(clean, 1024);
  (void)mu_redact_write(w->redact, "it is hunter2-hunter2", 21, &clean);
  assert_null(strstr(mu_str_get(&clean), "hunter2"));

  assert_int_equal(mu_layer_read_all(&w->env, files, 3, &w->err), -1);
  assert_int_equal(w->err.code, MU_E_INPUT);
  assert_non_null(strstr(w->err.msg, "broken.json: line 1, column 12"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_standing_layer_equals_its_plan),
      TEST(a_difference_fails),
      TEST(below_the_floor_it_is_documented),
      TEST(coverage_of_several_looks_adds_up),
      TEST(a_terraform_that_fails_proves_nothing),
      TEST(a_baseline_remembers_what_was_unknown),
      TEST(rehearsals_have_baselines_of_their_own),
      TEST(a_staged_layer_is_absent),
      TEST(what_is_there_is_a_finding),
      TEST(absent_is_said_only_of_what_was_asked_for),
      TEST(without_a_cloud_nothing_can_be_asked),
      TEST(a_fresh_plan_that_differs_fails),
      TEST(a_staged_plan_that_cannot_be_read_proves_nothing),
      TEST(what_is_read_is_an_input_and_its_secrets_are_hidden),
      TEST(files_are_read_side_by_side),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
