/* SPDX-License-Identifier: Apache-2.0 */
/* Appending runs and finding them again. */
#include "ledger/ledger.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "ledger/acks.h"
#include "ledger/chain.h"
#include "ledger/db.h"
#include "model/record.h"
#include "model/run.h"

enum { PREFIX_MIN = 4, NAMED_MAX = 3 };

static int refuse_readonly(const struct mu_ledger *ledger, struct mu_err *err) {
  return ledger->readonly ? mu_fail(err, MU_E_IO, "ledger %s: open for reading only", ledger->path)
                          : 0;
}

int mu_ledger_anchor(struct mu_ledger *ledger, struct mu_anchor *out, struct mu_err *err) {
  MU_STMT(stmt);
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT seq, entry_sha256 FROM run WHERE ledger_id = ? ORDER BY seq DESC LIMIT 1",
                  "s", ledger->id) != 0) {
    return -1;
  }
  int row = mu_db_step(ledger, stmt, "reading its end", err);
  if (row < 0) {
    return -1;
  }
  *out = (struct mu_anchor){.seq = row ? sqlite3_column_int64(stmt, 0) : 0};
  (void)snprintf(out->ledger, sizeof out->ledger, "%s", ledger->id);
  (void)snprintf(out->sha256, sizeof out->sha256, "%s", row ? mu_db_text(stmt, 1) : "");
  return 0;
}

/* How many of the record's evidence files are in the ledger: taking one out later is then seen. */
static int count_stored(struct mu_ledger *ledger, const struct mu_digest *digest, int64_t *stored,
                        struct mu_err *err) {
  *stored = 0;
  for (size_t i = 0; i < digest->evidence_n; i++) {
    MU_STMT(stmt);
    if (mu_db_query(ledger, &stmt, err, "SELECT 1 FROM artifact WHERE sha256 = ?", "s",
                    digest->evidence[i]) != 0) {
      return -1;
    }
    int row = mu_db_step(ledger, stmt, "reading evidence", err);
    if (row < 0) {
      return -1;
    }
    *stored += row;
  }
  return 0;
}

/* The end of the drill's journal at this moment, so that the chain covers it. */
static int journal_end(struct mu_ledger *ledger, const char *drill, int64_t *seq,
                       char hash[MU_SHA256_HEX], struct mu_err *err) {
  MU_STMT(stmt);
  *seq = 0;
  hash[0] = '\0';
  if (!*drill) {
    return 0;
  }
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT seq, row_sha256 FROM journal WHERE ledger_id = ? AND drill = ?"
                  " ORDER BY seq DESC LIMIT 1",
                  "ss", ledger->id, drill) != 0) {
    return -1;
  }
  int row = mu_db_step(ledger, stmt, "reading the journal", err);
  if (row > 0) {
    *seq = sqlite3_column_int64(stmt, 0);
    (void)snprintf(hash, MU_SHA256_HEX, "%s", mu_db_text(stmt, 1));
  }
  return row < 0 ? -1 : 0;
}

static int append_inside(struct mu_ledger *ledger, const char *record, size_t n,
                         struct mu_digest *digest, struct mu_err *err) {
  struct mu_anchor last;
  char journal[MU_SHA256_HEX];
  struct mu_link link = {.ledger = ledger->id,
                         .recorded_ms = mu_wall_ms(mu_clock_system()),
                         .record_sha256 = digest->columns.record_sha256,
                         .journal_sha256 = journal};
  if (mu_ledger_anchor(ledger, &last, err) != 0 ||
      count_stored(ledger, digest, &link.stored, err) != 0 ||
      journal_end(ledger, digest->columns.drill, &link.journal_seq, journal, err) != 0) {
    return -1;
  }
  link.seq = last.seq + 1;
  link.prev = last.sha256;
  mu_link_hash(&link, digest->columns.entry_sha256);
  digest->columns.ledger = ledger->id;
  digest->columns.seq = link.seq;
  digest->columns.recorded_ms = link.recorded_ms;
  return mu_chain_insert(ledger, &link, digest->columns.entry_sha256, record, n, digest, err);
}

static int append(struct mu_ledger *ledger, const char *record, size_t n, struct mu_digest *digest,
                  struct mu_arena *arena, struct mu_entry *out, struct mu_err *err) {
  if (mu_db_begin(ledger, err) != 0) {
    return -1;
  }
  if (append_inside(ledger, record, n, digest, err) != 0) {
    mu_db_rollback(ledger);
    return -1;
  }
  if (mu_db_commit(ledger, err) != 0) {
    return -1;
  }
  if (out) {
    *out = digest->columns;
    out->ledger = mu_arena_str(arena, ledger->id);
  }
  return 0;
}

int mu_ledger_append_json(struct mu_ledger *ledger, const char *record, size_t n,
                          struct mu_arena *arena, struct mu_entry *out, struct mu_err *err) {
  struct mu_digest digest;
  if (refuse_readonly(ledger, err) != 0 || mu_digest_parse(record, n, arena, &digest, err) != 0) {
    return -1;
  }
  return append(ledger, record, n, &digest, arena, out, err);
}

int mu_ledger_append_written(struct mu_ledger *ledger, const struct mu_run *run, const char *record,
                             size_t n, const char *sha256, struct mu_arena *arena,
                             struct mu_entry *out, struct mu_err *err) {
  struct mu_digest digest;
  if (refuse_readonly(ledger, err) != 0 || mu_digest_run(run, sha256, arena, &digest, err) != 0) {
    return -1;
  }
  return append(ledger, record, n, &digest, arena, out, err);
}

void mu_ledger_settle(struct mu_ledger *ledger) {
  (void)sqlite3_wal_checkpoint_v2(ledger->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

int mu_ledger_together(struct mu_ledger *ledger, struct mu_err *err) {
  return refuse_readonly(ledger, err) != 0 ? -1 : mu_db_begin(ledger, err);
}

int mu_ledger_together_keep(struct mu_ledger *ledger, struct mu_err *err) {
  return mu_db_commit(ledger, err);
}

void mu_ledger_together_drop(struct mu_ledger *ledger) {
  mu_db_rollback(ledger);
}

int mu_ledger_append(struct mu_ledger *ledger, const struct mu_run *run, struct mu_arena *arena,
                     struct mu_entry *out, struct mu_err *err) {
  MU_STR(record, MU_RECORD_MAX);
  mu_record_write(run, &record);
  if (record.failed) {
    return mu_fail(err, MU_E_LIMIT, "run record: over the limit of %d bytes", (int)MU_RECORD_MAX);
  }
  char sha256[MU_SHA256_HEX];
  mu_sha256_hex(mu_str_get(&record), record.n, sha256);
  return mu_ledger_append_written(ledger, run, mu_str_get(&record), record.n, sha256, arena, out,
                                  err);
}

int mu_ledger_list(struct mu_ledger *ledger, const struct mu_ledger_filter *filter,
                   struct mu_arena *arena, struct mu_entries *out, struct mu_err *err) {
  static const char select[] =
      "SELECT " MU_ENTRY_COLUMNS
      " FROM run r WHERE (?1 IS NULL OR EXISTS (SELECT 1 FROM run_workload w WHERE w.workload = ?1"
      "  AND w.ledger_id = r.ledger_id AND w.seq = r.seq))"
      " AND (?2 IS NULL OR r.command = ?2) AND (?3 IS NULL OR r.scope = ?3)"
      " AND (?4 IS NULL OR r.class = ?4) AND r.started_ms >= ?5 AND r.started_ms < ?6"
      " AND (?8 = 0 OR r.command <> '" MU_ACK_COMMAND "')"
      " ORDER BY r.started_ms %s, r.recorded_ms %s, r.run_id %s LIMIT ?7";
  static const struct mu_ledger_filter all;
  const struct mu_ledger_filter *f = filter ? filter : &all;
  const char *order = f->oldest_first ? "ASC" : "DESC";
  char sql[sizeof select + 32];
  MU_STMT(stmt);
  struct mu_entries entries = {0};
  int row = 0;
  (void)snprintf(sql, sizeof sql, select, order, order, order);
  if (mu_db_query(ledger, &stmt, err, sql, "ssssiiii", f->workload, f->command, f->scope, f->class,
                  f->since_ms ? f->since_ms : INT64_MIN, f->until_ms ? f->until_ms : INT64_MAX,
                  f->limit && f->limit < INT64_MAX ? (int64_t)f->limit : (int64_t)-1,
                  (int64_t)f->only_looks) != 0) {
    return -1;
  }
  while ((row = mu_db_step(ledger, stmt, "listing runs", err)) > 0) {
    entries.at = mu_arena_grow(arena, entries.at, entries.n, &entries.cap, sizeof *entries.at);
    mu_entry_read(stmt, arena, &entries.at[entries.n++]);
  }
  if (row < 0) {
    return -1;
  }
  *out = entries;
  return 0;
}

int mu_ledger_latest(struct mu_ledger *ledger, const struct mu_ledger_filter *filter,
                     struct mu_arena *arena, struct mu_entry *out, struct mu_err *err) {
  struct mu_ledger_filter one = filter ? *filter : (struct mu_ledger_filter){0};
  struct mu_entries entries;
  one.limit = 1;
  one.oldest_first = false;
  if (mu_ledger_list(ledger, &one, arena, &entries, err) != 0) {
    return -1;
  }
  if (entries.n == 0) {
    return mu_fail(err, MU_E_ABSENT, "ledger %s: no such run yet", ledger->path);
  }
  *out = entries.at[0];
  return 0;
}

static int fail_several(struct mu_ledger *ledger, const char *id, const struct mu_entries *found,
                        struct mu_err *err) {
  MU_STR(names, 256);
  for (size_t i = 0; i < found->n && i < NAMED_MAX; i++) {
    mu_str_addf(&names, "%s%s", i ? ", " : "", found->at[i].run);
  }
  return mu_fail(err, MU_E_CONFLICT, "ledger %s: '%s' is not one run: %s%s", ledger->path, id,
                 mu_str_get(&names), found->n > NAMED_MAX ? ", …" : "");
}

int mu_ledger_find(struct mu_ledger *ledger, const char *id, struct mu_arena *arena,
                   struct mu_entry *out, struct mu_err *err) {
  struct mu_entries found = {0};
  int row = 0;
  MU_STMT(stmt);
  if (strcmp(id, "last") == 0) {
    const struct mu_ledger_filter looks = {.only_looks = true};
    return mu_ledger_latest(ledger, &looks, arena, out, err);
  }
  if (strlen(id) < PREFIX_MIN) {
    return mu_fail(err, MU_E_USAGE, "run id '%s': %d characters or more", id, (int)PREFIX_MIN);
  }
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT " MU_ENTRY_COLUMNS
                  " FROM run r WHERE substr(r.run_id, 1, length(?1)) = upper(?1)"
                  " ORDER BY r.run_id LIMIT 4",
                  "s", id) != 0) {
    return -1;
  }
  while ((row = mu_db_step(ledger, stmt, "looking for a run", err)) > 0) {
    found.at = mu_arena_grow(arena, found.at, found.n, &found.cap, sizeof *found.at);
    mu_entry_read(stmt, arena, &found.at[found.n++]);
  }
  if (row < 0) {
    return -1;
  }
  if (found.n == 0) {
    return mu_fail(err, MU_E_ABSENT, "ledger %s: no run '%s'", ledger->path, id);
  }
  if (found.n > 1) {
    return fail_several(ledger, id, &found, err);
  }
  *out = found.at[0];
  return 0;
}

int mu_ledger_record(struct mu_ledger *ledger, const struct mu_entry *entry, struct mu_str *out,
                     struct mu_err *err) {
  MU_STMT(stmt);
  char hash[MU_SHA256_HEX];
  if (mu_db_query(ledger, &stmt, err, "SELECT record FROM run WHERE ledger_id = ? AND seq = ?",
                  "si", entry->ledger, entry->seq) != 0) {
    return -1;
  }
  int row = mu_db_step(ledger, stmt, "reading a run", err);
  if (row <= 0) {
    return row < 0 ? -1
                   : mu_fail(err, MU_E_ABSENT, "ledger %s: no run '%s'", ledger->path, entry->run);
  }
  const char *record = mu_db_text(stmt, 0);
  size_t n = (size_t)sqlite3_column_bytes(stmt, 0);
  mu_sha256_hex(record, n, hash);
  if (strcmp(hash, entry->record_sha256) != 0) {
    return mu_fail(err, MU_E_INPUT,
                   "ledger %s: the record of run %s is not the one that was written; see `muster "
                   "ledger verify`",
                   ledger->path, entry->run);
  }
  mu_str_clear(out);
  mu_str_addn(out, record, n);
  return out->failed ? mu_fail(err, MU_E_LIMIT, "run record: over the limit of %zu bytes", out->cap)
                     : 0;
}

int mu_ledger_run(struct mu_ledger *ledger, const struct mu_entry *entry, struct mu_run **out,
                  struct mu_err *err) {
  MU_STR(record, MU_RECORD_MAX);
  if (mu_ledger_record(ledger, entry, &record, err) != 0) {
    return -1;
  }
  return mu_record_read(mu_str_get(&record), record.n, out, err) == 0
             ? 0
             : mu_wrap(err, "ledger %s: run %s", ledger->path, entry->run);
}

int mu_ledger_run_brief(struct mu_ledger *ledger, const struct mu_entry *entry, struct mu_run **out,
                        struct mu_err *err) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  MU_STR(record, MU_RECORD_MAX);
  MU_STR(brief, MU_RECORD_MAX);
  if (mu_ledger_record(ledger, entry, &record, err) != 0) {
    return -1;
  }
  if (mu_record_brief(mu_str_get(&record), record.n, arena, NULL, NULL, &brief, err) != 0 ||
      mu_record_read(mu_str_get(&brief), brief.n, out, err) != 0) {
    return mu_wrap(err, "ledger %s: run %s", ledger->path, entry->run);
  }
  return 0;
}

/* Rows come by key and then newest first, so one pass sees the newest of each key and how far
 * back its value reaches. */
int mu_ledger_observations(struct mu_ledger *ledger, const char *workload, const char *class,
                           struct mu_arena *arena, struct mu_observations *out,
                           struct mu_err *err) {
  MU_STMT(stmt);
  struct mu_observations list = {0};
  bool unbroken = false;
  int row = 0;
  if (mu_db_query(ledger, &stmt, err,
                  "SELECT o.address, o.path, o.provider_id, o.value, r.run_id, r.started_ms"
                  " FROM run_workload w JOIN run r ON r.ledger_id = w.ledger_id AND r.seq = w.seq"
                  " JOIN observation o ON o.ledger_id = w.ledger_id AND o.seq = w.seq"
                  " WHERE w.workload = ?1 AND (?2 IS NULL OR r.class = ?2)"
                  " ORDER BY 1, 2, 3, r.started_ms DESC, r.recorded_ms DESC, r.run_id DESC",
                  "ss", workload, class) != 0) {
    return -1;
  }
  while ((row = mu_db_step(ledger, stmt, "reading baselines", err)) > 0) {
    const char *address = mu_db_text(stmt, 0), *path = mu_db_text(stmt, 1),
               *id = mu_db_text(stmt, 2);
    struct mu_ledger_observation *last = list.n ? &list.at[list.n - 1] : NULL;
    if (last && mu_streq(last->address, address) && mu_streq(last->path, path) &&
        mu_streq(last->provider_id, id)) {
      unbroken = unbroken && mu_streq(last->value, mu_db_text(stmt, 3));
      last->first_ms = unbroken ? sqlite3_column_int64(stmt, 5) : last->first_ms;
      continue;
    }
    list.at = mu_arena_grow(arena, list.at, list.n, &list.cap, sizeof *list.at);
    list.at[list.n++] = (struct mu_ledger_observation){.address = mu_arena_str(arena, address),
                                                       .path = mu_arena_str(arena, path),
                                                       .provider_id = mu_arena_str(arena, id),
                                                       .value = mu_db_copy(stmt, 3, arena),
                                                       .run = mu_db_copy(stmt, 4, arena),
                                                       .observed_ms = sqlite3_column_int64(stmt, 5),
                                                       .first_ms = sqlite3_column_int64(stmt, 5)};
    unbroken = true;
  }
  if (row < 0) {
    return -1;
  }
  *out = list;
  return 0;
}

int mu_ledger_store(struct mu_ledger *ledger, const void *bytes, size_t n, char hex[MU_SHA256_HEX],
                    struct mu_err *err) {
  char hash[MU_SHA256_HEX];
  if (n > MU_LEDGER_ARTIFACT_MAX) {
    return mu_fail(err, MU_E_LIMIT, "evidence of %zu bytes: over the limit of %d", n,
                   (int)MU_LEDGER_ARTIFACT_MAX);
  }
  if (refuse_readonly(ledger, err) != 0) {
    return -1;
  }
  mu_sha256_hex(bytes, n, hash);
  if (mu_db_run(ledger, "storing evidence", err,
                "INSERT INTO artifact (sha256, content) SELECT ?1, ?2"
                " WHERE NOT EXISTS (SELECT 1 FROM artifact WHERE sha256 = ?1)",
                "sb", hash, bytes, n) != 0) {
    return -1;
  }
  memcpy(hex, hash, sizeof hash);
  return 0;
}

int mu_ledger_fetch(struct mu_ledger *ledger, const char *hex, struct mu_str *out,
                    struct mu_err *err) {
  MU_STMT(stmt);
  char hash[MU_SHA256_HEX];
  if (mu_db_query(ledger, &stmt, err, "SELECT content FROM artifact WHERE sha256 = ?", "s", hex) !=
      0) {
    return -1;
  }
  int row = mu_db_step(ledger, stmt, "reading evidence", err);
  if (row <= 0) {
    return row < 0 ? -1 : mu_fail(err, MU_E_ABSENT, "ledger %s: no evidence %s", ledger->path, hex);
  }
  const void *content = sqlite3_column_blob(stmt, 0);
  size_t n = (size_t)sqlite3_column_bytes(stmt, 0);
  mu_sha256_hex(content, n, hash);
  if (strcmp(hash, hex) != 0) {
    return mu_fail(err, MU_E_INPUT, "ledger %s: evidence %s has been changed", ledger->path, hex);
  }
  mu_str_clear(out);
  mu_str_addn(out, content, n);
  return out->failed
             ? mu_fail(err, MU_E_LIMIT, "evidence %s: over the limit of %zu bytes", hex, out->cap)
             : 0;
}
