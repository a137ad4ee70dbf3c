/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules of the engine are called and mean: those of the tables, and the few that are not
 * in one. A note or finding names its rule by id. */
#include <string.h>

#include "drift/drift.h"

#include "base/attr.h"
#include "base/str.h"

static const struct mu_rule_def rules[] = {
    {"equal", MU_NOTE_EQUAL, "both sides say the same, to the letter"},
#define MU_EQUAL(function, id, traits, doc) {id, MU_NOTE_FORGIVEN, doc},
#include "drift/equal.def"
#undef MU_EQUAL
    {"set", MU_NOTE_FORGIVEN,
     "the same members in another order: a set, by the providers schema or by its type"},
    {"order-only", MU_NOTE_FORGIVEN,
     "the same members in another order, where no schema says what that means"},
    {"tags", MU_NOTE_FORGIVEN, "tags_all repeats tags: the difference is told once, there"},
#define MU_ROLLUP(id, owner, attribute, key, type, reference, how, value)                          \
  {id, MU_NOTE_EXPLAINED,                                                                          \
   "collects other resources, such as " type                                                       \
   ": a member that none of them accounts for was put there by somebody else"},
#include "drift/rollup.def"
#undef MU_ROLLUP
    {"baseline", MU_NOTE_BASELINE,
     "unknown when planned, and still what it was when it was first seen"},
    {"unknown", MU_NOTE_UNKNOWN,
     "unknown when planned, and nothing seen before to hold it against: never equal"},
    {"schema", MU_NOTE_UNKNOWN,
     "plan and state are of two provider versions, and only one of them has the attribute"},
    {"volatile", MU_NOTE_IGNORED, "differs at each look, by the table of attributes"},
    {"cloud-tag", MU_NOTE_IGNORED, "a tag of AWS's own (aws:…): nobody can plan it"},
    {"float", MU_NOTE_IGNORED, "listed in `floats`: may differ between a staged and a fresh plan"},
    {"drill-suffix", MU_NOTE_IGNORED, "the staged name with the drill's suffix"},
    {"ignore", MU_NOTE_IGNORED, "an ignore rule of the config; its place follows"},
};

const struct mu_rule_def *mu_rule_def(const char *rule) {
  size_t n = rule ? strcspn(rule, ":") : 0;
  for (size_t i = 0; rule && i < MU_LEN(rules); i++) {
    if (strncmp(rules[i].id, rule, n) == 0 && rules[i].id[n] == '\0') {
      return &rules[i];
    }
  }
  return NULL;
}

size_t mu_rule_defs(const struct mu_rule_def **out) {
  *out = rules;
  return MU_LEN(rules);
}
