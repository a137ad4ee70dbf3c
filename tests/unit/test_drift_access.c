/* SPDX-License-Identifier: Apache-2.0 */
/* Which way a change points: for every kind of row in access.def, and for policies, one change that
 * widens access or takes protection away, and its inverse, which is drift as well, but not of that
 * severity. */
#include "unit/drift_run.h"

struct row {
  const char *type, *attribute;
  const char *less, *more; /* JSON: less and more open */
};

#define POLICY(body) "\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[" body "]}\""
#define ALLOW(rest) "{\\\"Effect\\\":\\\"Allow\\\"," rest "}"
#define DENY(rest) "{\\\"Effect\\\":\\\"Deny\\\"," rest "}"
#define ACTION(a) "\\\"Action\\\":" a ",\\\"Resource\\\":\\\"*\\\""
#define GET ACTION("\\\"s3:GetObject\\\"")

static const struct row rows[] = {
    {"aws_security_group", "ingress", "[{\"cidr_blocks\":[\"10.0.0.0/8\"],\"from_port\":1}]",
     "[{\"cidr_blocks\":[\"10.0.0.0/8\",\"0.0.0.0/0\"],\"from_port\":1}]"},
    {"aws_security_group", "ingress", "[{\"cidr_blocks\":[\"10.0.0.0/8\"],\"from_port\":1}]",
     "[{\"cidr_blocks\":[\"10.0.0.0/7\"],\"from_port\":1}]"},
    {"aws_security_group", "ingress", "[]", "[{\"cidr_blocks\":[\"10.0.0.0/8\"],\"from_port\":1}]"},
    {"aws_security_group_rule", "cidr_blocks", "[\"10.0.0.0/8\",\"192.168.0.0/16\"]",
     "[\"10.0.0.0/8\",\"192.168.0.0/16\",\"172.16.0.0/12\"]"},
    {"aws_security_group_rule", "ipv6_cidr_blocks", "[\"2001:db8::/32\"]", "[\"::/0\"]"},
    {"aws_vpc_security_group_ingress_rule", "cidr_ipv4", "\"10.0.0.0/8\"", "\"0.0.0.0/0\""},
    {"aws_vpc_security_group_ingress_rule", "from_port", "443", "1"},
    {"aws_security_group_rule", "to_port", "443", "65535"},
    {"aws_security_group_rule", "protocol", "\"tcp\"", "\"-1\""},
    {"aws_eks_cluster", "vpc_config", "[{\"endpoint_public_access\":false}]",
     "[{\"endpoint_public_access\":true}]"},
    {"aws_eks_cluster", "vpc_config", "[{\"public_access_cidrs\":[\"198.51.100.0/24\"]}]",
     "[{\"public_access_cidrs\":[\"0.0.0.0/0\"]}]"},
    {"aws_eks_cluster", "enabled_cluster_log_types", "[\"api\",\"audit\"]", "[\"api\"]"},
    {"aws_iam_role", "managed_policy_arns", "[\"arn:a\"]", "[\"arn:a\",\"arn:b\"]"},
    {"aws_iam_role", "permissions_boundary", "\"arn:b\"", "null"},
    {"aws_db_instance", "publicly_accessible", "false", "true"},
    {"aws_db_instance", "storage_encrypted", "true", "false"},
    {"aws_db_instance", "deletion_protection", "true", "null"},
    {"aws_db_instance", "backup_retention_period", "7", "1"},
    {"aws_db_instance", "enabled_cloudwatch_logs_exports", "[\"audit\"]", "[]"},
    {"aws_s3_bucket_public_access_block", "block_public_acls", "true", "false"},
    {"aws_s3_bucket_versioning", "versioning_configuration", "[{\"status\":\"Enabled\"}]",
     "[{\"status\":\"Suspended\"}]"},
    {"aws_s3_bucket_object_lock_configuration", "rule",
     "[{\"default_retention\":[{\"days\":30,\"mode\":\"GOVERNANCE\"}]}]",
     "[{\"default_retention\":[{\"days\":1,\"mode\":\"GOVERNANCE\"}]}]"},
    {"aws_s3_bucket_object_lock_configuration", "rule",
     "[{\"default_retention\":[{\"days\":30,\"mode\":\"COMPLIANCE\"}]}]",
     "[{\"default_retention\":[{\"days\":30,\"mode\":\"GOVERNANCE\"}]}]"},
    {"aws_s3_bucket_object_lock_configuration", "rule",
     "[{\"default_retention\":[{\"days\":30,\"mode\":\"GOVERNANCE\"}]}]", "[]"},
    {"aws_s3_bucket_server_side_encryption_configuration", "rule",
     "[{\"sse_algorithm\":\"aws:kms\"}]", "[{\"sse_algorithm\":\"AES256\"}]"},
    {"aws_s3_bucket_acl", "acl", "\"private\"", "\"public-read\""},
    {"aws_cloudtrail", "enable_logging", "true", "false"},
    {"aws_cloudwatch_log_group", "retention_in_days", "90", "1"},
    {"aws_kms_key", "enable_key_rotation", "true", "false"},
    {"aws_ecr_repository", "image_tag_mutability", "\"IMMUTABLE\"", "\"MUTABLE\""},
    {"aws_instance", "metadata_options", "[{\"http_tokens\":\"required\"}]",
     "[{\"http_tokens\":\"optional\"}]"},
    {"aws_lb", "internal", "true", "false"},
    {"aws_lb_listener", "protocol", "\"HTTPS\"", "\"HTTP\""},
    {"aws_alb_listener", "ssl_policy", "\"ELBSecurityPolicy-TLS13-1-2-2021-06\"",
     "\"ELBSecurityPolicy-2016-08\""},
    {"azurerm_storage_account", "network_rules", "[{\"default_action\":\"Deny\"}]",
     "[{\"default_action\":\"Allow\"}]"},
    {"azurerm_redis_cache", "minimum_tls_version", "\"1.2\"", "\"1.0\""},
    {"google_compute_firewall", "source_ranges", "[\"10.0.0.0/8\"]", "[\"0.0.0.0/0\"]"},
    {"aws_iam_policy", "policy", POLICY(ALLOW(GET)), POLICY(ALLOW(ACTION("\\\"s3:*\\\"")))},
    {"aws_iam_policy", "policy", POLICY(ALLOW(GET)),
     POLICY(ALLOW(GET) "," ALLOW(ACTION("\\\"iam:PassRole\\\"")))},
    {"aws_iam_policy", "policy", POLICY(ALLOW(GET) "," DENY(GET)), POLICY(ALLOW(GET))},
    {"aws_iam_policy", "policy",
     POLICY(ALLOW(GET ",\\\"Condition\\\":{\\\"Bool\\\":{\\\"k\\\":\\\"true\\\"}}")),
     POLICY(ALLOW(GET))},
    {"aws_s3_bucket_policy", "policy",
     POLICY(ALLOW(GET ",\\\"Principal\\\":{\\\"AWS\\\":\\\"123456789012\\\"}")),
     POLICY(ALLOW(GET ",\\\"Principal\\\":\\\"*\\\""))},
    {"aws_s3_bucket_policy", "policy",
     POLICY(ALLOW(GET ",\\\"Principal\\\":{\\\"AWS\\\":\\\"123456789012\\\"}")),
     POLICY(ALLOW(GET
                  ",\\\"Principal\\\":{\\\"AWS\\\":[\\\"123456789012\\\",\\\"210987654321\\\"]}"))},
    {"aws_iam_policy", "policy",
     POLICY(ALLOW("\\\"Action\\\":\\\"s3:*\\\",\\\"Resource\\\":\\\"arn:aws:s3:::a/*\\\"")),
     POLICY(ALLOW("\\\"Action\\\":\\\"s3:*\\\",\\\"Resource\\\":\\\"arn:aws:s3:::*\\\""))},
};

/* A change from planned to actual: its worst severity, and whether anything was said at all. */
static enum mu_severity change(struct texts *t, const struct row *row, const char *planned,
                               const char *actual, bool *said) {
  char after[4096], values[4096];
  (void)snprintf(after, sizeof after, "{\"id\":\"i\",\"%s\":%s}", row->attribute, planned);
  (void)snprintf(values, sizeof values, "{\"id\":\"i\",\"%s\":%s}", row->attribute, actual);
  texts_of(t, row->type, after, "{}", values);
  struct run r;
  start(&r, t->plan, t->state);
  go(&r);
  enum mu_severity worst = MU_INFO;
  *said = alarms(&r) > 0;
  for (size_t i = 0; i < r.findings.n; i++) {
    worst = r.findings.at[i].severity > worst ? r.findings.at[i].severity : worst;
  }
  finish(&r);
  return worst;
}

static void both_directions(void **state) {
  (void)state;
  struct texts *t = calloc(1, sizeof *t);
  assert_non_null(t);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bool said = false;
    if (change(t, &rows[i], rows[i].less, rows[i].more, &said) != MU_HIGH || !said) {
      fail_msg("not seen as wider: %s.%s %s -> %s", rows[i].type, rows[i].attribute, rows[i].less,
               rows[i].more);
    }
    if (change(t, &rows[i], rows[i].more, rows[i].less, &said) == MU_HIGH) {
      fail_msg("seen as wider: %s.%s %s -> %s", rows[i].type, rows[i].attribute, rows[i].more,
               rows[i].less);
    }
    bool planned_nothing = strcmp(rows[i].more, "null") == 0 || strcmp(rows[i].more, "[]") == 0;
    if (!said && !planned_nothing) {
      fail_msg("not seen at all: %s.%s %s -> %s", rows[i].type, rows[i].attribute, rows[i].more,
               rows[i].less);
    }
  }
  free(t);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(both_directions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
