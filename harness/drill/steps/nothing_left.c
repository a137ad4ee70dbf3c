/* SPDX-License-Identifier: Apache-2.0 */
/* Proves that nothing is left: asks Terraform's state, the tagging API, the services that it does
 * not list, and DNS. Its result stands apart from the drill's verdict, and a gate fails on it. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "drill/inventory.h"
#include "drill/terraform.h"
#include "drill/weights.h"
#include "step.h"

struct tally {
  size_t state, left, lingering, asked, unanswered;
  const char *first, *problem;
};

static void leftover(struct mu_drill *drill, struct tally *tally, const char *where,
                     const char *what) {
  tally->left++;
  tally->first = tally->first ? tally->first : mu_arena_fmt(drill->arena, "%s: %s", where, what);
  mu_drill_find(drill, MU_F_LEFTOVERS, what, "%s still has %s", where, what);
}

static void unknown(struct mu_drill *drill, struct tally *tally, const char *what,
                    const char *why) {
  tally->unanswered++;
  tally->problem = tally->problem ? tally->problem : mu_arena_str(drill->arena, why);
  mu_drill_find(drill, MU_F_CLEANUP_UNKNOWN, what, "%s", why);
}

static void ask_state(struct mu_drill *drill, struct tally *tally) {
  if (!drill->workload->staged.node || !mu_act_made(drill, "terraform.apply") ||
      mu_drill_get(drill, "workspace-deleted")) { /* only an empty workspace can be deleted */
    return;
  }
  struct mu_tf tf;
  struct mu_err err = {0};
  MU_STR(lines, 4 << 20);
  mu_drill_terraform(drill, &drill->workload->staged, true, &tf);
  if (mu_tf_state_list(&tf, &lines, &err) != 0) {
    unknown(drill, tally, "Terraform state", err.msg);
    return;
  }
  for (const char *at = mu_str_get(&lines); *at; at += strcspn(at, "\n"), at += *at == '\n') {
    size_t n = strcspn(at, "\n");
    const char *address = mu_arena_strn(drill->arena, at, n);
    if (n && !mu_str_starts(address, "data.") && !strstr(address, ".data.")) {
      tally->state++;
      leftover(drill, tally, "Terraform state", address);
    }
  }
}

static void ask_services(struct mu_drill *drill, struct tally *tally) {
  if (!drill->aws_look) {
    return;
  }
  struct mu_inventory inventory = {0};
  const struct mu_inventory_want want = {.tag_key = "muster:drill", .tag_value = drill->suffix};
  mu_inventory_find(drill->aws_look, drill->http, &want, drill->arena, &inventory);
  tally->asked = inventory.asked_n;
  for (size_t i = 0; i < inventory.asked_n; i++) {
    if (inventory.asked[i].error) {
      unknown(drill, tally, inventory.asked[i].service, inventory.asked[i].error);
    }
  }
  for (size_t i = 0; i < inventory.items_n; i++) {
    const struct mu_inventory_item *item = &inventory.items[i];
    if (item->lingers) {
      tally->lingering++;
      mu_run_leave_out(drill->run, mu_arena_fmt(drill->arena, "expected to linger: %s", item->id),
                       item->lingers);
    } else {
      leftover(drill, tally, item->service, item->id);
    }
  }
}

static void ask_dns(struct mu_drill *drill, struct tally *tally) {
  const struct mu_conf_dns *dns = &drill->workload->dns;
  for (size_t i = 0; dns->drill_name && i < dns->providers.n; i++) {
    struct mu_weights_at at;
    struct mu_dns_weights weights = {0};
    struct mu_err err = {0};
    if (!mu_weights_of_drill(&dns->providers.at[i])) {
      continue;
    }
    if (mu_drill_weights(drill, i, &at, &err) != 0 ||
        at.provider->read(&at.ctx, &weights, &err) != 0) {
      unknown(drill, tally, dns->providers.at[i].kind, err.msg);
    } else if (weights.standby != 0) {
      leftover(drill, tally, at.provider->name,
               mu_arena_fmt(drill->arena, "%s with weight %lld on the standby", at.ctx.name,
                            (long long)weights.standby));
    }
  }
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  (void)err;
  struct tally tally = {0};
  if (mu_act_open(drill, NULL)) {
    leftover(drill, &tally, "the journal", "acts that are not undone");
  }
  ask_state(drill, &tally);
  ask_services(drill, &tally);
  ask_dns(drill, &tally);
  drill->run->cleanup = tally.left ? "leftovers" : tally.unanswered ? "unknown" : "clean";
  mu_drill_set(drill, "cleanup", drill->run->cleanup);
  result->verdict = tally.left ? MU_FAIL : tally.unanswered ? MU_INCONCLUSIVE : MU_PASS;
  MU_STR(seen, 1024);
  mu_str_addf(&seen, "state %zu · %zu services asked, %zu left", tally.state, tally.asked,
              tally.left);
  if (tally.lingering) {
    mu_str_addf(&seen, " · %zu expected to linger", tally.lingering);
  }
  if (tally.first || tally.problem) {
    mu_str_addf(&seen, " · %s", tally.first ? tally.first : tally.problem);
  }
  result->seen = mu_str_copy(&seen, drill->arena);
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  (void)drill;
  mu_str_add(
      out,
      "ask Terraform's state, the tagging API, each service and DNS for anything of the drill\n");
}

const struct mu_step mu_step_nothing_left = {
    .id = "nothing-left",
    .title = "nothing left",
    .doc = "Asks Terraform's state, the tagging API, the services whose resources it does not "
           "list, and DNS; lists what remains and what is expected to linger. Its result stands "
           "apart from the verdict.",
    .back = true,
    .again = true,
    .describe = describe,
    .run = run,
};
