/* SPDX-License-Identifier: Apache-2.0 */
/* Where requests go: every service in regions of every partition, with and without FIPS and
 * dual-stack, buckets and access points, against botocore's rule sets. */
#define _DEFAULT_SOURCE /* setenv */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "support/aws_world.h"
#include "support/oracle.h"
#include "wire/aws_int.h"
#include "wire/s3.h"
#include "wire/sigv4.h"

static const char *const REGIONS[] = {"us-east-1",     "eu-central-1",   "us-west-2",
                                      "ap-south-1",    "us-gov-west-1",  "us-gov-east-1",
                                      "cn-north-1",    "cn-northwest-1", "eusc-de-east-1",
                                      "us-iso-east-1", "us-isob-east-1"};
static const char *const BUCKETS[] = {
    "lake",
    "dotted.bucket.name",
    "a-b-3",
    "arn:aws:s3:eu-central-1:123456789012:accesspoint/lake",
    "arn:aws:s3:us-west-2:123456789012:accesspoint:lake",
};

static void write_row(struct mu_jw *w, const struct mu_aws *aws,
                      const struct mu_aws_service *service, const char *region, const char *bucket,
                      struct mu_arena *arena) {
  struct mu_aws_endpoint endpoint = {0};
  struct mu_err err = {0};
  int rc = bucket ? mu_aws_bucket_endpoint(aws, service, bucket, region, arena, &endpoint, &err)
                  : mu_aws_endpoint(aws, service, region, arena, &endpoint, &err);
  mu_jw_object(w);
  mu_jw_kstr(w, "service", service->name);
  mu_jw_kstr(w, "region", region);
  mu_jw_kbool(w, "fips", aws->fips);
  mu_jw_kbool(w, "dualstack", aws->dualstack);
  mu_jw_kstr(w, "url",
             rc < 0              ? NULL
             : bucket && rc == 0 ? mu_arena_fmt(arena, "%s/%s", endpoint.base, bucket)
                                 : endpoint.base);
  mu_jw_kstr(w, "signing", rc < 0 ? NULL : endpoint.region);
  if (bucket) {
    mu_jw_kstr(w, "bucket", bucket);
  }
  mu_jw_end(w);
}

static void write_rows(struct mu_jw *w, const struct mu_aws *aws, struct mu_arena *arena) {
  const struct mu_aws_service *service = NULL;
  for (size_t i = 0; (service = mu_aws_service_at(i)); i++) {
    for (size_t k = 0; k < MU_LEN(REGIONS); k++) {
      write_row(w, aws, service, REGIONS[k], NULL, arena);
    }
  }
  for (size_t i = 0; i < MU_LEN(BUCKETS); i++) {
    write_row(w, aws, mu_aws_service_find("s3"), "eu-central-1", BUCKETS[i], arena);
  }
}

static void botocore_would_send_there_too(void **state) {
  struct aws_world *w = *state;
  struct mu_jw json;
  MU_STR(rows, 4 << 20);
  (void)unsetenv("AWS_ENDPOINT_URL");
  mu_jw_init(&json, &rows, 0);
  mu_jw_array(&json);
  for (int variant = 0; variant < 4; variant++) {
    (void)setenv("AWS_USE_FIPS_ENDPOINT", variant & 1 ? "true" : "false", 1);
    (void)setenv("AWS_USE_DUALSTACK_ENDPOINT", variant & 2 ? "True" : "", 1);
    struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){0});
    write_rows(&json, aws, w->arena);
    mu_aws_free(aws);
  }
  mu_jw_end(&json);
  bool known = oracle_check("aws_endpoints.py", NULL, mu_str_get(&rows), rows.n);
  if (!known) {
    mu_str_done(&rows);
    skip();
  }
}

static enum mu_errc ask_bucket(struct aws_world *w, const char *bucket, struct mu_err *err) {
  const struct mu_param_row params[] = {{"Bucket", bucket}, {"Key", "a/b c"}};
  MU_AWS_ANSWER(answer);
  return aws_world_ask(w, MU_AWS_READ_ONLY, "s3", "HeadObject",
                       (struct mu_aws_args){.params = params, .params_n = 2}, &answer, err);
}

static void what_stands_for_a_bucket(void **state) {
  struct aws_world *w = *state;
  static const struct {
    const char *bucket, *why;
    enum mu_errc code;
  } refused[] = {
      {"arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", "multi-region", MU_E_UNSUPPORTED},
      {"arn:aws:s3-object-lambda:eu-central-1:123456789012:accesspoint/x", "only those of S3",
       MU_E_UNSUPPORTED},
      {"arn:aws:s3-outposts:eu-central-1:123456789012:outpost/op-1/accesspoint/x",
       "only those of S3", MU_E_UNSUPPORTED},
      {"arn:aws:s3:::lake", "only those of S3", MU_E_UNSUPPORTED},
      {"arn:aws:s3:eu-central-1:123456789012:accesspoint/x.evil.example/", "no ARN", MU_E_CONFIG},
      {"arn:aws:s3:eu-central-1:1:accesspoint/lake", "no ARN", MU_E_CONFIG},
      {"arn:aws:s3:e/u:123456789012:accesspoint/lake", "no ARN", MU_E_CONFIG},
      {"lake--euc1-az1--x-s3", "directory buckets", MU_E_UNSUPPORTED},
  };
  const struct aws_reply ok[] = {{200, NULL, "", false}};
  struct mu_err err;
  TOLD(w, ok);
  for (size_t i = 0; i < MU_LEN(refused); i++) {
    assert_int_equal(ask_bucket(w, refused[i].bucket, &err), refused[i].code);
    if (!strstr(err.msg, refused[i].why)) {
      fail_msg("%s: %s", refused[i].bucket, err.msg);
    }
  }
  assert_int_equal(w->seen_n, 0);
}

static void an_arn_is_split_from_its_key(void **state) {
  struct aws_world *w = *state;
  const char *bucket = NULL, *key = NULL;
  assert_int_equal(mu_s3_split("s3://arn:aws:s3:eu-central-1:123456789012:accesspoint/lake/a/b",
                               w->arena, &bucket, &key),
                   0);
  assert_string_equal(bucket, "arn:aws:s3:eu-central-1:123456789012:accesspoint/lake");
  assert_string_equal(key, "a/b");
  assert_int_equal(mu_s3_split("s3://arn:aws:s3:eu-central-1:123456789012:accesspoint:lake/a",
                               w->arena, &bucket, &key),
                   0);
  assert_string_equal(bucket, "arn:aws:s3:eu-central-1:123456789012:accesspoint:lake");
  assert_string_equal(key, "a");
}

static void own_endpoints_exclude_fips(void **state) {
  struct aws_world *w = *state;
  static const char *const switches[] = {"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"};
  const struct aws_reply ok[] = {{200, NULL, "{}", false}};
  TOLD(w, ok);
  for (size_t i = 0; i < MU_LEN(switches); i++) {
    (void)setenv(switches[i], "true", 1);
    assert_int_equal(aws_world_quick(w, "glue", "GetTable"), MU_E_CONFIG);
    (void)unsetenv(switches[i]);
  }
  assert_int_equal(w->seen_n, 0);
}

static void the_environment_outvotes_the_profile(void **state) {
  struct aws_world *w = *state;
  (void)setenv("AWS_CONFIG_FILE",
               aws_world_file(w, "config",
                              "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint=TRUE\n"),
               1);
  struct mu_aws *aws = aws_world_client(w, (struct mu_aws_options){0});
  assert_true(aws->fips && aws->dualstack);
  mu_aws_free(aws);
  (void)setenv("AWS_USE_FIPS_ENDPOINT", "false", 1);
  aws = aws_world_client(w, (struct mu_aws_options){0});
  assert_true(!aws->fips && aws->dualstack);
  mu_aws_free(aws);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, aws_world_set_up, aws_world_tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(botocore_would_send_there_too),        TEST(what_stands_for_a_bucket),
      TEST(an_arn_is_split_from_its_key),         TEST(own_endpoints_exclude_fips),
      TEST(the_environment_outvotes_the_profile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
