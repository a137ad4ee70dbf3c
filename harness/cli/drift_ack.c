/* SPDX-License-Identifier: Apache-2.0 */
/* muster drift ack: who answers for which drift until when. All of what was asked is written, as
 * one entry of the ledger, or nothing. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "cli/acks.h"
#include "cli/app.h"
#include "ledger/acks.h"
#include "ledger/ledger.h"
#include "model/run.h"

enum { ID_MIN = 6, ID_SHOWN = 12, LIST_MAX = 1 << 20 };
static const int64_t YEAR_MS = INT64_C(366) * 86400000;

/* One workload, or one scope of files, with what is known of it. */
struct place {
  const char *of; /* as in the ledger */
  const char *workload;
  struct mu_ack_entries acks;
  struct mu_ack_targets found;
  const struct mu_finding **chosen; /* to acknowledge */
  const struct mu_ack_entry **taken_back;
  size_t n;
};

struct work {
  struct mu_app *app;
  const struct mu_ack_ask *ask;
  struct place *places;
  size_t n;
  const char *class;
  int64_t now_ms, until_ms;
};

/* ---- what the words mean ---- */

/* Shells eat the quotes of aws_x.a["k"]. */
static bool same_but_quotes(const char *a, const char *b) {
  for (;; a++, b++) {
    a += strspn(a, "\"");
    b += strspn(b, "\"");
    if (*a != *b || !*a) {
      return *a == *b;
    }
  }
}

static bool is_id(const char *word, const char *fingerprint) {
  size_t n = strlen(word);
  return n >= ID_MIN && strspn(word, "0123456789abcdef") == n && strncmp(word, fingerprint, n) == 0;
}

static bool means(struct work *w, const char *word, const char *fingerprint, const char *subject,
                  const char *path) {
  const char *whole =
      mu_arena_fmt(w->app->arena, "%s %s", subject ? subject : "", path ? path : "");
  return is_id(word, fingerprint) || (subject && same_but_quotes(word, subject)) ||
         (path && same_but_quotes(word, whole));
}

static int none_such(struct work *w, const char *word, struct mu_err *err) {
  size_t n = 0, cap = 0;
  const char **names = NULL;
  for (size_t i = 0; i < w->n; i++) {
    const struct place *place = &w->places[i];
    for (size_t k = 0; k < (w->ask->withdraw ? place->acks.n : place->found.n); k++) {
      names = mu_arena_grow(w->app->arena, names, n, &cap, sizeof *names);
      const char *subject =
          w->ask->withdraw ? place->acks.at[k].ack.subject : place->found.at[k]->subject;
      names[n++] = subject ? subject : "";
    }
  }
  const char *near = mu_str_nearest(word, names, n);
  const char *what = w->ask->withdraw ? "nothing is acknowledged about" : "no drift was found of";
  return near ? mu_fail(err, MU_E_USAGE, "%s '%s'; did you mean '%s'?", what, word, near)
              : mu_fail(err, MU_E_USAGE, "%s '%s'%s", what, word,
                        w->ask->withdraw ? "; `muster drift ack --list` shows what is"
                                         : " in the newest runs; write ADDRESS, 'ADDRESS PATH', or "
                                           "the beginning of a fingerprint");
}

static int refuse(const struct mu_finding *finding, const char *word, const char *why,
                  struct mu_err *err) {
  return mu_fail(err, MU_E_USAGE, "'%s' (%s %s%s%s) %s", word, mu_finding_def(finding->id)->name,
                 finding->subject ? finding->subject : "", finding->path ? " " : "",
                 finding->path ? finding->path : "", why);
}

static int may_take(const struct work *w, const struct mu_finding *finding, const char *word,
                    struct mu_err *err) {
  if (finding->verdict == MU_INCONCLUSIVE) {
    return refuse(finding, word, "could not be verified: there is nothing yet to answer for", err);
  }
  if (!mu_ack_takes(finding)) {
    return refuse(finding, word, "fails nothing: there is nothing to acknowledge", err);
  }
  if (mu_ack_is_wider(finding) && !w->ask->accept_wider) {
    return refuse(finding, word,
                  "opens access or takes protection away: if that is to stay for now, say so with "
                  "--accept-wider-access",
                  err);
  }
  return 0;
}

static bool is_chosen(const struct place *place, const struct mu_finding *finding) {
  for (size_t i = 0; i < place->n; i++) {
    if (place->chosen[i] == finding) {
      return true;
    }
  }
  return false;
}

/* The findings of one place that a word means. An address stands for what fails of it; what was
 * named alone must be fit to be acknowledged. */
static int choose(struct work *w, struct place *place, const char *word, size_t *hits,
                  struct mu_err *err) {
  const struct mu_finding *unfit = NULL;
  size_t fit = 0;
  for (size_t i = 0; i < place->found.n; i++) {
    const struct mu_finding *finding = place->found.at[i];
    if (!means(w, word, finding->fingerprint, finding->subject, finding->path)) {
      continue;
    }
    if (!mu_ack_takes(finding)) {
      unfit = finding;
      continue;
    }
    fit++;
    if (may_take(w, finding, word, err) != 0) {
      return -1;
    }
    if (!is_chosen(place, finding)) {
      place->chosen[place->n++] = finding;
    }
  }
  *hits += fit;
  return !fit && unfit ? may_take(w, unfit, word, err) : 0;
}

static void choose_taken_back(struct work *w, struct place *place, const char *word, size_t *hits) {
  for (size_t i = 0; i < place->acks.n; i++) {
    const struct mu_ack *ack = &place->acks.at[i].ack;
    if (means(w, word, ack->fingerprint, ack->subject, ack->path)) {
      place->taken_back[place->n++] = &place->acks.at[i];
      ++*hits;
    }
  }
}

/* What was copied out of a report has the report's colon behind it. */
static const char *without_colon(struct work *w, const char *word) {
  size_t n = strlen(word);
  return n > 1 && word[n - 1] == ':' ? mu_arena_strn(w->app->arena, word, n - 1) : word;
}

static int choose_all(struct work *w, struct mu_err *err) {
  for (size_t k = 0; k < w->ask->targets.n; k++) {
    const char *word = without_colon(w, w->ask->targets.at[k]), *first = NULL;
    for (size_t i = 0; i < w->n; i++) {
      struct place *place = &w->places[i];
      size_t hits = 0;
      if (w->ask->withdraw) {
        choose_taken_back(w, place, word, &hits);
      } else if (choose(w, place, word, &hits, err) != 0) {
        return -1;
      }
      if (hits && first) {
        return mu_fail(err, MU_E_USAGE, "'%s' is in %s and in %s; name one with --workload", word,
                       first, place->of);
      }
      first = hits ? place->of : first;
    }
    if (!first) {
      return none_such(w, word, err);
    }
  }
  return 0;
}

/* ---- writing ---- */

static void add_ack(struct mu_run *run, const struct work *w, const struct mu_finding *finding) {
  struct mu_ack *ack = MU_RUN_ADD(run, acks);
  *ack = (struct mu_ack){.finding = mu_finding_def(finding->id)->name,
                         .check = finding->check,
                         .subject = finding->subject,
                         .path = finding->path,
                         .owner = w->ask->owner,
                         .until_ms = w->until_ms,
                         .wider = mu_ack_is_wider(finding)};
  memcpy(ack->fingerprint, finding->fingerprint, sizeof ack->fingerprint);
  mu_ack_seen(finding, ack->seen);
}

static int write_place(struct work *w, const struct place *place, struct mu_str *out,
                       struct mu_err *err) {
  struct mu_run *run = mu_app_run(w->app, MU_ACK_COMMAND, place->workload);
  struct mu_entry entry;
  run->scope = mu_ack_scope(run->arena, place->of);
  run->who = mu_app_user(w->app);
  run->reason = mu_arena_str(run->arena, w->ask->reason);
  run->verdict = MU_NOT_APPLICABLE; /* it says who answers, and judges nothing */
  run->why = w->ask->withdraw ? "acknowledgements withdrawn" : "acknowledgements of drift";
  run->ended_ms = run->started_ms;
  for (size_t i = 0; i < place->n; i++) {
    if (w->ask->withdraw) {
      struct mu_ack *ack = MU_RUN_ADD(run, acks);
      *ack = place->taken_back[i]->ack;
      ack->withdrawn = true;
    } else {
      add_ack(run, w, place->chosen[i]);
    }
  }
  int rc = mu_ledger_append(w->app->ledger, run, w->app->arena, &entry, err);
  for (size_t i = 0; rc == 0 && i < run->acks.n; i++) {
    const struct mu_ack *ack = &run->acks.at[i];
    mu_str_addf(out, "%s %s %s%s%s\n", w->ask->withdraw ? "withdrawn" : "acknowledged",
                ack->finding, ack->subject, ack->path ? " " : "", ack->path ? ack->path : "");
  }
  if (rc == 0) {
    mu_str_addf(out, "ledger entry %lld, run %s\n", (long long)entry.seq, run->id);
  }
  mu_run_free(run);
  return rc;
}

static int write_all(struct work *w, struct mu_err *err) {
  MU_STR(text, LIST_MAX);
  if (mu_ledger_together(w->app->ledger, err) != 0) {
    return -1;
  }
  for (size_t i = 0; i < w->n; i++) {
    if (w->places[i].n && write_place(w, &w->places[i], &text, err) != 0) {
      mu_ledger_together_drop(w->app->ledger);
      return -1;
    }
  }
  if (mu_ledger_together_keep(w->app->ledger, err) != 0) {
    return -1;
  }
  mu_app_print(mu_str_get(&text));
  return 0;
}

/* ---- listing ---- */

static void list_place(const struct work *w, const struct place *place, struct mu_str *out) {
  mu_str_addf(out, "%s\n", place->of);
  for (size_t i = 0; i < place->acks.n; i++) {
    const struct mu_ack_entry *entry = &place->acks.at[i];
    const struct mu_ack *ack = &entry->ack;
    char until[MU_TIME_TEXT], at[MU_TIME_TEXT];
    mu_time_date(ack->until_ms, until);
    mu_time_date(entry->at_ms, at);
    mu_str_addf(out, "  %s %s  %s  %.*s\n    %s %s%s%s%s\n    ",
                ack->until_ms < w->now_ms ? "past due" : "until", until, ack->owner, ID_SHOWN,
                ack->fingerprint, ack->finding, ack->subject ? ack->subject : "",
                ack->path ? " " : "", ack->path ? ack->path : "",
                ack->wider ? " (wider access accepted)" : "");
    mu_str_add_safe(out, entry->reason, entry->reason ? strlen(entry->reason) : 0);
    mu_str_addf(out, " · by %s on %s, run %s\n", entry->who ? entry->who : "somebody", at,
                entry->run);
  }
}

static int list(const struct work *w) {
  MU_STR(text, LIST_MAX);
  for (size_t i = 0; i < w->n; i++) {
    if (w->places[i].acks.n) {
      list_place(w, &w->places[i], &text);
    }
  }
  mu_app_print(text.n ? mu_str_get(&text) : "nothing is acknowledged\n");
  return 0;
}

/* ---- asking ---- */

static int check_until(struct work *w, struct mu_err *err) {
  const char *text = w->ask->until;
  if (strlen(text) != strlen("2027-03-31") ||
      mu_time_parse(mu_arena_fmt(w->app->arena, "%sT23:59:59.999Z", text), &w->until_ms) != 0) {
    return mu_fail(err, MU_E_USAGE, "--until: '%s' is not a date; write it as 2027-03-31", text);
  }
  if (w->until_ms < w->now_ms) {
    return mu_fail(err, MU_E_USAGE, "--until %s is past", text);
  }
  if (w->until_ms > w->now_ms + YEAR_MS) {
    return mu_fail(err, MU_E_USAGE,
                   "--until %s is more than a year away; what is to stay that long belongs in the "
                   "config, as an ignore rule",
                   text);
  }
  return 0;
}

static int check_ask(struct work *w, struct mu_err *err) {
  const struct mu_ack_ask *ask = w->ask;
  const struct {
    const char *name, *value;
  } needed[] = {{"--owner NAME", ask->withdraw ? "-" : ask->owner},
                {"--until DATE", ask->withdraw ? "-" : ask->until},
                {"--reason TEXT", ask->reason}};
  if (ask->list) {
    return 0;
  }
  if (ask->targets.n == 0) {
    return mu_fail(
        err, MU_E_USAGE,
        "drift ack: name what is acknowledged: ADDRESS, 'ADDRESS PATH', or the beginning "
        "of a fingerprint");
  }
  for (size_t i = 0; i < MU_LEN(needed); i++) {
    if (!needed[i].value || !*needed[i].value) {
      return mu_fail(err, MU_E_USAGE, "drift ack needs %s", needed[i].name);
    }
  }
  return ask->withdraw ? 0 : check_until(w, err);
}

static int load_place(struct work *w, struct place *place, struct mu_err *err) {
  struct mu_arena *arena = w->app->arena;
  if (mu_ledger_acks(w->app->ledger, place->of, w->class, arena, &place->acks, err) != 0) {
    return -1;
  }
  if (w->ask->list || w->ask->withdraw) {
    place->taken_back =
        mu_arena_array(arena, place->acks.n * w->ask->targets.n + 1, sizeof *place->taken_back);
    return 0;
  }
  int rc =
      mu_ledger_ack_targets(w->app->ledger, place->workload, place->workload ? NULL : place->of,
                            w->class, arena, &place->found, err);
  if (rc != 0 && err->code == MU_E_ABSENT && w->n > 1) {
    rc = 0; /* one of several has not been looked at yet */
  }
  place->chosen = mu_arena_array(arena, place->found.n + 1, sizeof *place->chosen);
  return rc;
}

static int open_places(struct work *w, struct mu_err *err) {
  struct mu_app *app = w->app;
  const struct mu_opt_list named = {.at = mu_arena_array(app->arena, 1, sizeof *named.at),
                                    .n = w->ask->workload ? 1 : 0};
  const struct mu_conf_workload **workloads = NULL;
  named.at[0] = w->ask->workload;
  int status = mu_app_history(app, &named, &workloads, &w->n);
  if (status) {
    return status;
  }
  if (w->ask->scope) {
    w->n = 1;
  }
  w->places = mu_arena_array(app->arena, w->n + 1, sizeof *w->places);
  for (size_t i = 0; i < w->n; i++) {
    w->places[i].workload = w->ask->scope ? NULL : workloads[i]->name;
    w->places[i].of = w->ask->scope ? w->ask->scope : workloads[i]->name;
  }
  struct mu_run *run = mu_app_run(app, MU_ACK_COMMAND, w->places[0].workload);
  w->class = run->rehearsal ? "REHEARSAL" : "REAL";
  mu_run_free(run);
  for (size_t i = 0; i < w->n; i++) {
    if (load_place(w, &w->places[i], err) != 0) {
      return mu_app_error(app, err);
    }
  }
  return 0;
}

int mu_acks_command(struct mu_app *app, const struct mu_ack_ask *ask) {
  struct work w = {.app = app, .ask = ask, .now_ms = mu_wall_ms(app->parts->clock)};
  struct mu_err err = {0};
  if (check_ask(&w, &err) != 0) {
    return mu_app_error(app, &err);
  }
  int status = open_places(&w, &err);
  if (status || ask->list) {
    return status ? status : list(&w);
  }
  return choose_all(&w, &err) == 0 && write_all(&w, &err) == 0 ? 0 : mu_app_error(app, &err);
}
