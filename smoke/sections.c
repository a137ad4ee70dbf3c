/* SPDX-License-Identifier: Apache-2.0 */
#include "smoke/sections.h"

#include "base/attr.h"
#include "base/str.h"

#define MU_SECTION(name) extern const struct mu_section mu_section_##name;
#include "smoke/sections.def"
#undef MU_SECTION

static const struct mu_section *const sections[] = {
#define MU_SECTION(name) &mu_section_##name,
#include "smoke/sections.def"
#undef MU_SECTION
};

size_t mu_sections(const struct mu_section *const **out) {
  *out = sections;
  return MU_LEN(sections);
}

const struct mu_section *mu_section_find(const char *name) {
  for (size_t i = 0; i < MU_LEN(sections); i++) {
    if (mu_streq(sections[i]->name, name)) {
      return sections[i];
    }
  }
  return NULL;
}
