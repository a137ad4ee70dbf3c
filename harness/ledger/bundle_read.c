/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a bundle that came from somewhere: nothing in it is believed before its hashes agree,
 * and no name in it leads out of its folder. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "ledger/bundle.h"
#include "ledger/db.h"

enum { FILES_MAX = 1000000 };

/* records/X, journals/L/X, artifacts/X, chain.jsonl: no other folder, no "..", nothing absolute. */
static bool is_safe_name(const char *name) {
  static const char *const folders[] = {"records/", "journals/", "artifacts/"};
  bool known = mu_streq(name, "chain.jsonl");
  for (size_t i = 0; i < MU_LEN(folders); i++) {
    known = known || mu_str_starts(name, folders[i]);
  }
  return known && !strstr(name, "..") && !strstr(name, "//") && strlen(name) < 512;
}

static int check_file(const struct mu_bundle *bundle, const struct mu_json_node *file,
                      struct mu_arena *arena, struct mu_err *err) {
  const char *name = mu_json_str(mu_json_get(file, "name"), "");
  char hash[MU_SHA256_HEX];
  size_t size = 0;
  if (!is_safe_name(name)) {
    return mu_fail(err, MU_E_INPUT,
                   "bundle %s: the manifest names a file that none may have: '%.80s'",
                   bundle->folder, name);
  }
  if (mu_sha256_file(mu_arena_fmt(arena, "%s/%s", bundle->folder, name), hash, &size, err) != 0) {
    return err && err->code == MU_E_ABSENT
               ? mu_fail(err, MU_E_INPUT, "bundle %s: %s is missing", bundle->folder, name)
               : -1;
  }
  bool named_by_hash =
      !mu_str_starts(name, "artifacts/") || strcmp(name + strlen("artifacts/"), hash) == 0;
  if (strcmp(hash, mu_json_str(mu_json_get(file, "sha256"), "")) != 0 || !named_by_hash) {
    return mu_fail(err, MU_E_INPUT, "bundle %s: %s was changed: its hash is not the manifest's",
                   bundle->folder, name);
  }
  return 0;
}

int mu_bundle_open(const char *folder, struct mu_arena *arena, struct mu_bundle *out,
                   struct mu_err *err) {
  MU_STR(text, MU_BUNDLE_FILE_MAX);
  struct mu_bundle bundle = {.folder = mu_arena_str(arena, folder)};
  if (mu_io_read(mu_arena_fmt(arena, "%s/manifest.json", folder), &text, err) != 0 ||
      mu_json_parse(mu_str_get(&text), text.n, &bundle.manifest, err) != 0) {
    return mu_wrap(err, "bundle %s", folder);
  }
  const struct mu_json_node *root = mu_json_root(bundle.manifest),
                            *files = mu_json_get(root, "files");
  const char *schema = mu_json_str(mu_json_get(root, "schema"), "");
  bundle.partial = mu_json_bool(mu_json_get(root, "partial"), true);
  int rc = 0;
  if (strcmp(schema, MU_BUNDLE_SCHEMA) != 0) {
    rc = mu_fail(err, mu_str_starts(schema, "muster.bundle/") ? MU_E_UNSUPPORTED : MU_E_INPUT,
                 "bundle %s: schema '%.40s' is not %s", folder, schema, MU_BUNDLE_SCHEMA);
  } else if (mu_json_len(files) > FILES_MAX) {
    rc = mu_fail(err, MU_E_LIMIT, "bundle %s: over the limit of %d files", folder, (int)FILES_MAX);
  }
  for (size_t i = 0; rc == 0 && i < mu_json_len(files); i++) {
    rc = check_file(&bundle, mu_json_at(files, i), arena, err);
  }
  if (rc != 0) {
    mu_bundle_done(&bundle);
    return -1;
  }
  *out = bundle;
  return 0;
}

void mu_bundle_done(struct mu_bundle *bundle) {
  mu_json_cleanup(&bundle->manifest);
}

const char *mu_bundle_name(const struct mu_bundle *bundle, size_t i) {
  const struct mu_json_node *files = mu_json_get(mu_json_root(bundle->manifest), "files");
  return i < mu_json_len(files) ? mu_json_str(mu_json_get(mu_json_at(files, i), "name"), "") : NULL;
}

int mu_bundle_read(const struct mu_bundle *bundle, const char *name, struct mu_str *out,
                   struct mu_err *err) {
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  return mu_io_read(mu_arena_fmt(scratch, "%s/%s", bundle->folder, name), out, err);
}

int mu_bundle_lines(const struct mu_bundle *bundle, const char *name,
                    int (*each)(void *ctx, const struct mu_json_node *line, struct mu_err *err),
                    void *ctx, struct mu_err *err) {
  MU_STR(text, MU_BUNDLE_FILE_MAX);
  if (mu_bundle_read(bundle, name, &text, err) != 0) {
    return -1;
  }
  const char *at = mu_str_get(&text), *end = at + text.n;
  for (int line = 1; at < end; line++) {
    struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline ? newline : end;
    if (mu_json_parse(at, (size_t)(stop - at), &doc, err) != 0) {
      return mu_wrap(err, "bundle %s: %s, line %d", bundle->folder, name, line);
    }
    int rc = each(ctx, mu_json_root(doc), err);
    if (rc != 0) {
      return rc;
    }
    at = stop + 1;
  }
  return 0;
}

/* ---- verification without a ledger ---- */

struct walk {
  const struct mu_bundle *bundle;
  struct mu_arena *arena;
  struct mu_verify *out;
  char ledger[64],
      last[MU_SHA256_HEX + 8]; /* of the chain or journal that is being walked; hashes uncut */
  const char *drill;
  int64_t seq;
  /* What the entries say about the journals: checked when those are read. */
  struct promise {
    const char *ledger, *drill, *hash, *run;
    int64_t row, entry;
    bool kept;
  } * promises;
  size_t promises_n, promises_cap;
};

static int wrong(struct walk *w, const char *where, const char *ledger, int64_t seq,
                 const char *run, const char *what) {
  *w->out = (struct mu_verify){.ok = false,
                               .chains = w->out->chains,
                               .entries = w->out->entries,
                               .journal_rows = w->out->journal_rows,
                               .artifacts = w->out->artifacts,
                               .where = where,
                               .ledger = mu_arena_str(w->arena, ledger),
                               .run = mu_arena_str(w->arena, run),
                               .drill = w->drill ? w->drill : "",
                               .seq = seq,
                               .what = what};
  return 1;
}

static void copy(char *to, size_t n, const char *from) {
  size_t len = strlen(from);
  len = len < n ? len : n - 1;
  memcpy(to, from, len);
  to[len] = '\0';
}

/* The record that belongs to an entry, where the bundle holds it. */
static int check_record(struct walk *w, const struct mu_link *link, const char *run,
                        struct mu_err *err) {
  MU_STR(record, MU_BUNDLE_FILE_MAX);
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  struct mu_digest digest;
  struct mu_err why = {0};
  const char *name = mu_arena_fmt(scratch, "records/%s.json", run);
  if (!is_safe_name(name) || mu_bundle_read(w->bundle, name, &record, &why) != 0) {
    if (why.code == MU_E_ABSENT && w->bundle->partial) {
      return 0;
    }
    return why.code == MU_E_ABSENT || why.code == MU_E_NONE
               ? wrong(w, "entry", link->ledger, link->seq, run, "its record is missing")
               : mu_fail(err, why.code, "%s", why.msg);
  }
  if (mu_digest_parse(mu_str_get(&record), record.n, scratch, &digest, &why) != 0) {
    return wrong(w, "entry", link->ledger, link->seq, run, mu_arena_str(w->arena, why.msg));
  }
  if (strcmp(digest.columns.record_sha256, link->record_sha256) != 0 ||
      !mu_streq(digest.columns.run, run)) {
    return wrong(w, "entry", link->ledger, link->seq, run,
                 "its record was changed: the hash differs");
  }
  if (link->journal_seq > 0) {
    w->promises =
        mu_arena_grow(w->arena, w->promises, w->promises_n, &w->promises_cap, sizeof *w->promises);
    w->promises[w->promises_n++] =
        (struct promise){.ledger = mu_arena_str(w->arena, link->ledger),
                         .drill = mu_arena_str(w->arena, digest.columns.drill),
                         .hash = mu_arena_str(w->arena, link->journal_sha256),
                         .run = mu_arena_str(w->arena, run),
                         .row = link->journal_seq,
                         .entry = link->seq};
  }
  return 0;
}

static int check_link(void *ctx, const struct mu_json_node *line, struct mu_err *err) {
  struct walk *w = ctx;
  struct mu_link link;
  const char *entry = NULL, *run = NULL;
  char hash[MU_SHA256_HEX];
  mu_bundle_read_link(line, &link, &entry, &run);
  if (strcmp(w->ledger, link.ledger) != 0) {
    copy(w->ledger, sizeof w->ledger, link.ledger);
    w->last[0] = '\0';
    w->seq = 0;
    w->out->chains++;
  }
  mu_link_hash(&link, hash);
  if (link.seq != w->seq + 1) {
    return wrong(w, "entry", link.ledger, w->seq + 1, run, "missing: the chain has a gap");
  }
  if (strcmp(link.prev, w->last) != 0) {
    return wrong(w, "entry", link.ledger, link.seq, run, "it does not follow the entry before it");
  }
  if (strcmp(hash, entry) != 0) {
    return wrong(w, "entry", link.ledger, link.seq, run,
                 "its place in the chain was changed: the hash differs");
  }
  w->seq = link.seq;
  copy(w->last, sizeof w->last, entry);
  w->out->entries++;
  return check_record(w, &link, run, err);
}

static int check_row(void *ctx, const struct mu_json_node *line, struct mu_err *err) {
  struct walk *w = ctx;
  struct mu_journal_row row;
  const char *stored = NULL;
  char hash[MU_SHA256_HEX];
  (void)err;
  mu_bundle_read_row(line, &row, &stored);
  if (w->seq == 0) {
    copy(w->ledger, sizeof w->ledger, row.ledger);
    w->drill = mu_arena_str(w->arena, row.drill);
  }
  mu_journal_row_hash(&row, hash);
  if (row.seq != w->seq + 1 || !mu_streq(row.drill, w->drill) ||
      strcmp(row.ledger, w->ledger) != 0) {
    return wrong(w, "journal", row.ledger, w->seq + 1, "", "missing: the journal has a gap");
  }
  if (strcmp(row.prev, w->last) != 0 || strcmp(hash, stored) != 0) {
    return wrong(w, "journal", row.ledger, row.seq, "", "it was changed: the hash differs");
  }
  for (size_t i = 0; i < w->promises_n; i++) {
    struct promise *p = &w->promises[i];
    p->kept = p->kept || (p->row == row.seq && mu_streq(p->drill, row.drill) &&
                          mu_streq(p->ledger, row.ledger) && mu_streq(p->hash, hash));
  }
  w->seq = row.seq;
  copy(w->last, sizeof w->last, hash);
  w->out->journal_rows++;
  return 0;
}

static int check_all(struct walk *w, struct mu_err *err) {
  int rc = mu_bundle_lines(w->bundle, "chain.jsonl", check_link, w, err);
  const char *name = NULL;
  for (size_t i = 0; rc == 0 && (name = mu_bundle_name(w->bundle, i)); i++) {
    if (mu_str_starts(name, "journals/")) {
      w->seq = 0;
      w->last[0] = '\0';
      rc = mu_bundle_lines(w->bundle, name, check_row, w, err);
    }
    w->out->artifacts += mu_str_starts(name, "artifacts/");
  }
  w->drill = NULL;
  for (size_t i = 0; rc == 0 && i < w->promises_n; i++) {
    if (!w->promises[i].kept) {
      rc = wrong(w, "entry", w->promises[i].ledger, w->promises[i].entry, w->promises[i].run,
                 "the drill's journal is not the one that this run was recorded with");
    }
  }
  return rc;
}

int mu_bundle_verify(const char *folder, struct mu_arena *arena, struct mu_verify *out,
                     bool *partial, struct mu_err *err) {
  struct mu_bundle bundle;
  struct mu_verify result = {
      .ok = true, .where = "", .ledger = "", .run = "", .drill = "", .what = ""};
  struct mu_err why = {0};
  struct walk w = {.bundle = &bundle, .arena = arena, .out = &result};
  int rc = mu_bundle_open(folder, arena, &bundle, &why);
  if (rc == 0) {
    *partial = bundle.partial;
    rc = check_all(&w, &why);
    mu_bundle_done(&bundle);
  }
  if (rc < 0 && why.code != MU_E_INPUT) {
    return mu_fail(err, why.code, "%s", why.msg);
  }
  if (rc < 0) {
    (void)wrong(&w, "file", "", 0, "", mu_arena_str(arena, why.msg));
  }
  *out = result;
  return 0;
}
