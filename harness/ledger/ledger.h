/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: one SQLite file of append-only runs, each chained to the one before it, so that an
 * auditor can see that nothing was changed, taken out or put in later. The handle is the caller's
 * and belongs to one thread at a time; what is returned lives in the arena that was passed. Several
 * processes may write to one file. While a handle is open, its process must not open the file by
 * any other means: closing that again would let go of SQLite's (POSIX) locks.
 *
 * The hash of an entry is SHA-256 over "muster.entry/1\n" followed by each of these as
 * `<bytes>:<value>,` (a netstring): ledger id, sequence, recorded (Unix ms), hash of the entry
 * before ("" for the first), SHA-256 of the record, how many of the record's evidence files were
 * stored, and the last sequence and hash of the drill's journal ("0" and "" for anything else). */
#ifndef MU_LEDGER_LEDGER_H
#define MU_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/hash.h"

struct mu_arena;
struct mu_err;
struct mu_ledger;
struct mu_run;
struct mu_str;

enum { MU_LEDGER_ARTIFACT_MAX = 16 << 20 }; /* one evidence file, bytes */

/* ---- opening. MU_E_ABSENT: no such file; MU_E_BUSY: another process holds it;
 * MU_E_UNSUPPORTED: written by a newer muster; MU_E_INPUT: damaged, or no ledger of muster at
 * all; MU_E_IO: the system. ---- */

/* Creates the file (and nothing above it) or migrates it to this version. */
MU_CHECKED int mu_ledger_open(const char *path, struct mu_ledger **out, struct mu_err *err);
/* Changes nothing, not even on a read-only copy. */
MU_CHECKED int mu_ledger_open_readonly(const char *path, struct mu_ledger **out,
                                       struct mu_err *err);
void mu_ledger_close(struct mu_ledger *ledger); /* NULL is fine */
void mu_ledger_cleanup(struct mu_ledger **ledger);
const char *mu_ledger_path(const struct mu_ledger *ledger);
/* Of the chain that this file appends to. */
const char *mu_ledger_id(const struct mu_ledger *ledger);
/* Was it empty (no runs) when it was opened? A lost ledger would otherwise take its baselines
 * again. */
bool mu_ledger_is_new(const struct mu_ledger *ledger);

/* ---- runs ---- */

/* One line of the ledger. */
struct mu_entry {
  const char *ledger; /* the chain it belongs to: ours, or one that was imported */
  int64_t seq;        /* from 1 */
  int64_t recorded_ms;
  const char *run, *command, *class, *workload, *scope, *verdict; /* "" where the record has none */
  const char *drill, *cleanup;                                    /* the same */
  int64_t started_ms, elapsed_ms;
  bool interrupted;
  char record_sha256[MU_SHA256_HEX], entry_sha256[MU_SHA256_HEX];
};

/* Appends a finished run, all of it or nothing. *out (may be NULL) in `arena`. MU_E_CONFLICT: a
 * run of that id is there. A full disk is MU_E_IO with sys ENOSPC. */
MU_CHECKED int mu_ledger_append(struct mu_ledger *ledger, const struct mu_run *run,
                                struct mu_arena *arena, struct mu_entry *out, struct mu_err *err);
/* The same for a canonical record that is text already. */
MU_CHECKED int mu_ledger_append_json(struct mu_ledger *ledger, const char *record, size_t n,
                                     struct mu_arena *arena, struct mu_entry *out,
                                     struct mu_err *err);
/* The same where `record` is, byte for byte, what mu_record_write() makes of `run` (nothing was
 * redacted), and its SHA-256: it is not read again. */
MU_CHECKED int mu_ledger_append_written(struct mu_ledger *ledger, const struct mu_run *run,
                                        const char *record, size_t n, const char *sha256,
                                        struct mu_arena *arena, struct mu_entry *out,
                                        struct mu_err *err);

/* Moves what was appended into the file itself, which closing it would do otherwise: for a moment
 * in which others are waited for. */
void mu_ledger_settle(struct mu_ledger *ledger);

/* A transaction around several writes to the ledger or its journal: all of them are kept, or none.
 * After a write that failed in between they can only be dropped. */
MU_CHECKED int mu_ledger_together(struct mu_ledger *ledger, struct mu_err *err);
MU_CHECKED int mu_ledger_together_keep(struct mu_ledger *ledger, struct mu_err *err);
void mu_ledger_together_drop(struct mu_ledger *ledger);

/* NULL or 0 members match all. */
struct mu_ledger_filter {
  const char *workload, *command, *scope;
  const char *class; /* "REAL" or "REHEARSAL" */
  int64_t since_ms, until_ms;
  size_t limit;
  bool oldest_first; /* default: newest first, by start */
  bool only_looks;   /* without acknowledgements, which look at nothing */
};
struct mu_entries {
  struct mu_entry *at;
  size_t n, cap;
};
MU_CHECKED int mu_ledger_list(struct mu_ledger *ledger, const struct mu_ledger_filter *filter,
                              struct mu_arena *arena, struct mu_entries *out, struct mu_err *err);
/* The newest match: what a run is compared with. MU_E_ABSENT: there is none. */
MU_CHECKED int mu_ledger_latest(struct mu_ledger *ledger, const struct mu_ledger_filter *filter,
                                struct mu_arena *arena, struct mu_entry *out, struct mu_err *err);
/* By id or a prefix of it (4 or more characters, either case), or "last". MU_E_ABSENT;
 * MU_E_CONFLICT: several start so, the message names them. */
MU_CHECKED int mu_ledger_find(struct mu_ledger *ledger, const char *id, struct mu_arena *arena,
                              struct mu_entry *out, struct mu_err *err);
/* The record as it was written: canonical JSON. The hash is checked: MU_E_INPUT where it
 * differs. */
MU_CHECKED int mu_ledger_record(struct mu_ledger *ledger, const struct mu_entry *entry,
                                struct mu_str *out, struct mu_err *err);
/* The record, read back; the caller frees with mu_run_free(). */
MU_CHECKED int mu_ledger_run(struct mu_ledger *ledger, const struct mu_entry *entry,
                             struct mu_run **out, struct mu_err *err);

/* The same without its checks, much quicker: enough to compare findings. */
MU_CHECKED int mu_ledger_run_brief(struct mu_ledger *ledger, const struct mu_entry *entry,
                                   struct mu_run **out, struct mu_err *err);

/* ---- baselines: the newest observation for each (address, path, provider id) of a workload
 * ---- */
struct mu_ledger_observation {
  const char *address, *path, *provider_id, *value; /* value: canonical JSON, as in the record */
  const char *run;                                  /* the run that saw it last */
  int64_t observed_ms;                              /* when that run started */
  int64_t first_ms; /* since when it has been this value, without a break */
};
struct mu_observations {
  struct mu_ledger_observation *at;
  size_t n, cap;
};
/* Sorted by address, path, provider id. `class` NULL: any. */
MU_CHECKED int mu_ledger_observations(struct mu_ledger *ledger, const char *workload,
                                      const char *class, struct mu_arena *arena,
                                      struct mu_observations *out, struct mu_err *err);

/* ---- evidence files, stored once by content ---- */
/* MU_E_LIMIT: larger than MU_LEDGER_ARTIFACT_MAX. `hex` gets the SHA-256. Storing the same bytes
 * again is fine. */
MU_CHECKED int mu_ledger_store(struct mu_ledger *ledger, const void *bytes, size_t n,
                               char hex[MU_SHA256_HEX], struct mu_err *err);
/* MU_E_ABSENT; MU_E_INPUT: the bytes are no longer those. */
MU_CHECKED int mu_ledger_fetch(struct mu_ledger *ledger, const char *hex, struct mu_str *out,
                               struct mu_err *err);

/* ---- verification ---- */

/* The end of a chain. Kept elsewhere (a ticket, an object under a retention lock), it proves
 * later that no entry was cut off the end. As text: "<ledger id>:<sequence>:<entry hash>". */
struct mu_anchor {
  char ledger[MU_ULID];
  int64_t seq; /* 0: empty */
  char sha256[MU_SHA256_HEX];
};
enum { MU_ANCHOR_TEXT = 128 };
MU_CHECKED int mu_ledger_anchor(struct mu_ledger *ledger, struct mu_anchor *out,
                                struct mu_err *err);
void mu_anchor_text(const struct mu_anchor *anchor, char out[MU_ANCHOR_TEXT]);
MU_CHECKED int mu_anchor_parse(const char *text, struct mu_anchor *out, struct mu_err *err);

struct mu_verify {
  bool ok;
  int64_t chains, entries, journal_rows, artifacts; /* how many were looked at */
  /* The first that is wrong; strings in the arena, "" where there is none. */
  const char *where; /* "entry", "journal", "artifact", "schema", "file", "anchor" */
  const char *ledger, *run, *drill;
  int64_t seq;
  const char *what; /* one line */
};
/* 0 with *out also where the ledger is bad; -1 only where it could not be looked at. `anchors`
 * may be NULL. */
MU_CHECKED int mu_ledger_verify(struct mu_ledger *ledger, const struct mu_anchor *anchors,
                                size_t anchors_n, struct mu_arena *arena, struct mu_verify *out,
                                struct mu_err *err);

/* ---- bundles and merging (bundle.c, import.c) ---- */

/* Writes an evidence bundle into a new or empty folder: records/<run>.json,
 * journals/<ledger>/<drill>.jsonl, artifacts/<sha256>, chain.jsonl (every entry's hashes) and
 * manifest.json (SHA-256 of each file; written last). `runs` NULL: all of them; else only those
 * entries' records, journals and evidence, with the whole chain. */
MU_CHECKED int mu_ledger_export(struct mu_ledger *ledger, const struct mu_entry *runs, size_t n,
                                const char *folder, int64_t now_ms, struct mu_err *err);

struct mu_import {
  int64_t added, known; /* entries that were new to us, and that were here already */
  int64_t chains;       /* ledgers that were new to us */
};
/* Merges another ledger file or a whole bundle, after verifying it; in any order, again and
 * again. Their chains stay theirs. MU_E_INPUT: it does not verify; MU_E_CONFLICT: two histories
 * of one ledger. All of it or nothing. */
MU_CHECKED int mu_ledger_import(struct mu_ledger *ledger, const char *path, struct mu_import *out,
                                struct mu_err *err);
/* A bundle on its own, without any ledger. A partial bundle verifies as far as it goes:
 * *partial. */
MU_CHECKED int mu_bundle_verify(const char *folder, struct mu_arena *arena, struct mu_verify *out,
                                bool *partial, struct mu_err *err);

#endif
