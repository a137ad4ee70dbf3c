/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a run record, and how the verdicts of its parts become one. */
#include "model/run.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"

enum { WHY_MAX = 1024 };

struct mu_run *mu_run_new(const char *command, int64_t now_ms) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_run *run = mu_arena_alloc(arena, sizeof *run);
  run->arena = arena;
  run->command = mu_arena_str(arena, command);
  run->started_ms = now_ms;
  run->verdict = MU_INCONCLUSIVE; /* until mu_run_finish() knows better */
  mu_ulid(now_ms, run->id);
  mu_findings_init(&run->findings, arena);
  return run;
}

void mu_run_free(struct mu_run *run) {
  if (run) {
    mu_arena_free(run->arena);
  }
}

struct mu_pair *mu_run_env(struct mu_run *run, const char *name, const char *value) {
  struct mu_pair *pair = NULL;
  for (size_t i = 0; i < run->environment.n && !pair; i++) {
    if (mu_streq(run->environment.at[i].name, name)) {
      pair = &run->environment.at[i];
    }
  }
  if (!pair) {
    pair = MU_RUN_ADD(run, environment);
    pair->name = mu_arena_str(run->arena, name);
  }
  pair->value = mu_arena_str(run->arena, value);
  return pair;
}

struct mu_pair *mu_run_leave_out(struct mu_run *run, const char *name, const char *why) {
  struct mu_pair *pair = MU_RUN_ADD(run, left_out);
  pair->name = mu_arena_str(run->arena, name);
  pair->value = mu_arena_str(run->arena, why);
  return pair;
}

/* ---- one check ---- */

static enum mu_verdict of_status(enum mu_status status) {
  switch (status) {
  case MU_OBSERVED:
  case MU_ABSENT:
    return MU_PASS;
  case MU_STATUS_NOT_APPLICABLE:
    return MU_NOT_APPLICABLE;
  case MU_STATUS_SKIPPED:
    return MU_SKIPPED;
  case MU_ERROR:
  case MU_TIMEOUT:
  case MU_NOT_IMPLEMENTED:
  case MU_STATUS_N_:
    break;
  }
  return MU_INCONCLUSIVE;
}

static const char MUST_FAIL[] = "must_fail";

/* A finding that the control was built to provoke is no defect: it stays on record as an
 * observation. */
static void expect_red(struct mu_finding *finding) {
  finding->klass = MUST_FAIL;
  finding->severity = MU_INFO;
  finding->verdict = MU_PASS;
}

/* What the findings say about the expectation that was broken on purpose: *red where it was seen
 * broken, *unclear where something stood in the way of seeing it. Findings about the control itself
 * do not count. */
static void look_at_control(const struct mu_run *run, const struct mu_check *check, bool *red,
                            bool *unclear) {
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    if (!mu_streq(finding->check, check->id) || finding->id == MU_F_CONTROL_GREEN ||
        finding->id == MU_F_STILL_INCONCLUSIVE) {
      continue;
    }
    *red = *red || finding->verdict == MU_FAIL || mu_streq(finding->klass, MUST_FAIL);
    *unclear = *unclear || finding->verdict == MU_INCONCLUSIVE;
  }
}

static void say_green(struct mu_run *run, const struct mu_check *check) {
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    if (finding->id == MU_F_CONTROL_GREEN && mu_streq(finding->check, check->id)) {
      return;
    }
  }
  struct mu_finding *green =
      mu_finding_add(&run->findings, MU_F_CONTROL_GREEN, check->id, check->target, NULL);
  mu_finding_say(&run->findings, green, "an expectation that is broken on purpose held");
}

static enum mu_verdict judge_control(struct mu_run *run, const struct mu_check *check) {
  bool red = false, unclear = false;
  enum mu_verdict verdict = of_status(check->status);
  if (verdict != MU_PASS) {
    return verdict;
  }
  look_at_control(run, check, &red, &unclear);
  if (unclear) {
    return MU_INCONCLUSIVE;
  }
  if (!red) {
    say_green(run, check);
    return MU_FAIL;
  }
  for (size_t i = 0; i < run->findings.n; i++) {
    struct mu_finding *finding = &run->findings.at[i];
    if (mu_streq(finding->check, check->id) && finding->verdict == MU_FAIL) {
      expect_red(finding);
    }
  }
  return MU_PASS;
}

void mu_run_judge_check(struct mu_run *run, struct mu_check *check) {
  if (check->must_fail) {
    check->verdict = judge_control(run, check);
    return;
  }
  check->verdict = of_status(check->status);
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    if (mu_streq(finding->check, check->id)) {
      check->verdict = mu_verdict_join(check->verdict, finding->verdict);
    }
  }
}

/* ---- the whole run ---- */

/* How many parts of one kind came to what. */
struct tally {
  size_t n, of[MU_VERDICT_N_];
};

static void count(struct tally *tally, enum mu_verdict verdict) {
  tally->n++;
  tally->of[verdict]++;
}

static enum mu_verdict of_outcome(enum mu_outcome outcome) {
  switch (outcome) {
  case MU_MET:
    return MU_PASS;
  case MU_MISSED:
    return MU_FAIL;
  case MU_INDETERMINATE:
  case MU_NOT_MEASURED:
  case MU_OUTCOME_N_:
    break;
  }
  return MU_INCONCLUSIVE;
}

/* A step of a drill speaks for its findings in the sentence, not in the verdict: its own may be a
 * way back that went well. */
static bool is_of_a_step(const struct mu_run *run, const struct mu_finding *finding) {
  for (size_t i = 0; i < run->steps.n; i++) {
    if (mu_streq(run->steps.at[i].id, finding->check)) {
      return true;
    }
  }
  return false;
}

static bool is_of_a_check(const struct mu_run *run, const struct mu_finding *finding) {
  for (size_t i = 0; i < run->checks.n; i++) {
    if (mu_streq(run->checks.at[i].id, finding->check)) {
      return true;
    }
  }
  return false;
}

struct tallies {
  struct tally checks, steps, targets, findings;
};

static void count_parts(const struct mu_run *run, struct tallies *t) {
  for (size_t i = 0; i < run->checks.n; i++) {
    count(&t->checks, run->checks.at[i].verdict);
  }
  for (size_t i = 0; i < run->steps.n; i++) {
    count(&t->steps, run->steps.at[i].verdict);
  }
  for (size_t i = 0; i < run->targets.n; i++) {
    if (run->targets.at[i].gate) {
      count(&t->targets, of_outcome(run->targets.at[i].outcome));
    }
  }
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    /* An observation shows nothing about the standby: it may not turn an empty run into a pass. */
    if (finding->verdict > MU_PASS && !is_of_a_check(run, finding)) {
      count(&t->findings, finding->verdict);
    }
  }
}

static enum mu_verdict join(const struct mu_run *run, const struct tallies *t) {
  const struct tally *const kinds[] = {&t->checks, &t->steps, &t->targets, &t->findings};
  enum mu_verdict seen[MU_VERDICT_N_ + 1];
  unsigned long n = 0;
  for (unsigned v = 0; v < MU_VERDICT_N_; v++) {
    for (size_t k = 0; k < MU_LEN(kinds); k++) {
      if (kinds[k]->of[v]) {
        seen[n++] = (enum mu_verdict)v;
        break;
      }
    }
  }
  if (run->interrupted) {
    seen[n++] = MU_INCONCLUSIVE;
  }
  return mu_verdict_of(seen, n);
}

static void say(struct mu_str *why, const char *text) {
  mu_str_addf(why, "%s%s", why->n ? "; " : "", text);
}

static void say_count(struct mu_str *why, const struct tally *tally, enum mu_verdict verdict,
                      const char *one, const char *many, const char *did) {
  size_t n = tally->of[verdict];
  if (n > 0) {
    mu_str_addf(why, "%s%zu of %zu %s %s", why->n ? "; " : "", n, tally->n,
                tally->n == 1 ? one : many, did);
  }
}

static const char *target_word(const char *name) {
  static const char *const words[][2] = {
      {"rpo", "RPO"}, {"rpo-exposure", "RPO exposure"}, {"rto", "RTO"}};
  for (size_t i = 0; i < MU_LEN(words); i++) {
    if (mu_streq(words[i][0], name)) {
      return words[i][1];
    }
  }
  return name ? name : "target";
}

static void say_targets(const struct mu_run *run, struct mu_str *why, enum mu_verdict verdict) {
  for (size_t i = 0; i < run->targets.n; i++) {
    const struct mu_target *target = &run->targets.at[i];
    if (!target->gate || of_outcome(target->outcome) != verdict) {
      continue;
    }
    mu_str_addf(why, "%s%s%s%s%s%s %s", why->n ? "; " : "", target_word(target->name),
                target->clock ? " " : "", target->clock ? target->clock : "",
                target->subject ? " of " : "", target->subject ? target->subject : "",
                mu_outcome_text(target->outcome));
  }
}

static void say_findings(const struct mu_run *run, struct mu_str *why, enum mu_verdict verdict) {
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    if (verdict > MU_PASS && finding->verdict == verdict && !is_of_a_check(run, finding) &&
        !is_of_a_step(run, finding) &&
        !strstr(mu_str_get(why), mu_finding_def(finding->id)->title)) {
      say(why, mu_finding_def(finding->id)->title);
    }
  }
}

/* Each step that failed says why itself; of the others their number is enough. */
static void say_steps(const struct mu_run *run, const struct tallies *t, struct mu_str *why,
                      enum mu_verdict verdict) {
  static const char *const did[] = {"not applicable", "skipped", "passed", "could not be verified"};
  if (verdict != MU_FAIL) {
    say_count(why, &t->steps, verdict, "step", "steps", did[verdict]);
    return;
  }
  for (size_t i = 0; i < run->steps.n; i++) {
    const struct mu_run_step *step = &run->steps.at[i];
    if (step->verdict == MU_FAIL) {
      mu_str_addf(why, "%s%s: %s", why->n ? "; " : "", step->title,
                  step->seen ? step->seen : "failed");
    }
  }
}

static char *explain(const struct mu_run *run, const struct tallies *t) {
  static const char *const did[] = {"not applicable", "skipped", "passed", "could not be verified",
                                    "failed"};
  MU_STR(why, WHY_MAX);
  if (run->interrupted) {
    say(&why, "interrupted");
  }
  size_t before = why.n;
  for (unsigned v = MU_FAIL; v >= MU_PASS; v--) {
    enum mu_verdict verdict = (enum mu_verdict)v;
    if (why.n > before) {
      break; /* the worst decided; what passed, or is only unknown beside it, did not */
    }
    say_count(&why, &t->checks, verdict, "check", "checks", did[v]);
    say_steps(run, t, &why, verdict);
    say_targets(run, &why, verdict);
    say_findings(run, &why, verdict);
  }
  if (why.n == 0) {
    say(&why, "nothing was shown to pass");
  }
  return mu_str_copy(&why, run->arena);
}

void mu_run_finish(struct mu_run *run, int64_t now_ms, int64_t elapsed_ms) {
  struct tallies t = {0};
  run->ended_ms = now_ms;
  run->elapsed_ms = elapsed_ms;
  mu_findings_sort(&run->findings);
  count_parts(run, &t);
  run->verdict = join(run, &t);
  run->why = explain(run, &t);
}
