/* SPDX-License-Identifier: Apache-2.0 */
/* A fresh plan against the staged one: what would be applied tonight against what was reviewed.
 * Other addresses, actions or wider access are unsafe; other values differ; unknown equals only
 * unknown. */
#include <string.h>

#include "drift/engine.h"

static const char *actions_text(struct mu_engine *e, const struct mu_res *res) {
  static const struct {
    uint32_t bit;
    const char *word;
  } rows[] = {{MU_RES_NOOP, "no-op"},    {MU_RES_CREATE, "create"}, {MU_RES_READ, "read"},
              {MU_RES_UPDATE, "update"}, {MU_RES_DELETE, "delete"}, {MU_RES_FORGET, "forget"}};
  MU_STR(out, 100);
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (res->flags & rows[i].bit) {
      mu_str_addf(&out, "%s%s", out.n ? "+" : "", rows[i].word);
    }
  }
  return mu_str_copy(&out, e->arena);
}

enum {
  ACTIONS =
      MU_RES_NOOP | MU_RES_CREATE | MU_RES_READ | MU_RES_UPDATE | MU_RES_DELETE | MU_RES_FORGET
};

static void unsafe(struct mu_engine *e, const char *what) {
  struct mu_finding *f = mu_find(e, MU_F_DRIFT_STAGED_UNSAFE, mu_address(e), NULL);
  f->message = what;
}

static int one_pair(struct mu_engine *e, size_t i, struct mu_err *err) {
  const struct mu_res *staged = mu_res_at(&e->plan_doc->resources, i);
  struct mu_pairing pair = e->join.pairs[i];
  struct mu_entry *entry = pair.entry ? &e->join.entries[pair.entry - 1] : NULL;
  if (staged->flags & MU_RES_DATA) {
    return 0;
  }
  if (!mu_load(e, staged, entry)) {
    return mu_fail(err, MU_E_INPUT, "%s: %s cannot be read", e->plan_doc->name, mu_address(e));
  }
  e->out->coverage.resources++;
  if (!entry) {
    mu_count(e, MU_PART_COMPARED, 1);
    e->missing++;
    unsafe(e, "in the staged plan, not in the fresh one");
    return 0;
  }
  if ((staged->flags & ACTIONS) != (entry->res->flags & ACTIONS)) {
    unsafe(e, mu_arena_fmt(e->arena, "staged: %s, fresh: %s", actions_text(e, staged),
                           actions_text(e, entry->res)));
    e->this_changed = true;
  }
  if (pair.how != MU_HOW_ADDRESS) {
    unsafe(e, mu_arena_fmt(e->arena, "the fresh plan has it as %s",
                           mu_res_address(e->scratch, entry->res)));
    e->this_changed = true;
  }
  mu_compare(e, e->root);
  e->changed += e->this_changed;
  return 0;
}

static int compare_plans(struct mu_engine *e, struct mu_err *err) {
  if (mu_join(e, err) != 0) {
    return -1;
  }
  for (size_t i = 0; i < e->plan_doc->resources.n; i++) {
    if (one_pair(e, i, err) != 0) {
      return -1;
    }
  }
  for (size_t i = 0; i < e->join.n; i++) {
    struct mu_entry *entry = &e->join.entries[i];
    if (entry->used) {
      continue;
    }
    if (!mu_load(e, NULL, entry)) {
      return mu_fail(err, MU_E_INPUT, "%s: %s cannot be read", entry->doc->name, mu_address(e));
    }
    mu_count(e, MU_PART_COMPARED, 1);
    e->extra++;
    unsafe(e, "in the fresh plan, not in the staged one");
  }
  return 0;
}

static void partial(struct mu_engine *e, const struct mu_doc *doc, const char *which) {
  if (doc->errored || doc->incomplete || doc->resources.n == 0) {
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_PLAN_PARTIAL, doc->name, NULL);
    mu_finding_say(e->out->findings, f, "the %s plan %s", which,
                   doc->errored      ? "errored"
                   : doc->incomplete ? "is not complete"
                                     : "holds no resource");
  }
}

int mu_drift_fresh(const struct mu_fresh_in *in, struct mu_arena *arena, struct mu_drift_out *out,
                   struct mu_err *err) {
  if (mu_doc_kind(in->staged) != MU_DOC_PLAN || mu_doc_kind(in->fresh) != MU_DOC_PLAN) {
    return mu_fail(err, MU_E_INPUT, "%s is a state, not a plan",
                   mu_doc_kind(in->staged) != MU_DOC_PLAN ? in->staged->name : in->fresh->name);
  }
  struct mu_engine *e = mu_arena_alloc(arena, sizeof *e);
  struct mu_drift_out result = {
      .findings = out->findings, .refreshed = true, .refreshed_ms = in->fresh->timestamp_ms};
  struct mu_drift_in as_in = {.plan = in->staged,
                              .actual = &in->fresh,
                              .actual_n = 1,
                              .schema = in->schema,
                              .sets = in->sets,
                              .sets_n = in->sets_n,
                              .notes = in->notes,
                              .check = in->check,
                              .now_ms = in->now_ms};
  size_t first = out->findings->n;
  e->in = &as_in;
  e->out = &result;
  e->arena = arena;
  e->fresh = true;
  e->floats = in->floats;
  e->floats_n = in->floats_n;
  e->suffix = in->suffix;
  e->plan_doc = in->staged;
  e->scratch = e->reader.arena = mu_arena_new();
  e->ignored_by = mu_arena_array(arena, 1, sizeof *e->ignored_by);
  partial(e, in->staged, "staged");
  partial(e, in->fresh, "fresh");
  mu_schema_report(e);
  int rc = compare_plans(e, err);
  if (rc == 0) {
    mu_coverage(e);
    size_t differences = (size_t)(e->missing + e->extra + e->changed);
    result.headline =
        differences
            ? mu_arena_fmt(arena, "fresh plan: %zu of %lld resources differ from the staged one",
                           differences, (long long)result.coverage.resources)
            : mu_arena_fmt(arena, "fresh plan equals the staged one, %lld resources",
                           (long long)result.coverage.resources);
    mu_next_fill(e, first);
    const struct mu_doc *docs[] = {in->staged, in->fresh};
    mu_scrub(e, docs, 2, first);
    *out = result;
  }
  mu_engine_done(e);
  return rc;
}
