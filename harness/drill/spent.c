/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/spent.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "config/config.h"
#include "drift/doc.h"
#include "drill/layers.h"
#include "ledger/journal.h"
#include "model/run.h"

void mu_spent_write(struct mu_jw *w, const struct mu_spent_plan *plan) {
  mu_jw_key(w, "plan");
  mu_jw_object(w);
  mu_jw_kstr(w, "sha256", plan->sha256);
  mu_jw_kstr(w, "json_sha256", plan->json_sha256);
  mu_jw_kint(w, "made_ms", plan->made_ms);
  mu_jw_end(w);
}

/* The hash of the staged plan as it was read for this run; NULL: it was not. */
static const char *staged_hash(const struct mu_run *run) {
  for (size_t i = run->inputs.n; i-- > 0;) {
    if (mu_streq(run->inputs.at[i].role, "staged-plan")) {
      return run->inputs.at[i].sha256;
    }
  }
  return NULL;
}

/* The same file, the same JSON, or made in the same second: `terraform show -json` may be formatted
 * again on its way into a repository, its timestamp stays. NULL: another plan. */
static const char *same_plan(const struct mu_json_node *plan, const char *sha256, int64_t made_ms) {
  if (sha256 && (mu_streq(mu_json_str(mu_json_get(plan, "sha256"), NULL), sha256) ||
                 mu_streq(mu_json_str(mu_json_get(plan, "json_sha256"), NULL), sha256))) {
    return "by its hash";
  }
  return made_ms && mu_json_int(mu_json_get(plan, "made_ms"), 0) == made_ms ? "by its timestamp"
                                                                            : NULL;
}

void mu_spent_judge(const struct mu_layer_env *env, const struct mu_doc *staged,
                    struct mu_check *check) {
  struct mu_made_list made = {0};
  struct mu_err err = {0};
  struct mu_doc_info info;
  if (!env->ledger) {
    return;
  }
  if (mu_journal_made(env->ledger, "terraform.apply", env->run->arena, &made, &err) != 0) {
    struct mu_finding *finding = mu_finding_add(&env->run->findings, MU_F_UNREADABLE, check->id,
                                                env->workload->staged.plan, "applied");
    mu_finding_say(&env->run->findings, finding, "whether it was applied cannot be told: %s",
                   err.msg);
    return;
  }
  mu_doc_info(staged, &info);
  const char *sha256 = staged_hash(env->run);
  for (size_t i = 0; i < made.n; i++) {
    struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
    if (mu_json_parse(made.at[i].undo, strlen(made.at[i].undo), &doc, &err) != 0) {
      continue; /* of another version: it names no plan */
    }
    const char *how = same_plan(mu_json_get(mu_json_root(doc), "plan"), sha256, info.timestamp_ms);
    if (how) {
      char day[MU_TIME_TEXT];
      mu_time_seconds(made.at[i].wall_ms, day);
      struct mu_finding *finding = mu_finding_add(&env->run->findings, MU_F_PLAN_SPENT, check->id,
                                                  env->workload->staged.plan, "applied");
      mu_finding_say(&env->run->findings, finding, "drill %.90s applied it at %s (known %s)",
                     made.at[i].drill, day, how);
      finding->next = "plan again, review, export and commit";
      return;
    }
  }
}
