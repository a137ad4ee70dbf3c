/* SPDX-License-Identifier: Apache-2.0 */
/* The step interface. One more step of a drill is one file in drill/steps that defines `const
 * struct mu_step mu_step_NAME` and one row in config/steps.def. A step changes the world only
 * between mu_act_begin() and mu_act_end() (drill/act.h): the undo is in the journal before the
 * change is made. */
#ifndef MU_STEP_H
#define MU_STEP_H

#include <stdbool.h>
#include <stddef.h>

#include "model/run.h"

struct mu_arena;
struct mu_drill;
struct mu_err;
struct mu_json_node;
struct mu_str;

/* What a step came to. `seen` is the line that people read. */
struct mu_step_result {
  enum mu_verdict verdict;
  const char *seen; /* in the drill's arena */
};

struct mu_step {
  const char *id;     /* "stand-up": what configs and journals name */
  const char *title;  /* "stand up" */
  const char *budget; /* its key in the config's budgets; NULL: none */
  const char *doc;    /* one paragraph for the reference */
  bool back;          /* part of the way back: runs whatever failed before it */
  bool again;         /* undoes or proves: after an interruption it is done once more, though it had
                         ended, while an act is not undone */

  /* NULL, or: does the config ask for it? If not, *why says what is not configured. */
  bool (*applies)(const struct mu_drill *drill, const char **why);
  /* What it would do, for `drill plan`: lines of text; changes nothing. May be NULL. */
  void (*describe)(const struct mu_drill *drill, struct mu_str *out);
  /* 0 with *result; -1 where the step broke off (the drill then goes the way back). */
  int (*run)(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err);
};

/* The undo of one kind of act. `undo` is the data that was journaled before the act; it must be
 * safe to run twice, and when the act never happened. */
struct mu_undo {
  const char *act;   /* "dns.weights" */
  const char *title; /* "weights of {name} back" */
  int (*run)(struct mu_drill *drill, const struct mu_json_node *undo, struct mu_err *err);
};

struct mu_steps {
  const struct mu_step *const *at;
  size_t n;
  const struct mu_undo *const *undos;
  size_t undos_n;
};
const struct mu_step *mu_step_find(const struct mu_steps *steps, const char *id);
const struct mu_undo *mu_undo_find(const struct mu_steps *steps, const char *act);

#endif
