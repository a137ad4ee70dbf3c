/* SPDX-License-Identifier: Apache-2.0 */
/* A whole look at an Iceberg table in S3, from a stub on loopback that answers each request late:
 * it must cost round trips, not requests.
 *
 *   lake_http [MANIFESTS [ENTRIES [LATENCY_MS]]]    default: 100, 1000, 20
 */
#define _DEFAULT_SOURCE /* setenv */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "probe.h"
#include "support/avro_file.h"
#include "support/httpd.h"
#include "wire/aws.h"
#include "wire/http.h"

extern const struct mu_probe mu_probe_iceberg;

enum { MAX_FILE = 4 * 1024 * 1024, ROUNDS = 3, PAGE = 1000 };

struct cloud {
  struct mu_arena *arena;
  int64_t manifests, entries, latency_ms;
  struct mu_str *files; /* the manifests, then the list, then the metadata */
  int64_t requests;
  struct mu_aws *aws;
};

static const char *data_path(struct mu_arena *arena, int64_t i, int64_t k) {
  return mu_arena_fmt(arena, "t/data/%05lld-%05lld.parquet", (long long)i, (long long)k);
}

static void write_manifest(struct cloud *c, int64_t i, struct mu_str *entries) {
  MU_STR(body, MAX_FILE);
  struct mu_str *file = &c->files[i];
  *file = MU_STR_INIT(MAX_FILE);
  for (int64_t k = 0; k < c->entries; k++) {
    struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
    const struct avro_entry entry = {
        .status = 1,
        .path = mu_arena_fmt(arena, "s3://lake/%s", data_path(arena, i, k)),
        .records = 100,
        .size = 10};
    avro_add_entry(&body, &entry);
  }
  avro_header(file, avro_manifest_schema, "deflate", NULL);
  avro_block(file, c->entries, &body, "deflate");
  const int64_t counts[] = {c->entries, 0, 0, 100 * c->entries, 0, 0};
  avro_list_entry(entries, mu_arena_fmt(c->arena, "s3://lake/t/metadata/m%lld.avro", (long long)i),
                  (int64_t)file->n, 0, 1, counts);
}

static void write_table(struct cloud *c) {
  MU_STR(entries, MAX_FILE);
  c->files = mu_arena_array(c->arena, (size_t)c->manifests + 2, sizeof *c->files);
  for (int64_t i = 0; i < c->manifests; i++) {
    write_manifest(c, i, &entries);
  }
  struct mu_str *list = &c->files[c->manifests], *metadata = list + 1;
  *list = *metadata = MU_STR_INIT(MAX_FILE);
  avro_header(list, avro_list_schema, NULL, NULL);
  avro_block(list, c->manifests, &entries, NULL);
  mu_str_add(
      metadata,
      "{\"format-version\":2,\"location\":\"s3://lake/t\",\"current-snapshot-id\":1,\"snapshots\":["
      "{\"snapshot-id\":1,\"timestamp-ms\":1,\"manifest-list\":\"s3://lake/t/metadata/"
      "list.avro\"}]}");
}

/* One page of the listing; the token is the number of the first object. */
static void list(struct cloud *c, const char *target, struct httpd_resp *resp) {
  const char *token = strstr(target, "continuation-token=");
  int64_t from = token ? strtoll(token + strlen("continuation-token="), NULL, 10) : 0,
          all = c->manifests * c->entries;
  int64_t to = from + PAGE < all ? from + PAGE : all;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  mu_str_add(&resp->body, "<ListBucketResult>");
  for (int64_t i = from; i < to; i++) {
    mu_str_addf(&resp->body, "<Contents><Key>%s</Key><Size>10</Size></Contents>",
                data_path(arena, i / c->entries, i % c->entries));
  }
  mu_str_addf(&resp->body, "<IsTruncated>%s</IsTruncated>", to < all ? "true" : "false");
  if (to < all) {
    mu_str_addf(&resp->body, "<NextContinuationToken>%lld</NextContinuationToken>", (long long)to);
  }
  mu_str_add(&resp->body, "</ListBucketResult>");
}

static void answer(void *ctx, const struct httpd_req *req, struct httpd_resp *resp) {
  struct cloud *c = ctx;
  const char *name = strstr(req->target, "/metadata/");
  c->requests++;
  resp->delay_ms = (int)c->latency_ms;
  mu_str_add(&resp->headers, "x-amz-request-id: BENCH\r\n");
  if (strstr(req->target, "list-type=2")) {
    list(c, req->target, resp);
    return;
  }
  name = name ? name + strlen("/metadata/") : "";
  int64_t i = name[0] == 'm'                ? strtoll(name + 1, NULL, 10)
              : mu_str_starts(name, "list") ? c->manifests
                                            : c->manifests + 1;
  mu_str_addn(&resp->body, c->files[i].p, c->files[i].n);
}

static struct mu_aws *client(void *ctx, const char *region, const char *profile) {
  (void)region;
  (void)profile;
  return ((struct cloud *)ctx)->aws;
}

static int64_t look(struct cloud *c, struct mu_http *http, int64_t *rows) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const struct mu_arg at = {"metadata",
                            {.type = MU_T_STR, .s = "s3://lake/t/metadata/v1.metadata.json"}};
  const struct mu_args args = {.at = &at, .n = 1};
  const struct mu_clock *clock = mu_clock_system();
  const struct mu_probe_ctx ctx = {.arena = arena,
                                   .clock = clock,
                                   .deadline_mono_ms = mu_mono_ms(clock) + 60000,
                                   .http = http,
                                   .aws = client,
                                   .aws_ctx = c};
  struct mu_facts facts;
  struct mu_err err = {0};
  bool absent = false;
  int64_t from = mu_mono_ms(clock);
  c->requests = 0;
  mu_facts_init(&facts, arena);
  if (mu_probe_iceberg.observe(&args, &ctx, &facts, &absent, &err) != 0) {
    (void)fprintf(stderr, "lake_http: %s\n", err.msg);
    exit(1);
  }
  const struct mu_fact *fact = mu_fact_find(&facts, "iceberg.rows"),
                       *missing = mu_fact_find(&facts, "iceberg.files_missing");
  *rows = fact && missing && missing->value.i == 0 ? fact->value.i : -1;
  return mu_mono_ms(clock) - from;
}

int main(int argc, char **argv) {
  struct cloud c = {.arena = mu_arena_new(), .manifests = 100, .entries = 1000, .latency_ms = 20};
  int64_t *const numbers[] = {&c.manifests, &c.entries, &c.latency_ms};
  const struct mu_aws_options options = {.region = "us-east-1"};
  struct mu_err err = {0};
  int64_t best = INT64_MAX, rows = 0;
  for (int i = 1; i < argc && i <= 3; i++) {
    if (mu_num_parse_i64(argv[i], numbers[i - 1]) != 0 || *numbers[i - 1] < (i == 3 ? 0 : 1)) {
      (void)fprintf(stderr, "usage: lake_http [MANIFESTS [ENTRIES [LATENCY_MS]]]\n");
      return 2;
    }
  }
  write_table(&c);
  struct httpd *httpd = httpd_start(answer, &c);
  (void)setenv("AWS_ENDPOINT_URL", mu_arena_fmt(c.arena, "http://127.0.0.1:%d", httpd_port(httpd)),
               1);
  (void)setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
  (void)setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI", 1);
  if (mu_aws_new(&options, &c.aws, &err) != 0) {
    (void)fprintf(stderr, "lake_http: %s\n", err.msg);
    return 1;
  }
  for (int i = 0; i < ROUNDS; i++) {
    struct mu_http *http = mu_http_new(NULL);
    int64_t ms = look(&c, http, &rows);
    best = ms < best ? ms : best;
    mu_http_free(http);
  }
  printf("%lld manifests of %lld entries, every answer %lld ms late: %lld rows, every file there\n",
         (long long)c.manifests, (long long)c.entries, (long long)c.latency_ms, (long long)rows);
  printf("%lld requests over %d connections in %lld ms: %.1f times the latency\n",
         (long long)c.requests, httpd_connections(httpd) / ROUNDS, (long long)best,
         (double)best / (double)(c.latency_ms ? c.latency_ms : 1));
  httpd_stop(httpd);
  mu_aws_free(c.aws);
  return rows == 100 * c.manifests * c.entries ? 0 : 1;
}
