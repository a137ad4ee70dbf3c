/* SPDX-License-Identifier: Apache-2.0 */
/* The guard: everything that must hold before the first change. What it refuses has touched
 * nothing. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "drift/doc.h"
#include "drill/drill.h"
#include "drill/fresh.h"
#include "drill/layers.h"
#include "smoke/plan.h"
#include "smoke/suites.h"
#include "step.h"
#include "wire/aws.h"

/* STS says whose credentials these are, Organizations what the account is for. */
static enum mu_verdict look_at_account(struct mu_drill *drill, struct mu_err *err) {
  struct mu_plan plan = {0};
  const struct mu_suite *account = mu_suite_find("account");
  if (!account->configured(drill->workload, drill->standby)) {
    return MU_PASS;
  }
  if (account->expand(&plan, drill->workload, drill->standby, drill->env->probes, drill->arena,
                      err) != 0) {
    return MU_FAIL;
  }
  enum mu_verdict verdict = mu_drill_observe(drill, &plan, false);
  if (verdict != MU_PASS) {
    (void)mu_fail(err, MU_E_CONFLICT, "the account is not shown to be the standby's");
  }
  return verdict;
}

static int64_t whole_budget(const struct mu_drill *drill) {
  int64_t sum = 0;
  for (size_t i = 0; i < drill->workload->budgets.n; i++) {
    sum += drill->workload->budgets.at[i].ms;
  }
  return sum;
}

/* Credentials that end between cutover and clean-up would strand the drill. */
static void look_at_credentials(struct mu_drill *drill, struct mu_str *seen) {
  struct mu_aws_who who = {0};
  struct mu_err err = {0};
  if (!drill->aws || mu_aws_who(drill->aws, drill->http, drill->arena, &who, &err) != 0) {
    return; /* without credentials the account check has failed already */
  }
  if (who.expires_ms == 0) {
    mu_str_add(seen, " · credentials do not expire");
    return;
  }
  char left[MU_DUR_TEXT];
  int64_t left_ms = who.expires_ms - mu_wall_ms(drill->env->clock);
  mu_dur_text(left_ms, false, left);
  mu_str_addf(seen, " · credentials good for %s", left);
  if (left_ms < whole_budget(drill)) {
    mu_drill_find(drill, MU_F_CREDENTIALS_SHORT, who.source,
                  "good for %s, the drill's budgets add up to more", left);
    drill->failed = true;
  }
}

/* Attributes that would keep a resource alive at tear down. */
static const struct {
  const char *type, *attribute, *blocks; /* the value, as JSON, that blocks a destroy */
} blockers[] = {
    {"aws_db_instance", "deletion_protection", "true"},
    {"aws_db_instance", "skip_final_snapshot", "false"},
    {"aws_rds_cluster", "deletion_protection", "true"},
    {"aws_rds_cluster", "skip_final_snapshot", "false"},
    {"aws_lb", "enable_deletion_protection", "true"},
    {"aws_dynamodb_table", "deletion_protection_enabled", "true"},
    {"aws_s3_bucket", "object_lock_enabled", "true"},
    {"aws_instance", "disable_api_termination", "true"},
    {"aws_eks_cluster", "deletion_protection", "true"},
};

static size_t name_blockers(struct mu_drill *drill, const struct mu_doc *plan) {
  const struct mu_doc_change *changes = NULL;
  size_t n = mu_doc_changes(plan, &changes), found = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < MU_LEN(blockers); k++) {
      if (!changes[i].create || !mu_streq(changes[i].type, blockers[k].type)) {
        continue;
      }
      const char *value =
          mu_doc_attribute(plan, changes[i].address, blockers[k].attribute, drill->arena);
      if (mu_streq(value, blockers[k].blocks)) {
        mu_drill_find(drill, MU_F_DESTROY_BLOCKED, changes[i].address,
                      "%s = %s would stop the tear-down", blockers[k].attribute, value);
        found++;
      }
    }
  }
  return found;
}

static int refuse(struct mu_drill *drill, const char *why, struct mu_err *err) {
  mu_drill_find(drill, MU_F_GUARD_REFUSED, drill->workload->staged.dir, "%s", why);
  return mu_fail(err, MU_E_CONFLICT, "refused, nothing was changed: %s", why);
}

static int guard_plan(struct mu_drill *drill, struct mu_str *seen, struct mu_err *err) {
  struct mu_fresh fresh = {0};
  if (mu_fresh_plan(drill, &fresh, err) != 0) {
    return -1;
  }
  size_t blocked = name_blockers(drill, fresh.plan);
  if (!fresh.safe || blocked) {
    return refuse(drill, fresh.safe ? "something would stop the tear-down" : fresh.why, err);
  }
  mu_str_addf(seen, " · plan creates %zu · %s", fresh.creates, fresh.differences);
  return 0;
}

/* The age of the staged plan as the look at its origin found it; NULL: not too old. */
static const char *too_old(const struct mu_drill *drill) {
  for (size_t i = 0; i < drill->run->findings.n; i++) {
    const struct mu_finding *finding = &drill->run->findings.at[i];
    if (finding->id == MU_F_PLAN_OLD && finding->verdict == MU_FAIL) {
      return mu_arena_fmt(drill->arena, "the staged plan is too old: %s",
                          finding->message ? finding->message : "see max_age");
    }
  }
  return NULL;
}

/* What is staged must not be there already, and must be known to come from somewhere and from a
 * time that is not too long ago. */
static int guard_staged(struct mu_drill *drill, struct mu_err *err) {
  struct mu_layer_env env;
  const struct mu_doc *staged = NULL;
  size_t present = 0;
  mu_drill_layer(drill, &env);
  if (!drill->workload->staged.plan) {
    return 0;
  }
  if (mu_layer_read(&env, "staged-plan", drill->workload->staged.plan, false, &staged, err) != 0) {
    return mu_wrap(err, "staged plan");
  }
  mu_layer_provenance(&env, staged);
  mu_layer_absent(&env, staged, &present);
  if (present) {
    return refuse(drill,
                  mu_arena_fmt(drill->arena, "%zu staged resource%s already there", present,
                               present == 1 ? " is" : "s are"),
                  err);
  }
  const char *old = too_old(drill);
  return old ? refuse(drill, old, err) : 0;
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  MU_STR(seen, 1024);
  result->verdict = look_at_account(drill, err);
  if (result->verdict != MU_PASS) {
    mu_drill_find(drill, MU_F_GUARD_REFUSED, "account", "%s", err->msg);
    return mu_wrap(err, "refused, nothing was changed");
  }
  mu_str_addf(&seen, "account %s", drill->standby->account ? drill->standby->account : "not asked");
  look_at_credentials(drill, &seen);
  if (drill->failed) {
    return mu_fail(err, MU_E_CONFLICT,
                   "refused, nothing was changed: the credentials end before the drill can");
  }
  if (drill->workload->staged.node &&
      (guard_staged(drill, err) != 0 || guard_plan(drill, &seen, err) != 0)) {
    return -1;
  }
  result->verdict = MU_PASS;
  result->seen = mu_str_copy(&seen, drill->arena);
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  mu_str_addf(out,
              "ask STS for account %s and its tags; plan %s with a state of the drill's own; "
              "refuse anything but creations\n",
              drill->standby->account ? drill->standby->account : "(none configured)",
              drill->workload->staged.dir ? drill->workload->staged.dir : "(no staged layer)");
}

const struct mu_step mu_step_guard = {
    .id = "guard",
    .title = "guard",
    .budget = "guard",
    .doc = "Account by STS and by its tags, credentials that outlast the drill, nothing of the "
           "primary in the plan, a fresh plan that only creates and equals the staged one, nothing "
           "staged already there, nothing that would stop the tear-down.",
    .describe = describe,
    .run = run,
};
