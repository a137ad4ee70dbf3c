/* SPDX-License-Identifier: Apache-2.0 */
/* Verification: every chain from its first entry, every record hashed again and compared with
 * the columns that repeat it, every journal row, every evidence file. It stops at the first
 * thing that is wrong and says what it is.  The checkers return 0: fine so far; 1: something is
 * wrong, written down in *out; -1: could not be looked at. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "ledger/chain.h"
#include "ledger/db.h"
#include "ledger/ledger.h"

/* Of MU_ENTRY_COLUMNS and MU_JOURNAL_COLUMNS. Hashes are compared as they stand in the file: a
 * copy in a struct is cut to the length of a hash. */
enum { RECORD_SHA256 = 14, ENTRY_SHA256 = 15, ROW_SHA256 = 15 };

struct walk {
  struct mu_ledger *ledger;
  struct mu_arena *arena; /* for *out */
  struct mu_verify *out;
  struct mu_err *err;
};

/* Written down only if nothing was before. `what` is in the arena. */
static int wrong(struct walk *w, const char *where, const char *ledger, int64_t seq,
                 const char *what) {
  w->out->ok = false;
  w->out->where = where;
  w->out->ledger = mu_arena_str(w->arena, ledger);
  w->out->seq = seq;
  w->out->what = what;
  return 1;
}

static int check_file(struct walk *w) {
  MU_STMT(stmt);
  if (mu_db_query(w->ledger, &stmt, w->err, "PRAGMA integrity_check(1)", "") != 0) {
    return -1;
  }
  int row = mu_db_step(w->ledger, stmt, "checking the file", w->err);
  if (row < 0 || (row > 0 && strcmp(mu_db_text(stmt, 0), "ok") == 0)) {
    return row < 0 ? -1 : 0;
  }
  return wrong(w, "file", "", 0, mu_arena_fmt(w->arena, "SQLite: %s", mu_db_text(stmt, 0)));
}

/* ---- an entry ---- */

static const char *differing_column(const struct mu_entry *row, const struct mu_entry *record) {
  const struct {
    const char *name;
    bool same;
  } columns[] = {{"run_id", mu_streq(row->run, record->run)},
                 {"command", mu_streq(row->command, record->command)},
                 {"class", mu_streq(row->class, record->class)},
                 {"workload", mu_streq(row->workload, record->workload)},
                 {"scope", mu_streq(row->scope, record->scope)},
                 {"verdict", mu_streq(row->verdict, record->verdict)},
                 {"drill", mu_streq(row->drill, record->drill)},
                 {"cleanup", mu_streq(row->cleanup, record->cleanup)},
                 {"started_ms", row->started_ms == record->started_ms},
                 {"elapsed_ms", row->elapsed_ms == record->elapsed_ms},
                 {"interrupted", row->interrupted == record->interrupted}};
  for (size_t i = 0; i < MU_LEN(columns); i++) {
    if (!columns[i].same) {
      return columns[i].name;
    }
  }
  return NULL;
}

static int check_workloads(struct walk *w, const struct mu_entry *entry,
                           const struct mu_digest *digest) {
  MU_STMT(stmt);
  size_t n = 0;
  int row = 0;
  if (mu_db_query(
          w->ledger, &stmt, w->err,
          "SELECT workload FROM run_workload WHERE ledger_id = ? AND seq = ? ORDER BY workload",
          "si", entry->ledger, entry->seq) != 0) {
    return -1;
  }
  for (; (row = mu_db_step(w->ledger, stmt, "reading workloads", w->err)) > 0; n++) {
    if (n >= digest->workloads_n || !mu_streq(digest->workloads[n], mu_db_text(stmt, 0))) {
      return wrong(w, "entry", entry->ledger, entry->seq,
                   "its workloads are not those of the record");
    }
  }
  if (row == 0 && n < digest->workloads_n) {
    return wrong(w, "entry", entry->ledger, entry->seq, "a workload of the record is missing");
  }
  return row;
}

static int check_observations(struct walk *w, const struct mu_entry *entry,
                              const struct mu_digest *digest) {
  MU_STMT(stmt);
  size_t n = 0;
  int row = 0;
  if (mu_db_query(w->ledger, &stmt, w->err,
                  "SELECT n, address, path, provider_id, value FROM observation"
                  " WHERE ledger_id = ? AND seq = ? ORDER BY n",
                  "si", entry->ledger, entry->seq) != 0) {
    return -1;
  }
  for (; (row = mu_db_step(w->ledger, stmt, "reading observations", w->err)) > 0; n++) {
    const struct mu_seen *seen = n < digest->seen_n ? &digest->seen[n] : NULL;
    if (!seen || sqlite3_column_int64(stmt, 0) != (int64_t)n ||
        !mu_streq(seen->address, mu_db_text(stmt, 1)) ||
        !mu_streq(seen->path, mu_db_text(stmt, 2)) ||
        !mu_streq(seen->provider_id, mu_db_text(stmt, 3)) ||
        !mu_streq(seen->value, mu_db_text(stmt, 4))) {
      return wrong(w, "entry", entry->ledger, entry->seq,
                   "its observations are not those of the record");
    }
  }
  if (row == 0 && n < digest->seen_n) {
    return wrong(w, "entry", entry->ledger, entry->seq, "an observation of the record is missing");
  }
  return row;
}

static int check_evidence(struct walk *w, const struct mu_link *link,
                          const struct mu_digest *digest) {
  int64_t present = 0;
  const char *missing = "";
  for (size_t i = 0; i < digest->evidence_n; i++) {
    MU_STMT(stmt);
    if (mu_db_query(w->ledger, &stmt, w->err, "SELECT 1 FROM artifact WHERE sha256 = ?", "s",
                    digest->evidence[i]) != 0) {
      return -1;
    }
    int row = mu_db_step(w->ledger, stmt, "reading evidence", w->err);
    if (row < 0) {
      return -1;
    }
    present += row;
    missing = row ? missing : digest->evidence[i];
  }
  if (present < link->stored) {
    return wrong(w, "entry", link->ledger, link->seq,
                 mu_arena_fmt(w->arena, "evidence %.12s… was taken out", missing));
  }
  return 0;
}

/* The journal must still hold the row that was its last one when the drill's run was recorded. */
static int check_journal_link(struct walk *w, const struct mu_link *link, const char *drill) {
  MU_STMT(stmt);
  if (link->journal_seq == 0) {
    return 0;
  }
  if (mu_db_query(w->ledger, &stmt, w->err,
                  "SELECT row_sha256 FROM journal WHERE ledger_id = ? AND drill = ? AND seq = ?",
                  "ssi", link->ledger, drill, link->journal_seq) != 0) {
    return -1;
  }
  int row = mu_db_step(w->ledger, stmt, "reading the journal", w->err);
  if (row == 0 || (row > 0 && strcmp(mu_db_text(stmt, 0), link->journal_sha256) != 0)) {
    return wrong(w, "entry", link->ledger, link->seq,
                 "the drill's journal is not the one that this run was recorded with");
  }
  return row < 0 ? -1 : 0;
}

static int check_entry(struct walk *w, sqlite3_stmt *stmt, const struct mu_link *link) {
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_entry entry;
  struct mu_digest digest;
  struct mu_err why = {0};
  char hash[MU_SHA256_HEX];
  const char *record = mu_db_text(stmt, MU_ENTRY_COLUMNS_N);
  size_t n = (size_t)sqlite3_column_bytes(stmt, MU_ENTRY_COLUMNS_N);
  mu_entry_read(stmt, scratch, &entry);
  mu_sha256_hex(record, n, hash);
  if (strcmp(hash, mu_db_text(stmt, RECORD_SHA256)) != 0) {
    return wrong(w, "entry", entry.ledger, entry.seq, "its record was changed: the hash differs");
  }
  mu_link_hash(link, hash);
  if (strcmp(hash, mu_db_text(stmt, ENTRY_SHA256)) != 0) {
    return wrong(w, "entry", entry.ledger, entry.seq,
                 "its place in the chain was changed: the hash differs");
  }
  if (mu_digest_parse(record, n, scratch, &digest, &why) != 0) {
    return wrong(w, "entry", entry.ledger, entry.seq, mu_arena_str(w->arena, why.msg));
  }
  const char *column = differing_column(&entry, &digest.columns);
  if (column) {
    return wrong(w, "entry", entry.ledger, entry.seq,
                 mu_arena_fmt(w->arena, "column %s does not say what the record says", column));
  }
  int rc = check_workloads(w, &entry, &digest);
  rc = rc == 0 ? check_observations(w, &entry, &digest) : rc;
  rc = rc == 0 ? check_evidence(w, link, &digest) : rc;
  return rc == 0 ? check_journal_link(w, link, digest.columns.drill) : rc;
}

struct end {
  char ledger[64], sha256[MU_SHA256_HEX];
  int64_t seq;
};

static int check_place(struct walk *w, sqlite3_stmt *stmt, struct end *last, struct mu_link *link) {
  if (strcmp(last->ledger, link->ledger) != 0) {
    *last = (struct end){.seq = 0};
    (void)snprintf(last->ledger, sizeof last->ledger, "%s", link->ledger);
    w->out->chains++;
  }
  w->out->run = mu_db_copy(stmt, 3, w->arena);
  if (link->seq != last->seq + 1) {
    return wrong(
        w, "entry", link->ledger, last->seq + 1,
        mu_arena_fmt(w->arena, "missing: the chain goes on with %lld", (long long)link->seq));
  }
  if (strcmp(link->prev, last->sha256) != 0) {
    return wrong(w, "entry", link->ledger, link->seq, "it does not follow the entry before it");
  }
  return 0;
}

static int check_runs(struct walk *w) {
  MU_STMT(stmt);
  struct end last = {.seq = 0};
  int row = 0;
  if (mu_db_query(w->ledger, &stmt, w->err,
                  "SELECT " MU_ENTRY_COLUMNS ", r.record, r.prev_sha256, r.stored, r.journal_seq,"
                  " r.journal_sha256 FROM run r ORDER BY r.ledger_id, r.seq",
                  "") != 0) {
    return -1;
  }
  while ((row = mu_db_step(w->ledger, stmt, "reading runs", w->err)) > 0) {
    enum { AFTER = MU_ENTRY_COLUMNS_N };
    struct mu_link link = {.ledger = mu_db_text(stmt, 0),
                           .seq = sqlite3_column_int64(stmt, 1),
                           .recorded_ms = sqlite3_column_int64(stmt, 2),
                           .record_sha256 = mu_db_text(stmt, RECORD_SHA256),
                           .prev = mu_db_text(stmt, AFTER + 1),
                           .stored = sqlite3_column_int64(stmt, AFTER + 2),
                           .journal_seq = sqlite3_column_int64(stmt, AFTER + 3),
                           .journal_sha256 = mu_db_text(stmt, AFTER + 4)};
    int rc = check_place(w, stmt, &last, &link);
    rc = rc == 0 ? check_entry(w, stmt, &link) : rc;
    if (rc != 0) {
      return rc;
    }
    last.seq = link.seq;
    (void)snprintf(last.sha256, sizeof last.sha256, "%s", mu_db_text(stmt, ENTRY_SHA256));
    w->out->entries++;
  }
  w->out->run = "";
  return row;
}

/* ---- the journal ---- */

static int check_journal_row(struct walk *w, sqlite3_stmt *stmt, const struct mu_journal_row *row,
                             int64_t expected, const char *prev) {
  char hash[MU_SHA256_HEX];
  mu_journal_row_hash(row, hash);
  if (row->seq != expected) {
    return wrong(
        w, "journal", row->ledger, expected,
        mu_arena_fmt(w->arena, "missing: the journal goes on with row %lld", (long long)row->seq));
  }
  if (strcmp(row->prev, prev) != 0) {
    return wrong(w, "journal", row->ledger, row->seq, "it does not follow the row before it");
  }
  if (strcmp(hash, mu_db_text(stmt, ROW_SHA256)) != 0) {
    return wrong(w, "journal", row->ledger, row->seq, "it was changed: the hash differs");
  }
  return 0;
}

static int check_journals(struct walk *w) {
  MU_STMT(stmt);
  char prev[MU_SHA256_HEX] = "";
  const char *ledger = "", *drill = "";
  int64_t seq = 0;
  int row = 0;
  if (mu_db_query(w->ledger, &stmt, w->err,
                  "SELECT " MU_JOURNAL_COLUMNS " FROM journal ORDER BY ledger_id, drill, seq",
                  "") != 0) {
    return -1;
  }
  while ((row = mu_db_step(w->ledger, stmt, "reading the journal", w->err)) > 0) {
    struct mu_journal_row r;
    mu_journal_row_read(stmt, &r);
    if (strcmp(r.ledger, ledger) != 0 || strcmp(r.drill, drill) != 0) {
      ledger = mu_arena_str(w->arena, r.ledger);
      drill = mu_arena_str(w->arena, r.drill);
      seq = 0;
      prev[0] = '\0';
    }
    w->out->drill = drill;
    int rc = check_journal_row(w, stmt, &r, ++seq, prev);
    if (rc != 0) {
      return rc;
    }
    (void)snprintf(prev, sizeof prev, "%s", mu_db_text(stmt, ROW_SHA256));
    w->out->journal_rows++;
  }
  w->out->drill = "";
  return row;
}

/* ---- the rest ---- */

static int check_artifacts(struct walk *w) {
  MU_STMT(stmt);
  char hash[MU_SHA256_HEX];
  int row = 0;
  if (mu_db_query(w->ledger, &stmt, w->err, "SELECT sha256, content FROM artifact ORDER BY sha256",
                  "") != 0) {
    return -1;
  }
  while ((row = mu_db_step(w->ledger, stmt, "reading evidence", w->err)) > 0) {
    const void *content = sqlite3_column_blob(stmt, 1);
    mu_sha256_hex(content, (size_t)sqlite3_column_bytes(stmt, 1), hash);
    if (strcmp(hash, mu_db_text(stmt, 0)) != 0) {
      return wrong(w, "artifact", "", 0,
                   mu_arena_fmt(w->arena, "evidence %.12s… was changed: the hash differs",
                                mu_db_text(stmt, 0)));
    }
    w->out->artifacts++;
  }
  return row;
}

static int check_anchor(struct walk *w, const struct mu_anchor *anchor) {
  MU_STMT(stmt);
  if (anchor->seq == 0) {
    return 0;
  }
  if (mu_db_query(w->ledger, &stmt, w->err,
                  "SELECT entry_sha256 FROM run WHERE ledger_id = ? AND seq = ?", "si",
                  anchor->ledger, anchor->seq) != 0) {
    return -1;
  }
  int row = mu_db_step(w->ledger, stmt, "looking for the anchor", w->err);
  if (row == 0) {
    return wrong(w, "anchor", anchor->ledger, anchor->seq,
                 "the ledger once reached this entry and does not any more: its end was cut off");
  }
  if (row > 0 && strcmp(mu_db_text(stmt, 0), anchor->sha256) != 0) {
    return wrong(
        w, "anchor", anchor->ledger, anchor->seq,
        "this entry is not the one that the anchor was taken from: the chain was written again");
  }
  return row < 0 ? -1 : 0;
}

static int check_references(struct walk *w) {
  MU_STMT(stmt);
  if (mu_db_query(w->ledger, &stmt, w->err, "PRAGMA foreign_key_check", "") != 0) {
    return -1;
  }
  int row = mu_db_step(w->ledger, stmt, "checking references", w->err);
  return row <= 0 ? row
                  : wrong(w, "schema", "", 0,
                          mu_arena_fmt(w->arena, "a row of table %s belongs to nothing",
                                       mu_db_text(stmt, 0)));
}

static int compare_schema(struct walk *w, bool only_tables) {
  const char *what = NULL;
  if (mu_schema_compare(w->ledger, only_tables, w->arena, &what, w->err) != 0) {
    return -1;
  }
  return what ? wrong(w, "schema", "", 0, what) : 0;
}

/* First: a view in place of a table could answer anything, and for ever. */
static int check_tables(struct walk *w) {
  return compare_schema(w, true);
}

/* Last: a trigger that was dropped says less than the entry that was changed afterwards. */
static int check_schema(struct walk *w) {
  return compare_schema(w, false);
}

static int check_all(struct walk *w, const struct mu_anchor *anchors, size_t anchors_n) {
  int (*const checks[])(struct walk *) = {check_file,     check_tables,    check_runs,
                                          check_journals, check_artifacts, check_references,
                                          check_schema};
  for (size_t i = 0; i < MU_LEN(checks); i++) {
    int rc = checks[i](w);
    if (rc != 0) {
      return rc;
    }
  }
  for (size_t i = 0; i < anchors_n; i++) {
    int rc = check_anchor(w, &anchors[i]);
    if (rc != 0) {
      return rc;
    }
  }
  return 0;
}

/* One read transaction around all of it: what is being appended meanwhile is not seen half. */
int mu_ledger_verify(struct mu_ledger *ledger, const struct mu_anchor *anchors, size_t anchors_n,
                     struct mu_arena *arena, struct mu_verify *out, struct mu_err *err) {
  struct mu_verify result = {
      .ok = true, .where = "", .ledger = "", .run = "", .drill = "", .what = ""};
  struct mu_err why = {0};
  struct walk w = {.ledger = ledger, .arena = arena, .out = &result, .err = &why};
  bool nested = sqlite3_get_autocommit(ledger->db) == 0;
  if (!nested && mu_db_exec(ledger, "BEGIN", "verifying", err) != 0) {
    return -1;
  }
  int rc = check_all(&w, anchors, anchors_n);
  if (!nested) {
    mu_db_rollback(ledger);
  }
  if (rc < 0 && why.code != MU_E_INPUT) {
    if (err) {
      *err = why;
    }
    return -1;
  }
  if (rc < 0) { /* what SQLite itself calls damaged */
    (void)wrong(&w, "file", "", 0, mu_arena_str(arena, why.msg));
  }
  *out = result;
  return 0;
}

/* ---- anchors ---- */

void mu_anchor_text(const struct mu_anchor *anchor, char out[MU_ANCHOR_TEXT]) {
  (void)snprintf(out, MU_ANCHOR_TEXT, "%s:%lld:%s", anchor->ledger, (long long)anchor->seq,
                 anchor->sha256);
}

int mu_anchor_parse(const char *text, struct mu_anchor *out, struct mu_err *err) {
  struct mu_anchor anchor = {.seq = 0};
  char number[24] = "";
  const char *first = strchr(text, ':'), *second = first ? strchr(first + 1, ':') : NULL;
  bool fits = second && first - text == MU_ULID - 1 && (size_t)(second - first) < sizeof number &&
              (strlen(second + 1) == MU_SHA256_HEX - 1 || !second[1]);
  if (fits) {
    memcpy(anchor.ledger, text, MU_ULID - 1);
    memcpy(number, first + 1, (size_t)(second - first - 1));
    memcpy(anchor.sha256, second + 1, strlen(second + 1));
  }
  if (!fits || mu_num_parse_i64(number, &anchor.seq) != 0 || anchor.seq < 0 ||
      (anchor.seq > 0) != (anchor.sha256[0] != '\0')) {
    return mu_fail(err, MU_E_USAGE, "'%s' is no anchor: <ledger id>:<sequence>:<entry hash>", text);
  }
  *out = anchor;
  return 0;
}
