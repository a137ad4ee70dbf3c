/* SPDX-License-Identifier: Apache-2.0 */
/* A plan that was applied is spent: Terraform refuses it, since the state has moved on. Which plans
 * were, the journal knows: every apply of a drill says beforehand what it applies. */
#ifndef MU_DRILL_SPENT_H
#define MU_DRILL_SPENT_H

#include <stdint.h>

#include "base/hash.h"

struct mu_check;
struct mu_doc;
struct mu_jw;
struct mu_layer_env;

/* How an applied plan is known again: its file, its JSON as Terraform showed it, and when it was
 * made. */
struct mu_spent_plan {
  char sha256[MU_SHA256_HEX], json_sha256[MU_SHA256_HEX]; /* "": not known */
  int64_t made_ms;                                        /* 0: not said */
};
/* As a member "plan" of the object that is open: part of what the journal keeps about the apply. */
void mu_spent_write(struct mu_jw *w, const struct mu_spent_plan *plan);

/* Adds PLAN_SPENT to the check where the ledger knows the staged plan as applied. */
void mu_spent_judge(const struct mu_layer_env *env, const struct mu_doc *staged,
                    struct mu_check *check);

#endif
