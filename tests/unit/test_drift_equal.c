/* SPDX-License-Identifier: Apache-2.0 */
/* The equality rules: for every row of equal.def a pair that it forgives, and one, as close as
 * possible, that it must not. A row without both fails the last test. */
#include "unit/drift_run.h"

struct row {
  const char *rule;
  const char *type, *attribute;
  const char *planned, *actual; /* JSON */
  bool equal;
};

#define ROLE "aws_iam_role", "assume_role_policy"
#define POLICY(body) "\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[" body "]}\""
#define ALLOW(rest) "{\\\"Effect\\\":\\\"Allow\\\"," rest "}"

/* One cloud-config packed in several ways, and what is nearly that. By Python's gzip. */
static const char gz_fast[] =
    "\""
    "H4sIAAAAAAAE/13OPQrCQACE0X5PsWC94MzEn3ibsJogihHE+9vYfClf93b9uX6vra+v+b6U99Qf03L7XEqtrf7V"
    "9pAgQ4EG6AAdoRN0hkZImww3Ykf8iCFxJJbEk5gSV+bKXJkrc2WuzJW5MlfmylyFq3AVrsJVuApX4SpchauM5Qcj"
    "ChP7ZgIAAA=="
    "\"";
static const char gz_best[] =
    "\""
    "H4sICADxU2UC/3VzZXItZGF0YQBd0TsKAkEURNG8V9Fg3GBV+Rt3M7Q6iOII4v5NTG6HN3qHepv+XL+X1tfX7b6U"
    "99wf83L9nEutrf6rbVFCGRXUDrVHHVBH1Ak18fqAoUbkiB4RJIpEkmgSUaLKVHnYiCpTZapMlakyVabKVIWqUJXh"
    "dVSFqlAVqkJVqMpUfiMKE/tmAgAA"
    "\"";
static const char gz_two[] =
    "\""
    "H4sIAAUAAAAA/1NOzskvTdFNzs9Ly0znKkhMzk5MTy224lJQ0FWA8nQNUHiGKDwjFJ4xCs8EygMAqDHOcmQAAAAf"
    "iwgABQAAAAD/Vc67DcIAFASwPlNkgUi8O34ZJ4oQBQ37V0h0Lt35/Bzv13Zb1nVbv8f51x090BPtaC5yZGTlVToa"
    "S+NpTI2ruIqruIqruIqruIqruIqruqqruqqruqqruqqruuq+/ADs1kcdAgIAAA=="
    "\"";
static const char gz_other[] =
    "\""
    "H4sIAAAAAAAE/13OPQrCQACE0X5PsZB6wZmJP/E2YY1BFCOI97ex+Sxf94b+2D6X1rfn9baW19zv87q8z6XWVn9q"
    "O0iQoUAjtIcO0BE6QROkvww3Ykf8iCFxJJbEk5gSV+bKXJkrc2WuzJW5MlfmylyFq3AVrsJVuApX4SpchatMZfgC"
    "h/z50mcCAAA="
    "\"";
static const char gz_tail[] =
    "\""
    "H4sIAAAAAAAE/13OPQrCQACE0X5PsWC94MzEn3ibsJogihHE+9vYfClf93b9uX6vra+v+b6U99Qf03L7XEqtrf7V"
    "9pAgQ4EG6AAdoRN0hkZImww3Ykf8iCFxJJbEk5gSV+bKXJkrc2WuzJW5MlfmylyFq3AVrsJVuApX4SpchauM5Qcj"
    "ChP7ZgIAAHh4"
    "\"";
static const char gz_damaged[] =
    "\""
    "H4sICADxU2UC/3VzZXItZGF0YQBd0TsKAkEURNG8V9Fg3GBV+Rt3M7Q6iOII4v5NTG6HN3qHepv+XL+X19fX7b6U"
    "99wf83L9nEutrf6rbVFCGRXUDrVHHVBH1Ak18fqAoUbkiB4RJIpEkmgSUaLKVHnYiCpTZapMlakyVabKVIWqUJXh"
    "dVSFqlAVqkJVqMpUfiMKE/tmAgAA"
    "\"";

static const struct row rows[] = {
    {"null-empty", "aws_x", "name", "null", "\"\"", true},
    {"null-empty", "aws_x", "name", "[]", "null", true},
    {"null-empty", "aws_x", "name", "{}", "[]", true},
    {"null-empty", "aws_x", "name", "\"x\"", "\"\"", false},
    {"null-empty", "aws_x", "name", "[\"x\"]", "[]",
     false}, /* declared content that is gone is no default */
    {"null-empty", "aws_x", "name", "null", "\" \"", false},
    {"unset-default", "aws_x", "size", "null", "0", true},
    {"unset-default", "aws_x", "size", "null", "false", true},
    {"unset-default", "aws_x", "block", "[]", "[{\"a\":null,\"b\":0,\"c\":\"\",\"d\":[]}]", true},
    {"unset-default", "aws_x", "size", "null", "1", false},
    {"unset-default", "aws_x", "size", "null", "true", false},
    {"unset-default", "aws_x", "size", "0", "1", false},
    {"unset-default", "aws_x", "block", "[]", "[{\"a\":null,\"b\":1}]", false},
    {"service-default", "aws_ecr_repository", "encryption_configuration", "[]",
     "[{\"encryption_type\":\"AES256\",\"kms_key\":\"\"}]", true},
    {"service-default", "aws_ecr_repository", "encryption_configuration", "[]",
     "[{\"encryption_type\":\"KMS\",\"kms_key\":\"k\"}]", false},
    {"service-default", "aws_ecr_repository", "encryption_configuration",
     "[{\"encryption_type\":\"KMS\",\"kms_key\":\"k\"}]",
     "[{\"encryption_type\":\"AES256\",\"kms_key\":\"\"}]", false},
    {"service-default", "aws_dynamodb_table", "table_class", "null", "\"STANDARD\"", true},
    {"service-default", "aws_dynamodb_table", "table_class", "null",
     "\"STANDARD_INFREQUENT_ACCESS\"", false},
    {"service-default", "aws_dynamodb_table", "table_class", "\"STANDARD_INFREQUENT_ACCESS\"",
     "\"STANDARD\"", false},
    {"service-default", "aws_cloudwatch_event_rule", "is_enabled", "null", "true", true},
    {"service-default", "aws_cloudwatch_event_rule", "is_enabled", "false", "true", false},
    {"number-text", "aws_budgets_budget", "limit_amount", "\"100\"", "\"100.0\"", true},
    {"number-text", "aws_ecs_task_definition", "cpu", "\"256\"", "256", true},
    {"number-text", "aws_launch_template", "ebs_optimized", "\"true\"", "true", true},
    {"number-text", "aws_budgets_budget", "limit_amount", "\"100\"", "\"100.01\"", false},
    {"number-text", "aws_x", "limit_amount", "\"100\"", "\"100.0\"",
     false}, /* only where the table says so */
    {"number-text", "aws_launch_template", "ebs_optimized", "\"true\"", "false", false},
    {"policy", ROLE, POLICY(ALLOW("\\\"Action\\\":[\\\"a:B\\\",\\\"a:C\\\"]")),
     POLICY(ALLOW("\\\"Action\\\":[\\\"a:C\\\",\\\"a:B\\\"]")), true},
    {"policy", ROLE, POLICY(ALLOW("\\\"Action\\\":\\\"a:B\\\"")),
     POLICY(ALLOW("\\\"Action\\\":[\\\"a:B\\\"]")), true},
    {"policy", ROLE, POLICY(ALLOW("\\\"Principal\\\":{\\\"AWS\\\":\\\"123456789012\\\"}")),
     POLICY(ALLOW("\\\"Principal\\\":{\\\"AWS\\\":\\\"arn:aws:iam::123456789012:root\\\"}")), true},
    {"policy", ROLE,
     POLICY(ALLOW("\\\"Action\\\":\\\"a\\\"") "," ALLOW("\\\"Action\\\":\\\"b\\\"")),
     POLICY(ALLOW("\\\"Action\\\":\\\"b\\\"") "," ALLOW("\\\"Action\\\":\\\"a\\\"")), true},
    {"policy", ROLE, POLICY("{\\\"Effect\\\":\\\"allow\\\"}"),
     POLICY("{\\\"Effect\\\":\\\"Allow\\\"}"), true},
    {"policy", ROLE, POLICY(ALLOW("\\\"Condition\\\":{\\\"Bool\\\":{\\\"k\\\":true}}")),
     POLICY(ALLOW("\\\"Condition\\\":{\\\"Bool\\\":{\\\"k\\\":[\\\"true\\\"]}}")), true},
    {"policy", ROLE, "\"\"", "\"{}\"", true},
    {"policy", ROLE, POLICY(ALLOW("\\\"Action\\\":\\\"a:b\\\"")),
     POLICY(ALLOW("\\\"Action\\\":\\\"a:B\\\"")), false},
    {"policy", ROLE, POLICY(ALLOW("\\\"Action\\\":\\\"a\\\"")),
     POLICY(ALLOW("\\\"Action\\\":[\\\"a\\\",\\\"b\\\"]")), false},
    {"policy", ROLE, POLICY(ALLOW("\\\"Action\\\":[\\\"a\\\",\\\"a\\\",\\\"b\\\"]")),
     POLICY(ALLOW("\\\"Action\\\":[\\\"a\\\",\\\"b\\\",\\\"b\\\"]")), false},
    {"policy", ROLE, POLICY(ALLOW("\\\"Principal\\\":\\\"*\\\"")),
     POLICY(ALLOW("\\\"Principal\\\":{\\\"AWS\\\":\\\"*\\\"}")), false},
    {"policy", ROLE, POLICY(ALLOW("\\\"Sid\\\":\\\"1\\\"")), POLICY(ALLOW("\\\"Sid\\\":\\\"2\\\"")),
     false},
    {"policy", ROLE, POLICY(ALLOW("\\\"Action\\\":\\\"a\\\"")),
     POLICY(ALLOW("\\\"Action\\\":\\\"a\\\",\\\"Condition\\\":{}")), false},
    {"policy", ROLE, POLICY(ALLOW("\\\"Action\\\":\\\"a\\\"")),
     "\"{\\\"Version\\\":\\\"2008-10-17\\\",\\\"Statement\\\":[" ALLOW(
         "\\\"Action\\\":\\\"a\\\"") "]}\"",
     false},
    {"policy", ROLE, POLICY(ALLOW("\\\"Principal\\\":{\\\"AWS\\\":\\\"123456789012\\\"}")),
     POLICY(ALLOW("\\\"Principal\\\":{\\\"AWS\\\":\\\"arn:aws:iam::123456789012:user/root\\\"}")),
     false},
    {"policy", ROLE, POLICY(ALLOW("\\\"Action\\\":\\\"a\\\"")),
     POLICY("{\\\"Effect\\\":\\\"Allow\\\",\\\"Action\\\":\\\"a\\\",\\\"Action\\\":\\\"*\\\"}"),
     false}, /* a key that comes twice */
    {"json", "aws_x", "doc", "\"{\\\"a\\\": 1, \\\"b\\\": [1, 2]}\"",
     "\"{\\\"b\\\":[1,2],\\\"a\\\":1.0}\"", true},
    {"json", "aws_x", "doc", "\"{\\\"b\\\":[1,2]}\"", "\"{\\\"b\\\":[2,1]}\"", false},
    {"json", "aws_x", "doc", "\"{\\\"a\\\":1}\"", "\"{\\\"a\\\":\\\"1\\\"}\"", false},
    {"json", "aws_x", "doc", "\"{\\\"a\\\":1}\"", "\"{\\\"a\\\":1,\\\"a\\\":2}\"", false},
    {"json", "aws_x", "doc", "\"{\\\"a\\\":1}\"", "\"{\\\"a\\\":1,\\\"b\\\":null}\"", false},
    {"base64", "aws_instance", "user_data_base64", "\"aGVsbG8gd29ybGQ=\"", "\"aGVsbG8g\\nd29ybGQ\"",
     true},
    {"base64", "aws_instance", "user_data_base64", "\"aGVsbG8gd29ybGQ=\"", "\"aGVsbG8gd29ybGR=\"",
     false}, /* bits behind the end */
    {"base64", "aws_instance", "user_data_base64", "\"aGVsbG8gd29ybGQ=\"", "\"aGVsbG8gV29ybGQ=\"",
     false},
    {"base64", "aws_instance", "user_data_base64", "\"hello\"", "\"hel lo!\"", false},
    {"base64", "aws_x", "data", "\"aGVsbG8gd29ybGQ=\"", "\"aGVsbG8gd29ybGQ\"", false},
    {"gzip", "aws_x", "data", gz_fast, gz_best, true},
    {"gzip", "aws_instance", "user_data_base64", gz_fast, gz_two, true}, /* two members */
    {"gzip", "aws_x", "data", gz_fast, gz_other, false},
    {"gzip", "aws_x", "data", gz_fast, gz_tail, false}, /* something behind the end */
    {"gzip", "aws_x", "data", gz_fast, gz_damaged, false},
    {"gzip", "aws_x", "data", gz_fast, "\"#cloud-config\\n\"", false},
    {"yaml", "aws_cloudformation_stack", "template_body",
     "\"Resources:\\n  A:\\n    Type: AWS::S3::Bucket\\n    Names: [a, b]\\n\"",
     "\"# ours\\nResources: {A: {\\\"Names\\\": ['a', \\\"b\\\"], Type: 'AWS::S3::Bucket'}}\"",
     true},
    {"yaml", "helm_release", "values", "\"a: 1\\nb: !Sub x\\n\"", "\"b: !Sub 'x'\\na:   1\"", true},
    {"yaml", "kubectl_manifest", "yaml_body", "\"a: |\\n  x\\n\"", "\"a: \\\"x\\\\n\\\"\"", true},
    {"yaml", "helm_release", "values", "\"a: yes\"", "\"a: 'yes'\"", false},
    {"yaml", "helm_release", "values", "\"a: 1\"", "\"a: 1.0\"", false},
    {"yaml", "helm_release", "values", "\"a: 010\"", "\"a: 8\"", false},
    {"yaml", "helm_release", "values", "\"a: true\"", "\"a: True\"", false},
    {"yaml", "helm_release", "values", "\"a: ~\"", "\"a: \"", false},
    {"yaml", "helm_release", "values", "\"a: !Sub x\"", "\"a: !Ref x\"", false},
    {"yaml", "helm_release", "values", "\"a: !Sub x\"", "\"a: x\"", false},
    {"yaml", "helm_release", "values", "\"a: |\\n  x\"", "\"a: |-\\n  x\\n\"", true},
    {"yaml", "helm_release", "values", "\"a: |\\n  x\\n\"", "\"a: |-\\n  x\\n\"", false},
    {"yaml", "helm_release", "values", "\"a: [1, 2]\"", "\"a: [2, 1]\"", false},
    {"yaml", "helm_release", "values", "\"a: 1\\na: 1\"", "\"a: 1\\na:  1\"", false}, /* twice */
    {"yaml", "helm_release", "values", "\"a: &x 1\\nb: *x\"", "\"a: &x 1\\nb:  *x\"", false},
    {"yaml", "helm_release", "values", "\"a: 1\\n---\\nb: 1\"", "\"a: 1\\n---\\nb:  1\"", false},
    {"yaml", "helm_release", "values", "\"1: x\"", "\"'1': x\"", false},
    {"yaml", "helm_release", "values", "\"plain text\"", "\"'plain text'\"", false},
    {"yaml", "aws_x", "description", "\"a: 1\"", "\"a:  1\"", false},
    {"yaml", "aws_instance", "user_data", "\"#cloud-config\\na: 1\"", "\"a: 1\"", false},
    {"dns-name", "aws_route53_record", "name", "\"API.example.com\"", "\"api.example.com.\"", true},
    {"dns-name", "aws_route53_record", "name", "\"api.example.com\"", "\"api.example.org.\"",
     false},
    {"dns-name", "aws_route53_record", "name", "\".\"", "\"\"", false},
    {"dns-name", "aws_x", "name", "\"api.example.com\"", "\"api.example.com.\"", false},
    {"zone-id", "aws_route53_record", "zone_id", "\"/hostedzone/Z1\"", "\"Z1\"", true},
    {"zone-id", "aws_route53_record", "zone_id", "\"/hostedzone/Z1\"", "\"Z2\"", false},
    {"https-url", "aws_iam_openid_connect_provider", "url", "\"https://a.example.com\"",
     "\"a.example.com\"", true},
    {"https-url", "aws_iam_openid_connect_provider", "url", "\"https://a.example.com\"",
     "\"http://a.example.com\"", false},
    {"https-url", "aws_iam_openid_connect_provider", "url", "\"https://a.example.com\"",
     "\"b.example.com\"", false},
    {"protocol", "aws_network_acl_rule", "protocol", "\"tcp\"", "\"6\"", true},
    {"protocol", "aws_vpc_security_group_ingress_rule", "ip_protocol", "\"-1\"", "\"all\"", true},
    {"protocol", "aws_network_acl_rule", "protocol", "\"tcp\"", "\"17\"", false},
    {"protocol", "aws_x", "protocol", "\"tcp\"", "\"6\"", false},
    {"cidr", "aws_x", "net", "\"2001:DB8:0:0::/32\"", "\"2001:db8::/32\"", true},
    {"cidr", "aws_x", "net", "\"2001:db8::/32\"", "\"2001:db8::/33\"", false},
    {"cidr", "aws_x", "net", "\"2001:db8::1\"", "\"2001:db8::1/128\"", false},
    {"cidr", "aws_x", "net", "\"10.0.0.0/8\"", "\"10.0.0.0/08\"", false},
    {"instant", "aws_x", "at", "\"2026-01-01T00:00:00Z\"", "\"2026-01-01T01:00:00.000+01:00\"",
     true},
    {"instant", "aws_x", "at", "\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:01Z\"", false},
    {"instant", "aws_x", "at", "\"2026-01-01T00:00:00.0001Z\"", "\"2026-01-01T00:00:00.0002Z\"",
     false},
    {"duration", "aws_ssoadmin_permission_set", "session_duration", "\"PT1H\"", "\"PT60M\"", true},
    {"duration", "google_dns_record_set", "ttl", "\"1h\"", "\"3600s\"", true},
    {"duration", "aws_ssoadmin_permission_set", "session_duration", "\"PT1H\"", "\"PT61M\"", false},
    {"duration", "aws_x", "session_length", "\"1h\"", "\"60m\"", false},
    {"arn-star", "aws_x", "log", "\"arn:aws:logs:us-east-1:123456789012:log-group:/a\"",
     "\"arn:aws:logs:us-east-1:123456789012:log-group:/a:*\"", true},
    {"arn-star", "aws_x", "log", "\"arn:aws:logs:us-east-1:123456789012:log-group:/a\"",
     "\"arn:aws:logs:us-east-1:123456789012:log-group:/b:*\"", false},
    {"arn-star", "aws_x", "log", "\"arn:aws:s3:::bucket\"", "\"arn:aws:s3:::bucket:*\"", false},
    {"case", "aws_db_instance", "identifier", "\"Main\"", "\"main\"", true},
    {"case", "aws_db_instance", "identifier", "\"main\"", "\"main2\"", false},
    {"case", "aws_db_instance", "db_name", "\"Main\"", "\"main\"", false},
    {"version-prefix", "aws_db_instance", "engine_version", "\"8.0\"", "\"8.0.45\"", true},
    {"version-prefix", "aws_db_instance", "engine_version", "\"8.0\"", "\"8.01\"", false},
    {"version-prefix", "aws_db_instance", "engine_version", "\"8.0.45\"", "\"8.0\"", false},
    {"version-prefix", "aws_eks_cluster", "version", "\"1\"", "\"1.33\"", false},
    {"kms-key", "aws_x", "kms_key_id", "\"1234-abcd\"",
     "\"arn:aws:kms:us-east-1:123456789012:key/1234-abcd\"", true},
    {"kms-key", "aws_x", "kms_key_id", "\"234-abcd\"",
     "\"arn:aws:kms:us-east-1:123456789012:key/1234-abcd\"", false},
    {"kms-key", "aws_x", "kms_key_id", "\"\"", "\"arn:aws:kms:us-east-1:123456789012:key/\"",
     false},
    {"white-space", "aws_iam_server_certificate", "certificate_body", "\"-----BEGIN\\nabc\\n\"",
     "\"-----BEGIN\\r\\nabc\"", true},
    {"white-space", "aws_iam_server_certificate", "certificate_body", "\"-----BEGIN\\nabc\"",
     "\"-----BEGIN\\nabd\"", false},
    {"white-space", "aws_x", "text", "\"a b\"", "\"ab\"", false},
    {"terraform-only", "aws_s3_bucket", "force_destroy", "true", "null", true},
    {"terraform-only", "aws_s3_bucket", "force_destroy", "true", "false", false},
    {"terraform-only", "aws_s3_bucket", "bucket", "\"x\"", "null", false},
    {"mapped", "aws_x", "arn", "\"arn:aws:s3:us-east-1:x\"", "\"arn:aws:s3:us-west-2:x\"", true},
    {"mapped", ROLE,
     POLICY(ALLOW("\\\"Action\\\":[\\\"a\\\",\\\"b\\\"],\\\"Resource\\\":\\\"arn:us-east-1\\\"")),
     POLICY(ALLOW("\\\"Action\\\":[\\\"b\\\",\\\"a\\\"],\\\"Resource\\\":\\\"arn:us-west-2\\\"")),
     true},
    {"mapped", "aws_x", "arn", "\"arn:aws:s3:us-east-1:x\"", "\"arn:aws:s3:us-east-2:x\"", false},
    {"mapped", "aws_x", "arn", "\"arn:aws:s3:us-west-2:x\"", "\"arn:aws:s3:us-east-1:x\"",
     false}, /* one way only */
    /* Not a rule, but what every rule must leave alone. */
    {"", "aws_x", "a", "1", "1.0", true},
    {"", "aws_x", "a", "\"<\"", "\"\\u003c\"", true},
    {"", "aws_x", "a", "123456789012345678901234567890", "123456789012345678901234567891", false},
    {"", "aws_x", "a", "\"1\"", "1", false},
    {"", "aws_x", "a", "true", "false", false},
    {"", "aws_x", "a", "\"a\\u0000b\"", "\"a\\u0000c\"", false},
    {"", "aws_route53_record", "name", "\"a\\u0000b\"", "\"A\\u0000c\"", false},
    {"", "aws_x", "a", "[\"a\",\"a\",\"b\"]", "[\"a\",\"b\",\"b\"]", false},
    {"", "aws_x", "a", "\"caf\\u00e9\"", "\"cafe\\u0301\"",
     false}, /* normalisation forms are different texts */
};

static void every_row(void **state) {
  (void)state;
  static const struct mu_mapping mapping = {.from = "us-east-1", .to = "us-west-2"};
  struct texts *t = calloc(1, sizeof *t);
  assert_non_null(t);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const struct row *row = &rows[i];
    char after[4096], values[4096];
    (void)snprintf(after, sizeof after, "{\"id\":\"i\",\"%s\":%s}", row->attribute, row->planned);
    (void)snprintf(values, sizeof values, "{\"id\":\"i\",\"%s\":%s}", row->attribute, row->actual);
    texts_of(t, row->type, after, "{}", values);
    struct run r;
    start(&r, t->plan, t->state);
    if (strcmp(row->rule, "mapped") == 0) {
      r.in.mappings = &mapping;
      r.in.mappings_n = 1;
    }
    go(&r);
    if ((alarms(&r) == 0) != row->equal) {
      print_findings(&r);
      fail_msg("%s %s.%s: %s, %s", row->rule, row->type, row->attribute, row->planned, row->actual);
    }
    if (row->equal && *row->rule && !noted(&r, row->attribute, row->rule)) {
      fail_msg("not by the rule %s: %s, %s (%s)", row->rule, row->planned, row->actual,
               r.out.notes_n ? r.out.notes[0].rule : "no note");
    }
    assert_int_equal(r.out.coverage.unverifiable, 0);
    finish(&r);
  }
  free(t);
}

static void both_ways_for_each_rule(void **state) {
  (void)state;
  static const char *const ids[] = {
#define MU_EQUAL(function, id, traits, doc) id,
#include "drift/equal.def"
#undef MU_EQUAL
  };
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    bool forgives = false, refuses = false;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
      forgives |= strcmp(rows[k].rule, ids[i]) == 0 && rows[k].equal;
      refuses |= strcmp(rows[k].rule, ids[i]) == 0 && !rows[k].equal;
    }
    if (!forgives || !refuses) {
      fail_msg("the rule %s lacks a test", ids[i]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_row),
                                     cmocka_unit_test(both_ways_for_each_rule)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
