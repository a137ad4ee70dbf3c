/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the records back as they were, waits one TTL, and proves on the wire that nobody is sent to
 * the standby any more. */
#include <math.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "drill/weights.h"
#include "step.h"

static bool applies(const struct mu_drill *drill, const char **why) {
  *why = "no DNS name of the drill's own in the config";
  return mu_weights_any(&drill->workload->dns);
}

/* Answers that were cached before the change are good for one TTL: only then is the drain complete.
 */
static void wait_one_ttl(struct mu_drill *drill) {
  int64_t ttl_s = 0, wait_ms = drill->workload->dns.ttl_wait_ms;
  const char *ttl = mu_drill_get(drill, "dns.ttl_s");
  if (!wait_ms && ttl && mu_num_parse_i64(ttl, &ttl_s) == 0) {
    wait_ms = ttl_s * 1000;
  }
  mu_drill_note(drill, "waiting one TTL of %llds", (long long)(wait_ms / 1000));
  for (int64_t end = mu_drill_deadline(drill, wait_ms);
       mu_mono_ms(drill->env->clock) < end && !mu_canceled(drill->env->kill);) {
    mu_sleep_ms(drill->env->clock, 200);
  }
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  if (!mu_act_made(drill, "dns.")) {
    result->verdict = MU_PASS;
    result->seen = "nothing was shifted";
    return 0;
  }
  struct mu_undone undone = {0};
  if (mu_act_undo(drill, "dns.", &undone, err) != 0) {
    return -1;
  }
  const char *name = drill->workload->dns.drill_name;
  if (undone.left) {
    mu_drill_find(drill, MU_F_DNS_NOT_BACK, name, "%s", undone.first);
    return mu_fail(err, MU_E_REMOTE, "the records are not back: %s", undone.first);
  }
  mu_drill_event(drill, "dns-back", NULL);
  wait_one_ttl(drill);
  struct mu_measured measured;
  if (mu_drill_measure(drill, &measured, err) != 0) {
    return -1;
  }
  const struct mu_dns_share *share = &measured.share;
  int64_t answered = share->primary + share->standby + share->other;
  if (share->standby || share->other) {
    mu_drill_find(drill, MU_F_DNS_NOT_BACK, name,
                  "%lld of %lld answers still lead away from the primary",
                  (long long)(share->standby + share->other), (long long)answered);
  }
  result->verdict = share->standby || share->other ? MU_FAIL
                    : answered == 0                ? MU_INCONCLUSIVE
                                                   : MU_PASS;
  if (result->verdict == MU_PASS) {
    mu_drill_event(drill, "drained", NULL);
  } else {
    drill->failed = true;
  }
  char asked[MU_COUNT_TEXT];
  mu_count_text(share->asked, asked);
  result->seen = mu_arena_fmt(drill->arena, "%lld of %s after one TTL of %llds (at most %.1f %%)",
                              (long long)share->standby, asked, (long long)share->ttl_s,
                              ceil(share->hi * 1000) / 10);
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  mu_str_addf(out, "put the records of %s back, wait one TTL, prove it with %lld queries\n",
              drill->workload->dns.drill_name, (long long)drill->workload->dns.queries);
}

const struct mu_step mu_step_dns_back = {
    .id = "dns-back",
    .title = "dns back",
    .doc = "Puts the records back byte for byte, waits one TTL, and proves with direct queries "
           "that no answer leads to the standby. Runs whatever failed before.",
    .back = true,
    .again = true,
    .applies = applies,
    .describe = describe,
    .run = run,
};
