/* SPDX-License-Identifier: Apache-2.0 */
#include "base/attr.h"
#include "base/err.h"
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

bool mu_dns_takes(const struct mu_dns_provider *provider, const char *name) {
  for (size_t i = 0; provider->args[i]; i++) {
    if (mu_streq(provider->args[i], name)) {
      return true;
    }
  }
  return false;
}

bool mu_dns_args_given(const struct mu_dns_provider *provider, const struct mu_dns_arg *args,
                       size_t n, struct mu_err *err) {
  const struct mu_dns_ctx given = {.args = args, .args_n = n};
  for (size_t i = 0; i < provider->required; i++) {
    const char *value = mu_dns_arg(&given, provider->args[i]);
    if (!value || !*value) {
      (void)mu_fail(err, MU_E_CONFIG, "%s: '%s' is missing", provider->name, provider->args[i]);
      return false;
    }
  }
  return true;
}

const char *mu_dns_arg(const struct mu_dns_ctx *ctx, const char *name) {
  for (size_t i = 0; i < ctx->args_n; i++) {
    if (mu_streq(ctx->args[i].name, name)) {
      return ctx->args[i].value;
    }
  }
  return NULL;
}
