/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "ledger/db.h"
#include "model/record.h"
#include "model/run.h"

enum { RUN_ID_MAX = 64 };

/* ---- hashing: a versioned tag, then netstrings, so that no two different rows encode to the
 * same bytes ---- */

static void add_text(struct mu_sha256_state *sha, const char *text) {
  char length[24];
  size_t n = strlen(text);
  int digits = snprintf(length, sizeof length, "%zu:", n);
  mu_sha256_add(sha, length, (size_t)digits);
  mu_sha256_add(sha, text, n);
  mu_sha256_add(sha, ",", 1);
}

static void add_number(struct mu_sha256_state *sha, int64_t number) {
  char text[24];
  (void)snprintf(text, sizeof text, "%lld", (long long)number);
  add_text(sha, text);
}

static struct mu_sha256_state *tagged(const char *tag) {
  struct mu_sha256_state *sha = mu_sha256_new();
  mu_sha256_add(sha, tag, strlen(tag));
  return sha;
}

void mu_link_hash(const struct mu_link *link, char out[MU_SHA256_HEX]) {
  struct mu_sha256_state *sha = tagged("muster.entry/1\n");
  add_text(sha, link->ledger);
  add_number(sha, link->seq);
  add_number(sha, link->recorded_ms);
  add_text(sha, link->prev);
  add_text(sha, link->record_sha256);
  add_number(sha, link->stored);
  add_number(sha, link->journal_seq);
  add_text(sha, link->journal_sha256);
  mu_sha256_end(sha, out);
}

void mu_journal_row_hash(const struct mu_journal_row *row, char out[MU_SHA256_HEX]) {
  struct mu_sha256_state *sha = tagged("muster.journal/1\n");
  add_text(sha, row->ledger);
  add_text(sha, row->drill);
  add_number(sha, row->seq);
  add_text(sha, row->kind);
  add_text(sha, row->step);
  add_text(sha, row->name);
  add_text(sha, row->who);
  add_number(sha, row->ref);
  add_text(sha, row->detail);
  add_number(sha, row->wall_ms);
  add_number(sha, row->mono_ms);
  add_text(sha, row->boot);
  add_number(sha, row->pid);
  add_number(sha, row->start_ticks);
  add_text(sha, row->prev);
  mu_sha256_end(sha, out);
}

int mu_journal_insert(struct mu_ledger *ledger, const struct mu_journal_row *row, const char *hash,
                      struct mu_err *err) {
  return mu_db_run(ledger, "writing the journal", err,
                   "INSERT INTO journal (" MU_JOURNAL_COLUMNS ")"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   "ssissssisiisiiss", row->ledger, row->drill, row->seq, row->kind, row->step,
                   row->name, row->who, row->ref, row->detail, row->wall_ms, row->mono_ms,
                   row->boot, row->pid, row->start_ticks, row->prev, hash);
}

void mu_journal_row_read(struct sqlite3_stmt *stmt, struct mu_journal_row *out) {
  *out = (struct mu_journal_row){.ledger = mu_db_text(stmt, 0),
                                 .drill = mu_db_text(stmt, 1),
                                 .seq = sqlite3_column_int64(stmt, 2),
                                 .kind = mu_db_text(stmt, 3),
                                 .step = mu_db_text(stmt, 4),
                                 .name = mu_db_text(stmt, 5),
                                 .who = mu_db_text(stmt, 6),
                                 .ref = sqlite3_column_int64(stmt, 7),
                                 .detail = mu_db_text(stmt, 8),
                                 .wall_ms = sqlite3_column_int64(stmt, 9),
                                 .mono_ms = sqlite3_column_int64(stmt, 10),
                                 .boot = mu_db_text(stmt, 11),
                                 .pid = sqlite3_column_int64(stmt, 12),
                                 .start_ticks = sqlite3_column_int64(stmt, 13),
                                 .prev = mu_db_text(stmt, 14)};
}

/* ---- the digest of a record ---- */

static const char *text_of(const struct mu_json_node *node, const char *key,
                           struct mu_arena *arena) {
  return mu_arena_str(arena, mu_json_str(mu_json_get(node, key), ""));
}

static int64_t time_of(const struct mu_json_node *node) {
  int64_t ms = mu_json_int(node, 0);
  const char *text = mu_json_str(node, NULL);
  return text && mu_time_parse(text, &ms) != 0 ? 0 : ms;
}

static void add_workload(struct mu_digest *digest, const char *workload, struct mu_arena *arena) {
  size_t at = 0;
  while (at < digest->workloads_n && strcmp(digest->workloads[at], workload) < 0) {
    at++;
  }
  if (!*workload || (at < digest->workloads_n && strcmp(digest->workloads[at], workload) == 0)) {
    return;
  }
  digest->workloads = mu_arena_grow(arena, digest->workloads, digest->workloads_n,
                                    &digest->workloads_cap, sizeof *digest->workloads);
  memmove(digest->workloads + at + 1, digest->workloads + at,
          (digest->workloads_n - at) * sizeof *digest->workloads);
  digest->workloads[at] = mu_arena_str(arena, workload);
  digest->workloads_n++;
}

/* The workload of a check. */
struct workloads {
  struct mu_digest *digest;
  struct mu_arena *arena;
};

static void on_check(void *ctx, const char *workload) {
  struct workloads *w = ctx;
  add_workload(w->digest, workload, w->arena);
}

static void read_lists(const struct mu_json_node *root, struct mu_arena *arena,
                       struct mu_digest *out) {
  const struct mu_json_node *list = mu_json_get(root, "observations");
  add_workload(out, out->columns.workload, arena);
  for (size_t i = 0; i < mu_json_len(list); i++) {
    const struct mu_json_node *node = mu_json_at(list, i);
    MU_STR(value, MU_RECORD_MAX);
    mu_json_dump(mu_json_get(node, "value"), &value);
    out->seen = mu_arena_grow(arena, out->seen, out->seen_n, &out->seen_cap, sizeof *out->seen);
    out->seen[out->seen_n++] = (struct mu_seen){.address = text_of(node, "address", arena),
                                                .path = text_of(node, "path", arena),
                                                .provider_id = text_of(node, "provider_id", arena),
                                                .value = mu_str_copy(&value, arena)};
  }
  list = mu_json_get(root, "evidence");
  for (size_t i = 0; i < mu_json_len(list); i++) {
    out->evidence = mu_arena_grow(arena, out->evidence, out->evidence_n, &out->evidence_cap,
                                  sizeof *out->evidence);
    out->evidence[out->evidence_n++] = text_of(mu_json_at(list, i), "sha256", arena);
  }
}

/* An id becomes the name of a file in bundles. */
static bool is_run_id(const char *id) {
  size_t n = strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");
  return n > 0 && n <= RUN_ID_MAX && id[n] == '\0';
}

/* All but the checks' workloads and the hash, from the record without its checks. */
static int read_brief(const struct mu_str *brief, struct mu_arena *arena, struct mu_digest *out,
                      struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(mu_str_get(brief), brief->n, &doc, err) != 0) {
    return mu_wrap(err, "run record");
  }
  const struct mu_json_node *root = mu_json_root(doc), *run = mu_json_get(root, "run");
  const char *schema = mu_json_str(mu_json_get(root, "schema"), "");
  if (!mu_str_starts(schema, "muster.run/") ||
      !is_run_id(mu_json_str(mu_json_get(run, "id"), ""))) {
    return mu_fail(err, MU_E_INPUT,
                   "run record: no member schema \"muster.run/…\" or no proper run.id");
  }
  out->columns =
      (struct mu_entry){.ledger = "",
                        .run = text_of(run, "id", arena),
                        .command = text_of(run, "command", arena),
                        .class = text_of(run, "class", arena),
                        .workload = text_of(run, "workload", arena),
                        .scope = text_of(run, "scope", arena),
                        .verdict = text_of(root, "verdict", arena),
                        .drill = text_of(run, "drill", arena),
                        .cleanup = text_of(run, "cleanup", arena),
                        .started_ms = time_of(mu_json_get(run, "started")),
                        .elapsed_ms = mu_json_int(mu_json_get(run, "elapsed_ms"), 0),
                        .interrupted = mu_json_bool(mu_json_get(run, "interrupted"), false)};
  read_lists(root, arena, out);
  return 0;
}

int mu_digest_parse(const char *record, size_t n, struct mu_arena *arena, struct mu_digest *out,
                    struct mu_err *err) {
  struct mu_digest digest = {.workloads = NULL};
  struct workloads workloads = {&digest, arena};
  MU_STR(brief, MU_RECORD_MAX);
  if (mu_record_brief(record, n, arena, on_check, &workloads, &brief, err) != 0) {
    return mu_wrap(err, "run record");
  }
  if (read_brief(&brief, arena, &digest, err) != 0) {
    return -1;
  }
  mu_sha256_hex(record, n, digest.columns.record_sha256);
  *out = digest;
  return 0;
}

int mu_digest_run(const struct mu_run *run, const char *record_sha256, struct mu_arena *arena,
                  struct mu_digest *out, struct mu_err *err) {
  struct mu_digest digest = {.workloads = NULL};
  MU_STR(brief, MU_RECORD_MAX);
  mu_record_write_brief(run, &brief);
  if (read_brief(&brief, arena, &digest, err) != 0) {
    return -1;
  }
  for (size_t i = 0; i < run->checks.n; i++) {
    add_workload(&digest, run->checks.at[i].workload ? run->checks.at[i].workload : "", arena);
  }
  (void)snprintf(digest.columns.record_sha256, sizeof digest.columns.record_sha256, "%s",
                 record_sha256);
  *out = digest;
  return 0;
}

/* ---- one entry into the tables ---- */

int mu_chain_insert(struct mu_ledger *ledger, const struct mu_link *link, const char *entry_sha256,
                    const char *record, size_t n, const struct mu_digest *digest,
                    struct mu_err *err) {
  static const char doing[] = "writing a run";
  const struct mu_entry *c = &digest->columns;
  if (mu_db_run(
          ledger, doing, err,
          "INSERT INTO run (ledger_id, seq, recorded_ms, prev_sha256, record_sha256, stored,"
          " journal_seq, journal_sha256, entry_sha256, record, run_id, command, class, workload,"
          " scope, verdict, drill, cleanup, started_ms, elapsed_ms, interrupted)"
          " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          "siissiisstssssssssiii", link->ledger, link->seq, link->recorded_ms, link->prev,
          link->record_sha256, link->stored, link->journal_seq, link->journal_sha256, entry_sha256,
          record, n, c->run, c->command, c->class, c->workload, c->scope, c->verdict, c->drill,
          c->cleanup, c->started_ms, c->elapsed_ms, (int64_t)c->interrupted) != 0) {
    return -1;
  }
  for (size_t i = 0; i < digest->workloads_n; i++) {
    if (mu_db_run(ledger, doing, err,
                  "INSERT INTO run_workload (ledger_id, seq, workload) VALUES (?, ?, ?)", "sis",
                  link->ledger, link->seq, digest->workloads[i]) != 0) {
      return -1;
    }
  }
  for (size_t i = 0; i < digest->seen_n; i++) {
    const struct mu_seen *seen = &digest->seen[i];
    if (mu_db_run(ledger, doing, err,
                  "INSERT INTO observation (ledger_id, seq, n, address, path, provider_id, value)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?)",
                  "siissss", link->ledger, link->seq, (int64_t)i, seen->address, seen->path,
                  seen->provider_id, seen->value) != 0) {
      return -1;
    }
  }
  return 0;
}

void mu_entry_read(struct sqlite3_stmt *stmt, struct mu_arena *arena, struct mu_entry *out) {
  *out = (struct mu_entry){.ledger = mu_db_copy(stmt, 0, arena),
                           .seq = sqlite3_column_int64(stmt, 1),
                           .recorded_ms = sqlite3_column_int64(stmt, 2),
                           .run = mu_db_copy(stmt, 3, arena),
                           .command = mu_db_copy(stmt, 4, arena),
                           .class = mu_db_copy(stmt, 5, arena),
                           .workload = mu_db_copy(stmt, 6, arena),
                           .scope = mu_db_copy(stmt, 7, arena),
                           .verdict = mu_db_copy(stmt, 8, arena),
                           .drill = mu_db_copy(stmt, 9, arena),
                           .cleanup = mu_db_copy(stmt, 10, arena),
                           .started_ms = sqlite3_column_int64(stmt, 11),
                           .elapsed_ms = sqlite3_column_int64(stmt, 12),
                           .interrupted = sqlite3_column_int64(stmt, 13) != 0};
  (void)snprintf(out->record_sha256, sizeof out->record_sha256, "%s", mu_db_text(stmt, 14));
  (void)snprintf(out->entry_sha256, sizeof out->entry_sha256, "%s", mu_db_text(stmt, 15));
}
