/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* setenv, mkdtemp */
#include "support/aws_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"

static void handle(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct aws_world *w = ctx;
  size_t i = w->seen_n;
  if (i < AWS_WORLD_SEEN) {
    (void)snprintf(w->seen[i], sizeof w->seen[0], "%s %s\r\n%s\r\n%s", req->method, req->target,
                   req->head, req->body);
  }
  const struct aws_reply *reply = &w->replies[i < w->replies_n ? i : w->replies_n - 1];
  resp->status = reply->status;
  resp->drop = reply->drop;
  mu_str_add(&resp->headers, reply->headers ? reply->headers : "");
  mu_str_add(&resp->body, reply->body ? reply->body : "");
  w->seen_n = i + 1;
}

static int64_t now_ms(void *ctx) {
  return ((struct aws_world *)ctx)->now_ms;
}

static void sleep_ms(void *ctx, int64_t ms) {
  struct aws_world *w = ctx;
  w->now_ms += ms;
  w->slept_ms += ms;
}

static const char *const VARIABLES[] = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_GLUE",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_MAX_ATTEMPTS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
    "AWS_METADATA_SERVICE_TIMEOUT",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CA_BUNDLE",
};

const char *aws_world_file(struct aws_world *w, const char *name, const char *text) {
  struct mu_err err = {0};
  const char *path = mu_arena_fmt(w->arena, "%s/%s", w->dir, name);
  assert_int_equal(mu_io_write(path, text, strlen(text), &err), 0);
  return path;
}

static void keys_in_environment(void) {
  (void)setenv("AWS_ACCESS_KEY_ID", "AKIDENV", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", "env-secret", 1);
}

int aws_world_set_up(void **state) {
  struct aws_world *w = calloc(1, sizeof *w);
  w->arena = mu_arena_new();
  w->http = mu_http_new(NULL);
  w->server = httpd_start(handle, w);
  w->now_ms = INT64_C(1795400000000); /* 2026-11-22 */
  w->clock = (struct mu_clock){w, now_ms, now_ms, sleep_ms};
  (void)snprintf(w->base, sizeof w->base, "http://127.0.0.1:%d", httpd_port(w->server));
  (void)snprintf(w->dir, sizeof w->dir, "/tmp/muster-aws-XXXXXX");
  for (size_t i = 0; i < MU_LEN(VARIABLES); i++) {
    (void)unsetenv(VARIABLES[i]);
  }
  (void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  (void)setenv("AWS_ENDPOINT_URL", w->base, 1);
  (void)setenv("AWS_REGION", "eu-central-1", 1);
  *state = w;
  if (!mkdtemp(w->dir)) {
    return -1;
  }
  (void)setenv("HOME", w->dir, 1);
  keys_in_environment();
  return 0;
}

int aws_world_tear_down(void **state) {
  struct aws_world *w = *state;
  const char *argv[] = {"rm", "-rf", w->dir, NULL};
  struct mu_exec spec = {.argv = argv};
  struct mu_exec_result result;
  (void)!mu_exec_run(&spec, &result, NULL);
  httpd_stop(w->server);
  mu_http_free(w->http);
  mu_arena_free(w->arena);
  free(w);
  return 0;
}

struct mu_aws *aws_world_client(struct aws_world *w, struct mu_aws_options options) {
  struct mu_aws *aws = NULL;
  struct mu_err err = {0};
  options.clock = &w->clock;
  if (mu_aws_new(&options, &aws, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  return aws;
}

void aws_world_told(struct aws_world *w, const struct aws_reply *replies, size_t n) {
  w->replies = replies;
  w->replies_n = n;
  w->seen_n = 0;
}
enum mu_errc aws_world_ask(struct aws_world *w, enum mu_aws_mode mode, const char *service,
                           const char *operation, struct mu_aws_args args,
                           struct mu_aws_answer *answer, struct mu_err *err) {
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){.mode = mode});
  *err = (struct mu_err){0};
  int result = mu_aws_do(aws, w->http, service, operation, &args, w->arena, answer, err);
  mu_aws_free(aws);
  assert_int_equal(result, err->code == MU_E_NONE ? 0 : -1);
  return err->code;
}

enum mu_errc aws_world_quick(struct aws_world *w, const char *service, const char *operation) {
  static const struct mu_param_row params[] = {{"Bucket", "lake"}, {"Key", "k"}};
  bool rest = strcmp(service, "s3") == 0;
  MU_AWS_ANSWER(a);
  struct mu_err err;
  return aws_world_ask(
      w, MU_AWS_MAY_CHANGE, service, operation,
      (struct mu_aws_args){.params = rest ? params : NULL, .params_n = rest ? 2 : 0}, &a, &err);
}
