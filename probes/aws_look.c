/* SPDX-License-Identifier: Apache-2.0 */
#include "aws_look.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

enum { JSON_MAX = 16 * 1024 };

struct mu_aws *mu_aws_look_client(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                                  struct mu_err *err) {
  struct mu_aws *aws = ctx->aws ? ctx->aws(ctx->aws_ctx, mu_arg_str(args, "region", NULL),
                                           mu_arg_str(args, "profile", NULL))
                                : NULL;
  if (!aws) {
    (void)mu_fail(err, MU_E_DENIED, "no AWS credentials in reach");
  }
  return aws;
}

int mu_aws_look(const struct mu_args *args, const struct mu_probe_ctx *ctx, const char *service,
                const char *operation, const struct mu_aws_args *ask, struct mu_aws_answer *answer,
                struct mu_err *err) {
  struct mu_aws *aws = mu_aws_look_client(args, ctx, err);
  struct mu_aws_args timed = ask ? *ask : (struct mu_aws_args){0};
  timed.deadline_mono_ms = ctx->deadline_mono_ms;
  return aws ? mu_aws_do(aws, ctx->http, service, operation, &timed, ctx->arena, answer, err) : -1;
}

int mu_aws_look_pages(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                      const char *service, const char *operation, const struct mu_aws_args *ask,
                      int (*on_page)(void *ctx, const struct mu_aws_answer *page), void *page_ctx,
                      struct mu_err *err) {
  struct mu_aws *aws = mu_aws_look_client(args, ctx, err);
  struct mu_aws_args timed = ask ? *ask : (struct mu_aws_args){0};
  timed.deadline_mono_ms = ctx->deadline_mono_ms;
  return aws ? mu_aws_pages(aws, ctx->http, service, operation, &timed, on_page, page_ctx, err)
             : -1;
}

const char *mu_aws_look_json(struct mu_arena *arena, const char *name, const char *value) {
  MU_STR(out, JSON_MAX);
  struct mu_jw w;
  mu_jw_init(&w, &out, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, name, value);
  mu_jw_end(&w);
  return mu_str_copy(&out, arena);
}

int64_t mu_aws_look_time(double seconds) {
  return isfinite(seconds) && fabs(seconds) < 1e12 ? (int64_t)llround(seconds * 1000) : 0;
}
