/* SPDX-License-Identifier: Apache-2.0 */
/* Tears down: undoes every act that is not undone yet, newest first. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "step.h"

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  struct mu_undone undone = {0};
  mu_drill_event(drill, "tear-down-start", NULL);
  if (mu_act_undo(drill, NULL, &undone, err) != 0) {
    return -1;
  }
  if (undone.left) {
    drill->run->cleanup = "leftovers";
    mu_drill_find(drill, MU_F_LEFTOVERS, drill->run->drill, "%zu acts could not be undone: %s",
                  undone.left, undone.first);
  }
  const char *destroyed = mu_drill_get(drill, "destroyed");
  result->verdict = undone.left ? MU_FAIL : MU_PASS;
  result->seen = undone.left ? mu_arena_fmt(drill->arena, "%zu undone, %zu could not be: %s",
                                            undone.undone, undone.left, undone.first)
                             : mu_arena_fmt(drill->arena, "%zu acts undone%s%s%s", undone.undone,
                                            destroyed ? " · " : "", destroyed ? destroyed : "",
                                            destroyed ? " resources destroyed" : "");
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  (void)drill;
  mu_str_add(out, "undo every act of the journal, newest first\n");
}

const struct mu_step mu_step_tear_down = {
    .id = "tear-down",
    .title = "tear down",
    .budget = "tear_down",
    .doc = "Undoes every act in the journal, newest first: deployments, node groups, tables, and "
           "last what Terraform made. Runs whatever failed before.",
    .back = true,
    .again = true,
    .describe = describe,
    .run = run,
};
