/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* _SC_NPROCESSORS_ONLN */
#include "drill/layers.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/redact.h"
#include "base/str.h"
#include "config/config.h"
#include "drift/doc.h"
#include "drill/inventory.h"
#include "drill/key.h"
#include "drill/layer_files.h"
#include "drill/terraform.h"
#include "ledger/ledger.h"
#include "model/run.h"
#include "smoke/expect.h"

static void note(const struct mu_layer_env *env, const char *line) {
  if (env->note) {
    env->note(env->ctx, line);
  }
}

/* ---- reading ---- */

int mu_layer_parse(const struct mu_layer_env *env, const char *name, const char *json, size_t n,
                   bool as_actual, const struct mu_doc **out, struct mu_err *err) {
  const struct mu_doc_opts opts = {
      .name = name, .want_config = !as_actual, .want_prior = as_actual};
  struct mu_doc *doc = NULL;
  if (mu_doc_parse(json, n, &opts, env->run->arena, &doc, err) != 0) {
    return -1;
  }
  const char *const *secrets = NULL;
  size_t secrets_n = mu_doc_secrets(doc, &secrets);
  for (size_t i = 0; i < secrets_n && env->redact; i++) {
    mu_redact_add(env->redact, secrets[i], strlen(secrets[i]));
  }
  *out = doc;
  return 0;
}

int mu_layer_refresh(const struct mu_layer_env *env, struct mu_tf *tf, const struct mu_doc **out,
                     struct mu_err *err) {
  const char *file = mu_arena_fmt(env->run->arena, "%s/refresh.plan", env->folder);
  const struct mu_tf_plan how = {.refresh_only = true, .no_lock = true, .out = file};
  MU_STR(json, MU_LAYER_FILE_MAX);
  note(env, "terraform plan -refresh-only");
  if (mu_tf_plan(tf, &how, NULL, err) != 0 || mu_tf_show(tf, file, &json, err) != 0) {
    return -1;
  }
  return mu_layer_parse(env, "the refresh-only plan", mu_str_copy(&json, env->run->arena), json.n,
                        true, out, err);
}

/* ---- checks ---- */

static struct mu_check *add_check(const struct mu_layer_env *env, const char *id,
                                  const char *section, const char *title, const char *target) {
  struct mu_check *check = MU_RUN_ADD(env->run, checks);
  check->id = mu_arena_str(env->run->arena, id);
  check->section = mu_arena_str(env->run->arena, section);
  check->workload = env->workload ? mu_arena_str(env->run->arena, env->workload->name) : NULL;
  check->title = mu_arena_str(env->run->arena, title);
  check->probe = "drift";
  check->target = mu_arena_str(env->run->arena, target);
  check->status = MU_OBSERVED;
  check->started_ms = mu_wall_ms(env->clock);
  mu_facts_init(&check->facts, env->run->arena);
  return check;
}

static void could_not(const struct mu_layer_env *env, struct mu_check *check,
                      const struct mu_err *err) {
  mu_judge_error(env->run, check, err);
  mu_run_judge_check(env->run, check);
}

void mu_layer_floor(const struct mu_layer_env *env, size_t first) {
  enum mu_severity floor = MU_MEDIUM;
  if (env->workload && env->workload->severity_floor) {
    (void)mu_severity_parse(env->workload->severity_floor, &floor);
  }
  for (size_t i = first; i < env->run->findings.n; i++) {
    struct mu_finding *finding = &env->run->findings.at[i];
    if (!finding->next && finding->verdict > MU_PASS) {
      finding->next = mu_drift_next(finding, mu_wall_ms(env->clock), env->run->arena);
    }
    if (finding->verdict == MU_FAIL && finding->severity < floor) {
      finding->verdict = MU_PASS;
    }
  }
}

static void add_coverage(struct mu_coverage *sum, const struct mu_coverage *one) {
  sum->resources += one->resources;
  sum->attributes += one->attributes;
  sum->compared += one->compared;
  sum->explained += one->explained;
  sum->baseline += one->baseline;
  sum->unverifiable += one->unverifiable;
  sum->ignored += one->ignored;
  sum->redacted += one->redacted;
}

/* "forgiven 65: null-empty 53, policy 12": by which rules, a line for each kind. */
static void add_rules(struct mu_str *out, const struct mu_drift_out *drift, const char *words,
                      enum mu_note_kind kind) {
  MU_STR(names, 1 << 14);
  size_t sum = 0;
  for (size_t i = 0; i < drift->rules_n; i++) {
    const struct mu_rule_def *def = mu_rule_def(drift->rules[i].rule);
    if ((def ? def->kind : MU_NOTE_FORGIVEN) == kind) {
      mu_str_addf(&names, "%s%s %zu", sum ? ", " : "", drift->rules[i].rule, drift->rules[i].n);
      sum += drift->rules[i].n;
    }
  }
  if (sum) {
    mu_str_addf(out, "%s%s %zu: %s", out->n ? "\n" : "", words, sum, mu_str_get(&names));
  }
}

/* A value that was seen for the first time is what later nights are held against. */
static void add_baseline(struct mu_str *out, const struct mu_drift_out *drift, bool first) {
  size_t fresh = 0;
  for (size_t i = 0; i < drift->observations_n; i++) {
    fresh += !drift->observations[i].held;
  }
  if (fresh) {
    mu_str_addf(out, "%s%s: %zu values that were unknown when planned", out->n ? "\n" : "",
                first ? "first look, taken as the baseline" : "new to the baseline", fresh);
  }
}

static void add_cut(struct mu_str *out, const struct mu_drift_out *drift) {
  size_t kept[MU_NOTE_N_] = {0};
  for (size_t i = 0; i < drift->notes_n; i++) {
    kept[drift->notes[i].kind]++;
  }
  for (unsigned kind = 0; kind < MU_NOTE_N_; kind++) {
    if (kept[kind] < drift->notes_seen[kind]) {
      mu_str_addf(out, "%sshown %zu of %zu %s; --only ADDRESS shows others", out->n ? "\n" : "",
                  kept[kind], drift->notes_seen[kind], mu_note_kind_text((enum mu_note_kind)kind));
    }
  }
}

/* What was forgiven and by which rule, and what could not be told: in this order, last the doubt.
 */
static void keep_notes(const struct mu_layer_env *env, struct mu_check *check,
                       const struct mu_drift_out *out, bool first_look) {
  MU_STR(text, 1 << 16);
  add_rules(&text, out, "forgiven", MU_NOTE_FORGIVEN);
  add_rules(&text, out, "explained", MU_NOTE_EXPLAINED);
  add_rules(&text, out, "ignored", MU_NOTE_IGNORED);
  add_rules(&text, out, "could not be told", MU_NOTE_UNKNOWN);
  add_baseline(&text, out, first_look);
  add_cut(&text, out);
  check->details = text.n ? mu_str_copy(&text, env->run->arena) : NULL;
  for (size_t i = 0; i < out->notes_n; i++) {
    *MU_RUN_ADD(env->run, notes) = out->notes[i];
  }
}

static struct mu_note_keep notes_of(const struct mu_layer_env *env) {
  return env->notes ? *env->notes : (struct mu_note_keep){.max = SIZE_MAX};
}

static void keep_result(const struct mu_layer_env *env, struct mu_check *check,
                        const struct mu_drift_in *in, const struct mu_drift_out *out) {
  check->headline = out->headline;
  keep_notes(env, check, out, in->baseline_n == 0);
  (void)mu_fact_int(&check->facts, "drift.resources", out->coverage.resources, "resources");
  (void)mu_fact_int(&check->facts, "drift.attributes", out->coverage.attributes, "attributes");
  (void)mu_fact_int(&check->facts, "drift.compared", out->coverage.compared, "attributes");
  (void)mu_fact_int(&check->facts, "drift.unverifiable", out->coverage.unverifiable, "attributes");
  (void)mu_fact_bool(&check->facts, "drift.refreshed", out->refreshed);
  if (out->refreshed_ms) {
    mu_fact_time(&check->facts, "drift.refreshed_at", out->refreshed_ms)->is_volatile = true;
  }
  add_coverage(&env->run->coverage, &out->coverage);
  for (size_t i = 0; i < out->observations_n; i++) {
    *MU_RUN_ADD(env->run, observations) = out->observations[i];
  }
}

static const struct mu_observation *baseline_of(const struct mu_layer_env *env, size_t *n) {
  struct mu_observations known = {0};
  struct mu_err none;
  /* What an emulator made up says nothing of the cloud, nor the other way round. */
  const char *class = env->run->rehearsal ? "REHEARSAL" : "REAL";
  *n = 0;
  if (!env->ledger || !env->workload ||
      mu_ledger_observations(env->ledger, env->workload->name, class, env->run->arena, &known,
                             &none) != 0) {
    return NULL;
  }
  struct mu_observation *list = mu_arena_array(env->run->arena, known.n + 1, sizeof *list);
  for (size_t i = 0; i < known.n; i++) {
    list[i] = (struct mu_observation){.address = known.at[i].address,
                                      .path = known.at[i].path,
                                      .provider_id = known.at[i].provider_id,
                                      .value = known.at[i].value};
  }
  *n = known.n;
  return list;
}

unsigned mu_layer_processors(void) {
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n > 1 && n < 64 ? (unsigned)n : 1;
}

struct mu_check *mu_layer_compare(const struct mu_layer_env *env, const char *id, const char *title,
                                  struct mu_drift_in *in) {
  struct mu_check *check = add_check(env, id, id, title, "");
  size_t first = env->run->findings.n;
  struct mu_drift_out out = {.findings = &env->run->findings};
  struct mu_err err = {0};
  unsigned char key[MU_KEY_BYTES];
  in->check = check->id;
  in->now_ms = mu_wall_ms(env->clock);
  in->baseline = baseline_of(env, &in->baseline_n);
  in->skip_observations = !env->ledger;
  in->threads = mu_layer_processors();
  in->notes = notes_of(env);
  if (env->ledger && mu_key_load(mu_ledger_path(env->ledger), key, &err) == 0) {
    in->key = key;
    in->key_n = sizeof key;
  }
  if (env->workload) {
    in->ignores = env->workload->ignores.at;
    in->ignores_n = env->workload->ignores.n;
    in->mappings = env->workload->mappings.at;
    in->mappings_n = env->workload->mappings.n;
    in->sets = env->workload->sets.at;
    in->sets_n = env->workload->sets.n;
  }
  if (env->ask) {
    env->ask->asked = true;
    env->ask->rc = mu_drift_explain(in, env->ask->address, env->ask->path, env->run->arena,
                                    &env->ask->why, &env->ask->err);
    return check;
  }
  if (mu_drift_compare(in, env->run->arena, &out, &err) != 0) {
    could_not(env, check, &err);
    return check;
  }
  keep_result(env, check, in, &out);
  mu_layer_floor(env, first);
  check->elapsed_ms = mu_wall_ms(env->clock) - check->started_ms;
  mu_run_judge_check(env->run, check);
  return check;
}

static void terraform_of(const struct mu_layer_env *env, const struct mu_conf_layer *layer,
                         const char *name, struct mu_tf *tf) {
  *tf = (struct mu_tf){
      .cli = env->cli,
      .dir = layer->dir,
      .data_dir = mu_arena_fmt(env->run->arena, "%s/%s", env->folder, name),
      .workspace = layer->workspace,
      .backend = layer->backend.at,
      .backend_n = layer->backend.n,
      .var_files = layer->vars.at,
      .var_files_n = layer->vars.n,
      .cancel = env->cancel,
      .clock = env->clock,
      .arena = env->run->arena,
  };
}

/* A normal plan of a folder: what its configuration wants now. */
static int plan_of(const struct mu_layer_env *env, struct mu_tf *tf, const char *name,
                   const struct mu_doc **out, struct mu_err *err) {
  const char *file = mu_arena_fmt(env->run->arena, "%s/%s.plan", env->folder, name);
  const struct mu_tf_plan how = {.no_lock = true, .out = file};
  MU_STR(json, MU_LAYER_FILE_MAX);
  note(env, "terraform plan");
  if (mu_tf_plan(tf, &how, NULL, err) != 0 || mu_tf_show(tf, file, &json, err) != 0) {
    return -1;
  }
  return mu_layer_parse(env, name, mu_str_copy(&json, env->run->arena), json.n, false, out, err);
}

static int standing_docs(const struct mu_layer_env *env, const struct mu_doc **plan,
                         const struct mu_doc **actual, struct mu_err *err) {
  const struct mu_conf_layer *layer = &env->workload->standing;
  struct mu_tf tf;
  terraform_of(env, layer, "terraform-standing", &tf);
  note(env, "terraform init");
  if (mu_tf_init(&tf, err) != 0) {
    return -1;
  }
  int rc = layer->plan ? mu_layer_read(env, "standing-plan", layer->plan, false, plan, err)
                       : plan_of(env, &tf, "standing", plan, err);
  return rc == 0 ? mu_layer_refresh(env, &tf, actual, err) : -1;
}

void mu_layer_standing(const struct mu_layer_env *env) {
  const struct mu_doc *plan = NULL, *actual = NULL;
  const struct mu_schema *schema = NULL;
  struct mu_err err = {0};
  if (standing_docs(env, &plan, &actual, &err) != 0 ||
      mu_layer_schema(env, env->workload->standing.schema, plan, &schema, &err) != 0) {
    could_not(env,
              add_check(env, "standing", "standing", "standing layer", env->workload->standing.dir),
              &err);
    return;
  }
  struct mu_drift_in in = {.plan = plan,
                           .actual = &actual,
                           .actual_n = 1,
                           .schema = schema,
                           .expect = MU_EXPECT_AFTER,
                           .require_refreshed = true,
                           .standing = true};
  (void)mu_layer_compare(env, "standing", "standing layer", &in);
  mu_layer_shelf_life(env, "standing", actual);
}

/* ---- the staged layer ---- */

/* Why the inventory proves nothing; NULL: every service answered. */
static const char *unanswered(const struct mu_layer_env *env,
                              const struct mu_inventory *inventory) {
  const char *first = NULL;
  size_t failed = 0;
  for (size_t i = 0; i < inventory->asked_n; i++) {
    failed += inventory->asked[i].error != NULL;
    first = first ? first : inventory->asked[i].error;
  }
  return failed ? mu_arena_fmt(env->run->arena, "%zu of %zu services did not answer, first: %s",
                               failed, inventory->asked_n, first)
                : NULL;
}

static void find_present(const struct mu_layer_env *env, const struct mu_check *check,
                         const struct mu_inventory *inventory) {
  for (size_t i = 0; i < inventory->items_n; i++) {
    const struct mu_inventory_item *item = &inventory->items[i];
    struct mu_finding *finding =
        mu_finding_add(&env->run->findings, MU_F_DRIFT_STAGED_PRESENT, check->id, item->id, NULL);
    mu_finding_say(&env->run->findings, finding, "%s %s is there, and should only be staged",
                   item->type, item->id);
    finding->next = "muster drill reap   # if a drill left it; else destroy it where it was made";
  }
}

/* Says "absent" only of what was asked for and answered. */
static const char *absent_headline(const struct mu_layer_env *env, const struct mu_doc *plan,
                                   const struct mu_inventory *inventory, const char *problem) {
  struct mu_arena *arena = env->run->arena;
  struct mu_doc_info info;
  mu_doc_info(plan, &info);
  const char *types = inventory->unasked_types ? mu_arena_fmt(arena, ", %zu types not asked for",
                                                              inventory->unasked_types)
                                               : "";
  if (inventory->items_n) {
    return mu_arena_fmt(arena, "%zu of %zu resources are there already (%zu services asked%s)",
                        inventory->items_n, info.resources, inventory->asked_n, types);
  }
  return problem
             ? problem
             : mu_arena_fmt(arena, "%zu resources absent, as they should be (%zu services asked%s)",
                            info.resources, inventory->asked_n, types);
}

void mu_layer_absent(const struct mu_layer_env *env, const struct mu_doc *plan, size_t *present) {
  struct mu_check *check =
      add_check(env, "staged", "staged", "staged layer is absent", env->workload->staged.dir);
  struct mu_inventory inventory = {0};
  const struct mu_inventory_want want = {.plan = plan};
  struct mu_err err = {0};
  *present = 0;
  if (!env->aws) {
    (void)mu_fail(&err, MU_E_UNSUPPORTED,
                  "the standby is not in AWS: nothing can be asked for an inventory");
    could_not(env, check, &err);
    return;
  }
  note(env, "inventory of the services");
  mu_inventory_find(env->aws, env->http, &want, env->run->arena, &inventory);
  find_present(env, check, &inventory);
  const char *problem = unanswered(env, &inventory);
  if (problem) {
    (void)mu_fail(&err, MU_E_REMOTE, "%s", problem);
    mu_judge_error(env->run, check, &err);
  }
  if (inventory.unasked_types) {
    mu_run_leave_out(env->run, "inventory of types without a row", inventory.unasked);
  }
  (void)mu_fact_int(&check->facts, "staged.present", (int64_t)inventory.items_n, "resources");
  (void)mu_fact_int(&check->facts, "staged.services_asked", (int64_t)inventory.asked_n, "services");
  check->headline = absent_headline(env, plan, &inventory, problem);
  check->elapsed_ms = mu_wall_ms(env->clock) - check->started_ms;
  *present = inventory.items_n;
  mu_run_judge_check(env->run, check);
}

/* Each night the folder is planned again: what its modules, provider and data sources would make
 * today, against what was reviewed. */
static void look_fresh(const struct mu_layer_env *env, const struct mu_doc *staged) {
  const struct mu_conf_layer *layer = &env->workload->staged;
  struct mu_check *check =
      add_check(env, "staged-fresh", "staged", "a fresh plan equals the staged one", layer->dir);
  const char *id = check->id;
  struct mu_tf tf;
  struct mu_err err = {0};
  const struct mu_doc *fresh = NULL;
  const struct mu_schema *schema = NULL;
  struct mu_drift_out out = {.findings = &env->run->findings};
  size_t first = env->run->findings.n;
  terraform_of(env, layer, "terraform-staged", &tf);
  tf.state = mu_arena_fmt(env->run->arena, "%s/empty.tfstate",
                          env->folder); /* never written: a plan changes no state */
  note(env, "terraform init");
  if (mu_tf_init(&tf, &err) != 0 || plan_of(env, &tf, "staged", &fresh, &err) != 0 ||
      mu_layer_schema(env, layer->schema, staged, &schema, &err) != 0) {
    could_not(env, check, &err);
    return;
  }
  const struct mu_fresh_in in = {.staged = staged,
                                 .fresh = fresh,
                                 .floats = layer->floats.at,
                                 .floats_n = layer->floats.n,
                                 .schema = schema,
                                 .sets = env->workload->sets.at,
                                 .sets_n = env->workload->sets.n,
                                 .notes = notes_of(env),
                                 .check = id,
                                 .now_ms = mu_wall_ms(env->clock)};
  if (mu_drift_fresh(&in, env->run->arena, &out, &err) != 0) {
    could_not(env, check, &err);
    return;
  }
  mu_layer_floor(env, first);
  check->headline = out.headline;
  keep_notes(env, check, &out, false);
  check->elapsed_ms = mu_wall_ms(env->clock) - check->started_ms;
  mu_run_judge_check(env->run, check);
}

void mu_layer_staged(const struct mu_layer_env *env) {
  const struct mu_conf_layer *layer = &env->workload->staged;
  const struct mu_doc *staged = NULL;
  struct mu_err err = {0};
  size_t present = 0;
  if (!layer->plan) {
    mu_run_leave_out(env->run, "staged plan", "not configured: terraform.staged.plan");
    return;
  }
  if (mu_layer_read(env, "staged-plan", layer->plan, false, &staged, &err) != 0) {
    could_not(env, add_check(env, "staged", "staged", "staged layer", layer->plan), &err);
    return;
  }
  mu_layer_absent(env, staged, &present);
  look_fresh(env, staged);
  mu_layer_provenance(env, staged);
  mu_layer_shelf_life(env, "staged", staged);
}
