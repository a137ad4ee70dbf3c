/* SPDX-License-Identifier: Apache-2.0 */
/* AWS: credentials, region and endpoints found as the SDKs find them; requests signed, retried,
 * their answers parsed, their errors told apart. A client may be shared by threads; each call
 * brings the HTTP engine of its own thread, with nothing pending on it. Arguments are borrowed for
 * the call, answers live in the arena (and, for JSON, until mu_aws_answer_done()).
 *
 * A client is read-only unless made otherwise: operations are rows of aws_ops.def, each marked as
 * reading or changing, and what is no row cannot be sent. */
#ifndef MU_WIRE_AWS_H
#define MU_WIRE_AWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "wire/http.h"
#include "wire/sigv4.h" /* struct mu_param_row */

struct mu_arena;
struct mu_aws;
struct mu_cancel;
struct mu_clock;
struct mu_err;
struct mu_json;
struct mu_json_node;
struct mu_redact;
struct mu_xml_node;

enum mu_aws_mode { MU_AWS_READ_ONLY, MU_AWS_MAY_CHANGE };

/* Keys that somebody hands us, instead of the SDKs' chain: an Iceberg catalog lends keys to its
 * storage. Texts are copied. */
struct mu_aws_source {
  const char *name; /* for messages: "lent by the catalog" */
  /* Current keys into *out, in the arena; *expires_ms (Unix) 0: never. Asked again when they are
   * about to expire, or when AWS called them expired; from the thread of the call that needs them,
   * with an engine that has nothing pending. */
  int (*renew)(void *ctx, struct mu_http *http, struct mu_arena *arena, struct mu_sigv4_keys *out,
               int64_t *expires_ms, struct mu_err *err);
  void *ctx;
  const char *s3_endpoint; /* NULL: as for every client */
};

struct mu_aws_options {
  enum mu_aws_mode mode;
  const char *profile; /* NULL: AWS_PROFILE, else "default". Named here, keys in the environment are
                          not used */
  const char *region;  /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's */
  const char *ca_file; /* NULL: AWS_CA_BUNDLE, the profile's ca_bundle */
  const struct mu_clock *clock; /* NULL: the system's */
  const struct mu_cancel *cancel;
  int64_t timeout_ms;                 /* of one attempt; 0: 20 s */
  int max_attempts;                   /* 0: AWS_MAX_ATTEMPTS, the profile's, 3 */
  const struct mu_aws_source *source; /* NULL: the SDKs' chain */
  struct mu_redact *redact; /* secret keys and tokens are added to it; calls that load credentials
                               must then be the only ones */
};
/* Reads environment and files, sends nothing. MU_E_CONFIG: a profile that is not there, files that
 * do not parse. */
MU_CHECKED int mu_aws_new(const struct mu_aws_options *options, struct mu_aws **out,
                          struct mu_err *err);
void mu_aws_free(struct mu_aws *aws);
void mu_aws_cleanup(struct mu_aws **aws);

const char *mu_aws_region(const struct mu_aws *aws); /* "" where none is configured */

/* Which services would not be asked at AWS, by AWS_ENDPOINT_URL[_<SERVICE>] or the config file.
 * Whatever ran against those is a rehearsal. Returns how many; *out (may be NULL) gets them. */
struct mu_aws_override {
  const char *service, *url, *source; /* source: "AWS_ENDPOINT_URL", "profile dr" */
};
size_t mu_aws_overridden(const struct mu_aws *aws, struct mu_arena *arena,
                         const struct mu_aws_override **out);

/* Who the client will be. Loads the credentials if need be. MU_E_DENIED: there are none, or they
 * cannot be had. */
struct mu_aws_who {
  const char *source;     /* "environment", "profile dr: assume role", … */
  const char *access_key; /* the id, which is no secret */
  int64_t expires_ms;     /* Unix; 0: never */
};
MU_CHECKED int mu_aws_who(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                          struct mu_aws_who *out, struct mu_err *err);

/* Header lines that sign a GET which is no row of aws_ops.def: an Iceberg REST catalog at AWS Glue,
 * S3 Tables or API Gateway. The query of the URL is sorted and encoded already. Loads the
 * credentials if need be; errors as mu_aws_who(). */
MU_CHECKED int mu_aws_sign_get(struct mu_aws *aws, struct mu_http *http, const char *url,
                               const char *service, const char *region, struct mu_arena *arena,
                               struct mu_sigv4_lines *out, struct mu_err *err);

struct mu_aws_args {
  /* JSON protocols: the whole body ("{…}"; NULL: "{}"). REST: the body, if the operation has one.
   */
  const char *json;
  /* Query protocol: form parameters. REST: path parameters by their name in aws_ops.def, all others
   * into the query. */
  const struct mu_param_row *params;
  size_t params_n;
  const struct mu_http_header *headers; /* signed */
  size_t headers_n;
  const void *body; /* REST, instead of json */
  size_t body_n;
  const char *content_type; /* of body; NULL: none */
  size_t max_body;          /* of the answer; 0: 16 MiB */
  int64_t deadline_mono_ms; /* 0: none. No attempt, and no pause before one, goes beyond it */
  bool may_query;      /* the statement is known to read only: a client that only reads runs it */
  bool despite_cancel; /* takes back what was started: sent even after an interrupt */
};

struct mu_aws_answer {
  int status, attempts;
  const char *request_id;          /* "" where none came */
  const char *code, *message;      /* the service's error, else "" */
  const struct mu_json_node *json; /* JSON protocols */
  const struct mu_xml_node *xml;   /* XML protocols: the document */
  struct mu_http_resp http;        /* headers, and the body of an object */
  struct mu_json *doc;             /* owned */
};
void mu_aws_answer_done(struct mu_aws_answer *answer);
#define MU_AWS_ANSWER(name) struct mu_aws_answer name MU_CLEANUP(mu_aws_answer_done) = {0}

/* One operation: 0 on success. -1, with *answer filled in as far as it goes:
 * MU_E_DENIED 401, 403 and their like (never "absent"); MU_E_ABSENT: the service itself says that
 * it is not there; MU_E_CONFLICT: it exists already, is in use, was changed meanwhile; MU_E_INPUT:
 * another 4xx; MU_E_REMOTE: 5xx, throttled to the end, an answer that is none; MU_E_USAGE: unknown
 * operation, or a changing one on a client that only reads; and what HTTP can say. Messages: "glue
 * GetTable: EntityNotFoundException: … (request 4f0c…)". */
MU_CHECKED int mu_aws_do(struct mu_aws *aws, struct mu_http *http, const char *service,
                         const char *operation, const struct mu_aws_args *args,
                         struct mu_arena *arena, struct mu_aws_answer *answer, struct mu_err *err);
/* The same for the JSON protocol, and for the query protocol. */
MU_CHECKED int mu_aws_call(struct mu_aws *aws, struct mu_http *http, const char *service,
                           const char *operation, const char *json, struct mu_arena *arena,
                           struct mu_aws_answer *answer, struct mu_err *err);
MU_CHECKED int mu_aws_query(struct mu_aws *aws, struct mu_http *http, const char *service,
                            const char *operation, const struct mu_param_row *params, size_t n,
                            struct mu_arena *arena, struct mu_aws_answer *answer,
                            struct mu_err *err);

/* Many at once, over one engine. Each call's own outcome is in it; calls[i].answer must be done()
 * by the caller. */
struct mu_aws_batch_call {
  const char *service, *operation;
  struct mu_aws_args args;
  struct mu_aws_answer answer;
  int result; /* 0 or -1 */
  struct mu_err err;
};
void mu_aws_batch(struct mu_aws *aws, struct mu_http *http, struct mu_aws_batch_call *calls,
                  size_t n, struct mu_arena *arena);

/* All pages of a listing, one after the other: on_page gets each answer (borrowed); non-zero from
 * it ends the listing early, with success. -1 as above: a listing that broke off must not be taken
 * for a short one. */
MU_CHECKED int mu_aws_pages(struct mu_aws *aws, struct mu_http *http, const char *service,
                            const char *operation, const struct mu_aws_args *args,
                            int (*on_page)(void *ctx, const struct mu_aws_answer *page), void *ctx,
                            struct mu_err *err);

/* Is it a row, and does it change anything? -1: no such row. */
int mu_aws_changes(const char *service, const char *operation);

#endif
