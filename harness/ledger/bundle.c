/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence bundles: the format, and writing one. The manifest comes last: a folder without one
 * is no bundle. */
#include "ledger/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "ledger/db.h"

enum { MANIFEST_MAX = 64 << 20 };

/* ---- lines ---- */

void mu_bundle_write_link(struct mu_str *out, const struct mu_link *link, const char *entry_sha256,
                          const char *run) {
  struct mu_jw w;
  mu_jw_init(&w, out, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "ledger", link->ledger);
  mu_jw_kint(&w, "seq", link->seq);
  mu_jw_kint(&w, "recorded_ms", link->recorded_ms);
  mu_jw_kstr(&w, "prev_sha256", link->prev);
  mu_jw_kstr(&w, "record_sha256", link->record_sha256);
  mu_jw_kint(&w, "stored", link->stored);
  mu_jw_kint(&w, "journal_seq", link->journal_seq);
  mu_jw_kstr(&w, "journal_sha256", link->journal_sha256);
  mu_jw_kstr(&w, "entry_sha256", entry_sha256);
  mu_jw_kstr(&w, "run", run);
  mu_jw_end(&w);
}

static const char *text(const struct mu_json_node *node, const char *key) {
  return mu_json_str(mu_json_get(node, key), "");
}

static int64_t number(const struct mu_json_node *node, const char *key) {
  return mu_json_int(mu_json_get(node, key), 0);
}

void mu_bundle_read_link(const struct mu_json_node *node, struct mu_link *out,
                         const char **entry_sha256, const char **run) {
  *out = (struct mu_link){.ledger = text(node, "ledger"),
                          .seq = number(node, "seq"),
                          .recorded_ms = number(node, "recorded_ms"),
                          .prev = text(node, "prev_sha256"),
                          .record_sha256 = text(node, "record_sha256"),
                          .stored = number(node, "stored"),
                          .journal_seq = number(node, "journal_seq"),
                          .journal_sha256 = text(node, "journal_sha256")};
  *entry_sha256 = text(node, "entry_sha256");
  *run = text(node, "run");
}

void mu_bundle_write_row(struct mu_str *out, const struct mu_journal_row *row,
                         const char *row_sha256) {
  struct mu_jw w;
  mu_jw_init(&w, out, 0);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "ledger", row->ledger);
  mu_jw_kstr(&w, "drill", row->drill);
  mu_jw_kint(&w, "seq", row->seq);
  mu_jw_kstr(&w, "kind", row->kind);
  mu_jw_kstr(&w, "step", row->step);
  mu_jw_kstr(&w, "name", row->name);
  mu_jw_kstr(&w, "who", row->who);
  mu_jw_kint(&w, "ref", row->ref);
  mu_jw_kstr(&w, "detail", row->detail);
  mu_jw_kint(&w, "wall_ms", row->wall_ms);
  mu_jw_kint(&w, "mono_ms", row->mono_ms);
  mu_jw_kstr(&w, "boot", row->boot);
  mu_jw_kint(&w, "pid", row->pid);
  mu_jw_kint(&w, "start_ticks", row->start_ticks);
  mu_jw_kstr(&w, "prev_sha256", row->prev);
  mu_jw_kstr(&w, "row_sha256", row_sha256);
  mu_jw_end(&w);
}

void mu_bundle_read_row(const struct mu_json_node *node, struct mu_journal_row *out,
                        const char **row_sha256) {
  *out = (struct mu_journal_row){.ledger = text(node, "ledger"),
                                 .drill = text(node, "drill"),
                                 .seq = number(node, "seq"),
                                 .kind = text(node, "kind"),
                                 .step = text(node, "step"),
                                 .name = text(node, "name"),
                                 .who = text(node, "who"),
                                 .ref = number(node, "ref"),
                                 .detail = text(node, "detail"),
                                 .wall_ms = number(node, "wall_ms"),
                                 .mono_ms = number(node, "mono_ms"),
                                 .boot = text(node, "boot"),
                                 .pid = number(node, "pid"),
                                 .start_ticks = number(node, "start_ticks"),
                                 .prev = text(node, "prev_sha256")};
  *row_sha256 = text(node, "row_sha256");
}

/* ---- writing ---- */

struct export {
  struct mu_ledger *ledger;
  const struct mu_entry *runs; /* NULL: all */
  size_t runs_n;
  const char *folder;
  struct mu_arena *arena;
  struct mu_jw *manifest;
  struct mu_err *err;
};

static int put(struct export *e, const char *name, const void *bytes, size_t n) {
  char hash[MU_SHA256_HEX];
  if (mu_io_write(mu_arena_fmt(e->arena, "%s/%s", e->folder, name), bytes, n, e->err) != 0) {
    return -1;
  }
  mu_sha256_hex(bytes, n, hash);
  mu_jw_object(e->manifest);
  mu_jw_kstr(e->manifest, "name", name);
  mu_jw_kstr(e->manifest, "sha256", hash);
  mu_jw_kint(e->manifest, "bytes", (int64_t)n);
  mu_jw_end(e->manifest);
  return 0;
}

static int make_folder(struct export *e, const char *name) {
  return mu_io_mkdirs(mu_arena_fmt(e->arena, "%s/%s", e->folder, name), e->err);
}

static bool is_wanted(const struct export *e, const char *ledger, int64_t seq) {
  for (size_t i = 0; e->runs && i < e->runs_n; i++) {
    if (e->runs[i].seq == seq && mu_streq(e->runs[i].ledger, ledger)) {
      return true;
    }
  }
  return !e->runs;
}

static bool is_wanted_drill(const struct export *e, const char *ledger, const char *drill) {
  for (size_t i = 0; e->runs && i < e->runs_n; i++) {
    if (mu_streq(e->runs[i].drill, drill) && mu_streq(e->runs[i].ledger, ledger)) {
      return true;
    }
  }
  return !e->runs;
}

static int put_artifact(struct export *e, const char *hex) {
  MU_STR(content, MU_LEDGER_ARTIFACT_MAX);
  if (mu_ledger_fetch(e->ledger, hex, &content, e->err) != 0) {
    return e->err->code == MU_E_ABSENT ? 0 : -1; /* its entry says how many were stored */
  }
  const char *name = mu_arena_fmt(e->arena, "artifacts/%s", hex);
  if (mu_io_exists(mu_arena_fmt(e->arena, "%s/%s", e->folder, name))) {
    return 0; /* of an earlier run */
  }
  return put(e, name, mu_str_get(&content), content.n);
}

static int put_record(struct export *e, const char *run, const char *record, size_t n) {
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_digest digest;
  if (mu_digest_parse(record, n, scratch, &digest, e->err) != 0 ||
      put(e, mu_arena_fmt(e->arena, "records/%s.json", run), record, n) != 0) {
    return -1;
  }
  for (size_t i = 0; i < digest.evidence_n; i++) {
    if (put_artifact(e, digest.evidence[i]) != 0) {
      return -1;
    }
  }
  return 0;
}

static int put_chain(struct export *e) {
  MU_STMT(stmt);
  MU_STR(lines, MU_BUNDLE_FILE_MAX);
  int row = 0;
  if (mu_db_query(e->ledger, &stmt, e->err,
                  "SELECT ledger_id, seq, recorded_ms, prev_sha256, record_sha256, stored,"
                  " journal_seq, journal_sha256, entry_sha256, run_id, record FROM run"
                  " ORDER BY ledger_id, seq",
                  "") != 0) {
    return -1;
  }
  while ((row = mu_db_step(e->ledger, stmt, "exporting", e->err)) > 0) {
    const struct mu_link link = {.ledger = mu_db_text(stmt, 0),
                                 .seq = sqlite3_column_int64(stmt, 1),
                                 .recorded_ms = sqlite3_column_int64(stmt, 2),
                                 .prev = mu_db_text(stmt, 3),
                                 .record_sha256 = mu_db_text(stmt, 4),
                                 .stored = sqlite3_column_int64(stmt, 5),
                                 .journal_seq = sqlite3_column_int64(stmt, 6),
                                 .journal_sha256 = mu_db_text(stmt, 7)};
    mu_bundle_write_link(&lines, &link, mu_db_text(stmt, 8), mu_db_text(stmt, 9));
    mu_str_addc(&lines, '\n');
    if (is_wanted(e, link.ledger, link.seq) &&
        put_record(e, mu_db_text(stmt, 9), mu_db_text(stmt, 10),
                   (size_t)sqlite3_column_bytes(stmt, 10)) != 0) {
      return -1;
    }
  }
  if (row < 0) {
    return -1;
  }
  return lines.failed
             ? mu_fail(e->err, MU_E_LIMIT, "chain.jsonl: over the limit of %zu bytes", lines.cap)
             : put(e, "chain.jsonl", mu_str_get(&lines), lines.n);
}

static int put_journal(struct export *e, const char *ledger, const char *drill) {
  MU_STMT(stmt);
  MU_STR(lines, MU_BUNDLE_FILE_MAX);
  MU_STR(name, PATH_MAX);
  int row = 0;
  if (mu_db_query(e->ledger, &stmt, e->err,
                  "SELECT " MU_JOURNAL_COLUMNS
                  " FROM journal WHERE ledger_id = ? AND drill = ? ORDER BY seq",
                  "ss", ledger, drill) != 0) {
    return -1;
  }
  while ((row = mu_db_step(e->ledger, stmt, "exporting", e->err)) > 0) {
    struct mu_journal_row r;
    mu_journal_row_read(stmt, &r);
    mu_bundle_write_row(&lines, &r, mu_db_text(stmt, 15));
    mu_str_addc(&lines, '\n');
  }
  if (row < 0 || make_folder(e, mu_arena_fmt(e->arena, "journals/%s", ledger)) != 0) {
    return -1;
  }
  mu_str_addf(&name, "journals/%s/", ledger);
  mu_db_file_name(&name, drill);
  mu_str_add(&name, ".jsonl");
  return lines.failed || name.failed
             ? mu_fail(e->err, MU_E_LIMIT, "journal of drill %s: over the limit of %zu bytes",
                       drill, lines.cap)
             : put(e, mu_str_get(&name), mu_str_get(&lines), lines.n);
}

static int put_journals(struct export *e) {
  MU_STMT(stmt);
  int row = 0;
  if (mu_db_query(e->ledger, &stmt, e->err,
                  "SELECT ledger_id, drill FROM journal WHERE seq = 1 ORDER BY 1, 2", "") != 0) {
    return -1;
  }
  while ((row = mu_db_step(e->ledger, stmt, "exporting", e->err)) > 0) {
    if (is_wanted_drill(e, mu_db_text(stmt, 0), mu_db_text(stmt, 1)) &&
        put_journal(e, mu_db_text(stmt, 0), mu_db_text(stmt, 1)) != 0) {
      return -1;
    }
  }
  return row;
}

static int put_all(struct export *e) {
  return make_folder(e, "records") != 0 || make_folder(e, "artifacts") != 0 || put_chain(e) != 0
             ? -1
             : put_journals(e);
}

static int must_be_empty(const char *folder, struct mu_err *err) {
  DIR *dir = opendir(folder);
  if (!dir) {
    int sys = errno;
    return sys == ENOENT ? mu_io_mkdirs(folder, err) : mu_fail_sys(err, sys, "%s", folder);
  }
  bool empty = true;
  for (const struct dirent *entry; empty && (entry = readdir(dir));) {
    empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
  }
  (void)closedir(dir);
  return empty ? 0
               : mu_fail(err, MU_E_CONFLICT, "%s: not empty; name a new folder for the bundle",
                         folder);
}

int mu_ledger_export(struct mu_ledger *ledger, const struct mu_entry *runs, size_t n,
                     const char *folder, int64_t now_ms, struct mu_err *err) {
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  MU_STR(manifest, MANIFEST_MAX);
  struct mu_jw w;
  struct mu_err why = {0};
  char created[MU_TIME_TEXT];
  struct export e = {.ledger = ledger,
                     .runs = runs,
                     .runs_n = n,
                     .folder = folder,
                     .arena = arena,
                     .manifest = &w,
                     .err = err ? err : &why};
  mu_time_seconds(now_ms, created);
  mu_jw_init(&w, &manifest, 1);
  mu_jw_object(&w);
  mu_jw_kstr(&w, "schema", MU_BUNDLE_SCHEMA);
  mu_jw_kstr(&w, "created", created);
  mu_jw_kstr(&w, "ledger", ledger->id);
  mu_jw_kbool(&w, "partial", runs != NULL);
  mu_jw_key(&w, "files");
  mu_jw_array(&w);
  if (must_be_empty(folder, err) != 0 || mu_db_exec(ledger, "BEGIN", "exporting", err) != 0) {
    return -1;
  }
  int rc = put_all(&e); /* all of it as it stood at one moment */
  mu_db_rollback(ledger);
  if (rc != 0) {
    return -1;
  }
  mu_jw_end(&w);
  mu_jw_end(&w);
  mu_str_addc(&manifest, '\n');
  if (manifest.failed) {
    return mu_fail(err, MU_E_LIMIT, "manifest.json: over the limit of %zu bytes", manifest.cap);
  }
  return mu_io_write(mu_arena_fmt(arena, "%s/manifest.json", folder), mu_str_get(&manifest),
                     manifest.n, err);
}
