/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS client against moto, a mock of AWS: shapes of requests and answers, not signatures (moto
 * does not check them; test_sigv4 does). Skips loudly where there is no moto_server. */
#define _DEFAULT_SOURCE /* setenv, usleep */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "wire/aws.h"
#include "wire/s3.h"
#include "wire/xml.h"

struct world {
  pid_t moto;
  int port;
  struct mu_aws *reader, *writer;
  struct mu_http *http;
  struct mu_arena *arena;
};

static int free_port(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t n = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int ok = bind(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
           getsockname(fd, (struct sockaddr *)&at, &n) == 0;
  (void)close(fd);
  return ok ? ntohs(at.sin_port) : -1;
}

static pid_t start_moto(int port) {
  pid_t pid = fork();
  if (pid == 0) {
    char text[16];
    (void)snprintf(text, sizeof text, "%d", port);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    int null = open("/dev/null", O_RDWR);
    (void)dup2(null, 1);
    (void)dup2(null, 2);
    (void)execlp("moto_server", "moto_server", "-H", "127.0.0.1", "-p", text, (char *)NULL);
    _exit(127);
  }
  return pid;
}

/* 1: it answers, 0: there is no such program, -1: it ended or never answered. */
static int wait_for(int port, pid_t pid) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port),
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < 1000; i++) {
    int status = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int up = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
    (void)close(fd);
    if (up) {
      return 1;
    }
    if (waitpid(pid, &status, WNOHANG) == pid) {
      return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? 0 : -1;
    }
    (void)usleep(50000);
  }
  return -1;
}

static struct mu_aws *client(enum mu_aws_mode mode) {
  struct mu_aws_options options = {.mode = mode, .region = "eu-central-1"};
  struct mu_aws *aws = NULL;
  struct mu_err err = {0};
  if (mu_aws_new(&options, &aws, &err) != 0) {
    print_message("%s\n", err.msg);
  }
  return aws;
}

static int moto_port;
static pid_t moto_pid;

static int set_up(void **state) {
  static struct world w;
  char url[64];
  w.port = moto_port;
  w.moto = moto_pid;
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", w.port);
  (void)setenv("AWS_ENDPOINT_URL", url, 1);
  (void)setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", "not-a-real-secret", 1);
  (void)setenv("AWS_CONFIG_FILE", "/dev/null", 1);
  (void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
  w.reader = client(MU_AWS_READ_ONLY);
  w.writer = client(MU_AWS_MAY_CHANGE);
  w.http = mu_http_new(NULL);
  w.arena = mu_arena_new();
  *state = &w;
  return w.reader && w.writer ? 0 : -1;
}

static int tear_down(void **state) {
  struct world *w = *state;
  if (w) {
    mu_http_free(w->http);
    mu_aws_free(w->reader);
    mu_aws_free(w->writer);
    mu_arena_free(w->arena);
    (void)kill(w->moto, SIGTERM);
    (void)waitpid(w->moto, NULL, 0);
  }
  return 0;
}

static void check(int result, const struct mu_err *err) {
  if (result != 0) {
    fail_msg("%s", err->msg);
  }
}

static void who_am_i(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  MU_AWS_ANSWER(a);
  check(mu_aws_query(w->reader, w->http, "sts", "GetCallerIdentity", NULL, 0, w->arena, &a, &err),
        &err);
  assert_string_equal(
      mu_xml_str(a.xml, "GetCallerIdentityResponse/GetCallerIdentityResult/Account", ""),
      "123456789012");
  struct mu_aws_who who;
  check(mu_aws_who(w->reader, w->http, w->arena, &who, &err), &err);
  assert_string_equal(who.source, "environment");
  const struct mu_aws_override *over = NULL;
  assert_true(mu_aws_overridden(w->reader, w->arena, &over) > 10);
  assert_string_equal(over[0].source, "AWS_ENDPOINT_URL");
}

static void glue_tables(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  MU_AWS_ANSWER(a);
  MU_AWS_ANSWER(b);
  MU_AWS_ANSWER(c);
  check(mu_aws_call(w->writer, w->http, "glue", "CreateDatabase",
                    "{\"DatabaseInput\":{\"Name\":\"dr\"}}", w->arena, &a, &err),
        &err);
  check(mu_aws_call(w->writer, w->http, "glue", "CreateTable",
                    "{\"DatabaseName\":\"dr\",\"TableInput\":{\"Name\":\"sales\",\"Parameters\":"
                    "{\"table_type\":\"ICEBERG\",\"metadata_location\":\"s3://lake/m.json\"}}}",
                    w->arena, &b, &err),
        &err);
  check(mu_aws_call(w->reader, w->http, "glue", "GetTable",
                    "{\"DatabaseName\":\"dr\",\"Name\":\"sales\"}", w->arena, &c, &err),
        &err);
  assert_string_equal(mu_json_str(mu_json_path(c.json, "Table.Parameters.metadata_location"), ""),
                      "s3://lake/m.json");
  MU_AWS_ANSWER(d);
  assert_int_equal(mu_aws_call(w->reader, w->http, "glue", "GetTable",
                               "{\"DatabaseName\":\"dr\",\"Name\":\"none\"}", w->arena, &d, &err),
                   -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  assert_string_equal(d.code, "EntityNotFoundException");
  assert_non_null(strstr(err.msg, "glue GetTable: EntityNotFoundException: "));
  assert_non_null(strstr(err.msg, "(request "));
  MU_AWS_ANSWER(e);
  assert_int_equal(mu_aws_call(w->writer, w->http, "glue", "CreateDatabase",
                               "{\"DatabaseInput\":{\"Name\":\"dr\"}}", w->arena, &e, &err),
                   -1);
  assert_int_equal(err.code, MU_E_CONFLICT);
}

static void create_bucket(struct world *w) {
  struct mu_http_resp resp;
  struct mu_err err = {0};
  const char *body =
      "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint>"
      "</CreateBucketConfiguration>";
  struct mu_http_req req = {.method = "PUT",
                            .body = body,
                            .body_n = strlen(body),
                            .url = mu_arena_fmt(w->arena, "http://127.0.0.1:%d/lake", w->port)};
  check(mu_http_do(w->http, &req, w->arena, &resp, &err), &err);
  assert_true(resp.status == 200 || resp.status == 409);
}

static const char *const KEYS[] = {"a b/data=1/00000 \xc3\xbc+%.parquet",
                                   "plain",
                                   "x//y",
                                   "z/./y",
                                   "z/../y",
                                   "~!@#$&*()'\"<>?;:,"};

static int collect(void *ctx, const struct mu_s3_object *object) {
  mu_str_addf(ctx, "%s=%lld\n", object->key, (long long)object->size);
  return 0;
}

static void objects_and_odd_keys(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  create_bucket(w);
  for (size_t i = 0; i < MU_LEN(KEYS); i++) {
    check(
        mu_s3_put(w->writer, w->http, "lake", KEYS[i], "0123456789", 10 - i, NULL, w->arena, &err),
        &err);
  }
  struct mu_s3_get gets[3 * MU_LEN(KEYS)] = {0};
  for (size_t i = 0; i < MU_LEN(gets); i++) {
    gets[i] = (struct mu_s3_get){.bucket = "lake", .key = KEYS[i / 3]};
    gets[i].first = i % 3 == 0 ? -2 : 0;
    gets[i].head = i % 3 == 1;
  }
  mu_s3_get_many(w->reader, w->http, gets, MU_LEN(gets), 0, w->arena);
  for (size_t i = 0; i < MU_LEN(gets); i++) {
    size_t n = 10 - i / 3;
    check(gets[i].result, &gets[i].err);
    assert_int_equal(gets[i].size, n);
    assert_int_equal(gets[i].body_n, i % 3 == 0 ? 2 : i % 3 == 1 ? 0 : n);
  }
  assert_memory_equal(gets[0].body, "89", 2);
  assert_memory_equal(gets[3].body, "78", 2);
  MU_STR(listed, 4096);
  check(mu_s3_list(w->reader, w->http, &(struct mu_s3_below){.bucket = "lake", .prefix = ""},
                   collect, &listed, &err),
        &err);
  for (size_t i = 0; i < MU_LEN(KEYS); i++) {
    assert_non_null(
        strstr(mu_str_get(&listed), mu_arena_fmt(w->arena, "%s=%zu\n", KEYS[i], 10 - i)));
  }
}

static void what_is_not_there(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  create_bucket(w);
  struct mu_s3_get head = {.bucket = "lake", .key = "none", .head = true};
  struct mu_s3_get get = {.bucket = "lake", .key = "none"};
  struct mu_s3_get bucket = {.bucket = "no-such-bucket", .key = "none"};
  assert_int_equal(mu_s3_get(w->reader, w->http, &head, w->arena, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  assert_int_equal(mu_s3_get(w->reader, w->http, &get, w->arena, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  assert_int_equal(mu_s3_get(w->reader, w->http, &bucket, w->arena, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  assert_non_null(strstr(err.msg, "NoSuchBucket"));
  MU_AWS_ANSWER(a);
  const struct mu_param_row params[] = {{"Bucket", "lake"}};
  const struct mu_aws_args args = {.params = params, .params_n = 1};
  check(mu_aws_do(w->reader, w->http, "s3", "GetBucketVersioning", &args, w->arena, &a, &err),
        &err);
  assert_string_equal(mu_xml_str(a.xml, "VersioningConfiguration/Status", "never"), "never");
  MU_AWS_ANSWER(b);
  assert_int_equal(
      mu_aws_do(w->reader, w->http, "s3", "GetObjectLockConfiguration", &args, w->arena, &b, &err),
      -1);
  assert_int_equal(err.code, MU_E_ABSENT);
}

struct counted {
  int pages, items;
};

static int count_keys(void *ctx, const struct mu_aws_answer *page) {
  struct counted *c = ctx;
  c->pages++;
  for (const struct mu_xml_node *at = mu_xml_path(page->xml, "ListBucketResult/Contents"); at;
       at = mu_xml_again(at)) {
    c->items++;
  }
  return 0;
}

static void pages_are_followed(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  create_bucket(w);
  for (int i = 0; i < 7; i++) {
    check(mu_s3_put(w->writer, w->http, "lake", mu_arena_fmt(w->arena, "page/%d", i), "", 0, NULL,
                    w->arena, &err),
          &err);
  }
  const struct mu_param_row params[] = {{"Bucket", "lake"}, {"prefix", "page/"}, {"max-keys", "3"}};
  const struct mu_aws_args args = {.params = params, .params_n = 3};
  struct counted c = {0};
  check(mu_aws_pages(w->reader, w->http, "s3", "ListObjectsV2", &args, count_keys, &c, &err), &err);
  assert_int_equal(c.pages, 3);
  assert_int_equal(c.items, 7);
}

static void dns_records(void **state) {
  struct world *w = *state;
  struct mu_err err = {0};
  struct mu_http_resp resp;
  const char *body =
      "<CreateHostedZoneRequest><Name>example.com.</Name><CallerReference>1</CallerReference>"
      "</CreateHostedZoneRequest>";
  struct mu_http_req req = {
      .method = "POST",
      .body = body,
      .body_n = strlen(body),
      .url = mu_arena_fmt(w->arena, "http://127.0.0.1:%d/2013-04-01/hostedzone", w->port)};
  const char *scope =
      "Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/route53/aws4_request";
  req.headers = &scope;
  req.headers_n = 1;
  check(mu_http_do(w->http, &req, w->arena, &resp, &err), &err);
  const struct mu_xml_node *doc = NULL;
  check(mu_xml_parse(resp.body, resp.body_n, w->arena, &doc, &err), &err);
  const char *zone = mu_xml_str(doc, "CreateHostedZoneResponse/HostedZone/Id", "");
  const struct mu_param_row id[] = {{"Id", zone}};
  const char *change =
      "<ChangeResourceRecordSetsRequest "
      "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch>"
      "<Changes><Change><Action>UPSERT</Action><ResourceRecordSet><Name>api.example.com.</"
      "Name><Type>A</Type>"
      "<SetIdentifier>dr</SetIdentifier><Weight>50</Weight><TTL>60</"
      "TTL><ResourceRecords><ResourceRecord>"
      "<Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></"
      "Changes>"
      "</ChangeBatch></ChangeResourceRecordSetsRequest>";
  const struct mu_aws_args put = {
      .params = id, .params_n = 1, .body = change, .body_n = strlen(change)};
  MU_AWS_ANSWER(a);
  check(mu_aws_do(w->writer, w->http, "route53", "ChangeResourceRecordSets", &put, w->arena, &a,
                  &err),
        &err);
  assert_string_equal(mu_xml_str(a.xml, "ChangeResourceRecordSetsResponse/ChangeInfo/Status", ""),
                      "INSYNC");
  const struct mu_param_row named[] = {{"Id", zone}, {"name", "api.example.com."}, {"type", "A"}};
  const struct mu_aws_args get = {.params = named, .params_n = 3};
  MU_AWS_ANSWER(b);
  check(
      mu_aws_do(w->reader, w->http, "route53", "ListResourceRecordSets", &get, w->arena, &b, &err),
      &err);
  assert_string_equal(
      mu_xml_str(b.xml,
                 "ListResourceRecordSetsResponse/ResourceRecordSets/ResourceRecordSet/Weight", ""),
      "50");
}

static int any_page(void *ctx, const struct mu_aws_answer *page) {
  struct counted *c = ctx;
  c->pages += page->status == 200;
  return 0;
}

/* Every listing of the inventory is understood by the mock: right targets, versions and paths. */
static void listings_are_answered(void **state) {
  struct world *w = *state;
  static const char *const listings[][2] = {
      {"ec2", "DescribeVpcs"},
      {"ec2", "DescribeSubnets"},
      {"ec2", "DescribeSecurityGroups"},
      {"ec2", "DescribeInstances"},
      {"rds", "DescribeDBInstances"},
      {"elbv2", "DescribeLoadBalancers"},
      {"elbv2", "DescribeTargetGroups"},
      {"secretsmanager", "ListSecrets"},
      {"iam", "ListRoles"},
      {"iam", "ListInstanceProfiles"},
      {"cloudtrail", "DescribeTrails"},
      {"logs", "DescribeLogGroups"},
      {"sns", "ListTopics"},
      {"sqs", "ListQueues"},
      {"ssm", "DescribeParameters"},
      {"eks", "ListClusters"},
      {"route53", "ListHostedZones"},
      {"kms", "ListKeys"},
      {"ecr", "DescribeRepositories"},
      {"glue", "GetDatabases"},
      {"resourcegroupstaggingapi", "GetResources"},
      {"dynamodb", "ListTables"},
      {"lambda", "ListFunctions"},
      {"s3", "ListBuckets"},
      {"autoscaling", "DescribeAutoScalingGroups"},
  };
  const struct mu_aws_args args = {0};
  for (size_t i = 0; i < MU_LEN(listings); i++) {
    struct counted c = {0};
    struct mu_err err = {0};
    check(
        mu_aws_pages(w->reader, w->http, listings[i][0], listings[i][1], &args, any_page, &c, &err),
        &err);
    assert_true(c.pages >= 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_am_i),
      cmocka_unit_test(glue_tables),
      cmocka_unit_test(objects_and_odd_keys),
      cmocka_unit_test(what_is_not_there),
      cmocka_unit_test(pages_are_followed),
      cmocka_unit_test(dns_records),
      cmocka_unit_test(listings_are_answered),
  };
  moto_port = free_port();
  moto_pid = start_moto(moto_port);
  int up = wait_for(moto_port, moto_pid);
  if (up <= 0) {
    print_message(
        "%s\n",
        up == 0 ? "SKIPPED: no moto_server on PATH; the AWS client was tested against stubs only"
                : "moto_server does not start");
    return up == 0 ? 77 : 1;
  }
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
