/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/act.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "drill/drill.h"
#include "ledger/journal.h"

int mu_act_begin(struct mu_drill *drill, const char *act, const char *what, const char *undo,
                 int64_t *id, struct mu_err *err) {
  MU_ASSERT(!undo ||
            mu_undo_find(drill->env->steps, act)); /* an undo that nobody can run is none */
  mu_drill_note(drill, "%s", what);
  return mu_journal_intent(drill->journal, mu_drill_get(drill, "step"), act, undo, id, err);
}

int mu_act_end(struct mu_drill *drill, int64_t id, bool done, const char *detail,
               struct mu_err *err) {
  return mu_journal_outcome(drill->journal, id, done ? MU_ACT_DONE : MU_ACT_FAILED, detail, err);
}

static int load(const struct mu_drill *drill, struct mu_arena *arena, struct mu_acts *acts,
                struct mu_err *err) {
  struct mu_rows rows = {0};
  if (mu_journal_rows(drill->env->ledger, mu_journal_drill(drill->journal), arena, &rows, err) !=
      0) {
    return -1;
  }
  mu_rows_acts(&rows, arena, acts);
  return 0;
}

static bool is_open(const struct mu_act *act) {
  return act->status != MU_ACT_UNDONE && *act->undo;
}

static bool is_named(const struct mu_act *act, const char *prefix) {
  return !prefix || mu_str_starts(act->act, prefix);
}

static bool has_act(const struct mu_drill *drill, const char *prefix, bool only_open) {
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_acts acts = {0};
  struct mu_err ignored;
  if (load(drill, scratch, &acts, &ignored) != 0) {
    return true; /* could not tell: better to undo once too often */
  }
  for (size_t i = 0; i < acts.n; i++) {
    if (is_named(&acts.at[i], prefix) && (!only_open || is_open(&acts.at[i]))) {
      return true;
    }
  }
  return false;
}

bool mu_act_open(const struct mu_drill *drill, const char *prefix) {
  return has_act(drill, prefix, true);
}

bool mu_act_made(const struct mu_drill *drill, const char *prefix) {
  return has_act(drill, prefix, false);
}

/* Undoes one act by the data in the journal, and writes that down. */
static int undo_one(struct mu_drill *drill, const struct mu_act *act, struct mu_err *err) {
  const struct mu_undo *undo = mu_undo_find(drill->env->steps, act->act);
  if (!undo) {
    return mu_fail(err, MU_E_UNSUPPORTED,
                   "this version cannot undo '%s'; use the version that made it", act->act);
  }
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(act->undo, strlen(act->undo), &doc, err) != 0) {
    return mu_wrap(err, "undo of %s", act->act);
  }
  mu_drill_note(drill, "undo: %s", undo->title);
  if (undo->run(drill, mu_json_root(doc), err) != 0) {
    return mu_wrap(err, "%s", undo->title);
  }
  return mu_journal_outcome(drill->journal, act->intent, MU_ACT_UNDONE, NULL, err);
}

static int undo_acts(struct mu_drill *drill, const char *prefix, const char *step,
                     struct mu_undone *out, struct mu_err *err) {
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_acts acts = {0};
  if (load(drill, scratch, &acts, err) != 0) {
    return -1;
  }
  *out = (struct mu_undone){0};
  for (size_t i = acts.n; i-- > 0;) {
    struct mu_err why = {0};
    if (!is_open(&acts.at[i]) || !is_named(&acts.at[i], prefix) ||
        (step && !mu_streq(acts.at[i].step, step))) {
      continue;
    }
    if (mu_canceled(drill->env->kill)) {
      return mu_fail(err, MU_E_CANCELED, "stopped at once before %s was undone", acts.at[i].act);
    }
    if (undo_one(drill, &acts.at[i], &why) == 0) {
      out->undone++;
      continue;
    }
    if (mu_canceled(drill->env->kill)) {
      *err = why;
      return -1;
    }
    out->left++;
    if (!out->first) {
      out->first = mu_arena_str(drill->arena, why.msg);
    }
  }
  return 0;
}

int mu_act_undo(struct mu_drill *drill, const char *prefix, struct mu_undone *out,
                struct mu_err *err) {
  return undo_acts(drill, prefix, NULL, out, err);
}

int mu_act_undo_step(struct mu_drill *drill, const char *step, struct mu_undone *out,
                     struct mu_err *err) {
  return undo_acts(drill, NULL, step, out, err);
}
