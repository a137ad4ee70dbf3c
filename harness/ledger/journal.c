/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the journal: each row in a transaction of its own, on disk when the function returns.
 * The end of the drill is read inside the transaction, so that `drill approve` in another
 * process cannot come between. */
#include "ledger/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "ledger/chain.h"
#include "ledger/db.h"

struct mu_journal {
  struct mu_ledger *ledger;
  const struct mu_clock *clock;
  char *drill, *workload;
};

/* ---- one row ---- */

struct last_row {
  int64_t seq; /* 0: the drill has none */
  bool ended;
  char hash[MU_SHA256_HEX];
};

static int read_last(struct mu_ledger *ledger, const char *drill, struct last_row *out,
                     struct mu_err *err) {
  MU_STMT(stmt);
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT seq, kind, row_sha256 FROM journal WHERE ledger_id = ? AND drill = ?"
                  " ORDER BY seq DESC LIMIT 1",
                  "ss", ledger->id, drill) != 0) {
    return -1;
  }
  int row = mu_db_step(ledger, stmt, "reading the journal", err);
  *out = (struct last_row){.seq = 0};
  if (row > 0) {
    out->seq = sqlite3_column_int64(stmt, 0);
    out->ended = strcmp(mu_db_text(stmt, 1), "end") == 0;
    (void)snprintf(out->hash, sizeof out->hash, "%s", mu_db_text(stmt, 2));
  }
  return row < 0 ? -1 : 0;
}

/* Inside the transaction: may this row follow what is there? */
typedef int (*guard)(struct mu_ledger *ledger, const struct mu_journal_row *row,
                     const struct last_row *last, struct mu_err *err);

static int must_be_open(struct mu_ledger *ledger, const struct mu_journal_row *row,
                        const struct last_row *last, struct mu_err *err) {
  if (last->seq == 0) {
    return mu_fail(err, MU_E_ABSENT, "ledger %s: no drill '%s'", ledger->path, row->drill);
  }
  return last->ended ? mu_fail(err, MU_E_CONFLICT, "drill %s has ended", row->drill) : 0;
}

static int append_inside(struct mu_ledger *ledger, struct mu_journal_row *row, guard may,
                         struct mu_err *err) {
  struct last_row last;
  char hash[MU_SHA256_HEX];
  if (read_last(ledger, row->drill, &last, err) != 0 || may(ledger, row, &last, err) != 0) {
    return -1;
  }
  row->seq = last.seq + 1;
  row->prev = last.hash;
  mu_journal_row_hash(row, hash);
  return mu_journal_insert(ledger, row, hash, err);
}

static const char *or_empty(const char *text) {
  return text ? text : "";
}

/* Fills in what every row has, and writes it. */
static int append(struct mu_ledger *ledger, const struct mu_clock *clock,
                  struct mu_journal_row *row, guard may, struct mu_err *err) {
  char boot[MU_BOOT_ID];
  if (ledger->readonly) {
    return mu_fail(err, MU_E_IO, "ledger %s: open for reading only", ledger->path);
  }
  mu_boot_id(boot);
  row->ledger = ledger->id;
  row->step = or_empty(row->step);
  row->name = or_empty(row->name);
  row->who = or_empty(row->who);
  row->detail = or_empty(row->detail);
  row->wall_ms = mu_wall_ms(clock);
  row->mono_ms = mu_mono_ms(clock);
  row->boot = boot;
  if (mu_db_begin(ledger, err) != 0) {
    return -1;
  }
  if (append_inside(ledger, row, may, err) != 0) {
    mu_db_rollback(ledger);
    return -1;
  }
  return mu_db_commit(ledger, err);
}

static int write_row(struct mu_journal *journal, struct mu_journal_row *row, guard may,
                     struct mu_err *err) {
  row->drill = journal->drill;
  return append(journal->ledger, journal->clock, row, may, err);
}

static int refuse_no_json(const char *what, const char *text, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  return text && mu_json_parse(text, strlen(text), &doc, err) != 0
             ? mu_wrap(err, "journal: %s", what)
             : 0;
}

/* ---- beginning, taking up, ending ---- */

int mu_journal_name(struct mu_ledger *ledger, const char *workload, int64_t now_ms,
                    struct mu_arena *arena, const char **out, struct mu_err *err) {
  char date[MU_TIME_TEXT];
  MU_STMT(stmt);
  mu_time_date(now_ms, date);
  int month = (date[5] - '0') * 10 + (date[6] - '0');
  const char *prefix = mu_arena_fmt(arena, "%.4s-Q%d-%s-", date, (month - 1) / 3 + 1, workload);
  int64_t most = 0;
  int row = 0;
  if (mu_db_query(
          ledger, &stmt, err,
          "SELECT substr(drill, length(?2) + 1) FROM journal WHERE ledger_id = ?1 AND seq = 1"
          " AND substr(drill, 1, length(?2)) = ?2",
          "ss", ledger->id, prefix) != 0) {
    return -1;
  }
  while ((row = mu_db_step(ledger, stmt, "naming a drill", err)) > 0) {
    int64_t n = 0;
    if (mu_num_parse_i64(mu_db_text(stmt, 0), &n) == 0 && n > most && n < INT32_MAX) {
      most = n;
    }
  }
  if (row < 0) {
    return -1;
  }
  *out = mu_arena_fmt(arena, "%s%lld", prefix, (long long)most + 1);
  return 0;
}

static int may_begin(struct mu_ledger *ledger, const struct mu_journal_row *row,
                     const struct last_row *last, struct mu_err *err) {
  MU_STMT(stmt);
  if (last->seq != 0) {
    return mu_fail(err, MU_E_CONFLICT, "ledger %s: there is a drill '%s' already", ledger->path,
                   row->drill);
  }
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT drill FROM journal b WHERE ledger_id = ?1 AND seq = 1 AND name = ?2"
                  " AND NOT EXISTS (SELECT 1 FROM journal e WHERE e.ledger_id = ?1"
                  "  AND e.drill = b.drill AND e.kind = 'end') LIMIT 1",
                  "ss", ledger->id, row->name) != 0) {
    return -1;
  }
  int found = mu_db_step(ledger, stmt, "reading the journal", err);
  return found <= 0
             ? found
             : mu_fail(
                   err, MU_E_CONFLICT,
                   "drill %s of workload %s was left unfinished; first `muster drill resume %s` "
                   "or `muster drill abort %s`",
                   mu_db_text(stmt, 0), row->name, mu_db_text(stmt, 0), mu_db_text(stmt, 0));
}

static struct mu_journal *journal_new(struct mu_ledger *ledger, const struct mu_clock *clock,
                                      const char *drill, const char *workload) {
  struct mu_journal *journal = calloc(1, sizeof *journal);
  char *name = strdup(drill), *of = strdup(workload);
  if (!journal || !name || !of) {
    MU_BUG("out of memory");
  }
  *journal = (struct mu_journal){.ledger = ledger, .clock = clock, .drill = name, .workload = of};
  return journal;
}

int mu_journal_begin(struct mu_ledger *ledger, const struct mu_clock *clock, const char *drill,
                     const char *workload, const char *frozen, struct mu_journal **out,
                     struct mu_err *err) {
  struct mu_journal_row row = {.drill = drill,
                               .kind = "begin",
                               .name = workload,
                               .detail = frozen,
                               .pid = getpid(),
                               .start_ticks = (int64_t)mu_exec_start_ticks(getpid())};
  if (refuse_no_json("what was frozen", frozen, err) != 0 ||
      append(ledger, clock, &row, may_begin, err) != 0) {
    return -1;
  }
  *out = journal_new(ledger, clock, drill, workload);
  return 0;
}

static int read_workload(struct mu_ledger *ledger, const char *drill, struct mu_arena *arena,
                         const char **out, struct mu_err *err) {
  MU_STMT(stmt);
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT name FROM journal WHERE ledger_id = ? AND drill = ? AND seq = 1", "ss",
                  ledger->id, drill) != 0 ||
      mu_db_step(ledger, stmt, "reading the journal", err) < 0) {
    return -1;
  }
  *out = mu_db_copy(stmt, 0, arena);
  return 0;
}

int mu_journal_reopen(struct mu_ledger *ledger, const struct mu_clock *clock, const char *drill,
                      const char *why, struct mu_journal **out, struct mu_err *err) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const char *workload = "";
  struct mu_journal_row row = {.drill = drill,
                               .kind = "reopen",
                               .name = why,
                               .pid = getpid(),
                               .start_ticks = (int64_t)mu_exec_start_ticks(getpid())};
  if (append(ledger, clock, &row, must_be_open, err) != 0 ||
      read_workload(ledger, drill, arena, &workload, err) != 0) {
    return -1;
  }
  *out = journal_new(ledger, clock, drill, workload);
  return 0;
}

void mu_journal_free(struct mu_journal *journal) {
  if (journal) {
    free(journal->drill);
    free(journal->workload);
    free(journal);
  }
}

void mu_journal_cleanup(struct mu_journal **journal) {
  mu_journal_free(*journal);
  *journal = NULL;
}

const char *mu_journal_drill(const struct mu_journal *journal) {
  return journal->drill;
}
const char *mu_journal_workload(const struct mu_journal *journal) {
  return journal->workload;
}

int mu_journal_end(struct mu_journal *journal, const char *how, const char *detail,
                   struct mu_err *err) {
  struct mu_journal_row row = {.kind = "end", .name = how, .detail = detail};
  return refuse_no_json("the end", detail, err) == 0 ? write_row(journal, &row, must_be_open, err)
                                                     : -1;
}

/* ---- acts ---- */

int mu_journal_intent(struct mu_journal *journal, const char *step, const char *act,
                      const char *undo, int64_t *intent, struct mu_err *err) {
  struct mu_journal_row row = {.kind = "intent", .step = step, .name = act, .detail = undo};
  if (refuse_no_json("an undo", undo, err) != 0 ||
      write_row(journal, &row, must_be_open, err) != 0) {
    return -1;
  }
  *intent = row.seq;
  return 0;
}

/* An intent of this drill; done or failed once, undone once, and nothing after that. */
static int may_outcome(struct mu_ledger *ledger, const struct mu_journal_row *row,
                       const struct last_row *last, struct mu_err *err) {
  MU_STMT(stmt);
  if (must_be_open(ledger, row, last, err) != 0 ||
      mu_db_query(ledger, &stmt, err,
                  "SELECT i.kind, (SELECT o.name FROM journal o WHERE o.ledger_id = i.ledger_id"
                  "  AND o.drill = i.drill AND o.kind = 'outcome' AND o.ref = i.seq"
                  "  ORDER BY o.seq DESC LIMIT 1)"
                  " FROM journal i WHERE i.ledger_id = ? AND i.drill = ? AND i.seq = ?",
                  "ssi", ledger->id, row->drill, row->ref) != 0) {
    return -1;
  }
  int found = mu_db_step(ledger, stmt, "reading the journal", err);
  if (found < 0) {
    return -1;
  }
  const char *before = mu_db_text(stmt, 1);
  if (!found || strcmp(mu_db_text(stmt, 0), "intent") != 0) {
    return mu_fail(err, MU_E_CONFLICT, "drill %s: row %lld is no intent", row->drill,
                   (long long)row->ref);
  }
  if (strcmp(before, "undone") == 0 || (*before && strcmp(row->name, "undone") != 0)) {
    return mu_fail(err, MU_E_CONFLICT, "drill %s: act %lld is %s already", row->drill,
                   (long long)row->ref, before);
  }
  return 0;
}

int mu_journal_outcome(struct mu_journal *journal, int64_t intent, enum mu_act_status status,
                       const char *detail, struct mu_err *err) {
  static const char *const names[] = {
      [MU_ACT_DONE] = "done", [MU_ACT_FAILED] = "failed", [MU_ACT_UNDONE] = "undone"};
  MU_ASSERT(status > MU_ACT_OPEN && status <= MU_ACT_UNDONE);
  struct mu_journal_row row = {
      .kind = "outcome", .name = names[status], .ref = intent, .detail = detail};
  return refuse_no_json("an outcome", detail, err) == 0 ? write_row(journal, &row, may_outcome, err)
                                                        : -1;
}

/* ---- the course ---- */

int mu_journal_step(struct mu_journal *journal, const char *step, const char *state,
                    const char *detail, struct mu_err *err) {
  struct mu_journal_row row = {.kind = "step", .step = step, .name = state, .detail = detail};
  return refuse_no_json("a step", detail, err) == 0 ? write_row(journal, &row, must_be_open, err)
                                                    : -1;
}

int mu_journal_event(struct mu_journal *journal, const char *step, const char *name,
                     const char *detail, struct mu_err *err) {
  struct mu_journal_row row = {.kind = "event", .step = step, .name = name, .detail = detail};
  return refuse_no_json("an event", detail, err) == 0 ? write_row(journal, &row, must_be_open, err)
                                                      : -1;
}

int mu_journal_child(struct mu_journal *journal, const char *step, const char *program, pid_t pid,
                     uint64_t start_ticks, struct mu_err *err) {
  struct mu_journal_row row = {.kind = "child",
                               .step = step,
                               .name = program,
                               .pid = pid,
                               .start_ticks = (int64_t)start_ticks};
  return write_row(journal, &row, must_be_open, err);
}

int mu_journal_child_gone(struct mu_journal *journal, pid_t pid, uint64_t start_ticks,
                          struct mu_err *err) {
  struct mu_journal_row row = {.kind = "gone", .pid = pid, .start_ticks = (int64_t)start_ticks};
  return write_row(journal, &row, must_be_open, err);
}

/* ---- approvals ---- */

int mu_journal_ask(struct mu_journal *journal, const char *step, const char *question,
                   struct mu_err *err) {
  struct mu_journal_row row = {.kind = "ask", .step = step, .name = question};
  return write_row(journal, &row, must_be_open, err);
}

static int may_answer(struct mu_ledger *ledger, const struct mu_journal_row *row,
                      const struct last_row *last, struct mu_err *err) {
  MU_STMT(stmt);
  if (must_be_open(ledger, row, last, err) != 0 ||
      mu_db_query(ledger, &stmt, err,
                  "SELECT kind FROM journal WHERE ledger_id = ? AND drill = ? AND step = ?"
                  " AND kind IN ('ask', 'answer') ORDER BY seq DESC LIMIT 1",
                  "sss", ledger->id, row->drill, row->step) != 0) {
    return -1;
  }
  int found = mu_db_step(ledger, stmt, "reading the journal", err);
  if (found < 0) {
    return -1;
  }
  return found && strcmp(mu_db_text(stmt, 0), "ask") == 0
             ? 0
             : mu_fail(err, MU_E_ABSENT, "drill %s waits for no approval of step '%s'", row->drill,
                       row->step);
}

int mu_journal_approve(struct mu_ledger *ledger, const struct mu_clock *clock, const char *drill,
                       const char *step, const char *who, const char *note, bool approved,
                       struct mu_err *err) {
  MU_STR(detail, 64 * 1024);
  struct mu_jw w;
  mu_jw_init(&w, &detail, 0);
  mu_jw_object(&w);
  mu_jw_kstr_opt(&w, "note", note);
  mu_jw_end(&w);
  if (detail.failed) {
    return mu_fail(err, MU_E_LIMIT, "the note is over the limit of %zu bytes", detail.cap);
  }
  struct mu_journal_row row = {.drill = drill,
                               .kind = "answer",
                               .step = step,
                               .name = approved ? "approved" : "refused",
                               .who = who,
                               .detail = mu_str_get(&detail)};
  return append(ledger, clock, &row, may_answer, err);
}
