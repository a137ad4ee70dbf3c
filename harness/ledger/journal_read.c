/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the journal back: rows, acts, children, approvals, the list of drills. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "ledger/chain.h"
#include "ledger/db.h"
#include "ledger/journal.h"

static bool parse_kind(const char *text, enum mu_row_kind *out) {
  static const char *const names[] = {
      [MU_ROW_BEGIN] = "begin",   [MU_ROW_REOPEN] = "reopen", [MU_ROW_STEP] = "step",
      [MU_ROW_EVENT] = "event",   [MU_ROW_INTENT] = "intent", [MU_ROW_OUTCOME] = "outcome",
      [MU_ROW_CHILD] = "child",   [MU_ROW_GONE] = "gone",     [MU_ROW_ASK] = "ask",
      [MU_ROW_ANSWER] = "answer", [MU_ROW_END] = "end"};
  for (size_t i = 0; i < MU_LEN(names); i++) {
    if (strcmp(names[i], text) == 0) {
      *out = (enum mu_row_kind)i;
      return true;
    }
  }
  return false;
}

static struct mu_row *rows_add(struct mu_rows *rows, struct mu_arena *arena) {
  rows->at = mu_arena_grow(arena, rows->at, rows->n, &rows->cap, sizeof *rows->at);
  return &rows->at[rows->n++];
}

static int add_row(struct mu_rows *rows, struct mu_arena *arena, const struct mu_journal_row *from,
                   struct mu_err *err) {
  struct mu_row row = {.seq = from->seq,
                       .step = mu_arena_str(arena, from->step),
                       .name = mu_arena_str(arena, from->name),
                       .who = mu_arena_str(arena, from->who),
                       .detail = mu_arena_str(arena, from->detail),
                       .ref = from->ref,
                       .wall_ms = from->wall_ms,
                       .mono_ms = from->mono_ms,
                       .pid = (pid_t)from->pid,
                       .start_ticks = (uint64_t)from->start_ticks};
  (void)snprintf(row.boot, sizeof row.boot, "%s", from->boot);
  if (!parse_kind(from->kind, &row.kind)) {
    return mu_fail(err, MU_E_INPUT, "drill %s: row %lld of the journal is of no known kind '%s'",
                   from->drill, (long long)from->seq, from->kind);
  }
  *rows_add(rows, arena) = row;
  return 0;
}

int mu_journal_rows(struct mu_ledger *ledger, const char *drill, struct mu_arena *arena,
                    struct mu_rows *out, struct mu_err *err) {
  MU_STMT(stmt);
  struct mu_rows rows = {0};
  int row = 0;
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT " MU_JOURNAL_COLUMNS
                  " FROM journal WHERE ledger_id = ? AND drill = ? ORDER BY seq",
                  "ss", ledger->id, drill) != 0) {
    return -1;
  }
  while ((row = mu_db_step(ledger, stmt, "reading the journal", err)) > 0) {
    struct mu_journal_row from;
    mu_journal_row_read(stmt, &from);
    if (add_row(&rows, arena, &from, err) != 0) {
      return -1;
    }
  }
  if (row < 0) {
    return -1;
  }
  if (rows.n == 0) {
    return mu_fail(err, MU_E_ABSENT, "ledger %s: no drill '%s'", ledger->path, drill);
  }
  *out = rows;
  return 0;
}

void mu_rows_acts(const struct mu_rows *rows, struct mu_arena *arena, struct mu_acts *out) {
  *out = (struct mu_acts){0};
  for (size_t i = 0; i < rows->n; i++) {
    const struct mu_row *row = &rows->at[i];
    if (row->kind == MU_ROW_INTENT) {
      out->at = mu_arena_grow(arena, out->at, out->n, &out->cap, sizeof *out->at);
      out->at[out->n++] = (struct mu_act){.intent = row->seq,
                                          .step = row->step,
                                          .act = row->name,
                                          .undo = row->detail,
                                          .status = MU_ACT_OPEN,
                                          .detail = "",
                                          .wall_ms = row->wall_ms};
    }
    for (size_t k = out->n; row->kind == MU_ROW_OUTCOME && k-- > 0;) {
      struct mu_act *act = &out->at[k];
      if (act->intent == row->ref) {
        act->status = mu_streq(row->name, "done")     ? MU_ACT_DONE
                      : mu_streq(row->name, "undone") ? MU_ACT_UNDONE
                                                      : MU_ACT_FAILED;
        act->detail = row->detail;
        break;
      }
    }
  }
}

static bool is_gone(const struct mu_rows *rows, size_t child) {
  for (size_t i = child + 1; i < rows->n; i++) {
    if (rows->at[i].kind == MU_ROW_GONE && rows->at[i].pid == rows->at[child].pid &&
        rows->at[i].start_ticks == rows->at[child].start_ticks) {
      return true;
    }
  }
  return false;
}

void mu_rows_children(const struct mu_rows *rows, struct mu_arena *arena, struct mu_rows *out) {
  char boot[MU_BOOT_ID];
  mu_boot_id(boot);
  *out = (struct mu_rows){0};
  for (size_t i = 0; i < rows->n; i++) {
    if (rows->at[i].kind == MU_ROW_CHILD && strcmp(rows->at[i].boot, boot) == 0 &&
        !is_gone(rows, i)) {
      *rows_add(out, arena) = rows->at[i];
    }
  }
}

int mu_journal_list(struct mu_ledger *ledger, const char *workload, bool only_unfinished,
                    struct mu_arena *arena, struct mu_drill_lines *out, struct mu_err *err) {
  MU_STMT(stmt);
  struct mu_drill_lines list = {0};
  int row = 0;
  if (mu_db_query(
          ledger, &stmt, err,
          "SELECT b.drill, b.name, b.wall_ms, coalesce(e.wall_ms, 0), coalesce(e.name, ''),"
          " l.wall_ms, o.pid, o.start_ticks, o.boot, coalesce((SELECT s.step FROM journal s"
          "  WHERE s.ledger_id = b.ledger_id AND s.drill = b.drill AND s.step <> ''"
          "  ORDER BY s.seq DESC LIMIT 1), '')"
          " FROM journal b"
          " LEFT JOIN journal e ON e.ledger_id = b.ledger_id AND e.drill = b.drill AND e.kind = "
          "'end'"
          " JOIN journal l ON l.ledger_id = b.ledger_id AND l.drill = b.drill AND l.seq ="
          "  (SELECT max(seq) FROM journal WHERE ledger_id = b.ledger_id AND drill = b.drill)"
          " JOIN journal o ON o.ledger_id = b.ledger_id AND o.drill = b.drill AND o.seq ="
          "  (SELECT max(seq) FROM journal WHERE ledger_id = b.ledger_id AND drill = b.drill"
          "   AND kind IN ('begin', 'reopen'))"
          " WHERE b.ledger_id = ?1 AND b.seq = 1 AND (?2 IS NULL OR b.name = ?2)"
          " AND (?3 = 0 OR e.seq IS NULL) ORDER BY b.wall_ms DESC, b.drill DESC",
          "ssi", ledger->id, workload, (int64_t)only_unfinished) != 0) {
    return -1;
  }
  while ((row = mu_db_step(ledger, stmt, "listing drills", err)) > 0) {
    list.at = mu_arena_grow(arena, list.at, list.n, &list.cap, sizeof *list.at);
    struct mu_drill_line *line = &list.at[list.n++];
    *line = (struct mu_drill_line){.drill = mu_db_copy(stmt, 0, arena),
                                   .workload = mu_db_copy(stmt, 1, arena),
                                   .begun_ms = sqlite3_column_int64(stmt, 2),
                                   .ended_ms = sqlite3_column_int64(stmt, 3),
                                   .how = mu_db_copy(stmt, 4, arena),
                                   .last_ms = sqlite3_column_int64(stmt, 5),
                                   .pid = (pid_t)sqlite3_column_int64(stmt, 6),
                                   .start_ticks = (uint64_t)sqlite3_column_int64(stmt, 7),
                                   .last_step = mu_db_copy(stmt, 9, arena)};
    (void)snprintf(line->boot, sizeof line->boot, "%s", mu_db_text(stmt, 8));
  }
  if (row < 0) {
    return -1;
  }
  *out = list;
  return 0;
}

static const char *note_of(const char *detail, struct mu_arena *arena) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (!*detail || mu_json_parse(detail, strlen(detail), &doc, NULL) != 0) {
    return "";
  }
  return mu_arena_str(arena, mu_json_str(mu_json_get(mu_json_root(doc), "note"), ""));
}

int mu_journal_approval(struct mu_ledger *ledger, const char *drill, const char *step,
                        struct mu_arena *arena, struct mu_approval *out, struct mu_err *err) {
  MU_STMT(stmt);
  struct mu_approval approval = {.question = "", .who = "", .note = ""};
  int row = 0;
  if (mu_db_query(
          ledger, &stmt, err,
          "SELECT kind, name, who, detail, wall_ms FROM journal WHERE ledger_id = ? AND drill = ?"
          " AND step = ? AND kind IN ('ask', 'answer') ORDER BY seq",
          "sss", ledger->id, drill, step) != 0) {
    return -1;
  }
  while ((row = mu_db_step(ledger, stmt, "reading approvals", err)) > 0) {
    if (strcmp(mu_db_text(stmt, 0), "ask") == 0) {
      approval = (struct mu_approval){
          .waiting = true, .question = mu_db_copy(stmt, 1, arena), .who = "", .note = ""};
      continue;
    }
    approval.waiting = false;
    approval.given = strcmp(mu_db_text(stmt, 1), "approved") == 0;
    approval.refused = !approval.given;
    approval.who = mu_db_copy(stmt, 2, arena);
    approval.note = note_of(mu_db_text(stmt, 3), arena);
    approval.wall_ms = sqlite3_column_int64(stmt, 4);
  }
  if (row < 0) {
    return -1;
  }
  *out = approval;
  return 0;
}
