/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/memory.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/redact.h"
#include "base/str.h"
#include "drill/drill.h"
#include "ledger/journal.h"
#include "model/record.h"

static const char *done_key(const struct mu_drill *drill, const char *step) {
  return mu_arena_fmt(drill->arena, "done.%s", step);
}

bool mu_memory_done(const struct mu_drill *drill, const char *step) {
  const char *state = mu_drill_get(drill, done_key(drill, step));
  return state && *state;
}

void mu_memory_forget(struct mu_drill *drill, const char *step) {
  struct mu_findings *findings = &drill->run->findings;
  size_t kept = 0;
  for (size_t i = 0; i < findings->n; i++) {
    if (!mu_streq(findings->at[i].check, step)) {
      findings->at[kept++] = findings->at[i];
    }
  }
  findings->n = kept;
  mu_drill_set(drill, done_key(drill, step), "");
}

int mu_memory_save(struct mu_drill *drill, const char *step, const char *state,
                   struct mu_err *err) {
  mu_drill_set(drill, done_key(drill, step), state);
  MU_STR(record, MU_RECORD_MAX);
  mu_record_write(drill->run, &record);
  MU_STR(detail, (size_t)MU_RECORD_MAX + (1 << 20));
  struct mu_jw w;
  mu_jw_init(&w, &detail, 0);
  mu_jw_object(&w);
  mu_jw_kint(&w, "v", 1);
  mu_jw_kbool(&w, "failed", drill->failed);
  mu_jw_key(&w, "memo");
  mu_jw_object(&w);
  for (size_t i = 0; i < drill->memo_n; i++) {
    mu_jw_kstr(&w, drill->memo[i].name, drill->memo[i].value);
  }
  mu_jw_end(&w);
  mu_jw_key(&w, "record");
  mu_jw_raw(&w, mu_str_get(&record));
  mu_jw_end(&w);
  if (detail.failed || record.failed) {
    return mu_fail(err, MU_E_LIMIT, "the record of the drill grew past %d bytes", MU_RECORD_MAX);
  }
  MU_STR(clean, detail.cap);
  (void)mu_redact_write(drill->env->redact, mu_str_get(&detail), detail.n, &clean);
  return mu_journal_step(drill->journal, step, state, mu_str_get(&clean), err);
}

/* The last row that holds a record; NULL: no step was ended. */
static const struct mu_row *last_saved(const struct mu_rows *rows) {
  for (size_t i = rows->n; i-- > 0;) {
    if (rows->at[i].kind == MU_ROW_STEP && *rows->at[i].detail) {
      return &rows->at[i];
    }
  }
  return NULL;
}

static void add_event(struct mu_run *run, const char *name, int64_t wall_ms, int64_t mono_ms,
                      const char *detail) {
  struct mu_event *event = MU_RUN_ADD(run, events);
  *event = (struct mu_event){.name = mu_arena_str(run->arena, name),
                             .wall_ms = wall_ms,
                             .mono_ms = mono_ms,
                             .detail = mu_arena_str(run->arena, detail)};
}

void mu_memory_gap(struct mu_drill *drill, const struct mu_row *last, const char *how,
                   int64_t wall_ms, int64_t mono_ms) {
  struct mu_run *run = drill->run;
  const char *where =
      *last->step ? mu_arena_fmt(run->arena, "last heard of in step %s", last->step) : NULL;
  add_event(run, "interrupted", last->wall_ms, last->mono_ms, where);
  add_event(run, how, wall_ms, mono_ms, NULL);
}

/* What the record lost with the process: the events after its last row, and the interruptions. */
static void load_events(const struct mu_rows *rows, int64_t after, struct mu_drill *drill) {
  for (size_t i = 1; i < rows->n; i++) {
    const struct mu_row *row = &rows->at[i];
    struct mu_json *detail MU_CLEANUP(mu_json_cleanup) = NULL;
    struct mu_err ignored;
    if (row->seq <= after) {
      continue;
    }
    if (row->kind == MU_ROW_REOPEN) {
      mu_memory_gap(drill, &rows->at[i - 1], row->name, row->wall_ms, row->mono_ms);
    } else if (row->kind == MU_ROW_EVENT) {
      bool has =
          *row->detail && mu_json_parse(row->detail, strlen(row->detail), &detail, &ignored) == 0;
      add_event(drill->run, row->name, row->wall_ms, row->mono_ms,
                has ? mu_json_str(mu_json_root(detail), NULL) : NULL);
    }
  }
}

/* Which step had begun and not ended, and whether the way back was taken for good. */
static void find_interruption(const struct mu_rows *rows, struct mu_drill *drill) {
  const struct mu_row *begun = NULL;
  for (size_t i = 0; i < rows->n; i++) {
    const struct mu_row *row = &rows->at[i];
    if (row->kind == MU_ROW_STEP) {
      begun = mu_streq(row->name, "begun") ? row : NULL;
      drill->failed = drill->failed || mu_streq(row->step, "tear-down");
    }
    drill->aborting =
        drill->aborting || (row->kind == MU_ROW_REOPEN && mu_streq(row->name, "abort"));
  }
  mu_drill_set(drill, "interrupted-step", begun ? begun->step : "");
}

struct mu_run *mu_memory_load(const struct mu_rows *rows, int64_t begun_ms, struct mu_drill *drill,
                              struct mu_err *err) {
  const struct mu_row *saved = last_saved(rows);
  if (!saved) {
    drill->run = mu_run_new("drill", begun_ms);
    drill->arena = drill->run->arena;
    load_events(rows, 0, drill);
    find_interruption(rows, drill);
    return drill->run;
  }
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(saved->detail, strlen(saved->detail), &doc, err) != 0) {
    (void)mu_wrap(err, "the journal's row %lld", (long long)saved->seq);
    return NULL;
  }
  MU_STR(record, MU_RECORD_MAX);
  mu_json_dump(mu_json_get(mu_json_root(doc), "record"), &record);
  struct mu_run *run = NULL;
  if (mu_record_read(mu_str_get(&record), record.n, &run, err) != 0) {
    (void)mu_wrap(err, "the record in the journal's row %lld", (long long)saved->seq);
    return NULL;
  }
  drill->run = run;
  drill->arena = run->arena;
  drill->failed = mu_json_bool(mu_json_get(mu_json_root(doc), "failed"), false);
  const struct mu_json_node *memo = mu_json_get(mu_json_root(doc), "memo");
  for (size_t i = 0; i < mu_json_len(memo); i++) {
    const char *name = NULL;
    const struct mu_json_node *value = mu_json_member(memo, i, &name);
    mu_drill_set(drill, name, mu_json_str(value, NULL));
  }
  load_events(rows, saved->seq, drill);
  find_interruption(rows, drill);
  return run;
}
