/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/weights.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/stat.h"
#include "base/str.h"
#include "config/config.h"
#include "drill/drill.h"

enum { MEASURE_MS = 120 * 1000 };

static int resolve(const struct mu_weights_env *env, const char *text, const char **out,
                   struct mu_err *err) {
  *out = NULL;
  return text ? mu_config_resolve(text, env->resolver, env->arena, out, err) : 0;
}

int mu_weights_open(const struct mu_weights_env *env, const struct mu_conf_dns *dns,
                    const char *name, const struct mu_conf_dns_provider *conf,
                    struct mu_weights_at *out, struct mu_err *err) {
  const struct mu_dns_provider *provider = mu_dns_provider_find(conf->kind);
  if (!provider) {
    return mu_fail(err, MU_E_CONFIG, "there is no DNS provider '%s'", conf->kind);
  }
  struct mu_dns_arg *args = mu_arena_array(env->arena, conf->args.n + 1, sizeof *args);
  for (size_t i = 0; i < conf->args.n; i++) {
    args[i].name = conf->args.at[i].name;
    if (resolve(env, conf->args.at[i].value, &args[i].value, err) != 0) {
      return mu_wrap(err, "%s.%s", conf->kind, args[i].name);
    }
  }
  if (!mu_dns_args_given(provider, args, conf->args.n, err)) {
    return -1;
  }
  const char *primary = NULL, *standby = NULL;
  if (resolve(env, dns->primary.address ? dns->primary.address : dns->primary.host, &primary,
              err) != 0 ||
      resolve(env, dns->standby.address ? dns->standby.address : dns->standby.host, &standby,
              err) != 0) {
    return -1;
  }
  *out = (struct mu_weights_at){
      .provider = provider,
      .ctx = {.arena = env->arena,
              .http = env->http,
              .aws = env->aws,
              .clock = env->clock,
              .args = args,
              .args_n = conf->args.n,
              .name = name,
              .primary = primary,
              .standby = standby,
              .primary_id = dns->primary.id,
              .standby_id = dns->standby.id},
  };
  return 0;
}

bool mu_weights_of_drill(const struct mu_conf_dns_provider *provider) {
  return provider->holds != MU_HOLDS_NAME;
}

bool mu_weights_any(const struct mu_conf_dns *dns) {
  for (size_t i = 0; dns->drill_name && i < dns->providers.n; i++) {
    if (mu_weights_of_drill(&dns->providers.at[i])) {
      return true;
    }
  }
  return false;
}

static const char *output(void *ctx, const char *name, bool *secret) {
  return mu_drill_output(ctx, name, secret);
}

int mu_drill_weights_at(struct mu_drill *drill, const struct mu_conf_dns_provider *provider,
                        struct mu_weights_at *out, struct mu_err *err) {
  const struct mu_resolver resolver = {.terraform = output,
                                       .ctx = drill,
                                       .redact = drill->env->redact,
                                       .base = drill->env->config->path};
  const struct mu_weights_env env = {.arena = drill->arena,
                                     .http = drill->http,
                                     .aws = drill->aws,
                                     .clock = drill->env->clock,
                                     .resolver = &resolver};
  const struct mu_conf_dns *dns = &drill->workload->dns;
  return mu_weights_open(&env, dns, dns->drill_name, provider, out, err);
}

int mu_drill_weights(struct mu_drill *drill, size_t i, struct mu_weights_at *out,
                     struct mu_err *err) {
  return mu_drill_weights_at(drill, &drill->workload->dns.providers.at[i], out, err);
}

static void add(struct mu_dns_share *sum, const struct mu_dns_share *one) {
  sum->asked += one->asked;
  sum->primary += one->primary;
  sum->standby += one->standby;
  sum->other += one->other;
  sum->failed += one->failed;
  sum->not_authoritative += one->not_authoritative;
  sum->ttl_s = one->ttl_s > sum->ttl_s ? one->ttl_s : sum->ttl_s;
  sum->other_example = sum->other_example ? sum->other_example : one->other_example;
  sum->failure = sum->failure ? sum->failure : one->failure;
}

int mu_weights_measure(const struct mu_weights_at *at, int64_t queries, int64_t deadline_mono_ms,
                       struct mu_measured *out, struct mu_err *err) {
  const char *const *authorities = NULL;
  struct mu_measured measured = {0};
  if (at->provider->authorities(&at->ctx, &authorities, &measured.authorities, err) != 0 ||
      (measured.authorities && mu_dns_measure(&at->ctx, authorities, measured.authorities, queries,
                                              deadline_mono_ms, &measured.share, err) != 0)) {
    return mu_wrap(err, "%s", at->provider->name);
  }
  *out = measured;
  return 0;
}

int mu_drill_measure(struct mu_drill *drill, struct mu_measured *out, struct mu_err *err) {
  const struct mu_conf_dns *dns = &drill->workload->dns;
  *out = (struct mu_measured){0};
  for (size_t i = 0; i < dns->providers.n; i++) {
    struct mu_weights_at at;
    struct mu_measured one;
    if (!mu_weights_of_drill(&dns->providers.at[i])) {
      continue;
    }
    if (mu_drill_weights(drill, i, &at, err) != 0) {
      return -1;
    }
    mu_drill_note(drill, "%lld queries for %s", (long long)dns->queries, at.ctx.name);
    if (mu_weights_measure(&at, dns->queries, mu_drill_deadline(drill, MEASURE_MS), &one, err) !=
        0) {
      return -1;
    }
    add(&out->share, &one.share);
    out->authorities += one.authorities;
  }
  int64_t counted = out->share.primary + out->share.standby + out->share.other;
  mu_wilson(out->share.standby, counted, 1.96, &out->share.lo, &out->share.hi);
  return 0;
}
