/* SPDX-License-Identifier: Apache-2.0 */
/* steps: the runbook, where it differs from the standard one. Steps may be left out, moved, and
 * mixed with manual ones, but not into an order that shifts DNS before smoke is green, tears down
 * before it captures, or leaves anything behind. */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"
#include "config/steps.h"
#include "config/table.h"

#define MANUAL(member) .offset = offsetof(struct mu_conf_manual, member)

static const struct mu_field manual_fields[] = {
    {.key = "name",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     MANUAL(name),
     .doc = "what is done, in a few words"},
    {.key = "text",
     .type = MU_FIELD_STR,
     MANUAL(text),
     .doc = "what to do, and how to see that it is done"},
    {.key = "approval",
     .type = MU_FIELD_BOOL,
     MANUAL(approval),
     .doc = "only asks whether to go on"},
    {.key = "within",
     .type = MU_FIELD_DUR,
     MANUAL(within_ms),
     .otherwise = "1h",
     .doc = "how long to wait for an answer"},
    {0},
};

static const struct mu_section manual = {
    .name = "manual",
    .doc = "A step that a person does, or approves.",
    .size = sizeof(struct mu_conf_manual),
    .fields = manual_fields,
    .node = offsetof(struct mu_conf_manual, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
};

static bool read_id(struct mu_reader *r, const struct mu_node *node, const char **id) {
  *id = mu_step_id(node->text);
  if (*id) {
    return true;
  }
  if (mu_streq(node->text, "manual")) {
    mu_diag_add(r->diags, node,
                "a manual step says what is to be done; write manual: { name: …, text: … }");
    return false;
  }
  size_t n = 0;
  const char *const *ids = mu_step_ids(&n);
  const char *hint = mu_read_hint(r, node->text, ids, n);
  MU_STR(list, 512);
  for (size_t i = 0; !*hint && i < n; i++) {
    mu_str_addf(&list, "%s%s", i ? ", " : "; steps are ", ids[i]);
  }
  mu_diag_add(r->diags, node, "'%s' is not a step of a drill%s%s", node->text, hint,
              mu_str_get(&list));
  return false;
}

/* - guard   or   - manual: { name: …, text: … } */
static void read_step(struct mu_reader *r, const struct mu_section *section, struct mu_place place,
                      void *out) {
  (void)section;
  struct mu_conf_step *step = out;
  const struct mu_node *node = place.member->value;
  const struct mu_member *by_hand = mu_member_find(node, "manual");
  if (node->kind == MU_NODE_SCALAR) {
    (void)read_id(r, node, &step->id);
    return;
  }
  if (!by_hand || node->n != 1) {
    mu_diag_add(r->diags, node,
                "%s: is not a step; write its name, or manual: { name: …, text: … }", place.path);
    return;
  }
  struct mu_conf_manual *one = mu_arena_alloc(r->arena, sizeof *one);
  mu_read_section(r, &manual, mu_place_of(r, place, by_hand, 0), one);
  step->id = "manual";
  step->manual = one;
}

static void step_schema(struct mu_jw *w, const struct mu_probes *probes) {
  (void)probes;
  mu_jw_object(w);
  mu_jw_key(w, "anyOf");
  mu_jw_array(w);
  mu_jw_raw(w, "{\"$ref\":\"#/definitions/step_id\"}");
  mu_jw_raw(w, "{\"type\":\"object\",\"properties\":{\"manual\":{\"$ref\":\"#/definitions/"
               "manual\"}},\"required\":[\"manual\"],\"additionalProperties\":false}");
  mu_jw_end(w);
  mu_jw_end(w);
}

/* ---- the order ---- */

static size_t find_step(const struct mu_conf_workload *w, const char *id) {
  size_t i = 0;
  while (i < w->steps.n && !mu_streq(w->steps.at[i].id, id)) {
    i++;
  }
  return i;
}

static void is_in_order(struct mu_reader *r, const struct mu_conf_workload *w,
                        const struct mu_step_rule *rule) {
  size_t first = find_step(w, rule->first), then = find_step(w, rule->then);
  bool has_first = first < w->steps.n, has_then = then < w->steps.n;
  if (has_first && has_then && first > then && rule->needs != MU_NEEDS_THEN) {
    mu_diag_add(r->diags, w->steps.at[then].node, "step '%s' stands before '%s' (line %d): %s",
                rule->then, rule->first, w->steps.at[first].node->line, rule->why);
  } else if (has_then && !has_first && rule->needs == MU_NEEDS_FIRST) {
    mu_diag_add(r->diags, w->steps.at[then].node, "step '%s' needs '%s' before it: %s", rule->then,
                rule->first, rule->why);
  } else if (has_first && !has_then && rule->needs == MU_NEEDS_THEN) {
    mu_diag_add(r->diags, w->steps.at[first].node, "step '%s' needs '%s' after it: %s", rule->first,
                rule->then, rule->why);
  }
}

static void order_is_safe(struct mu_reader *r, const struct mu_conf_workload *w) {
  size_t n = 0;
  const struct mu_step_rule *rules = mu_step_rules(&n);
  for (size_t i = 0; i < n; i++) {
    is_in_order(r, w, &rules[i]);
  }
}

static void nothing_is_skipped(struct mu_reader *r, const struct mu_conf_workload *w) {
  const struct mu_member *steps = mu_member_find(w->node, "steps");
  size_t n = 0;
  const char *const *always = mu_step_always(&n);
  for (size_t i = 0; i < n; i++) {
    if (find_step(w, always[i]) == w->steps.n) {
      mu_diag_add_key(r->diags, steps, "steps: '%s' may not be left out", always[i]);
    }
  }
}

static void refs(struct mu_reader *r, const struct mu_conf_workload *w, const char *key) {
  (void)key;
  for (size_t i = 0; i < w->steps.n; i++) {
    const char *id = w->steps.at[i].id;
    size_t first = id && !w->steps.at[i].manual ? find_step(w, id) : i;
    if (first < i) {
      mu_diag_add(r->diags, w->steps.at[i].node, "step '%s' is there twice, see line %d", id,
                  w->steps.at[first].node->line);
    }
    if (!id) {
      return; /* an order with a hole says nothing */
    }
  }
  if (w->steps.n > 0) {
    order_is_safe(r, w);
    nothing_is_skipped(r, w);
  }
}

/* Lets the schema's walk find `manual`. */
static const struct mu_field step_fields[] = {
    {.key = "manual",
     .type = MU_FIELD_MAP,
     .flags = MU_ROW_LATER,
     .section = &manual,
     .doc = "a step that a person does"},
    {0},
};

const struct mu_section mu_section_steps = {
    .name = "step",
    .doc = "One row of the runbook.",
    .size = sizeof(struct mu_conf_step),
    .fields = step_fields,
    .node = offsetof(struct mu_conf_step, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .read = read_step,
    .schema = step_schema,
    .refs = refs,
};
