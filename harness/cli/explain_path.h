/* SPDX-License-Identifier: Apache-2.0 */
/* muster explain, for a path of a resource: why it is a finding, or is none. */
#ifndef MU_CLI_EXPLAIN_PATH_H
#define MU_CLI_EXPLAIN_PATH_H

#include "cli/opt.h"

struct mu_app;
struct mu_drift_why;
struct mu_str;

struct mu_explain_files {
  const char *plan, *schema; /* NULL: none */
  struct mu_opt_list states;
};

/* From files, where any is named; else by refreshing the standing layer of a workload. Words:
 * [WORKLOAD] ADDRESS [PATH]. The exit status. */
int mu_explain_path(struct mu_app *app, const struct mu_explain_files *from,
                    const struct mu_opt_list *words);
/* What is known, as text. now_ms: for an ignore rule's date. */
void mu_explain_write(const struct mu_drift_why *why, int64_t now_ms, struct mu_str *out);

#endif
