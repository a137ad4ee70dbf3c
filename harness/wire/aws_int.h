/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the AWS client share. */
#ifndef MU_WIRE_AWS_INT_H
#define MU_WIRE_AWS_INT_H

#include <pthread.h>

#include "base/clock.h"
#include "base/err.h"
#include "wire/aws.h"
#include "wire/aws_ini.h"
#include "wire/sigv4.h"

enum mu_aws_protocol { QUERY, JSON_10, JSON_11, REST_JSON, REST_XML };
enum mu_aws_kind { READS, QUERIES, CHANGES, CHANGES_ONCE };

struct mu_aws_service {
  const char *name;
  enum mu_aws_protocol protocol;
  const char *prefix, *signing, *id, *argument;
};
struct mu_aws_op {
  const char *service, *name;
  enum mu_aws_kind kind;
  const char *method, *path, *page_in, *page_out;
};
const struct mu_aws_service *mu_aws_service_find(const char *name);
const struct mu_aws_service *mu_aws_service_at(size_t i); /* NULL past the end */
const struct mu_aws_op *mu_aws_op_find(const char *service, const char *operation);
/* Does the answer's body belong to the caller as it is (an object)? */
bool mu_aws_op_is_raw(const struct mu_aws_op *op);

/* Credentials as a provider finds them; in the arena they were asked into. */
struct mu_aws_found {
  struct mu_sigv4_keys keys;
  const char *source;
  int64_t expires_ms; /* Unix; 0: never */
};

struct mu_aws {
  struct mu_arena *arena; /* settings: not changed after mu_aws_new() */
  struct mu_aws_options options;
  const char *profile, *region, *ca_file;
  bool profile_is_explicit, fips, dualstack;
  struct mu_aws_ini config, credentials;
  struct mu_aws_source source; /* renew NULL: the chain */

  pthread_mutex_t keys_lock; /* held while keys are loaded, so that they are loaded once */
  struct mu_arena *keys_arena;
  struct mu_aws_found found; /* keys.access_key NULL: not loaded */
  int64_t loaded_ms;

  pthread_mutex_t lock; /* the rest is under it */
  int64_t skew_ms;      /* AWS's clock less ours */
  int retry_tokens;
  size_t width; /* how many requests at once; 0: not asked yet */
  size_t good_answers, stale_answers;
};

/* ---- settings (aws_settings.c) ---- */
/* Of the profile: the credentials file wins over the config file, as in the SDKs. */
const char *mu_aws_setting(const struct mu_aws *aws, const char *profile, const char *key);
/* An environment variable that is set and not empty, or NULL. */
const char *mu_aws_env(const char *name);
bool mu_aws_is_true(const char *text); /* "true" in any case, or "1"; NULL is not */
/* "~/x" becomes $HOME/x. */
const char *mu_aws_home(struct mu_arena *arena, const char *path);

/* ---- where to send (aws_endpoint.c, aws_bucket.c) ---- */
struct mu_aws_endpoint {
  const char *base;   /* "https://glue.eu-west-1.amazonaws.com", no slash at the end */
  const char *region; /* to sign for */
  bool overridden;
};
/* region NULL: the client's. MU_E_CONFIG: there is none, or no such endpoint in it. */
int mu_aws_endpoint(const struct mu_aws *aws, const struct mu_aws_service *service,
                    const char *region, struct mu_arena *arena, struct mu_aws_endpoint *out,
                    struct mu_err *err);
/* The same for a bucket or the ARN of an access point: 1 where its host name says which one it is,
 * 0 where the path must. MU_E_UNSUPPORTED: another kind of ARN, a directory bucket. */
int mu_aws_bucket_endpoint(const struct mu_aws *aws, const struct mu_aws_service *service,
                           const char *bucket, const char *region, struct mu_arena *arena,
                           struct mu_aws_endpoint *out, struct mu_err *err);
/* "amazonaws.com", or what the region's partition has. */
const char *mu_aws_domain(const char *region);

/* ---- credentials (aws_keys.c and the providers) ---- */
/* A copy of the current keys, loaded or renewed if need be. */
int mu_aws_keys(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                struct mu_aws_found *out, struct mu_err *err);
/* Forgets these, because AWS called them expired. */
void mu_aws_keys_drop(struct mu_aws *aws, const char *access_key);
/* 1: found, 0: nothing configured there, -1: configured, but they cannot be had. */
int mu_aws_keys_container(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                          struct mu_aws_found *out, struct mu_err *err);
int mu_aws_keys_instance(struct mu_aws *aws, struct mu_http *http, struct mu_arena *arena,
                         struct mu_aws_found *out, struct mu_err *err);
int mu_aws_keys_sso(struct mu_aws *aws, struct mu_http *http, const char *profile,
                    struct mu_arena *arena, struct mu_aws_found *out, struct mu_err *err);
/* AssumeRoleWithWebIdentity; token_file and role from the environment (profile NULL) or the
 * profile. */
int mu_aws_keys_web(struct mu_aws *aws, struct mu_http *http, const char *profile,
                    struct mu_arena *arena, struct mu_aws_found *out, struct mu_err *err);
/* AssumeRole as `profile` says, asked with the keys in *found, which it replaces. */
int mu_aws_keys_assume(struct mu_aws *aws, struct mu_http *http, const char *profile,
                       struct mu_arena *arena, struct mu_aws_found *found, struct mu_err *err);
int mu_aws_keys_process(struct mu_aws *aws, const char *profile, struct mu_arena *arena,
                        struct mu_aws_found *out, struct mu_err *err);
/* The JSON that container, instance and process answer with. token_name: "Token" or "SessionToken".
 */
int mu_aws_keys_parse(const char *json, size_t n, const char *token_name, struct mu_arena *arena,
                      struct mu_aws_found *out, struct mu_err *err);

/* ---- one request (aws_build.c) and its answer (aws_judge.c) ---- */
struct mu_aws_call {
  const struct mu_aws_service *service;
  const struct mu_aws_op *op;
  const struct mu_aws_args *args;
  struct mu_aws_answer *answer;
  struct mu_err *err;
  const char *region;               /* NULL: the client's; else where AWS sent us */
  bool is_unsigned;                 /* AssumeRoleWithWebIdentity */
  const struct mu_sigv4_keys *keys; /* NULL: the client's */
  const char *access_key;           /* that this attempt was signed with */
  int attempts, result;
  bool done, corrected; /* corrected: region, clock or keys were set right once already */
  int64_t wait_ms;
  int64_t skew_ms; /* that this attempt was signed with */
  struct mu_http_resp resp;
};
int mu_aws_build(const struct mu_aws *aws, const struct mu_aws_call *call,
                 const struct mu_sigv4_keys *keys, int64_t unix_ms, struct mu_arena *arena,
                 struct mu_http_req *out, struct mu_err *err);

enum mu_aws_verdict {
  MU_AWS_DONE,
  MU_AWS_FAILED,
  MU_AWS_AGAIN,     /* after a pause */
  MU_AWS_ELSEWHERE, /* call->region was set */
  MU_AWS_CLOCK,     /* signed with a clock too far from theirs */
  MU_AWS_EXPIRED,   /* keys */
};
/* Fills in call->answer, and call->err unless it is DONE. */
enum mu_aws_verdict mu_aws_judge(struct mu_aws_call *call, struct mu_arena *arena);

/* ---- the loop (aws_call.c) ---- */
void mu_aws_run(struct mu_aws *aws, struct mu_http *http, struct mu_aws_call *calls, size_t n,
                struct mu_arena *arena);

#endif
