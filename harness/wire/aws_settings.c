/* SPDX-License-Identifier: Apache-2.0 */
/* Environment and files: which profile, region, bundle of certificates, and where each service is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/aws_int.h"

enum { RETRY_TOKENS = 500 };

const char *mu_aws_env(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

const char *mu_aws_home(struct mu_arena *arena, const char *path) {
  const char *home = mu_aws_env("HOME");
  return path[0] == '~' && (path[1] == '/' || !path[1]) && home
             ? mu_arena_fmt(arena, "%s%s", home, path + 1)
             : path;
}

const char *mu_aws_setting(const struct mu_aws *aws, const char *profile, const char *key) {
  const char *value = mu_aws_ini_get(&aws->credentials, NULL, profile, key);
  if (!value) {
    value = mu_aws_ini_get(&aws->config, "profile", profile, key);
  }
  if (!value && strcmp(profile, "default") == 0) {
    value = mu_aws_ini_get(&aws->config, NULL, profile, key);
  }
  return value && *value ? value : NULL;
}

static bool profile_exists(const struct mu_aws *aws, const char *profile) {
  return mu_aws_ini_has(&aws->credentials, NULL, profile) ||
         mu_aws_ini_has(&aws->config, "profile", profile) ||
         (strcmp(profile, "default") == 0 && mu_aws_ini_has(&aws->config, NULL, profile));
}

static int load_file(struct mu_aws *aws, const char *variable, const char *otherwise,
                     struct mu_aws_ini *out, struct mu_err *err) {
  const char *path = mu_aws_env(variable);
  struct mu_err why = {0};
  path = mu_aws_home(aws->arena, path ? path : otherwise);
  if (mu_aws_ini_load(path, aws->arena, out, &why) != 0 && why.code != MU_E_ABSENT) {
    return mu_fail(err, MU_E_CONFIG, "%s", why.msg);
  }
  return 0;
}

static bool is_true(const char *text) {
  return text && (strcmp(text, "true") == 0 || strcmp(text, "True") == 0 || strcmp(text, "1") == 0);
}

/* A setting that would send requests elsewhere and that we do not know must not be passed over in
 * silence. */
static int refuse_unknown(const struct mu_aws *aws, struct mu_err *err) {
  static const struct {
    const char *variable, *key;
  } flags[] = {{"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"},
               {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"}};
  for (size_t i = 0; i < MU_LEN(flags); i++) {
    if (is_true(mu_aws_env(flags[i].variable)) ||
        is_true(mu_aws_setting(aws, aws->profile, flags[i].key))) {
      return mu_fail(err, MU_E_UNSUPPORTED, "%s is not supported; set AWS_ENDPOINT_URL_<SERVICE>",
                     flags[i].key);
    }
  }
  return 0;
}

static int set_attempts(struct mu_aws *aws, struct mu_err *err) {
  const char *text = mu_aws_env("AWS_MAX_ATTEMPTS");
  int64_t n = 3;
  text = text ? text : mu_aws_setting(aws, aws->profile, "max_attempts");
  if (text && (mu_num_parse_i64(text, &n) != 0 || n < 1 || n > 100)) {
    return mu_fail(err, MU_E_CONFIG, "max_attempts is not a number from 1 to 100");
  }
  if (aws->options.max_attempts <= 0) {
    aws->options.max_attempts = (int)n;
  }
  return 0;
}

static int load_settings(struct mu_aws *aws, struct mu_err *err) {
  const struct mu_aws_options *o = &aws->options;
  if (load_file(aws, "AWS_CONFIG_FILE", "~/.aws/config", &aws->config, err) != 0 ||
      load_file(aws, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", &aws->credentials, err) !=
          0) {
    return -1;
  }
  const char *named = o->profile ? o->profile : mu_aws_env("AWS_PROFILE");
  named = named ? named : mu_aws_env("AWS_DEFAULT_PROFILE");
  aws->profile = mu_arena_str(aws->arena, named ? named : "default");
  aws->profile_is_explicit = o->profile != NULL;
  if (named && !profile_exists(aws, named)) {
    return mu_fail(err, MU_E_CONFIG, "no AWS profile \"%s\" in the config or credentials file",
                   named);
  }
  const char *region = o->region ? o->region : mu_aws_env("AWS_REGION");
  region = region ? region : mu_aws_env("AWS_DEFAULT_REGION");
  region = region ? region : mu_aws_setting(aws, aws->profile, "region");
  aws->region = mu_arena_str(aws->arena, region ? region : "");
  const char *bundle = o->ca_file ? o->ca_file : mu_aws_env("AWS_CA_BUNDLE");
  bundle = bundle ? bundle : mu_aws_setting(aws, aws->profile, "ca_bundle");
  aws->ca_file = bundle ? mu_aws_home(aws->arena, mu_arena_str(aws->arena, bundle)) : NULL;
  return set_attempts(aws, err) != 0 ? -1 : refuse_unknown(aws, err);
}

int mu_aws_new(const struct mu_aws_options *options, struct mu_aws **out, struct mu_err *err) {
  struct mu_aws *aws = calloc(1, sizeof *aws);
  if (!aws || pthread_mutex_init(&aws->lock, NULL) != 0 ||
      pthread_mutex_init(&aws->keys_lock, NULL) != 0) {
    MU_BUG("out of memory");
  }
  aws->options = *options;
  aws->options.clock = options->clock ? options->clock : mu_clock_system();
  aws->options.timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : 20000;
  aws->arena = mu_arena_new();
  aws->retry_tokens = RETRY_TOKENS;
  if (load_settings(aws, err) != 0) {
    mu_aws_free(aws);
    return -1;
  }
  aws->options.profile = aws->options.region = aws->options.ca_file = NULL; /* were borrowed */
  *out = aws;
  return 0;
}

void mu_aws_free(struct mu_aws *aws) {
  if (aws) {
    mu_arena_free(aws->keys_arena);
    mu_arena_free(aws->arena);
    (void)pthread_mutex_destroy(&aws->lock);
    (void)pthread_mutex_destroy(&aws->keys_lock);
    free(aws);
  }
}

void mu_aws_cleanup(struct mu_aws **aws) {
  mu_aws_free(*aws);
  *aws = NULL;
}

const char *mu_aws_region(const struct mu_aws *aws) {
  return aws->region;
}

/* The endpoint that environment or files name for a service, or NULL. */
static const char *configured_endpoint(const struct mu_aws *aws,
                                       const struct mu_aws_service *service, struct mu_arena *arena,
                                       const char **source) {
  const char *ignore = mu_aws_env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  ignore = ignore ? ignore : mu_aws_setting(aws, aws->profile, "ignore_configured_endpoint_urls");
  if (is_true(ignore)) {
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

/* Services with one endpoint for a whole partition, and the region they are signed for. */
static const struct {
  const char *service, *regions, *host, *signing_region;
} GLOBAL[] = {
    {"organizations", "cn-", "organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"},
    {"organizations", "us-gov-", "organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
    {"organizations", "", "organizations.us-east-1.amazonaws.com", "us-east-1"},
    {"route53", "cn-", "route53.amazonaws.com.cn", "cn-northwest-1"},
    {"route53", "us-gov-", "route53.us-gov.amazonaws.com", "us-gov-west-1"},
    {"route53", "", "route53.amazonaws.com", "us-east-1"},
    {"iam", "cn-", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
    {"iam", "us-gov-", "iam.us-gov.amazonaws.com", "us-gov-west-1"},
    {"iam", "", "iam.amazonaws.com", "us-east-1"},
};

/* A region becomes part of a host name: nothing else may. */
static bool is_region(const char *region) {
  return *region && strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(region);
}

int mu_aws_endpoint(const struct mu_aws *aws, const struct mu_aws_service *service,
                    const char *region, struct mu_arena *arena, struct mu_aws_endpoint *out,
                    struct mu_err *err) {
  const char *source = NULL;
  const char *url = configured_endpoint(aws, service, arena, &source);
  region = region ? region : aws->region;
  *out = (struct mu_aws_endpoint){.overridden = url != NULL, .region = region};
  for (size_t i = 0; i < MU_LEN(GLOBAL); i++) {
    if (strcmp(GLOBAL[i].service, service->name) == 0 && mu_str_starts(region, GLOBAL[i].regions)) {
      out->region = GLOBAL[i].signing_region;
      out->base = mu_arena_fmt(arena, "https://%s", GLOBAL[i].host);
      break;
    }
  }
  if (!*out->region) {
    return mu_fail(err, MU_E_CONFIG, "no AWS region: set AWS_REGION or the profile's");
  }
  if (!is_region(out->region)) {
    return mu_fail(err, MU_E_CONFIG, "\"%s\" is no AWS region", out->region);
  }
  if (url) {
    char *base = mu_arena_str(arena, url);
    for (size_t n = strlen(base); n > 0 && base[n - 1] == '/';) {
      base[--n] = '\0';
    }
    out->base = base;
  } else if (!out->base) {
    out->base = mu_arena_fmt(arena, "https://%s.%s.%s", service->prefix, region,
                             mu_str_starts(region, "cn-") ? "amazonaws.com.cn" : "amazonaws.com");
  }
  return 0;
}

size_t mu_aws_overridden(const struct mu_aws *aws, struct mu_arena *arena,
                         const struct mu_aws_override **out) {
  struct mu_aws_override *rows = NULL;
  size_t n = 0, cap = 0;
  const struct mu_aws_service *service = NULL;
  for (size_t i = 0; (service = mu_aws_service_at(i)); i++) {
    const char *source = NULL;
    const char *url = configured_endpoint(aws, service, arena, &source);
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
