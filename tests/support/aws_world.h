/* SPDX-License-Identifier: Apache-2.0 */
/* The world in which the AWS client is tested: a server that answers as told and writes down what
 * it was asked, an environment without AWS variables but an endpoint and two keys, a clock that
 * only moves when somebody sleeps, a folder for files. */
#ifndef MU_TESTS_AWS_WORLD_H
#define MU_TESTS_AWS_WORLD_H

#include <stdatomic.h>

#include "base/attr.h"
#include "base/clock.h"
#include "support/httpd.h"
#include "wire/aws.h"

enum { AWS_WORLD_SEEN = 64 };

/* What the stub answers, in order; the last one again and again. */
struct aws_reply {
  int status;
  const char *headers, *body;
  bool drop;
};

struct aws_world {
  struct httpd *server;
  struct mu_http *http;
  struct mu_arena *arena;
  struct mu_clock clock;
  int64_t now_ms, slept_ms;
  const struct aws_reply *replies;
  size_t replies_n;
  atomic_size_t seen_n;            /* stored last, so that the rest is seen with it */
  char seen[AWS_WORLD_SEEN][4096]; /* "METHOD target\r\nhead\r\nbody" */
  char dir[64], base[64];
};

/* cmocka's setup and teardown. */
int aws_world_set_up(void **state);
int aws_world_tear_down(void **state);

void aws_world_told(struct aws_world *w, const struct aws_reply *replies, size_t n);
#define TOLD(w, replies) aws_world_told(w, replies, MU_LEN(replies))
/* Writes a file into the world's folder: its path. */
const char *aws_world_file(struct aws_world *w, const char *name, const char *text);
/* A client on the world's clock; the test fails where there is none. */
struct mu_aws *aws_world_client(struct aws_world *w, struct mu_aws_options options);
/* One call with a new client: how it ended. */
enum mu_errc aws_world_ask(struct aws_world *w, enum mu_aws_mode mode, const char *service,
                           const char *operation, struct mu_aws_args args,
                           struct mu_aws_answer *answer, struct mu_err *err);
/* The same for somebody who only wants to know that, with the parameters that S3 needs. */
enum mu_errc aws_world_quick(struct aws_world *w, const char *service, const char *operation);

#endif
