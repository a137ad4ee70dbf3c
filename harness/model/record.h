/* SPDX-License-Identifier: Apache-2.0 */
/* The run record as JSON, schema "muster.run/1": what is stored, hashed and handed to machines.
 * Canonical form: members in the order of this file, no spaces, integers beyond 2^53 as strings.
 * Reading accepts unknown members (a newer minor) and refuses another major. */
#ifndef MU_MODEL_RECORD_H
#define MU_MODEL_RECORD_H

#include <stddef.h>

struct mu_arena;
struct mu_err;
struct mu_run;
struct mu_str;

enum { MU_RECORD_MAX = 64 << 20 };

/* The canonical form. Bodies and secrets are left out. */
void mu_record_write(const struct mu_run *run, struct mu_str *out);
/* The same with an empty list of checks: what mu_record_brief() makes of the text. */
void mu_record_write_brief(const struct mu_run *run, struct mu_str *out);
/* The caller frees with mu_run_free(). Writing what was read gives the same bytes. */
int mu_record_read(const char *json, size_t n, struct mu_run **out, struct mu_err *err);
/* The record with an empty list of checks, added to `out`: for whoever needs the rest of it.
 * on_check (may be NULL) gets the workload of each check that names one. MU_E_INPUT: not JSON. */
int mu_record_brief(const char *json, size_t n, struct mu_arena *arena,
                    void (*on_check)(void *ctx, const char *workload), void *ctx,
                    struct mu_str *out, struct mu_err *err);
/* JSON Schema (draft-07) of the record, for `muster schema run`. */
void mu_record_schema(struct mu_str *out);

#endif
