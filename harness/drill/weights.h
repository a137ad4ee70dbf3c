/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a drill at all its DNS providers together: read, shifted, measured on the wire,
 * put back. */
#ifndef MU_DRILL_WEIGHTS_H
#define MU_DRILL_WEIGHTS_H

#include <stdint.h>

#include "base/attr.h"
#include "drill/dns/dns.h"

struct mu_aws;
struct mu_conf_dns;
struct mu_conf_dns_provider;
struct mu_drill;
struct mu_err;
struct mu_json_node;
struct mu_resolver;

/* A provider with its arguments resolved for one record. */
struct mu_weights_at {
  const struct mu_dns_provider *provider;
  struct mu_dns_ctx ctx;
};

/* What a context is made from; the resolver may know no Terraform outputs. */
struct mu_weights_env {
  struct mu_arena *arena;
  struct mu_http *http;
  struct mu_aws *aws;
  const struct mu_clock *clock;
  const struct mu_resolver *resolver;
};
MU_CHECKED int mu_weights_open(const struct mu_weights_env *env, const struct mu_conf_dns *dns,
                               const char *name, const struct mu_conf_dns_provider *conf,
                               struct mu_weights_at *out, struct mu_err *err);
/* Does the provider hold records of the name that a drill shifts? */
bool mu_weights_of_drill(const struct mu_conf_dns_provider *provider);
/* Are there records for a drill to shift? */
bool mu_weights_any(const struct mu_conf_dns *dns);
/* The same for a drill's own name: at a provider, or at the i-th of the config. */
MU_CHECKED int mu_drill_weights_at(struct mu_drill *drill,
                                   const struct mu_conf_dns_provider *provider,
                                   struct mu_weights_at *out, struct mu_err *err);
MU_CHECKED int mu_drill_weights(struct mu_drill *drill, size_t i, struct mu_weights_at *out,
                                struct mu_err *err);

/* Shares of answers, added up over authorities. authorities 0: nobody can be asked on the wire. */
struct mu_measured {
  struct mu_dns_share share;
  size_t authorities;
};
/* Asks every authority of one provider. */
MU_CHECKED int mu_weights_measure(const struct mu_weights_at *at, int64_t queries,
                                  int64_t deadline_mono_ms, struct mu_measured *out,
                                  struct mu_err *err);
/* Asks every authority of every provider that holds the drill's name. */
MU_CHECKED int mu_drill_measure(struct mu_drill *drill, struct mu_measured *out,
                                struct mu_err *err);

#endif
