/* SPDX-License-Identifier: Apache-2.0 */
/* The nightly look at DNS: in peace time every answer names the primary. */
#include <math.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "cli/app.h"
#include "cli/look.h"
#include "drill/weights.h"
#include "model/run.h"
#include "smoke/expect.h"
#include "wire/http.h"

/* Enough to say "at most 1.0 %" of a standby that was never answered; a drill asks more. */
enum { QUERIES = 400, MEASURE_MS = 30 * 1000 };

struct look {
  struct mu_app *app;
  struct mu_run *run;
  const struct mu_conf_workload *workload;
  struct mu_http *http;
};

static void judge_weights(struct mu_run *run, struct mu_check *check,
                          const struct mu_weights_at *at, const struct mu_dns_weights *weights) {
  check->status = MU_OBSERVED;
  (void)mu_fact_int(&check->facts, "dns.weight.primary", weights->primary, NULL);
  (void)mu_fact_int(&check->facts, "dns.weight.standby", weights->standby, NULL);
  (void)mu_fact_int(&check->facts, "dns.ttl", weights->ttl_s, "s");
  check->headline = mu_arena_fmt(
      run->arena, "%s: %s %lld : %s %lld", at->ctx.name,
      at->ctx.primary_id ? at->ctx.primary_id : "primary", (long long)weights->primary,
      at->ctx.standby_id ? at->ctx.standby_id : "standby", (long long)weights->standby);
  if (weights->standby != 0 || weights->primary == 0) {
    struct mu_finding *finding = mu_finding_add(&run->findings, MU_F_DNS_WEIGHT, check->id,
                                                at->ctx.name, at->provider->name);
    mu_finding_say(&run->findings, finding, "%lld : %lld, all traffic should go to the primary",
                   (long long)weights->primary, (long long)weights->standby);
  }
}

static void find_share(struct mu_run *run, const struct mu_check *check,
                       const struct mu_dns_share *share, enum mu_finding_id id, const char *name,
                       int64_t n, const char *what) {
  struct mu_finding *finding = mu_finding_add(&run->findings, id, check->id, name, "on the wire");
  mu_finding_say(&run->findings, finding, "%lld of %lld %s", (long long)n, (long long)share->asked,
                 what);
}

static void judge_share(struct mu_run *run, struct mu_check *check, const char *name,
                        const struct mu_dns_share *share) {
  int64_t counted = share->primary + share->standby + share->other;
  (void)mu_fact_int(&check->facts, "dns.asked", share->asked, NULL);
  (void)mu_fact_int(&check->facts, "dns.answers.primary", share->primary, NULL);
  (void)mu_fact_int(&check->facts, "dns.answers.standby", share->standby, NULL);
  (void)mu_fact_int(&check->facts, "dns.answers.other", share->other, NULL);
  (void)mu_fact_int(&check->facts, "dns.answers.failed", share->failed, NULL);
  check->headline = mu_arena_fmt(
      run->arena, "%s · on the wire %lld of %lld to the standby (at most %.1f %%, 95 %%)",
      check->headline, (long long)share->standby, (long long)share->asked,
      counted ? ceil(share->hi * 1000) / 10 : 100.0);
  if (share->standby) {
    find_share(run, check, share, MU_F_DNS_SHARE, name, share->standby,
               "answers lead to the standby, none expected");
  }
  if (share->other) {
    find_share(
        run, check, share, MU_F_DNS_OTHER, name, share->other,
        mu_arena_fmt(run->arena, "answers name neither side, such as %s", share->other_example));
  }
  if (share->failed) {
    find_share(run, check, share, MU_F_UNREACHABLE, name, share->failed,
               mu_arena_fmt(run->arena, "queries had no answer: %s",
                            share->failure ? share->failure : "no record"));
  }
}

static int look_at(const struct look *look, struct mu_check *check, const struct mu_weights_at *at,
                   struct mu_err *err) {
  struct mu_dns_weights weights = {0};
  struct mu_measured measured;
  int64_t queries = look->workload->dns.queries;
  if (at->provider->read(&at->ctx, &weights, err) != 0) {
    return -1;
  }
  judge_weights(look->run, check, at, &weights);
  queries = queries && queries < QUERIES ? queries : QUERIES;
  int64_t deadline = mu_mono_ms(look->app->parts->clock) + MEASURE_MS;
  if (mu_weights_measure(at, queries, deadline, &measured, err) != 0) {
    return -1;
  }
  if (measured.authorities) {
    judge_share(look->run, check, at->ctx.name, &measured.share);
  } else {
    check->headline =
        mu_arena_fmt(look->run->arena, "%s · no authority to ask on the wire", check->headline);
  }
  return 0;
}

static void look_at_name(const struct look *look, const struct mu_conf_dns_provider *conf,
                         const char *name) {
  struct mu_run *run = look->run;
  const struct mu_resolver resolver = mu_look_resolver(look->app);
  const struct mu_weights_env env = {.arena = run->arena,
                                     .http = look->http,
                                     .aws = mu_app_aws_of(look->app, look->workload),
                                     .clock = look->app->parts->clock,
                                     .resolver = &resolver};
  struct mu_check *check = MU_RUN_ADD(run, checks);
  check->id = mu_arena_fmt(run->arena, "dns/%s/%s", name, conf->kind);
  check->section = "dns";
  check->workload = mu_arena_str(run->arena, look->workload->name);
  check->title = mu_arena_fmt(run->arena, "%s at %s", name, conf->kind);
  check->probe = "dns-weights";
  check->target = mu_arena_str(run->arena, name);
  check->started_ms = mu_wall_ms(look->app->parts->clock);
  struct mu_weights_at at;
  struct mu_err err = {0};
  mu_facts_init(&check->facts, run->arena);
  if (mu_weights_open(&env, &look->workload->dns, name, conf, &at, &err) != 0 ||
      look_at(look, check, &at, &err) != 0) {
    if (err.code == MU_E_ABSENT && conf->holds == MU_HOLDS_BOTH && look->workload->dns.drill_name) {
      (void)mu_wrap(&err, "neither 'holds: name' nor 'holds: drill_name' is said of it");
    }
    mu_judge_error(run, check, &err);
  }
  check->elapsed_ms = mu_wall_ms(look->app->parts->clock) - check->started_ms;
  mu_run_judge_check(run, check);
}

static void look_at_all(const struct look *look, const char *name, enum mu_conf_holds other) {
  const struct mu_conf_dns *dns = &look->workload->dns;
  size_t held = 0;
  for (size_t i = 0; i < dns->providers.n; i++) {
    const struct mu_conf_dns_provider *conf = &dns->providers.at[i];
    if (conf->holds != other) {
      look_at_name(look, conf, name);
      held++;
    }
  }
  if (!held) {
    mu_run_leave_out(look->run, mu_arena_fmt(look->run->arena, "dns of %s", name),
                     "no provider of the config holds it");
  }
}

void mu_look_dns(struct mu_app *app, struct mu_run *run, const struct mu_conf_workload *workload) {
  const struct mu_conf_dns *dns = &workload->dns;
  if (!dns->node || dns->providers.n == 0) {
    mu_run_leave_out(run, "dns", "not configured");
    return;
  }
  const struct look look = {
      .app = app, .run = run, .workload = workload, .http = mu_http_new(NULL)};
  look_at_all(&look, dns->name, MU_HOLDS_DRILL_NAME);
  if (dns->drill_name) {
    look_at_all(&look, dns->drill_name, MU_HOLDS_NAME);
  }
  mu_http_free(look.http);
}
