/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of an S3 bucket that keep the replica from being overwritten, deleted or unreadable:
 * versioning, Object Lock, lifecycle rules, default encryption, public access. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "probe.h"
#include "wire/aws.h"
#include "wire/xml.h"

enum { DAYS_A_YEAR = 365 };

static const struct mu_param params[] = {
    {.name = "bucket", .type = MU_T_STR, .required = true, .doc = "name of the bucket"},
    {.name = "owner", .type = MU_T_STR, .doc = "the account that must own it, 12 digits"},
    {.name = "region", .type = MU_T_STR, .doc = "AWS region"},
    {.name = "profile", .type = MU_T_STR, .doc = "AWS profile"},
    {0},
};

static const struct mu_fact_def facts_seen[] = {
    {.name = "versioning",
     .type = MU_T_STR,
     .finding = MU_F_REPLICA_UNLOCKED,
     .doc = "Enabled, Suspended, or never (it was never switched on)"},
    {.name = "lock_enabled",
     .type = MU_T_BOOL,
     .finding = MU_F_REPLICA_UNLOCKED,
     .doc = "whether the bucket has Object Lock at all"},
    {.name = "lock_mode",
     .type = MU_T_STR,
     .finding = MU_F_REPLICA_UNLOCKED,
     .doc = "of the default retention: governance, compliance or none"},
    {.name = "lock_days",
     .type = MU_T_INT,
     .unit = "days",
     .finding = MU_F_REPLICA_UNLOCKED,
     .doc = "of the default retention, from the writing of each object; 0: none"},
    {.name = "region", .type = MU_T_STR, .doc = "where the bucket lies"},
    {.name = "expiring_rules",
     .type = MU_T_INT,
     .unit = "rules",
     .finding = MU_F_REPLICA_UNLOCKED,
     .doc = "enabled lifecycle rules that delete objects: they eat data, metadata first"},
    {.name = "encryption", .type = MU_T_STR, .doc = "default encryption: AES256, aws:kms or none"},
    {.name = "kms_key",
     .type = MU_T_STR,
     .doc = "key of the default encryption, which must not be one of the lost region"},
    {.name = "public_blocked",
     .type = MU_T_BOOL,
     .doc = "all four settings of the public access block are on"},
    {0},
};

struct asking {
  const struct mu_probe_ctx *ctx;
  struct mu_aws *aws;
  const char *bucket, *owner;
};

static int ask(const struct asking *asking, const char *operation, struct mu_aws_answer *answer,
               struct mu_err *err) {
  const struct mu_param_row bucket = {"Bucket", asking->bucket};
  const struct mu_http_header owner = {"x-amz-expected-bucket-owner", asking->owner};
  struct mu_aws_args args = {.params = &bucket,
                             .params_n = 1,
                             .headers = &owner,
                             .headers_n = asking->owner ? 1 : 0,
                             .deadline_mono_ms = asking->ctx->deadline_mono_ms};
  return mu_aws_do(asking->aws, asking->ctx->http, "s3", operation, &args, asking->ctx->arena,
                   answer, err);
}

static int versioning(const struct asking *asking, struct mu_facts *facts, bool *absent,
                      struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  struct mu_err why = {0};
  if (ask(asking, "GetBucketVersioning", &answer, &why) != 0) {
    *absent = why.code == MU_E_ABSENT;
    *err = *absent ? *err : why;
    return *absent ? 0 : -1;
  }
  /* The root's name is not looked at: stand-ins for S3 give it others. */
  const char *status = mu_xml_str(mu_xml_child(answer.xml, NULL), "Status", "never");
  (void)mu_fact_str(facts, "s3_bucket.versioning", status);
  return 0;
}

static char *lower(struct mu_arena *arena, const char *text) {
  char *copy = mu_arena_str(arena, text);
  for (char *at = copy; *at; at++) {
    *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + ('a' - 'A') : *at);
  }
  return copy;
}

/* The emulator answers with both days and years (0); the service with the one that was set. */
static int lock_days(const struct mu_xml_node *rule, int64_t *out, struct mu_err *err) {
  int64_t days = 0, years = 0;
  const char *in_days = mu_xml_str(rule, "Days", "0"), *in_years = mu_xml_str(rule, "Years", "0");
  if (mu_num_parse_i64(*in_days ? in_days : "0", &days) != 0 ||
      mu_num_parse_i64(*in_years ? in_years : "0", &years) != 0 || days < 0 || years < 0 ||
      years > 1000) {
    return mu_fail(err, MU_E_REMOTE, "the retention of the bucket is no number");
  }
  *out = days > 0 ? days : years * DAYS_A_YEAR;
  return 0;
}

static int object_lock(const struct asking *asking, struct mu_facts *facts, struct mu_err *err) {
  MU_AWS_ANSWER(answer);
  int64_t days = 0;
  bool none = false;
  struct mu_err why = {0};
  if (ask(asking, "GetObjectLockConfiguration", &answer, &why) != 0) {
    none = why.code == MU_E_ABSENT || mu_streq(answer.code, "ObjectLockConfigurationNotFoundError");
    if (!none) {
      *err = why;
      return -1;
    }
  }
  const struct mu_xml_node *config = none ? NULL : mu_xml_child(answer.xml, NULL);
  const struct mu_xml_node *rule = mu_xml_path(config, "Rule/DefaultRetention");
  const char *mode = mu_xml_str(rule, "Mode", "none");
  if (rule && lock_days(rule, &days, err) != 0) {
    return -1;
  }
  (void)mu_fact_bool(facts, "s3_bucket.lock_enabled",
                     mu_streq(mu_xml_str(config, "ObjectLockEnabled", ""), "Enabled"));
  (void)mu_fact_str(facts, "s3_bucket.lock_mode", lower(asking->ctx->arena, mode));
  (void)mu_fact_int(facts, "s3_bucket.lock_days", days, "days");
  return 0;
}

/* What follows is not worth failing for where the right to ask was not given: then the fact stays
 * away, which is no pass either. True: there is an answer, or (*none) a setting that does not
 * exist. */
static bool ask_gently(const struct asking *asking, const char *operation,
                       struct mu_aws_answer *answer, bool *none) {
  struct mu_err err = {0};
  int rc = ask(asking, operation, answer, &err);
  *none = rc != 0 && err.code == MU_E_ABSENT;
  return rc == 0 || *none;
}

static void region(const struct asking *asking, struct mu_facts *facts) {
  MU_AWS_ANSWER(answer);
  bool none = false;
  if (ask_gently(asking, "GetBucketLocation", &answer, &none) && !none) {
    const char *text = mu_xml_str(answer.xml, "LocationConstraint", "");
    /* The oldest region has no constraint, and Ireland an old name. */
    const char *name = !*text ? "us-east-1" : mu_streq(text, "EU") ? "eu-west-1" : text;
    (void)mu_fact_str(facts, "s3_bucket.region", name);
  }
}

static bool deletes(const struct mu_xml_node *rule) {
  bool is_on = mu_streq(mu_xml_str(rule, "Status", ""), "Enabled");
  const struct mu_xml_node *current = mu_xml_child(rule, "Expiration");
  bool only_markers = mu_xml_child(current, "ExpiredObjectDeleteMarker") != NULL;
  return is_on && (current || mu_xml_child(rule, "NoncurrentVersionExpiration")) && !only_markers;
}

static void lifecycle(const struct asking *asking, struct mu_facts *facts) {
  MU_AWS_ANSWER(answer);
  bool none = false;
  int64_t n = 0;
  if (!ask_gently(asking, "GetBucketLifecycleConfiguration", &answer, &none)) {
    return;
  }
  const struct mu_xml_node *root = none ? NULL : mu_xml_child(answer.xml, NULL);
  for (const struct mu_xml_node *rule = mu_xml_child(root, "Rule"); rule;
       rule = mu_xml_again(rule)) {
    n += deletes(rule) ? 1 : 0;
  }
  (void)mu_fact_int(facts, "s3_bucket.expiring_rules", n, "rules");
}

static void encryption(const struct asking *asking, struct mu_facts *facts) {
  MU_AWS_ANSWER(answer);
  bool none = false;
  if (!ask_gently(asking, "GetBucketEncryption", &answer, &none)) {
    return;
  }
  const struct mu_xml_node *root = none ? NULL : mu_xml_child(answer.xml, NULL);
  const struct mu_xml_node *rule = mu_xml_path(root, "Rule/ApplyServerSideEncryptionByDefault");
  const char *key = mu_xml_str(rule, "KMSMasterKeyID", "");
  (void)mu_fact_str(facts, "s3_bucket.encryption", mu_xml_str(rule, "SSEAlgorithm", "none"));
  if (*key) {
    (void)mu_fact_str(facts, "s3_bucket.kms_key", key);
  }
}

static void public_access(const struct asking *asking, struct mu_facts *facts) {
  static const char *const settings[] = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                         "RestrictPublicBuckets"};
  MU_AWS_ANSWER(answer);
  bool none = false, all = true;
  if (!ask_gently(asking, "GetPublicAccessBlock", &answer, &none)) {
    return;
  }
  const struct mu_xml_node *root = none ? NULL : mu_xml_child(answer.xml, NULL);
  for (size_t i = 0; i < MU_LEN(settings); i++) {
    const char *value = mu_xml_str(root, settings[i], "false");
    all = all && (mu_streq(value, "true") || mu_streq(value, "True"));
  }
  (void)mu_fact_bool(facts, "s3_bucket.public_blocked", all);
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  struct asking asking = {.ctx = ctx,
                          .bucket = mu_arg_str(args, "bucket", ""),
                          .owner = mu_arg_str(args, "owner", NULL)};
  asking.aws = ctx->aws ? ctx->aws(ctx->aws_ctx, mu_arg_str(args, "region", NULL),
                                   mu_arg_str(args, "profile", NULL))
                        : NULL;
  if (!asking.aws || !ctx->http) {
    return mu_fail(err, MU_E_DENIED, "no AWS credentials");
  }
  if (versioning(&asking, facts, absent, err) != 0) {
    return -1;
  }
  if (*absent) {
    return 0;
  }
  region(&asking, facts);
  lifecycle(&asking, facts);
  encryption(&asking, facts);
  public_access(&asking, facts);
  return object_lock(&asking, facts, err);
}

const struct mu_probe mu_probe_s3_bucket = {
    .name = "s3_bucket",
    .summary = "versioning, Object Lock, lifecycle and encryption of an S3 bucket",
    .params = params,
    .facts = facts_seen,
    .headline = "versioning {versioning}, lock {lock_mode} {lock_days}",
    .target = "bucket",
    .network = true,
    .observe = observe,
};
