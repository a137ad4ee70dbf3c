/* SPDX-License-Identifier: Apache-2.0 */
/* DNS providers of a drill: whose records are read, shifted and put back. One more provider is one
 * file that defines `const struct mu_dns_provider mu_dns_provider_NAME` and one row in
 * drill/dns/table.def. Strings are borrowed from the arena given. */
#ifndef MU_DRILL_DNS_DNS_H
#define MU_DRILL_DNS_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_aws;
struct mu_clock;
struct mu_err;
struct mu_http;
struct mu_str;

struct mu_dns_arg {
  const char *name, *value; /* of the config, resolved: zone, url, key, server */
};

struct mu_dns_ctx {
  struct mu_arena *arena;
  struct mu_http *http;
  struct mu_aws *aws; /* may change things in a drill; read-only in a check; NULL: no AWS */
  const struct mu_clock *clock;
  const struct mu_dns_arg *args;
  size_t args_n;
  const char *name;                    /* the record: "api.drill.example.com" */
  const char *primary, *standby;       /* addresses, or names where the record is a CNAME */
  const char *primary_id, *standby_id; /* "azure", "aws" */
};
const char *mu_dns_arg(const struct mu_dns_ctx *ctx, const char *name); /* NULL: not given */

struct mu_dns_weights {
  int64_t primary, standby; /* as configured at the provider */
  int64_t ttl_s;
  const char *raw;   /* the records as they are, in the provider's own form: what an undo puts back,
                        byte for byte */
  const char *owner; /* who else manages the record ("external-dns"), or NULL */
};

struct mu_dns_provider {
  const char *name, *summary;
  const char *const *args; /* names it takes, NULL-terminated, the required ones first */
  size_t required;
  /* Reads the weights of ctx->name. MU_E_ABSENT: no such records. */
  int (*read)(const struct mu_dns_ctx *ctx, struct mu_dns_weights *out, struct mu_err *err);
  /* Sets them, keeping TTL and the rest, and waits until the provider says that it is in force. */
  int (*shift)(const struct mu_dns_ctx *ctx, const struct mu_dns_weights *now, int64_t primary,
               int64_t standby, int64_t deadline_mono_ms, struct mu_err *err);
  /* Puts `raw` back. */
  int (*restore)(const struct mu_dns_ctx *ctx, const char *raw, int64_t deadline_mono_ms,
                 struct mu_err *err);
  /* Authorities that answer for the name on the wire, as "ADDRESS:PORT", into *out; n may be 0
   * where none can be asked (an emulated control plane). */
  int (*authorities)(const struct mu_dns_ctx *ctx, const char *const **out, size_t *n,
                     struct mu_err *err);
};

const struct mu_dns_provider *mu_dns_provider_find(const char *name); /* NULL: none of that name */
size_t mu_dns_providers(const struct mu_dns_provider *const **out);
/* Does the provider take an argument of that name? */
bool mu_dns_takes(const struct mu_dns_provider *provider, const char *name);
/* Are all required arguments among these, and not empty? false with MU_E_CONFIG. */
bool mu_dns_args_given(const struct mu_dns_provider *provider, const struct mu_dns_arg *args,
                       size_t n, struct mu_err *err);

/* Direct queries, counted by answer: one that names exactly one of the sides counts for it. */
struct mu_dns_share {
  int64_t asked, primary, standby, other, failed;
  int64_t ttl_s; /* the largest seen */
  int64_t not_authoritative;
  double lo, hi; /* 95 % Wilson interval of the standby's share, 0..1 */
  const char *other_example, *failure;
};
/* Asks each authority `queries` times. MU_E_CONFIG: an authority that is no ADDRESS:PORT. */
MU_CHECKED int mu_dns_measure(const struct mu_dns_ctx *ctx, const char *const *authorities,
                              size_t n, int64_t queries, int64_t deadline_mono_ms,
                              struct mu_dns_share *out, struct mu_err *err);

#endif
