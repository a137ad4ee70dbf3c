/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials that STS hands out: AssumeRole with other keys, AssumeRoleWithWebIdentity with a
 * token from a file. */
#include <string.h>

#include "base/arena.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/aws_int.h"
#include "wire/xml.h"

enum { MAX_TOKEN = 64 * 1024, MAX_PARAMS = 6 };

struct asked {
  struct mu_param_row rows[MAX_PARAMS];
  size_t n;
};

static void ask(struct asked *a, const char *name, const char *value) {
  if (value) {
    MU_ASSERT(a->n < MAX_PARAMS);
    a->rows[a->n++] = (struct mu_param_row){name, value};
  }
}

static int read_credentials(const struct mu_aws_answer *answer, const char *operation,
                            struct mu_arena *arena, struct mu_aws_found *out, struct mu_err *err) {
  const struct mu_xml_node *at = mu_xml_path(
      answer->xml, mu_arena_fmt(arena, "%sResponse/%sResult/Credentials", operation, operation));
  struct mu_sigv4_keys keys = {mu_xml_str(at, "AccessKeyId", ""),
                               mu_xml_str(at, "SecretAccessKey", ""),
                               mu_xml_str(at, "SessionToken", "")};
  int64_t expires_ms = 0;
  if (!*keys.access_key || !*keys.secret_key || !*keys.session_token ||
      mu_time_parse(mu_xml_str(at, "Expiration", ""), &expires_ms) != 0) {
    return mu_fail(err, MU_E_REMOTE, "sts %s: an answer without credentials", operation);
  }
  out->keys = keys;
  out->expires_ms = expires_ms;
  return 1;
}

/* A client with no region of its own asks the STS that is everywhere. */
static const char *sts_region(const struct mu_aws *aws) {
  return *aws->region ? NULL : "us-east-1";
}

static int call_sts(struct mu_aws *aws, struct mu_http *http, const char *operation,
                    const struct asked *asked, const struct mu_sigv4_keys *keys,
                    struct mu_arena *arena, struct mu_aws_found *out, struct mu_err *err) {
  const struct mu_aws_args args = {.params = asked->rows, .params_n = asked->n};
  MU_AWS_ANSWER(answer);
  struct mu_err why = {0};
  struct mu_aws_call call = {.service = mu_aws_service_find("sts"),
                             .op = mu_aws_op_find("sts", operation),
                             .args = &args,
                             .answer = &answer,
                             .err = &why,
                             .keys = keys,
                             .is_unsigned = !keys,
                             .region = sts_region(aws)};
  mu_aws_run(aws, http, &call, 1, arena);
  if (call.result != 0) {
    return mu_fail(err, why.code, "%s", why.msg);
  }
  return read_credentials(&answer, operation, arena, out, err);
}

static const char *session_name(const struct mu_aws *aws, const char *profile,
                                struct mu_arena *arena) {
  const char *name = profile ? mu_aws_setting(aws, profile, "role_session_name")
                             : mu_aws_env("AWS_ROLE_SESSION_NAME");
  return name ? name
              : mu_arena_fmt(arena, "muster-%lld",
                             (long long)(mu_wall_ms(aws->options.clock) / 1000));
}

int mu_aws_keys_assume(struct mu_aws *aws, struct mu_http *http, const char *profile,
                       struct mu_arena *arena, struct mu_aws_found *found, struct mu_err *err) {
  struct asked asked = {0};
  struct mu_sigv4_keys keys = found->keys;
  ask(&asked, "RoleArn", mu_aws_setting(aws, profile, "role_arn"));
  ask(&asked, "RoleSessionName", session_name(aws, profile, arena));
  ask(&asked, "ExternalId", mu_aws_setting(aws, profile, "external_id"));
  ask(&asked, "DurationSeconds", mu_aws_setting(aws, profile, "duration_seconds"));
  if (call_sts(aws, http, "AssumeRole", &asked, &keys, arena, found, err) < 0) {
    return mu_wrap(err, "profile %s", profile);
  }
  found->source = mu_arena_fmt(arena, "profile %s: assumed role", profile);
  return 1;
}

/* A token file's text, without the line break that editors add. */
static int read_token(const char *path, struct mu_arena *arena, const char **out,
                      struct mu_err *err) {
  MU_STR(text, MAX_TOKEN);
  if (mu_io_read(path, &text, err) != 0) {
    return -1;
  }
  char *token = mu_str_copy(&text, arena);
  size_t n = strlen(token);
  while (n > 0 && strchr(" \t\r\n", token[n - 1])) {
    token[--n] = '\0';
  }
  *out = token;
  return 0;
}

int mu_aws_keys_web(struct mu_aws *aws, struct mu_http *http, const char *profile,
                    struct mu_arena *arena, struct mu_aws_found *out, struct mu_err *err) {
  struct asked asked = {0};
  const char *file = profile ? mu_aws_setting(aws, profile, "web_identity_token_file")
                             : mu_aws_env("AWS_WEB_IDENTITY_TOKEN_FILE");
  const char *role =
      profile ? mu_aws_setting(aws, profile, "role_arn") : mu_aws_env("AWS_ROLE_ARN");
  const char *token = NULL;
  if (!file) {
    return 0;
  }
  if (!role) {
    return mu_fail(err, MU_E_CONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE without AWS_ROLE_ARN");
  }
  if (read_token(mu_aws_home(arena, file), arena, &token, err) != 0) {
    return mu_wrap(err, "web identity token");
  }
  ask(&asked, "RoleArn", role);
  ask(&asked, "RoleSessionName", session_name(aws, profile, arena));
  ask(&asked, "WebIdentityToken", token);
  if (call_sts(aws, http, "AssumeRoleWithWebIdentity", &asked, NULL, arena, out, err) < 0) {
    return -1;
  }
  out->source = profile ? mu_arena_fmt(arena, "profile %s: web identity", profile) : "web identity";
  return 1;
}
