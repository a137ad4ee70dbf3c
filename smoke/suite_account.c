/* SPDX-License-Identifier: Apache-2.0 */
/* The standby's account: whose credentials these are, and that the account is marked as what it is
 * for. */
#include "base/arena.h"
#include "base/err.h"
#include "smoke/suites.h"

static bool configured(const struct mu_conf_workload *workload,
                       const struct mu_conf_standby *standby) {
  (void)workload;
  return standby && standby->account;
}

static struct mu_planned *add(struct mu_plan *plan, const struct mu_conf_workload *workload,
                              const struct mu_conf_standby *standby, const struct mu_probes *probes,
                              const char *id, const char *title, const char *probe_name,
                              bool with_account, struct mu_arena *arena, struct mu_err *err) {
  const struct mu_probe *probe = mu_probe_find(probes, probe_name);
  if (!probe) {
    (void)mu_fail(err, MU_E_UNSUPPORTED, "this build has no probe '%s'", probe_name);
    return NULL;
  }
  struct mu_conf_pair args[3];
  size_t n = 0;
  if (with_account) {
    args[n++] = (struct mu_conf_pair){"account", standby->account};
  }
  if (standby->region) {
    args[n++] = (struct mu_conf_pair){"region", standby->region};
  }
  if (standby->profile) {
    args[n++] = (struct mu_conf_pair){"profile", standby->profile};
  }
  return mu_plan_add(plan, id, "account", workload->name, title, probe, args, n, arena, err);
}

static int expand(struct mu_plan *plan, const struct mu_conf_workload *workload,
                  const struct mu_conf_standby *standby, const struct mu_probes *probes,
                  struct mu_arena *arena, struct mu_err *err) {
  struct mu_planned *who = add(plan, workload, standby, probes, "account/identity",
                               mu_arena_fmt(arena, "credentials of account %s", standby->account),
                               "sts", false, arena, err);
  if (!who || mu_plan_expect(who, "account", mu_arena_fmt(arena, "== %s", standby->account), arena,
                             err) != 0) {
    return -1;
  }
  if (standby->tags.n == 0) {
    return 0;
  }
  struct mu_planned *tags = add(plan, workload, standby, probes, "account/tags",
                                "tags of the account", "account", true, arena, err);
  if (!tags) {
    return -1;
  }
  for (size_t i = 0; i < standby->tags.n; i++) {
    const char *fact = mu_arena_fmt(arena, "tag.%s", standby->tags.at[i].name);
    if (mu_plan_expect(tags, fact, mu_arena_fmt(arena, "== %s", standby->tags.at[i].value), arena,
                       err) != 0) {
      return -1;
    }
  }
  return 0;
}

const struct mu_suite mu_suite_account = {
    .name = "account",
    .summary = "identity by STS, tags by Organizations",
    .configured = configured,
    .expand = expand,
};
