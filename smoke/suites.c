/* SPDX-License-Identifier: Apache-2.0 */
#include "smoke/suites.h"

#include "base/attr.h"
#include "base/str.h"

#define MU_SUITE(name) extern const struct mu_suite mu_suite_##name;
#include "smoke/suites.def"
#undef MU_SUITE

static const struct mu_suite *const suites[] = {
#define MU_SUITE(name) &mu_suite_##name,
#include "smoke/suites.def"
#undef MU_SUITE
};

size_t mu_suites(const struct mu_suite *const **out) {
  *out = suites;
  return MU_LEN(suites);
}

const struct mu_suite *mu_suite_find(const char *name) {
  for (size_t i = 0; i < MU_LEN(suites); i++) {
    if (mu_streq(suites[i]->name, name)) {
      return suites[i];
    }
  }
  return NULL;
}
