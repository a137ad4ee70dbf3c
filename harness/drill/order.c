/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a drill's steps: the standard one, or the config's where that is safe. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "config/steps.h"
#include "drill/drill.h"

static size_t position(const struct mu_drill *drill, const char *id) {
  size_t i = 0;
  while (i < drill->order_n && !mu_streq(drill->order[i]->id, id)) {
    i++;
  }
  return i;
}

/* The same rules that the config's loader reads: this is the last gate in front of the world. */
static int check_rule(const struct mu_drill *drill, const struct mu_step_rule *rule,
                      struct mu_err *err) {
  size_t first = position(drill, rule->first), then = position(drill, rule->then);
  bool has_first = first < drill->order_n, has_then = then < drill->order_n;
  bool wrong = (has_first && has_then && first > then) ||
               (has_then && !has_first && rule->needs == MU_NEEDS_FIRST) ||
               (has_first && !has_then && rule->needs == MU_NEEDS_THEN);
  return wrong ? mu_fail(err, MU_E_CONFIG, "steps: '%s' must come before '%s': %s", rule->first,
                         rule->then, rule->why)
               : 0;
}

static int check_order(const struct mu_drill *drill, struct mu_err *err) {
  size_t n = 0;
  const char *const *always = mu_step_always(&n);
  for (size_t i = 0; i < n; i++) {
    if (position(drill, always[i]) == drill->order_n) {
      return mu_fail(err, MU_E_CONFIG, "steps: '%s' may not be left out", always[i]);
    }
  }
  const struct mu_step_rule *rules = mu_step_rules(&n);
  for (size_t i = 0; i < n; i++) {
    if (check_rule(drill, &rules[i], err) != 0) {
      return -1;
    }
  }
  return 0;
}

/* The config's order, as its loader has let it through. */
static int take_asked(struct mu_drill *drill, const struct mu_step **order, struct mu_err *err) {
  for (size_t i = 0; i < drill->workload->steps.n; i++) {
    const struct mu_conf_step *row = &drill->workload->steps.at[i];
    const struct mu_step *step = mu_step_find(drill->env->steps, row->id);
    if (!step) {
      return mu_fail(err, MU_E_CONFIG, "steps: there is no step '%s'", row->id);
    }
    if (!row->manual && position(drill, row->id) < drill->order_n) {
      return mu_fail(err, MU_E_CONFIG, "steps: '%s' is there twice", row->id);
    }
    order[drill->order_n++] = step;
  }
  drill->rows = drill->workload->steps.at;
  return 0;
}

static void take_standard(struct mu_drill *drill, const struct mu_step **order) {
  const struct mu_steps *steps = drill->env->steps;
  for (size_t i = 0; i < steps->n; i++) {
    if (!mu_streq(steps->at[i]->id, "manual")) { /* only where a config asks for one */
      order[drill->order_n++] = steps->at[i];
    }
  }
}

int mu_drill_order(struct mu_drill *drill, struct mu_err *err) {
  size_t asked = drill->workload->steps.n;
  const struct mu_step **order =
      mu_arena_array(drill->arena, asked ? asked : drill->env->steps->n, sizeof *order);
  drill->order = order;
  drill->order_n = 0;
  drill->rows = NULL;
  if (!asked) {
    take_standard(drill, order);
  } else if (take_asked(drill, order, err) != 0) {
    return -1;
  }
  return check_order(drill, err);
}
