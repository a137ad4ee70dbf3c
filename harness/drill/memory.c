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
  mu_drill_set(drill, done_key(drill, step), "");
}

int mu_memory_save(struct mu_drill *drill, const char *step, const char *state,
                   struct mu_err *err) {
  mu_drill_set(drill, done_key(drill, step), state);
  MU_STR(record, MU_RECORD_MAX);
  mu_record_write(drill->run, 0, &record);
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

/* Which step had begun and not ended, and its first act that is in doubt or done. */
static void find_interruption(const struct mu_rows *rows, struct mu_drill *drill) {
  const struct mu_row *begun = NULL;
  for (size_t i = 0; i < rows->n; i++) {
    if (rows->at[i].kind == MU_ROW_STEP) {
      begun = mu_streq(rows->at[i].name, "begun") ? &rows->at[i] : NULL;
    }
  }
  mu_drill_set(drill, "interrupted-step", begun ? begun->step : "");
  const char *act = "";
  for (size_t i = 0; begun && i < rows->n; i++) {
    if (rows->at[i].kind == MU_ROW_INTENT && rows->at[i].seq > begun->seq && !*act) {
      act = rows->at[i].name;
    }
  }
  mu_drill_set(drill, "interrupted-act", act);
}

struct mu_run *mu_memory_load(const struct mu_rows *rows, int64_t begun_ms, struct mu_drill *drill,
                              struct mu_err *err) {
  const struct mu_row *saved = last_saved(rows);
  if (!saved) {
    struct mu_run *fresh = mu_run_new("drill", begun_ms);
    drill->arena = fresh->arena;
    find_interruption(rows, drill);
    return fresh;
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
  drill->arena = run->arena;
  drill->failed = mu_json_bool(mu_json_get(mu_json_root(doc), "failed"), false);
  const struct mu_json_node *memo = mu_json_get(mu_json_root(doc), "memo");
  for (size_t i = 0; i < mu_json_len(memo); i++) {
    const char *name = NULL;
    const struct mu_json_node *value = mu_json_member(memo, i, &name);
    mu_drill_set(drill, name, mu_json_str(value, NULL));
  }
  find_interruption(rows, drill);
  return run;
}
