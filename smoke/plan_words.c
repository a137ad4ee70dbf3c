/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that no config wrote: from the words of a command line, and from sections that expand into
 * checks. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/plan_int.h"

struct mu_planned *mu_plan_add(struct mu_plan *plan, const char *id, const char *section,
                               const char *workload, const char *title,
                               const struct mu_probe *probe, const struct mu_conf_pair *args,
                               size_t n, struct mu_arena *arena, struct mu_err *err) {
  struct mu_args_draft draft;
  struct mu_planned p = {.id = mu_arena_str(arena, id),
                         .section = mu_arena_str(arena, section),
                         .workload = mu_arena_str(arena, workload),
                         .title = mu_arena_str(arena, title),
                         .probe = probe,
                         .timeout_ms = MU_PLAN_TIMEOUT_MS,
                         .retry = {.every_ms = MU_PLAN_EVERY_MS, .backoff = 1},
                         .severity = -1};
  mu_draft_init(&draft, probe, NULL, arena);
  for (size_t i = 0; i < n; i++) {
    if (args[i].value && mu_draft_pair(&draft, args[i].name, args[i].value, err) != 0) {
      return NULL;
    }
  }
  if (mu_draft_finish(&draft, &p.args, err) != 0) {
    return NULL;
  }
  mu_planned_set_target(&p, arena);
  plan->at = mu_arena_grow(arena, plan->at, plan->n, &plan->cap, sizeof *plan->at);
  plan->at[plan->n] = p;
  return &plan->at[plan->n++];
}

static const char EXPECT[] = "expect:";

static int add_expectations(struct mu_planned *p, const char *const *words, size_t n,
                            const struct mu_probes *probes, struct mu_arena *arena,
                            struct mu_err *err) {
  p->companion = p->probe->companion ? mu_probe_find(probes, p->probe->companion) : NULL;
  for (size_t i = 0; i < n; i++) {
    const char *equals = strchr(words[i], '=');
    if (!mu_str_starts(words[i], EXPECT)) {
      continue;
    }
    const char *fact = words[i] + strlen(EXPECT);
    fact = mu_arena_strn(arena, fact, (size_t)(equals - fact));
    if (mu_plan_expect(p, fact, equals + 1, arena, err) != 0) {
      return -1;
    }
  }
  return 0;
}

int mu_plan_words(struct mu_plan *plan, const char *id, const char *section, const char *probe,
                  const char *const *words, size_t n, const struct mu_probes *probes,
                  struct mu_arena *arena, struct mu_err *err) {
  const struct mu_probe *found = mu_probe_find(probes, probe);
  struct mu_conf_pair *pairs = mu_arena_array(arena, n + 1, sizeof *pairs);
  size_t pairs_n = 0;
  if (!found) {
    const char **names = mu_arena_array(arena, probes->n + 1, sizeof *names);
    for (size_t i = 0; i < probes->n; i++) {
      names[i] = probes->at[i]->name;
    }
    const char *near = mu_str_nearest(probe, names, probes->n);
    return mu_fail(err, MU_E_USAGE, "unknown probe '%s'%s%s%s", probe,
                   near ? "; did you mean '" : "; `muster list` shows what there is",
                   near ? near : "", near ? "'?" : "");
  }
  for (size_t i = 0; i < n; i++) {
    const char *equals = strchr(words[i], '=');
    if (!equals || equals == words[i]) {
      return mu_fail(err, MU_E_USAGE, "'%s' is not of the form name=value", words[i]);
    }
    if (!mu_str_starts(words[i], EXPECT)) {
      pairs[pairs_n++] = (struct mu_conf_pair){
          mu_arena_strn(arena, words[i], (size_t)(equals - words[i])), equals + 1};
    }
  }
  struct mu_planned *p =
      mu_plan_add(plan, id, section, NULL, id, found, pairs, pairs_n, arena, err);
  if (!p) {
    return -1;
  }
  if (add_expectations(p, words, n, probes, arena, err) != 0) {
    plan->n--;
    return -1;
  }
  if (p->expect_n == 0) {
    mu_planned_expect_default(p, arena);
  }
  return 0;
}

void mu_plan_marker(struct mu_plan *plan, size_t first, const char *fact, const char *standby,
                    struct mu_arena *arena) {
  for (size_t i = first; i < plan->n; i++) {
    struct mu_planned *p = &plan->at[i];
    struct mu_fact_ref ref;
    struct mu_err err = {0};
    bool asked = false;
    if (mu_fact_ref_find(p->probe, NULL, fact, arena, &ref, &err) != 0) {
      continue; /* a tcp check has no headers to carry a marker */
    }
    for (size_t k = 0; k < p->expect_n; k++) {
      if (mu_streq(p->expect[k].fact, ref.full)) {
        p->expect[k].finding = MU_F_ANSWERED_BY_PRIMARY;
        asked = true;
      }
    }
    if (!asked &&
        mu_plan_expect(p, fact, mu_arena_fmt(arena, "== %s", standby), arena, &err) == 0) {
      p->expect[p->expect_n - 1].finding = MU_F_ANSWERED_BY_PRIMARY;
    }
  }
}
