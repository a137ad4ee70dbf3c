/* SPDX-License-Identifier: Apache-2.0 */
/* A CloudTrail trail: does it log, over all regions, and did it deliver lately? */
#include "aws_look.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

static const struct mu_param params[] = {
    {.name = "trail", .type = MU_T_STR, .required = true, .doc = "name or ARN of the trail"},
    MU_AWS_PARAMS,
    {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "logging",
     .type = MU_T_BOOL,
     .finding = MU_F_TRAIL_SILENT,
     .doc = "the trail records"},
    {.name = "delivered",
     .type = MU_T_TIME,
     .is_volatile = true,
     .finding = MU_F_TRAIL_SILENT,
     .doc = "latest delivery to the bucket (delivered_age: how long ago)"},
    {.name = "delivery_error",
     .type = MU_T_STR,
     .finding = MU_F_TRAIL_SILENT,
     .doc = "error of the latest delivery; empty: none"},
    {.name = "multi_region",
     .type = MU_T_BOOL,
     .finding = MU_F_TRAIL_SILENT,
     .doc = "covers all regions"},
    {.name = "global_events",
     .type = MU_T_BOOL,
     .finding = MU_F_TRAIL_SILENT,
     .doc = "covers IAM and other global services"},
    {.name = "validated",
     .type = MU_T_BOOL,
     .finding = MU_F_TRAIL_SILENT,
     .doc = "log file validation is on"},
    {.name = "bucket",
     .type = MU_T_STR,
     .finding = MU_F_TRAIL_SILENT,
     .doc = "bucket that it delivers to"},
    {0}};

static void add_flag(struct mu_facts *facts, const char *name, const struct mu_json_node *node) {
  if (mu_json_type(node) == MU_JSON_BOOL) {
    (void)mu_fact_bool(facts, name, mu_json_bool(node, false));
  }
}

/* The one that was asked for: an emulator, or a service that ignores a name it does not know, may
 * answer with others. */
static const struct mu_json_node *find_trail(const struct mu_json_node *list, const char *wanted) {
  for (size_t i = 0; i < mu_json_len(list); i++) {
    const struct mu_json_node *trail = mu_json_at(list, i);
    if (mu_streq(mu_json_str(mu_json_get(trail, "Name"), NULL), wanted) ||
        mu_streq(mu_json_str(mu_json_get(trail, "TrailARN"), NULL), wanted)) {
      return trail;
    }
  }
  return NULL;
}

static int read_trail(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                      struct mu_facts *facts, bool *absent, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  MU_STR(json, 4096);
  struct mu_jw w;
  mu_jw_init(&w, &json, 0);
  mu_jw_object(&w);
  mu_jw_key(&w, "trailNameList");
  mu_jw_array(&w);
  mu_jw_str(&w, mu_arg_str(args, "trail", ""));
  mu_jw_end(&w);
  mu_jw_end(&w);
  const struct mu_aws_args ask = {.json = mu_str_get(&json)};
  if (mu_aws_look(args, ctx, "cloudtrail", "DescribeTrails", &ask, &answer, err) != 0) {
    return -1;
  }
  const struct mu_json_node *trail =
      find_trail(mu_json_get(answer.json, "trailList"), mu_arg_str(args, "trail", ""));
  *absent = trail == NULL;
  add_flag(facts, "cloudtrail.multi_region", mu_json_get(trail, "IsMultiRegionTrail"));
  add_flag(facts, "cloudtrail.global_events", mu_json_get(trail, "IncludeGlobalServiceEvents"));
  add_flag(facts, "cloudtrail.validated", mu_json_get(trail, "LogFileValidationEnabled"));
  if (mu_json_str(mu_json_get(trail, "S3BucketName"), NULL)) {
    (void)mu_fact_str(facts, "cloudtrail.bucket",
                      mu_json_str(mu_json_get(trail, "S3BucketName"), ""));
  }
  return 0;
}

static int read_status(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                       struct mu_facts *facts, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  const struct mu_aws_args ask = {
      .json = mu_aws_look_json(ctx->arena, "Name", mu_arg_str(args, "trail", ""))};
  if (mu_aws_look(args, ctx, "cloudtrail", "GetTrailStatus", &ask, &answer, err) != 0) {
    return -1;
  }
  double delivered = mu_json_real(mu_json_get(answer.json, "LatestDeliveryTime"), -1);
  add_flag(facts, "cloudtrail.logging", mu_json_get(answer.json, "IsLogging"));
  (void)mu_fact_str(facts, "cloudtrail.delivery_error",
                    mu_json_str(mu_json_get(answer.json, "LatestDeliveryError"), ""));
  if (delivered > 0) {
    mu_fact_time(facts, "cloudtrail.delivered", mu_aws_look_time(delivered))->is_volatile = true;
  }
  return 0;
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  if (read_trail(args, ctx, facts, absent, err) != 0) {
    return -1;
  }
  if (*absent || read_status(args, ctx, facts, err) == 0) {
    return 0;
  }
  *absent = err->code == MU_E_ABSENT;
  return *absent ? 0 : -1;
}

const struct mu_probe mu_probe_cloudtrail = {
    .name = "cloudtrail",
    .summary = "a CloudTrail trail: logging, scope, latest delivery",
    .params = params,
    .facts = facts_seen,
    .headline = "logging {logging}, delivered {delivered}",
    .target = "trail",
    .network = true,
    .observe = observe,
    .expect = "logging",
    .expect_to_be = "true"};
