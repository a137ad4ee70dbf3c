/* SPDX-License-Identifier: Apache-2.0 */
/* A step that a person does, or approves: asked on the terminal, or given from elsewhere with
 * `muster drill approve`. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "drill/drill.h"
#include "ledger/journal.h"
#include "step.h"

enum { DAY_MS = 24 * 3600 * 1000, POLL_MS = 1000 };

static const struct mu_conf_manual *row_of(const struct mu_drill *drill) {
  const char *key = mu_drill_get(drill, "step");
  for (size_t i = 0; drill->rows && i < drill->order_n; i++) {
    const struct mu_conf_manual *manual = drill->rows[i].manual;
    if (manual && mu_streq(mu_arena_fmt(drill->arena, "manual/%s", manual->name), key)) {
      return manual;
    }
  }
  return NULL;
}

static void set_actor(struct mu_drill *drill, const char *who) {
  for (size_t i = 0; i < drill->run->steps.n; i++) {
    if (mu_streq(drill->run->steps.at[i].id, mu_drill_get(drill, "step"))) {
      drill->run->steps.at[i].actor = mu_arena_str(drill->arena, who);
    }
  }
}

/* Waits for an answer from another process. */
static int wait_for_answer(struct mu_drill *drill, const struct mu_conf_manual *manual,
                           struct mu_approval *answer, struct mu_err *err) {
  const char *key = mu_drill_get(drill, "step");
  int64_t deadline = mu_drill_deadline(drill, manual->within_ms ? manual->within_ms : DAY_MS);
  mu_drill_note(drill, "waiting for %s", manual->name);
  for (;;) {
    if (mu_journal_approval(drill->env->ledger, drill->run->drill, key, drill->arena, answer,
                            err) != 0) {
      return -1;
    }
    if (answer->given || answer->refused) {
      return 0;
    }
    if (mu_canceled(drill->env->stop)) {
      return mu_fail(err, MU_E_CANCELED, "interrupted while waiting for '%s'", manual->name);
    }
    if (mu_mono_ms(drill->env->clock) > deadline) {
      return mu_fail(err, MU_E_TIMEOUT, "nobody answered '%s' in time", manual->name);
    }
    mu_sleep_ms(drill->env->clock, POLL_MS);
  }
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  const struct mu_conf_manual *manual = row_of(drill);
  MU_ASSERT(manual);
  const char *key = mu_drill_get(drill, "step"), *who = NULL;
  const char *question = manual->text ? manual->text : manual->name;
  const struct mu_drill_view *view = drill->env->view;
  if (mu_journal_ask(drill->journal, key, question, err) != 0) {
    return -1;
  }
  struct mu_approval answer = {0};
  if (view && view->ask && view->ask(view->ctx, drill, question, &who)) {
    if (mu_journal_approve(drill->env->ledger, drill->env->clock, drill->run->drill, key, who, NULL,
                           true, err) != 0) {
      return -1;
    }
    answer = (struct mu_approval){.given = true, .who = who};
  } else if (wait_for_answer(drill, manual, &answer, err) != 0) {
    return -1;
  }
  set_actor(drill, answer.who);
  result->verdict = answer.given ? MU_PASS : MU_FAIL;
  result->seen =
      mu_arena_fmt(drill->arena, "%s by %s",
                   answer.given ? (manual->approval ? "approved" : "done") : "refused", answer.who);
  return 0;
}

const struct mu_step mu_step_manual = {
    .id = "manual",
    .title = "manual step",
    .doc = "Something that a person does or approves, with a deadline.",
    .run = run,
};
