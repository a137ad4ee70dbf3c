/* SPDX-License-Identifier: Apache-2.0 */
#include "smoke/derive.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "base/str.h"

static const int64_t DAY_MS = 86400000;

/* The names that the field uses. Without the stamp of the source, a snapshot's own time still
 * bounds its age from below: nothing in it can be younger than itself is old. */
static const struct {
  const char *name, *from, *fallback;
  bool left, in_days;
  enum mu_op bare;
} table[] = {
    {"days_left", "not_after", NULL, true, true, MU_OP_EQ},
    {"age", "source_as_of", "snapshot_time", false, false, MU_OP_EQ},
    {"fresher_than", "source_as_of", "snapshot_time", false, false, MU_OP_LE},
};

static void join(char out[MU_FACT_NAME], const char *fact, size_t prefix, const char *name) {
  out[0] = '\0';
  if (name && prefix + strlen(name) < MU_FACT_NAME) {
    memcpy(out, fact, prefix);
    memcpy(out + prefix, name, strlen(name) + 1);
  }
}

static bool by_suffix(const char *fact, const char *suffix, bool left, struct mu_derived *out) {
  size_t n = strlen(fact), k = strlen(suffix);
  if (n <= k || n - k >= MU_FACT_NAME || !mu_str_ends(fact, suffix)) {
    return false;
  }
  *out = (struct mu_derived){.left = left, .bare = MU_OP_EQ};
  memcpy(out->from, fact, n - k);
  out->from[n - k] = '\0';
  return true;
}

bool mu_derived_parse(const char *fact, struct mu_derived *out) {
  const char *dot = strrchr(fact, '.');
  size_t prefix = dot ? (size_t)(dot + 1 - fact) : 0;
  for (size_t i = 0; i < MU_LEN(table); i++) {
    if (mu_streq(fact + prefix, table[i].name)) {
      *out = (struct mu_derived){
          .left = table[i].left, .bare_ms = table[i].in_days ? DAY_MS : 0, .bare = table[i].bare};
      join(out->from, fact, prefix, table[i].from);
      join(out->fallback, fact, prefix, table[i].fallback);
      return out->from[0] != '\0';
    }
  }
  return by_suffix(fact, "_age", false, out) || by_suffix(fact, "_left", true, out);
}

static struct mu_seen from_time(const struct mu_fact *fact, const struct mu_derived *how,
                                int64_t now_ms, bool by_fallback) {
  int64_t ms = how->left ? fact->value.i - now_ms : now_ms - fact->value.i;
  struct mu_seen seen = {.found = true, .by_fallback = by_fallback, .fact = fact};
  if (by_fallback) { /* at least this old */
    seen.value = (struct mu_value){.type = MU_T_RANGE, .range = {.lo = ms < 0 ? 0 : ms, .hi = -1}};
    seen.unit = "ms";
  } else {
    seen.value = (struct mu_value){.type = MU_T_DUR, .i = ms};
  }
  return seen;
}

struct mu_seen mu_seen_find(const struct mu_facts *facts, const char *name, int64_t now_ms) {
  struct mu_derived how;
  const struct mu_fact *fact = mu_fact_find(facts, name);
  if (fact) {
    return (struct mu_seen){.found = true, .value = fact->value, .unit = fact->unit, .fact = fact};
  }
  if (!mu_derived_parse(name, &how)) {
    return (struct mu_seen){0};
  }
  fact = mu_fact_find(facts, how.from);
  if (fact && fact->value.type == MU_T_TIME) {
    return from_time(fact, &how, now_ms, false);
  }
  fact = how.fallback[0] ? mu_fact_find(facts, how.fallback) : NULL;
  if (fact && fact->value.type == MU_T_TIME) {
    return from_time(fact, &how, now_ms, true);
  }
  return (struct mu_seen){0};
}
