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

/* `first` stands before `then`. Where `then` is there, `first` must be too if it is `needed`. */
static const struct order {
  const char *first, *then, *why;
  bool needed;
} orders[] = {
    {"declare", "guard", "targets are frozen before anything is looked at", true},
    {"guard", "stand-up", "nothing is built before the guard has seen account and plan", true},
    {"stand-up", "restore", "data is restored into what was stood up", true},
    {"stand-up", "scale", "there is nothing to scale before it", false},
    {"stand-up", "deploy", "there is nothing to deploy to before it", false},
    {"deploy", "smoke", "smoke looks at what was deployed", false},
    {"smoke", "dns-shift", "DNS is shifted only when smoke is green", true},
    {"dns-shift", "dns-back", "there is no way back before the shift", true},
    {"stand-up", "capture", "there is nothing to capture before it", false},
    {"stand-up", "tear-down", "there is nothing to tear down before it", false},
    {"dns-back", "tear-down", "nobody may be sent to a standby that is gone", false},
    {"smoke", "tear-down", "nothing is left to look at after it", false},
    {"restore", "tear-down", "nothing is left to look at after it", false},
    {"capture", "tear-down", "what was really deployed is gone after it", true},
    {"tear-down", "nothing-left", "what remains is asked for after it", true},
    {"nothing-left", "document", "the drift record says what was left as well", true},
};

/* No drill goes without these: who and why, the right account, and clean hands at the end. */
static const char *const always[] = {"declare", "guard", "tear-down", "nothing-left"};

static void order_is_safe(struct mu_reader *r, const struct mu_conf_workload *w) {
  for (size_t i = 0; i < MU_LEN(orders); i++) {
    const struct order *rule = &orders[i];
    size_t first = find_step(w, rule->first), then = find_step(w, rule->then);
    if (then == w->steps.n) {
      continue;
    }
    if (first == w->steps.n && rule->needed) {
      mu_diag_add(r->diags, w->steps.at[then].node, "step '%s' needs '%s' before it: %s",
                  rule->then, rule->first, rule->why);
    } else if (first < w->steps.n && first > then) {
      mu_diag_add(r->diags, w->steps.at[then].node, "step '%s' stands before '%s' (line %d): %s",
                  rule->then, rule->first, w->steps.at[first].node->line, rule->why);
    }
  }
}

static void nothing_is_skipped(struct mu_reader *r, const struct mu_conf_workload *w) {
  const struct mu_member *steps = mu_member_find(w->node, "steps");
  for (size_t i = 0; i < MU_LEN(always); i++) {
    if (find_step(w, always[i]) == w->steps.n) {
      mu_diag_add_key(r->diags, steps, "steps: '%s' may not be left out", always[i]);
    }
  }
  size_t shift = find_step(w, "dns-shift");
  if (shift < w->steps.n && find_step(w, "dns-back") == w->steps.n) {
    mu_diag_add(r->diags, w->steps.at[shift].node,
                "step 'dns-shift' needs 'dns-back' after it: the drill's name would stay shifted");
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
