/* SPDX-License-Identifier: Apache-2.0 */
/* The coordinator. It alone decides: who is due, what is resolved, what is tried again, what is
 * judged. The threads of the crew only look. Checks stand in the record in the plan's order,
 * whatever order they finish in. */
#include "smoke/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "smoke/schedule_int.h"
#include "wire/tokens.h"

enum {
  WORKERS = 8,
  AHEAD =
      100, /* http looks handed over beyond what is in flight: keeps memory small, the multi busy */
  WAIT_MS = 100, /* how long the operator's interrupt may go unseen */
  DELAY_MAX_MS = 300000,
};

enum state { WAITING, DUE, LOOKING, DONE };

struct job {
  enum state state;
  int64_t due_mono_ms, first_mono_ms, delay_ms;
  struct mu_look *look; /* the current attempt */
  size_t attempts_cap;
};

/* A companion's look, shared by all checks that would look at the same thing. */
struct entry {
  struct entry *next;
  const char *key;
  int64_t started_mono_ms;
  struct mu_look *look; /* the result; borrowed by all until the end */
  bool busy;
  size_t *waiting;
  size_t waiting_n, waiting_cap;
};

struct run {
  const struct mu_schedule *s;
  const struct mu_plan *plan;
  struct mu_run *run;
  struct mu_crew crew;
  struct mu_arena *arena; /* for what lives as long as the schedule */
  struct job *jobs;
  size_t first_check; /* run->checks index of plan index 0 */
  size_t done, http_out;
  struct entry *entries;
  struct mu_tokens *tokens;
  struct mu_conf_pair *captured;
  size_t captured_n, captured_cap;
  struct mu_resolver resolver;
};

static struct mu_check *check_of(const struct run *r, size_t i) {
  return &r->run->checks.at[r->first_check + i];
}

static int64_t mono(const struct run *r) {
  return mu_mono_ms(r->s->clock);
}

static bool out_of_time(const struct run *r) {
  return r->crew.deadline_mono_ms > 0 && mono(r) >= r->crew.deadline_mono_ms;
}

/* ---- references ---- */

static const char *find_capture(void *ctx, const char *name) {
  struct run *r = ctx;
  for (size_t i = r->captured_n; i > 0; i--) {
    if (mu_streq(r->captured[i - 1].name, name)) {
      return r->captured[i - 1].value;
    }
  }
  const struct mu_resolver *outer = r->s->resolver;
  return outer && outer->capture ? outer->capture(outer->ctx, name) : NULL;
}

static const char *find_output(void *ctx, const char *name, bool *secret) {
  struct run *r = ctx;
  const struct mu_resolver *outer = r->s->resolver;
  return outer && outer->terraform ? outer->terraform(outer->ctx, name, secret) : NULL;
}

static void keep_captures(struct run *r, const struct mu_planned *p, const struct mu_facts *facts) {
  for (size_t i = 0; i < p->captures_n; i++) {
    const struct mu_fact *fact = mu_fact_find(facts, p->captures[i].value);
    if (fact) {
      r->captured = mu_arena_grow(r->arena, r->captured, r->captured_n, &r->captured_cap,
                                  sizeof *r->captured);
      r->captured[r->captured_n++] =
          (struct mu_conf_pair){p->captures[i].name, mu_capture_text(fact, r->arena)};
    }
  }
}

/* ---- the end of a check ---- */

static void finish(struct run *r, size_t i) {
  struct mu_check *check = check_of(r, i);
  struct job *job = &r->jobs[i];
  job->state = DONE;
  r->done++;
  if (job->first_mono_ms > 0) {
    check->elapsed_ms = mono(r) - job->first_mono_ms;
  }
  if (r->s->on_done) {
    r->s->on_done(r->s->ctx, check, r->done, r->plan->n);
  }
}

/* A check that was not looked at, or not again. */
static void give_up(struct run *r, size_t i, enum mu_finding_id why, const char *message) {
  struct mu_check *check = check_of(r, i);
  mu_judge_unseen(r->run, check, why, message);
  check->headline = check->error;
  mu_run_judge_check(r->run, check);
  finish(r, i);
}

static void drop_look(struct job *job) {
  if (job->look) {
    mu_arena_free(job->look->arena);
    job->look = NULL;
  }
}

static enum mu_status status_of(const struct mu_look *look) {
  if (look->failed) {
    return look->err.code == MU_E_TIMEOUT || look->err.code == MU_E_CANCELED ? MU_TIMEOUT
                                                                             : MU_ERROR;
  }
  return look->absent ? MU_ABSENT : MU_OBSERVED;
}

static void note_attempt(struct run *r, size_t i, const struct mu_look *look) {
  struct mu_check *check = check_of(r, i);
  if (check->attempts_n == 0) { /* not the wait for a free slot before it */
    r->jobs[i].first_mono_ms = look->started_mono_ms;
    check->started_ms = look->started_wall_ms;
  }
  check->attempts = mu_arena_grow(r->run->arena, check->attempts, check->attempts_n,
                                  &r->jobs[i].attempts_cap, sizeof *check->attempts);
  check->attempts[check->attempts_n++] = (struct mu_attempt){
      .started_ms = look->started_wall_ms,
      .elapsed_ms = look->ended_mono_ms - look->started_mono_ms,
      .status = status_of(look),
      .error = look->failed ? mu_arena_str(r->run->arena, look->err.msg) : NULL};
}

/* A chain that does not verify was seen, not missed: it fails the check instead of leaving it open.
 */
static void judge_handshake(struct run *r, struct mu_check *check, const struct mu_planned *p) {
  const struct mu_fact *verified =
      p->companion
          ? mu_fact_find(&check->facts, mu_arena_fmt(r->arena, "%s.verified", p->companion->name))
          : NULL;
  if (verified && verified->value.type == MU_T_BOOL && !verified->value.b) {
    struct mu_finding *f = mu_finding_add(&r->run->findings, MU_F_TLS_UNTRUSTED, check->id,
                                          check->target, verified->name);
    mu_finding_say(&r->run->findings, f, "%s",
                   check->error ? check->error : "the chain does not verify");
  }
}

static void conclude(struct run *r, size_t i) {
  const struct mu_planned *p = &r->plan->at[i];
  struct mu_look *look = r->jobs[i].look;
  struct mu_check *check = check_of(r, i);
  check->status = status_of(look);
  check->facts = look->facts;
  if (look->failed && check->status != MU_TIMEOUT) {
    mu_judge_error(r->run, check, &look->err);
  } else if (look->failed) {
    mu_judge_unseen(r->run, check, MU_F_TIMEOUT,
                    out_of_time(r) ? "the run's deadline passed before the check was done"
                                   : look->err.msg);
  }
  if (look->failed && look->in_tls) {
    judge_handshake(r, check, p);
  }
  mu_judge(r->run, check, look->expect, look->expect_n, p->severity, r->s->now_ms);
  if (check->verdict == MU_PASS) {
    keep_captures(r, p, &look->facts);
  }
  check->headline = look->failed   ? check->error
                    : look->absent ? "not there"
                                   : mu_headline_fill(p->probe->headline, p->probe->name,
                                                      &look->facts, r->run->arena);
  mu_facts_init(&check->facts, r->run->arena);
  for (size_t k = 0; k < look->facts.n; k++) {
    if (!look->facts.at[k].is_body) {
      mu_fact_copy(&check->facts, &look->facts.at[k]);
    }
  }
  drop_look(&r->jobs[i]);
  finish(r, i);
}

/* Another attempt would start within the time given for them, and could change something. */
static bool try_again(struct run *r, size_t i) {
  const struct mu_planned *p = &r->plan->at[i];
  struct job *job = &r->jobs[i];
  struct mu_look *look = job->look;
  enum mu_status status = status_of(look);
  bool complete = status == MU_OBSERVED || status == MU_ABSENT;
  bool content = p->must_fail ? complete
                              : mu_expect_met(&look->facts, status, look->expect, look->expect_n,
                                              r->s->now_ms);
  int64_t due = mono(r) + job->delay_ms;
  if (content || p->retry.for_ms == 0 || due > job->first_mono_ms + p->retry.for_ms ||
      mu_canceled(r->s->cancel) ||
      (r->crew.deadline_mono_ms > 0 && due >= r->crew.deadline_mono_ms)) {
    return false;
  }
  double next = (double)job->delay_ms * (p->retry.backoff >= 1 ? p->retry.backoff : 1);
  job->due_mono_ms = due;
  job->delay_ms = next > DELAY_MAX_MS ? DELAY_MAX_MS : (int64_t)next;
  job->state = DUE;
  drop_look(job);
  return true;
}

static void attempt_done(struct run *r, size_t i) {
  note_attempt(r, i, r->jobs[i].look);
  if (!try_again(r, i)) {
    conclude(r, i);
  }
}

/* ---- companions ---- */

static const char *key_of(const char *probe, const struct mu_args *args, struct mu_arena *arena) {
  MU_STR(key, 64 * 1024);
  mu_str_add(&key, probe);
  for (size_t i = 0; i < args->n; i++) {
    mu_str_addf(&key, "\n%s=%s", args->at[i].name, mu_value_json(&args->at[i].value, arena));
  }
  return mu_str_copy(&key, arena);
}

static struct mu_look *new_look(struct run *r, size_t i, const struct mu_probe *probe,
                                int64_t timeout_ms) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_look *look = mu_arena_alloc(arena, sizeof *look);
  look->arena = arena;
  look->index = i;
  look->probe = probe;
  look->timeout_ms = timeout_ms;
  look->started_mono_ms = mono(r);
  look->started_wall_ms = mu_wall_ms(r->s->clock);
  mu_facts_init(&look->facts, arena);
  int64_t deadline = look->started_mono_ms + timeout_ms;
  if (r->crew.deadline_mono_ms > 0 && deadline > r->crew.deadline_mono_ms) {
    deadline = r->crew.deadline_mono_ms;
    look->timeout_ms = deadline > look->started_mono_ms ? deadline - look->started_mono_ms : 1;
  }
  look->ctx = (struct mu_probe_ctx){.arena = arena,
                                    .clock = r->s->clock,
                                    .now_ms = r->s->now_ms,
                                    .deadline_mono_ms = deadline,
                                    .cancel = r->s->cancel,
                                    .aws = r->s->aws,
                                    .aws_ctx = r->s->aws_ctx,
                                    .tokens = r->tokens,
                                    .ca_file = r->s->ca_file};
  return look;
}

/* A second attempt does not go by what was seen before it. */
static struct entry *find_entry(struct run *r, const char *key, int64_t not_before) {
  for (struct entry *e = r->entries; e; e = e->next) {
    if (strcmp(e->key, key) == 0 && e->started_mono_ms >= not_before) {
      return e;
    }
  }
  return NULL;
}

static void borrow_facts(struct mu_look *into, const struct mu_look *from) {
  for (size_t k = 0; !from->failed && k < from->facts.n; k++) {
    mu_fact_copy(&into->facts, &from->facts.at[k]);
  }
}

/* true: the check has to wait for its companion. */
static bool look_aside(struct run *r, size_t i) {
  const struct mu_planned *p = &r->plan->at[i];
  struct job *job = &r->jobs[i];
  struct mu_look *look = job->look;
  struct mu_args args = {0};
  struct mu_err err = {0};
  bool wanted = p->asks_companion ? !look->failed || look->in_tls : look->failed && look->in_tls;
  if (!p->companion || !wanted || r->crew.workers_n == 0 ||
      p->probe->companion_args(&look->args, look->arena, &args, &err) != 0) {
    return false;
  }
  const char *key = key_of(p->companion->name, &args, look->arena);
  struct entry *entry = find_entry(r, key, job->due_mono_ms);
  if (entry && !entry->busy) {
    borrow_facts(look, entry->look);
    return false;
  }
  if (!entry) {
    entry = mu_arena_alloc(r->arena, sizeof *entry);
    *entry = (struct entry){.next = r->entries, .key = mu_arena_str(r->arena, key), .busy = true};
    r->entries = entry;
    entry->started_mono_ms = mono(r);
    entry->look = new_look(r, i, p->companion, p->timeout_ms);
    entry->look->is_companion = true;
    entry->look->entry = entry;
    /* the arguments live in the attempt that asked first, which waits for this look */
    entry->look->args = args;
    mu_crew_put(&r->crew, entry->look);
  }
  entry->waiting = mu_arena_grow(r->arena, entry->waiting, entry->waiting_n, &entry->waiting_cap,
                                 sizeof *entry->waiting);
  entry->waiting[entry->waiting_n++] = i;
  return true;
}

static void companion_done(struct run *r, struct mu_look *look) {
  struct entry *entry = look->entry;
  entry->busy = false;
  for (size_t k = 0; k < entry->waiting_n; k++) {
    borrow_facts(r->jobs[entry->waiting[k]].look, look);
  }
  for (size_t k = 0; k < entry->waiting_n; k++) {
    attempt_done(r, entry->waiting[k]);
  }
}

/* ---- the beginning of a check ---- */

/* 1: all passed; 0: wait; -1: one did not, *which says it. */
static int needs_met(const struct run *r, size_t i, size_t *which) {
  const struct mu_planned *p = &r->plan->at[i];
  int met = 1;
  for (size_t k = 0; k < p->needs_n; k++) {
    if (r->jobs[p->needs[k]].state != DONE) {
      met = 0;
    } else if (check_of(r, p->needs[k])->verdict != MU_PASS) {
      *which = p->needs[k];
      return -1;
    }
  }
  return met;
}

static void start(struct run *r, size_t i) {
  const struct mu_planned *p = &r->plan->at[i];
  struct job *job = &r->jobs[i];
  struct mu_look *look = new_look(r, i, p->probe, p->timeout_ms);
  struct mu_err err = {0};
  job->look = look;
  if (job->first_mono_ms == 0) {
    job->first_mono_ms = look->started_mono_ms;
    check_of(r, i)->started_ms = look->started_wall_ms;
  }
  if (mu_plan_resolve(p, &r->resolver, look->arena, &look->args, &look->expect, &err) != 0) {
    drop_look(job);
    give_up(r, i, err.code == MU_E_ABSENT ? MU_F_REFERENCE_UNRESOLVED : MU_F_UNREADABLE, err.msg);
    return;
  }
  look->expect_n = p->expect_n;
  job->state = LOOKING;
  r->http_out += p->probe->request ? 1 : 0;
  mu_crew_put(&r->crew, look);
}

/* Starts whatever can start. Gives back how long to wait for something to happen. */
static int64_t start_due(struct run *r) {
  int64_t now = mono(r), wait = r->s->cancel ? WAIT_MS : 10 * WAIT_MS;
  size_t in_flight = r->s->in_flight ? r->s->in_flight : AHEAD;
  bool asked = false, over = out_of_time(r), stop = mu_canceled(r->s->cancel);
  for (size_t i = 0; i < r->plan->n; i++) {
    struct job *job = &r->jobs[i];
    size_t which = 0;
    if (job->state == WAITING) {
      int met = needs_met(r, i, &which);
      if (met < 0) {
        const struct mu_check *other = check_of(r, which);
        give_up(r, i, MU_F_NEEDS_UNMET,
                mu_arena_fmt(r->arena, "needs '%s', which is %s", r->plan->at[which].title,
                             mu_verdict_text(other->verdict)));
        continue;
      }
      job->state = met ? DUE : WAITING;
    }
    if ((over || stop) && (job->state == WAITING || job->state == DUE)) {
      give_up(r, i, MU_F_TIMEOUT,
              stop ? "interrupted" : "the run's deadline passed before it was looked at");
    } else if (job->state == DUE && job->due_mono_ms > now) {
      wait = job->due_mono_ms - now < wait ? job->due_mono_ms - now : wait;
    } else if (job->state == DUE &&
               (!r->plan->at[i].probe->request || r->http_out < in_flight + AHEAD)) {
      start(r, i);
      asked = asked || r->plan->at[i].probe->request;
    }
  }
  if (asked) {
    mu_crew_wake(&r->crew);
  }
  return wait;
}

/* ---- all of it ---- */

static void came_back(struct run *r, struct mu_look *look) {
  if (look->is_companion) {
    companion_done(r, look);
    return;
  }
  r->http_out -= look->probe->request ? 1 : 0;
  if (!look_aside(r, look->index)) {
    attempt_done(r, look->index);
  }
}

static void add_checks(struct run *r) {
  struct mu_run *run = r->run;
  r->first_check = run->checks.n;
  for (size_t i = 0; i < r->plan->n; i++) {
    const struct mu_planned *p = &r->plan->at[i];
    struct mu_check *check = MU_RUN_ADD(run, checks);
    *check = (struct mu_check){.id = mu_arena_str(run->arena, p->id),
                               .section = mu_arena_str(run->arena, p->section),
                               .workload = mu_arena_str(run->arena, p->workload),
                               .title = mu_arena_str(run->arena, p->title),
                               .probe = mu_arena_str(run->arena, p->probe->name),
                               .target = mu_arena_str(run->arena, p->target),
                               .must_fail = p->must_fail,
                               .status = MU_ERROR,
                               .verdict = MU_INCONCLUSIVE};
    mu_facts_init(&check->facts, run->arena);
    r->jobs[i].delay_ms = p->retry.every_ms > 0 ? p->retry.every_ms : 1000;
  }
}

static size_t count_workers(const struct run *r, bool *http) {
  size_t blocking = 0, limit = r->s->workers ? r->s->workers : WORKERS;
  bool aside = false;
  for (size_t i = 0; i < r->plan->n; i++) {
    const struct mu_planned *p = &r->plan->at[i];
    *http = *http || p->probe->request;
    blocking += p->probe->request ? 0 : 1;
    aside = aside || p->companion;
  }
  blocking += aside ? 2 : 0;
  return blocking < limit ? blocking : limit;
}

static void release(struct run *r) {
  for (struct entry *e = r->entries; e; e = e->next) {
    mu_arena_free(e->look->arena);
  }
  mu_arena_free(r->arena);
}

void mu_schedule_run(const struct mu_schedule *schedule, const struct mu_plan *plan,
                     struct mu_run *run) {
  struct run r = {.s = schedule, .plan = plan, .run = run, .arena = mu_arena_new()};
  bool http = false;
  r.jobs = mu_arena_array(r.arena, plan->n + 1, sizeof *r.jobs);
  r.resolver = (struct mu_resolver){.terraform = find_output, .capture = find_capture, .ctx = &r};
  if (schedule->resolver) {
    r.resolver.redact = schedule->resolver->redact;
    r.resolver.base = schedule->resolver->base;
  }
  r.tokens = mu_tokens_new(schedule->clock);
  add_checks(&r);
  r.crew = (struct mu_crew){.clock = schedule->clock, .cancel = schedule->cancel};
  r.crew.deadline_mono_ms = schedule->deadline_ms > 0 ? mono(&r) + schedule->deadline_ms : 0;
  size_t workers = count_workers(&r, &http);
  mu_crew_start(&r.crew, schedule, http, workers);
  while (r.done < plan->n) {
    int64_t wait = start_due(&r);
    struct mu_look *look = r.done < plan->n ? mu_lane_take_all(&r.crew.done, wait, NULL) : NULL;
    while (look) {
      struct mu_look *next = look->next;
      came_back(&r, look);
      look = next;
    }
  }
  mu_crew_stop(&r.crew);
  mu_tokens_tell(r.tokens, r.resolver.redact); /* the threads are done: see wire/tokens.h */
  mu_tokens_free(r.tokens);
  release(&r);
}
