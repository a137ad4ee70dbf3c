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
