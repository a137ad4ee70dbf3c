/* SPDX-License-Identifier: Apache-2.0 */
/* Roll-ups: for every row of rollup.def a collection that the resource explains, and one, as close
 * as possible, that it must not. A row without both fails the last test. */
#include "unit/drift_run.h"

#define QUOTE(text) "\"" text "\""

struct row {
  const char *owner, *attribute, *member; /* types */
  const char *owner_values, *member_values;
  const char *explained, *strange; /* JSON */
};

#define RULE_OF(port, cidr)                                                                        \
  "[{\"cidr_blocks\":[\"" cidr "\"],\"description\":\"\",\"from_port\":" port ",\"to_port\":" port \
  ",\"protocol\":\"tcp\",\"self\":false,\"security_groups\":[]}]"
#define DOCUMENT(effect) "\"{\\\"Statement\\\":[{\\\"Effect\\\":\\\"" effect "\\\"}]}\""
#define ENTRY(cidr)                                                                                \
  "[{\"action\":\"allow\",\"cidr_block\":\"" cidr                                                  \
  "\",\"from_port\":443,\"icmp_code\":0,\"icmp_type\":3,\"ipv6_cidr_block\":\"\","                 \
  "\"protocol\":\"6\",\"rule_no\":100,\"to_port\":443}]"
#define ACL_RULE(egress)                                                                           \
  "\"network_acl_id\":\"i\",\"egress\":" egress                                                    \
  ",\"rule_action\":\"allow\",\"cidr_block\":\"10.0.0.0/8\",\"from_port\":443,\"to_port\":443,"    \
  "\"protocol\":\"6\",\"rule_number\":100,\"icmp_type\":\"3\""
#define LIFECYCLE(days)                                                                            \
  "[{\"id\":\"old\",\"enabled\":true,\"abort_incomplete_multipart_upload_days\":7,\"expiration\":" \
  "[{\"days\":" days ",\"date\":\"\"}],\"noncurrent_version_expiration\":[{\"days\":5}],"          \
  "\"tags\":{\"k\":\"v\"}}]"
#define BALANCER(id) "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/lb/" id
#define LISTENER "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/lb/b1/l1"
#define REPLICATION(bucket)                                                                        \
  "[{\"role\":\"r\",\"rules\":[{\"id\":\"a\",\"status\":\"Enabled\",\"destination\":[{"            \
  "\"bucket\":\"" bucket "\",\"account_id\":\"1\"}],\"delete_marker_replication_status\":"         \
  "\"Enabled\"}]}]"
#define DISK(volume)                                                                               \
  "[{\"device_name\":\"/dev/sdf\",\"volume_id\":\"" volume "\",\"volume_size\":100,"               \
  "\"encrypted\":true,\"delete_on_termination\":false}]"

static const struct row rows[] = {
    /* AWS: network */
    {"aws_security_group", "ingress", "aws_security_group_rule", "",
     "\"security_group_id\":\"i\",\"type\":\"ingress\",\"cidr_blocks\":[\"10.0.0.0/8\"],"
     "\"from_port\":1,\"to_port\":1,\"protocol\":\"tcp\"",
     RULE_OF("1", "10.0.0.0/8"), RULE_OF("1", "10.0.0.0/7")},
    {"aws_default_security_group", "ingress", "aws_vpc_security_group_ingress_rule", "",
     "\"security_group_id\":\"i\",\"cidr_ipv4\":\"10.0.0.0/8\",\"from_port\":1,\"to_port\":1,"
     "\"ip_protocol\":\"6\"",
     RULE_OF("1", "10.0.0.0/8"), RULE_OF("2", "10.0.0.0/8")},
    {"aws_security_group", "egress", "aws_security_group_rule", "",
     "\"security_group_id\":\"i\",\"type\":\"egress\",\"cidr_blocks\":[\"10.0.0.0/8\"],"
     "\"from_port\":1,\"to_port\":1,\"protocol\":\"tcp\"",
     RULE_OF("1", "10.0.0.0/8"), RULE_OF("1", "0.0.0.0/0")},
    {"aws_security_group", "egress", "aws_vpc_security_group_egress_rule", "",
     "\"security_group_id\":\"i\",\"cidr_ipv4\":\"10.0.0.0/8\",\"from_port\":1,\"to_port\":1,"
     "\"ip_protocol\":\"tcp\"",
     RULE_OF("1", "10.0.0.0/8"), RULE_OF("1", "0.0.0.0/0")},
    {"aws_route_table", "route", "aws_route", "",
     "\"route_table_id\":\"i\",\"destination_cidr_block\":\"0.0.0.0/0\",\"gateway_id\":\"igw-1\"",
     "[{\"cidr_block\":\"0.0.0.0/0\",\"gateway_id\":\"igw-1\",\"nat_gateway_id\":\"\"}]",
     "[{\"cidr_block\":\"0.0.0.0/0\",\"gateway_id\":\"igw-2\",\"nat_gateway_id\":\"\"}]"},
    {"aws_route_table", "propagating_vgws", "aws_vpn_gateway_route_propagation", "",
     "\"route_table_id\":\"i\",\"vpn_gateway_id\":\"vgw-1\"", "[\"vgw-1\"]",
     "[\"vgw-1\",\"vgw-2\"]"},
    {"aws_network_acl", "ingress", "aws_network_acl_rule", "", ACL_RULE("false"),
     ENTRY("10.0.0.0/8"), ENTRY("0.0.0.0/0")},
    {"aws_network_acl", "egress", "aws_network_acl_rule", "", ACL_RULE("true"), ENTRY("10.0.0.0/8"),
     ENTRY("0.0.0.0/0")},
    {"aws_network_acl", "subnet_ids", "aws_network_acl_association", "",
     "\"network_acl_id\":\"i\",\"subnet_id\":\"s-1\"", "[\"s-1\"]", "[\"s-2\"]"},
    {"aws_vpc_endpoint", "route_table_ids", "aws_vpc_endpoint_route_table_association", "",
     "\"vpc_endpoint_id\":\"i\",\"route_table_id\":\"t-1\"", "[\"t-1\"]", "[\"t-2\"]"},
    {"aws_vpc_endpoint", "subnet_ids", "aws_vpc_endpoint_subnet_association", "",
     "\"vpc_endpoint_id\":\"i\",\"subnet_id\":\"s-1\"", "[\"s-1\"]", "[\"s-1\",\"s-2\"]"},
    {"aws_vpc_endpoint", "security_group_ids", "aws_vpc_endpoint_security_group_association", "",
     "\"vpc_endpoint_id\":\"i\",\"security_group_id\":\"sg-1\"", "[\"sg-1\"]", "[\"sg-2\"]"},
    {"aws_network_interface", "security_groups", "aws_network_interface_sg_attachment", "",
     "\"network_interface_id\":\"i\",\"security_group_id\":\"sg-1\"", "[\"sg-1\"]", "[\"sg-2\"]"},
    {"aws_route53_zone", "vpc", "aws_route53_zone_association", "\"zone_id\":\"Z1\"",
     "\"zone_id\":\"Z1\",\"vpc_id\":\"vpc-1\",\"vpc_region\":\"us-east-1\"",
     "[{\"vpc_id\":\"vpc-1\",\"vpc_region\":\"us-east-1\"}]",
     "[{\"vpc_id\":\"vpc-1\",\"vpc_region\":\"us-west-2\"}]"},
    /* AWS: identity */
    {"aws_iam_role", "managed_policy_arns", "aws_iam_role_policy_attachment", "\"name\":\"r\"",
     "\"role\":\"r\",\"policy_arn\":\"arn:a\"", "[\"arn:a\"]", "[\"arn:a\",\"arn:b\"]"},
    {"aws_iam_role", "managed_policy_arns", "aws_iam_policy_attachment", "\"name\":\"r\"",
     "\"roles\":[\"q\",\"r\"],\"policy_arn\":\"arn:a\"", "[\"arn:a\"]", "[\"arn:b\"]"},
    {"aws_iam_role", "managed_policy_arns", "aws_iam_role_policy_attachments_exclusive",
     "\"name\":\"r\"", "\"role_name\":\"r\",\"policy_arns\":[\"arn:a\",\"arn:b\"]",
     "[\"arn:b\",\"arn:a\"]", "[\"arn:c\"]"},
    {"aws_iam_role", "inline_policy", "aws_iam_role_policy", "\"name\":\"r\"",
     "\"role\":\"r\",\"name\":\"i\",\"policy\":" DOCUMENT("Allow"),
     "[{\"name\":\"i\",\"policy\":" DOCUMENT("Allow") "}]",
     "[{\"name\":\"i\",\"policy\":" DOCUMENT("Deny") "}]"},
    {"aws_iam_user", "groups", "aws_iam_user_group_membership", "\"name\":\"u\"",
     "\"user\":\"u\",\"groups\":[\"g\"]", "[\"g\"]", "[\"g\",\"administrators\"]"},
    /* AWS: buckets */
    {"aws_s3_bucket", "policy", "aws_s3_bucket_policy", "",
     "\"bucket\":\"i\",\"policy\":" DOCUMENT("Deny"), DOCUMENT("Deny"), DOCUMENT("Allow")},
    {"aws_s3_bucket", "versioning", "aws_s3_bucket_versioning", "",
     "\"bucket\":\"i\",\"versioning_configuration\":[{\"status\":\"Enabled\"}]",
     "[{\"enabled\":true,\"mfa_delete\":false}]", "[{\"enabled\":false,\"mfa_delete\":false}]"},
    {"aws_s3_bucket", "server_side_encryption_configuration",
     "aws_s3_bucket_server_side_encryption_configuration", "",
     "\"bucket\":\"i\",\"rule\":[{\"apply_server_side_encryption_by_default\":[{"
     "\"sse_algorithm\":\"aws:kms\"}]}]",
     "[{\"rule\":[{\"apply_server_side_encryption_by_default\":[{\"sse_algorithm\":"
     "\"aws:kms\"}]}]}]",
     "[{\"rule\":[{\"apply_server_side_encryption_by_default\":[{\"sse_algorithm\":"
     "\"AES256\"}]}]}]"},
    {"aws_s3_bucket", "lifecycle_rule", "aws_s3_bucket_lifecycle_configuration", "",
     "\"bucket\":\"i\",\"rule\":[{\"id\":\"old\",\"status\":\"Enabled\",\"abort_incomplete_"
     "multipart_upload\":[{\"days_after_initiation\":7}],\"expiration\":[{\"days\":30}],"
     "\"noncurrent_version_expiration\":[{\"noncurrent_days\":5}],\"filter\":[{\"tag\":[{"
     "\"key\":\"k\",\"value\":\"v\"}]}]}]",
     LIFECYCLE("30"), LIFECYCLE("1")},
    {"aws_s3_bucket", "object_lock_configuration", "aws_s3_bucket_object_lock_configuration", "",
     "\"bucket\":\"i\",\"rule\":[{\"default_retention\":[{\"days\":30,\"mode\":\"GOVERNANCE\"}]}]",
     "[{\"rule\":[{\"default_retention\":[{\"days\":30,\"mode\":\"GOVERNANCE\"}]}]}]",
     "[{\"rule\":[{\"default_retention\":[{\"days\":1,\"mode\":\"GOVERNANCE\"}]}]}]"},
    {"aws_s3_bucket", "logging", "aws_s3_bucket_logging", "",
     "\"bucket\":\"i\",\"target_bucket\":\"logs\",\"target_prefix\":\"p/\"",
     "[{\"target_bucket\":\"logs\",\"target_prefix\":\"p/\"}]",
     "[{\"target_bucket\":\"theirs\",\"target_prefix\":\"p/\"}]"},
    {"aws_s3_bucket", "cors_rule", "aws_s3_bucket_cors_configuration", "",
     "\"bucket\":\"i\",\"cors_rule\":[{\"allowed_methods\":[\"GET\"],\"allowed_origins\":[\"a\"]}]",
     "[{\"allowed_methods\":[\"GET\"],\"allowed_origins\":[\"a\"]}]",
     "[{\"allowed_methods\":[\"GET\"],\"allowed_origins\":[\"*\"]}]"},
    {"aws_s3_bucket", "website", "aws_s3_bucket_website_configuration", "",
     "\"bucket\":\"i\",\"index_document\":[{\"suffix\":\"i.html\"}],\"error_document\":[{"
     "\"key\":\"e.html\"}]",
     "[{\"index_document\":\"i.html\",\"error_document\":\"e.html\"}]",
     "[{\"index_document\":\"i.html\",\"error_document\":\"i.html\"}]"},
    {"aws_s3_bucket", "replication_configuration", "aws_s3_bucket_replication_configuration", "",
     "\"bucket\":\"i\",\"role\":\"r\",\"rule\":[{\"id\":\"a\",\"status\":\"Enabled\","
     "\"destination\":[{\"bucket\":\"b\",\"account\":\"1\"}],\"delete_marker_replication\":[{"
     "\"status\":\"Enabled\"}]}]",
     REPLICATION("b"), REPLICATION("theirs")},
    {"aws_s3_bucket", "acl", "aws_s3_bucket_acl", "", "\"bucket\":\"i\",\"acl\":\"private\"",
     QUOTE("private"), QUOTE("public-read")},
    /* AWS: policies of other things */
    {"aws_sns_topic", "policy", "aws_sns_topic_policy", "\"arn\":\"arn:t\"",
     "\"arn\":\"arn:t\",\"policy\":" DOCUMENT("Deny"), DOCUMENT("Deny"), DOCUMENT("Allow")},
    {"aws_sqs_queue", "policy", "aws_sqs_queue_policy", "",
     "\"queue_url\":\"i\",\"policy\":" DOCUMENT("Deny"), DOCUMENT("Deny"), DOCUMENT("Allow")},
    {"aws_secretsmanager_secret", "policy", "aws_secretsmanager_secret_policy", "\"arn\":\"arn:s\"",
     "\"secret_arn\":\"arn:s\",\"policy\":" DOCUMENT("Deny"), DOCUMENT("Deny"), DOCUMENT("Allow")},
    {"aws_kms_key", "policy", "aws_kms_key_policy", "\"key_id\":\"k\"",
     "\"key_id\":\"k\",\"policy\":" DOCUMENT("Deny"), DOCUMENT("Deny"), DOCUMENT("Allow")},
    /* AWS: attachments */
    {"aws_lb_target_group", "load_balancer_arns", "aws_lb_listener", "\"arn\":\"arn:t\"",
     "\"load_balancer_arn\":" QUOTE(BALANCER("b1")) ",\"default_action\":[{\"target_group_arn\":"
                                                    "\"arn:t\"}]",
     "[" QUOTE(BALANCER("b1")) "]", "[" QUOTE(BALANCER("b2")) "]"},
    {"aws_alb_target_group", "load_balancer_arns", "aws_lb_listener_rule", "\"arn\":\"arn:t\"",
     "\"listener_arn\":" QUOTE(LISTENER) ",\"action\":[{\"target_group_arn\":\"arn:t\"}]",
     "[" QUOTE(BALANCER("b1")) "]", "[" QUOTE(BALANCER("b2")) "]"},
    {"aws_autoscaling_group", "target_group_arns", "aws_autoscaling_attachment", "\"name\":\"g\"",
     "\"autoscaling_group_name\":\"g\",\"lb_target_group_arn\":\"arn:t\"", "[\"arn:t\"]",
     "[\"arn:u\"]"},
    {"aws_autoscaling_group", "load_balancers", "aws_autoscaling_attachment", "\"name\":\"g\"",
     "\"autoscaling_group_name\":\"g\",\"elb\":\"e\"", "[\"e\"]", "[\"f\"]"},
    {"aws_instance", "ebs_block_device", "aws_volume_attachment", "",
     "\"instance_id\":\"i\",\"volume_id\":\"vol-1\",\"device_name\":\"/dev/sdf\"", DISK("vol-1"),
     DISK("vol-2")},
    {"aws_rds_cluster", "cluster_members", "aws_rds_cluster_instance",
     "\"cluster_identifier\":\"c\"", "\"cluster_identifier\":\"c\",\"identifier\":\"one\"",
     "[\"one\"]", "[\"one\",\"two\"]"},
    {"aws_rds_cluster", "iam_roles", "aws_rds_cluster_role_association",
     "\"cluster_identifier\":\"c\"", "\"db_cluster_identifier\":\"c\",\"role_arn\":\"arn:r\"",
     "[\"arn:r\"]", "[\"arn:q\"]"},
    {"aws_db_instance", "replicas", "aws_db_instance", "\"identifier\":\"d\"",
     "\"replicate_source_db\":\"d\",\"identifier\":\"e\"", "[\"e\"]", "[\"f\"]"},
    {"aws_ecs_cluster", "capacity_providers", "aws_ecs_cluster_capacity_providers",
     "\"name\":\"c\"", "\"cluster_name\":\"c\",\"capacity_providers\":[\"FARGATE\"]",
     "[\"FARGATE\"]", "[\"FARGATE_SPOT\"]"},
    /* Azure, Google */
    {"azurerm_virtual_network", "subnet", "azurerm_subnet", "\"name\":\"v\"",
     "\"virtual_network_name\":\"v\",\"name\":\"s\",\"address_prefixes\":[\"10.0.1.0/24\"]",
     "[{\"name\":\"s\",\"address_prefix\":\"10.0.1.0/24\",\"security_group\":\"x\"}]",
     "[{\"name\":\"s\",\"address_prefix\":\"10.0.2.0/24\",\"security_group\":\"x\"}]"},
    {"azurerm_network_security_group", "security_rule", "azurerm_network_security_rule",
     "\"name\":\"n\"",
     "\"network_security_group_name\":\"n\",\"name\":\"r\",\"access\":\"Allow\",\"priority\":100",
     "[{\"name\":\"r\",\"access\":\"Allow\",\"priority\":100}]",
     "[{\"name\":\"r\",\"access\":\"Allow\",\"priority\":90}]"},
    {"azurerm_route_table", "route", "azurerm_route", "\"name\":\"t\"",
     "\"route_table_name\":\"t\",\"name\":\"r\",\"address_prefix\":\"10.0.0.0/8\"",
     "[{\"name\":\"r\",\"address_prefix\":\"10.0.0.0/8\"}]",
     "[{\"name\":\"r\",\"address_prefix\":\"0.0.0.0/0\"}]"},
    {"azurerm_route_table", "subnets", "azurerm_subnet_route_table_association", "",
     "\"route_table_id\":\"i\",\"subnet_id\":\"s\"", "[\"s\"]", "[\"t\"]"},
    {"google_compute_network", "peerings", "google_compute_network_peering", "\"self_link\":\"l\"",
     "\"network\":\"l\",\"name\":\"p\",\"peer_network\":\"m\"",
     "[{\"name\":\"p\",\"peer_network\":\"m\"}]", "[{\"name\":\"p\",\"peer_network\":\"theirs\"}]"},
};

/* The owner with the collection, which was not known when planned, beside the resource that may
 * explain it; what is told of the collection. */
static const struct mu_finding *told(struct run *r, struct texts *t, const struct row *row,
                                     const char *collection) {
  const char *own = row->owner_values, *comma = *own ? "," : "";
  int n = snprintf(t->plan, sizeof t->plan,
                   PLAN(CREATE("%s.x", "%s", "{%s}", "{\"id\":true,\"%s\":true}") "," CREATE(
                       "%s.member", "%s", "{%s}", "{}")),
                   row->owner, row->owner, own, row->attribute, row->member, row->member,
                   row->member_values);
  int m = snprintf(
      t->state, sizeof t->state,
      STATE(RES("%s.x", "%s", "{\"id\":\"i\"%s%s,\"%s\":%s}") "," RES("%s.member", "%s", "{%s}")),
      row->owner, row->owner, comma, own, row->attribute, collection, row->member, row->member,
      row->member_values);
  assert_true(n > 0 && (size_t)n < sizeof t->plan && m > 0 && (size_t)m < sizeof t->state);
  start(r, t->plan, t->state);
  go(r);
  assert_int_equal(r->rc, 0);
  char address[128];
  (void)snprintf(address, sizeof address, "%s.x", row->owner);
  return found(r, MU_F_DRIFT_EXTRA, address, row->attribute);
}

static void every_row(void **state) {
  (void)state;
  struct texts *t = calloc(1, sizeof *t);
  assert_non_null(t);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct run r;
    if (told(&r, t, &rows[i], rows[i].explained) || alarms(&r) || r.out.coverage.explained != 1) {
      print_findings(&r);
      fail_msg("not explained: %s.%s by %s", rows[i].owner, rows[i].attribute, rows[i].member);
    }
    finish(&r);
    const struct mu_finding *f = told(&r, t, &rows[i], rows[i].strange);
    if (!f || f->severity != MU_HIGH) {
      print_findings(&r);
      fail_msg("explained: %s.%s by %s", rows[i].owner, rows[i].attribute, rows[i].member);
    }
    finish(&r);
  }
  free(t);
}

static bool rolled_up(const struct row *row, const char *owner, const char *attribute,
                      const char *member) {
  return mu_str_glob(owner, row->owner) && strcmp(attribute, row->attribute) == 0 &&
         mu_str_glob(member, row->member);
}

static void no_row_without_a_test(void **state) {
  (void)state;
  static const char *const table[][3] = {
#define MU_ROLLUP(id, owner, attribute, key, member, reference, how, value)                        \
  {owner, attribute, member},
#include "drift/rollup.def"
#undef MU_ROLLUP
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    bool tested = false;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
      tested |= rolled_up(&rows[k], table[i][0], table[i][1], table[i][2]);
    }
    if (!tested) {
      fail_msg("no test: %s.%s by %s", table[i][0], table[i][1], table[i][2]);
    }
  }
}

/* An entry that somebody added for the other direction explains nothing. */
static void a_direction_of_its_own(void **state) {
  (void)state;
  const struct row row = {
      "aws_network_acl",   "ingress", "aws_network_acl_rule", "", ACL_RULE("true"),
      ENTRY("10.0.0.0/8"), ""};
  struct texts *t = calloc(1, sizeof *t);
  struct run r;
  assert_non_null(t);
  assert_non_null(told(&r, t, &row, row.explained));
  finish(&r);
  free(t);
}

/* A bucket that says nothing of versioning is as planned where nobody plans it. */
static void nothing_said_of_versioning(void **state) {
  (void)state;
  struct run r;
  run(&r,
      PLAN(CREATE("aws_s3_bucket.b", "aws_s3_bucket", "{\"bucket\":\"b\"}",
                  "{\"id\":true,\"versioning\":true}")),
      STATE(RES("aws_s3_bucket.b", "aws_s3_bucket",
                "{\"bucket\":\"b\",\"id\":\"b\",\"versioning\":[{\"enabled\":false,\"mfa_delete\":"
                "false}]}")));
  assert_int_equal(alarms(&r), 0);
  assert_int_equal(r.out.coverage.explained, 1);
  finish(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_row),
      cmocka_unit_test(no_row_without_a_test),
      cmocka_unit_test(a_direction_of_its_own),
      cmocka_unit_test(nothing_said_of_versioning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
