/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a drill's steps: the standard one, or the config's where that is safe. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "drill/drill.h"

/* What must come before what, wherever both are in the order. The config's loader refuses the same
 * with line and column; this is the last gate in front of the world. */
static const struct {
  const char *first, *then, *why;
} rules[] = {
    {"declare", "guard", "targets are frozen before anything is looked at"},
    {"guard", "stand-up", "nothing is applied that no guard has seen"},
    {"stand-up", "restore", "data is restored into what stands"},
    {"smoke", "dns-shift", "require green before any DNS shift"},
    {"dns-shift", "dns-back", "what is shifted comes back"},
    {"dns-back", "tear-down", "nobody is sent to what is being torn down"},
    {"capture", "tear-down", "what was deployed is compared while it stands"},
    {"tear-down", "nothing-left", "what is gone can be proven only afterwards"},
    {"nothing-left", "document", "the drift document also says what was left"},
};

/* No drill without these. */
static const char *const required[] = {"declare", "guard", "tear-down", "nothing-left"};

static size_t position(const struct mu_drill *drill, const char *id) {
  for (size_t i = 0; i < drill->order_n; i++) {
    if (mu_streq(drill->order[i]->id, id)) {
      return i;
    }
  }
  return SIZE_MAX;
}

static int check_order(const struct mu_drill *drill, struct mu_err *err) {
  for (size_t i = 0; i < MU_LEN(required); i++) {
    if (position(drill, required[i]) == SIZE_MAX) {
      return mu_fail(err, MU_E_CONFIG, "steps: '%s' may not be left out", required[i]);
    }
  }
  for (size_t i = 0; i < MU_LEN(rules); i++) {
    size_t first = position(drill, rules[i].first), then = position(drill, rules[i].then);
    if (then != SIZE_MAX && (first == SIZE_MAX || first > then)) {
      return mu_fail(err, MU_E_CONFIG, "steps: '%s' must come before '%s': %s", rules[i].first,
                     rules[i].then, rules[i].why);
    }
  }
  return 0;
}

int mu_drill_order(struct mu_drill *drill, struct mu_err *err) {
  const struct mu_steps *steps = drill->env->steps;
  size_t asked = drill->workload->steps.n, n = asked ? asked : steps->n;
  const struct mu_step **order = mu_arena_array(drill->arena, n, sizeof(void *));
  for (size_t i = 0; i < n && asked; i++) {
    const struct mu_conf_step *row = &drill->workload->steps.at[i];
    order[i] = mu_step_find(steps, row->id);
    if (!order[i]) {
      return mu_fail(err, MU_E_CONFIG, "steps: there is no step '%s'", row->id);
    }
  }
  drill->rows = asked ? drill->workload->steps.at : NULL;
  drill->order_n = asked ? n : 0;
  for (size_t i = 0; i < n && !asked; i++) {
    if (!mu_streq(steps->at[i]->id, "manual")) { /* only where a config asks for one */
      order[drill->order_n++] = steps->at[i];
    }
  }
  drill->order = order;
  return check_order(drill, err);
}
