/* SPDX-License-Identifier: Apache-2.0 */
/* Why one path of one resource is a finding, or is none: the resource is compared alone, with every
 * note kept, and what is said about the path, above it and below it is handed out. */
#include <string.h>

#include "base/redact.h"
#include "drift/engine.h"

enum { NAMES_SHOWN = 8 };

/* ---- addresses and paths as people type them: shells eat quotes ---- */

/* Equal but for double quotes; *rest (may be NULL): where `whole` goes on behind `part`. */
static bool begins(const char *whole, const char *part, const char **rest) {
  for (; *part; part++) {
    if (*part == '"') {
      continue;
    }
    whole += *whole == '"';
    if (*whole++ != *part) {
      return false;
    }
  }
  *rest = whole + (*whole == '"');
  return true;
}

static bool same(const char *a, const char *b) {
  const char *rest = NULL;
  return begins(a, b, &rest) && !*rest;
}

/* Is `outer` a step or more above `inner`? */
static bool above(const char *outer, const char *inner) {
  const char *rest = NULL;
  return !*outer ? *inner != '\0' : begins(inner, outer, &rest) && (*rest == '.' || *rest == '[');
}

static bool related(const char *path, const char *asked) {
  return same(path, asked) || above(path, asked) || above(asked, path);
}

/* ---- the resource ---- */

struct target {
  size_t plan; /* index, SIZE_MAX: not planned */
  struct mu_entry *entry;
};

static bool is_named(struct mu_engine *e, const struct mu_res *res, const char *address) {
  return !(res->flags & MU_RES_DATA) && same(mu_res_address(e->scratch, res), address);
}

static bool find(struct mu_engine *e, const char *address, struct target *out) {
  const struct mu_res_list *plan = &e->in->plan->resources;
  *out = (struct target){.plan = SIZE_MAX};
  for (size_t i = 0; i < plan->n && out->plan == SIZE_MAX; i++) {
    if (is_named(e, mu_res_at(plan, i), address)) {
      out->plan = i;
      uint32_t entry = e->join.pairs[i].entry;
      out->entry = entry ? &e->join.entries[entry - 1] : NULL;
    }
  }
  for (size_t i = 0; i < e->join.n && out->plan == SIZE_MAX && !out->entry; i++) {
    if (is_named(e, e->join.entries[i].res, address)) {
      out->entry = &e->join.entries[i];
    }
    mu_engine_rest(e);
  }
  return out->plan != SIZE_MAX || out->entry;
}

/* Address and path in one word, as a report writes them ("aws_x.y tags.Name") or joined by a dot:
 * the longest beginning that is an address. */
static bool find_split(struct mu_engine *e, const char **address, const char **path,
                       struct target *out) {
  const char *whole = *address;
  for (size_t n = strlen(whole); n-- > 1;) {
    if (whole[n] != ' ' && whole[n] != '.' && whole[n] != '[') {
      continue;
    }
    const char *head = mu_arena_strn(e->arena, whole, n);
    if (find(e, head, out)) {
      *address = head;
      *path = whole + n + (whole[n] != '[');
      return true;
    }
  }
  return false;
}

/* What was meant: the nearest address, or the only one that ends so. */
static const char *suggestion(struct mu_engine *e, const char *address) {
  size_t n = e->in->plan->resources.n + e->join.n, k = 0, ending = 0;
  const char **names = mu_arena_array(e->arena, n + 1, sizeof *names), *end = NULL;
  for (size_t i = 0; i < n; i++) {
    const struct mu_res *res = i < e->in->plan->resources.n
                                   ? mu_res_at(&e->in->plan->resources, i)
                                   : e->join.entries[i - e->in->plan->resources.n].res;
    if (res->flags & MU_RES_DATA) {
      continue;
    }
    names[k] = mu_res_address(e->arena, res);
    size_t len = strlen(names[k]), tail = strlen(address);
    const char *rest = NULL;
    bool ends = (tail < len && mu_str_ends(names[k], address) && names[k][len - tail - 1] == '.') ||
                (begins(names[k], address, &rest) && (*rest == '[' || *rest == '.'));
    ending += ends && !mu_streq(end, names[k]);
    end = ends ? names[k] : end;
    k++;
  }
  return ending == 1 ? end : mu_str_nearest(address, names, k);
}

static int no_such_resource(struct mu_engine *e, const char *address, struct mu_err *err) {
  const char *near = suggestion(e, address);
  return mu_fail(err, MU_E_ABSENT,
                 near ? "there is no %s in plan or state; did you mean '%s'?"
                      : "there is no %s in plan or state",
                 address, near);
}

/* ---- the path ---- */

/* The next step of a path: a key or an index, without brackets and quotes; NULL at the end. */
static const char *step_of(struct mu_engine *e, const char **at) {
  const char *from = *at + (**at == '.');
  if (!*from) {
    return NULL;
  }
  if (*from != '[') {
    size_t n = strcspn(from, ".[");
    *at = from + n;
    return mu_arena_strn(e->scratch, from, n);
  }
  bool quoted = from[1] == '"';
  from += 1 + quoted;
  const char *end = quoted ? strstr(from, "\"]") : strchr(from, ']');
  size_t n = end ? (size_t)(end - from) : strlen(from);
  *at = end ? end + 1 + quoted : from + n;
  return mu_arena_strn(e->scratch, from, n);
}

static struct mu_val member_of(struct mu_val v, const char *step) {
  size_t index = 0;
  if (!mu_val_is(v, MU_JARRAY)) {
    return mu_val_get(v, step);
  }
  for (const char *c = step; *c; c++) {
    if (*c < '0' || *c > '9' || index > 1000000) {
      return MU_ABSENT_VAL;
    }
    index = index * 10 + (size_t)(*c - '0');
  }
  return *step ? mu_val_at(v, index) : MU_ABSENT_VAL;
}

static struct mu_val mask_of(struct mu_val mask, const char *step) {
  return mu_mask_true(mask) ? mask : member_of(mask, step);
}

/* The key as it stands in the document, for what the tables say about the path. */
static bool push_step(struct mu_engine *e, const struct mu_sides *s, const char *step) {
  struct mu_val v = s->p.tape ? s->p : s->a.tape ? s->a : s->unknown;
  if (mu_val_is(v, MU_JARRAY)) {
    mu_push_index(e, 0);
    return true;
  }
  const struct mu_val sides[] = {s->p, s->a, s->unknown};
  for (size_t i = 0; i < MU_LEN(sides); i++) {
    for (struct mu_iter it = mu_iter(sides[i]); it.object && mu_iter_next(&it);) {
      if (mu_val_key_is(it.key, step)) {
        mu_push_key(e, it.key);
        return true;
      }
    }
  }
  return false;
}

static int no_such_path(struct mu_engine *e, const struct mu_sides *s, const char *step,
                        struct mu_err *err) {
  MU_STR(names, 400);
  const char *keys[256] = {0};
  size_t n = 0;
  struct mu_val v = mu_val_is(s->a, MU_JOBJECT) ? s->a : s->p;
  for (struct mu_iter it = mu_iter(v); it.object && n < MU_LEN(keys) && mu_iter_next(&it);) {
    keys[n] = mu_val_str(it.key, e->scratch);
    if (n < NAMES_SHOWN) {
      mu_str_addf(&names, "%s%s", n ? ", " : "", keys[n]);
    }
    n++;
  }
  const char *near = mu_str_nearest(step, keys, n);
  return near ? mu_fail(err, MU_E_ABSENT, "%s has no '%s' there; did you mean '%s'?", mu_address(e),
                        step, near)
              : mu_fail(err, MU_E_ABSENT, "%s has no '%s' there%s%s%s", mu_address(e), step,
                        n ? "; there is " : "", mu_str_get(&names), n > NAMES_SHOWN ? ", …" : "");
}

/* Both values at the path, and the masks over them. */
static int walk(struct mu_engine *e, const char *path, struct mu_sides *out, struct mu_err *err) {
  struct mu_sides s = e->root;
  const char *step = NULL;
  e->depth = 0;
  for (const char *at = path; (step = step_of(e, &at));) {
    struct mu_sides inner = {.p = member_of(s.p, step),
                             .a = member_of(s.a, step),
                             .unknown = mask_of(s.unknown, step),
                             .p_mask = mask_of(s.p_mask, step),
                             .a_mask = mask_of(s.a_mask, step)};
    if (!inner.p.tape && !inner.a.tape && !inner.unknown.tape) {
      return no_such_path(e, &s, step, err);
    }
    if (e->depth == MU_LEN(e->path) || !push_step(e, &s, step)) {
      return no_such_path(e, &s, step, err);
    }
    s = inner;
  }
  *out = s;
  return 0;
}

/* ---- what is said about it ---- */

static void keep_related(struct mu_engine *e, const char *path, struct mu_drift_why *why) {
  struct mu_findings *all = e->out->findings;
  mu_findings_init(&why->findings, e->arena);
  for (size_t i = 0; i < all->n; i++) {
    const char *its = all->at[i].path ? all->at[i].path : "";
    if (!*path || !*its || related(its, path)) {
      *mu_finding_add(&why->findings, all->at[i].id, NULL, NULL, NULL) = all->at[i];
    }
  }
  why->notes = mu_arena_array(e->arena, e->out->notes_n + 1, sizeof *why->notes);
  for (size_t i = 0; i < e->out->notes_n; i++) {
    if (!*path || related(e->out->notes[i].path, path)) {
      why->notes[why->notes_n++] = e->out->notes[i];
    }
  }
}

static const struct mu_finding *finding_at(const struct mu_drift_why *why) {
  for (size_t i = 0; i < why->findings.n; i++) {
    const struct mu_finding *f = &why->findings.at[i];
    if (f->path && *why->path && same(f->path, why->path)) {
      return f;
    }
  }
  return NULL;
}

static const struct mu_note *note_at(const struct mu_drift_why *why, bool of_above) {
  for (size_t i = 0; i < why->notes_n; i++) {
    const char *path = why->notes[i].path;
    if (*why->path && (of_above ? above(path, why->path) : same(path, why->path))) {
      return &why->notes[i];
    }
  }
  return NULL;
}

/* Values that finding or note show are the ones that were compared: members of sets stand elsewhere
 * in each side. */
static int show_values(struct mu_engine *e, struct mu_drift_why *why, struct mu_err *err) {
  struct mu_sides s = {0};
  const struct mu_finding *finding = finding_at(why);
  const struct mu_note *note = note_at(why, false), *outer = note_at(why, true);
  if (!*why->path) {
    return 0;
  }
  int rc = walk(e, why->path, &s, err);
  if (rc != 0 && !finding && !note) {
    return -1;
  }
  bool masked = mu_mask_true(s.p_mask) || mu_mask_true(s.a_mask);
  why->unknown = mu_mask_true(s.unknown) || mu_mask_any(s.unknown);
  why->sensitive = masked || (rc == 0 && mu_sensitive(e, &s));
  why->declared = rc == 0 && mu_declared(e);
  if (finding || note) {
    why->planned = finding ? finding->expected : note->planned;
    why->actual = finding ? finding->actual : note->actual;
    return 0;
  }
  s.a = outer && outer->kind == MU_NOTE_EQUAL ? s.p : s.a;
  why->planned = mu_show(e, s.p, s.p_mask.tape ? s.p_mask : s.a_mask, &s);
  why->actual = mu_show(e, s.a, s.a_mask.tape ? s.a_mask : s.p_mask, &s);
  return 0;
}

/* A path copied out of a report has the report's colon behind it. */
static const char *without_colon(struct mu_engine *e, const char *text) {
  size_t n = text ? strlen(text) : 0;
  return n > 1 && text[n - 1] == ':' ? mu_arena_strn(e->arena, text, n - 1) : text;
}

static int explain(struct mu_engine *e, const char *address, const char *path,
                   struct mu_drift_why *why, struct mu_err *err) {
  static const char *const how[] = {"not there", "by address", "by its previous address",
                                    "by what the provider calls it"};
  struct target target;
  address = without_colon(e, address);
  path = without_colon(e, path);
  if (mu_join(e, err) != 0) {
    return -1;
  }
  mu_baseline_init(e);
  mu_rollups_init(e);
  if (!find(e, address, &target) && (path || !find_split(e, &address, &path, &target))) {
    return no_such_resource(e, address, err);
  }
  bool planned = target.plan != SIZE_MAX;
  if ((planned ? mu_compare_range(e, target.plan, target.plan + 1, err)
               : mu_compare_extra(e, target.entry, err)) != 0 ||
      !mu_load(e, planned ? mu_res_at(&e->in->plan->resources, target.plan) : NULL, target.entry)) {
    return -1;
  }
  why->address = mu_address(e);
  why->path = mu_arena_str(e->arena, path ? path : "");
  why->planned_there = planned;
  why->actual_there = target.entry != NULL;
  why->paired = planned ? how[e->join.pairs[target.plan].how] : "planned by nobody";
  mu_next_fill(e, 0);
  keep_related(e, why->path, why);
  return show_values(e, why, err);
}

static void scrub(struct mu_engine *e, struct mu_drift_why *why) {
  const struct mu_drift_in *in = e->in;
  const struct mu_doc **docs = mu_arena_array(e->arena, in->actual_n + 1, sizeof *docs);
  docs[0] = in->plan;
  for (size_t i = 0; i < in->actual_n; i++) {
    docs[i + 1] = in->actual[i];
  }
  /* The values at the path go by way of a note of their own. */
  struct mu_note both = {.planned = why->planned, .actual = why->actual};
  struct mu_note *notes = mu_arena_array(e->arena, why->notes_n + 1, sizeof *notes);
  memcpy(notes, why->notes, why->notes_n * sizeof *notes);
  notes[why->notes_n] = both;
  struct mu_drift_out out = {
      .findings = &why->findings, .notes = notes, .notes_n = why->notes_n + 1};
  e->out = &out;
  mu_scrub(e, docs, in->actual_n + 1, 0);
  why->planned = notes[why->notes_n].planned;
  why->actual = notes[why->notes_n].actual;
  why->notes = notes;
}

int mu_drift_explain(const struct mu_drift_in *in, const char *address, const char *path,
                     struct mu_arena *arena, struct mu_drift_why *out, struct mu_err *err) {
  if (mu_doc_kind(in->plan) != MU_DOC_PLAN) {
    return mu_fail(err, MU_E_INPUT, "%s is a state, not a plan: terraform show -json PLANFILE",
                   in->plan->name);
  }
  struct mu_drift_in alone = *in;
  struct mu_findings findings;
  struct mu_drift_out result = {.findings = &findings};
  struct mu_drift_why why = {0};
  struct mu_err local = {0};
  alone.notes = (struct mu_note_keep){.kinds = (1U << MU_NOTE_N_) - 1};
  alone.threads = 1;
  mu_findings_init(&findings, arena);
  struct mu_engine *e = mu_arena_alloc(arena, sizeof *e);
  e->in = &alone;
  e->out = &result;
  e->arena = arena;
  e->plan_doc = in->plan;
  e->scratch = e->reader.arena = mu_arena_new();
  e->ignored_by = mu_arena_array(arena, in->ignores_n + 1, sizeof *e->ignored_by);
  int rc = explain(e, address, path, &why, err ? err : &local);
  if (rc == 0) {
    scrub(e, &why);
    *out = why;
  }
  mu_engine_done(e);
  return rc;
}
