/* SPDX-License-Identifier: Apache-2.0 */
/* New, persisting, resolved: a run against an earlier one of the same scope, by fingerprint. Pure.
 */
#ifndef MU_MODEL_AGE_H
#define MU_MODEL_AGE_H

#include <stddef.h>

struct mu_run;

/* Sets age and since_ms of each finding, run->previous, and adds the ones that are gone as
 * "resolved" (verdict PASS, severity info). `previous` NULL: the first run of its scope; findings
 * stay without an age. A finding whose check did not complete this time is not resolved: nobody
 * looked. */
void mu_run_age(struct mu_run *run, const struct mu_run *previous);

/* How many failing findings are new; one that was acknowledged, and fails again, counts as new each
 * time until somebody renews the acknowledgement or mends it. */
size_t mu_run_new_findings(const struct mu_run *run);

#endif
