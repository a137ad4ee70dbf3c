/* SPDX-License-Identifier: Apache-2.0 */
/* The judge. It sees facts, predicates and the run's one "now", and nothing else. */
#include "smoke/expect.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "smoke/derive.h"
#include "smoke/predicate.h"

enum { SHOWN_MAX = 160, JSON_MAX = 64 * 1024 };

/* Where "differs" and "cannot be told" have names of their own. */
static enum mu_finding_id undecided_of(enum mu_finding_id finding, bool source_missing) {
  if (finding == MU_F_REPLICA_ROWS || finding == MU_F_REPLICA_PARITY) {
    return source_missing ? MU_F_REPLICA_UNSTAMPED : MU_F_REPLICA_ROWS_BOUNDS;
  }
  if (finding == MU_F_REPLICA_STALE) {
    return MU_F_REPLICA_UNSTAMPED;
  }
  return source_missing ? MU_F_FACT_MISSING : MU_F_UNDECIDED;
}

static enum mu_finding_id missing_of(enum mu_finding_id finding) {
  if (finding == MU_F_ANSWERED_BY_PRIMARY) { /* no marker is not the standby's marker */
    return finding;
  }
  bool goes_by_stamp = finding == MU_F_REPLICA_STALE || finding == MU_F_REPLICA_PARITY ||
                       finding == MU_F_REPLICA_BEHIND || finding == MU_F_REPLICA_STAMP_FALSE;
  return goes_by_stamp ? MU_F_REPLICA_UNSTAMPED : MU_F_FACT_MISSING;
}

/* "iceberg.rows" is held against "iceberg.source_rows". */
static const struct mu_fact *source_of(const struct mu_facts *facts, const char *fact) {
  char name[MU_FACT_NAME];
  const char *dot = strrchr(fact, '.');
  int prefix = dot ? (int)(dot + 1 - fact) : 0;
  int n = snprintf(name, sizeof name, "%.*ssource_%s", prefix, fact, fact + prefix);
  return n > 0 && (size_t)n < sizeof name ? mu_fact_find(facts, name) : NULL;
}

struct verdict {
  enum mu_holds holds;
  enum mu_finding_id finding;
  struct mu_seen seen;
  const struct mu_fact *source;
};

static bool is_absence(const char *fact) {
  const char *dot = strrchr(fact, '.');
  return mu_streq(dot ? dot + 1 : fact, "absent");
}

static struct verdict weigh(const struct mu_facts *facts, enum mu_status status,
                            const struct mu_expect_one *e, int64_t now_ms) {
  struct verdict v = {.finding = e->finding, .seen = mu_seen_find(facts, e->fact, now_ms)};
  if (!v.seen.found && is_absence(e->fact)) {
    v.seen.found = true;
    v.seen.value = (struct mu_value){.type = MU_T_BOOL, .b = status == MU_ABSENT};
  }
  v.source = mu_predicate_asks_source(e->predicate) ? source_of(facts, e->fact) : NULL;
  v.holds = mu_predicate_holds(e->predicate, v.seen.found ? &v.seen.value : NULL,
                               v.source ? &v.source->value : NULL);
  if (v.holds == MU_HOLDS_UNDECIDED) {
    v.finding = !v.seen.found
                    ? missing_of(e->finding)
                    : undecided_of(e->finding, mu_predicate_asks_source(e->predicate) && !v.source);
  }
  return v;
}

static const char *shown(const struct verdict *v, struct mu_arena *arena) {
  const struct mu_fact *fact = v->seen.fact;
  if (!v->seen.found) {
    return "not there";
  }
  if (fact && fact->is_secret) {
    return "(secret)";
  }
  const char *text = mu_value_text(&v->seen.value, v->seen.unit, arena);
  if (!*text) {
    return v->seen.value.type == MU_T_LIST ? "none" : "empty";
  }
  MU_STR(safe, SHOWN_MAX * 4 + 8);
  size_t n = strlen(text);
  mu_str_add_safe(&safe, text, n > SHOWN_MAX ? SHOWN_MAX : n);
  mu_str_add(&safe, n > SHOWN_MAX ? "\xe2\x80\xa6" : "");
  return mu_str_copy(&safe, arena);
}

static const char *json_text(const char *text, struct mu_arena *arena) {
  MU_STR(out, JSON_MAX);
  mu_str_add_json(&out, text, strlen(text));
  return mu_str_copy(&out, arena);
}

static const char *actual_json(const struct verdict *v, struct mu_arena *arena) {
  const struct mu_fact *fact = v->seen.fact;
  if (!v->seen.found) {
    return NULL;
  }
  if (fact && (fact->is_secret || fact->is_body)) {
    return json_text(shown(v, arena), arena);
  }
  return mu_value_json(&v->seen.value, arena);
}

static void report(struct mu_run *run, const struct mu_check *check, const struct mu_expect_one *e,
                   const struct verdict *v, int severity) {
  struct mu_finding *f =
      mu_finding_add(&run->findings, v->finding, check->id, check->target, e->fact);
  f->expected = json_text(e->written, run->arena);
  f->actual = actual_json(v, run->arena);
  if (severity >= 0) {
    f->severity = (enum mu_severity)severity;
  }
  const char *seen = shown(v, run->arena);
  const char *bound = v->seen.by_fallback ? " (by the snapshot's own time: no source stamp)" : "";
  if (v->source) {
    mu_finding_say(&run->findings, f, "%s is %s%s, expected %s; source is %s", e->fact, seen, bound,
                   e->written, mu_value_text(&v->source->value, v->source->unit, run->arena));
  } else if (v->seen.found && mu_predicate_asks_source(e->predicate)) {
    mu_finding_say(&run->findings, f, "%s is %s, expected %s, but the source's figure is not known",
                   e->fact, seen, e->written);
  } else {
    const char *most = mu_str_ends(e->fact, ".fresher_than") ? "at most " : "";
    mu_finding_say(&run->findings, f, "%s is %s%s, expected %s%s", e->fact, seen, bound, most,
                   e->written);
  }
}

static bool is_complete(enum mu_status status) {
  return status == MU_OBSERVED || status == MU_ABSENT;
}

static bool asks_absence(const struct mu_expect_one *expect, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (is_absence(expect[i].fact)) {
      return true;
    }
  }
  return false;
}

/* Of a thing that is not there, only its absence can be judged. Of an observation that broke off,
 * what was seen still counts: an expired certificate is a fact even though no request got through.
 */
static bool can_judge(const struct mu_expect_one *e, enum mu_status status,
                      const struct mu_facts *facts, int64_t now_ms) {
  if (status == MU_ABSENT) {
    return is_absence(e->fact);
  }
  return status == MU_OBSERVED ||
         (!is_absence(e->fact) && mu_seen_find(facts, e->fact, now_ms).found);
}

bool mu_expect_met(const struct mu_facts *facts, enum mu_status status,
                   const struct mu_expect_one *expect, size_t n, int64_t now_ms) {
  bool met = is_complete(status) && (status != MU_ABSENT || asks_absence(expect, n));
  for (size_t i = 0; i < n && met; i++) {
    met = !can_judge(&expect[i], status, facts, now_ms) ||
          weigh(facts, status, &expect[i], now_ms).holds == MU_HOLDS;
  }
  return met;
}

/* ---- observations that did not come about ---- */

static enum mu_finding_id of_error(enum mu_errc code) {
  switch (code) {
  case MU_E_TIMEOUT:
  case MU_E_CANCELED:
    return MU_F_TIMEOUT;
  case MU_E_DENIED:
    return MU_F_ACCESS_DENIED;
  case MU_E_INPUT:
  case MU_E_LIMIT:
  case MU_E_UNSUPPORTED:
  case MU_E_USAGE:
  case MU_E_CONFIG:
  case MU_E_CONFLICT:
    return MU_F_UNREADABLE;
  case MU_E_NONE:
  case MU_E_IO:
  case MU_E_NET:
  case MU_E_ABSENT:
  case MU_E_BUSY:
  case MU_E_REMOTE:
    break;
  }
  return MU_F_UNREACHABLE;
}

static bool has_reason(const struct mu_run *run, const struct mu_check *check) {
  for (size_t i = run->findings.n; i > 0; i--) {
    const struct mu_finding *f = &run->findings.at[i - 1];
    if (mu_streq(f->check, check->id) && f->verdict >= MU_INCONCLUSIVE) {
      return true;
    }
  }
  return false;
}

void mu_judge_unseen(struct mu_run *run, struct mu_check *check, enum mu_finding_id why,
                     const char *message) {
  check->status = why == MU_F_TIMEOUT           ? MU_TIMEOUT
                  : why == MU_F_NOT_IMPLEMENTED ? MU_NOT_IMPLEMENTED
                                                : MU_ERROR;
  check->error = mu_arena_str(run->arena, message);
  struct mu_finding *f = mu_finding_add(&run->findings, why, check->id, check->target, NULL);
  mu_finding_say(&run->findings, f, "%s", message);
}

void mu_judge_error(struct mu_run *run, struct mu_check *check, const struct mu_err *err) {
  mu_judge_unseen(run, check, of_error(err->code), err->msg);
}

static void say_status(struct mu_run *run, struct mu_check *check) {
  enum mu_finding_id why = check->status == MU_TIMEOUT           ? MU_F_TIMEOUT
                           : check->status == MU_NOT_IMPLEMENTED ? MU_F_NOT_IMPLEMENTED
                                                                 : MU_F_UNREACHABLE;
  bool unseen = check->status == MU_ERROR || why != MU_F_UNREACHABLE;
  if (unseen && !has_reason(run, check)) {
    mu_judge_unseen(run, check, why, check->error ? check->error : mu_finding_def(why)->title);
  }
}

void mu_judge(struct mu_run *run, struct mu_check *check, const struct mu_expect_one *expect,
              size_t n, int severity, int64_t now_ms) {
  for (size_t i = 0; i < n; i++) {
    if (can_judge(&expect[i], check->status, &check->facts, now_ms)) {
      struct verdict v = weigh(&check->facts, check->status, &expect[i], now_ms);
      if (v.holds != MU_HOLDS) {
        report(run, check, &expect[i], &v, severity);
      }
    }
  }
  if (check->status == MU_ABSENT && !asks_absence(expect, n)) {
    struct mu_finding *f =
        mu_finding_add(&run->findings, MU_F_THING_ABSENT, check->id, check->target, NULL);
    mu_finding_say(&run->findings, f, "%s is not there", check->target ? check->target : check->id);
    if (severity >= 0) {
      f->severity = (enum mu_severity)severity;
    }
  }
  say_status(run, check);
  mu_run_judge_check(run, check);
}
