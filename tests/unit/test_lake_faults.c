/* SPDX-License-Identifier: Apache-2.0 */
/* The iceberg probe against an S3 that verifies signatures and fails: each kind of fault at each
 * request of a look, clocks that are off, sessions that end, pages that are stale. Whatever
 * happens, the count is right or there is none, what is refused is not called missing, and nothing
 * hangs. */
#define _DEFAULT_SOURCE /* setenv, mkstemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "probe.h"
#include "support/avro_file.h"
#include "support/httpd.h"
#include "support/sigv4_check.h"
#include "wire/aws.h"
#include "wire/http.h"

extern const struct mu_probe mu_probe_iceberg;

enum { FILE_ROWS = 100, FILE_BYTES = 1000, MAX_OBJECTS = 128, DEADLINE_MS = 10000 };
enum { FEW = 4, MANY = 100 }; /* files: looked at one by one, or listed */

enum fault {
  NO_FAULT,
  DENIED,
  MISSING,
  BROKEN,
  SLOW_DOWN,
  CUT,
  DROPPED,
  EMPTY,
  GARBAGE,
  SHORT,       /* a whole answer, of fewer bytes than the object has */
  SWAPPED,     /* another object's bytes */
  LONGER,      /* a whole answer, of more bytes than the object has */
  CLAIMS_MORE, /* a length that is not the body's */
  CLAIMS_LESS,
  PRECONDITION,
  UNSIGNED, /* as if the signature were wrong */
  FAULTS
};

/* What is wrong with the pages of a listing. */
enum paging { ONE_PAGE, THREE_PAGES, SAME_PAGE, NO_TOKEN, OLD_PAGE, OTHER_PAGE };

struct object {
  const char *key;
  struct mu_str bytes;
};

struct cloud {
  struct mu_arena *arena;
  struct object objects[MAX_OBJECTS];
  size_t n;
  int files;
  struct httpd *httpd;
  struct mu_http *http;
  struct mu_aws *aws;
  enum fault fault;
  int at, seen, delay_ms, drip_ms; /* the fault strikes the at-th request */
  enum paging paging;
  struct mu_sigv4_keys keys; /* the only ones that are good */
  int64_t ahead_ms;          /* of our clock */
  int refused;               /* requests, for their signature, clock or token */
  char hit[128];             /* what it struck */
  struct mu_facts facts;
  struct mu_err err;
  int64_t deadline_ms;
};

static struct mu_str *add(struct cloud *cloud, const char *key) {
  struct object *object = &cloud->objects[cloud->n++];
  object->key = key;
  object->bytes = MU_STR_INIT(1 << 20);
  return &object->bytes;
}

/* Two manifests, each of half of the files. */
static void add_table(struct cloud *cloud) {
  const int64_t half = cloud->files / 2;
  MU_STR(entries, 1 << 16);
  for (int i = 0; i < 2; i++) {
    MU_STR(body, 1 << 16);
    for (int k = 0; k < half; k++) {
      const char *key = mu_arena_fmt(cloud->arena, "t/data/%d-%d.parquet", i, k);
      struct mu_str *data = add(cloud, key);
      while (data->n < FILE_BYTES) {
        mu_str_addc(data, 'x');
      }
      const struct avro_entry entry = {.status = 1,
                                       .path = mu_arena_fmt(cloud->arena, "s3://lake/%s", key),
                                       .records = FILE_ROWS,
                                       .size = FILE_BYTES};
      avro_add_entry(&body, &entry);
    }
    const char *key = mu_arena_fmt(cloud->arena, "t/metadata/m%d.avro", i);
    struct mu_str *manifest = add(cloud, key);
    avro_header(manifest, avro_manifest_schema, "deflate", NULL);
    avro_block(manifest, half, &body, "deflate");
    avro_list_entry(&entries, mu_arena_fmt(cloud->arena, "s3://lake/%s", key), (int64_t)manifest->n,
                    0, 1, (const int64_t[]){half, 0, 0, half * FILE_ROWS, 0, 0});
  }
  struct mu_str *list = add(cloud, "t/metadata/list.avro");
  avro_header(list, avro_list_schema, NULL, NULL);
  avro_block(list, 2, &entries, NULL);
  mu_str_add(add(cloud, "t/metadata/v1.metadata.json"),
             "{\"format-version\":2,\"location\":\"s3://lake/"
             "t\",\"current-snapshot-id\":1,\"snapshots\":[{\"snapshot-id\":1,"
             "\"timestamp-ms\":1,\"manifest-list\":\"s3://lake/t/metadata/"
             "list.avro\",\"summary\":{}}]}");
}

static void error(struct httpd_resp *resp, int status, const char *code) {
  resp->status = status;
  mu_str_clear(&resp->body);
  mu_str_addf(&resp->body, "<Error><Code>%s</Code><Message>no</Message></Error>", code);
}

static void spoil(struct cloud *cloud, struct httpd_resp *resp) {
  switch (cloud->fault) {
  case DENIED:
    error(resp, 403, "AccessDenied");
    break;
  case MISSING:
    error(resp, 404, "NoSuchKey");
    break;
  case BROKEN:
    error(resp, 500, "InternalError");
    break;
  case SLOW_DOWN:
    error(resp, 503, "SlowDown");
    break;
  case CUT:
    resp->cut = true;
    break;
  case DROPPED:
    resp->drop = true;
    break;
  case EMPTY:
    mu_str_clear(&resp->body);
    break;
  case GARBAGE:
    mu_str_clear(&resp->body);
    mu_str_add(&resp->body, "<html>please sign in</html>");
    break;
  case SHORT:
    resp->body.n /= 2;
    break;
  case SWAPPED:
    mu_str_clear(&resp->body);
    mu_str_addn(&resp->body, cloud->objects[2].bytes.p, cloud->objects[2].bytes.n);
    break;
  case LONGER:
    mu_str_add(&resp->body, "more");
    break;
  case CLAIMS_MORE:
    resp->claim = resp->body.n + 100;
    break;
  case CLAIMS_LESS:
    resp->claim = resp->body.n / 2 + 1;
    break;
  case PRECONDITION:
    error(resp, 412, "PreconditionFailed");
    break;
  case UNSIGNED:
    error(resp, 403, "SignatureDoesNotMatch");
    break;
  case NO_FAULT:
  case FAULTS:
    break;
  }
}

static void list_range(const struct cloud *cloud, size_t from, size_t to, struct mu_str *out) {
  for (size_t i = from; i < to; i++) {
    mu_str_addf(out, "<Contents><Key>%s</Key><Size>%zu</Size></Contents>", cloud->objects[i].key,
                cloud->objects[i].bytes.n);
  }
}

/* ListObjectsV2; the token is the number of the page. */
static void list(const struct cloud *cloud, const char *target, struct httpd_resp *resp) {
  const char *token = strstr(target, "continuation-token=");
  size_t page = token ? strtoul(token + strlen("continuation-token="), NULL, 10) : 0;
  size_t third = cloud->n / 3, from = page * third, to = page == 2 ? cloud->n : from + third;
  bool more = cloud->paging != ONE_PAGE && page < 2;
  mu_str_addf(&resp->body, "<ListBucketResult><IsTruncated>%s</IsTruncated>",
              more ? "true" : "false");
  if (more && cloud->paging != NO_TOKEN) {
    mu_str_addf(&resp->body, "<NextContinuationToken>%zu</NextContinuationToken>",
                cloud->paging == SAME_PAGE ? 1 : page + 1);
  }
  if (cloud->paging == OLD_PAGE) { /* from before the last file was written */
    from = page == 0 ? 1 : from;
  }
  if (cloud->paging == OTHER_PAGE && page == 1) { /* the first one again, under another token */
    from = 0;
    to = third;
  }
  list_range(cloud, cloud->paging == ONE_PAGE ? 0 : from, cloud->paging == ONE_PAGE ? cloud->n : to,
             &resp->body);
  mu_str_add(&resp->body, "</ListBucketResult>");
}

/* What a strict server asks first. False: refused. */
static bool admit(struct cloud *cloud, const struct httpd_req *req, struct httpd_resp *resp) {
  enum { QUARTER_MS = 15 * 60000 };
  int64_t signed_ms = 0, now = mu_wall_ms(mu_clock_system()) + cloud->ahead_ms;
  const char *why = sigv4_check(req, &cloud->keys, &signed_ms);
  char text[MU_TIME_TEXT];
  if (!why && (signed_ms > now + QUARTER_MS || signed_ms < now - QUARTER_MS)) {
    why = "RequestTimeTooSkewed";
  }
  if (cloud->ahead_ms != 0) { /* RFC 3339 to RFC 9110; the day of the week is nobody's business */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    mu_time_seconds(now, text);
    mu_str_addf(&resp->headers, "Date: Mon, %.2s %.3s %.4s %.8s GMT\r\n", text + 8,
                months + 3 * (strtol(text + 5, NULL, 10) - 1), text, text + 11);
  }
  if (!why) {
    return true;
  }
  cloud->refused++;
  error(resp, strcmp(why, "ExpiredToken") == 0 ? 400 : 403, why);
  return false;
}

static void answer(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct cloud *cloud = ctx;
  const struct object *found = NULL;
  for (size_t i = 0; i < cloud->n; i++) {
    const char *target = req->target + strlen("/lake/");
    size_t n = strlen(cloud->objects[i].key);
    if (strncmp(target, cloud->objects[i].key, n) == 0 && strchr("?", target[n])) {
      found = &cloud->objects[i];
    }
  }
  mu_str_add(&resp->headers, "x-amz-request-id: TEST\r\n"); /* without it a 404 proves nothing */
  if (!admit(cloud, req, resp)) {
    return;
  }
  if (strstr(req->target, "list-type=2")) {
    list(cloud, req->target, resp);
  } else if (found) {
    mu_str_addn(&resp->body, found->bytes.p, found->bytes.n);
  } else {
    error(resp, 404, "NoSuchKey");
  }
  if (cloud->seen++ == cloud->at) {
    (void)snprintf(cloud->hit, sizeof cloud->hit, "%s %s", req->method, req->target);
    resp->delay_ms = cloud->delay_ms;
    resp->drip_ms = cloud->drip_ms;
    spoil(cloud, resp);
  }
}

static int start(void **state, int files) {
  struct mu_arena *arena = mu_arena_new();
  struct cloud *cloud = mu_arena_alloc(arena, sizeof *cloud);
  struct mu_err err = {0};
  const struct mu_aws_options options = {.region = "us-east-1", .max_attempts = 1};
  cloud->arena = arena;
  cloud->deadline_ms = DEADLINE_MS;
  cloud->files = files;
  cloud->keys = (struct mu_sigv4_keys){"AKIDEXAMPLE", "wJalrXUtnFEMI", NULL};
  add_table(cloud);
  cloud->httpd = httpd_start(answer, cloud);
  cloud->http = mu_http_new(NULL);
  (void)setenv("AWS_ENDPOINT_URL",
               mu_arena_fmt(arena, "http://127.0.0.1:%d", httpd_port(cloud->httpd)), 1);
  (void)setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI", 1);
  (void)setenv("AWS_CONFIG_FILE", "/dev/null", 1);
  (void)setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
  (void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  *state = cloud;
  return mu_aws_new(&options, &cloud->aws, &err);
}

static int setup(void **state) {
  return start(state, FEW);
}
static int setup_many(void **state) {
  return start(state, MANY);
}

static int teardown(void **state) {
  struct cloud *cloud = *state;
  mu_aws_free(cloud->aws);
  mu_http_free(cloud->http);
  httpd_stop(cloud->httpd);
  for (size_t i = 0; i < cloud->n; i++) {
    mu_str_done(&cloud->objects[i].bytes);
  }
  mu_arena_free(cloud->arena);
  return 0;
}

static struct mu_aws *client(void *ctx, const char *region, const char *profile) {
  (void)region;
  (void)profile;
  return ((struct cloud *)ctx)->aws;
}

static int observe(struct cloud *cloud) {
  static const char *const inside[] = {"s3://lake/"};
  static const struct mu_arg at[] = {
      {"metadata", {.type = MU_T_STR, .s = "s3://lake/t/metadata/v1.metadata.json"}},
      {"inside", {.type = MU_T_LIST, .list = {inside, 1}}},
  };
  static const struct mu_args args = {.at = at, .n = MU_LEN(at)};
  const struct mu_probe_ctx ctx = {.arena = cloud->arena,
                                   .clock = mu_clock_system(),
                                   .deadline_mono_ms =
                                       mu_mono_ms(mu_clock_system()) + cloud->deadline_ms,
                                   .http = cloud->http,
                                   .aws = client,
                                   .aws_ctx = cloud};
  bool absent = false;
  cloud->seen = 0;
  cloud->hit[0] = '\0';
  cloud->err = (struct mu_err){0};
  mu_facts_init(&cloud->facts, cloud->arena);
  int rc = mu_probe_iceberg.observe(&args, &ctx, &cloud->facts, &absent, &cloud->err);
  assert_false(absent); /* the metadata file was named: without it nothing is proven */
  return rc;
}

static int64_t number(struct cloud *cloud, const char *name, int64_t otherwise) {
  const struct mu_fact *fact = mu_fact_find(&cloud->facts, name);
  return fact ? fact->value.i : otherwise;
}

static void without_faults_all_is_well(void **state) {
  struct cloud *cloud = *state;
  cloud->at = -1;
  if (observe(cloud) != 0) {
    fail_msg("%s", cloud->err.msg);
  }
  assert_int_equal(number(cloud, "iceberg.rows", -1), cloud->files * FILE_ROWS);
  assert_int_equal(number(cloud, "iceberg.files_missing", -1), 0);
  assert_int_equal(cloud->seen, 4 + FEW); /* metadata, list, manifests, a look at each file */
  assert_int_equal(cloud->refused, 0);
}

/* The stub's own check must be able to fail. */
static void a_wrong_secret_is_refused(void **state) {
  struct cloud *cloud = *state;
  cloud->at = -1;
  cloud->keys.secret_key = "another";
  assert_int_equal(observe(cloud), -1);
  assert_int_equal(cloud->err.code, MU_E_DENIED);
  assert_non_null(strstr(cloud->err.msg, "SignatureDoesNotMatch"));
  assert_null(mu_fact_find(&cloud->facts, "iceberg.rows"));
  assert_int_equal(cloud->refused, 1);
}

/* Each request of a look is asked with a clock that is off, ours or theirs. */
static void a_clock_that_is_off_is_set_right(void **state) {
  struct cloud *cloud = *state;
  static const int64_t ahead[] = {3600000, -3600000};
  cloud->at = -1;
  for (size_t i = 0; i < MU_LEN(ahead); i++) {
    cloud->ahead_ms = ahead[i];
    cloud->refused = 0;
    if (observe(cloud) != 0) {
      fail_msg("%s", cloud->err.msg);
    }
    assert_int_equal(number(cloud, "iceberg.rows", -1), cloud->files * FILE_ROWS);
    assert_int_equal(number(cloud, "iceberg.files_missing", -1), 0);
    assert_int_equal(cloud->refused, 1); /* the first one; then the client knows */
  }
}

/* A session ends in the middle. Who can renew it counts right, who cannot says nothing. */
static void a_session_that_ends(void **state) {
  struct cloud *cloud = *state;
  struct mu_err err = {0};
  const struct mu_aws_options options = {.region = "us-east-1", .max_attempts = 1};
  char file[] = "/tmp/muster-faults-XXXXXX";
  int fd = mkstemp(file);
  assert_true(fd >= 0 && close(fd) == 0);
  const char *config = mu_arena_fmt(
      cloud->arena,
      "[default]\ncredential_process = sh -c \"echo x >>%s.n; echo '{\\\"AccessKeyId\\\":"
      "\\\"AKIDEXAMPLE\\\",\\\"SecretAccessKey\\\":\\\"wJalrXUtnFEMI\\\","
      "\\\"SessionToken\\\":\\\"token-'$(wc -l <%s.n)'\\\"}'\"\n",
      file, file);
  assert_int_equal(mu_io_write(file, config, strlen(config), &err), 0);
  cloud->at = -1;
  (void)setenv("AWS_SESSION_TOKEN", "token-1", 1);
  cloud->keys.session_token = "token-2"; /* and never token-1 again */
  assert_int_equal(observe(cloud), -1);
  assert_int_equal(cloud->err.code, MU_E_DENIED);
  assert_non_null(strstr(cloud->err.msg, "ExpiredToken"));
  (void)unsetenv("AWS_SESSION_TOKEN");
  (void)unsetenv("AWS_ACCESS_KEY_ID");
  (void)unsetenv("AWS_SECRET_ACCESS_KEY");
  (void)setenv("AWS_CONFIG_FILE", file, 1);
  mu_aws_free(cloud->aws);
  assert_int_equal(mu_aws_new(&options, &cloud->aws, &err), 0);
  cloud->refused = 0;
  if (observe(cloud) != 0) {
    fail_msg("%s", cloud->err.msg);
  }
  assert_int_equal(number(cloud, "iceberg.rows", -1), cloud->files * FILE_ROWS);
  assert_int_equal(cloud->refused, 1);
  (void)unlink(file);
  (void)unlink(mu_arena_fmt(cloud->arena, "%s.n", file));
}

static void check_outcome(struct cloud *cloud) {
  const struct mu_fact *consistent = mu_fact_find(&cloud->facts, "iceberg.consistent");
  int64_t rows = number(cloud, "iceberg.rows", -1),
          missing = number(cloud, "iceberg.files_missing", -1);
  bool is_head = mu_str_starts(cloud->hit, "HEAD");
  if (rows != cloud->files * FILE_ROWS && rows != -1) {
    fail_msg("fault %d at %s: %lld rows", (int)cloud->fault, cloud->hit, (long long)rows);
  }
  if (rows == -1 && missing < 1 && number(cloud, "iceberg.files_wrong_size", 0) < 1 &&
      (!consistent || consistent->value.b)) {
    fail_msg("fault %d at %s: neither a count nor a reason", (int)cloud->fault, cloud->hit);
  }
  if (missing > 0 && cloud->fault != MISSING) {
    fail_msg("fault %d at %s: called missing", (int)cloud->fault, cloud->hit);
  }
  if (is_head && cloud->fault == MISSING) {
    assert_int_equal(missing, 1);
  }
  if (is_head && cloud->fault == DENIED) { /* unknown: neither there nor missing */
    assert_int_equal(missing, -1);
    assert_int_equal(number(cloud, "iceberg.files_unknown", -1), 1);
  }
}

static void every_fault_at_every_request(void **state) {
  struct cloud *cloud = *state;
  int refused = 0, looks = 0;
  for (int fault = DENIED; fault < FAULTS; fault++) {
    for (int at = 0; at < 4 + FEW; at++) {
      cloud->fault = (enum fault)fault;
      cloud->at = at;
      looks++;
      if (observe(cloud) != 0) {
        assert_int_not_equal(cloud->err.code, MU_E_NONE);
        refused++;
      } else {
        check_outcome(cloud);
      }
    }
  }
  printf("%d looks with a fault: %d could not verify, %d a right count or a finding, none wrong\n",
         looks, refused, looks - refused);
}

static void many_files_are_listed_at_once(void **state) {
  struct cloud *cloud = *state;
  cloud->at = -1;
  assert_int_equal(observe(cloud), 0);
  assert_int_equal(cloud->seen, 4 + 1);
  assert_int_equal(number(cloud, "iceberg.files_missing", -1), 0);
  assert_int_equal(number(cloud, "iceberg.files_checked", -1), 4 + MANY);
  assert_int_equal(number(cloud, "iceberg.orphans", -1), 0);
  struct object *gone = &cloud->objects[0], *cut = &cloud->objects[1];
  gone->key = "t/data/elsewhere";
  cut->bytes.n /= 2;
  assert_int_equal(observe(cloud), 0);
  /* What the listing does not hold is asked for by name, then for its versions. */
  assert_int_equal(cloud->seen, 4 + 1 + 1 + 1);
  assert_int_equal(number(cloud, "iceberg.files_missing", -1), 1);
  assert_int_equal(number(cloud, "iceberg.files_wrong_size", -1), 1);
  assert_int_equal(number(cloud, "iceberg.orphans", -1), 1);
}

/* A listing that is refused or breaks off is no proof of anything: each file is asked for by name.
 */
static void a_listing_that_fails_is_made_up_for(void **state) {
  struct cloud *cloud = *state;
  for (int fault = DENIED; fault <= GARBAGE; fault++) {
    cloud->fault = (enum fault)fault;
    cloud->at = 4;
    assert_int_equal(observe(cloud), 0);
    assert_non_null(strstr(cloud->hit, "list-type=2"));
    assert_int_equal(number(cloud, "iceberg.files_missing", -1), 0);
    assert_int_equal(number(cloud, "iceberg.files_checked", -1), 4 + MANY);
  }
}

/* Pages that repeat, break off or are older than the table prove nothing: what they do not show is
 * asked for by name. */
static void stale_pages_are_no_proof(void **state) {
  struct cloud *cloud = *state;
  cloud->at = -1;
  for (int paging = THREE_PAGES; paging <= OTHER_PAGE; paging++) {
    cloud->paging = (enum paging)paging;
    if (observe(cloud) != 0) {
      fail_msg("paging %d: %s", paging, cloud->err.msg);
    }
    assert_int_equal(number(cloud, "iceberg.rows", -1), cloud->files * FILE_ROWS);
    assert_int_equal(number(cloud, "iceberg.files_missing", -1), 0);
    assert_int_equal(number(cloud, "iceberg.files_wrong_size", -1), 0);
    assert_int_equal(number(cloud, "iceberg.files_checked", -1), 4 + MANY);
  }
}

/* A body that comes drop by drop, for longer than there is time. */
static void a_slow_drip_ends_in_time(void **state) {
  struct cloud *cloud = *state;
  cloud->drip_ms = 200; /* 50 times */
  cloud->deadline_ms = 1000;
  for (int at = 0; at < 4; at++) {
    int64_t from = mu_mono_ms(mu_clock_system());
    cloud->at = at;
    assert_int_equal(observe(cloud), -1);
    assert_int_equal(cloud->err.code, MU_E_TIMEOUT);
    assert_null(mu_fact_find(&cloud->facts, "iceberg.rows"));
    assert_true(mu_mono_ms(mu_clock_system()) - from < 6000);
  }
}

static void a_deadline_ends_a_look(void **state) {
  struct cloud *cloud = *state;
  cloud->delay_ms = 3000;
  cloud->deadline_ms = 400;
  for (int at = 0; at < 4; at++) {
    int64_t from = mu_mono_ms(mu_clock_system());
    cloud->at = at;
    assert_int_equal(observe(cloud), -1);
    assert_int_equal(cloud->err.code, MU_E_TIMEOUT);
    assert_true(mu_mono_ms(mu_clock_system()) - from < 2000);
  }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(without_faults_all_is_well),
      TEST(a_wrong_secret_is_refused),
      TEST(a_clock_that_is_off_is_set_right),
      TEST(a_session_that_ends),
      TEST(a_slow_drip_ends_in_time),
      cmocka_unit_test_setup_teardown(stale_pages_are_no_proof, setup_many, teardown),
      TEST(every_fault_at_every_request),
      TEST(a_deadline_ends_a_look),
      cmocka_unit_test_setup_teardown(many_files_are_listed_at_once, setup_many, teardown),
      cmocka_unit_test_setup_teardown(a_listing_that_fails_is_made_up_for, setup_many, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
