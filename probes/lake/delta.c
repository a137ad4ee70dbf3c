/* SPDX-License-Identifier: Apache-2.0 */
/* Replaying a Delta log (PROTOCOL.md, "Action Reconciliation"): an add or remove is known by its
 * path and the id of its deletion vector; the newest word for each wins. */
#include "lake/delta.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "lake/path.h"

enum { MAX_PATH = 16384, FIRST_SLOTS = 256 };

struct row {
  struct mu_path_id id;
  struct mu_delta_file file;
  bool is_live;
};

struct mu_delta {
  struct mu_arena *arena;
  struct row *rows;
  size_t n, cap;
  uint32_t *slots; /* row + 1 */
  size_t slots_n;
  bool has_protocol, needs_parquet, in_commit;
  int64_t in_commit_from;
  int64_t timestamp_ms, info_ms; /* of the last commit read */
  const char *table_id;
  /* The checksum of the version. */
  bool has_checksum;
  int64_t sum_files, sum_bytes, sum_deleted;
};

struct mu_delta *mu_delta_new(void) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_delta *delta = mu_arena_alloc(arena, sizeof *delta);
  delta->arena = arena;
  delta->timestamp_ms = delta->info_ms = -1;
  return delta;
}

void mu_delta_free(struct mu_delta *delta) {
  if (delta) {
    mu_arena_free(delta->arena);
  }
}

void mu_delta_cleanup(struct mu_delta **delta) {
  mu_delta_free(*delta);
  *delta = NULL;
}

/* ---- Files by key ---- */

static void rehash(struct mu_delta *d) {
  if (d->n * 2 < d->slots_n) {
    return;
  }
  size_t n = d->slots_n ? d->slots_n * 2 : FIRST_SLOTS;
  d->slots = mu_arena_array(d->arena, n, sizeof *d->slots);
  d->slots_n = n;
  for (size_t row = 0; row < d->n; row++) {
    size_t at = (size_t)d->rows[row].id.a & (n - 1);
    while (d->slots[at]) {
      at = (at + 1) & (n - 1);
    }
    d->slots[at] = (uint32_t)row + 1;
  }
}

static struct row *row_of(struct mu_delta *d, struct mu_path_id id) {
  rehash(d);
  size_t mask = d->slots_n - 1, at = (size_t)id.a & mask;
  for (; d->slots[at]; at = (at + 1) & mask) {
    struct row *row = &d->rows[d->slots[at] - 1];
    if (row->id.a == id.a && row->id.b == id.b) {
      return row;
    }
  }
  if (d->n >= MU_DELTA_MAX_FILES) {
    return NULL;
  }
  d->rows = mu_arena_grow(d->arena, d->rows, d->n, &d->cap, sizeof *d->rows);
  d->rows[d->n] = (struct row){.id = id};
  d->slots[at] = (uint32_t)++d->n;
  return &d->rows[d->n - 1];
}

static int hex(char c) {
  const char *digits = "0123456789abcdef";
  const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
  return at ? (int)(at - digits) : -1;
}

/* Paths are written URL-encoded (RFC 2396); a stray percent sign stays. */
static void decode(const char *text, struct mu_str *out) {
  for (; *text; text++) {
    int high = *text == '%' ? hex(text[1]) : -1, low = high >= 0 ? hex(text[2]) : -1;
    if (low >= 0 && high * 16 + low != 0) {
      mu_str_addc(out, (char)(high * 16 + low));
      text += 2;
    } else {
      mu_str_addc(out, *text);
    }
  }
}

/* The row of an add or remove. Sets *deleted from its deletion vector. */
static struct row *row_of_action(struct mu_delta *d, const struct mu_json_node *action,
                                 int64_t *deleted, struct mu_err *err) {
  const char *path = mu_json_str(mu_json_get(action, "path"), NULL);
  const struct mu_json_node *vector = mu_json_get(action, "deletionVector");
  MU_STR(key, 2 * MAX_PATH);
  *deleted = 0;
  if (!path || !*path || strlen(path) > MAX_PATH) {
    (void)mu_fail(err, MU_E_INPUT, "an add or remove has no proper path");
    return NULL;
  }
  mu_str_add(&key, path);
  if (mu_json_type(vector) == MU_JSON_OBJECT) {
    *deleted = mu_json_int(mu_json_get(vector, "cardinality"), -1);
    mu_str_addf(&key, "%c%s%s@%lld", '\0', mu_json_str(mu_json_get(vector, "storageType"), ""),
                mu_json_str(mu_json_get(vector, "pathOrInlineDv"), ""),
                (long long)mu_json_int(mu_json_get(vector, "offset"), -1));
    if (*deleted < 0) {
      (void)mu_fail(err, MU_E_INPUT, "a deletion vector does not say how many rows it deletes");
      return NULL;
    }
  }
  struct row *row = row_of(d, mu_path_hash(mu_str_get(&key), key.n));
  if (!row) {
    (void)mu_fail(err, MU_E_LIMIT, "more than %d files in a Delta log", (int)MU_DELTA_MAX_FILES);
  }
  return row;
}

/* Statistics are JSON in a string; without them the records are not known. */
static int records_of(const struct mu_json_node *add, int64_t *out, struct mu_err *err) {
  const char *stats = mu_json_str(mu_json_get(add, "stats"), NULL);
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  *out = -1;
  if (!stats || !*stats) {
    return 0;
  }
  if (mu_json_parse(stats, strlen(stats), &doc, err) != 0) {
    return mu_wrap(err, "statistics of a file");
  }
  *out = mu_json_int(mu_json_get(mu_json_root(doc), "numRecords"), -1);
  return *out >= -1 ? 0 : mu_fail(err, MU_E_INPUT, "a file has a negative number of records");
}

static int read_add(struct mu_delta *d, const struct mu_json_node *add, struct mu_err *err) {
  int64_t deleted = 0, records = -1, size = mu_json_int(mu_json_get(add, "size"), -1);
  if (records_of(add, &records, err) != 0) {
    return -1;
  }
  struct row *row = row_of_action(d, add, &deleted, err);
  if (!row) {
    return -1;
  }
  if (size < 0 || (records >= 0 && deleted > records) || (records < 0 && deleted > 0)) {
    return mu_fail(err, MU_E_INPUT, "a file has an impossible size or deletion vector");
  }
  MU_STR(path, MAX_PATH);
  decode(mu_json_str(mu_json_get(add, "path"), ""), &path);
  row->file = (struct mu_delta_file){mu_str_copy(&path, d->arena), size, records, deleted};
  row->is_live = true;
  return 0;
}

static int read_remove(struct mu_delta *d, const struct mu_json_node *remove, struct mu_err *err) {
  int64_t deleted = 0;
  struct row *row = row_of_action(d, remove, &deleted, err);
  if (!row) {
    return -1;
  }
  row->is_live = false;
  return 0;
}

/* ---- Protocol and metadata ---- */

static bool is_harmless(const char *feature) {
  static const char *const known[] = {
      "columnMapping",        "deletionVectors",
      "timestampNtz",         "typeWidening",
      "typeWidening-preview", "v2Checkpoint",
      "vacuumProtocolCheck",  "variantType",
      "variantType-preview",  "variantShredding-preview",
  };
  for (size_t i = 0; i < MU_LEN(known); i++) {
    if (mu_streq(feature, known[i])) {
      return true;
    }
  }
  return false;
}

static int read_protocol(struct mu_delta *d, const struct mu_json_node *protocol,
                         struct mu_err *err) {
  int64_t reader = mu_json_int(mu_json_get(protocol, "minReaderVersion"), -1);
  const struct mu_json_node *features = mu_json_get(protocol, "readerFeatures");
  if (reader < 1 || reader > MU_DELTA_MAX_READER) {
    return mu_fail(err, MU_E_UNSUPPORTED, "Delta reader version %lld is not known",
                   (long long)reader);
  }
  for (size_t i = 0; i < mu_json_len(features); i++) {
    const char *feature = mu_json_str(mu_json_at(features, i), "");
    if (!is_harmless(feature)) {
      MU_STR(safe, 256);
      mu_str_add_safe(&safe, feature, strlen(feature));
      return mu_fail(err, MU_E_UNSUPPORTED, "Delta table feature '%s' is not known",
                     mu_str_get(&safe));
    }
  }
  d->has_protocol = true;
  return 0;
}

static void read_metadata(struct mu_delta *d, const struct mu_json_node *metadata) {
  const struct mu_json_node *configuration = mu_json_get(metadata, "configuration");
  const char *from =
      mu_json_str(mu_json_get(configuration, "delta.inCommitTimestampEnablementVersion"), NULL);
  d->table_id = mu_arena_str(d->arena, mu_json_str(mu_json_get(metadata, "id"), NULL));
  d->in_commit = mu_streq(
      mu_json_str(mu_json_get(configuration, "delta.enableInCommitTimestamps"), NULL), "true");
  if (!from || mu_num_parse_i64(from, &d->in_commit_from) != 0) {
    d->in_commit_from = 0;
  }
}

/* ---- Files of the log ---- */

static int read_action(struct mu_delta *d, const struct mu_json_node *action, struct mu_err *err) {
  const struct mu_json_node *node = NULL;
  if ((node = mu_json_get(action, "add")) && mu_json_type(node) == MU_JSON_OBJECT) {
    return read_add(d, node, err);
  }
  if ((node = mu_json_get(action, "remove")) && mu_json_type(node) == MU_JSON_OBJECT) {
    return read_remove(d, node, err);
  }
  if ((node = mu_json_get(action, "protocol")) && mu_json_type(node) == MU_JSON_OBJECT) {
    return read_protocol(d, node, err);
  }
  if ((node = mu_json_get(action, "metaData")) && mu_json_type(node) == MU_JSON_OBJECT) {
    read_metadata(d, node);
  } else if ((node = mu_json_get(action, "commitInfo")) && mu_json_type(node) == MU_JSON_OBJECT) {
    d->timestamp_ms = mu_json_int(mu_json_get(node, "inCommitTimestamp"), -1);
    d->info_ms = mu_json_int(mu_json_get(node, "timestamp"), -1);
  } else if (mu_json_get(action, "sidecar")) {
    d->needs_parquet = true;
  }
  return 0;
}

static int read_lines(struct mu_delta *d, const char *p, size_t n, struct mu_err *err) {
  const char *end = p + n;
  int64_t line = 1;
  for (; p < end; line++) {
    const char *stop = memchr(p, '\n', (size_t)(end - p));
    size_t length = (size_t)((stop ? stop : end) - p);
    struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
    if (length > MU_DELTA_MAX_LINE) {
      return mu_fail(err, MU_E_LIMIT, "line %lld is over the cap of %d bytes", (long long)line,
                     (int)MU_DELTA_MAX_LINE);
    }
    bool is_blank = length == 0 || (length == 1 && *p == '\r');
    if (!is_blank &&
        (mu_json_parse(p, length, &doc, err) != 0 || read_action(d, mu_json_root(doc), err) != 0)) {
      return mu_wrap(err, "line %lld", (long long)line);
    }
    p += length + (stop ? 1 : 0);
  }
  return 0;
}

/* The checksum says how many files there must be, and often all of them. */
static int read_checksum(struct mu_delta *d, const char *p, size_t n, struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(p, n, &doc, err) != 0) {
    return mu_wrap(err, "version checksum");
  }
  const struct mu_json_node *root = mu_json_root(doc);
  const struct mu_json_node *all = mu_json_get(root, "allFiles");
  d->sum_files = mu_json_int(mu_json_get(root, "numFiles"), -1);
  d->sum_bytes = mu_json_int(mu_json_get(root, "tableSizeBytes"), -1);
  d->sum_deleted = mu_json_int(mu_json_get(root, "numDeletedRecordsOpt"), -1);
  d->has_checksum = d->sum_files >= 0 && d->sum_bytes >= 0;
  if (!d->has_protocol && mu_json_get(root, "protocol") &&
      read_protocol(d, mu_json_get(root, "protocol"), err) != 0) {
    return -1;
  }
  if (!d->table_id && mu_json_get(root, "metadata")) {
    read_metadata(d, mu_json_get(root, "metadata"));
  }
  if (d->has_checksum && mu_json_type(all) == MU_JSON_ARRAY &&
      (int64_t)mu_json_len(all) == d->sum_files) {
    for (size_t i = 0; i < mu_json_len(all); i++) {
      if (read_add(d, mu_json_at(all, i), err) != 0) {
        return -1;
      }
    }
  }
  return 0;
}

int mu_delta_read(struct mu_delta *d, const struct mu_delta_name *name, const void *bytes, size_t n,
                  struct mu_err *err) {
  const char *p = n ? bytes : "";
  if (name->kind == MU_DELTA_CHECKSUM) {
    return read_checksum(d, p, n, err);
  }
  d->timestamp_ms = d->info_ms = -1;
  return read_lines(d, p, n, err) == 0
             ? 0
             : mu_wrap(err, "Delta version %lld", (long long)name->version);
}

/* ---- The count ---- */

static int add_up(struct mu_delta *d, struct mu_delta_result *out, struct mu_err *err) {
  struct mu_delta_file *live = mu_arena_array(d->arena, d->n, sizeof *live);
  for (size_t i = 0; i < d->n; i++) {
    const struct mu_delta_file *file = &d->rows[i].file;
    if (!d->rows[i].is_live) {
      continue;
    }
    live[out->files++] = *file;
    out->without_records += file->records < 0 ? 1 : 0;
    out->vectors += file->deleted > 0 ? 1 : 0;
    if (__builtin_add_overflow(out->bytes, file->size, &out->bytes) ||
        __builtin_add_overflow(out->rows, file->records < 0 ? 0 : file->records - file->deleted,
                               &out->rows) ||
        __builtin_add_overflow(out->deleted, file->deleted, &out->deleted)) {
      return mu_fail(err, MU_E_INPUT, "the counts of a Delta log overflow");
    }
  }
  out->live = live;
  return 0;
}

int mu_delta_count(struct mu_delta *d, const struct mu_delta_plan *plan,
                   struct mu_delta_result *out, struct mu_err *err) {
  struct mu_delta_result result = {
      .info_ms = d->info_ms, .table_id = d->table_id, .timestamp_ms = -1};
  bool from_start = plan->from_start && !d->needs_parquet;
  if (add_up(d, &result, err) != 0) {
    return -1;
  }
  bool agrees = d->has_checksum && d->sum_files == result.files && d->sum_bytes == result.bytes &&
                (d->sum_deleted < 0 || d->sum_deleted == result.deleted);
  if (from_start && d->has_checksum && !agrees) {
    return mu_fail(
        err, MU_E_INPUT,
        "version %lld: the checksum says %lld files of %lld bytes, the commits %lld of %lld",
        (long long)plan->version, (long long)d->sum_files, (long long)d->sum_bytes,
        (long long)result.files, (long long)result.bytes);
  }
  if (d->in_commit && plan->version >= d->in_commit_from) {
    result.timestamp_ms = d->timestamp_ms;
  }
  result.is_complete = (from_start || agrees) && d->has_protocol;
  result.why = result.is_complete ? NULL
               : !d->has_protocol
                   ? "the log before its checkpoint is gone, and with it the table's protocol"
                   : "older commits are only in a Parquet checkpoint, which cannot be read here, "
                     "and no checksum proves that nothing is missing";
  *out = result;
  return 0;
}
