/* SPDX-License-Identifier: Apache-2.0 */
/* budgets: how long each step may take, by its name. projected_incident: what a drill cannot show,
 * as assumed times. */
#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"
#include "config/steps.h"
#include "config/table.h"

typedef bool name_fn(struct mu_reader *r, const struct mu_member *member);

static bool step_name(struct mu_reader *r, const struct mu_member *member) {
  if (mu_step_id(member->key) ||
      mu_streq(member->key, "dns")) { /* "dns": the shift and the way back together */
    return true;
  }
  size_t n = 0;
  const char *const *ids = mu_step_ids(&n);
  mu_diag_add_key(r->diags, member, "'%s' is not a step of a drill%s", member->key,
                  mu_read_hint(r, member->key, ids, n));
  return false;
}

/* The usual assumptions; any other name is the operator's own, unless it is nearly one of these. */
static bool assumption_name(struct mu_reader *r, const struct mu_member *member) {
  static const char *const usual[] = {"people", "scale_out", "dns_ttl", "decision"};
  for (size_t i = 0; i < MU_LEN(usual); i++) {
    if (mu_streq(usual[i], member->key)) {
      return true;
    }
  }
  const char *hint = mu_read_hint(r, member->key, usual, MU_LEN(usual));
  if (*hint) {
    mu_diag_add_key(r->diags, member, "unknown assumption '%s'%s", member->key, hint);
  }
  return !*hint;
}

static void read_times(struct mu_reader *r, struct mu_place place, name_fn *is_name, void *out) {
  if (!mu_read_kind(r, place, MU_NODE_MAP)) {
    return;
  }
  const struct mu_node *map = place.member->value;
  MU_CONFIG_LIST(struct mu_conf_budget) *list = out;
  list->at = mu_arena_array(r->arena, map->n, sizeof *list->at);
  for (size_t i = 0; i < map->n; i++) {
    const struct mu_member *member = &map->members[i];
    struct mu_conf_budget *one = &list->at[list->n];
    const struct mu_field row = {
        .key = member->key, .type = MU_FIELD_DUR, .offset = offsetof(struct mu_conf_budget, ms)};
    mu_read_field(r, &row, mu_place_of(r, place, member, i), one);
    if (is_name(r, member)) {
      one->step = member->key;
      list->n++;
    }
  }
}

static void read_budgets(struct mu_reader *r, const struct mu_section *section,
                         struct mu_place place, void *out) {
  (void)section;
  read_times(r, place, step_name, out);
}

static void read_projected(struct mu_reader *r, const struct mu_section *section,
                           struct mu_place place, void *out) {
  (void)section;
  read_times(r, place, assumption_name, out);
}

static void budgets_schema(struct mu_jw *w, const struct mu_probes *probes) {
  (void)probes;
  mu_jw_raw(
      w,
      "{\"type\":\"object\",\"propertyNames\":{\"anyOf\":[{\"const\":\"dns\"},{\"$ref\":\"#/"
      "definitions/step_id\"}]},\"additionalProperties\":{\"$ref\":\"#/definitions/duration\"}}");
}

static void projected_schema(struct mu_jw *w, const struct mu_probes *probes) {
  (void)probes;
  mu_jw_raw(w,
            "{\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#/definitions/duration\"}}");
}

const struct mu_section mu_section_budgets = {
    .name = "budgets",
    .doc = "How long each step may take, by its name.",
    .size = sizeof(struct mu_any_list),
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .read = read_budgets,
    .schema = budgets_schema,
};

const struct mu_section mu_section_projected = {
    .name = "projected_incident",
    .doc = "What a drill cannot show, as assumed times.",
    .size = sizeof(struct mu_any_list),
    .node = MU_NOWHERE,
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .read = read_projected,
    .schema = projected_schema,
};
