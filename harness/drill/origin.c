/* SPDX-License-Identifier: Apache-2.0 */
/* Where the staged plan came from: its commit, what changed since, its age. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "config/config.h"
#include "drift/doc.h"
#include "drill/layers.h"
#include "drill/pins.h"
#include "drill/spent.h"
#include "model/run.h"
#include "provenance/provenance.h"
#include "smoke/expect.h"

static const char check_id[] = "staged-plan";

static struct mu_finding *find(const struct mu_layer_env *env, enum mu_finding_id id,
                               const char *path, const char *message) {
  struct mu_finding *finding =
      mu_finding_add(&env->run->findings, id, check_id, env->workload->staged.plan, path);
  finding->message = mu_arena_str(env->run->arena, message);
  return finding;
}

/* The plan's own timestamp, else the commit's. */
static void judge_age(const struct mu_layer_env *env, const struct mu_doc *staged,
                      const struct mu_provenance *from, struct mu_check *check) {
  struct mu_doc_info info;
  mu_doc_info(staged, &info);
  int64_t made = info.timestamp_ms ? info.timestamp_ms : from->commit_ms;
  int64_t limit = env->workload->staged.max_age_ms;
  if (!made) {
    return;
  }
  (void)mu_fact_time(&check->facts, "plan.made", made);
  int64_t age = env->run->started_ms - made;
  char is[MU_DUR_TEXT], may[MU_DUR_TEXT];
  mu_dur_text(age, true, is);
  if (limit && age > limit) {
    mu_dur_exact(limit, may);
    (void)find(env, MU_F_PLAN_OLD, "timestamp",
               mu_arena_fmt(env->run->arena, "made %s ago, %s allowed", is, may));
  }
}

static void judge_git(const struct mu_layer_env *env, const struct mu_provenance *from,
                      struct mu_check *check) {
  struct mu_arena *arena = env->run->arena;
  if (from->state != MU_PROV_TRACKED) {
    struct mu_finding *finding =
        find(env, MU_F_PLAN_NO_REPOSITORY, NULL,
             mu_arena_fmt(arena, "%s: %s", mu_prov_state_text(from->state), from->why));
    if (from->state != MU_PROV_FOREIGN && from->state != MU_PROV_UNREADABLE) {
      finding->verdict = MU_FAIL; /* it was looked at: the plan is not under version control */
    }
    check->headline = mu_prov_state_text(from->state);
    return;
  }
  (void)mu_fact_str(&check->facts, "plan.commit", from->commit);
  (void)mu_fact_int(&check->facts, "plan.behind", from->behind, "commits");
  if (from->changed.total) {
    (void)find(env, MU_F_PLAN_BEHIND, "commit",
               mu_arena_fmt(arena,
                            "staged at %.7s; %zu files of the folder changed since, first %s",
                            from->commit, from->changed.total, from->changed.at[0].path));
  }
  if (from->uncommitted.total) {
    (void)find(env, MU_F_PLAN_UNCOMMITTED, "work tree",
               mu_arena_fmt(arena, "%zu files are not committed, first %s", from->uncommitted.total,
                            from->uncommitted.at[0].path));
  }
  check->headline = from->behind > 0
                        ? mu_arena_fmt(arena, "commit %.7s, %lld behind %s", from->commit,
                                       (long long)from->behind, from->against)
                        : mu_arena_fmt(arena, "commit %.7s", from->commit);
}

void mu_layer_provenance(const struct mu_layer_env *env, const struct mu_doc *staged) {
  const struct mu_prov_ask ask = {.path = env->workload->staged.plan,
                                  .folder = env->workload->staged.dir};
  struct mu_provenance from = {0};
  struct mu_err err = {0};
  size_t first = env->run->findings.n;
  struct mu_check *check = MU_RUN_ADD(env->run, checks);
  check->id = check_id;
  check->section = "staged";
  check->workload = mu_arena_str(env->run->arena, env->workload->name);
  check->title = "where the staged plan came from";
  check->probe = "git";
  check->target = mu_arena_str(env->run->arena, env->workload->staged.plan);
  check->status = MU_OBSERVED;
  check->started_ms = mu_wall_ms(env->clock);
  mu_facts_init(&check->facts, env->run->arena);
  if (mu_provenance_look(&ask, env->run->arena, &from, &err) != 0) {
    mu_judge_error(env->run, check, &err);
  } else {
    judge_git(env, &from, check);
    judge_age(env, staged, &from, check);
    mu_pins_judge(env, staged, &from, check);
    mu_spent_judge(env, staged, check);
    mu_layer_floor(env, first);
  }
  mu_run_judge_check(env->run, check);
}
