/* SPDX-License-Identifier: Apache-2.0 */
/* A providers schema: the output of `terraform providers schema -json` (format_version 0.1 to 1.x).
 * It tells which arrays are sets and which are lists, which plans do not. Of a full one (20 MB and
 * more) only the place of the types that a plan has is kept. The schema lives in the arena given to
 * the parser and works on the caller's bytes, which must outlive it. */
#ifndef MU_DRIFT_SCHEMA_H
#define MU_DRIFT_SCHEMA_H

#include <stddef.h>

#include "base/attr.h"

struct mu_arena;
struct mu_doc;
struct mu_err;
struct mu_schema;

struct mu_schema_opts {
  const char *name;           /* for messages: a file name */
  void (*breathe)(void *ctx); /* as in struct mu_doc_opts */
  void *breathe_ctx;
};

/* MU_E_INPUT: damaged, or something else than providers schemas, with what to run instead;
 * MU_E_UNSUPPORTED: another major version. A schema that does not fit the plan is no error: the
 * types that do not fit are left aside, and a comparison says so. */
MU_CHECKED int mu_schema_parse(const char *bytes, size_t n, const struct mu_schema_opts *opts,
                               const struct mu_doc *plan, struct mu_arena *arena,
                               struct mu_schema **out, struct mu_err *err);

/* Of the managed types that the plan has: how many the schema answers for, and how many there are.
 */
void mu_schema_fit(const struct mu_schema *schema, size_t *known, size_t *types);

#endif
