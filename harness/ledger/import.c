/* SPDX-License-Identifier: Apache-2.0 */
/* Merging: another ledger, or a bundle read into a scratch ledger, is verified as a whole and
 * then copied in one transaction. Each chain keeps its own id and hashes; what is here already
 * must be the same. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/str.h"
#include "ledger/bundle.h"
#include "ledger/db.h"

/* ---- a bundle into a scratch ledger ---- */

struct load {
  struct mu_ledger *into;
  const struct mu_bundle *bundle;
};

static int ensure_chain(struct mu_ledger *ledger, const char *id, int64_t *added,
                        struct mu_err *err) {
  if (mu_db_run(ledger, "adding a chain", err,
                "INSERT INTO ledger (ledger_id, own) SELECT ?1, 0"
                " WHERE NOT EXISTS (SELECT 1 FROM ledger WHERE ledger_id = ?1)",
                "s", id) != 0) {
    return -1;
  }
  *added += sqlite3_changes(ledger->db) > 0;
  return 0;
}

static int load_entry(void *ctx, const struct mu_json_node *line, struct mu_err *err) {
  struct load *l = ctx;
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_link link;
  struct mu_digest digest;
  const char *entry = NULL, *run = NULL;
  int64_t ignored = 0;
  MU_STR(record, MU_BUNDLE_FILE_MAX);
  mu_bundle_read_link(line, &link, &entry, &run);
  return mu_bundle_read(l->bundle, mu_arena_fmt(scratch, "records/%s.json", run), &record, err) ==
                     0 &&
                 mu_digest_parse(mu_str_get(&record), record.n, scratch, &digest, err) == 0 &&
                 ensure_chain(l->into, link.ledger, &ignored, err) == 0 &&
                 mu_chain_insert(l->into, &link, entry, mu_str_get(&record), record.n, &digest,
                                 err) == 0
             ? 0
             : -1;
}

static int load_row(void *ctx, const struct mu_json_node *line, struct mu_err *err) {
  struct load *l = ctx;
  struct mu_journal_row row;
  const char *hash = NULL;
  int64_t ignored = 0;
  mu_bundle_read_row(line, &row, &hash);
  return ensure_chain(l->into, row.ledger, &ignored, err) == 0
             ? mu_journal_insert(l->into, &row, hash, err)
             : -1;
}

static int load_artifact(struct load *l, const char *name, struct mu_err *err) {
  MU_STR(content, MU_LEDGER_ARTIFACT_MAX);
  char hex[MU_SHA256_HEX];
  return mu_bundle_read(l->bundle, name, &content, err) == 0
             ? mu_ledger_store(l->into, mu_str_get(&content), content.n, hex, err)
             : -1;
}

static int load_files(struct load *l, struct mu_err *err) {
  const char *name = NULL;
  int rc = mu_bundle_lines(l->bundle, "chain.jsonl", load_entry, l, err);
  for (size_t i = 0; rc == 0 && (name = mu_bundle_name(l->bundle, i)); i++) {
    if (mu_str_starts(name, "journals/")) {
      rc = mu_bundle_lines(l->bundle, name, load_row, l, err);
    } else if (mu_str_starts(name, "artifacts/")) {
      rc = load_artifact(l, name, err);
    }
  }
  return rc;
}

static int load_bundle(const char *folder, struct mu_ledger *into, struct mu_err *err) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_bundle bundle;
  if (mu_bundle_open(folder, arena, &bundle, err) != 0) {
    return -1;
  }
  struct load l = {.into = into, .bundle = &bundle};
  int rc =
      bundle.partial
          ? mu_fail(
                err, MU_E_INPUT,
                "bundle %s: holds the records of some runs only; it can be verified, not merged",
                folder)
          : mu_db_begin(into, err);
  if (rc == 0) {
    rc = load_files(&l, err);
    rc = rc == 0 ? mu_db_commit(into, err) : rc;
    mu_db_rollback(into);
  }
  mu_bundle_done(&bundle);
  if (rc != 0 && err &&
      err->code == MU_E_CONFLICT) { /* refused by a trigger: out of order, twice, gaps */
    err->code = MU_E_INPUT;
  }
  return rc == 0 ? 0 : -1;
}

/* ---- from ledger to ledger ---- */

struct merge {
  struct mu_ledger *from, *to;
  struct mu_import *done;
  struct mu_err *err;
};

static int merge_chains(struct merge *m) {
  MU_STMT(stmt);
  int row = 0;
  if (mu_db_query(m->from, &stmt, m->err,
                  "SELECT ledger_id FROM ledger l WHERE EXISTS (SELECT 1 FROM run WHERE ledger_id ="
                  " l.ledger_id) OR EXISTS (SELECT 1 FROM journal WHERE ledger_id = l.ledger_id)",
                  "") != 0) {
    return -1;
  }
  while ((row = mu_db_step(m->from, stmt, "reading chains", m->err)) > 0) {
    if (ensure_chain(m->to, mu_db_text(stmt, 0), &m->done->chains, m->err) != 0) {
      return -1;
    }
  }
  return row;
}

/* 1: the same hash is here already; 0: nothing is; -1: something else is, or an error. */
static int compare_hash(struct merge *m, sqlite3_stmt *here, const char *hash, const char *ledger,
                        int64_t seq) {
  int row = mu_db_step(m->to, here, "comparing", m->err);
  if (row <= 0) {
    return row;
  }
  return strcmp(mu_db_text(here, 0), hash) == 0
             ? 1
             : mu_fail(
                   m->err, MU_E_CONFLICT,
                   "two histories of ledger %s: %lld differs from what is here; nothing was merged",
                   ledger, (long long)seq);
}

static int merge_entry(struct merge *m, sqlite3_stmt *stmt) {
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  MU_STMT(here);
  struct mu_digest digest;
  const struct mu_link link = {.ledger = mu_db_text(stmt, 0),
                               .seq = sqlite3_column_int64(stmt, 1),
                               .recorded_ms = sqlite3_column_int64(stmt, 2),
                               .prev = mu_db_text(stmt, 3),
                               .record_sha256 = mu_db_text(stmt, 4),
                               .stored = sqlite3_column_int64(stmt, 5),
                               .journal_seq = sqlite3_column_int64(stmt, 6),
                               .journal_sha256 = mu_db_text(stmt, 7)};
  const char *hash = mu_db_text(stmt, 8), *record = mu_db_text(stmt, 9);
  size_t n = (size_t)sqlite3_column_bytes(stmt, 9);
  if (mu_db_query(m->to, &here, m->err,
                  "SELECT entry_sha256 FROM run WHERE ledger_id = ? AND seq = ?", "si", link.ledger,
                  link.seq) != 0) {
    return -1;
  }
  int known = compare_hash(m, here, hash, link.ledger, link.seq);
  if (known != 0) {
    m->done->known += known > 0;
    return known > 0 ? 0 : -1;
  }
  m->done->added++;
  return mu_digest_parse(record, n, scratch, &digest, m->err) == 0
             ? mu_chain_insert(m->to, &link, hash, record, n, &digest, m->err)
             : -1;
}

static int merge_runs(struct merge *m) {
  MU_STMT(stmt);
  int row = 0;
  if (mu_db_query(
          m->from, &stmt, m->err,
          "SELECT ledger_id, seq, recorded_ms, prev_sha256, record_sha256, stored, journal_seq,"
          " journal_sha256, entry_sha256, record FROM run ORDER BY ledger_id, seq",
          "") != 0) {
    return -1;
  }
  while ((row = mu_db_step(m->from, stmt, "reading runs", m->err)) > 0) {
    if (merge_entry(m, stmt) != 0) {
      return -1;
    }
  }
  return row;
}

static int merge_row(struct merge *m, sqlite3_stmt *stmt) {
  MU_STMT(here);
  struct mu_journal_row r;
  mu_journal_row_read(stmt, &r);
  if (mu_db_query(m->to, &here, m->err,
                  "SELECT row_sha256 FROM journal WHERE ledger_id = ? AND drill = ? AND seq = ?",
                  "ssi", r.ledger, r.drill, r.seq) != 0) {
    return -1;
  }
  int known = compare_hash(m, here, mu_db_text(stmt, 15), r.ledger, r.seq);
  return known != 0 ? (known > 0 ? 0 : -1)
                    : mu_journal_insert(m->to, &r, mu_db_text(stmt, 15), m->err);
}

static int merge_journals(struct merge *m) {
  MU_STMT(stmt);
  int row = 0;
  if (mu_db_query(m->from, &stmt, m->err,
                  "SELECT " MU_JOURNAL_COLUMNS " FROM journal ORDER BY ledger_id, drill, seq",
                  "") != 0) {
    return -1;
  }
  while ((row = mu_db_step(m->from, stmt, "reading the journal", m->err)) > 0) {
    if (merge_row(m, stmt) != 0) {
      return -1;
    }
  }
  return row;
}

static int merge_artifacts(struct merge *m) {
  MU_STMT(stmt);
  char hex[MU_SHA256_HEX];
  int row = 0;
  if (mu_db_query(m->from, &stmt, m->err, "SELECT content FROM artifact", "") != 0) {
    return -1;
  }
  while ((row = mu_db_step(m->from, stmt, "reading evidence", m->err)) > 0) {
    if (mu_ledger_store(m->to, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0),
                        hex, m->err) != 0) {
      return -1;
    }
  }
  return row;
}

static int merge(struct merge *m) {
  if (mu_db_begin(m->to, m->err) != 0) {
    return -1;
  }
  if (merge_chains(m) != 0 || merge_artifacts(m) != 0 || merge_journals(m) != 0 ||
      merge_runs(m) != 0) {
    mu_db_rollback(m->to);
    return -1;
  }
  return mu_db_commit(m->to, m->err);
}

static int must_verify(struct mu_ledger *from, const char *path, struct mu_err *err) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_verify result;
  if (mu_ledger_verify(from, NULL, 0, arena, &result, err) != 0) {
    return -1;
  }
  if (result.ok) {
    return 0;
  }
  return mu_fail(err, MU_E_INPUT, "%s does not verify, nothing was merged: %s%s%s %lld: %s", path,
                 result.where, *result.run ? " " : "", result.run, (long long)result.seq,
                 result.what);
}

int mu_ledger_import(struct mu_ledger *ledger, const char *path, struct mu_import *out,
                     struct mu_err *err) {
  struct mu_ledger *from MU_CLEANUP(mu_ledger_cleanup) = NULL;
  struct mu_import done = {0};
  struct merge m = {.to = ledger, .done = &done, .err = err};
  if (ledger->readonly) {
    return mu_fail(err, MU_E_IO, "ledger %s: open for reading only", ledger->path);
  }
  int rc = mu_io_is_dir(path) ? mu_ledger_open_scratch(&from, err)
                              : mu_ledger_open_readonly(path, &from, err);
  if (rc != 0 || (mu_io_is_dir(path) && load_bundle(path, from, err) != 0)) {
    return -1;
  }
  /* One transaction over verifying and copying: what is verified is what is copied. */
  if (mu_db_exec(from, "BEGIN", "reading", err) != 0 || must_verify(from, path, err) != 0) {
    return -1;
  }
  m.from = from;
  if (merge(&m) != 0) {
    return -1;
  }
  *out = done;
  return 0;
}
