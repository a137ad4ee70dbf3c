/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/fresh.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/redact.h"
#include "base/str.h"
#include "drift/doc.h"
#include "drift/drift.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "drill/terraform.h"

enum { PLAN_JSON_MAX = 256 << 20 };

/* Secrets of a plan must be known to the redactor before anything of it is written. */
static void hide_secrets(struct mu_drill *drill, const struct mu_doc *doc) {
  const char *const *secrets = NULL;
  size_t n = mu_doc_secrets(doc, &secrets);
  for (size_t i = 0; i < n; i++) {
    mu_redact_add(drill->env->redact, secrets[i], strlen(secrets[i]));
  }
}

static int parse(struct mu_drill *drill, const char *name, const char *json, size_t n,
                 const struct mu_doc **out, struct mu_err *err) {
  const struct mu_doc_opts opts = {.name = name, .want_config = true};
  struct mu_doc *doc = NULL;
  if (mu_doc_parse(json, n, &opts, drill->arena, &doc, err) != 0) {
    return -1;
  }
  hide_secrets(drill, doc);
  *out = doc;
  return 0;
}

/* A remote backend knows no state file of ours: there the drill gets a workspace of its own. */
static int own_workspace(struct mu_drill *drill, struct mu_tf *tf, struct mu_err *err) {
  const char *backend = NULL;
  if (mu_drill_get(drill, "workspace")) {
    return 0;
  }
  if (mu_tf_backend(tf, &backend, err) != 0 || mu_streq(backend, "local")) {
    return backend ? 0 : -1;
  }
  const char *name = mu_arena_fmt(drill->arena, "muster-%s", drill->suffix);
  const char *undo = mu_arena_fmt(drill->arena, "{\"v\":1,\"workspace\":\"%s\"}", name);
  int64_t act = 0;
  if (mu_act_begin(drill, "terraform.workspace", mu_arena_fmt(drill->arena, "workspace %s", name),
                   undo, &act, err) != 0) {
    return -1;
  }
  struct mu_err why = {0};
  int rc = mu_tf_workspace_new(tf, name, &why);
  if (mu_act_end(drill, act, rc == 0, NULL, err) != 0) {
    return -1;
  }
  if (rc != 0) {
    *err = why;
    return -1;
  }
  mu_drill_set(drill, "workspace", name);
  mu_drill_terraform(drill, &drill->workload->staged, true, tf);
  return 0;
}

static int make_plan(struct mu_drill *drill, const struct mu_doc **out, struct mu_err *err) {
  struct mu_tf tf;
  mu_drill_terraform(drill, &drill->workload->staged, true, &tf);
  const char *file = mu_arena_fmt(drill->arena, "%s/fresh.plan", drill->dir);
  mu_drill_note(drill, "terraform init");
  if (mu_tf_init(&tf, err) != 0 || own_workspace(drill, &tf, err) != 0) {
    return -1;
  }
  mu_drill_note(drill, "terraform plan");
  const struct mu_tf_plan how = {.out = file};
  MU_STR(json, PLAN_JSON_MAX);
  char sha256[MU_SHA256_HEX];
  if (mu_tf_plan(&tf, &how, NULL, err) != 0 || mu_tf_show(&tf, file, &json, err) != 0 ||
      mu_sha256_file(file, sha256, NULL, err) != 0) {
    return -1;
  }
  char *kept = mu_str_copy(&json, drill->arena); /* the document may borrow from its bytes */
  if (parse(drill, "the fresh plan", kept, json.n, out, err) != 0) {
    return -1;
  }
  mu_drill_set(drill, "fresh-plan", file);
  mu_drill_set(drill, "fresh-plan.sha256", sha256);
  mu_sha256_hex(kept, json.n, sha256);
  mu_drill_set(drill, "fresh-plan.json-sha256", sha256); /* what is kept is redacted */
  struct mu_doc_info info;
  mu_doc_info(*out, &info);
  mu_drill_set(drill, "fresh-plan.made-ms",
               mu_arena_fmt(drill->arena, "%lld", (long long)info.timestamp_ms));
  mu_drill_keep(drill, "guard/fresh.plan.json", kept, json.n);
  return 0;
}

static void refuse(struct mu_drill *drill, struct mu_fresh *out, enum mu_finding_id id,
                   const char *subject, const char *why) {
  mu_drill_find(drill, id, subject, "%s", why);
  out->safe = false;
  out->why = out->why ? out->why : why;
}

/* Resources that hold data and come up empty: RPO must answer for each, or the config must say why
 * not. */
static const char *const datastores[] = {
    "aws_db_instance",     "aws_rds_cluster",       "aws_dynamodb_table",
    "aws_docdb_cluster",   "aws_neptune_cluster",   "aws_redshift_cluster",
    "aws_efs_file_system", "aws_opensearch_domain", "aws_elasticache_replication_group",
    "aws_memorydb_cluster"};

static void remember_datastores(struct mu_drill *drill, const struct mu_doc *plan) {
  const struct mu_doc_change *changes = NULL;
  size_t n = mu_doc_changes(plan, &changes);
  MU_STR(lines, 1 << 20);
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < MU_LEN(datastores); k++) {
      if (changes[i].create && mu_streq(changes[i].type, datastores[k])) {
        mu_str_addf(&lines, "%s\n", changes[i].address);
      }
    }
  }
  mu_drill_set(drill, "datastores", mu_str_get(&lines));
}

/* What a change would do to something that an empty state cannot know; NULL: it only creates or
 * reads. A managed resource that stays as it is can only come from an import block: a tear-down
 * would destroy it. */
static const char *touches(const struct mu_doc_change *change) {
  return change->destroy                                   ? "destroy"
         : change->update                                  ? "change"
         : change->forget                                  ? "forget"
         : change->noop && !mu_streq(change->mode, "data") ? "import"
                                                           : NULL;
}

/* Create only: a drill's plan has an empty state, so anything else touches what is not the drill's.
 */
static void check_actions(struct mu_drill *drill, struct mu_fresh *out) {
  const struct mu_doc_change *changes = NULL;
  size_t n = mu_doc_changes(out->plan, &changes);
  for (size_t i = 0; i < n; i++) {
    const struct mu_doc_change *change = &changes[i];
    out->creates += change->create && !change->destroy;
    const char *what = touches(change);
    if (what) {
      refuse(drill, out, MU_F_PLAN_NOT_CREATE_ONLY, change->address,
             mu_arena_fmt(drill->arena, "the plan would %s %s, which is not the drill's", what,
                          change->address));
    }
  }
  if (out->creates == 0) {
    refuse(drill, out, MU_F_DRIFT_PLAN_PARTIAL, drill->workload->staged.dir,
           "the plan creates nothing");
  }
  const char *address = NULL, *path = NULL, *needle = NULL;
  if (mu_doc_mentions(out->plan, drill->standby->primary_accounts.at,
                      drill->standby->primary_accounts.n, &address, &path, &needle)) {
    refuse(drill, out, MU_F_PRIMARY_IN_REACH, address,
           mu_arena_fmt(drill->arena, "%s of %s names the primary's account %s", path, address,
                        needle));
  }
}

/* The fresh plan against the staged one. */
static int compare(struct mu_drill *drill, struct mu_fresh *out, struct mu_err *err) {
  const struct mu_conf_layer *layer = &drill->workload->staged;
  if (!layer->plan) {
    out->differences = "nothing staged to compare with";
    return 0;
  }
  MU_STR(json, PLAN_JSON_MAX);
  const struct mu_doc *staged = NULL;
  if (mu_io_read(layer->plan, &json, err) != 0 ||
      parse(drill, layer->plan, mu_str_copy(&json, drill->arena), json.n, &staged, err) != 0) {
    return mu_wrap(err, "staged plan");
  }
  const struct mu_fresh_in in = {.staged = staged,
                                 .fresh = out->plan,
                                 .floats = layer->floats.at,
                                 .floats_n = layer->floats.n,
                                 .suffix = drill->suffix,
                                 .check = mu_drill_get(drill, "step"),
                                 .now_ms = mu_wall_ms(drill->env->clock)};
  struct mu_drift_out drift = {.findings = &drill->run->findings};
  size_t before = drill->run->findings.n;
  if (mu_drift_fresh(&in, drill->arena, &drift, err) != 0) {
    return -1;
  }
  size_t sizes = 0;
  for (size_t i = before; i < drill->run->findings.n; i++) {
    struct mu_finding *finding = &drill->run->findings.at[i];
    if (finding->id == MU_F_DRIFT_STAGED_DIFFERS && drill->accept_sizes) {
      finding->verdict = MU_PASS;
      finding->ack = "approved for this drill";
    } else if (finding->verdict > MU_PASS) {
      sizes += finding->id == MU_F_DRIFT_STAGED_DIFFERS;
      out->safe = false;
      out->why = out->why ? out->why : finding->message ? finding->message : finding->subject;
    }
  }
  if (sizes && out->why) {
    out->why =
        mu_arena_fmt(drill->arena, "%s; other sizes or versions need --accept-sizes", out->why);
  }
  out->differences = drift.headline ? drift.headline : "equals the staged one";
  return 0;
}

int mu_fresh_plan(struct mu_drill *drill, struct mu_fresh *out, struct mu_err *err) {
  *out = (struct mu_fresh){.safe = true};
  if (make_plan(drill, &out->plan, err) != 0) {
    return -1;
  }
  remember_datastores(drill, out->plan);
  check_actions(drill, out);
  return compare(drill, out, err);
}
