/* SPDX-License-Identifier: Apache-2.0 */
/* The credential chain, in botocore's order: environment, the profile's role, web identity, SSO,
 * the profile's own keys, credential_process, container, instance. The first one that is configured
 * decides: if it cannot deliver, the chain does not go on to be somebody else. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/redact.h"
#include "base/str.h"
#include "wire/aws_int.h"

enum { MAX_ROLES = 5, RENEW_MS = 15 * 60000, USABLE_MS = 60000, RELOAD_MS = 60000 };

/* 1: found, 0: not there, -1: half there. */
static int from_environment(struct mu_aws_found *out, struct mu_err *err) {
  const char *access = mu_aws_env("AWS_ACCESS_KEY_ID"),
             *secret = mu_aws_env("AWS_SECRET_ACCESS_KEY");
  const char *token = mu_aws_env("AWS_SESSION_TOKEN"),
             *expires = mu_aws_env("AWS_CREDENTIAL_EXPIRATION");
  if (!access && !secret) {
    return 0;
  }
  if (!access || !secret) {
    return mu_fail(err, MU_E_DENIED,
                   "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set");
  }
  *out = (struct mu_aws_found){.source = "environment"};
  out->keys =
      (struct mu_sigv4_keys){access, secret, token ? token : mu_aws_env("AWS_SECURITY_TOKEN")};
  if (expires && mu_time_parse(expires, &out->expires_ms) != 0) {
    return mu_fail(err, MU_E_DENIED, "AWS_CREDENTIAL_EXPIRATION is no RFC 3339 time");
  }
  return 1;
}

static int from_profile_keys(const struct mu_aws *aws, const char *profile, struct mu_arena *arena,
                             struct mu_aws_found *out, struct mu_err *err) {
  const char *access = mu_aws_setting(aws, profile, "aws_access_key_id");
  const char *secret = mu_aws_setting(aws, profile, "aws_secret_access_key");
  if (!access && !secret) {
    return 0;
  }
  if (!access || !secret) {
    return mu_fail(err, MU_E_DENIED,
                   "profile %s has only one of aws_access_key_id and aws_secret_access_key",
                   profile);
  }
  *out = (struct mu_aws_found){.source = mu_arena_fmt(arena, "profile %s", profile)};
  out->keys =
      (struct mu_sigv4_keys){access, secret, mu_aws_setting(aws, profile, "aws_session_token")};
  return 1;
}

/* A session of `aws login` is renewed by a protocol of the AWS CLI's own; the CLI hands its keys
 * out.
 */
static int refuse_login(const struct mu_aws *aws, const char *profile, struct mu_err *err) {
  if (!mu_aws_setting(aws, profile, "login_session")) {
    return 0;
  }
  return mu_fail(err, MU_E_UNSUPPORTED,
                 "profile %s signs in by 'aws login', which is not supported: name a profile with "
                 "credential_process = aws configure export-credentials --profile %s",
                 profile, profile);
}

/* Nobody types a code at night. */
static int refuse_mfa(const struct mu_aws *aws, const char *profile, struct mu_err *err) {
  if (!mu_aws_setting(aws, profile, "mfa_serial")) {
    return 0;
  }
  return mu_fail(err, MU_E_UNSUPPORTED,
                 "profile %s wants an MFA code (mfa_serial), which is not supported: name a role "
                 "that needs none, or run 'aws configure export-credentials --profile %s --format "
                 "env' and set what it prints",
                 profile, profile);
}

/* What a profile without a role offers. */
static int from_plain_profile(struct mu_aws *aws, struct mu_http *http, const char *profile,
                              struct mu_arena *arena, struct mu_aws_found *out,
                              struct mu_err *err) {
  int got = mu_aws_keys_sso(aws, http, profile, arena, out, err);
  got = got != 0 ? got : from_profile_keys(aws, profile, arena, out, err);
  got = got != 0 ? got : refuse_login(aws, profile, err);
  return got != 0 ? got : mu_aws_keys_process(aws, profile, arena, out, err);
}

static int from_credential_source(struct mu_aws *aws, struct mu_http *http, const char *name,
                                  struct mu_arena *arena, struct mu_aws_found *out,
                                  struct mu_err *err) {
  if (strcmp(name, "Environment") == 0) {
    return from_environment(out, err);
  }
  if (strcmp(name, "EcsContainer") == 0) {
    return mu_aws_keys_container(aws, http, arena, out, err);
  }
  if (strcmp(name, "Ec2InstanceMetadata") == 0) {
    return mu_aws_keys_instance(aws, http, arena, out, err);
  }
  return mu_fail(err, MU_E_CONFIG, "credential_source \"%s\" is not known", name);
}

/* Where the chain of roles ends: the keys that the first role is assumed with. *next: the profile
 * to go on with. */
static int find_base(struct mu_aws *aws, struct mu_http *http, const char *profile,
                     struct mu_arena *arena, const char **next, struct mu_aws_found *out,
                     struct mu_err *err) {
  const char *source = mu_aws_setting(aws, profile, "source_profile");
  const char *other = mu_aws_setting(aws, profile, "credential_source");
  int got = 0;
  *next = NULL;
  if (!source == !other) {
    return mu_fail(err, MU_E_CONFIG,
                   "profile %s: role_arn needs one of source_profile and credential_source",
                   profile);
  }
  if (other) {
    got = from_credential_source(aws, http, other, arena, out, err);
  } else if (strcmp(source, profile) == 0) { /* its own keys */
    got = from_plain_profile(aws, http, profile, arena, out, err);
  } else {
    *next = source;
    return 0;
  }
  return got != 0 ? got
                  : mu_fail(err, MU_E_DENIED, "profile %s: no credentials to assume its role with",
                            profile);
}

static int from_profile(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                        struct mu_aws_found *out, struct mu_err *err) {
  const char *roles[MAX_ROLES];
  const char *profile = aws->profile;
  size_t n = 0;
  int got = 0;
  while (profile && mu_aws_setting(aws, profile, "role_arn")) {
    if (mu_aws_setting(aws, profile, "web_identity_token_file")) {
      got = mu_aws_keys_web(aws, http, profile, arena, out, err);
      profile = NULL;
      break;
    }
    if (n == MAX_ROLES) {
      return mu_fail(err, MU_E_CONFIG,
                     "profile %s: more than %d roles, or a circle of source_profile", aws->profile,
                     (int)MAX_ROLES);
    }
    if (refuse_mfa(aws, profile, err) != 0) {
      return -1;
    }
    roles[n++] = profile;
    got = find_base(aws, http, profile, arena, &profile, out, err);
    if (got < 0) {
      return -1;
    }
  }
  if (profile) {
    got = from_plain_profile(aws, http, profile, arena, out, err);
  }
  if (got == 0 && n > 0) {
    return mu_fail(err, MU_E_DENIED, "source_profile %s has no credentials",
                   profile ? profile : "");
  }
  while (got == 1 && n > 0) {
    got = mu_aws_keys_assume(aws, http, roles[--n], arena, out, err);
  }
  return got;
}

static int from_source(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                       struct mu_aws_found *out, struct mu_err *err) {
  *out = (struct mu_aws_found){.source = aws->source.name};
  return aws->source.renew(aws->source.ctx, http, arena, &out->keys, &out->expires_ms, err);
}

static int find_keys(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                     struct mu_aws_found *out, struct mu_err *err) {
  if (aws->source.renew) {
    return from_source(aws, http, arena, out, err);
  }
  /* Of a role and a token in the same profile the environment's token goes first. */
  bool has_role = mu_aws_setting(aws, aws->profile, "role_arn") &&
                  !mu_aws_setting(aws, aws->profile, "web_identity_token_file");
  int got = aws->profile_is_explicit ? 0 : from_environment(out, err);
  if (got == 0 && !has_role && !aws->profile_is_explicit) {
    got = mu_aws_keys_web(aws, http, NULL, arena, out, err);
  }
  if (got == 0) {
    got = from_profile(aws, http, arena, out, err);
  }
  if (got == 0) {
    got = mu_aws_keys_container(aws, http, arena, out, err);
  }
  if (got == 0) {
    got = mu_aws_keys_instance(aws, http, arena, out, err);
  }
  if (got == 0) {
    return mu_fail(err, MU_E_DENIED,
                   "no AWS credentials: none in the environment, in profile %s, from a container "
                   "or an instance",
                   aws->profile);
  }
  return got < 0 ? -1 : 0;
}

static void tell_redactor(const struct mu_aws *aws, const struct mu_sigv4_keys *keys) {
  if (aws->options.redact) {
    mu_redact_add(aws->options.redact, keys->secret_key, strlen(keys->secret_key));
    if (keys->session_token) {
      mu_redact_add(aws->options.redact, keys->session_token, strlen(keys->session_token));
    }
  }
}

static void copy_found(const struct mu_aws_found *from, struct mu_arena *arena,
                       struct mu_aws_found *out) {
  out->keys.access_key = mu_arena_str(arena, from->keys.access_key);
  out->keys.secret_key = mu_arena_str(arena, from->keys.secret_key);
  out->keys.session_token = mu_arena_str(arena, from->keys.session_token);
  out->source = mu_arena_str(arena, from->source);
  out->expires_ms = from->expires_ms;
}

/* Under keys_lock. */
static int load(struct mu_aws *aws, struct mu_http *http, struct mu_err *err) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_aws_found found = {0};
  if (find_keys(aws, http, arena, &found, err) != 0) {
    mu_arena_free(arena);
    return -1;
  }
  tell_redactor(aws, &found.keys);
  mu_arena_free(aws->keys_arena);
  aws->keys_arena = arena;
  copy_found(&found, arena, &aws->found);
  aws->loaded_ms = mu_wall_ms(aws->options.clock);
  return 0;
}

/* Renewed when less than 15 minutes are left; while a minute is left, the old ones do if there are
 * no new ones. */
static int renew(struct mu_aws *aws, struct mu_http *http, struct mu_err *err) {
  int64_t now = mu_wall_ms(aws->options.clock);
  bool loaded = aws->found.keys.access_key != NULL;
  int64_t left = aws->found.expires_ms > 0 ? aws->found.expires_ms - now : INT64_MAX;
  if (loaded && (left > RENEW_MS || (left > USABLE_MS && now - aws->loaded_ms < RELOAD_MS))) {
    return 0;
  }
  struct mu_err why = {0};
  if (load(aws, http, &why) == 0) {
    return 0;
  }
  if (loaded && left > USABLE_MS) {
    aws->loaded_ms = now;
    return 0;
  }
  if (err) {
    *err = why;
  }
  return -1;
}

int mu_aws_keys(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                struct mu_aws_found *out, struct mu_err *err) {
  (void)pthread_mutex_lock(&aws->keys_lock);
  int result = renew(aws, http, err);
  if (result == 0) {
    copy_found(&aws->found, arena, out);
  }
  (void)pthread_mutex_unlock(&aws->keys_lock);
  return result;
}

void mu_aws_keys_drop(struct mu_aws *aws, const char *access_key) {
  (void)pthread_mutex_lock(&aws->keys_lock);
  if (mu_streq(aws->found.keys.access_key, access_key)) {
    aws->found = (struct mu_aws_found){0};
  }
  (void)pthread_mutex_unlock(&aws->keys_lock);
}

int mu_aws_who(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
               struct mu_aws_who *out, struct mu_err *err) {
  struct mu_aws_found found;
  if (mu_aws_keys(aws, http, arena, &found, err) != 0) {
    return -1;
  }
  *out = (struct mu_aws_who){found.source, found.keys.access_key, found.expires_ms};
  return 0;
}
