/* SPDX-License-Identifier: Apache-2.0 */
/* Large comparisons in several threads. The planned resources are cut into as many ranges; each
 * worker has an engine of its own and shares only what is read: documents, pairing, rules,
 * baseline. The results are put together in the order of the ranges, so that the outcome is the
 * same whatever the number of threads. */
#include <pthread.h>
#include <string.h>

#include "drift/engine.h"

enum { WORKERS_MAX = 16, RESOURCES_EACH = 4096 };

struct worker {
  struct mu_engine *engine;
  struct mu_drift_out out;
  struct mu_findings findings;
  struct mu_err err;
  size_t from, to;
  int rc;
};

static void *work(void *arg) {
  struct worker *w = arg;
  w->rc = mu_compare_range(w->engine, w->from, w->to, &w->err);
  return NULL;
}

static void set_up(struct worker *w, const struct mu_engine *e, size_t from, size_t to) {
  struct mu_arena *arena = mu_arena_new();
  *w = (struct worker){.from = from, .to = to};
  mu_findings_init(&w->findings, arena);
  w->out.findings = &w->findings;
  struct mu_engine *own = mu_arena_alloc(arena, sizeof *own);
  own->in = e->in;
  own->out = &w->out;
  own->arena = arena;
  own->scratch = own->reader.arena = mu_arena_new();
  own->plan_doc = e->plan_doc;
  own->join = e->join;
  own->baseline = e->baseline;
  own->ignored_by = mu_arena_array(arena, e->in->ignores_n + 1, sizeof *own->ignored_by);
  own->rollups = e->rollups;
  w->engine = own;
}

static void take_findings(struct mu_engine *e, const struct mu_findings *from) {
  struct mu_findings *list = e->out->findings;
  for (size_t i = 0; i < from->n; i++) {
    list->at = mu_arena_grow(list->arena, list->at, list->n, &list->cap, sizeof *list->at);
    list->at[list->n++] = from->at[i];
  }
}

static void take_notes(struct mu_engine *e, const struct mu_drift_out *from) {
  struct mu_drift_out *out = e->out;
  for (size_t i = 0; i < from->notes_n; i++) {
    mu_note_keep(e, &from->notes[i]);
  }
  for (size_t i = 0; i < MU_NOTE_N_; i++) {
    out->notes_seen[i] += from->notes_seen[i];
  }
  for (size_t i = 0; i < from->observations_n; i++) {
    out->observations = mu_arena_grow(e->arena, out->observations, out->observations_n,
                                      &e->observations_cap, sizeof *out->observations);
    out->observations[out->observations_n++] = from->observations[i];
  }
}

/* What a worker found, and its memory with it. */
static void put_together(struct mu_engine *e, struct worker *w) {
  struct mu_engine *own = w->engine;
  take_findings(e, &w->findings);
  take_notes(e, &w->out);
  for (size_t i = 0; i < MU_PART_N_; i++) {
    e->parts[i] += own->parts[i];
  }
  for (size_t i = 0; i < e->in->ignores_n; i++) {
    e->ignored_by[i] += own->ignored_by[i];
  }
  for (size_t i = 0; i < own->rules_n; i++) {
    mu_count_rule(e, own->rules[i].rule, own->rules[i].n);
  }
  e->redacted += own->redacted;
  e->missing += own->missing;
  e->extra += own->extra;
  e->changed += own->changed;
  e->moved += own->moved;
  e->present += own->present;
  e->unset += own->unset;
  e->out->coverage.resources += w->out.coverage.resources;
}

static void tear_down(struct mu_engine *e, struct worker *w) {
  struct mu_arena *arena = w->engine->arena;
  mu_engine_done(w->engine);
  mu_arena_give(e->arena, arena);
}

int mu_compare_planned(struct mu_engine *e, struct mu_err *err) {
  size_t n = e->in->plan->resources.n,
         count = e->in->threads < WORKERS_MAX ? e->in->threads : WORKERS_MAX;
  count = count < n / RESOURCES_EACH ? count : n / RESOURCES_EACH;
  if (count < 2) {
    return mu_compare_range(e, 0, n, err);
  }
  struct worker workers[WORKERS_MAX];
  pthread_t threads[WORKERS_MAX];
  bool started[WORKERS_MAX] = {false};
  for (size_t i = 0; i < count; i++) {
    set_up(&workers[i], e, n * i / count, n * (i + 1) / count);
  }
  for (size_t i = 1; i < count;
       i++) { /* the first range is this thread's own; one that cannot be started, too */
    started[i] = pthread_create(&threads[i], NULL, work, &workers[i]) == 0;
  }
  int rc = 0;
  for (size_t i = 0; i < count; i++) {
    if (started[i]) {
      (void)pthread_join(threads[i], NULL);
    } else {
      (void)work(&workers[i]);
    }
  }
  for (size_t i = 0; i < count; i++) {
    if (workers[i].rc != 0 && rc == 0) {
      rc = -1;
      *err = workers[i].err;
    }
    put_together(e, &workers[i]);
    tear_down(e, &workers[i]);
  }
  return rc;
}
