/* SPDX-License-Identifier: Apache-2.0 */
#include "base/attr.h"
#include "base/str.h"
#include "drill/dns/dns.h"

#define MU_DNS_PROVIDER(name) extern const struct mu_dns_provider mu_dns_provider_##name;
#include "drill/dns/table.def"
#undef MU_DNS_PROVIDER

static const struct mu_dns_provider *const providers[] = {
#define MU_DNS_PROVIDER(name) &mu_dns_provider_##name,
#include "drill/dns/table.def"
#undef MU_DNS_PROVIDER
};

size_t mu_dns_providers(const struct mu_dns_provider *const **out) {
  *out = providers;
  return MU_LEN(providers);
}

const struct mu_dns_provider *mu_dns_provider_find(const char *name) {
  for (size_t i = 0; i < MU_LEN(providers); i++) {
    if (mu_streq(providers[i]->name, name)) {
      return providers[i];
    }
  }
  return NULL;
}

const char *mu_dns_arg(const struct mu_dns_ctx *ctx, const char *name) {
  for (size_t i = 0; i < ctx->args_n; i++) {
    if (mu_streq(ctx->args[i].name, name)) {
      return ctx->args[i].value;
    }
  }
  return NULL;
}
