/* SPDX-License-Identifier: Apache-2.0 */
/* How long what a layer pins is still supported, as a check of its own. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "config/config.h"
#include "drift/shelf.h"
#include "drill/layers.h"
#include "model/run.h"

void mu_layer_shelf_life(const struct mu_layer_env *env, const char *layer,
                         const struct mu_doc *doc) {
  const struct mu_conf_shelf_life *conf = &env->workload->shelf_life;
  struct mu_arena *arena = env->run->arena;
  if (!conf->node) {
    if (strcmp(layer, "staged") == 0) {
      mu_run_leave_out(env->run, "shelf life", "not configured: shelf_life");
    }
    return;
  }
  struct mu_check *check = MU_RUN_ADD(env->run, checks);
  check->id = mu_arena_fmt(arena, "%s-shelf-life", layer);
  check->section = mu_arena_str(arena, layer);
  check->workload = mu_arena_str(arena, env->workload->name);
  check->title = mu_arena_fmt(arena, "how long the %s layer is supported", layer);
  check->probe = "shelf-life";
  check->target = "";
  check->status = MU_OBSERVED;
  check->started_ms = mu_wall_ms(env->clock);
  mu_facts_init(&check->facts, arena);
  const struct mu_shelf_in in = {.doc = doc,
                                 .rules = conf->ends.at,
                                 .rules_n = conf->ends.n,
                                 .now_ms = env->run->started_ms,
                                 .warn_ms = conf->warn_ms,
                                 .fail_ms = conf->fail_ms,
                                 .certificate_ms = conf->certificate_ms,
                                 .check = check->id};
  struct mu_shelf_out out = {.findings = &env->run->findings};
  size_t first = env->run->findings.n;
  mu_shelf_look(&in, arena, &out);
  (void)mu_fact_int(&check->facts, "shelf_life.looked_up", (int64_t)out.looked_up, NULL);
  (void)mu_fact_int(&check->facts, "shelf_life.unlisted", (int64_t)out.unlisted, NULL);
  (void)mu_fact_time(&check->facts, "shelf_life.table", mu_shelf_table_ms());
  if (out.nearest_ms) {
    (void)mu_fact_time(&check->facts, "shelf_life.next", out.nearest_ms);
  }
  check->headline = out.headline;
  if (out.looked_up + out.unlisted == 0) {
    check->status = MU_STATUS_NOT_APPLICABLE;
    check->reason = "nothing in it has a version or certificate that is looked up";
  }
  mu_layer_floor(env, first);
  mu_run_judge_check(env->run, check);
}
