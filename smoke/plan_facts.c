/* SPDX-License-Identifier: Apache-2.0 */
/* Facts by the name that an operator writes: the probe's own with or without its prefix, derived
 * ones, a companion's. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/derive.h"
#include "smoke/plan_int.h"

enum { NAMES_MAX = 128 };

static bool is_family(const struct mu_fact_def *def) {
  return mu_str_ends(def->name, ".*");
}

static const struct mu_fact_def *find_def(const struct mu_probe *probe, const char *name) {
  for (const struct mu_fact_def *def = probe->facts; def && def->name; def++) {
    size_t n = strlen(def->name);
    if (strcmp(def->name, name) == 0 && !is_family(def)) {
      return def;
    }
    if (is_family(def) && strncmp(def->name, name, n - 1) == 0 && name[n - 1]) {
      return def;
    }
  }
  return NULL;
}

static bool own(const struct mu_probe *probe, const char *name, struct mu_arena *arena,
                struct mu_fact_ref *out) {
  const struct mu_fact_def *def = find_def(probe, name);
  if (!def) {
    return false;
  }
  out->full = mu_arena_fmt(arena, "%s.%s", probe->name, name);
  out->selector = mu_arena_str(arena, name);
  out->def = def;
  out->kind =
      (struct mu_predicate_kind){.type = def->type,
                                 .open = (is_family(def) && def->type == MU_T_STR) || def->is_open,
                                 .bare = MU_OP_EQ,
                                 .name = out->selector};
  return true;
}

static bool derived(const struct mu_probe *probe, const char *name, struct mu_arena *arena,
                    struct mu_fact_ref *out) {
  struct mu_derived how;
  if (!mu_derived_parse(name, &how)) {
    return false;
  }
  const struct mu_fact_def *def = find_def(probe, how.from);
  if (!def || def->type != MU_T_TIME) {
    return false;
  }
  out->full = mu_arena_fmt(arena, "%s.%s", probe->name, name);
  out->selector = mu_arena_str(arena, how.from);
  out->def = def;
  out->kind = (struct mu_predicate_kind){.type = MU_T_DUR,
                                         .bare_ms = how.bare_ms,
                                         .bare = how.bare,
                                         .name = mu_arena_str(arena, name)};
  return true;
}

static bool absence(const struct mu_probe *probe, const char *name, struct mu_arena *arena,
                    struct mu_fact_ref *out) {
  static const struct mu_fact_def def = {
      .name = "absent", .type = MU_T_BOOL, .finding = MU_F_EXPECTATION_FAILED};
  if (!mu_streq(name, "absent")) {
    return false;
  }
  out->full = mu_arena_fmt(arena, "%s.absent", probe->name);
  out->def = &def;
  out->kind = (struct mu_predicate_kind){.type = MU_T_BOOL, .bare = MU_OP_EQ, .name = "absent"};
  return true;
}

static bool of_probe(const struct mu_probe *probe, const char *name, struct mu_arena *arena,
                     struct mu_fact_ref *out) {
  size_t n = strlen(probe->name);
  if (own(probe, name, arena, out) || derived(probe, name, arena, out) ||
      absence(probe, name, arena, out)) {
    return true;
  }
  if (strncmp(name, probe->name, n) != 0 || name[n] != '.') {
    return false;
  }
  return own(probe, name + n + 1, arena, out) || derived(probe, name + n + 1, arena, out) ||
         absence(probe, name + n + 1, arena, out);
}

struct names {
  const char *at[NAMES_MAX];
  size_t n;
};

static void add_name(struct names *names, const char *name) {
  if (names->n < NAMES_MAX) {
    names->at[names->n++] = name;
  }
}

static void add_names(struct names *names, const struct mu_probe *probe, const char *prefix,
                      struct mu_arena *arena) {
  for (const struct mu_fact_def *def = probe->facts; def && def->name; def++) {
    if (!is_family(def)) {
      add_name(names, mu_arena_fmt(arena, "%s%s", prefix, def->name));
    }
    if (mu_streq(def->name, "not_after")) {
      add_name(names, mu_arena_fmt(arena, "%sdays_left", prefix));
    } else if (mu_streq(def->name, "source_as_of")) {
      add_name(names, mu_arena_fmt(arena, "%sage", prefix));
      add_name(names, mu_arena_fmt(arena, "%sfresher_than", prefix));
    }
  }
}

/* "jsno.status": a family with a typo in front of the dot. */
static const char *nearest_family(const struct mu_probe *probe, const char *name,
                                  struct mu_arena *arena) {
  const char *dot = strchr(name, '.');
  struct names names = {.n = 0};
  for (const struct mu_fact_def *def = probe->facts; def && def->name; def++) {
    if (is_family(def)) {
      add_name(&names, mu_arena_strn(arena, def->name, strlen(def->name) - 2));
    }
  }
  if (!dot) {
    return NULL;
  }
  const char *near =
      mu_str_nearest(mu_arena_strn(arena, name, (size_t)(dot - name)), names.at, names.n);
  return near ? mu_arena_fmt(arena, "%s%s", near, dot) : NULL;
}

int mu_fact_ref_find(const struct mu_probe *probe, const struct mu_probe *companion,
                     const char *name, struct mu_arena *arena, struct mu_fact_ref *out,
                     struct mu_err *err) {
  struct mu_fact_ref ref = {0};
  if (strlen(name) >= MU_FACT_NAME / 2) {
    return mu_fail(err, MU_E_CONFIG, "fact name of %zu characters is over the cap of %d",
                   strlen(name), MU_FACT_NAME / 2 - 1);
  }
  if (of_probe(probe, name, arena, &ref)) {
    *out = ref;
    return 0;
  }
  size_t n = companion ? strlen(companion->name) : 0;
  if (companion && strncmp(name, companion->name, n) == 0 && name[n] == '.' &&
      of_probe(companion, name, arena, &ref)) {
    ref.of_companion = true;
    ref.selector = NULL;
    *out = ref;
    return 0;
  }
  struct names names = {.n = 0};
  add_names(&names, probe, "", arena);
  if (companion) {
    add_names(&names, companion, mu_arena_fmt(arena, "%s.", companion->name), arena);
  }
  const char *near = mu_str_nearest(name, names.at, names.n);
  near = near ? near : nearest_family(probe, name, arena);
  return mu_fail(err, MU_E_CONFIG, "%s has no fact '%s'%s%s%s", probe->name, name,
                 near ? "; did you mean '" : "; `muster list` shows them", near ? near : "",
                 near ? "'?" : "");
}

static bool has_selector(const struct mu_args *args, const char *selector) {
  for (size_t i = 0; i < args->selectors_n; i++) {
    if (strcmp(args->selectors[i], selector) == 0) {
      return true;
    }
  }
  return false;
}

void mu_planned_select(struct mu_planned *check, const struct mu_fact_ref *ref,
                       struct mu_arena *arena) {
  struct mu_args *args = &check->args;
  if (!ref->selector || has_selector(args, ref->selector)) {
    return;
  }
  const char **all = mu_arena_array(arena, args->selectors_n + 1, sizeof *all);
  for (size_t i = 0; i < args->selectors_n; i++) {
    all[i] = args->selectors[i];
  }
  all[args->selectors_n] = ref->selector;
  args->selectors = all;
  args->selectors_n++;
}

void mu_planned_expect(struct mu_planned *check, const struct mu_fact_ref *ref, const char *written,
                       const struct mu_predicate *predicate, int line, struct mu_arena *arena) {
  struct mu_expect_one *all = mu_arena_array(arena, check->expect_n + 1, sizeof *all);
  for (size_t i = 0; i < check->expect_n; i++) {
    all[i] = check->expect[i];
  }
  struct mu_expect_one *e = &all[check->expect_n];
  *e = (struct mu_expect_one){.fact = ref->full,
                              .written = mu_arena_str(arena, written),
                              .predicate = predicate,
                              .finding = ref->def->finding,
                              .line = line};
  if (!predicate) {
    struct mu_predicate_kind *late = mu_arena_alloc(arena, sizeof *late);
    *late = ref->kind;
    e->late = late;
  }
  check->expect = all;
  check->expect_n++;
  check->asks_companion = check->asks_companion || ref->of_companion;
  mu_planned_select(check, ref, arena);
}
