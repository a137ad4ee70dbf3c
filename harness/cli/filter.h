/* SPDX-License-Identifier: Apache-2.0 */
/* --only and --severity: which findings a reader wants to see. The verdict counts all. */
#ifndef MU_CLI_FILTER_H
#define MU_CLI_FILTER_H

#include "base/attr.h"
#include "cli/opt.h"

struct mu_app;
struct mu_err;

struct mu_filter_options {
  struct mu_opt_list only;
  const char *severity;
};

/* Two rows of an option table; `member` is the struct above inside `options`. */
#define MU_FILTER_ROWS(options, member)                                                            \
  {"only",                                                                                         \
   0,                                                                                              \
   MU_OPT_LIST,                                                                                    \
   offsetof(options, member.only),                                                                 \
   "WHAT",                                                                                         \
   NULL,                                                                                           \
   "show only these findings: an address, a pattern (*), a finding's id or class; may be given "   \
   "again. The verdict counts all"},                                                               \
  {                                                                                                \
    "severity", 0, MU_OPT_CHOICE, offsetof(options, member.severity), "LEVEL",                     \
        "info|low|medium|high",                                                                    \
        "show only findings of this severity and above. The verdict counts all"                    \
  }

/* Hands them to the reports. MU_E_USAGE: there is no such finding, with a suggestion. */
MU_CHECKED int mu_filter_set(struct mu_app *app, const struct mu_filter_options *from,
                             struct mu_err *err);
/* Globs over addresses, each word with what is in the module and every instance; how many. Words
 * that are ids of findings are left out. */
size_t mu_filter_addresses(struct mu_app *app, const struct mu_filter_options *from,
                           const char *const **out);

#endif
