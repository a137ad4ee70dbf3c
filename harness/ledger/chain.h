/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the ledger only: what an entry and a journal row consist of, how they are hashed, and
 * what of a record is repeated in columns. Appending, verifying, exporting and importing all go
 * through here, so they cannot disagree. */
#ifndef MU_LEDGER_CHAIN_H
#define MU_LEDGER_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/hash.h"
#include "ledger/ledger.h"

struct mu_arena;
struct mu_err;
struct mu_ledger;
struct mu_run;

/* What the hash of an entry covers. */
struct mu_link {
  const char *ledger;
  int64_t seq, recorded_ms;
  const char *prev, *record_sha256;
  int64_t stored;
  int64_t journal_seq;
  const char *journal_sha256;
};
void mu_link_hash(const struct mu_link *link, char out[MU_SHA256_HEX]);

/* A journal row as it is stored; what its hash covers is all of it but the hash. */
struct mu_journal_row {
  const char *ledger, *drill;
  int64_t seq;
  const char *kind, *step, *name, *who;
  int64_t ref;
  const char *detail;
  int64_t wall_ms, mono_ms;
  const char *boot;
  int64_t pid, start_ticks;
  const char *prev;
};
void mu_journal_row_hash(const struct mu_journal_row *row, char out[MU_SHA256_HEX]);
/* One row at the end of its drill, with its hash. */
MU_CHECKED int mu_journal_insert(struct mu_ledger *ledger, const struct mu_journal_row *row,
                                 const char *hash, struct mu_err *err);

struct sqlite3_stmt;
/* The columns of MU_JOURNAL_COLUMNS; strings borrowed until the next step. */
#define MU_JOURNAL_COLUMNS                                                                         \
  "ledger_id, drill, seq, kind, step, name, who, ref, detail, wall_ms, mono_ms, boot, pid, "       \
  "start_ticks, prev_sha256, row_sha256"
void mu_journal_row_read(struct sqlite3_stmt *stmt, struct mu_journal_row *out);

/* What columns and side tables repeat of a record. Strings in the arena. */
struct mu_seen {
  const char *address, *path, *provider_id, *value;
};
struct mu_digest {
  struct mu_entry columns; /* ledger, seq, recorded and entry hash are not a record's */
  const char **workloads;  /* sorted, each once */
  size_t workloads_n, workloads_cap;
  struct mu_seen *seen;
  size_t seen_n, seen_cap;
  const char **evidence; /* SHA-256 */
  size_t evidence_n, evidence_cap;
};
MU_CHECKED int mu_digest_parse(const char *record, size_t n, struct mu_arena *arena,
                               struct mu_digest *out, struct mu_err *err);
/* The same of a run whose record, as mu_record_write() gives it, has this SHA-256: without reading
 * a thousand checks again that were written just now. */
MU_CHECKED int mu_digest_run(const struct mu_run *run, const char *record_sha256,
                             struct mu_arena *arena, struct mu_digest *out, struct mu_err *err);

/* Inside an open transaction: one entry, with everything that is derived from its record. */
MU_CHECKED int mu_chain_insert(struct mu_ledger *ledger, const struct mu_link *link,
                               const char *entry_sha256, const char *record, size_t n,
                               const struct mu_digest *digest, struct mu_err *err);

/* The columns of `run` in the order that mu_entry_read() expects. */
#define MU_ENTRY_COLUMNS                                                                           \
  "r.ledger_id, r.seq, r.recorded_ms, r.run_id, r.command, r.class, r.workload, r.scope, "         \
  "r.verdict, r.drill, r.cleanup, r.started_ms, r.elapsed_ms, r.interrupted, r.record_sha256, "    \
  "r.entry_sha256"
enum { MU_ENTRY_COLUMNS_N = 16 };
void mu_entry_read(struct sqlite3_stmt *stmt, struct mu_arena *arena, struct mu_entry *out);

#endif
