/* SPDX-License-Identifier: Apache-2.0 */
/* One read-only AWS operation for a probe, within the check's deadline, in the region and with the
 * profile that its arguments name. */
#ifndef MU_PROBES_AWS_LOOK_H
#define MU_PROBES_AWS_LOOK_H

#include "probe.h"
#include "wire/aws.h"

/* Rows for the parameter table of every AWS probe. */
#define MU_AWS_PARAMS                                                                              \
  {.name = "region", .type = MU_T_STR, .doc = "AWS region; default: the credentials' own"}, {      \
    .name = "profile", .type = MU_T_STR, .doc = "AWS profile; default: as the SDKs find it"        \
  }

/* The client, or NULL with MU_E_DENIED where there are no credentials. Borrowed from the run. */
struct mu_aws *mu_aws_look_client(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                                  struct mu_err *err);

/* As mu_aws_do(). `ask` may be NULL: no arguments. */
int mu_aws_look(const struct mu_args *args, const struct mu_probe_ctx *ctx, const char *service,
                const char *operation, const struct mu_aws_args *ask, struct mu_aws_answer *answer,
                struct mu_err *err);
/* As mu_aws_pages(). */
int mu_aws_look_pages(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                      const char *service, const char *operation, const struct mu_aws_args *ask,
                      int (*on_page)(void *ctx, const struct mu_aws_answer *page), void *page_ctx,
                      struct mu_err *err);
/* {"name":"value"} as JSON text in the arena. */
const char *mu_aws_look_json(struct mu_arena *arena, const char *name, const char *value);
/* A time as AWS JSON protocols write it: seconds since 1970, with a fraction. */
int64_t mu_aws_look_time(double seconds);

#endif
