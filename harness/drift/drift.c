/* SPDX-License-Identifier: Apache-2.0 */
/* One comparison from end to end: what may be compared at all, each planned resource, what nobody
 * planned, and the first line. */
#include "drift/drift.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/redact.h"
#include "drift/engine.h"

enum {
  DESTROYED_MIN = 5,      /* planned resources; below it each missing one has its own line */
  DESTROYED_PERCENT = 90, /* of the planned ones are missing: one headline */
  BREATHE_EACH = 4096,    /* resources between two chances for the caller to give pages back */
  SECRETS_MAX = 500,      /* of each document: the last look is linear in their number; every writer
                             looks again, for all */
};

/* ---- What may be compared ---- */

static struct mu_finding *about(struct mu_engine *e, enum mu_finding_id id, const char *subject,
                                const char *message) {
  struct mu_finding *f = mu_find(e, id, subject, NULL);
  f->message = message;
  return f;
}

static bool partial(const struct mu_doc *plan) {
  return plan->errored || plan->incomplete || plan->resources.n == 0;
}

static void check_plan(struct mu_engine *e) {
  const struct mu_doc *plan = e->in->plan;
  if (plan->errored) {
    about(e, MU_F_DRIFT_PLAN_PARTIAL, plan->name,
          "the plan errored: what it leaves out is not known");
  } else if (plan->incomplete) {
    about(e, MU_F_DRIFT_PLAN_PARTIAL, plan->name,
          "the plan is not complete: it was targeted, or defers changes");
  } else if (plan->resources.n == 0) {
    about(e, MU_F_DRIFT_PLAN_PARTIAL, plan->name, "the plan holds no resource");
  } else if (!plan->has_changes) {
    about(e, MU_F_DRIFT_PLAN_PARTIAL, plan->name,
          "the plan has no resource_changes: what it did not know cannot be told from what it "
          "leaves out");
  }
  if (e->in->honour_ignore_changes) {
    struct mu_finding *f = about(e, MU_F_DRIFT_PLAN_PARTIAL, plan->name,
                                 "lifecycle.ignore_changes was to be honoured, but plan JSON does "
                                 "not carry it: write ignore rules");
    f->severity = MU_LOW;
    f->next = "write ignore rules: address, path, reason, owner, until";
  }
}

/* A refresh-only plan is a refresh; any other plan proves one only by what it found. State files
 * prove none. */
static void check_refreshed(struct mu_engine *e) {
  bool all = e->in->actual_n > 0;
  for (size_t i = 0; i < e->in->actual_n; i++) {
    const struct mu_doc *doc = e->in->actual[i];
    bool refresh_only = doc->kind == MU_DOC_PLAN && doc->resources.n == 0 && doc->has_prior;
    bool refreshed =
        doc->kind == MU_DOC_PLAN && !doc->errored && (refresh_only || doc->drift.n > 0);
    all &= refreshed;
    if (refreshed && (e->out->refreshed_ms == 0 || doc->timestamp_ms < e->out->refreshed_ms)) {
      e->out->refreshed_ms = doc->timestamp_ms; /* the oldest of several */
    }
  }
  e->out->refreshed = all;
  if (!all && e->in->require_refreshed) {
    about(e, MU_F_DRIFT_NOT_REFRESHED, e->in->actual_n ? e->in->actual[0]->name : "actual state",
          "a refresh is required; make one: terraform plan -refresh-only -lock=false -out=F, "
          "terraform show -json F");
  }
}

static void check_checks(struct mu_engine *e) {
  for (size_t i = 0; i < e->in->actual_n; i++) {
    const struct mu_doc *doc = e->in->actual[i];
    for (size_t k = 0; k < doc->checks_n; k++) {
      if (mu_streq(doc->checks[k].status, "fail") || mu_streq(doc->checks[k].status, "error")) {
        struct mu_finding *f = about(e, MU_F_DRIFT_CHECK_FAILED, doc->checks[k].address, "");
        mu_finding_say(e->out->findings, f, "status %s", doc->checks[k].status);
      }
    }
  }
}

static int check_rules(const struct mu_drift_in *in, struct mu_err *err) {
  for (size_t i = 0; i < in->ignores_n; i++) {
    const struct mu_ignore *r = &in->ignores[i];
    if (!r->address || !r->reason || !*r->reason || !r->owner || !*r->owner || r->until_ms == 0) {
      return mu_fail(err, MU_E_CONFIG, "%s: an ignore rule needs address, reason, owner and until",
                     r->where ? r->where : "ignore rule");
    }
  }
  return 0;
}

/* ---- One resource ---- */

static bool hidden(struct mu_engine *e, bool access) {
  const struct mu_ignore *rule = mu_ignored(e, NULL, access);
  if (rule) {
    mu_note(e, "", (struct mu_sides){0},
            mu_arena_fmt(e->arena, "ignore:%s", rule->where ? rule->where : rule->address));
  }
  return rule != NULL;
}

static void missing(struct mu_engine *e) {
  size_t leaves = mu_val_leaves(e->root.p);
  if (hidden(e, false)) {
    mu_count(e, MU_PART_IGNORED, leaves);
    return;
  }
  mu_count(e, MU_PART_COMPARED, leaves);
  e->missing++;
  struct mu_finding *f = mu_find(e, MU_F_DRIFT_MISSING, mu_address(e), NULL);
  f->message = "planned, and not in the actual state";
}

static void moved(struct mu_engine *e, enum mu_how how) {
  const char *old = mu_res_address(e->arena, e->actual_res);
  struct mu_finding *f = mu_find(e, how == MU_HOW_MOVED ? MU_F_DRIFT_MOVED : MU_F_DRIFT_READDRESSED,
                                 mu_address(e), NULL);
  e->moved++;
  mu_finding_say(e->out->findings, f, "the actual state has it as %.300s", old);
  mu_next_moved(e, f, old);
}

static void resource_marks(struct mu_engine *e) {
  if (e->actual_res->flags & MU_RES_TAINTED) {
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_TAINTED, mu_address(e), NULL);
    f->message = "the next apply replaces it";
  }
  if (!mu_same_provider(e->plan_doc, e->plan_res->provider, e->actual_doc,
                        e->actual_res->provider)) {
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_TYPE, mu_address(e), NULL);
    const char *planned = mu_span_copy(e->plan_doc, e->plan_res->provider, e->scratch);
    const char *is = mu_span_copy(e->actual_doc, e->actual_res->provider, e->scratch);
    mu_finding_say(e->out->findings, f, "planned by %.120s, is by %.120s", planned, is);
    mu_next_provider(e, f, is, planned);
  }
  if (e->schema_differs) {
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_SCHEMA, mu_address(e), NULL);
    mu_finding_say(e->out->findings, f, "plan %u, state %u: only common attributes were compared",
                   (unsigned)e->conf->schema_version, (unsigned)e->actual_res->schema_version);
  }
}

static void compare_resource(struct mu_engine *e, enum mu_how how) {
  if (how != MU_HOW_ADDRESS) {
    moved(e, how);
  }
  resource_marks(e);
  mu_compare(e, e->root);
  e->changed += e->this_changed;
}

static void breathe(const struct mu_doc *doc) {
  if (doc->breathe) {
    doc->breathe(doc->breathe_ctx);
  }
}

void mu_breathe_at(struct mu_engine *e, size_t i) {
  if (i % BREATHE_EACH == BREATHE_EACH - 1) {
    breathe(e->in->plan);
    for (size_t k = 0; k < e->in->actual_n; k++) {
      breathe(e->in->actual[k]);
    }
  }
}

static int damaged(const struct mu_doc *doc, const struct mu_res *res, struct mu_err *err) {
  return mu_fail(err, MU_E_INPUT, "%s: %.*s cannot be read", doc->name,
                 (int)(res->address_n < 300 ? res->address_n : 300), res->address);
}

static bool goes(const struct mu_res *res) {
  return res->flags & MU_RES_DELETE && !(res->flags & MU_RES_CREATE);
}

/* Somebody deleted it and the configuration does not have it any more: Terraform 0.15 and later
 * plan a no-op that ends in null. */
static bool stays_gone(const struct mu_engine *e, const struct mu_res *res) {
  return res->flags & MU_RES_NOOP && mu_val_is(e->root.p, MU_JNULL) &&
         !mu_mask_any(e->root.unknown);
}

/* A resource that the plan removes must be gone; what it forgets may exist, outside of the state.
 */
static void should_be_gone(struct mu_engine *e, const struct mu_res *res) {
  bool deposed = res->deposed.n > 0;
  mu_count(e, MU_PART_COMPARED, 1);
  struct mu_finding *f =
      mu_find(e, deposed ? MU_F_DRIFT_DEPOSED : MU_F_DRIFT_EXTRA, mu_address(e), NULL);
  f->message = deposed ? "the plan deletes the deposed object; it is still there"
                       : "the plan deletes it; it is still there";
  f->next = mu_next_apply(e);
  e->extra++;
}

static int one_resource(struct mu_engine *e, size_t i, struct mu_err *err) {
  const struct mu_res *res = mu_res_at(&e->in->plan->resources, i);
  struct mu_pairing pair = e->join.pairs[i];
  struct mu_entry *entry = pair.entry ? &e->join.entries[pair.entry - 1] : NULL;
  if (res->flags & MU_RES_DATA || (res->flags & MU_RES_FORGET && !(res->flags & MU_RES_CREATE))) {
    return 0;
  }
  if (!mu_load(e, res, entry)) {
    return damaged(e->in->plan, res, err);
  }
  bool gone = goes(res) || stays_gone(e, res);
  if (gone || res->deposed.n) {
    if (entry) {
      should_be_gone(e, res);
    } else if (gone) {
      mu_count(e, MU_PART_COMPARED, 1);
    }
    return 0;
  }
  e->out->coverage.resources++;
  if (e->in->expect == MU_EXPECT_ABSENT) {
    mu_count(e, MU_PART_COMPARED, 1);
    if (entry) {
      e->present++;
      struct mu_finding *f = mu_find(e, MU_F_DRIFT_STAGED_PRESENT, mu_address(e), NULL);
      mu_finding_say(e->out->findings, f, "%s is in the actual state",
                     mu_res_address(e->scratch, entry->res));
    }
    return 0;
  }
  if (!entry) {
    missing(e);
    return 0;
  }
  compare_resource(e, (enum mu_how)pair.how);
  return 0;
}

/* ---- What nobody planned ---- */

static bool gives_access(const char *type) {
  static const char *const globs[] = {"*security_group*rule*", "*_iam_*",      "*policy*",
                                      "*role_assignment*",     "*firewall*",   "*public_access*",
                                      "*_access_entry",        "*_access_key", "*permission*"};
  for (size_t i = 0; i < MU_LEN(globs); i++) {
    if (mu_str_glob(globs[i], type)) {
      return true;
    }
  }
  return false;
}

int mu_compare_extra(struct mu_engine *e, struct mu_entry *entry, struct mu_err *err) {
  if (!mu_load(e, NULL, entry)) {
    return damaged(entry->doc, entry->res, err);
  }
  size_t leaves = mu_val_leaves(e->root.a);
  if (hidden(e, gives_access(mu_type(e)))) {
    mu_count(e, MU_PART_IGNORED, leaves);
    return 0;
  }
  mu_count(e, MU_PART_COMPARED, 1);
  e->extra++;
  if (entry->res->deposed.n) {
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_DEPOSED, mu_address(e), NULL);
    mu_finding_say(e->out->findings, f, "deposed object %.40s",
                   mu_span_copy(entry->doc, entry->res->deposed, e->scratch));
    return 0;
  }
  bool staged = e->in->expect == MU_EXPECT_ABSENT;
  struct mu_finding *f = mu_find(e, MU_F_DRIFT_EXTRA, mu_address(e), NULL);
  mu_finding_say(e->out->findings, f, "%s%.120s: in the actual state, not in the plan",
                 staged ? "a staged layer should hold nothing: " : "",
                 mu_provider_id(e) ? mu_provider_id(e) : "no id");
  f->klass = gives_access(mu_type(e)) ? "access" : NULL;
  return 0;
}

/* A plan that leaves things out says nothing of what it does not hold. */
static int not_told(struct mu_engine *e, struct mu_entry *entry, struct mu_err *err) {
  if (!mu_load(e, NULL, entry)) {
    return damaged(entry->doc, entry->res, err);
  }
  mu_count(e, MU_PART_UNVERIFIABLE, mu_val_leaves(e->root.a));
  mu_note(e, "", e->root, "unknown");
  return 0;
}

/* Two addresses of one type with the same arn (or, where there is none, id). */
static void double_managed(struct mu_engine *e) {
  static const char *const without_cloud[] = {"random_*",  "null_*",      "local_*",
                                              "tls_*",     "template_*",  "time_*",
                                              "archive_*", "terraform_*", "external*"};
  size_t n = 16;
  while (n < e->join.n * 2) {
    n *= 2;
  }
  struct mu_seen {
    uint64_t hash;
    uint32_t entry;
  } *table = mu_arena_array(e->arena, n, sizeof *table);
  for (size_t i = 0; i < e->join.n; i++) {
    struct mu_entry *entry = &e->join.entries[i];
    uint64_t hash = entry->hash;
    if (!hash || entry->res->deposed.n) {
      continue;
    }
    size_t at = hash & (n - 1);
    while (table[at].hash && table[at].hash != hash) {
      at = (at + 1) & (n - 1);
    }
    if (!table[at].hash) {
      table[at] = (struct mu_seen){.hash = hash, .entry = (uint32_t)i};
      continue;
    }
    if (!mu_load(e, NULL, entry)) {
      continue;
    }
    bool cloud = true;
    for (size_t k = 0; k < MU_LEN(without_cloud); k++) {
      cloud &= !mu_str_glob(without_cloud[k], mu_type(e));
    }
    if (cloud) {
      struct mu_finding *f = mu_find(e, MU_F_DRIFT_DOUBLE, mu_address(e), NULL);
      mu_finding_say(e->out->findings, f, "%.120s is managed as %.200s, too",
                     mu_provider_id(e) ? mu_provider_id(e) : "the object",
                     mu_res_address(e->scratch, e->join.entries[table[at].entry].res));
    }
  }
}

/* ---- The end ---- */

/* Takes out the findings of `id` from `first` on: one headline stands for them. */
static void take_out(struct mu_findings *list, size_t first, enum mu_finding_id id) {
  size_t kept = first;
  for (size_t i = first; i < list->n; i++) {
    if (list->at[i].id != id) {
      list->at[kept++] = list->at[i];
    }
  }
  list->n = kept;
}

/* Nothing that the plan names is there, and nothing was seen to be deleted. */
static bool another_stack(const struct mu_engine *e) {
  for (size_t i = 0; i < e->join.n; i++) {
    if (e->join.entries[i].used) {
      return false;
    }
  }
  for (size_t i = 0; i < e->in->actual_n; i++) {
    const struct mu_doc *doc = e->in->actual[i];
    for (size_t k = 0; k < doc->drift.n; k++) {
      if (mu_res_at(&doc->drift, k)->flags & MU_RES_DELETE) {
        return false;
      }
    }
  }
  return e->out->coverage.resources > 0 && e->in->expect == MU_EXPECT_AFTER;
}

/* Nothing or next to nothing is there: one headline instead of one line a resource. */
static void destroyed(struct mu_engine *e, size_t first) {
  int64_t planned = e->out->coverage.resources;
  struct mu_findings *list = e->out->findings;
  if (another_stack(e)) { /* nobody saw it go: more likely another workload's state */
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_NOTHING_COMPARED,
                                   e->in->actual_n ? e->in->actual[0]->name : "actual state", NULL);
    mu_finding_say(list, f,
                   "the actual state holds nothing of the plan, and %zu other resources: is it "
                   "this workload's?",
                   e->join.n);
    take_out(list, first, MU_F_DRIFT_MISSING);
    take_out(list, first, MU_F_DRIFT_EXTRA);
    take_out(list, first, MU_F_DRIFT_DOUBLE);
  } else if (planned >= DESTROYED_MIN && e->missing * 100 >= planned * DESTROYED_PERCENT) {
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_DESTROYED, e->in->plan->name, NULL);
    mu_finding_say(list, f, "%lld of %lld planned resources do not exist", (long long)e->missing,
                   (long long)planned);
    take_out(list, first, MU_F_DRIFT_MISSING);
  }
}

/* All of it exists: the plan was applied, whoever did it. */
static void spent(struct mu_engine *e) {
  if (e->in->expect == MU_EXPECT_ABSENT && e->present > 0 &&
      e->present == e->out->coverage.resources) {
    about(e, MU_F_PLAN_SPENT, e->in->plan->name, "everything that it plans exists already");
  }
}

static int most_first(const void *a, const void *b) {
  const struct mu_drift_rule *x = a, *y = b;
  return x->n != y->n ? (x->n > y->n ? -1 : 1) : strcmp(x->rule, y->rule);
}

void mu_coverage(struct mu_engine *e) {
  struct mu_coverage *c = &e->out->coverage;
  c->compared = e->parts[MU_PART_COMPARED];
  c->explained = e->parts[MU_PART_EXPLAINED];
  c->baseline = e->parts[MU_PART_BASELINE];
  c->unverifiable = e->parts[MU_PART_UNVERIFIABLE];
  c->ignored = e->parts[MU_PART_IGNORED];
  c->redacted = e->redacted;
  c->attributes = c->compared + c->explained + c->baseline + c->unverifiable + c->ignored;
  e->out->rules = mu_arena_array(e->arena, e->rules_n + 1, sizeof *e->out->rules);
  e->out->rules_n = e->rules_n;
  memcpy(e->out->rules, e->rules, e->rules_n * sizeof *e->rules);
  qsort(e->out->rules, e->rules_n, sizeof *e->rules, most_first);
}

/* Each stands in the notes; one line says how many there are. */
static void unset_defaults(struct mu_engine *e) {
  if (e->unset > 0) {
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_UNSET, e->in->plan->name, NULL);
    mu_finding_say(e->out->findings, f, "%lld attributes", (long long)e->unset);
    f->klass = "unset-default";
  }
}

static void headline(struct mu_engine *e) {
  MU_STR(out, 400);
  long long n = (long long)e->out->coverage.resources;
  if (e->in->expect == MU_EXPECT_ABSENT) {
    mu_str_addf(&out,
                e->present ? "%lld of %lld staged resources are already there"
                           : "%lld resources absent, as they should be",
                e->present ? (long long)e->present : n, n);
  } else if (e->missing + e->extra + e->changed + e->moved == 0) {
    mu_str_addf(&out, "%lld resources as planned", n);
  } else {
    struct {
      int64_t n;
      const char *word;
    } counts[] = {
        {e->changed, "changed"}, {e->missing, "missing"}, {e->extra, "extra"}, {e->moved, "moved"}};
    for (size_t i = 0; i < MU_LEN(counts); i++) {
      if (counts[i].n) {
        mu_str_addf(&out, "%s%lld %s", out.n ? ", " : "", (long long)counts[i].n, counts[i].word);
      }
    }
    mu_str_addf(&out, " of %lld", n);
  }
  if (e->out->refreshed && e->out->refreshed_ms) {
    char when[MU_TIME_TEXT];
    mu_time_seconds(e->out->refreshed_ms, when);
    mu_str_addf(&out, " · refreshed %.5sZ", when + 11);
  } else {
    mu_str_add(&out, e->out->refreshed ? " · refreshed" : " · not known to be refreshed");
  }
  e->out->headline = mu_str_copy(&out, e->arena);
}

static void scrub_text(const struct mu_redact *secrets, struct mu_arena *arena, const char **text) {
  if (!*text) {
    return;
  }
  MU_STR(out, SIZE_MAX / 4);
  if (mu_redact_write(secrets, *text, strlen(*text), &out)) {
    *text = mu_str_copy(&out, arena);
  }
}

/* A secret may stand in an attribute that nobody marked: a last look over everything that leaves.
 */
void mu_scrub(struct mu_engine *e, const struct mu_doc *const *docs, size_t docs_n, size_t first) {
  struct mu_redact *secrets = mu_redact_new();
  size_t total = 0;
  for (size_t i = 0; i < docs_n; i++) {
    const char *const *at = NULL;
    size_t n = mu_doc_secrets(docs[i], &at);
    for (size_t k = 0; k < n && k < SECRETS_MAX; k++, total++) {
      mu_redact_add(secrets, at[k], strlen(at[k]));
    }
  }
  struct mu_findings *list = e->out->findings;
  for (size_t i = first; total > 0 && i < list->n; i++) {
    scrub_text(secrets, e->arena, &list->at[i].expected);
    scrub_text(secrets, e->arena, &list->at[i].actual);
    scrub_text(secrets, e->arena, &list->at[i].message);
    scrub_text(secrets, e->arena, &list->at[i].next);
  }
  for (size_t i = 0; total > 0 && i < e->out->notes_n; i++) {
    scrub_text(secrets, e->arena, &e->out->notes[i].planned);
    scrub_text(secrets, e->arena, &e->out->notes[i].actual);
  }
  mu_redact_free(secrets);
}

int mu_compare_range(struct mu_engine *e, size_t from, size_t to, struct mu_err *err) {
  for (size_t i = from; i < to; i++) {
    if (one_resource(e, i, err) != 0) {
      return -1;
    }
    mu_breathe_at(e, i);
  }
  return 0;
}

static int compare_all(struct mu_engine *e, struct mu_err *err) {
  if (mu_join(e, err) != 0) {
    return -1;
  }
  mu_baseline_init(e);
  mu_rollups_init(e);
  if (mu_compare_planned(e, err) != 0) {
    return -1;
  }
  bool all = e->in->expect == MU_EXPECT_ABSENT || !partial(e->in->plan);
  for (size_t i = 0; i < e->join.n; i++) {
    struct mu_entry *entry = &e->join.entries[i];
    if (!entry->used && (all ? mu_compare_extra(e, entry, err) : not_told(e, entry, err)) != 0) {
      return -1;
    }
  }
  double_managed(e);
  return 0;
}

int mu_drift_compare(const struct mu_drift_in *in, struct mu_arena *arena, struct mu_drift_out *out,
                     struct mu_err *err) {
  if (mu_doc_kind(in->plan) != MU_DOC_PLAN) {
    return mu_fail(err, MU_E_INPUT, "%s is a state, not a plan: terraform show -json PLANFILE",
                   in->plan->name);
  }
  if (check_rules(in, err) != 0) {
    return -1;
  }
  struct mu_engine *e = mu_arena_alloc(arena, sizeof *e);
  struct mu_err local = {0};
  err = err ? err : &local;
  size_t first = out->findings->n;
  struct mu_drift_out result = {.findings = out->findings};
  e->in = in;
  e->out = &result;
  e->arena = arena;
  e->plan_doc = in->plan;
  e->scratch = e->reader.arena = mu_arena_new();
  e->ignored_by = mu_arena_array(arena, in->ignores_n + 1, sizeof *e->ignored_by);
  check_plan(e);
  check_refreshed(e);
  check_checks(e);
  mu_schema_report(e);
  int rc = compare_all(e, err);
  if (rc == 0) {
    destroyed(e, first);
    spent(e);
    mu_coverage(e);
    mu_ignore_report(e);
    unset_defaults(e);
    headline(e);
    const struct mu_doc **docs = mu_arena_array(arena, in->actual_n + 1, sizeof *docs);
    docs[0] = in->plan;
    for (size_t i = 0; i < in->actual_n; i++) {
      docs[i + 1] = in->actual[i];
    }
    mu_next_fill(e, first);
    mu_scrub(e, docs, in->actual_n + 1, first);
    *out = result;
  }
  mu_engine_done(e);
  return rc;
}
