/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of a drill: what it is about to change in the world, with the undo, written and on
 * disk before the change, and what came of it, written after. Append-only rows in the ledger's
 * file, one transaction each, chained by hash like the runs. Everything passed is borrowed for
 * the call; everything returned lives in the arena that was passed.
 *
 * An act without an outcome is indeterminate: the process died between the two, and only the
 * world knows. */
#ifndef MU_LEDGER_JOURNAL_H
#define MU_LEDGER_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/hash.h"

struct mu_arena;
struct mu_err;
struct mu_ledger;

/* A drill that is open for writing. Owned by the caller, who also keeps the ledger open. */
struct mu_journal;

/* The next free name: "2026-Q4-lakehouse-1", "…-2". */
MU_CHECKED int mu_journal_name(struct mu_ledger *ledger, const char *workload, int64_t now_ms,
                               struct mu_arena *arena, const char **out, struct mu_err *err);
/* Begins a drill. `frozen`: what was fixed before the start (targets, hashes, who, ticket),
 * JSON. MU_E_CONFLICT: the name is taken, or another drill of the workload was left unfinished
 * (the message names it and the commands that end it). */
MU_CHECKED int mu_journal_begin(struct mu_ledger *ledger, const struct mu_clock *clock,
                                const char *drill, const char *workload, const char *frozen,
                                struct mu_journal **out, struct mu_err *err);
/* Takes an unfinished drill up again (resume, abort, reap: `why`). MU_E_ABSENT; MU_E_CONFLICT:
 * it has ended. */
MU_CHECKED int mu_journal_reopen(struct mu_ledger *ledger, const struct mu_clock *clock,
                                 const char *drill, const char *why, struct mu_journal **out,
                                 struct mu_err *err);
void mu_journal_free(struct mu_journal *journal); /* writes nothing: the drill stays as it is */
void mu_journal_cleanup(struct mu_journal **journal);
const char *mu_journal_drill(const struct mu_journal *journal);
const char *mu_journal_workload(const struct mu_journal *journal);

/* ---- writing. Each returns when the row is on disk. ---- */

/* About to change the world: `undo` is versioned data (JSON object with "v"), or NULL where
 * nothing needs undoing. */
MU_CHECKED int mu_journal_intent(struct mu_journal *journal, const char *step, const char *act,
                                 const char *undo, int64_t *intent, struct mu_err *err);
enum mu_act_status {
  MU_ACT_OPEN, /* no outcome: indeterminate */
  MU_ACT_DONE,
  MU_ACT_FAILED, /* it may still have changed something: its undo is run as well */
  MU_ACT_UNDONE,
};
/* What came of it; `detail` is JSON or NULL. An act may be DONE or FAILED once and UNDONE once:
 * MU_E_CONFLICT otherwise. */
MU_CHECKED int mu_journal_outcome(struct mu_journal *journal, int64_t intent,
                                  enum mu_act_status status, const char *detail,
                                  struct mu_err *err);
/* A step begins or ends, or any other fact of the course: `detail` is JSON or NULL. */
MU_CHECKED int mu_journal_step(struct mu_journal *journal, const char *step, const char *state,
                               const char *detail, struct mu_err *err);
/* A clock event ("declare", "infra-start", …) at the clock's times of now. */
MU_CHECKED int mu_journal_event(struct mu_journal *journal, const char *step, const char *name,
                                const char *detail, struct mu_err *err);
/* A child process exists / is gone. From the callback of mu_exec, before it runs the program. */
MU_CHECKED int mu_journal_child(struct mu_journal *journal, const char *step, const char *program,
                                pid_t pid, uint64_t start_ticks, struct mu_err *err);
MU_CHECKED int mu_journal_child_gone(struct mu_journal *journal, pid_t pid, uint64_t start_ticks,
                                     struct mu_err *err);
/* The last row. `how`: "finished", "aborted", "reaped". */
MU_CHECKED int mu_journal_end(struct mu_journal *journal, const char *how, const char *detail,
                              struct mu_err *err);

/* ---- approvals: asked for by the drill, given by another process ---- */
MU_CHECKED int mu_journal_ask(struct mu_journal *journal, const char *step, const char *question,
                              struct mu_err *err);
/* `approved` false: refused. MU_E_ABSENT: no such unfinished drill, or it waits for no approval
 * of that step. */
MU_CHECKED int mu_journal_approve(struct mu_ledger *ledger, const struct mu_clock *clock,
                                  const char *drill, const char *step, const char *who,
                                  const char *note, bool approved, struct mu_err *err);
struct mu_approval {
  bool waiting;        /* asked, and not answered yet */
  bool given, refused; /* the answer to the last question */
  const char *question, *who, *note;
  int64_t wall_ms;
};
MU_CHECKED int mu_journal_approval(struct mu_ledger *ledger, const char *drill, const char *step,
                                   struct mu_arena *arena, struct mu_approval *out,
                                   struct mu_err *err);

/* ---- reading, also from a ledger that is open read-only ---- */
enum mu_row_kind {
  MU_ROW_BEGIN,   /* detail: what was frozen */
  MU_ROW_REOPEN,  /* name: why */
  MU_ROW_STEP,    /* name: its state */
  MU_ROW_EVENT,   /* name */
  MU_ROW_INTENT,  /* name: the act; detail: the undo */
  MU_ROW_OUTCOME, /* ref: the intent; name: "done", "failed", "undone" */
  MU_ROW_CHILD,   /* name: the program; pid, start_ticks */
  MU_ROW_GONE,    /* pid, start_ticks */
  MU_ROW_ASK,     /* name: the question */
  MU_ROW_ANSWER,  /* name: "approved", "refused"; who; detail: JSON {"note"} */
  MU_ROW_END,     /* name: how */
};
struct mu_row {
  int64_t seq; /* from 1 */
  enum mu_row_kind kind;
  const char *step, *name, *who, *detail; /* "" where there is none; detail: JSON */
  int64_t ref;                            /* 0: none */
  int64_t wall_ms, mono_ms;
  char boot[MU_BOOT_ID]; /* mono_ms of different boots must not be subtracted */
  pid_t pid;             /* BEGIN, REOPEN: the owner; CHILD, GONE: the child; 0: none */
  uint64_t start_ticks;
};
struct mu_rows {
  struct mu_row *at;
  size_t n, cap;
};
/* All rows of one of our drills, in order. MU_E_ABSENT: no such drill. */
MU_CHECKED int mu_journal_rows(struct mu_ledger *ledger, const char *drill, struct mu_arena *arena,
                               struct mu_rows *out, struct mu_err *err);

/* An act and how it stands, derived from the rows. To undo a drill: walk backwards, run the undo
 * of each that is not UNDONE. */
struct mu_act {
  int64_t intent;
  const char *step, *act, *undo; /* undo: JSON, "" where there is none */
  enum mu_act_status status;
  const char *detail; /* of the last outcome, "" */
  int64_t wall_ms;
};
struct mu_acts {
  struct mu_act *at;
  size_t n, cap;
};
void mu_rows_acts(const struct mu_rows *rows, struct mu_arena *arena, struct mu_acts *out);
/* Every act of that name that any drill in the ledger was about to make, newest first; a chain that
 * was imported counts as well. */
struct mu_made {
  const char *drill, *undo; /* undo: JSON, "" where there is none */
  int64_t wall_ms;
};
struct mu_made_list {
  struct mu_made *at;
  size_t n, cap;
};
MU_CHECKED int mu_journal_made(struct mu_ledger *ledger, const char *act, struct mu_arena *arena,
                               struct mu_made_list *out, struct mu_err *err);
/* The rows of children that were started and never noted as gone (whether they live is
 * mu_exec_alive's to say; rows of another boot are left out: their processes are gone). */
void mu_rows_children(const struct mu_rows *rows, struct mu_arena *arena, struct mu_rows *out);

struct mu_drill_line {
  const char *drill, *workload;
  int64_t begun_ms, ended_ms; /* ended 0: unfinished */
  const char *how;            /* "" while unfinished */
  int64_t last_ms;            /* the last row */
  const char *last_step;      /* where it stands */
  pid_t pid;                  /* who began it or took it up last */
  uint64_t start_ticks;
  char boot[MU_BOOT_ID];
};
struct mu_drill_lines {
  struct mu_drill_line *at;
  size_t n, cap;
};
/* Newest first; `workload` NULL: all. */
MU_CHECKED int mu_journal_list(struct mu_ledger *ledger, const char *workload, bool only_unfinished,
                               struct mu_arena *arena, struct mu_drill_lines *out,
                               struct mu_err *err);

/* ---- the lock on a workload: dies with its owner, whatever kills it ---- */
struct mu_lock;
struct mu_lock_owner {
  pid_t pid;
  uint64_t start_ticks;
  int64_t since_ms;
  char drill[96]; /* may be "" */
};
/* An open-file-description lock on "<ledger>.<workload>.lock" (fcntl F_OFD_SETLK), which stays
 * behind, empty of meaning, when let go. MU_E_BUSY: somebody holds it; *owner (may be NULL) and
 * the message say who. */
MU_CHECKED int mu_lock_take(const struct mu_ledger *ledger, const char *workload, const char *drill,
                            int64_t now_ms, struct mu_lock **out, struct mu_lock_owner *owner,
                            struct mu_err *err);
void mu_lock_free(struct mu_lock *lock);
void mu_lock_cleanup(struct mu_lock **lock);
/* Is it held, by anybody? *held; *owner only where it is. */
MU_CHECKED int mu_lock_look(const struct mu_ledger *ledger, const char *workload, bool *held,
                            struct mu_lock_owner *owner, struct mu_err *err);

#endif
