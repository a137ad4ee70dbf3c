/* SPDX-License-Identifier: Apache-2.0 */
/* An SQL engine as the parameters of a probe describe it, for the probes that ask one. Strings are
 * borrowed from the arguments. */
#ifndef MU_PROBES_SQL_TARGET_H
#define MU_PROBES_SQL_TARGET_H

#include "probe.h"
#include "wire/sql.h"

/* From the parameters of the sql probe, by their own names. */
void mu_sql_target_of_args(const struct mu_args *args, struct mu_sql_target *out);
/* From a map of those names, as a probe that looks elsewhere has it in its parameter `map`; *table
 * is its `table`, or NULL. MU_E_CONFIG: a name that is none. */
int mu_sql_target_of_map(const struct mu_args *args, const char *map, struct mu_arena *arena,
                         struct mu_sql_target *out, const char **table, struct mu_err *err);
/* Runs the statement with what the context has. */
int mu_sql_target_ask(const struct mu_sql_target *target, const struct mu_probe_ctx *ctx,
                      const char *statement, struct mu_sql_result *result, struct mu_err *err);

#endif
