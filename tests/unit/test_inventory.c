/* SPDX-License-Identifier: Apache-2.0 */
/* What is really there, asked of stub services: by tag, by the names of a plan, and what may
 * linger. */
#define _DEFAULT_SOURCE /* setenv */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "drift/doc.h"
#include "drill/inventory.h"
#include "support/aws_world.h"
#include "support/httpd.h"

/* Answers a request whose head, target or body holds `needle`. */
struct route {
  const char *needle, *body;
  int status; /* 0: 200 */
};

struct world {
  struct aws_world *aws_world;
  struct httpd *server;
  struct mu_aws *aws;
  struct mu_arena *arena;
  const struct route *routes;
  size_t routes_n, asked;
  char first_body[512]; /* of the tagging API */
};

static bool is_json(const struct httpd_req *req) {
  return strstr(req->head, "amz-json") || strstr(req->target, "/clusters");
}

/* A service without a route has nothing. */
static void handle(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct world *w = ctx;
  char all[8192];
  (void)snprintf(all, sizeof all, "%s %s\n%s\n%s", req->method, req->target, req->head, req->body);
  w->asked++;
  if (strstr(all, "ResourceGroupsTaggingAPI") && !*w->first_body) {
    (void)snprintf(w->first_body, sizeof w->first_body, "%s", req->body);
  }
  for (size_t i = 0; i < w->routes_n; i++) {
    if (strstr(all, w->routes[i].needle)) {
      resp->status = w->routes[i].status;
      mu_str_add(&resp->body, w->routes[i].body);
      return;
    }
  }
  mu_str_add(&resp->body, is_json(req) ? "{}" : "<Nothing/>");
}

static int set_up(void **state) {
  struct world *w = calloc(1, sizeof *w);
  void *inner = NULL;
  char url[64];
  assert_int_equal(aws_world_set_up(&inner), 0);
  w->aws_world = inner;
  w->arena = w->aws_world->arena;
  w->server = httpd_start(handle, w);
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", httpd_port(w->server));
  (void)setenv("AWS_ENDPOINT_URL", url, 1);
  (void)setenv("AWS_MAX_ATTEMPTS", "1", 1);
  w->aws = aws_world_client(w->aws_world, (struct mu_aws_options){.mode = MU_AWS_READ_ONLY});
  *state = w;
  return 0;
}

static int tear_down(void **state) {
  struct world *w = *state;
  void *inner = w->aws_world;
  mu_aws_free(w->aws);
  httpd_stop(w->server);
  (void)aws_world_tear_down(&inner);
  (void)unsetenv("AWS_MAX_ATTEMPTS");
  free(w);
  return 0;
}

static void told(struct world *w, const struct route *routes, size_t n) {
  w->routes = routes;
  w->routes_n = n;
}
#define TELL(w, routes) told(w, routes, MU_LEN(routes))

static struct mu_inventory by_tag(struct world *w, const char *value) {
  struct mu_inventory out;
  const struct mu_inventory_want want = {.tag_key = "muster:drill", .tag_value = value};
  mu_inventory_find(w->aws, w->aws_world->http, &want, w->arena, &out);
  return out;
}

/* "id" or "id (lingers: why)" of each item, one a line. */
static const char *items(struct world *w, const struct mu_inventory *found) {
  MU_STR(text, 1 << 16);
  for (size_t i = 0; i < found->items_n; i++) {
    mu_str_addf(&text, "%s%s%s\n", found->items[i].id, found->items[i].lingers ? " lingers: " : "",
                found->items[i].lingers ? found->items[i].lingers : "");
  }
  return mu_str_copy(&text, w->arena);
}

#define TAGGED(arns) "{\"ResourceTagMappingList\":[" arns "]}"
#define ARN(arn) "{\"ResourceARN\":\"arn:aws:" arn "\",\"Tags\":[]}"
#define EC2(list, items) "<Describe" list ">" items "</Describe" list ">"
#define TAGSET(key, value)                                                                         \
  "<tagSet><item><key>" key "</key><value>" value "</value></item></tagSet>"

static void nothing_there_is_nothing_found(void **state) {
  struct world *w = *state;
  struct mu_inventory found = by_tag(w, "drl1");
  assert_int_equal(found.items_n, 0);
  assert_true(found.asked_n > 20);
  for (size_t i = 0; i < found.asked_n; i++) {
    if (found.asked[i].error) {
      fail_msg("%s: %s", found.asked[i].service, found.asked[i].error);
    }
  }
  assert_string_equal(w->first_body,
                      "{\"TagFilters\":[{\"Key\":\"muster:drill\",\"Values\":[\"drl1\"]}]}");
}

static void tags_and_names_of_the_drill_are_found(void **state) {
  struct world *w = *state;
  static const struct route routes[] = {
      {"Action=DescribeVpcs",
       EC2("VpcsResponse",
           "<vpcSet><item><vpcId>vpc-1</vpcId>" TAGSET(
               "muster:drill",
               "drl1") "</item><item><vpcId>vpc-2</vpcId>" TAGSET("muster:drill",
                                                                  "drl2") "</"
                                                                          "item><item><vpcId>vpc-3<"
                                                                          "/vpcId></item></"
                                                                          "vpcSet>"),
       0},
      {"/clusters", "{\"clusters\":[\"lakehouse-drl1\",\"production\"]}", 0},
      {"AWSGlue.GetDatabases", "{\"DatabaseList\":[{\"Name\":\"lake_drl1_\"},{\"Name\":\"lake\"}]}",
       0},
  };
  TELL(w, routes);
  struct mu_inventory found = by_tag(w, "drl1");
  assert_string_equal(items(w, &found), "lakehouse-drl1\nlake_drl1_\nvpc-1\n");
  assert_string_equal(found.items[2].service, "ec2");
  assert_string_equal(found.items[2].type, "aws_vpc");
  assert_string_equal(found.items[2].drill, "drl1");
  found = by_tag(w, NULL); /* of any drill, but only what carries the tag */
  assert_string_equal(items(w, &found), "vpc-1\nvpc-2\n");
}

static void pages_are_followed(void **state) {
  struct world *w = *state;
  static const struct route routes[] = {
      {"\"NextToken\":\"two\"", "{\"DatabaseList\":[{\"Name\":\"b_drl1\"}]}", 0},
      {"AWSGlue.GetDatabases", "{\"DatabaseList\":[{\"Name\":\"a_drl1\"}],\"NextToken\":\"two\"}",
       0},
  };
  TELL(w, routes);
  struct mu_inventory found = by_tag(w, "drl1");
  assert_string_equal(items(w, &found), "a_drl1\nb_drl1\n");
}

static void what_only_the_tagging_api_knows_counts(void **state) {
  struct world *w = *state;
  static const struct route routes[] = {
      {"ResourceGroupsTaggingAPI",
       TAGGED(ARN("ec2:eu-central-1:123456789012:instance/i-1") "," ARN(
           "dynamodb:eu-central-1:123456789012:table/orders") "," ARN("ec2:eu-central-1:"
                                                                      "123456789012:vpc/vpc-1")),
       0},
      {"Action=DescribeVpcs",
       EC2("VpcsResponse",
           "<vpcSet><item><vpcId>vpc-1</vpcId>" TAGSET("muster:drill", "drl1") "</item></vpcSet>"),
       0},
  };
  TELL(w, routes);
  struct mu_inventory found = by_tag(w, "drl1");
  /* EC2 was asked for many types, but not for instances: that none was listed says nothing */
  assert_string_equal(items(w, &found),
                      "vpc-1\n"
                      "arn:aws:ec2:eu-central-1:123456789012:instance/i-1\n"
                      "arn:aws:dynamodb:eu-central-1:123456789012:table/orders\n");
}

static void what_its_service_has_forgotten_lingers(void **state) {
  struct world *w = *state;
  static const struct route routes[] = {
      {"ResourceGroupsTaggingAPI", TAGGED(ARN("ec2:eu-central-1:123456789012:vpc/vpc-9")), 0},
  };
  TELL(w, routes);
  struct mu_inventory found = by_tag(w, "drl1");
  assert_string_equal(items(w, &found),
                      "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-9 lingers: listed by the "
                      "tagging API only; its own service no longer has it\n");
  static const struct route silent[] = {
      {"ResourceGroupsTaggingAPI", TAGGED(ARN("ec2:eu-central-1:123456789012:vpc/vpc-9")), 0},
      {"Action=DescribeVpcs",
       "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
       403},
  };
  TELL(w, silent);
  found = by_tag(w, "drl1"); /* the service did not answer: it may well be there */
  assert_string_equal(items(w, &found), "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-9\n");
}

/* Names that a service wraps into its ARN are recognised as being there. */
static void what_is_there_does_not_linger(void **state) {
  struct world *w = *state;
  static const struct route routes[] = {
      {"ResourceGroupsTaggingAPI",
       TAGGED(ARN(
           "elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/"
           "50dc6c49") "," ARN("secretsmanager:eu-central-1:123456789012:secret:app/"
                               "db-AbCdEf") "," ARN("ec2:eu-central-1:123456789012:"
                                                    "security-group/sg-1") "," ARN("rds:eu-central-"
                                                                                   "1:123456789012:"
                                                                                   "db:orders") "," ARN("s3:::plain-bucket")),
       0},
      {"Action=DescribeLoadBalancers",
       "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member>"
       "<LoadBalancerName>web</LoadBalancerName></member></LoadBalancers>"
       "</DescribeLoadBalancersResult></DescribeLoadBalancersResponse>",
       0},
      {"secretsmanager.ListSecrets", "{\"SecretList\":[{\"Name\":\"app/db\"}]}", 0},
      {"Action=DescribeSecurityGroups",
       EC2("SecurityGroupsResponse", "<securityGroupInfo><item><groupId>sg-1</groupId>"
                                     "<groupName>web</groupName></item></securityGroupInfo>"),
       0},
      {"Action=DescribeDBInstances",
       "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>"
       "<DBInstanceIdentifier>orders</DBInstanceIdentifier></DBInstance></DBInstances>"
       "</DescribeDBInstancesResult></DescribeDBInstancesResponse>",
       0},
      {"/s3/aws4_request",
       "<ListAllMyBucketsResult><Buckets><Bucket><Name>plain-bucket</Name></Bucket></Buckets>"
       "</ListAllMyBucketsResult>",
       0},
  };
  TELL(w, routes);
  struct mu_inventory found = by_tag(w, "drl1");
  assert_int_equal(found.items_n, 5);
  for (size_t i = 0; i < found.items_n; i++) {
    if (found.items[i].lingers) {
      fail_msg("%s: %s", found.items[i].id, found.items[i].lingers);
    }
  }
}

static void the_same_thing_is_counted_once(void **state) {
  struct world *w = *state;
  static const struct route routes[] = {
      {"ResourceGroupsTaggingAPI",
       TAGGED(ARN("secretsmanager:eu-central-1:123456789012:secret:app-drl1-AbCdEf") "," ARN(
           "ecs:eu-central-1:123456789012:cluster/app-drl1")),
       0},
      {"secretsmanager.ListSecrets",
       "{\"SecretList\":[{\"Name\":\"app-drl1\",\"DeletedDate\":1795400000},"
       "{\"Name\":\"live-drl1\",\"DeletedDate\":null}]}",
       0},
  };
  TELL(w, routes);
  struct mu_inventory found = by_tag(w, "drl1");
  /* the cluster of the same name is another thing, and is left */
  assert_string_equal(items(w, &found),
                      "app-drl1 lingers: in deletion: its recovery window is running\n"
                      "live-drl1\n"
                      "arn:aws:ecs:eu-central-1:123456789012:cluster/app-drl1\n");
}

static void keys_and_gateways_in_deletion_linger(void **state) {
  struct world *w = *state;
  static const struct route routes[] = {
      {"ResourceGroupsTaggingAPI",
       TAGGED(ARN("kms:eu-central-1:123456789012:key/k-1") "," ARN(
           "kms:eu-central-1:123456789012:key/k-2")),
       0},
      {"key/k-1",
       "{\"KeyMetadata\":{\"KeyState\":\"PendingDeletion\",\"DeletionDate\":1797984000}}", 0},
      {"key/k-2", "{\"KeyMetadata\":{\"KeyState\":\"Enabled\"}}", 0},
      {"Action=DescribeNatGateways",
       EC2("NatGatewaysResponse",
           "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><state>deleted</state>" TAGSET(
               "muster:drill", "drl1") "</item><item><natGatewayId>nat-2</natGatewayId><state>"
                                       "available</state>" TAGSET(
                                           "muster:drill", "drl1") "</item></natGatewaySet>"),
       0},
  };
  TELL(w, routes);
  struct mu_inventory found = by_tag(w, "drl1");
  assert_string_equal(items(w, &found),
                      "nat-1 lingers: in deletion: EC2 forgets it within the hour\n"
                      "nat-2\n"
                      "arn:aws:kms:eu-central-1:123456789012:key/k-1 lingers: in deletion until "
                      "2026-12-23\n"
                      "arn:aws:kms:eu-central-1:123456789012:key/k-2\n");
}

static void a_service_that_denies_is_asked_with_its_error(void **state) {
  struct world *w = *state;
  static const struct route routes[] = {
      {"AWSGlue.GetDatabases", "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}", 400},
      {"ResourceGroupsTaggingAPI", "{\"__type\":\"AccessDeniedException\"}", 400},
  };
  TELL(w, routes);
  struct mu_inventory found = by_tag(w, "drl1");
  size_t failed = 0;
  for (size_t i = 0; i < found.asked_n; i++) {
    if (found.asked[i].error) {
      failed++;
      assert_true(mu_streq(found.asked[i].service, "glue GetDatabases") ||
                  mu_streq(found.asked[i].service, "tagging GetResources"));
      assert_non_null(strstr(found.asked[i].error, "AccessDenied"));
    }
  }
  assert_int_equal(failed, 2);
}

/* ---- by the names of a plan ---- */

#define CREATE(address, type, after)                                                               \
  "{\"address\":\"" address "\",\"mode\":\"managed\",\"type\":\"" type "\",\"name\":\"x\","        \
  "\"provider_name\":\"p\",\"change\":{\"actions\":[\"create\"],\"before\":null,\"after\":" after  \
  ",\"after_unknown\":{},\"before_sensitive\":false,\"after_sensitive\":{}}}"

static struct mu_inventory planned(struct world *w, const char *changes, const char *values) {
  struct mu_doc *doc = NULL;
  struct mu_err err = {0};
  struct mu_inventory out;
  const struct mu_doc_opts opts = {.name = "plan"};
  const char *plan = mu_arena_fmt(w->arena,
                                  "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.8\","
                                  "\"planned_values\":{\"root_module\":{\"resources\":[%s]}},"
                                  "\"resource_changes\":[%s]}",
                                  values, changes);
  if (mu_doc_parse(plan, strlen(plan), &opts, w->arena, &doc, &err) != 0) {
    fail_msg("%s", err.msg);
  }
  const struct mu_inventory_want want = {.plan = doc};
  mu_inventory_find(w->aws, w->aws_world->http, &want, w->arena, &out);
  return out;
}

static void a_plan_is_looked_for_by_its_names(void **state) {
  struct world *w = *state;
  static const struct route routes[] = {
      {"/clusters", "{\"clusters\":[\"lakehouse\",\"lakehouse-2\"]}", 0},
      {"AWSGlue.GetDatabases", "{\"DatabaseList\":[{\"Name\":\"other\"}]}", 0},
      {"Action=ListTopics",
       "<ListTopicsResponse><ListTopicsResult><Topics><member><TopicArn>arn:aws:sns:eu-central-1:"
       "123456789012:alerts</TopicArn></member></Topics></ListTopicsResult></ListTopicsResponse>",
       0},
      {"Action=DescribeVpcs",
       EC2("VpcsResponse", "<vpcSet><item><vpcId>vpc-1</vpcId>" TAGSET(
                               "Name", "main") "</item><item>"
                                               "<vpcId>vpc-2</vpcId><tagSet><item><key>Name</"
                                               "key><value>main</value></item><item>"
                                               "<key>muster:drill</key><value>drl7</value></item></"
                                               "tagSet></item></vpcSet>"),
       0},
  };
  TELL(w, routes);
  struct mu_inventory found =
      planned(w,
              CREATE("aws_eks_cluster.a", "aws_eks_cluster", "{\"name\":\"lakehouse\"}") "," CREATE("aws_eks_cluster.b", "aws_eks_cluster", "{\"name\":\"none\"}") "," CREATE(
                  "aws_glue_catalog_database.g", "aws_glue_catalog_database",
                  "{\"name\":\"lake\"}") "," CREATE("aws_sns_topic.s", "aws_sns_topic",
                                                    "{\"name\":\"alerts\"}") "," CREATE("aws_vpc.v",
                                                                                        "aws_vpc",
                                                                                        "{\"tags_"
                                                                                        "all\":{"
                                                                                        "\"Name\":"
                                                                                        "\"main\"}"
                                                                                        "}") "," CREATE("aw"
                                                                                                        "s_"
                                                                                                        "ro"
                                                                                                        "ut"
                                                                                                        "e."
                                                                                                        "r",
                                                                                                        "aw"
                                                                                                        "s_"
                                                                                                        "ro"
                                                                                                        "ut"
                                                                                                        "e",
                                                                                                        "{"
                                                                                                        "}") "," CREATE("aws_kms_key."
                                                                                                                        "k",
                                                                                                                        "aws_kms_key",
                                                                                                                        "{}") "," CREATE("aws_kms_key.l",
                                                                                                                                         "aws_kms_key",
                                                                                                                                         "{}") "," CREATE("aws_kms.m",
                                                                                                                                                          "aws_kms",
                                                                                                                                                          "{}"),
              "");
  /* another drill's VPC is not the staged one; a prefix of a name is not the name */
  assert_string_equal(items(w, &found), "lakehouse (aws_eks_cluster.a)\n"
                                        "arn:aws:sns:eu-central-1:123456789012:alerts "
                                        "(aws_sns_topic.s)\n"
                                        "vpc-1 (aws_vpc.v)\n");
  assert_int_equal(found.asked_n, 4); /* only what the plan holds, each once */
  assert_int_equal(found.unasked_types, 2);
  assert_string_equal(found.unasked, "aws_kms_key, aws_kms");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(nothing_there_is_nothing_found),
      TEST(tags_and_names_of_the_drill_are_found),
      TEST(pages_are_followed),
      TEST(what_only_the_tagging_api_knows_counts),
      TEST(what_its_service_has_forgotten_lingers),
      TEST(what_is_there_does_not_linger),
      TEST(the_same_thing_is_counted_once),
      TEST(keys_and_gateways_in_deletion_linger),
      TEST(a_service_that_denies_is_asked_with_its_error),
      TEST(a_plan_is_looked_for_by_its_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
