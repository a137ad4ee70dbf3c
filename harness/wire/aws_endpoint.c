/* SPDX-License-Identifier: Apache-2.0 */
/* Where a service is: an endpoint that environment or files name, else AWS's own for the region, as
 * FIPS and dual-stack settings want it. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "wire/aws_int.h"

enum { MAX_HOST = 256 };

/* Partitions by the beginning of their regions' names; the last one has all the others. */
static const struct mu_aws_partition {
  const char *regions, *id, *domain, *dual_domain;
} PARTITIONS[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"us-gov-", "aws-us-gov", "amazonaws.com", "api.aws"},
    {"eusc-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"", "aws", "amazonaws.com", "api.aws"},
};

enum { VARIANTS = 4 }; /* fips is bit 0, dual-stack bit 1 */

static const struct row {
  const char *service, *partition, *host[VARIANTS], *signing_region;
} ROWS[] = {
#define MU_AWS_ENDPOINT(service, partition, plain, fips, dual, both, signing)                      \
  {service, partition, {plain, fips, dual, both}, signing},
#include "wire/aws_endpoints.def"
#undef MU_AWS_ENDPOINT
};

static const char *const PATTERN[VARIANTS] = {"{p}.{r}.{s}", "{p}-fips.{r}.{s}", "{p}.{r}.{d}",
                                              "{p}-fips.{r}.{d}"};

/* A region becomes part of a host name: nothing else may. */
static bool is_region(const char *region) {
  return *region && strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(region);
}

static const struct mu_aws_partition *partition_of(const char *region) {
  size_t i = 0;
  while (!mu_str_starts(region, PARTITIONS[i].regions)) {
    i++;
  }
  return &PARTITIONS[i];
}

const char *mu_aws_domain(const char *region) {
  return partition_of(region)->domain;
}

static const struct row *row_of(const char *service, const char *partition) {
  for (size_t i = 0; i < MU_LEN(ROWS); i++) {
    const struct row *row = &ROWS[i];
    if (strcmp(row->service, service) == 0 &&
        (!*row->partition || strcmp(row->partition, partition) == 0)) {
      return row;
    }
  }
  return NULL;
}

/* The template with its places filled in. */
static const char *fill(const char *template, const struct mu_aws_service *service,
                        const char *region, struct mu_arena *arena) {
  const struct mu_aws_partition *partition = partition_of(region);
  MU_STR(host, MAX_HOST);
  for (const char *at = template; *at; at++) {
    if (*at != '{') {
      mu_str_addc(&host, *at);
      continue;
    }
    mu_str_add(&host, at[1] == 'p'   ? service->prefix
                      : at[1] == 'r' ? region
                      : at[1] == 's' ? partition->domain
                                     : partition->dual_domain);
    at += 2;
  }
  return mu_str_copy(&host, arena);
}

/* AWS's own endpoint. */
static int standard(const struct mu_aws *aws, const struct mu_aws_service *service,
                    struct mu_arena *arena, struct mu_aws_endpoint *out, struct mu_err *err) {
  const struct row *row = row_of(service->name, partition_of(out->region)->id);
  size_t variant = (aws->fips ? 1u : 0u) | (aws->dualstack ? 2u : 0u);
  const char *template = row && *row->host[variant] ? row->host[variant] : PATTERN[variant];
  if (strcmp(template, "-") == 0) {
    return mu_fail(err, MU_E_CONFIG, "%s has no %s endpoint in %s", service->name,
                   aws->fips ? "FIPS" : "dual-stack", out->region);
  }
  out->base = mu_arena_fmt(arena, "https://%s", fill(template, service, out->region, arena));
  if (row && *row->signing_region) {
    out->region = row->signing_region;
  }
  return 0;
}

/* The endpoint that environment or files name for a service, or NULL. */
static const char *configured(const struct mu_aws *aws, const struct mu_aws_service *service,
                              struct mu_arena *arena, const char **source) {
  const char *ignore = mu_aws_env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  ignore = ignore ? ignore : mu_aws_setting(aws, aws->profile, "ignore_configured_endpoint_urls");
  if (mu_aws_is_true(ignore)) {
    return NULL;
  }
  const char *variable = mu_arena_fmt(arena, "AWS_ENDPOINT_URL_%s", service->id);
  const char *url = mu_aws_env(variable);
  *source = variable;
  if (!url) {
    *source = "AWS_ENDPOINT_URL";
    url = mu_aws_env(*source);
  }
  const char *section = mu_aws_setting(aws, aws->profile, "services");
  if (!url && section) {
    char *key = mu_arena_fmt(arena, "%s.endpoint_url", service->id);
    for (char *at = key; *at; at++) {
      *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    }
    *source = mu_arena_fmt(arena, "services %s", section);
    url = mu_aws_ini_get(&aws->config, "services", section, key);
  }
  if (!url) {
    *source = mu_arena_fmt(arena, "profile %s", aws->profile);
    url = mu_aws_setting(aws, aws->profile, "endpoint_url");
  }
  return url;
}

/* One of our own. AWS's SDKs refuse it beside these two settings, which it would silently void. */
static int own(const struct mu_aws *aws, const char *url, const char *source,
               struct mu_arena *arena, struct mu_aws_endpoint *out, struct mu_err *err) {
  if (aws->fips || aws->dualstack) {
    return mu_fail(err, MU_E_CONFIG, "%s excludes an endpoint of one's own (%s)",
                   aws->fips ? "use_fips_endpoint" : "use_dualstack_endpoint", source);
  }
  char *base = mu_arena_str(arena, url);
  for (size_t n = strlen(base); n > 0 && base[n - 1] == '/';) {
    base[--n] = '\0';
  }
  out->base = base;
  out->overridden = true;
  return 0;
}

int mu_aws_endpoint(const struct mu_aws *aws, const struct mu_aws_service *service,
                    const char *region, struct mu_arena *arena, struct mu_aws_endpoint *out,
                    struct mu_err *err) {
  const char *source = aws->source.name;
  bool is_given = aws->source.s3_endpoint && strcmp(service->name, "s3") == 0;
  const char *url = is_given ? aws->source.s3_endpoint : configured(aws, service, arena, &source);
  region = region ? region : aws->region;
  *out = (struct mu_aws_endpoint){.region = region};
  const struct row *row = row_of(service->name, partition_of(region)->id);
  if (!*region && row && *row->signing_region) { /* one endpoint for all regions: none is needed */
    out->region = row->signing_region;
  }
  if (!*out->region) {
    return mu_fail(err, MU_E_CONFIG, "no AWS region: set AWS_REGION or the profile's");
  }
  if (!is_region(out->region)) {
    return mu_fail(err, MU_E_CONFIG, "\"%s\" is no AWS region", out->region);
  }
  if (!url) {
    return standard(aws, service, arena, out, err);
  }
  if (row && *row->signing_region) {
    out->region = row->signing_region;
  }
  return own(aws, url, source, arena, out, err);
}

size_t mu_aws_overridden(const struct mu_aws *aws, struct mu_arena *arena,
                         const struct mu_aws_override **out) {
  struct mu_aws_override *rows = NULL;
  size_t n = 0, cap = 0;
  const struct mu_aws_service *service = NULL;
  for (size_t i = 0; (service = mu_aws_service_at(i)); i++) {
    const char *source = NULL;
    const char *url = configured(aws, service, arena, &source);
    if (url) {
      rows = mu_arena_grow(arena, rows, n, &cap, sizeof *rows);
      rows[n++] = (struct mu_aws_override){service->name, mu_arena_str(arena, url),
                                           mu_arena_str(arena, source)};
    }
  }
  if (out) {
    *out = rows;
  }
  return n;
}
