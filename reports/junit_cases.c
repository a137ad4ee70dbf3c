/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes a test case. FAIL is a failure: looked, and it did not hold. INCONCLUSIVE is an
 * error: could not look, unmet needs included, since readers of JUnit take "skipped" for harmless
 * and "could not verify" never is. */
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/escape.h"
#include "reports/junit.h"

enum { NAME_COLUMNS = 400, PART_BYTES = 80, TEXT_MAX = 4 << 20 };

/* FNV-1a. */
static uint64_t hash_more(uint64_t hash, const char *text) {
  for (const char *c = text; *c; c++) {
    hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
  }
  return hash;
}

/* The slot of a name: one that holds it, or the free one where it would go. Slots hold the index of
 * a case, plus 1. */
static size_t *slot_of(const struct mu_junit_cases *cases, const char *suite, const char *name) {
  uint64_t hash = hash_more(hash_more(UINT64_C(0xcbf29ce484222325), suite), name);
  size_t at = (size_t)(hash ^ hash >> 32) & (cases->slots_n - 1);
  for (; cases->slots[at]; at = (at + 1) & (cases->slots_n - 1)) {
    const struct mu_junit_case *c = &cases->at[cases->slots[at] - 1];
    if (strcmp(c->name, name) == 0 && strcmp(c->suite, suite) == 0) {
      break;
    }
  }
  return &cases->slots[at];
}

/* Twice as many slots, a power of two, before they are half full. */
static void make_room(struct mu_junit_cases *cases) {
  if (cases->n < cases->slots_n / 2) {
    return;
  }
  cases->slots_n = cases->slots_n ? cases->slots_n * 2 : 64;
  cases->slots = mu_arena_array(cases->arena, cases->slots_n, sizeof *cases->slots);
  for (size_t i = 0; i < cases->n; i++) {
    *slot_of(cases, cases->at[i].suite, cases->at[i].name) = i + 1;
  }
}

static struct mu_junit_case *add(struct mu_junit_cases *cases, const char *suite,
                                 const char *name) {
  cases->at = mu_arena_grow(cases->arena, cases->at, cases->n, &cases->cap, sizeof *cases->at);
  struct mu_junit_case *c = &cases->at[cases->n++];
  *c = (struct mu_junit_case){.suite = suite, .name = name};
  *slot_of(cases, suite, name) = cases->n;
  return c;
}

/* One part of a dotted name: readers split at dots and take slashes for paths. */
static const char *part(struct mu_arena *arena, const char *text) {
  char *copy = mu_arena_strn(arena, text, strnlen(text, PART_BYTES));
  for (char *c = copy; *c; c++) {
    bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
    *c = plain || *c == '_' ? *c : '-';
  }
  return copy[0] ? copy : "-";
}

static const char *suite_name(const struct mu_run *run, struct mu_arena *arena,
                              const char *workload, const char *section) {
  const char *of = workload ? workload : run->workload;
  return mu_arena_fmt(arena, "muster.%s.%s", of ? part(arena, of) : "all", part(arena, section));
}

/* A name on one line, not too long, and unlike every other one of its suite: readers drop the
 * second of a name. */
static const char *unique(struct mu_junit_cases *cases, const char *suite, const char *name,
                          const char *target) {
  MU_STR(line, (size_t)1 << 20);
  make_room(cases);
  mu_escape_line(&line, name && name[0] ? name : "unnamed");
  const char *plain = mu_escape_clip(cases->arena, mu_str_get(&line), NAME_COLUMNS);
  const char *tried = plain;
  for (size_t turn = 1; *slot_of(cases, suite, tried); turn++) {
    bool by_target = turn == 1 && target && strlen(target) < NAME_COLUMNS / 4;
    tried = by_target ? mu_arena_fmt(cases->arena, "%s [%s]", plain, target)
                      : mu_arena_fmt(cases->arena, "%s [%zu]", plain, turn);
  }
  return tried;
}

static enum mu_junit_kind kind_of(enum mu_verdict verdict) {
  switch (verdict) {
  case MU_PASS:
    return MU_JUNIT_PASSED;
  case MU_FAIL:
    return MU_JUNIT_FAILURE;
  case MU_SKIPPED:
  case MU_NOT_APPLICABLE:
    return MU_JUNIT_SKIPPED;
  case MU_INCONCLUSIVE:
  case MU_VERDICT_N_:
    break;
  }
  return MU_JUNIT_ERROR;
}

static void add_line(struct mu_str *text, const char *label, const char *value) {
  if (value && value[0]) {
    mu_str_add(text, text->n ? "\n" : "");
    mu_str_add(text, label);
    mu_str_add(text, value);
  }
}

static void add_finding(struct mu_str *text, const struct mu_run *run,
                        const struct mu_finding *finding, struct mu_arena *arena) {
  add_line(text, "",
           mu_arena_fmt(arena, "%s %s", mu_finding_def(finding->id)->name,
                        mu_severity_text(finding->severity)));
  add_line(text, "  ", mu_draw_message(finding));
  add_line(text, "  subject: ", finding->subject);
  add_line(text, "  path: ", finding->path);
  add_line(text, "  expected: ", finding->expected);
  add_line(text, "  actual: ", finding->actual);
  add_line(text, "  age: ", finding->age);
  add_line(text, "  next: ", mu_draw_next(run, finding, arena));
}

/* What was seen, attempt by attempt and fact by fact. */
static const char *output_of(const struct mu_run *run, const struct mu_check *check,
                             struct mu_arena *arena) {
  MU_STR(text, TEXT_MAX);
  add_line(&text, "", mu_draw_line(check));
  add_line(&text, "target: ", check->target);
  for (size_t i = 0; i < check->attempts_n; i++) {
    char took[MU_DUR_TEXT];
    mu_dur_text(check->attempts[i].elapsed_ms, false, took);
    mu_str_addf(&text, "%stry %zu: %s in %s", text.n ? "\n" : "", i + 1,
                mu_status_text(check->attempts[i].status), took);
    if (check->attempts[i].error) {
      mu_str_addf(&text, ": %s", check->attempts[i].error);
    }
  }
  for (size_t i = 0; i < check->facts.n; i++) {
    const struct mu_fact *fact = &check->facts.at[i];
    if (!fact->is_body && !fact->is_secret) {
      mu_str_addc(&text, '\n');
      mu_str_add(&text, fact->name);
      mu_str_add(&text, " = ");
      mu_str_add(&text, mu_value_text(&fact->value, fact->unit, arena));
    }
  }
  add_line(&text, "", check->details);
  const struct mu_finding *finding = NULL;
  for (size_t at = 0; check->verdict == MU_PASS && (finding = mu_draw_finding(run, check, &at));) {
    add_finding(&text, run, finding, arena);
  }
  return text.n ? mu_str_copy(&text, arena) : NULL;
}

/* The finding that decided the verdict of a check, or NULL. */
static const struct mu_finding *deciding(const struct mu_run *run, const struct mu_check *check) {
  const struct mu_finding *finding = NULL;
  for (size_t at = 0; (finding = mu_draw_finding(run, check, &at));) {
    if (finding->verdict == check->verdict) {
      return finding;
    }
  }
  return NULL;
}

static void explain_check(const struct mu_run *run, const struct mu_check *check,
                          struct mu_junit_case *c, struct mu_arena *arena) {
  const struct mu_finding *finding = deciding(run, check);
  const char *line = mu_draw_line(check);
  MU_STR(text, TEXT_MAX);
  c->type = finding ? mu_finding_def(finding->id)->name : mu_verdict_text(check->verdict);
  c->message = finding && finding->message ? finding->message
               : line[0]                   ? line
               : finding                   ? mu_draw_message(finding)
                                           : mu_status_text(check->status);
  add_line(&text, "", c->message);
  for (size_t at = 0; (finding = mu_draw_finding(run, check, &at));) {
    add_finding(&text, run, finding, arena);
  }
  c->text = mu_str_copy(&text, arena);
}

static void collect_checks(const struct mu_run *run, struct mu_junit_cases *cases) {
  for (size_t i = 0; i < run->checks.n; i++) {
    const struct mu_check *check = &run->checks.at[i];
    const char *suite = suite_name(run, cases->arena, check->workload, mu_draw_section(check));
    const char *title = check->title ? check->title : check->id;
    struct mu_junit_case *c = add(cases, suite, unique(cases, suite, title, check->target));
    c->kind = kind_of(check->verdict);
    c->elapsed_ms = check->elapsed_ms;
    c->output = output_of(run, check, cases->arena);
    if (c->kind != MU_JUNIT_PASSED) {
      explain_check(run, check, c, cases->arena);
    }
  }
}

static void explain(struct mu_junit_case *c, enum mu_verdict verdict, const char *type,
                    const char *message) {
  c->kind = kind_of(verdict);
  c->type = type;
  c->message = c->text = message ? message : mu_verdict_text(verdict);
}

static void collect_steps(const struct mu_run *run, struct mu_junit_cases *cases) {
  const char *suite = suite_name(run, cases->arena, NULL, "steps");
  for (size_t i = 0; i < run->steps.n; i++) {
    const struct mu_run_step *step = &run->steps.at[i];
    const char *name = unique(cases, suite, step->title ? step->title : step->id, NULL);
    struct mu_junit_case *c = add(cases, suite, name);
    explain(c, step->verdict, "STEP_FAILED", step->seen ? step->seen : step->state);
    c->elapsed_ms = step->elapsed_ms;
    c->output = step->seen;
  }
}

static void collect_targets(const struct mu_run *run, struct mu_junit_cases *cases) {
  const char *suite = suite_name(run, cases->arena, NULL, "targets");
  for (size_t i = 0; i < run->targets.n; i++) {
    const struct mu_target *target = &run->targets.at[i];
    char figure[MU_DRAW_INTERVAL] = "not measured", line[MU_DUR_TEXT];
    if (!target->gate) {
      continue;
    }
    if (target->outcome != MU_NOT_MEASURED) {
      mu_draw_interval(target->lo_ms, target->hi_ms, figure);
    }
    mu_dur_exact(target->target_ms, line);
    const char *name = unique(cases, suite, mu_draw_target(target, cases->arena), NULL);
    struct mu_junit_case *c = add(cases, suite, name);
    const char *text =
        mu_arena_fmt(cases->arena, "%s %s, target %s%s%s", mu_outcome_text(target->outcome), figure,
                     line, target->basis ? ": " : "", target->basis ? target->basis : "");
    explain(c, mu_draw_outcome(target->outcome),
            target->outcome == MU_MISSED ? "TARGET_MISSED" : "TARGET_UNCERTAIN", text);
    c->output = text;
  }
}

static void collect_findings(const struct mu_run *run, struct mu_junit_cases *cases) {
  const char *suite = suite_name(run, cases->arena, NULL, "findings");
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    if (finding->verdict <= MU_PASS || !mu_draw_is_orphan(run, finding)) {
      continue;
    }
    const char *id = mu_finding_def(finding->id)->name;
    const char *name =
        finding->subject ? mu_arena_fmt(cases->arena, "%s %s", id, finding->subject) : id;
    struct mu_junit_case *c = add(cases, suite, unique(cases, suite, name, NULL));
    MU_STR(text, TEXT_MAX);
    add_line(&text, "", mu_draw_message(finding));
    add_finding(&text, run, finding, cases->arena);
    explain(c, finding->verdict, id, mu_draw_message(finding));
    c->text = mu_str_copy(&text, cases->arena);
  }
}

static void collect_left_out(const struct mu_run *run, struct mu_junit_cases *cases) {
  const char *suite = suite_name(run, cases->arena, NULL, "not-looked-at");
  for (size_t i = 0; i < run->left_out.n; i++) {
    const struct mu_pair *pair = &run->left_out.at[i];
    struct mu_junit_case *c = add(cases, suite, unique(cases, suite, pair->name, NULL));
    explain(c, MU_SKIPPED, "NOT_LOOKED_AT", pair->value);
  }
}

/* Where no case is red but the run did not pass (interrupted, or nothing was shown), a last case
 * says so. */
static void collect_verdict(const struct mu_run *run, struct mu_junit_cases *cases) {
  bool red = false;
  for (size_t i = 0; i < cases->n; i++) {
    red = red || cases->at[i].kind == MU_JUNIT_FAILURE || cases->at[i].kind == MU_JUNIT_ERROR;
  }
  if (red || (run->verdict == MU_PASS && cases->n > 0)) {
    return;
  }
  const char *suite = suite_name(run, cases->arena, NULL, "run");
  struct mu_junit_case *c = add(cases, suite, unique(cases, suite, "verdict", NULL));
  explain(c, run->verdict <= MU_SKIPPED ? MU_INCONCLUSIVE : run->verdict,
          mu_verdict_text(run->verdict), run->why);
}

void mu_junit_collect(const struct mu_run *run, struct mu_junit_cases *cases) {
  collect_steps(run, cases);
  collect_checks(run, cases);
  collect_targets(run, cases);
  collect_findings(run, cases);
  collect_left_out(run, cases);
  collect_verdict(run, cases);
}
