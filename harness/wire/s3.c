/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/s3.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "wire/aws.h"
#include "wire/xml.h"

enum { MAX_KEY = 1024 };

/* The bucket's part of what follows the scheme. An ARN has a slash of its own before the name of
 * the access point ("arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME"). */
static size_t bucket_length(const char *name) {
  size_t n = strcspn(name, "/");
  bool more = mu_str_starts(name, "arn:") && n > 11 &&
              memcmp(name + n - 11, "accesspoint", 11) == 0 && name[n] == '/';
  return more ? n + 1 + strcspn(name + n + 1, "/") : n;
}

int mu_s3_split(const char *uri, struct mu_arena *arena, const char **bucket, const char **key) {
  static const char *const schemes[] = {"s3://", "s3a://", "s3n://"};
  for (size_t i = 0; i < MU_LEN(schemes); i++) {
    if (mu_str_starts(uri, schemes[i])) {
      const char *name = uri + strlen(schemes[i]);
      size_t n = bucket_length(name);
      if (n == 0) {
        return -1;
      }
      *bucket = mu_arena_strn(arena, name, n);
      *key = mu_arena_str(arena, name[n] ? name + n + 1 : "");
      return 0;
    }
  }
  return -1;
}

/* ---- getting and looking ---- */

static const char *range_text(const struct mu_s3_get *get, struct mu_arena *arena) {
  if (get->first == 0 && get->last == 0) {
    return NULL;
  }
  if (get->first < 0) {
    return mu_arena_fmt(arena, "bytes=-%lld", (long long)-get->first);
  }
  return get->last < 0
             ? mu_arena_fmt(arena, "bytes=%lld-", (long long)get->first)
             : mu_arena_fmt(arena, "bytes=%lld-%lld", (long long)get->first, (long long)get->last);
}

static void ask(const struct mu_s3_get *get, int64_t deadline_mono_ms, struct mu_arena *arena,
                struct mu_aws_batch_call *call) {
  struct mu_param_row *params = mu_arena_array(arena, 3, sizeof *params);
  struct mu_http_header *headers = mu_arena_array(arena, 3, sizeof *headers);
  const char *range = get->head ? NULL : range_text(get, arena);
  size_t params_n = 0, headers_n = 0;
  params[params_n++] = (struct mu_param_row){"Bucket", get->bucket};
  params[params_n++] = (struct mu_param_row){"Key", get->key};
  if (get->version_id) {
    params[params_n++] = (struct mu_param_row){"versionId", get->version_id};
  }
  if (range) {
    headers[headers_n++] = (struct mu_http_header){"Range", range};
  }
  if (get->owner) {
    headers[headers_n++] = (struct mu_http_header){"x-amz-expected-bucket-owner", get->owner};
  }
  *call = (struct mu_aws_batch_call){.service = "s3",
                                     .operation = get->head ? "HeadObject" : "GetObject"};
  call->args = (struct mu_aws_args){.params = params,
                                    .params_n = params_n,
                                    .headers = headers,
                                    .headers_n = headers_n,
                                    .max_body = get->max_body,
                                    .deadline_mono_ms = deadline_mono_ms};
}

static const char *header(const struct mu_http_resp *resp, const char *name) {
  const char *value = mu_http_header(resp, name);
  return value ? value : "";
}

/* From "Content-Range: bytes 0-9/100", or from Content-Length where the whole object was asked for.
 */
static int64_t whole_size(const struct mu_http_resp *resp) {
  int64_t size = -1;
  const char *range = strrchr(header(resp, "content-range"), '/');
  if (range) {
    return mu_num_parse_i64(range + 1, &size) == 0 ? size : -1;
  }
  return resp->status == 200 && mu_num_parse_i64(header(resp, "content-length"), &size) == 0 ? size
                                                                                             : -1;
}

/* " (request 4f0c…)", for the errors that AWS did not call one. */
static const char *request_of(const struct mu_aws_answer *answer, struct mu_arena *arena) {
  return answer->request_id && *answer->request_id
             ? mu_arena_fmt(arena, " (request %s)", answer->request_id)
             : "";
}

static void read_answer(const struct mu_aws_batch_call *call, struct mu_arena *arena,
                        struct mu_s3_get *get) {
  const struct mu_http_resp *resp = &call->answer.http;
  get->result = call->result;
  get->err = call->err;
  get->delete_marker = strcmp(header(resp, "x-amz-delete-marker"), "true") == 0;
  get->etag = header(resp, "etag");
  get->found_version_id = header(resp, "x-amz-version-id");
  get->storage_class = header(resp, "x-amz-storage-class");
  get->last_modified = header(resp, "last-modified");
  get->lock_mode = header(resp, "x-amz-object-lock-mode");
  get->retain_until = header(resp, "x-amz-object-lock-retain-until-date");
  get->legal_hold = header(resp, "x-amz-object-lock-legal-hold");
  get->replication_status = header(resp, "x-amz-replication-status");
  get->size = call->result == 0 ? whole_size(resp) : -1;
  get->body = call->result == 0 && resp->body ? resp->body : "";
  get->body_n = call->result == 0 ? resp->body_n : 0;
  get->truncated = call->result == 0 && resp->truncated;
  /* A server that ignores Range answers 200 with everything: not what was asked for. */
  bool asked_part = !get->head && (get->first != 0 || get->last != 0);
  if (call->result == 0 && asked_part && resp->status != 206) {
    get->result =
        mu_fail(&get->err, MU_E_REMOTE, "s3 GetObject: a range was asked for, HTTP %d came%s",
                resp->status, request_of(&call->answer, arena));
  }
}

/* An answer that is cut although it is shorter than the cap would be taken for the object. */
static void check_length(const struct mu_aws_batch_call *call, struct mu_arena *arena,
                         struct mu_s3_get *get) {
  bool whole =
      get->result == 0 && !get->head && get->first == 0 && get->last == 0 && !get->truncated;
  if (whole && get->size >= 0 && (uint64_t)get->size != get->body_n) {
    get->result = mu_fail(&get->err, MU_E_REMOTE, "s3 GetObject: %zu bytes of %lld came%s",
                          get->body_n, (long long)get->size, request_of(&call->answer, arena));
  }
}

void mu_s3_get_many(struct mu_aws *aws, struct mu_http *http, struct mu_s3_get *gets, size_t n,
                    int64_t deadline_mono_ms, struct mu_arena *arena) {
  struct mu_aws_batch_call *calls = mu_arena_array(arena, n + 1, sizeof *calls);
  for (size_t i = 0; i < n; i++) {
    ask(&gets[i], deadline_mono_ms, arena, &calls[i]);
  }
  mu_aws_batch(aws, http, calls, n, arena);
  for (size_t i = 0; i < n; i++) {
    read_answer(&calls[i], arena, &gets[i]);
    check_length(&calls[i], arena, &gets[i]);
    mu_aws_answer_done(&calls[i].answer);
  }
}

int mu_s3_get(struct mu_aws *aws, struct mu_http *http, struct mu_s3_get *get,
              struct mu_arena *arena, struct mu_err *err) {
  mu_s3_get_many(aws, http, get, 1, 0, arena);
  if (get->result != 0 && err) {
    *err = get->err;
  }
  return get->result;
}

/* ---- listing ---- */

struct listing {
  int (*on_object)(void *ctx, const struct mu_s3_object *object);
  void *ctx;
  struct mu_err *err;
  bool broken;
};

/* Ends the listing as none at all. */
static int broken(struct listing *listing, const struct mu_aws_answer *page) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  listing->broken = true;
  (void)mu_fail(listing->err, MU_E_REMOTE, "s3 ListObjectsV2: an answer that is no listing%s",
                request_of(page, arena));
  return 1;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What encoding-type=url does to keys: percent-encoding, with '+' for a blank. */
static void decode_key(const char *text, struct mu_str *out) {
  mu_str_clear(out);
  for (; *text; text++) {
    int high = *text == '%' ? hex_digit(text[1]) : -1;
    int low = high >= 0 ? hex_digit(text[2]) : -1;
    if (low >= 0) {
      mu_str_addc(out, (char)(high << 4 | low));
      text += 2;
    } else {
      mu_str_addc(out, *text == '+' ? ' ' : *text);
    }
  }
}

static int on_page(void *ctx, const struct mu_aws_answer *page) {
  struct listing *listing = ctx;
  const struct mu_xml_node *root = mu_xml_path(page->xml, "ListBucketResult");
  bool encoded =
      strcmp(mu_xml_str(root, "EncodingType", ""), "url") == 0; /* not every server does it */
  const char *truncated = mu_xml_str(root, "IsTruncated", "");
  MU_STR(key, 4 * MAX_KEY);
  if (!root ||
      (strcmp(truncated, "true") == 0 && !*mu_xml_str(root, "NextContinuationToken", ""))) {
    return broken(listing, page);
  }
  for (const struct mu_xml_node *at = mu_xml_child(root, "Contents"); at; at = mu_xml_again(at)) {
    struct mu_s3_object object = {.key = mu_xml_str(at, "Key", ""),
                                  .last_modified = mu_xml_str(at, "LastModified", ""),
                                  .etag = mu_xml_str(at, "ETag", ""),
                                  .storage_class = mu_xml_str(at, "StorageClass", "")};
    if (mu_num_parse_i64(mu_xml_str(at, "Size", ""), &object.size) != 0) {
      return broken(listing, page);
    }
    if (encoded) {
      decode_key(object.key, &key);
      object.key = mu_str_get(&key);
    }
    if (listing->on_object(listing->ctx, &object) != 0) {
      return 1;
    }
  }
  return 0;
}

int mu_s3_list(struct mu_aws *aws, struct mu_http *http, const struct mu_s3_below *below,
               int (*on_object)(void *ctx, const struct mu_s3_object *object), void *ctx,
               struct mu_err *err) {
  const struct mu_param_row params[] = {
      {"Bucket", below->bucket}, {"encoding-type", "url"}, {"prefix", below->prefix}};
  const struct mu_http_header owner = {"x-amz-expected-bucket-owner", below->owner};
  const struct mu_aws_args args = {.params = params,
                                   .params_n = MU_LEN(params),
                                   .headers = &owner,
                                   .headers_n = below->owner ? 1 : 0,
                                   .deadline_mono_ms = below->deadline_mono_ms};
  struct listing listing = {on_object, ctx, err, false};
  if (mu_aws_pages(aws, http, "s3", "ListObjectsV2", &args, on_page, &listing, err) != 0) {
    return -1;
  }
  return listing.broken ? -1 : 0;
}

/* ---- versions ---- */

/* Versions come newest first, those of the shortest key before any of which it is the beginning. */
static const struct mu_xml_node *find_version(const struct mu_xml_node *root, const char *key) {
  bool encoded = strcmp(mu_xml_str(root, "EncodingType", ""), "url") == 0;
  MU_STR(decoded, 4 * MAX_KEY);
  for (const struct mu_xml_node *at = mu_xml_child(root, "Version"); at; at = mu_xml_again(at)) {
    const char *name = mu_xml_str(at, "Key", "");
    if (encoded) {
      decode_key(name, &decoded);
      name = mu_str_get(&decoded);
    }
    if (strcmp(name, key) == 0) {
      return at;
    }
  }
  return NULL;
}

int mu_s3_last_version(struct mu_aws *aws, struct mu_http *http, const struct mu_s3_get *deleted,
                       int64_t deadline_mono_ms, struct mu_arena *arena, struct mu_s3_version *out,
                       struct mu_err *err) {
  const struct mu_param_row params[] = {{"Bucket", deleted->bucket},
                                        {"encoding-type", "url"},
                                        {"max-keys", "100"},
                                        {"prefix", deleted->key}};
  const struct mu_http_header owner = {"x-amz-expected-bucket-owner", deleted->owner};
  const struct mu_aws_args args = {.params = params,
                                   .params_n = MU_LEN(params),
                                   .headers = &owner,
                                   .headers_n = deleted->owner ? 1 : 0,
                                   .deadline_mono_ms = deadline_mono_ms};
  MU_AWS_ANSWER(answer);
  if (mu_aws_do(aws, http, "s3", "ListObjectVersions", &args, arena, &answer, err) != 0) {
    return -1;
  }
  const struct mu_xml_node *found =
      find_version(mu_xml_path(answer.xml, "ListVersionsResult"), deleted->key);
  if (!found) {
    return mu_fail(err, MU_E_ABSENT, "s3 ListObjectVersions: no version of it");
  }
  struct mu_s3_get head = {.bucket = deleted->bucket,
                           .key = deleted->key,
                           .owner = deleted->owner,
                           .version_id = mu_xml_str(found, "VersionId", ""),
                           .head = true};
  mu_s3_get_many(aws, http, &head, 1, deadline_mono_ms, arena);
  bool seen = head.result == 0;
  *out = (struct mu_s3_version){.id = head.version_id,
                                .last_modified = mu_xml_str(found, "LastModified", ""),
                                .lock_mode = seen ? head.lock_mode : "",
                                .retain_until = seen ? head.retain_until : ""};
  return 0;
}

int mu_s3_put(struct mu_aws *aws, struct mu_http *http, const char *bucket, const char *key,
              const void *body, size_t n, const char *content_type, struct mu_arena *arena,
              struct mu_err *err) {
  const struct mu_param_row params[] = {{"Bucket", bucket}, {"Key", key}};
  const struct mu_aws_args args = {.params = params,
                                   .params_n = MU_LEN(params),
                                   .body = body,
                                   .body_n = n,
                                   .content_type =
                                       content_type ? content_type : "application/octet-stream"};
  MU_AWS_ANSWER(answer);
  return mu_aws_do(aws, http, "s3", "PutObject", &args, arena, &answer, err);
}
