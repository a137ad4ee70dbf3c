/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence bundles and merging: what goes out comes in again, twice without harm, and nothing
 * that does not verify. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/io.h"
#include "base/json.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "model/run.h"

static const int64_t night = 1795391467000;

struct fixture {
  char folder[64];
  struct mu_ledger *ours, *theirs;
  struct mu_arena *arena;
  struct mu_err err;
};

static const char *in(struct fixture *f, const char *name) {
  return mu_arena_fmt(f->arena, "%s/%s", f->folder, name);
}

static struct mu_ledger *open_at(struct fixture *f, const char *name) {
  struct mu_ledger *ledger = NULL;
  assert_int_equal(mu_ledger_open(in(f, name), &ledger, &f->err), 0);
  return ledger;
}

static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f) {
    return -1;
  }
  (void)snprintf(f->folder, sizeof f->folder, "/tmp/muster-bundle-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  f->arena = mu_arena_new();
  f->ours = open_at(f, "ours.db");
  f->theirs = open_at(f, "theirs.db");
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  const char *const argv[] = {"rm", "-rf", f->folder, NULL};
  const struct mu_exec spec = {.argv = argv};
  struct mu_exec_result result;
  mu_ledger_close(f->ours);
  mu_ledger_close(f->theirs);
  int rc = mu_exec_run(&spec, &result, &f->err);
  mu_arena_free(f->arena);
  free(f);
  return rc;
}

static struct mu_entry add_run(struct fixture *f, struct mu_ledger *ledger, int64_t at,
                               const char *drill) {
  struct mu_run *run = mu_run_new(drill ? "drill" : "check", at);
  struct mu_entry entry;
  char hex[MU_SHA256_HEX];
  run->workload = "lakehouse";
  run->drill = drill;
  assert_int_equal(mu_ledger_store(ledger, &at, sizeof at, hex, &f->err), 0);
  struct mu_evidence *evidence = MU_RUN_ADD(run, evidence);
  evidence->name = "time";
  (void)snprintf(evidence->sha256, sizeof evidence->sha256, "%s", hex);
  struct mu_observation *seen = MU_RUN_ADD(run, observations);
  *seen = (struct mu_observation){
      .address = "aws_vpc.dr", .path = "arn", .provider_id = "vpc-1", .value = "\"a\\u0007é\""};
  mu_run_finish(run, at, 1);
  assert_int_equal(mu_ledger_append(ledger, run, f->arena, &entry, &f->err), 0);
  mu_run_free(run);
  return entry;
}

static void add_drill(struct fixture *f, struct mu_ledger *ledger, const char *drill) {
  struct mu_journal *journal = NULL;
  assert_int_equal(mu_journal_begin(ledger, mu_clock_system(), drill, "lake/house",
                                    "{\"a\":\"\\\"\"}", &journal, &f->err),
                   0);
  assert_int_equal(mu_journal_step(journal, "guard", "done", NULL, &f->err), 0);
  assert_int_equal(mu_journal_end(journal, "finished", NULL, &f->err), 0);
  mu_journal_free(journal);
}

static struct mu_entry fill(struct fixture *f, struct mu_ledger *ledger, int64_t at) {
  (void)add_run(f, ledger, at, NULL);
  add_drill(f, ledger, "2026-Q4-lake/house-1");
  struct mu_entry entry = add_run(f, ledger, at + 1, "2026-Q4-lake/house-1");
  (void)add_run(f, ledger, at + 2, NULL);
  return entry;
}

static void assert_verifies(struct fixture *f, struct mu_ledger *ledger, int64_t chains,
                            int64_t entries) {
  struct mu_verify result;
  assert_int_equal(mu_ledger_verify(ledger, NULL, 0, f->arena, &result, &f->err), 0);
  if (!result.ok) {
    print_error("%s: %s\n", result.where, result.what);
  }
  assert_true(result.ok);
  assert_int_equal(result.chains, chains);
  assert_int_equal(result.entries, entries);
}

static struct mu_verify verify_bundle(struct fixture *f, const char *folder, bool *partial) {
  struct mu_verify result;
  assert_int_equal(mu_bundle_verify(folder, f->arena, &result, partial, &f->err), 0);
  return result;
}

static void a_bundle_goes_round(void **state) {
  struct fixture *f = *state;
  struct mu_import done;
  struct mu_observations seen;
  bool partial = true;
  (void)fill(f, f->theirs, night);
  assert_int_equal(mu_ledger_export(f->theirs, NULL, 0, in(f, "bundle"), night, &f->err), 0);
  struct mu_verify result = verify_bundle(f, in(f, "bundle"), &partial);
  assert_true(result.ok);
  assert_false(partial);
  assert_int_equal(result.entries, 3);
  assert_int_equal(result.journal_rows, 3);
  assert_int_equal(result.artifacts, 3);

  (void)add_run(f, f->ours, night + 50, NULL);
  assert_int_equal(mu_ledger_import(f->ours, in(f, "bundle"), &done, &f->err), 0);
  assert_true(done.added == 3 && done.known == 0 && done.chains == 1);
  assert_verifies(f, f->ours, 2, 4);
  assert_int_equal(mu_ledger_import(f->ours, in(f, "bundle"), &done, &f->err), 0);
  assert_true(done.added == 0 && done.known == 3 && done.chains == 0);
  assert_int_equal(mu_ledger_observations(f->ours, "lakehouse", NULL, f->arena, &seen, &f->err), 0);
  assert_int_equal(seen.n, 1);
  assert_string_equal(seen.at[0].value, "\"a\\u0007é\"");
  /* our own chain goes on as if nothing had been */
  struct mu_entry next = add_run(f, f->ours, night + 60, NULL);
  assert_int_equal(next.seq, 2);
  assert_verifies(f, f->ours, 2, 5);
  assert_int_equal(mu_ledger_export(f->theirs, NULL, 0, in(f, "bundle"), night, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
}

/* Shards of a fleet, merged in any order, and again when they have grown. */
static void ledgers_merge_in_any_order(void **state) {
  struct fixture *f = *state;
  struct mu_ledger *third = open_at(f, "third.db"), *merged = open_at(f, "merged.db");
  struct mu_import done;
  (void)fill(f, f->ours, night);
  (void)fill(f, f->theirs, night + 10);
  (void)fill(f, third, night + 20);
  assert_int_equal(mu_ledger_import(merged, in(f, "third.db"), &done, &f->err), 0);
  assert_int_equal(mu_ledger_import(merged, in(f, "ours.db"), &done, &f->err), 0);
  assert_int_equal(mu_ledger_import(f->theirs, in(f, "merged.db"), &done, &f->err), 0);
  assert_true(done.added == 6 && done.chains == 2);
  (void)add_run(f, f->ours, night + 30, NULL);
  assert_int_equal(mu_ledger_import(merged, in(f, "ours.db"), &done, &f->err), 0);
  assert_true(done.added == 1 && done.known == 3);
  assert_int_equal(mu_ledger_import(merged, in(f, "theirs.db"), &done, &f->err), 0);
  assert_true(done.added == 3 && done.known == 6);
  assert_verifies(f, merged, 3, 10);
  assert_verifies(f, f->theirs, 3, 9);
  mu_ledger_close(third);
  mu_ledger_close(merged);
}

/* Two machines went on from copies of one ledger. */
static void two_histories_are_refused(void **state) {
  struct fixture *f = *state;
  struct mu_import done = {.added = -1};
  struct mu_anchor before, after;
  MU_STR(bytes, 8 << 20);
  (void)fill(f, f->ours, night);
  mu_ledger_close(f->ours);
  assert_int_equal(mu_io_read(in(f, "ours.db"), &bytes, &f->err), 0);
  assert_int_equal(mu_io_write(in(f, "copy.db"), bytes.p, bytes.n, &f->err), 0);
  f->ours = open_at(f, "ours.db");
  struct mu_ledger *copy = open_at(f, "copy.db");
  /* a copy that only went further is fine: that is how a lost end comes back */
  (void)add_run(f, copy, night + 5, NULL);
  assert_int_equal(mu_ledger_import(f->ours, in(f, "copy.db"), &done, &f->err), 0);
  assert_true(done.added == 1 && done.known == 3);
  (void)add_run(f, f->ours, night + 6, NULL);
  (void)add_run(f, copy, night + 7, NULL);
  assert_int_equal(mu_ledger_anchor(f->ours, &before, &f->err), 0);
  assert_int_equal(mu_ledger_import(f->ours, in(f, "copy.db"), &done, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
  assert_non_null(strstr(f->err.msg, "two histories"));
  assert_int_equal(mu_ledger_anchor(f->ours, &after, &f->err), 0);
  assert_memory_equal(&before, &after, sizeof before);
  mu_ledger_close(copy);
}

static void one_drill_as_evidence(void **state) {
  struct fixture *f = *state;
  struct mu_import done;
  bool partial = false;
  (void)add_run(f, f->ours, night - 9, NULL);
  add_drill(f, f->ours, "another");
  (void)add_run(f, f->ours, night - 8, "another");
  struct mu_entry drill = fill(f, f->ours, night);
  assert_int_equal(mu_ledger_export(f->ours, &drill, 1, in(f, "evidence"), night, &f->err), 0);
  struct mu_verify result = verify_bundle(f, in(f, "evidence"), &partial);
  assert_true(result.ok && partial);
  assert_int_equal(result.entries, 5); /* the whole chain … */
  assert_int_equal(result.artifacts, 1);
  assert_int_equal(result.journal_rows, 3); /* … and of the rest what belongs to the drill */
  assert_true(mu_io_exists(in(f, "evidence/journals")));
  assert_int_equal(mu_ledger_import(f->theirs, in(f, "evidence"), &done, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
  assert_non_null(strstr(f->err.msg, "not merged"));
}

/* ---- bundles that were changed ---- */

static void rewrite(struct fixture *f, const char *path, const char *from, const char *to) {
  MU_STR(text, 8 << 20);
  MU_STR(changed, 8 << 20);
  assert_int_equal(mu_io_read(path, &text, &f->err), 0);
  const char *at = strstr(mu_str_get(&text), from);
  assert_non_null(at);
  mu_str_addn(&changed, mu_str_get(&text), (size_t)(at - mu_str_get(&text)));
  mu_str_add(&changed, to);
  mu_str_add(&changed, at + strlen(from));
  assert_int_equal(mu_io_write(path, mu_str_get(&changed), changed.n, &f->err), 0);
}

/* A change that keeps the manifest right: what an attacker does who knows the format. */
static void forge(struct fixture *f, const char *bundle, const char *name, const char *from,
                  const char *to) {
  char before[MU_SHA256_HEX], after[MU_SHA256_HEX];
  const char *path = mu_arena_fmt(f->arena, "%s/%s", bundle, name);
  assert_int_equal(mu_sha256_file(path, before, NULL, &f->err), 0);
  rewrite(f, path, from, to);
  assert_int_equal(mu_sha256_file(path, after, NULL, &f->err), 0);
  rewrite(f, mu_arena_fmt(f->arena, "%s/manifest.json", bundle), before, after);
}

static void assert_refused(struct fixture *f, const char *bundle, const char *where,
                           const char *what) {
  struct mu_import done;
  bool partial = false;
  struct mu_verify result = verify_bundle(f, bundle, &partial);
  if (result.ok || !strstr(result.what, what) || strcmp(result.where, where) != 0) {
    print_error("%s: %s: %s (expected %s)\n", bundle, result.where, result.what, what);
  }
  assert_false(result.ok);
  assert_string_equal(result.where, where);
  assert_non_null(strstr(result.what, what));
  assert_int_equal(mu_ledger_import(f->theirs, bundle, &done, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
  assert_verifies(f, f->theirs, 0, 0);
}

static const char *bundle_of(struct fixture *f) {
  static int n;
  const char *path = mu_arena_fmt(f->arena, "%s/bundle-%d", f->folder, n++);
  assert_int_equal(mu_ledger_export(f->ours, NULL, 0, path, night, &f->err), 0);
  return path;
}

static void changed_bundles_are_refused(void **state) {
  struct fixture *f = *state;
  struct mu_entry drill = fill(f, f->ours, night);
  const char *record = mu_arena_fmt(f->arena, "records/%s.json", drill.run);
  const char *journal =
      mu_arena_fmt(f->arena, "journals/%s/2026-Q4-lake%%2Fhouse-1.jsonl", mu_ledger_id(f->ours));
  const char *b = bundle_of(f);
  rewrite(f, mu_arena_fmt(f->arena, "%s/%s", b, record), "INCONCLUSIVE", "PASS");
  assert_refused(f, b, "file", "its hash is not the manifest's");
  b = bundle_of(f);
  forge(f, b, record, "\"verdict\":\"INCONCLUSIVE\"", "\"verdict\":\"PASS\"");
  assert_refused(f, b, "entry", "its record was changed");
  b = bundle_of(f);
  forge(f, b, journal, "\"name\":\"finished\"", "\"name\":\"aborted\"");
  assert_refused(f, b, "journal", "it was changed");
  b = bundle_of(f);
  forge(f, b, "chain.jsonl", "\"seq\":2,", "\"seq\":3,");
  assert_refused(f, b, "entry", "missing");
  b = bundle_of(f);
  forge(f, b, "chain.jsonl", "\"recorded_ms\":1", "\"recorded_ms\":2");
  assert_refused(f, b, "entry", "its place in the chain was changed");
  b = bundle_of(f);
  assert_int_equal(unlink(mu_arena_fmt(f->arena, "%s/%s", b, record)), 0);
  assert_refused(f, b, "file", "is missing");
  b = bundle_of(f);
  rewrite(f, mu_arena_fmt(f->arena, "%s/manifest.json", b), "records/", "../records/");
  assert_refused(f, b, "file", "names a file that none may have");
  b = bundle_of(f);
  rewrite(f, mu_arena_fmt(f->arena, "%s/manifest.json", b), "records/", "records/../records/");
  assert_refused(f, b, "file", "names a file that none may have");
  b = bundle_of(f);
  rewrite(f, mu_arena_fmt(f->arena, "%s/manifest.json", b), "artifacts/", "records/");
  assert_refused(f, b, "file", "is missing");
  b = bundle_of(f); /* the journal left out, and the manifest made to agree */
  const char *manifest = mu_arena_fmt(f->arena, "%s/manifest.json", b);
  char chain_hash[MU_SHA256_HEX], journal_hash[MU_SHA256_HEX];
  assert_int_equal(
      mu_sha256_file(mu_arena_fmt(f->arena, "%s/chain.jsonl", b), chain_hash, NULL, &f->err), 0);
  assert_int_equal(
      mu_sha256_file(mu_arena_fmt(f->arena, "%s/%s", b, journal), journal_hash, NULL, &f->err), 0);
  rewrite(f, manifest, journal, "chain.jsonl");
  rewrite(f, manifest, journal_hash, chain_hash);
  assert_refused(f, b, "entry", "the drill's journal is not the one");
}

static void what_is_no_bundle(void **state) {
  struct fixture *f = *state;
  struct mu_verify result;
  struct mu_import done;
  bool partial = false;
  assert_int_equal(mu_io_mkdirs(in(f, "empty"), &f->err), 0);
  assert_int_equal(mu_bundle_verify(in(f, "empty"), f->arena, &result, &partial, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT);
  assert_int_equal(mu_ledger_import(f->ours, in(f, "none.db"), &done, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT);
  assert_int_equal(mu_io_write(in(f, "empty/manifest.json"), "{}", 2, &f->err), 0);
  assert_int_equal(mu_ledger_import(f->ours, in(f, "empty"), &done, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
  static const char newer[] = "{\"schema\":\"muster.bundle/2\"}";
  assert_int_equal(mu_io_write(in(f, "empty/manifest.json"), newer, sizeof newer - 1, &f->err), 0);
  assert_int_equal(mu_bundle_verify(in(f, "empty"), f->arena, &result, &partial, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_UNSUPPORTED);
}

/* A source that does not verify is not merged, not even in part. */
static void a_bad_ledger_is_refused(void **state) {
  struct fixture *f = *state;
  struct mu_import done;
  (void)fill(f, f->theirs, night);
  assert_int_equal(mu_db_exec(f->theirs,
                              "DROP TRIGGER run_no_update; UPDATE run SET verdict = 'PASS'"
                              " WHERE seq = 2",
                              "", &f->err),
                   0);
  assert_int_equal(mu_ledger_import(f->ours, in(f, "theirs.db"), &done, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_INPUT);
  assert_non_null(strstr(f->err.msg, "column verdict"));
  assert_verifies(f, f->ours, 0, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(a_bundle_goes_round),         TEST(ledgers_merge_in_any_order),
      TEST(two_histories_are_refused),   TEST(one_drill_as_evidence),
      TEST(changed_bundles_are_refused), TEST(what_is_no_bundle),
      TEST(a_bad_ledger_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
