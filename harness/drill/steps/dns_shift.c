/* SPDX-License-Identifier: Apache-2.0 */
/* Shifts the drill's own name to 50/50 at every provider together and measures the share on the
 * wire. */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "drill/weights.h"
#include "smoke/plan.h"
#include "step.h"

enum { SHIFT_MS = 300 * 1000, EACH_WEIGHT = 50, ANSWERS_IN_A_ROW = 3 };
static const double tolerance = 0.05; /* 50/50 holds when the share lies within 5 points */

static bool applies(const struct mu_drill *drill, const char **why) {
  *why = "no DNS name of the drill's own in the config";
  return mu_weights_any(&drill->workload->dns);
}

/* The undo holds the records as they were and where they are, as the config had it: secrets stay
 * references. */
static const char *undo_data(struct mu_drill *drill, size_t i, const struct mu_weights_at *at,
                             const struct mu_dns_weights *was) {
  MU_STR(json, 1 << 20);
  struct mu_jw w;
  mu_jw_init(&w, &json, 0);
  mu_jw_object(&w);
  mu_jw_kint(&w, "v", 1);
  const struct mu_conf_dns_provider *provider = &drill->workload->dns.providers.at[i];
  mu_jw_kstr(&w, "kind", provider->kind);
  mu_jw_key(&w, "args");
  mu_jw_object(&w);
  for (size_t k = 0; k < provider->args.n; k++) {
    mu_jw_kstr(&w, provider->args.at[k].name, provider->args.at[k].value);
  }
  mu_jw_end(&w);
  mu_jw_kstr(&w, "name", at->ctx.name);
  mu_jw_kstr_opt(&w, "primary_address", at->ctx.primary);
  mu_jw_kstr_opt(&w, "standby_address", at->ctx.standby);
  mu_jw_kint(&w, "ttl_s", was->ttl_s);
  mu_jw_kint(&w, "primary", was->primary);
  mu_jw_kint(&w, "standby", was->standby);
  mu_jw_kstr(&w, "raw", was->raw);
  mu_jw_end(&w);
  return mu_str_copy(&json, drill->arena);
}

static int shift_one(struct mu_drill *drill, size_t i, struct mu_err *err) {
  struct mu_weights_at at;
  struct mu_dns_weights was = {0};
  if (mu_drill_weights(drill, i, &at, err) != 0 || at.provider->read(&at.ctx, &was, err) != 0) {
    return -1;
  }
  if (was.owner) {
    mu_drill_find(drill, MU_F_DNS_OWNED, at.ctx.name, "%s manages the record at %s", was.owner,
                  at.provider->name);
    return mu_fail(err, MU_E_CONFLICT, "%s at %s is managed by %s, who would change it back",
                   at.ctx.name, at.provider->name, was.owner);
  }
  int64_t act = 0;
  const char *what =
      mu_arena_fmt(drill->arena, "%s at %s: %lld:%lld → %d:%d", at.ctx.name, at.provider->name,
                   (long long)was.primary, (long long)was.standby, EACH_WEIGHT, EACH_WEIGHT);
  if (mu_act_begin(drill, "dns.weights", what, undo_data(drill, i, &at, &was), &act, err) != 0) {
    return -1;
  }
  struct mu_err why = {0};
  int rc = at.provider->shift(&at.ctx, &was, EACH_WEIGHT, EACH_WEIGHT,
                              mu_drill_deadline(drill, SHIFT_MS), &why);
  if (mu_act_end(drill, act, rc == 0, NULL, err) != 0) {
    return -1;
  }
  if (rc != 0) {
    *err = why;
    return mu_wrap(err, "%s", at.provider->name);
  }
  mu_drill_set(drill, "dns.ttl_s", mu_arena_fmt(drill->arena, "%lld", (long long)was.ttl_s));
  return 0;
}

/* What is wrong with a 50/50 split, as findings. */
static bool judge(struct mu_drill *drill, const struct mu_dns_share *share) {
  int64_t counted = share->primary + share->standby + share->other;
  const char *name = drill->workload->dns.drill_name;
  bool ok = true;
  if (counted == 0 ||
      share->failed * 100 >
          share->asked) { /* more than 1 % without an answer: the share means nothing */
    mu_drill_find(drill, MU_F_UNREACHABLE, name, "%lld of %lld queries had no answer%s%s",
                  (long long)share->failed, (long long)share->asked, share->failure ? ": " : "",
                  share->failure ? share->failure : "");
    return false;
  }
  if (share->other) {
    mu_drill_find(drill, MU_F_DNS_OTHER, name, "%lld answers name neither side, such as %s",
                  (long long)share->other, share->other_example);
    ok = false;
  }
  double at = (double)share->standby / (double)counted;
  if (fabs(at - 0.5) > tolerance) {
    mu_drill_find(drill, MU_F_DNS_SHARE, name,
                  "%.1f %% of the answers name the standby, 50 %% expected", at * 100);
    ok = false;
  }
  return ok;
}

/* The service clock ends when the first smoke check has been answered by the standby a few times in
 * a row. */
static void look_as_a_client(struct mu_drill *drill) {
  const struct mu_conf_workload *workload = drill->workload;
  const struct mu_conf_side *standby = &workload->dns.standby;
  const char *address = NULL;
  struct mu_err err;
  struct mu_diags diags;
  if (workload->smoke.n == 0 ||
      mu_drill_resolve(drill, standby->address ? standby->address : standby->host, &address,
                       &err) != 0) {
    return;
  }
  mu_diags_init(&diags, drill->arena, drill->env->config->path, drill->env->config->text);
  for (int i = 1; i <= ANSWERS_IN_A_ROW; i++) {
    struct mu_plan plan = {0};
    const char *section = mu_arena_fmt(drill->arena, "client-%d", i);
    struct mu_conf_check check = workload->smoke.at[0];
    check.retry = NULL;
    if (mu_plan_checks(&plan, &check, 1, section, workload->name, address, drill->env->probes,
                       &diags, drill->arena) ||
        mu_drill_observe(drill, &plan, false) != MU_PASS) {
      return;
    }
  }
  mu_drill_event(drill, "service-green", "answered by the standby three times in a row");
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  const struct mu_conf_dns *dns = &drill->workload->dns;
  for (size_t i = 0; i < dns->providers.n; i++) {
    if (mu_weights_of_drill(&dns->providers.at[i]) && shift_one(drill, i, err) != 0) {
      return -1;
    }
  }
  mu_drill_event(drill, "dns-shifted", NULL);
  struct mu_measured measured;
  if (mu_drill_measure(drill, &measured, err) != 0) {
    return -1;
  }
  if (measured.authorities == 0) {
    result->verdict = MU_INCONCLUSIVE;
    result->seen = "weights set; no authority can be asked on the wire";
    return 0;
  }
  const struct mu_dns_share *share = &measured.share;
  result->verdict = judge(drill, share) ? MU_PASS : MU_FAIL;
  if (result->verdict == MU_PASS) {
    look_as_a_client(drill);
  }
  char standby[MU_COUNT_TEXT], asked[MU_COUNT_TEXT];
  mu_count_text(share->standby, standby);
  mu_count_text(share->asked, asked);
  result->seen = mu_arena_fmt(
      drill->arena, "%s · %s of %s to the standby (%.1f to %.1f %%), %lld other, TTL %llds",
      drill->workload->dns.drill_name, standby, asked, floor(share->lo * 1000) / 10,
      ceil(share->hi * 1000) / 10, (long long)share->other, (long long)share->ttl_s);
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  const struct mu_conf_dns *dns = &drill->workload->dns;
  for (size_t i = 0; i < dns->providers.n; i++) {
    if (mu_weights_of_drill(&dns->providers.at[i])) {
      mu_str_addf(out, "%s at %s: weights to %d:%d, then %lld direct queries\n", dns->drill_name,
                  dns->providers.at[i].kind, EACH_WEIGHT, EACH_WEIGHT, (long long)dns->queries);
    }
  }
}

const struct mu_step mu_step_dns_shift = {
    .id = "dns-shift",
    .title = "dns 50/50",
    .budget = "dns",
    .doc = "Reads the records of the drill's own name and keeps them in the journal, shifts them "
           "to 50/50 at every provider together, and measures the share with direct queries to "
           "each authority.",
    .applies = applies,
    .describe = describe,
    .run = run,
};

/* The provider as it was when the records were changed, whatever the config says now. */
static void read_provider(struct mu_drill *drill, const struct mu_json_node *undo,
                          struct mu_conf_dns_provider *out) {
  const struct mu_json_node *args = mu_json_get(undo, "args");
  size_t n = mu_json_len(args);
  out->kind = mu_arena_str(drill->arena, mu_json_str(mu_json_get(undo, "kind"), ""));
  out->args.at = mu_arena_array(drill->arena, n + 1, sizeof *out->args.at);
  out->args.n = n;
  for (size_t i = 0; i < n; i++) {
    const char *name = NULL;
    const char *value = mu_json_str(mu_json_member(args, i, &name), "");
    out->args.at[i].name = mu_arena_str(drill->arena, name);
    out->args.at[i].value = mu_arena_str(drill->arena, value);
  }
}

static int restore_weights(struct mu_drill *drill, const struct mu_json_node *undo,
                           struct mu_err *err) {
  struct mu_conf_dns_provider provider = {0};
  struct mu_weights_at at;
  read_provider(drill, undo, &provider);
  if (mu_drill_weights_at(drill, &provider, &at, err) != 0) {
    return -1;
  }
  at.ctx.name = mu_arena_str(drill->arena, mu_json_str(mu_json_get(undo, "name"), ""));
  at.ctx.primary =
      mu_arena_str(drill->arena, mu_json_str(mu_json_get(undo, "primary_address"), NULL));
  at.ctx.standby =
      mu_arena_str(drill->arena, mu_json_str(mu_json_get(undo, "standby_address"), NULL));
  if (!mu_drill_get(drill, "dns.ttl_s")) { /* the step was interrupted before it could say */
    long long ttl_s = mu_json_int(mu_json_get(undo, "ttl_s"), 0);
    mu_drill_set(drill, "dns.ttl_s", mu_arena_fmt(drill->arena, "%lld", ttl_s));
  }
  const char *raw = mu_arena_str(drill->arena, mu_json_str(mu_json_get(undo, "raw"), ""));
  return at.provider->restore(&at.ctx, raw, mu_drill_deadline(drill, SHIFT_MS), err);
}

const struct mu_undo mu_undo_dns_weights = {
    .act = "dns.weights", .title = "DNS weights back", .run = restore_weights};
