/* SPDX-License-Identifier: Apache-2.0 */
/* Acts of one kind across all drills that the ledger knows, its own and imported ones. */
#include "base/arena.h"
#include "base/err.h"
#include "ledger/db.h"
#include "ledger/journal.h"

enum { MADE_MAX = 1000 };

int mu_journal_made(struct mu_ledger *ledger, const char *act, struct mu_arena *arena,
                    struct mu_made_list *out, struct mu_err *err) {
  MU_STMT(stmt);
  struct mu_made_list list = {0};
  int row = 0;
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT drill, detail, wall_ms FROM journal WHERE kind = 'intent' AND name = ?"
                  " ORDER BY wall_ms DESC LIMIT ?",
                  "si", act, (int64_t)MADE_MAX) != 0) {
    return -1;
  }
  while ((row = mu_db_step(ledger, stmt, "reading the journal", err)) > 0) {
    list.at = mu_arena_grow(arena, list.at, list.n, &list.cap, sizeof *list.at);
    list.at[list.n++] = (struct mu_made){.drill = mu_db_copy(stmt, 0, arena),
                                         .undo = mu_db_copy(stmt, 1, arena),
                                         .wall_ms = sqlite3_column_int64(stmt, 2)};
  }
  if (row < 0) {
    return -1;
  }
  *out = list;
  return 0;
}
