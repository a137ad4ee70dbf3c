/* SPDX-License-Identifier: Apache-2.0 */
/* Further nightly checks, as the config writes them, with any probe. */
#include "base/err.h"
#include "smoke/suites.h"

static bool configured(const struct mu_conf_workload *workload,
                       const struct mu_conf_standby *standby) {
  (void)standby;
  return workload->checks.n > 0;
}

static int expand(struct mu_plan *plan, const struct mu_conf_workload *workload,
                  const struct mu_conf_standby *standby, const struct mu_probes *probes,
                  struct mu_arena *arena, struct mu_err *err) {
  (void)standby;
  struct mu_diags diags;
  mu_diags_init(&diags, arena, workload->file, "");
  if (mu_plan_checks(plan, workload->checks.at, workload->checks.n, "checks", workload->name, NULL,
                     probes, &diags, arena)) {
    return mu_fail(err, MU_E_CONFIG, "checks: %s", diags.n ? diags.at[0].message : "wrong");
  }
  return 0;
}

const struct mu_suite mu_suite_checks = {
    .name = "checks",
    .summary = "further checks of the config, with any probe",
    .configured = configured,
    .expand = expand,
};
