/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of a run as text: verdict, age, section, what was seen, finding and severity. Many
 * passed checks of one section are one line, unless everything is asked for. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/escape.h"
#include "reports/text_lay.h"

enum { NEXT_SHOWN = 20 };
enum { VERDICT_AT = 2, AGE_AT = 9, SECTION_AT = 16, TEXT_AT = 27, FINDING_AT = 6, VALUE_AT = 10 };
enum {
  PASSED_IN_FULL = 3
}; /* more passed checks than that of one section are counted, not listed */

static bool is_defect(const struct mu_finding *finding) {
  return finding->verdict > MU_PASS;
}

/* A difference below the severity that fails: documented, and no more. */
static bool is_documented(const struct mu_finding *finding) {
  return finding->verdict == MU_PASS && mu_finding_def(finding->id)->verdict == MU_FAIL &&
         mu_str_starts(mu_finding_def(finding->id)->name, "DRIFT_") && !mu_draw_matters(finding) &&
         !mu_streq(finding->klass, "must_fail");
}

static bool is_shown(const struct mu_lay *l, const struct mu_finding *finding) {
  bool asked = l->opts->verbose || (l->all_drift && is_documented(finding));
  return (mu_draw_matters(finding) || asked) && mu_draw_shows(l->opts->filter, finding);
}

static const char *age_word(const struct mu_finding *finding) {
  const char *age = finding ? finding->age : NULL;
  return mu_streq(age, "persisting") ? "known" : age;
}

static void begin_row(struct mu_lay *l, enum mu_verdict verdict, const char *age,
                      const char *section) {
  mu_lay_pad(l, VERDICT_AT);
  mu_lay_word(l, mu_lay_ink(verdict), mu_verdict_text(verdict));
  if (age && l->column < AGE_AT) {
    mu_lay_pad(l, AGE_AT);
    mu_lay_word(l, MU_INK_PLAIN, age);
  }
  mu_lay_pad(l, l->column + 1 > SECTION_AT ? l->column + 2 : SECTION_AT);
  mu_lay_word(l, MU_INK_PLAIN, section);
  mu_lay_pad(l, l->column + 1 > TEXT_AT ? l->column + 2 : TEXT_AT);
}

/* "SECRET_STALE  high"; what could not be verified carries no severity, since nothing is known to
 * be wrong. */
static struct mu_lay_tail tail_of(struct mu_lay *l, const struct mu_finding *finding) {
  const char *name = mu_finding_def(finding->id)->name;
  bool graded = finding->verdict == MU_FAIL || finding->ack || is_documented(finding);
  return (struct mu_lay_tail){
      .text = graded ? mu_arena_fmt(l->arena, "%s  %s", name, mu_severity_text(finding->severity))
                     : name,
      .ink = mu_lay_ink(finding->verdict)};
}

/* How a difference is marked: + there and not planned, - planned and not there, ~ changed. */
static const char *mark(const struct mu_finding *finding) {
  if (!mu_str_starts(mu_finding_def(finding->id)->name, "DRIFT_")) {
    return "·";
  }
  bool whole = !finding->path;
  return finding->id == MU_F_DRIFT_EXTRA && whole     ? "+"
         : finding->id == MU_F_DRIFT_MISSING && whole ? "-"
                                                      : "~";
}

static void add_part(struct mu_str *line, const char *text, const char *between) {
  if (text && text[0]) {
    mu_str_addf(line, "%s%s", line->n ? between : "", text);
  }
}

static void write_value(struct mu_lay *l, const char *name, const char *value) {
  if (value) {
    mu_lay_pad(l, VALUE_AT);
    mu_lay_text(l, VALUE_AT + 9, mu_arena_fmt(l->arena, "%-8s %s", name, value), NULL);
  }
}

/* A command, or a block whose lines are to be pasted as they are. */
static void write_next(struct mu_lay *l, const char *next) {
  if (!next) {
    return;
  }
  mu_lay_pad(l, VALUE_AT);
  mu_lay_word(l, MU_INK_SOFT, "next");
  if (strchr(next, '\n')) {
    mu_lay_end(l);
  } else {
    mu_lay_pad(l, l->column + 1);
  }
  mu_lay_paste(l, VALUE_AT + 2, next);
}

static void write_values(struct mu_lay *l, const struct mu_finding *finding) {
  write_value(l, "expected", finding->expected);
  write_value(l, "actual", finding->actual);
  write_next(l, finding->next);
}

static void write_finding(struct mu_lay *l, const struct mu_finding *finding) {
  MU_STR(line, (size_t)1 << 20);
  add_part(&line, finding->subject, "");
  add_part(&line, finding->path, " ");
  add_part(&line, mu_draw_message(finding), ": ");
  if (finding->age) {
    add_part(&line, mu_arena_fmt(l->arena, "(%s)", age_word(finding)), " ");
  }
  add_part(&line, finding->ack, " · ");
  struct mu_lay_tail tail = tail_of(l, finding);
  mu_lay_pad(l, FINDING_AT);
  mu_lay_word(l, mu_lay_ink(finding->verdict), mark(finding));
  mu_lay_pad(l, FINDING_AT + 2);
  mu_lay_text(l, VALUE_AT, mu_str_get(&line), &tail);
  if (l->opts->verbose) {
    write_values(l, finding);
  } else if (is_defect(finding) && finding->next && l->next_left) {
    l->next_left--;
    write_next(l, finding->next);
  } else if (is_defect(finding) && finding->next && l->all_drift) {
    l->next_hidden++;
  }
}

static void write_indented(struct mu_lay *l, const char *text) {
  mu_lay_pad(l, TEXT_AT);
  mu_lay_text(l, TEXT_AT + 2, text, NULL);
}

static void write_facts(struct mu_lay *l, const struct mu_check *check) {
  for (size_t i = 0; i < check->attempts_n; i++) {
    const struct mu_attempt *attempt = &check->attempts[i];
    const char *error = attempt->error;
    char took[MU_DUR_TEXT];
    mu_dur_text(attempt->elapsed_ms, false, took);
    write_indented(l, mu_arena_fmt(l->arena, "try %zu: %s in %s%s%s", i + 1,
                                   mu_status_text(attempt->status), took, error ? ": " : "",
                                   error ? error : ""));
  }
  for (size_t i = 0; i < check->facts.n; i++) {
    const struct mu_fact *fact = &check->facts.at[i];
    if (!fact->is_body && !fact->is_secret) {
      write_indented(l, mu_arena_fmt(l->arena, "%s = %s", fact->name,
                                     mu_value_text(&fact->value, fact->unit, l->arena)));
    }
  }
}

static void write_coverage(struct mu_lay *l) {
  const struct mu_coverage *c = &l->run->coverage;
  MU_STR(line, 512);
  mu_str_addf(&line, "coverage %lld of %lld attributes", (long long)c->compared,
              (long long)c->attributes);
  const struct {
    int64_t n;
    const char *what;
  } parts[] = {{c->explained, "explained by a rule"},
               {c->baseline, "held against the baseline"},
               {c->unverifiable, "unverifiable"},
               {c->ignored, "ignored"}};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (parts[i].n) {
      mu_str_addf(&line, " · %lld %s", (long long)parts[i].n, parts[i].what);
    }
  }
  mu_lay_pad(l, FINDING_AT);
  mu_lay_text(l, VALUE_AT, mu_str_get(&line), NULL);
}

/* ---- drift: below what differs stands how much was compared, what was forgiven, what could not be
 * told ---- */

static void write_note(struct mu_lay *l, const struct mu_note *note) {
  enum { VALUE_COLUMNS = 60 };
  size_t columns = l->opts->verbose ? 0 : VALUE_COLUMNS;
  bool unknown = note->kind == MU_NOTE_UNKNOWN || note->kind == MU_NOTE_BASELINE;
  const char *nothing = unknown ? "unknown" : "absent";
  const char *planned = mu_escape_clip(l->arena, note->planned ? note->planned : nothing, columns);
  const char *actual = mu_escape_clip(l->arena, note->actual ? note->actual : "absent", columns);
  MU_STR(line, (size_t)1 << 20);
  add_part(&line, note->address, "");
  add_part(&line, note->path, " ");
  if (note->kind == MU_NOTE_EQUAL) {
    add_part(&line, actual, ": ");
  } else if (note->planned || note->actual) {
    add_part(&line, mu_arena_fmt(l->arena, "%s → %s", planned, actual), ": ");
  }
  bool says_more = !mu_streq(note->rule, mu_note_kind_text(note->kind));
  const struct mu_lay_tail tail = {.text = says_more ? note->rule : NULL, .ink = MU_INK_SOFT};
  mu_lay_pad(l, VALUE_AT);
  mu_lay_text(l, VALUE_AT + 2, mu_str_get(&line), &tail);
}

static void write_notes(struct mu_lay *l, const struct mu_check *check) {
  for (unsigned kind = 0; kind < MU_NOTE_N_; kind++) {
    bool any = false;
    for (size_t i = 0; i < l->run->notes.n; i++) {
      const struct mu_note *note = &l->run->notes.at[i];
      if (note->kind != kind || !mu_streq(note->check, check->id)) {
        continue;
      }
      if (!any) {
        mu_lay_pad(l, FINDING_AT);
        mu_lay_text(l, FINDING_AT, mu_note_kind_text(note->kind), NULL);
        any = true;
      }
      write_note(l, note);
    }
  }
}

/* Never silent about a change: what does not fail and is not shown is counted. */
static void write_documented(struct mu_lay *l, const struct mu_check *check) {
  const struct mu_finding *finding = NULL;
  size_t n = 0;
  for (size_t at = 0; (finding = mu_draw_finding(l->run, check, &at));) {
    n += is_documented(finding) && !is_shown(l, finding);
  }
  if (n) {
    mu_lay_pad(l, FINDING_AT);
    mu_lay_text(l, VALUE_AT,
                mu_arena_fmt(l->arena,
                             "documented, below the severity that fails: %zu; -v shows "
                             "them",
                             n),
                NULL);
  }
}

static void write_compared(struct mu_lay *l, const struct mu_check *check) {
  if (!l->covered && l->run->coverage.attributes) {
    write_coverage(l);
    l->covered = true;
  }
  write_documented(l, check);
  if (l->next_hidden) {
    mu_lay_pad(l, FINDING_AT);
    mu_lay_text(l, VALUE_AT, "what to do about each of the others: -v", NULL);
    l->next_hidden = 0;
  }
  if (check->details) {
    mu_lay_lines(l, FINDING_AT, check->details);
  }
  write_notes(l, check);
}

/* "new" where anything that fails is, else as long as the worst is known. */
static const char *age_of_row(struct mu_lay *l, const struct mu_check *check) {
  const struct mu_finding *finding = NULL, *first = NULL;
  for (size_t at = 0; (finding = mu_draw_finding(l->run, check, &at));) {
    if (is_defect(finding) && mu_streq(finding->age, "new")) {
      return finding->age;
    }
    first = first ? first : finding;
  }
  return age_word(first);
}

/* The one finding that says all of a check, so that it needs no line of its own. Differences of
 * drift always have theirs. */
static const struct mu_finding *only_finding(struct mu_lay *l, const struct mu_check *check) {
  size_t at = 0;
  const struct mu_finding *first = mu_draw_finding(l->run, check, &at);
  bool one = first && !mu_draw_finding(l->run, check, &at);
  return one && is_defect(first) && !(mu_draw_is_drift(check) && first->subject) ? first : NULL;
}

static void write_row(struct mu_lay *l, const struct mu_check *check) {
  const struct mu_finding *only = only_finding(l, check);
  size_t at = 0;
  const struct mu_finding *first = mu_draw_finding(l->run, check, &at);
  const char *title = mu_draw_title(check), *line = mu_draw_line(check);
  MU_STR(text, (size_t)1 << 20);
  add_part(&text, title, "");
  add_part(&text, only && only->message ? only->message : line, ": ");
  if (check->must_fail && check->verdict == MU_PASS) {
    mu_str_add(&text, ": red, as it must be");
  }
  add_part(&text, only ? only->ack : NULL, " · ");
  begin_row(l, check->verdict, age_of_row(l, check), mu_draw_section(check));
  struct mu_lay_tail tail = {0};
  if (only) {
    tail = tail_of(l, only);
  }
  mu_lay_text(l, TEXT_AT, mu_str_get(&text), &tail);
  if (only && l->opts->verbose) {
    write_values(l, only);
  }
  bool drift = mu_draw_is_drift(check);
  if (check->details && !drift) {
    mu_lay_lines(l, TEXT_AT, check->details);
  }
  for (at = 0; !only && (first = mu_draw_finding(l->run, check, &at));) {
    if (is_shown(l, first)) {
      write_finding(l, first);
    }
  }
  if (drift) {
    write_compared(l, check);
  }
  if (l->opts->verbose) {
    write_facts(l, check);
  }
}

static bool in_section(const struct mu_check *check, const char *section) {
  return mu_streq(mu_draw_section(check), section);
}

/* A check can pass and still have defects: those below the severity that fails it. */
static bool has_defect(const struct mu_lay *l, const struct mu_check *check) {
  const struct mu_finding *finding = NULL;
  for (size_t at = 0; (finding = mu_draw_finding(l->run, check, &at));) {
    if (mu_draw_matters(finding)) {
      return true;
    }
  }
  return false;
}

/* The tables of a section that passed, in one line: how many, their rows, the oldest data, the
 * files. */
struct tables {
  size_t n;
  int64_t rows, files, as_of_ms;
  bool exact;
  const char *oldest;
};

static void add_table(struct tables *t, const struct mu_check *check) {
  const struct mu_fact *rows = mu_fact_find(&check->facts, "iceberg.rows");
  const struct mu_fact *files = mu_fact_find(&check->facts, "iceberg.files");
  const struct mu_fact *as_of = mu_fact_find(&check->facts, "iceberg.source_as_of");
  bool exact = rows && rows->value.type == MU_T_INT;
  t->n++;
  t->exact = t->exact && exact;
  t->rows += exact ? rows->value.i : 0;
  t->files += files && files->value.type == MU_T_INT ? files->value.i : 0;
  if (as_of && (!t->oldest || as_of->value.i < t->as_of_ms)) {
    t->oldest = mu_draw_title(check);
    t->as_of_ms = as_of->value.i;
  }
}

static const char *tables_line(struct mu_lay *l, const char *section) {
  struct tables t = {.exact = true};
  for (size_t i = 0; i < l->run->checks.n; i++) {
    const struct mu_check *check = &l->run->checks.at[i];
    if (in_section(check, section) && check->verdict == MU_PASS &&
        mu_streq(check->probe, "iceberg")) {
      add_table(&t, check);
    }
  }
  if (t.n == 0) {
    return "";
  }
  char rows[MU_COUNT_TEXT], age[MU_DUR_TEXT];
  mu_count_text(t.rows, rows);
  mu_dur_text(l->run->started_ms - t.as_of_ms, true, age);
  return mu_arena_fmt(l->arena, " · %zu tables%s%s%s · %lld files present%s%s%s%s%s", t.n,
                      t.exact ? " · " : "", t.exact ? rows : "", t.exact ? " rows exact" : "",
                      (long long)t.files, t.oldest ? " · oldest " : "", t.oldest ? t.oldest : "",
                      t.oldest ? ": source as-of " : "", t.oldest ? age : "",
                      t.oldest ? " ago" : "");
}

static void write_section(struct mu_lay *l, const char *section, bool passed_too) {
  struct mu_draw_tally tally;
  mu_draw_count(l->run, section, &tally);
  size_t passed = tally.of[MU_PASS];
  bool in_full =
      l->opts->verbose || passed <= PASSED_IN_FULL || mu_streq(l->run->command, "replica");
  if (passed_too && !in_full) {
    begin_row(l, MU_PASS, NULL, section);
    mu_lay_text(
        l, TEXT_AT,
        mu_arena_fmt(l->arena, "%zu of %zu passed%s", passed, tally.n, tables_line(l, section)),
        NULL);
  }
  for (size_t i = 0; i < l->run->checks.n; i++) {
    const struct mu_check *check = &l->run->checks.at[i];
    bool shown = check->verdict != MU_PASS || (passed_too && in_full) || has_defect(l, check);
    if (in_section(check, section) && shown) {
      write_row(l, check);
    }
  }
}

void mu_text_checks(struct mu_lay *l, bool passed_too) {
  /* Whoever asks for drift is about to do something about it; a long list is read with -v. */
  l->all_drift = mu_streq(l->run->command, "drift");
  l->next_left = l->all_drift ? NEXT_SHOWN : 0;
  size_t n = 0;
  const char **sections = mu_draw_sections(l->run, l->arena, &n);
  for (size_t i = 0; i < n; i++) {
    write_section(l, sections[i], passed_too);
  }
  if (!l->covered && l->run->coverage.attributes) {
    write_coverage(l);
  }
  for (size_t i = 0; i < l->run->findings.n; i++) {
    const struct mu_finding *finding = &l->run->findings.at[i];
    if (mu_draw_is_orphan(l->run, finding) && is_shown(l, finding)) {
      write_finding(l, finding);
    }
  }
}
