/* SPDX-License-Identifier: Apache-2.0 */
/* The replica's bucket: versioning and Object Lock as promised. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/suites.h"

static bool configured(const struct mu_conf_workload *workload,
                       const struct mu_conf_standby *standby) {
  (void)standby;
  return workload->replica.inside && mu_str_starts(workload->replica.inside, "s3://") &&
         workload->replica.lock_mode;
}

static int expand(struct mu_plan *plan, const struct mu_conf_workload *workload,
                  const struct mu_conf_standby *standby, const struct mu_probes *probes,
                  struct mu_arena *arena, struct mu_err *err) {
  const char *start = workload->replica.inside + strlen("s3://");
  const char *bucket = mu_arena_strn(arena, start, strcspn(start, "/"));
  const struct mu_probe *probe = mu_probe_find(probes, "s3_bucket");
  if (!probe) {
    return mu_fail(err, MU_E_UNSUPPORTED, "this build has no probe 's3_bucket'");
  }
  struct mu_conf_pair args[4] = {{"bucket", bucket}};
  size_t n = 1;
  if (workload->replica.bucket_owner) {
    args[n++] = (struct mu_conf_pair){"owner", workload->replica.bucket_owner};
  }
  if (standby->region) {
    args[n++] = (struct mu_conf_pair){"region", standby->region};
  }
  if (standby->profile) {
    args[n++] = (struct mu_conf_pair){"profile", standby->profile};
  }
  struct mu_planned *check =
      mu_plan_add(plan, "replica/bucket", "replica", workload->name,
                  mu_arena_fmt(arena, "bucket %s", bucket), probe, args, n, arena, err);
  if (!check || mu_plan_expect(check, "versioning", "== Enabled", arena, err) != 0 ||
      mu_plan_expect(check, "lock_mode", mu_arena_fmt(arena, "== %s", workload->replica.lock_mode),
                     arena, err) != 0) {
    return -1;
  }
  return workload->replica.lock_days
             ? mu_plan_expect(
                   check, "lock_days",
                   mu_arena_fmt(arena, ">= %lld", (long long)workload->replica.lock_days), arena,
                   err)
             : 0;
}

const struct mu_suite mu_suite_bucket = {
    .name = "bucket",
    .summary = "versioning and Object Lock of the replica's bucket",
    .configured = configured,
    .expand = expand,
};
