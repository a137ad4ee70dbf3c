/* SPDX-License-Identifier: Apache-2.0 */
#include "config/steps.h"

#include <string.h>

#include "base/attr.h"

static const char *const ids[] = {
#define MU_STEP(name, id) id,
#include "config/steps.def"
#undef MU_STEP
};

bool mu_step_same(const char *a, const char *b) {
  size_t i = 0;
  for (; a[i] && b[i]; i++) {
    bool dashes = strchr("-_ ", a[i]) && strchr("-_ ", b[i]);
    if (a[i] != b[i] && !dashes) {
      return false;
    }
  }
  return a[i] == b[i];
}

const char *const *mu_step_ids(size_t *n) {
  *n = MU_LEN(ids);
  return ids;
}

const char *mu_step_id(const char *text) {
  for (size_t i = 0; i < MU_LEN(ids); i++) {
    if (mu_step_same(ids[i], text)) {
      return ids[i];
    }
  }
  return NULL;
}

/* Read by the config's loader, which names the line, and again by the drill, the last gate in front
 * of the world. */
static const struct mu_step_rule rules[] = {
    {"declare", "guard", "targets are frozen before anything is looked at", MU_NEEDS_FIRST},
    {"guard", "stand-up", "nothing is built before the guard has seen account and plan",
     MU_NEEDS_FIRST},
    {"stand-up", "restore", "data is restored into what was stood up", MU_NEEDS_FIRST},
    {"stand-up", "scale", "there is nothing to scale before it", MU_NEEDS_NONE},
    {"stand-up", "deploy", "there is nothing to deploy to before it", MU_NEEDS_NONE},
    {"deploy", "smoke", "smoke looks at what was deployed", MU_NEEDS_NONE},
    {"smoke", "dns-shift", "DNS is shifted only when smoke is green", MU_NEEDS_FIRST},
    {"dns-shift", "dns-back", "there is no way back before the shift", MU_NEEDS_FIRST},
    {"dns-shift", "dns-back", "the drill's name would stay shifted", MU_NEEDS_THEN},
    {"stand-up", "capture", "there is nothing to capture before it", MU_NEEDS_NONE},
    {"stand-up", "tear-down", "there is nothing to tear down before it", MU_NEEDS_NONE},
    {"dns-back", "tear-down", "nobody may be sent to a standby that is gone", MU_NEEDS_NONE},
    {"smoke", "tear-down", "nothing is left to look at after it", MU_NEEDS_NONE},
    {"restore", "tear-down", "nothing is left to look at after it", MU_NEEDS_NONE},
    {"capture", "tear-down", "what was really deployed is gone after it", MU_NEEDS_FIRST},
    {"tear-down", "nothing-left", "what remains is asked for after it", MU_NEEDS_FIRST},
    {"nothing-left", "document", "the drift record says what was left as well", MU_NEEDS_FIRST},
};

const struct mu_step_rule *mu_step_rules(size_t *n) {
  *n = MU_LEN(rules);
  return rules;
}

/* Who and why, the right account, and clean hands at the end. */
static const char *const always[] = {"declare", "guard", "tear-down", "nothing-left"};

const char *const *mu_step_always(size_t *n) {
  *n = MU_LEN(always);
  return always;
}
