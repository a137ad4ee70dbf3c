/* SPDX-License-Identifier: Apache-2.0 */
/* Providers and modules of a staged plan: what it asks for, what is locked now, and what was locked
 * when it was committed; and how long what it pins is supported, and
 * whether it was applied already. */
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
#include "base/clock.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "drift/doc.h"
#include "drill/layers.h"
#include "drill/spent.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "model/run.h"
#include "support/conf.h"

/* libgit2 1.5 does not free the match data of a pattern that did not match. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libpcre2-8";
}

struct world {
  char dir[64];
  struct mu_arena *arena;
  struct mu_config *config;
  struct mu_layer_env env;
  const struct mu_check *check;
  struct mu_err err;
};

static void git(struct world *w, const char *line) {
  const char *argv[16] = {"git"};
  size_t n = 1;
  for (char *at = mu_arena_str(w->arena, line); *at && n < 15;) {
    argv[n++] = at;
    at += strcspn(at, " ");
    if (*at) {
      *at++ = '\0';
    }
  }
  MU_STR(out, 1 << 20);
  struct mu_exec_result result = {.status = -1};
  const struct mu_exec spec = {.argv = argv, .dir = w->dir, .out = &out, .timeout_ms = 30000};
  assert_int_equal(mu_exec_run(&spec, &result, &w->err), 0);
  assert_int_equal(result.status, 0);
}

static void put(struct world *w, const char *name, const char *text) {
  const char *path = mu_arena_fmt(w->arena, "%s/%s", w->dir, name);
  assert_int_equal(mu_io_write(path, text, strlen(text), &w->err), 0);
}

static void commit(struct world *w) {
  git(w, "add -A");
  git(w, "commit -q -m staged");
}

static int set_up(void **state) {
  struct world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  (void)snprintf(w->dir, sizeof w->dir, "/tmp/muster-pins-XXXXXX");
  assert_non_null(mkdtemp(w->dir));
  w->arena = mu_arena_new();
  (void)setenv("HOME", w->dir, 1);
  (void)setenv("XDG_CONFIG_HOME", w->dir, 1);
  (void)setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
  (void)setenv("GIT_CEILING_DIRECTORIES", "/tmp", 1);
  git(w, "init -q -b main");
  git(w, "config user.name Dana");
  git(w, "config user.email dana@example.com");
  w->config = conf_parse(
      "muster.yaml",
      mu_arena_fmt(w->arena,
                   "muster: 1\nstandbys:\n  dr: { cloud: aws, account: \"123456789012\", region: "
                   "eu-central-1 }\nworkloads:\n  app:\n    dr: [dr]\n    drill: quarterly\n"
                   "    terraform:\n      staged: { dir: %s, plan: %s/dr.plan.json }\n",
                   w->dir, w->dir));
  w->env = (struct mu_layer_env){.clock = mu_clock_system(), .workload = w->config->workloads.at};
  *state = w;
  return 0;
}

static int tear_down(void **state) {
  struct world *w = *state;
  mu_run_free(w->env.run);
  mu_config_free(w->config);
  mu_io_remove_tree(w->dir);
  mu_arena_free(w->arena);
  free(w);
  return 0;
}

#define AWS "registry.terraform.io/hashicorp/aws"
#define LOCK(source, version) "provider \"" source "\" {\n  version = \"" version "\"\n}\n"
#define PROVIDER(key, source, rest)                                                                \
  "\"" key "\":{\"name\":\"aws\",\"full_name\":\"" source "\"" rest "}"
#define CALL(name, source, rest) "\"" name "\":{\"source\":\"" source "\"" rest "}"
#define PLAN(providers, calls)                                                                     \
  "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.8\",\"resource_changes\":[],"           \
  "\"configuration\":{\"provider_config\":{" providers                                             \
  "},\"root_module\":{\"module_calls\":{" calls "}}}}"
#define PINNED ",\"version_constraint\":\"~> 5.0\""

static void look(struct world *w, const char *plan) {
  const struct mu_doc *staged = NULL;
  mu_run_free(w->env.run);
  w->env.run = mu_run_new("check", 1);
  if (mu_layer_parse(&w->env, "dr.plan.json", plan, strlen(plan), false, &staged, &w->err) != 0) {
    fail_msg("%s", w->err.msg);
  }
  mu_layer_provenance(&w->env, staged);
  assert_int_equal(w->env.run->checks.n, 1);
  w->check = &w->env.run->checks.at[0];
}

static const struct mu_finding *found(struct world *w, enum mu_finding_id id) {
  for (size_t i = 0; i < w->env.run->findings.n; i++) {
    if (w->env.run->findings.at[i].id == id) {
      return &w->env.run->findings.at[i];
    }
  }
  return NULL;
}

static void says(struct world *w, enum mu_finding_id id, const char *about, const char *text) {
  const struct mu_finding *f = found(w, id);
  if (!f || !mu_streq(f->path, about) || !strstr(f->message, text)) {
    fail_msg("%s: %s %s", mu_finding_def(id)->name, f ? f->path : "not found", f ? f->message : "");
  }
}

static void stage(struct world *w, const char *plan, const char *lock) {
  put(w, "dr.plan.json", plan);
  if (lock) {
    put(w, ".terraform.lock.hcl", lock);
  }
  commit(w);
}

static void pinned_and_unchanged(void **state) {
  struct world *w = *state;
  static const char plan[] =
      PLAN(PROVIDER("aws", AWS, PINNED) "," PROVIDER("aws.west", AWS, PINNED) "," PROVIDER(
               "module.m:aws", AWS,
               ",\"module_address\":\"module.m\",\"version_constraint\":\">= "
               "4.0\"") "," PROVIDER("terraform", "terraform.io/builtin/terraform", ""),
           CALL("m", "terraform-aws-modules/vpc/aws",
                ",\"version_constraint\":\"5.1.2\",\"module\":{\"module_calls\":{" CALL(
                    "inner", "./inner",
                    "") "}}") "," CALL("g", "git::https://example.com/x.git?ref=v1", ""));
  stage(w, plan, LOCK(AWS, "5.100.0"));
  look(w, plan);
  assert_int_equal(w->env.run->findings.n, 0);
  assert_int_equal(w->check->verdict, MU_PASS);
  const struct mu_fact *providers = mu_fact_find(&w->check->facts, "plan.providers");
  assert_non_null(providers);
  assert_int_equal(providers->value.list.n, 2);
  assert_string_equal(providers->value.list.at[0], "hashicorp/aws 5.100.0 (~> 5.0)");
  assert_string_equal(providers->value.list.at[1], "hashicorp/aws 5.100.0 (>= 4.0)");
  const struct mu_fact *modules = mu_fact_find(&w->check->facts, "plan.modules");
  assert_int_equal(modules->value.list.n, 2);
  assert_non_null(mu_fact_find(&w->check->facts, "plan.terraform"));
  assert_non_null(strstr(w->check->details, "providers: hashicorp/aws 5.100.0"));
}

static void locked_otherwise_since(void **state) {
  struct world *w = *state;
  static const char plan[] = PLAN(PROVIDER("aws", AWS, PINNED), "");
  stage(w, plan, LOCK(AWS, "5.99.0") LOCK("registry.terraform.io/hashicorp/random", "3.6.3"));
  put(w, ".terraform.lock.hcl", LOCK(AWS, "5.100.0"));
  commit(w);
  look(w, plan);
  says(w, MU_F_PLAN_LOCK_CHANGED, ".terraform.lock.hcl", "hashicorp/aws 5.99.0, now 5.100.0");
  says(w, MU_F_PLAN_LOCK_CHANGED, ".terraform.lock.hcl", "hashicorp/random 3.6.3, now not locked");
  assert_int_equal(w->check->verdict, MU_FAIL);
  put(w, ".terraform.lock.hcl",
      LOCK(AWS, "5.99.0") "# others\n" LOCK("registry.terraform.io/hashicorp/random", "3.6.3"));
  look(w, plan);
  assert_null(found(w, MU_F_PLAN_LOCK_CHANGED)); /* the same versions */
#define PACKED(hash)                                                                               \
  "provider \"" AWS "\" {\n  version = \"5.99.0\"\n  hashes = [\"" hash "\"]\n}\n"
  stage(w, mu_arena_fmt(w->arena, "%s ", plan), PACKED("h1:a"));
  put(w, ".terraform.lock.hcl", PACKED("h1:a\", \"zh:b"));
  look(w, plan);
  assert_null(found(w, MU_F_PLAN_LOCK_CHANGED)); /* one more platform */
  put(w, ".terraform.lock.hcl", PACKED("h1:b"));
  look(w, plan);
  says(w, MU_F_PLAN_LOCK_CHANGED, ".terraform.lock.hcl", "another package, by its checksums");
}

static void without_a_lock_file(void **state) {
  struct world *w = *state;
  static const char plan[] = PLAN(PROVIDER("aws", AWS, PINNED), "");
  stage(w, plan, NULL);
  look(w, plan);
  says(w, MU_F_PLAN_UNLOCKED, ".terraform.lock.hcl", "no lock file");
  assert_int_equal(found(w, MU_F_PLAN_UNLOCKED)->verdict,
                   MU_PASS); /* below the floor: documented */
  put(w, ".terraform.lock.hcl", LOCK(AWS, "5.100.0"));
  look(w, plan);
  says(w, MU_F_PLAN_UNLOCKED, ".terraform.lock.hcl", "no lock file was committed with the plan");
}

static void plan_and_lock_disagree(void **state) {
  struct world *w = *state;
  static const char plan[] = PLAN(PROVIDER("aws", AWS, PINNED), "");
  stage(w, plan, LOCK(AWS, "6.0.0"));
  look(w, plan);
  says(w, MU_F_PLAN_PIN_UNMET, AWS, "made for hashicorp/aws ~> 5.0 (the root module); locked is");
  put(w, ".terraform.lock.hcl", LOCK("registry.terraform.io/acme/aws", "5.1.0"));
  look(w, plan);
  says(w, MU_F_PLAN_PIN_UNMET, AWS, "which the lock file does not have");
  put(w, ".terraform.lock.hcl", "provider \"" AWS "\" {\n  version = \"5.1\n");
  look(w, plan);
  says(w, MU_F_UNREADABLE, ".terraform.lock.hcl", "line 2, column 13");
  assert_int_equal(w->check->verdict, MU_INCONCLUSIVE);
}

static void modules_that_float(void **state) {
  struct world *w = *state;
  static const struct {
    const char *plan;
    bool floats;
  } rows[] = {
      {PLAN("", CALL("m", "terraform-aws-modules/vpc/aws", "")), true},
      {PLAN("", CALL("m", "terraform-aws-modules/vpc/aws", PINNED)), true},
      {PLAN("", CALL("m", "app.terraform.io/corp/vpc/aws", ",\"version_constraint\":\"1.2.3\"")),
       false},
      {PLAN("", CALL("m", "git::ssh://git@example.com/x.git", "")), true},
      {PLAN("", CALL("m", "github.com/corp/x?ref=0a1b2c3", "")), false},
      {PLAN("", CALL("m", "./modules/x", "")), false},
      {PLAN("", CALL("m", "../x", "")), false},
      {PLAN("", CALL("m", "https://example.com/x-1.2.zip", "")), false},
      {PLAN("", CALL("m", "./x", ",\"module\":{\"module_calls\":{" CALL("n", "a/b/c", "") "}}")),
       true},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    stage(w, mu_arena_fmt(w->arena, "%s%zu", rows[i].plan, i), LOCK(AWS, "5.1.0"));
    look(w, rows[i].plan);
    if ((found(w, MU_F_PLAN_MODULE_FLOATS) != NULL) != rows[i].floats) {
      fail_msg("row %zu", i);
    }
  }
  says(w, MU_F_PLAN_MODULE_FLOATS, "module.m.module.n", "a/b/c is not pinned");
}

static const struct mu_check *shelf_life(struct world *w, const char *layer, const char *plan) {
  const struct mu_doc *doc = NULL;
  int64_t now = 0;
  assert_int_equal(mu_time_parse("2026-11-23T00:00:00Z", &now), 0);
  mu_run_free(w->env.run);
  w->env.run = mu_run_new("check", now);
  assert_int_equal(
      mu_layer_parse(&w->env, "dr.plan.json", plan, strlen(plan), false, &doc, &w->err), 0);
  mu_layer_shelf_life(&w->env, layer, doc);
  return w->env.run->checks.n ? &w->env.run->checks.at[0] : NULL;
}

#define CLUSTER(type, version)                                                                     \
  "{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"" type                         \
  ".x\",\"mode\":\"managed\",\"type\":\"" type                                                     \
  "\",\"name\":\"x\",\"change\":{\"actions\":[\"create\"],\"before\":null,\"after\":{"             \
  "\"version\":\"" version "\"},\"after_unknown\":{}}}]}"

static void a_check_of_shelf_life(void **state) {
  struct world *w = *state;
  assert_null(shelf_life(w, "standing", CLUSTER("aws_eks_cluster", "1.30")));
  assert_int_equal(w->env.run->left_out.n, 0);
  assert_null(shelf_life(w, "staged", CLUSTER("aws_eks_cluster", "1.30")));
  assert_string_equal(w->env.run->left_out.at[0].name, "shelf life"); /* said once */
  struct mu_conf_workload *workload = &w->config->workloads.at[0];
  workload->shelf_life = (struct mu_conf_shelf_life){.node = workload->node,
                                                     .warn_ms = INT64_C(180) * 86400000,
                                                     .fail_ms = INT64_C(60) * 86400000};
  const struct {
    const char *plan;
    enum mu_verdict verdict;
  } rows[] = {
      {CLUSTER("aws_eks_cluster", "1.30"), MU_FAIL}, /* over */
      {CLUSTER("aws_eks_cluster", "1.33"), MU_FAIL}, /* at extra cost */
      {CLUSTER("aws_eks_cluster", "1.35"), MU_PASS}, /* soon: documented */
      {CLUSTER("aws_eks_cluster", "1.36"), MU_PASS},
      {CLUSTER("aws_eks_cluster", "1.99"), MU_INCONCLUSIVE}, /* nobody knows */
      {CLUSTER("aws_s3_bucket", "1.99"), MU_NOT_APPLICABLE},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    const struct mu_check *check = shelf_life(w, "staged", rows[i].plan);
    assert_string_equal(check->id, "staged-shelf-life");
    if (check->verdict != rows[i].verdict) {
      fail_msg("row %zu: %s", i, mu_verdict_text(check->verdict));
    }
  }
}

/* ---- spent ---- */

#define STAMPED(at)                                                                                \
  "{\"format_version\":\"1.2\",\"timestamp\":\"" at                                                \
  "\",\"resource_changes\":[],\"configuration\":{\"root_module\":{}}}"

/* A drill that was about to apply a plan. */
static void apply(struct world *w, const char *drill, const struct mu_spent_plan *plan) {
  struct mu_journal *journal MU_CLEANUP(mu_journal_cleanup) = NULL;
  int64_t intent = 0;
  MU_STR(undo, 4096);
  struct mu_jw jw;
  mu_jw_init(&jw, &undo, 0);
  mu_jw_object(&jw);
  mu_jw_kint(&jw, "v", 1);
  if (plan) {
    mu_spent_write(&jw, plan);
  }
  mu_jw_end(&jw);
  assert_int_equal(
      mu_journal_begin(w->env.ledger, w->env.clock, drill, "app", "{}", &journal, &w->err), 0);
  assert_int_equal(mu_journal_intent(journal, "stand-up", "terraform.apply", mu_str_get(&undo),
                                     &intent, &w->err),
                   0);
  assert_int_equal(mu_journal_end(journal, "finished", NULL, &w->err), 0);
}

static void a_plan_that_was_applied_is_spent(void **state) {
  struct world *w = *state;
  static const char plan[] = STAMPED("2026-11-20T10:00:00Z");
  stage(w, plan, LOCK(AWS, "5.1.0"));
  const char *path = mu_arena_fmt(w->arena, "%s/l.db", w->dir);
  assert_int_equal(mu_ledger_open(path, &w->env.ledger, &w->err), 0);
  struct mu_spent_plan other = {.sha256 = "aa", .json_sha256 = "bb"};
  assert_int_equal(mu_time_parse("2026-11-20T10:00:01Z", &other.made_ms), 0);
  apply(w, "2026-Q3-app-1", NULL); /* of an older muster, which did not say */
  apply(w, "2026-Q3-app-2", &other);
  look(w, plan);
  assert_null(found(w, MU_F_PLAN_SPENT));
  struct mu_spent_plan same = {.made_ms = other.made_ms - 1000};
  apply(w, "2026-Q4-app-1", &same);
  look(w, plan);
  says(w, MU_F_PLAN_SPENT, "applied", "drill 2026-Q4-app-1 applied it at ");
  says(w, MU_F_PLAN_SPENT, "applied", "by its timestamp");
  assert_int_equal(w->check->verdict, MU_FAIL);
  look(w, STAMPED("2026-11-21T10:00:00Z")); /* planned again */
  assert_null(found(w, MU_F_PLAN_SPENT));
  mu_ledger_close(w->env.ledger);
}

static void a_plan_is_known_by_its_bytes(void **state) {
  struct world *w = *state;
  static const char plan[] =
      "{\"format_version\":\"1.2\",\"resource_changes\":[],\"configuration\":{}}";
  stage(w, plan, LOCK(AWS, "5.1.0"));
  const char *path = mu_arena_fmt(w->arena, "%s/l.db", w->dir);
  assert_int_equal(mu_ledger_open(path, &w->env.ledger, &w->err), 0);
  struct mu_spent_plan same = {0};
  mu_sha256_hex(plan, strlen(plan), same.json_sha256);
  apply(w, "2026-Q4-app-1", &same);
  const struct mu_doc *staged = NULL;
  mu_run_free(w->env.run);
  w->env.run = mu_run_new("check", 1);
  assert_int_equal(
      mu_layer_read(&w->env, "staged-plan", w->env.workload->staged.plan, false, &staged, &w->err),
      0);
  mu_layer_provenance(&w->env, staged);
  says(w, MU_F_PLAN_SPENT, "applied", "by its hash");
  mu_ledger_close(w->env.ledger);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(pinned_and_unchanged),
      TEST(locked_otherwise_since),
      TEST(without_a_lock_file),
      TEST(plan_and_lock_disagree),
      TEST(modules_that_float),
      TEST(a_check_of_shelf_life),
      TEST(a_plan_that_was_applied_is_spent),
      TEST(a_plan_is_known_by_its_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
