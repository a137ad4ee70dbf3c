/* SPDX-License-Identifier: Apache-2.0 */
/* Environment and files: which profile, region, bundle of certificates. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

bool mu_aws_is_true(const char *text) {
  return text && (strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

/* A switch: the environment's word, where it says anything, goes before the profile's. */
static bool is_on(const struct mu_aws *aws, const char *variable, const char *key) {
  const char *text = mu_aws_env(variable);
  return mu_aws_is_true(text ? text : mu_aws_setting(aws, aws->profile, key));
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
  aws->fips = is_on(aws, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  aws->dualstack = is_on(aws, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
  return set_attempts(aws, err);
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
  if (options->source) {
    aws->source = *options->source;
    aws->source.name = mu_arena_str(aws->arena, aws->source.name);
    aws->source.s3_endpoint = mu_arena_str(aws->arena, aws->source.s3_endpoint);
  }
  if (load_settings(aws, err) != 0) {
    mu_aws_free(aws);
    return -1;
  }
  aws->options.profile = aws->options.region = aws->options.ca_file = NULL; /* were borrowed */
  aws->options.source = NULL;
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
