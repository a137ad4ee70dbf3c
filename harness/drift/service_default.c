/* SPDX-License-Identifier: Apache-2.0 */
/* What a service writes by itself where nobody says anything: policies mostly. It is explained only
 * as it stands in the service's documentation, for this very resource and account: one more
 * principal, action or condition and it is somebody's. */
#include <string.h>

#include "drift/engine.h"

static const struct {
  const char *type, *attribute;
  const char *document; /* %A: the resource's ARN, %O: its account */
} defaults[] = {
    /* SNS developer guide, "Amazon SNS access control": the owner only. */
    {"aws_sns_topic", "policy",
     "{\"Version\":\"2008-10-17\",\"Id\":\"__default_policy_ID\",\"Statement\":[{\"Sid\":"
     "\"__default_statement_ID\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":["
     "\"SNS:GetTopicAttributes\",\"SNS:SetTopicAttributes\",\"SNS:AddPermission\","
     "\"SNS:RemovePermission\",\"SNS:DeleteTopic\",\"SNS:Subscribe\",\"SNS:"
     "ListSubscriptionsByTopic\",\"SNS:Publish\"],\"Resource\":\"%A\",\"Condition\":{"
     "\"StringEquals\":{\"AWS:SourceOwner\":\"%O\"}}}]}"},
    /* KMS developer guide, "Default key policy when you create a KMS key programmatically". */
    {"aws_kms_key", "policy",
     "{\"Version\":\"2012-10-17\",\"Id\":\"key-default-1\",\"Statement\":[{\"Sid\":\"Enable IAM "
     "User Permissions\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::%O:root\"},"
     "\"Action\":\"kms:*\",\"Resource\":\"*\"}]}"},
    /* ECR user guide, "Encryption at rest": with keys of S3's own. */
    {"aws_ecr_repository", "encryption_configuration",
     "[{\"encryption_type\":\"AES256\",\"kms_key\":\"\"}]"},
    /* EventBridge API, PutRule: a rule is enabled unless State says otherwise. */
    {"aws_cloudwatch_event_rule", "is_enabled", "true"},
    {"aws_cloudwatch_event_rule", "state", "\"ENABLED\""},
    /* DynamoDB API, CreateTable, TableClass. */
    {"aws_dynamodb_table", "table_class", "\"STANDARD\""},
};

/* The account of an ARN: its fifth field. */
static const char *account_of(const char *arn, struct mu_arena *arena) {
  for (int colons = 0; colons < 4; arn++) {
    if (!*arn) {
      return "";
    }
    colons += *arn == ':';
  }
  return mu_arena_strn(arena, arn, strcspn(arn, ":"));
}

static void fill(const char *document, const char *arn, const char *account, struct mu_str *out) {
  for (; *document; document++) {
    if (document[0] == '%' && (document[1] == 'A' || document[1] == 'O')) {
      mu_str_add(out, *++document == 'A' ? arn : account);
    } else {
      mu_str_addc(out, *document);
    }
  }
}

/* A policy comes as text, and is compared as one; anything else as it is. */
static bool is_default(struct mu_engine *e, const char *document, struct mu_val value) {
  struct mu_val list = MU_ABSENT_VAL, actual = value;
  const char *text = mu_val_str(value, e->scratch);
  /* scalars, too, are parsed by way of an array */
  if (!mu_embedded(e, mu_arena_fmt(e->scratch, "[%s]", document), &list)) {
    return false;
  }
  struct mu_val usual = mu_val_at(list, 0);
  if (!mu_policy_shaped(usual)) {
    return mu_val_eq(usual, value);
  }
  return (!text || mu_embedded(e, text, &actual)) && mu_policy_equal(usual, actual, e->scratch);
}

bool mu_service_default(struct mu_engine *e, const char *attribute, struct mu_val value) {
  const char *arn = mu_val_str(mu_val_get(e->root.a, "arn"), e->scratch);
  arn = arn ? arn : "";
  for (size_t i = 0; i < MU_LEN(defaults); i++) {
    if (strcmp(defaults[i].type, mu_type(e)) != 0 ||
        strcmp(defaults[i].attribute, attribute) != 0) {
      continue;
    }
    MU_STR(text, 1 << 16);
    fill(defaults[i].document, arn, account_of(arn, e->scratch), &text);
    return is_default(e, mu_str_copy(&text, e->scratch), value);
  }
  return false;
}
