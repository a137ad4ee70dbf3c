/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures against the examples that AWS publishes (SigV4 test suite; S3 API reference,
 * "Examples: Signature calculations"), and against botocore where python3 can import it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/json.h"
#include "base/str.h"
#include "support/oracle.h"
#include "wire/sigv4.h"

static const int64_t SUITE_MS = INT64_C(1440938160000); /* 2015-08-30T12:36:00Z */
static const int64_t S3_MS = INT64_C(1369353600000);    /* 2013-05-24T00:00:00Z */
static const struct mu_sigv4_keys SUITE_KEYS = {"AKIDEXAMPLE",
                                                "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", NULL};
static const struct mu_sigv4_keys S3_KEYS = {"AKIAIOSFODNN7EXAMPLE",
                                             "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", NULL};

static void check(struct mu_sigv4_req req, const struct mu_sigv4_keys *keys, const char *expected) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_sigv4_lines lines;
  mu_sigv4_sign(&req, keys, arena, &lines);
  const char *got = strstr(lines.at[lines.n - 1], "SignedHeaders=");
  assert_non_null(got);
  assert_string_equal(got, expected);
  mu_arena_free(arena);
}

static struct mu_sigv4_req suite(const char *method, const char *path, const char *query) {
  return (struct mu_sigv4_req){.method = method,
                               .host = "example.amazonaws.com",
                               .path = path,
                               .query = query,
                               .region = "us-east-1",
                               .service = "service",
                               .unix_ms = SUITE_MS};
}

static void the_published_suite(void **state) {
  (void)state;
  check(suite("GET", "/", NULL), &SUITE_KEYS,
        "SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  check(suite("POST", "/", NULL), &SUITE_KEYS,
        "SignedHeaders=host;x-amz-date, "
        "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  check(suite("GET", "/", "Param1=value1&Param2=value2"), &SUITE_KEYS,
        "SignedHeaders=host;x-amz-date, "
        "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  /* get-relative, get-slash-dot-slash: the path is normalized to "/" */
  check(suite("GET", "/example/..", NULL), &SUITE_KEYS,
        "SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  check(suite("GET", "/./", NULL), &SUITE_KEYS,
        "SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

static struct mu_sigv4_req s3(const char *method, const char *path, const char *query) {
  return (struct mu_sigv4_req){.method = method,
                               .host = "examplebucket.s3.amazonaws.com",
                               .path = path,
                               .query = query,
                               .region = "us-east-1",
                               .service = "s3",
                               .unix_ms = S3_MS};
}

static void the_published_s3_examples(void **state) {
  (void)state;
  const struct mu_http_header range[] = {{"Range", "bytes=0-9"}};
  struct mu_sigv4_req req = s3("GET", "/test.txt", NULL);
  req.headers = range;
  req.headers_n = 1;
  check(req, &S3_KEYS,
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  const struct mu_http_header put[] = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                       {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  req = s3("PUT", "/test%24file.text", NULL);
  req.headers = put;
  req.headers_n = 2;
  req.body = "Welcome to Amazon S3.";
  req.body_n = 21;
  check(req, &S3_KEYS,
        "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  check(s3("GET", "/", "lifecycle="), &S3_KEYS,
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  check(s3("GET", "", "max-keys=2&prefix=J"), &S3_KEYS,
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void queries_are_sorted_by_what_is_sent(void **state) {
  (void)state;
  const struct mu_param_row rows[] = {
      {"b", "2"}, {"a-", "x y"}, {"a", "~/+"}, {"versioning", ""}, {"a", "!"}};
  MU_STR(out, 200);
  mu_uri_query(&out, rows, MU_LEN(rows));
  assert_string_equal(mu_str_get(&out), "a=%21&a=~%2F%2B&a-=x%20y&b=2&versioning=");
}

struct sample {
  const char *method, *host, *path, *query, *body, *service;
  struct mu_http_header headers[3];
  size_t headers_n;
  const char *token;
};

/* Shapes that this program sends, and those on which signers differ. */
static const struct sample SAMPLES[] = {
    {"POST",
     "sts.us-east-1.amazonaws.com",
     "/",
     "",
     "Action=GetCallerIdentity&Version=2011-06-15",
     "sts",
     {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
     1,
     NULL},
    {"POST",
     "glue.us-east-1.amazonaws.com",
     "/",
     "",
     "{\"Name\": \"f\"}",
     "glue",
     {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "AWSGlue.GetTable"}},
     2,
     "tok/en=="},
    {"GET",
     "dr-lake.s3.amazonaws.com",
     "/wh/a%20b/data%3D1/00000%20%C3%BC%2B%25.parquet",
     "",
     "",
     "s3",
     {{"Range", "bytes=-8"}, {"x-amz-checksum-mode", "ENABLED"}},
     2,
     NULL},
    {"GET", "127.0.0.1:5000", "/dr-lake/a//b/../c", "", "", "s3", {{NULL, NULL}}, 0, "t"},
    {"GET",
     "dr-lake.s3.amazonaws.com",
     "/",
     "continuation-token=1%2Fa%3Db%2Bc&encoding-type=url&list-type=2&prefix=wh%2Ffin%20ance%2F",
     "",
     "s3",
     {{NULL, NULL}},
     0,
     NULL},
    {"GET", "dr-lake.s3.amazonaws.com", "/", "versioning=", "", "s3", {{NULL, NULL}}, 0, NULL},
    {"HEAD", "dr-lake.s3.amazonaws.com", "/k", "versionId=v1", "", "s3", {{NULL, NULL}}, 0, NULL},
    {"PUT",
     "dr-lake.s3.amazonaws.com",
     "/k~.-_",
     "",
     "body \xc3\xbc",
     "s3",
     {{"x-amz-meta-note", "  two   blanks "}},
     1,
     NULL},
    {"GET",
     "eks.us-east-1.amazonaws.com",
     "/tags/arn%3Aaws%3Aeks%3Aus-east-1%3A123456789012%3Acluster%2Fdr",
     "",
     "",
     "eks",
     {{NULL, NULL}},
     0,
     NULL},
    {"POST",
     "eks.us-east-1.amazonaws.com",
     "/clusters/dr/node-groups/p/update-config",
     "",
     "{\"a\": 1}",
     "eks",
     {{"Content-Type", "application/json"}},
     1,
     NULL},
    {"GET",
     "route53.amazonaws.com",
     "/2013-04-01/hostedzone/Z1/rrset",
     "name=%5C052.example.com.&type=A",
     "",
     "route53",
     {{NULL, NULL}},
     0,
     NULL},
    {"POST",
     "route53.amazonaws.com",
     "/2013-04-01/hostedzone/Z1/rrset/",
     "",
     "<X/>",
     "route53",
     {{NULL, NULL}},
     0,
     NULL},
    {"GET",
     "example.amazonaws.com",
     "/a/./b/../c//d/",
     "x=%7E&y=",
     "",
     "service",
     {{NULL, NULL}},
     0,
     NULL},
};

/* Names that real writers leave, and those on which encoders differ. */
static const char *const AWKWARD_KEYS[] = {
    "plain.parquet",
    "day=2026-11-22/part 1.parquet",
    "a+b/c%20d%2Fe",
    "%",
    "100%/x",
    "//double//slash/",
    "/leading",
    "trailing/",
    "a/./b/../c",
    "..",
    ".",
    "caf\xc3\xa9/\xe6\x97\xa5\xe6\x9c\xac/\xf0\x9f\x98\x80",
    "e\xcc\x81 is not \xc3\xa9",
    "?query=1&b#fragment",
    "~user/-._",
    "*'()!;:@&=+$,[]{}|\\^`<>\"",
    " leading and trailing ",
    "tab\there",
    "a:b@c,d",
    "key=a/b=c/d%3De",
};

/* key NULL: the sample as it stands; else its path is what we make of that key. */
static void write_case(struct mu_jw *w, const struct sample *s, const char *key,
                       struct mu_arena *arena) {
  const struct mu_sigv4_keys keys = {"AKIDEXAMPLE", "se/cr+et", s->token};
  struct mu_sigv4_req req = {.method = s->method,
                             .host = s->host,
                             .path = s->path,
                             .query = s->query,
                             .headers = s->headers,
                             .headers_n = s->headers_n,
                             .body = s->body,
                             .body_n = strlen(s->body),
                             .region = "us-east-1",
                             .service = s->service,
                             .unix_ms = SUITE_MS};
  struct mu_sigv4_lines lines;
  mu_sigv4_sign(&req, &keys, arena, &lines);
  mu_jw_object(w);
  if (key) {
    mu_jw_kstr(w, "key", key);
  }
  mu_jw_kstr(w, "method", s->method);
  mu_jw_kstr(w, "url",
             mu_arena_fmt(arena, "http%s://%s%s%s%s", strchr(s->host, ':') ? "" : "s", s->host,
                          s->path, s->query[0] ? "?" : "", s->query));
  mu_jw_kstr(w, "body", s->body);
  mu_jw_kstr(w, "service", s->service);
  mu_jw_kstr(w, "region", "us-east-1");
  mu_jw_kint(w, "unix_ms", SUITE_MS);
  mu_jw_kstr(w, "access_key", keys.access_key);
  mu_jw_kstr(w, "secret_key", keys.secret_key);
  mu_jw_kstr(w, "session_token", keys.session_token);
  mu_jw_kstr(w, "authorization", lines.at[lines.n - 1] + strlen("Authorization: "));
  mu_jw_key(w, "headers");
  mu_jw_object(w);
  for (size_t i = 0; i < s->headers_n; i++) {
    mu_jw_kstr(w, s->headers[i].name, s->headers[i].value);
  }
  mu_jw_end(w);
  mu_jw_end(w);
}

static void write_key(struct mu_jw *w, const char *key, struct mu_arena *arena) {
  MU_STR(path, 4096);
  mu_str_add(&path, "/lake/");
  mu_uri_encode(&path, key, true);
  const struct sample sample = {.method = "GET",
                                .host = "s3.us-east-1.amazonaws.com",
                                .path = mu_str_copy(&path, arena),
                                .query = "",
                                .body = "",
                                .service = "s3"};
  write_case(w, &sample, key, arena);
}

/* Each ASCII character between two letters. */
static void write_every_byte(struct mu_jw *w, struct mu_arena *arena) {
  for (int c = 1; c < 0x80; c++) {
    write_key(w, mu_arena_fmt(arena, "a%cb", c), arena);
  }
}

static void botocore_agrees(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  MU_STR(cases, 1 << 20);
  struct mu_jw w;
  mu_jw_init(&w, &cases, 0);
  mu_jw_array(&w);
  for (size_t i = 0; i < MU_LEN(SAMPLES); i++) {
    write_case(&w, &SAMPLES[i], NULL, arena);
  }
  for (size_t i = 0; i < MU_LEN(AWKWARD_KEYS); i++) {
    write_key(&w, AWKWARD_KEYS[i], arena);
  }
  write_every_byte(&w, arena);
  mu_jw_end(&w);
  bool known = oracle_check("sigv4_oracle.py", NULL, mu_str_get(&cases), cases.n);
  mu_arena_free(arena);
  if (!known) {
    mu_str_done(&cases);
    skip();
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_published_suite),
      cmocka_unit_test(the_published_s3_examples),
      cmocka_unit_test(queries_are_sorted_by_what_is_sent),
      cmocka_unit_test(botocore_agrees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
