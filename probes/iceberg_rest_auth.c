/* SPDX-License-Identifier: Apache-2.0 */
/* Who we are to an Iceberg REST catalog: a bearer token given or fetched by OAuth2 client
 * credentials, or AWS signatures (Glue, S3 Tables, API Gateway). */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "iceberg_rest.h"
#include "wire/aws.h"

static int init_signing(struct mu_rest *rest, struct mu_err *err) {
  const struct mu_probe_ctx *ctx = rest->ctx;
  const char *region = mu_arg_str(rest->args, "region", NULL);
  rest->aws =
      ctx->aws ? ctx->aws(ctx->aws_ctx, region, mu_arg_str(rest->args, "profile", NULL)) : NULL;
  if (!rest->aws) {
    return mu_fail(err, MU_E_DENIED, "no AWS credentials in reach to sign the catalog's requests");
  }
  rest->sign_region = mu_arg_str(rest->args, "sigv4_region", region);
  rest->sign_region = rest->sign_region ? rest->sign_region : mu_aws_region(rest->aws);
  return *rest->sign_region
             ? 0
             : mu_fail(err, MU_E_USAGE, "signed requests need sigv4_region or region");
}

int mu_rest_auth_init(struct mu_rest *rest, struct mu_err *err) {
  const char *token = mu_arg_str(rest->args, "token", NULL);
  const char *credential = mu_arg_str(rest->args, "credential", NULL);
  const char *colon = credential ? strchr(credential, ':') : NULL;
  rest->sign_service = mu_arg_str(rest->args, "sigv4", NULL);
  if (!!token + !!credential + !!rest->sign_service > 1) {
    return mu_fail(err, MU_E_USAGE, "only one of token, credential and sigv4 can be used");
  }
  if (token && strpbrk(token, "\r\n")) {
    return mu_fail(err, MU_E_USAGE, "the token holds a line break");
  }
  rest->bearer = token;
  if (credential) { /* "id:secret", or a secret alone; the secret may hold colons */
    rest->credential.client_id =
        colon ? mu_arena_strn(rest->ctx->arena, credential, (size_t)(colon - credential)) : NULL;
    rest->credential.secret = colon ? colon + 1 : credential;
    mu_tokens_note(rest->ctx->tokens, rest->credential.secret); /* also without its id */
  }
  return rest->sign_service ? init_signing(rest, err) : 0;
}

int mu_rest_auth_token(struct mu_rest *rest, const char *url, struct mu_err *err) {
  const struct mu_probe_ctx *ctx = rest->ctx;
  struct mu_token_ask *ask = &rest->credential;
  if (url && !strstr(url, "://")) { /* relative to the catalog, as some write it */
    url = mu_arena_fmt(ctx->arena, "%s/%s", rest->uri, *url == '/' ? url + 1 : url);
  }
  ask->url = url ? url : mu_arena_fmt(ctx->arena, "%s/v1/oauth/tokens", rest->uri);
  ask->scope = mu_arg_str(rest->args, "scope", "catalog");
  ask->audience = mu_arg_str(rest->args, "audience", NULL);
  ask->ca_file = mu_store_ca_file(rest->args, ctx);
  ask->deadline_mono_ms = ctx->deadline_mono_ms;
  if (mu_str_starts(rest->uri, "https:") && !mu_str_starts(ask->url, "https:")) {
    return mu_fail(err, MU_E_REMOTE,
                   "the catalog's token endpoint %.200s is not encrypted: the secret stays here",
                   ask->url);
  }
  if (!ctx->http || !ctx->tokens) {
    return mu_fail(err, MU_E_DENIED, "no token can be fetched here");
  }
  return mu_tokens_get(ctx->tokens, ctx->http, ask, ctx->arena, &rest->bearer, err);
}

int mu_rest_auth_lines(struct mu_rest *rest, const char *url, const char *lines[MU_REST_AUTH_LINES],
                       size_t *n, struct mu_err *err) {
  struct mu_sigv4_lines signatures = {0};
  *n = 0;
  if (rest->bearer) {
    lines[(*n)++] = mu_arena_fmt(rest->ctx->arena, "Authorization: Bearer %s", rest->bearer);
  }
  if (!rest->sign_service) {
    return 0;
  }
  if (mu_aws_sign_get(rest->aws, rest->ctx->http, url, rest->sign_service, rest->sign_region,
                      rest->ctx->arena, &signatures, err) != 0) {
    return -1;
  }
  for (size_t i = 0; i < signatures.n && *n < MU_REST_AUTH_LINES; i++) {
    lines[(*n)++] = signatures.at[i];
  }
  return 0;
}

bool mu_rest_auth_again(struct mu_rest *rest) {
  struct mu_err ignored = {0};
  const char *old = rest->bearer;
  if (!old || !rest->credential.secret || !rest->credential.url) {
    return false;
  }
  mu_tokens_drop(rest->ctx->tokens, old);
  return mu_rest_auth_token(rest, rest->credential.url, &ignored) == 0 &&
         !mu_streq(old, rest->bearer);
}
