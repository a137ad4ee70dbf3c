/* SPDX-License-Identifier: Apache-2.0 */
/* The fresh plan of a drill: what it may do, what it may name, what it may differ in. */
#define _DEFAULT_SOURCE /* mkdtemp */
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
#include "base/io.h"
#include "base/redact.h"
#include "base/str.h"
#include "drill/drill.h"
#include "drill/fresh.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "model/run.h"
#include "support/conf.h"
#include "support/tf.h"

struct world {
  char dir[32];
  struct mu_arena *arena;
  struct mu_config *config;
  struct mu_ledger *ledger;
  struct mu_redact *redact;
  struct mu_drill_env env;
  struct mu_drill drill;
  struct mu_fresh fresh;
  struct mu_err err;
};

#define CONFIG                                                                                     \
  "muster: 1\n"                                                                                    \
  "standbys:\n"                                                                                    \
  "  dr: { cloud: aws, account: \"123456789012\", region: us-east-1,\n"                            \
  "        primary_accounts: [\"111111111111\"] }\n"                                               \
  "workloads:\n"                                                                                   \
  "  app:\n"                                                                                       \
  "    dr: [dr]\n"                                                                                 \
  "    drill: quarterly\n"                                                                         \
  "    terraform:\n"                                                                               \
  "      cli: %s/terraform\n"                                                                      \
  "      staged: { dir: %s, plan: %s/staged.json, floats: [ami] }\n"

static int set_up(void **state) {
  struct world *w = calloc(1, sizeof *w);
  (void)snprintf(w->dir, sizeof w->dir, "/tmp/muster-fresh-XXXXXX");
  assert_non_null(mkdtemp(w->dir));
  w->arena = mu_arena_new();
  w->redact = mu_redact_new();
  const char *path = mu_arena_fmt(w->arena, "%s/l.db", w->dir);
  assert_int_equal(mu_ledger_open(path, &w->ledger, &w->err), 0);
  (void)tf_program(w->arena, w->dir);
  tf_file(w->arena, w->dir, "staged.json", "{}");
  w->config = conf_parse("muster.yaml", mu_arena_fmt(w->arena, CONFIG, w->dir, w->dir, w->dir));
  w->env = (struct mu_drill_env){
      .clock = mu_clock_system(), .config = w->config, .ledger = w->ledger, .redact = w->redact};
  w->drill = (struct mu_drill){.env = &w->env,
                               .workload = &w->config->workloads.at[0],
                               .standby = &w->config->standbys.at[0],
                               .run = mu_run_new("drill", 0),
                               .dir = w->dir,
                               .suffix = "drl1"};
  w->drill.arena = w->drill.run->arena;
  assert_int_equal(mu_journal_begin(w->ledger, w->env.clock, "2026-Q4-app-1", "app", "{}",
                                    &w->drill.journal, &w->err),
                   0);
  mu_drill_set(&w->drill, "terraform", mu_arena_fmt(w->arena, "%s/terraform", w->dir));
  mu_drill_set(&w->drill, "step", "guard");
  *state = w;
  return 0;
}

static int tear_down(void **state) {
  struct world *w = *state;
  mu_journal_free(w->drill.journal);
  mu_run_free(w->drill.run);
  mu_ledger_close(w->ledger);
  mu_config_free(w->config);
  mu_redact_free(w->redact);
  mu_io_remove_tree(w->dir);
  mu_arena_free(w->arena);
  free(w);
  return 0;
}

/* Plans with these changes, staged and fresh; the findings as "ID subject", one a line. */
static const char *planned(struct world *w, const char *staged, const char *fresh) {
  MU_STR(text, 4096);
  tf_file(w->arena, w->dir, "staged.json", tf_plan(w->arena, staged));
  tf_file(w->arena, w->dir, "fresh.json", tf_plan(w->arena, fresh));
  w->drill.run->findings.n = 0;
  if (mu_fresh_plan(&w->drill, &w->fresh, &w->err) != 0) {
    fail_msg("%s", w->err.msg);
  }
  for (size_t i = 0; i < w->drill.run->findings.n; i++) {
    const struct mu_finding *finding = &w->drill.run->findings.at[i];
    assert_string_equal(finding->check, "guard");
    mu_str_addf(&text, "%s %s\n", mu_finding_def(finding->id)->name, finding->subject);
  }
  return mu_str_copy(&text, w->arena);
}

#define VPC TF_CREATE("aws_vpc.v", "aws_vpc", "{\"cidr_block\":\"10.0.0.0/16\"}")
#define BIG                                                                                        \
  TF_CREATE("aws_eks_node_group.n", "aws_eks_node_group", "{\"instance_types\":[\"m5.4xlarge\"]}")
#define SMALL                                                                                      \
  TF_CREATE("aws_eks_node_group.n", "aws_eks_node_group", "{\"instance_types\":[\"t3.small\"]}")

static void what_was_staged_may_be_applied(void **state) {
  struct world *w = *state;
  assert_string_equal(planned(w, VPC, VPC), "");
  assert_true(w->fresh.safe);
  assert_int_equal(w->fresh.creates, 1);
  assert_null(w->fresh.why);
  assert_non_null(w->fresh.differences);
  assert_string_equal(mu_drill_get(&w->drill, "fresh-plan"),
                      mu_arena_fmt(w->arena, "%s/fresh.plan", w->dir));
  assert_int_equal(strlen(mu_drill_get(&w->drill, "fresh-plan.sha256")), 64);
  assert_int_equal(w->drill.run->evidence.n, 1);
  assert_string_equal(w->drill.run->evidence.at[0].name, "guard/fresh.plan.json");
  MU_STR(calls, 4096);
  assert_int_equal(mu_io_read(mu_arena_fmt(w->arena, "%s/calls", w->dir), &calls, &w->err), 0);
  assert_non_null(strstr(mu_str_get(&calls), "-var=drill=drl1"));
  assert_non_null(strstr(mu_str_get(&calls), "/terraform.tfstate"));
}

static void it_only_creates(void **state) {
  struct world *w = *state;
  static const struct {
    const char *change, *why;
  } rows[] = {
      {TF_CHANGE("aws_vpc.o", "aws_vpc", "\"update\"", "{}", "{}"),
       "the plan would change aws_vpc.o, which is not the drill's"},
      {TF_CHANGE("aws_vpc.o", "aws_vpc", "\"delete\"", "{}", "null"),
       "the plan would destroy aws_vpc.o, which is not the drill's"},
      {TF_CHANGE("aws_vpc.o", "aws_vpc", "\"delete\",\"create\"", "{}", "{}"),
       "the plan would destroy aws_vpc.o, which is not the drill's"},
      {TF_CHANGE("aws_vpc.o", "aws_vpc", "\"forget\"", "{}", "null"),
       "the plan would forget aws_vpc.o, which is not the drill's"},
      {TF_CHANGE("aws_vpc.o", "aws_vpc", "\"no-op\"", "{}", "{}"),
       "the plan would import aws_vpc.o, which is not the drill's"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    const char *changes = mu_arena_fmt(w->arena, "%s,%s", VPC, rows[i].change);
    const char *said = planned(w, changes, changes);
    assert_non_null(strstr(said, "PLAN_NOT_CREATE_ONLY aws_vpc.o\n"));
    assert_false(w->fresh.safe);
    assert_string_equal(w->fresh.why, rows[i].why);
  }
}

static void it_creates_something(void **state) {
  struct world *w = *state;
  assert_non_null(strstr(planned(w, VPC, ""), "DRIFT_PLAN_PARTIAL "));
  assert_false(w->fresh.safe);
  assert_string_equal(w->fresh.why, "the plan creates nothing");
}

static void it_does_not_name_the_primary(void **state) {
  struct world *w = *state;
#define TRUST                                                                                      \
  TF_CREATE("aws_iam_role.r", "aws_iam_role",                                                      \
            "{\"assume_role_policy\":\"arn:aws:iam::111111111111:root\"}")
  assert_string_equal(planned(w, TRUST, TRUST), "PRIMARY_IN_REACH aws_iam_role.r\n");
  assert_false(w->fresh.safe);
  assert_string_equal(w->fresh.why, "assume_role_policy of aws_iam_role.r names the primary's "
                                    "account 111111111111");
}

static void other_sizes_need_approval(void **state) {
  struct world *w = *state;
  assert_string_equal(planned(w, BIG, SMALL), "DRIFT_STAGED_DIFFERS aws_eks_node_group.n\n");
  assert_false(w->fresh.safe);
  assert_non_null(strstr(w->fresh.why, "; other sizes or versions need --accept-sizes"));
  w->drill.accept_sizes = true;
  (void)planned(w, BIG, SMALL);
  assert_true(w->fresh.safe);
  assert_int_equal(w->drill.run->findings.at[0].verdict, MU_PASS);
  assert_string_equal(w->drill.run->findings.at[0].ack, "approved for this drill");
}

static void other_addresses_are_never_approved(void **state) {
  struct world *w = *state;
  w->drill.accept_sizes = true;
  const char *more = mu_arena_fmt(w->arena, "%s,%s", VPC, BIG);
  assert_non_null(strstr(planned(w, VPC, more), "DRIFT_STAGED_UNSAFE aws_eks_node_group.n\n"));
  assert_false(w->fresh.safe);
  assert_null(strstr(w->fresh.why, "--accept-sizes"));
}

static void datastores_are_remembered(void **state) {
  struct world *w = *state;
#define RDS TF_CREATE("aws_db_instance.d", "aws_db_instance", "{\"engine\":\"postgres\"}")
  const char *both = mu_arena_fmt(w->arena, "%s,%s", VPC, RDS);
  (void)planned(w, both, both);
  assert_string_equal(mu_drill_get(&w->drill, "datastores"), "aws_db_instance.d\n");
}

static void secrets_are_hidden(void **state) {
  struct world *w = *state;
#define SECRET                                                                                     \
  "{\"address\":\"aws_db_instance.d\",\"mode\":\"managed\",\"type\":\"aws_db_instance\","          \
  "\"name\":\"x\",\"provider_name\":\"p\",\"change\":{\"actions\":[\"create\"],\"before\":null,"   \
  "\"after\":{\"password\":\"hunter2-hunter2\"},\"after_unknown\":{},\"before_sensitive\":false,"  \
  "\"after_sensitive\":{\"password\":true}}}"
  (void)planned(w, SECRET, SECRET);
  MU_STR(kept, 1 << 16);
  assert_int_equal(mu_io_read(mu_arena_fmt(w->arena, "%s/evidence/guard/fresh.plan.json", w->dir),
                              &kept, &w->err),
                   0);
  assert_non_null(strstr(mu_str_get(&kept), "aws_db_instance.d"));
  assert_null(strstr(mu_str_get(&kept), "hunter2-hunter2"));
}

static void no_plan_is_no_plan(void **state) {
  struct world *w = *state;
  static const char *const commands[] = {"init", "plan", "show"};
  tf_file(w->arena, w->dir, "fresh.json", tf_plan(w->arena, VPC));
  for (size_t i = 0; i < MU_LEN(commands); i++) {
    tf_file(w->arena, w->dir, "fail", mu_arena_fmt(w->arena, "%s\n", commands[i]));
    assert_int_equal(mu_fresh_plan(&w->drill, &w->fresh, &w->err), -1);
    assert_non_null(strstr(w->err.msg, mu_arena_fmt(w->arena, "terraform %s: ", commands[i])));
    assert_null(mu_drill_get(&w->drill, "fresh-plan"));
  }
  tf_file(w->arena, w->dir, "fail", "");
  tf_file(w->arena, w->dir, "staged.json", "not JSON");
  assert_int_equal(mu_fresh_plan(&w->drill, &w->fresh, &w->err), -1);
  assert_non_null(strstr(w->err.msg, "staged plan: "));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_was_staged_may_be_applied),
      TEST(it_only_creates),
      TEST(it_creates_something),
      TEST(it_does_not_name_the_primary),
      TEST(other_sizes_need_approval),
      TEST(other_addresses_are_never_approved),
      TEST(datastores_are_remembered),
      TEST(secrets_are_hidden),
      TEST(no_plan_is_no_plan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
