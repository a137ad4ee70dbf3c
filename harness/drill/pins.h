/* SPDX-License-Identifier: Apache-2.0 */
/* Which provider and module versions a staged plan stands on: what its configuration asks for, what
 * the folder's lock file says now, and what it said when the plan was committed. Terraform writes
 * no provider version into plan or state JSON, so the lock file is the only witness. */
#ifndef MU_DRILL_PINS_H
#define MU_DRILL_PINS_H

struct mu_check;
struct mu_doc;
struct mu_layer_env;
struct mu_provenance;

/* Adds facts, details and findings to the check of where the plan came from. */
void mu_pins_judge(const struct mu_layer_env *env, const struct mu_doc *staged,
                   const struct mu_provenance *from, struct mu_check *check);

#endif
