/* SPDX-License-Identifier: Apache-2.0 */
/* Table metadata (format/spec.md, "Table Metadata and Snapshots", appendix C). */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/gunzip.h"
#include "base/json.h"
#include "base/num.h"
#include "base/str.h"
#include "lake/iceberg.h"

enum { MAX_SNAPSHOTS = 1000000, MAX_PAIRS = 4096, MAX_REFS = 10000, NO_SNAPSHOT = -1 };
enum { MAX_INFLATED = 256 * 1024 * 1024 };

struct reader {
  struct mu_arena *arena;
  struct mu_iceberg_meta *out;
  struct mu_err *err;
};

static const char *text_of(struct reader *r, const struct mu_json_node *node) {
  return mu_arena_str(r->arena, mu_json_str(node, NULL));
}

static int too_many(struct reader *r, const char *what, size_t n) {
  return mu_fail(r->err, MU_E_LIMIT, "table metadata has %zu %s", n, what);
}

static int read_pairs(struct reader *r, const struct mu_json_node *object,
                      const struct mu_iceberg_pair **out, size_t *out_n) {
  size_t n = mu_json_len(object);
  if (mu_json_type(object) != MU_JSON_OBJECT) {
    return 0;
  }
  if (n > MAX_PAIRS) {
    return too_many(r, "summary entries", n);
  }
  struct mu_iceberg_pair *pairs = mu_arena_array(r->arena, n, sizeof *pairs);
  for (size_t i = 0; i < n; i++) {
    const char *key = NULL;
    const struct mu_json_node *value = mu_json_member(object, i, &key);
    pairs[i].key = mu_arena_str(r->arena, key);
    pairs[i].value = mu_json_text(value, r->arena);
  }
  *out = pairs;
  *out_n = n;
  return 0;
}

static int read_inline(struct reader *r, const struct mu_json_node *array,
                       struct mu_iceberg_snapshot *out) {
  size_t n = mu_json_len(array);
  if (n > MU_ICEBERG_MAX_MANIFESTS) {
    return too_many(r, "inline manifests", n);
  }
  const char **paths = mu_arena_array(r->arena, n, sizeof *paths);
  for (size_t i = 0; i < n; i++) {
    paths[i] = text_of(r, mu_json_at(array, i));
    if (!paths[i]) {
      return mu_fail(r->err, MU_E_INPUT, "an inline manifest is not a path");
    }
  }
  out->manifests = paths;
  out->manifests_n = n;
  return 0;
}

static int read_snapshot(struct reader *r, const struct mu_json_node *json,
                         struct mu_iceberg_snapshot *out) {
  out->id = mu_json_int(mu_json_get(json, "snapshot-id"), NO_SNAPSHOT);
  out->parent_id = mu_json_int(mu_json_get(json, "parent-snapshot-id"), NO_SNAPSHOT);
  out->sequence_number = mu_json_int(mu_json_get(json, "sequence-number"), 0);
  out->timestamp_ms = mu_json_int(mu_json_get(json, "timestamp-ms"), -1);
  out->manifest_list = text_of(r, mu_json_get(json, "manifest-list"));
  out->is_encrypted = mu_json_str(mu_json_get(json, "key-id"), NULL) != NULL;
  if (out->id == NO_SNAPSHOT || out->timestamp_ms < 0) {
    return mu_fail(r->err, MU_E_INPUT, "a snapshot has no id or no time");
  }
  const struct mu_json_node *manifests = mu_json_get(json, "manifests");
  if (!out->manifest_list) {
    if (mu_json_type(manifests) != MU_JSON_ARRAY) {
      return mu_fail(r->err, MU_E_INPUT, "snapshot %lld has no manifest list", (long long)out->id);
    }
    if (read_inline(r, manifests, out) != 0) {
      return -1;
    }
  }
  return read_pairs(r, mu_json_get(json, "summary"), &out->summary, &out->summary_n);
}

static int read_snapshots(struct reader *r, const struct mu_json_node *root) {
  const struct mu_json_node *array = mu_json_get(root, "snapshots");
  size_t n = mu_json_type(array) == MU_JSON_ARRAY ? mu_json_len(array) : 0;
  if (n > MAX_SNAPSHOTS) {
    return too_many(r, "snapshots", n);
  }
  struct mu_iceberg_snapshot *at = mu_arena_array(r->arena, n, sizeof *at);
  for (size_t i = 0; i < n; i++) {
    if (read_snapshot(r, mu_json_at(array, i), &at[i]) != 0) {
      return -1;
    }
  }
  r->out->snapshots = at;
  r->out->snapshots_n = n;
  return 0;
}

static int read_log(struct reader *r, const struct mu_json_node *array) {
  size_t n = mu_json_type(array) == MU_JSON_ARRAY ? mu_json_len(array) : 0;
  struct mu_iceberg_log_entry *at = mu_arena_array(r->arena, n, sizeof *at);
  for (size_t i = 0; i < n; i++) {
    const struct mu_json_node *entry = mu_json_at(array, i);
    at[i].timestamp_ms = mu_json_int(mu_json_get(entry, "timestamp-ms"), INT64_MAX);
    at[i].snapshot_id = mu_json_int(mu_json_get(entry, "snapshot-id"), NO_SNAPSHOT);
  }
  r->out->log = at;
  r->out->log_n = n;
  return 0;
}

static int read_refs(struct reader *r, const struct mu_json_node *object) {
  size_t n = mu_json_type(object) == MU_JSON_OBJECT ? mu_json_len(object) : 0;
  if (n > MAX_REFS) {
    return too_many(r, "branches and tags", n);
  }
  struct mu_iceberg_ref *at = mu_arena_array(r->arena, n, sizeof *at);
  for (size_t i = 0; i < n; i++) {
    const char *name = NULL;
    const struct mu_json_node *ref = mu_json_member(object, i, &name);
    at[i].name = mu_arena_str(r->arena, name);
    at[i].snapshot_id = mu_json_int(mu_json_get(ref, "snapshot-id"), NO_SNAPSHOT);
    at[i].is_tag = mu_streq(mu_json_str(mu_json_get(ref, "type"), NULL), "tag");
  }
  r->out->refs = at;
  r->out->refs_n = n;
  return 0;
}

static const struct mu_iceberg_snapshot *by_id(const struct mu_iceberg_meta *meta, int64_t id) {
  for (size_t i = 0; i < meta->snapshots_n; i++) {
    if (meta->snapshots[i].id == id) {
      return &meta->snapshots[i];
    }
  }
  return NULL;
}

/* Java writes -1 for "no snapshot" in versions 1 and 2; others leave it out or write null. */
static int pick_current(struct reader *r, const struct mu_json_node *root) {
  const struct mu_json_node *node = mu_json_get(root, "current-snapshot-id");
  enum mu_json_type type = mu_json_type(node);
  if (type != MU_JSON_ABSENT && type != MU_JSON_NULL && type != MU_JSON_INT) {
    return mu_fail(r->err, MU_E_INPUT, "current-snapshot-id is not a number");
  }
  int64_t id = mu_json_int(node, NO_SNAPSHOT);
  for (size_t i = 0; i < r->out->refs_n; i++) {
    if (mu_streq(r->out->refs[i].name, "main") && r->out->refs[i].snapshot_id != id) {
      return mu_fail(r->err, MU_E_INPUT, "branch main and current-snapshot-id disagree");
    }
  }
  if (id == NO_SNAPSHOT) {
    return 0;
  }
  r->out->current = by_id(r->out, id);
  return r->out->current ? 0
                         : mu_fail(r->err, MU_E_INPUT,
                                   "current snapshot %lld is not in the metadata", (long long)id);
}

static bool is_flat(const struct mu_json_node *fields) {
  for (size_t i = 0; i < mu_json_len(fields); i++) {
    const struct mu_json_node *field = mu_json_at(fields, i);
    if (!mu_streq(mu_json_str(mu_json_get(field, "transform"), NULL), "void")) {
      return false;
    }
  }
  return true;
}

static void read_specs(struct reader *r, const struct mu_json_node *root) {
  const struct mu_json_node *specs = mu_json_get(root, "partition-specs");
  const struct mu_json_node *only = mu_json_get(root, "partition-spec"); /* version 1 */
  bool many = mu_json_type(specs) == MU_JSON_ARRAY;
  size_t n = many ? mu_json_len(specs) : 1;
  int64_t *flat = mu_arena_array(r->arena, n, sizeof *flat);
  size_t flat_n = 0;
  for (size_t i = 0; i < n; i++) {
    const struct mu_json_node *spec = mu_json_at(specs, i);
    const struct mu_json_node *fields = many ? mu_json_get(spec, "fields") : only;
    if (mu_json_type(fields) == MU_JSON_ARRAY && is_flat(fields)) {
      flat[flat_n++] = many ? mu_json_int(mu_json_get(spec, "spec-id"), 0) : 0;
    }
  }
  r->out->flat_specs = flat;
  r->out->flat_specs_n = flat_n;
}

struct places {
  struct mu_iceberg_pair *at;
  size_t n, cap;
};

static void add_place(struct reader *r, struct places *places, const char *what,
                      const struct mu_json_node *path) {
  const char *text = text_of(r, path);
  if (text) {
    places->at = mu_arena_grow(r->arena, places->at, places->n, &places->cap, sizeof *places->at);
    places->at[places->n++] = (struct mu_iceberg_pair){what, text};
  }
}

static void add_statistics(struct reader *r, struct places *places, const char *what,
                           const struct mu_json_node *array) {
  for (size_t i = 0; i < mu_json_len(array); i++) {
    const struct mu_json_node *entry = mu_json_at(array, i);
    int64_t id = mu_json_int(mu_json_get(entry, "snapshot-id"), NO_SNAPSHOT);
    if (r->out->current && id == r->out->current->id) {
      add_place(r, places, what, mu_json_get(entry, "statistics-path"));
    }
  }
}

static void read_places(struct reader *r, const struct mu_json_node *root) {
  static const char *const keys[] = {"write.data.path", "write.metadata.path",
                                     "write.object-storage.path", "write.folder-storage.path"};
  struct places places = {0};
  const struct mu_json_node *properties = mu_json_get(root, "properties");
  add_place(r, &places, "table location", mu_json_get(root, "location"));
  for (size_t i = 0; i < MU_LEN(keys); i++) {
    add_place(r, &places, keys[i], mu_json_get(properties, keys[i]));
  }
  add_statistics(r, &places, "statistics file", mu_json_get(root, "statistics"));
  add_statistics(r, &places, "partition statistics file",
                 mu_json_get(root, "partition-statistics"));
  r->out->places = places.at;
  r->out->places_n = places.n;
}

static int read_meta(struct reader *r, const struct mu_json_node *root) {
  struct mu_iceberg_meta *out = r->out;
  int64_t version = mu_json_int(mu_json_get(root, "format-version"), 0);
  if (version < 1) {
    return mu_fail(r->err, MU_E_INPUT, "not Iceberg table metadata: no format-version");
  }
  if (version > MU_ICEBERG_MAX_VERSION) {
    return mu_fail(r->err, MU_E_UNSUPPORTED, "Iceberg format version %lld is newer than %d",
                   (long long)version, (int)MU_ICEBERG_MAX_VERSION);
  }
  out->version = (int)version;
  out->uuid = text_of(r, mu_json_get(root, "table-uuid"));
  out->location = text_of(r, mu_json_get(root, "location"));
  out->last_updated_ms = mu_json_int(mu_json_get(root, "last-updated-ms"), -1);
  out->schema_id = mu_json_int(mu_json_get(root, "current-schema-id"), 0);
  if (!out->location) {
    return mu_fail(r->err, MU_E_INPUT, "table metadata has no location");
  }
  if (read_snapshots(r, root) != 0 || read_refs(r, mu_json_get(root, "refs")) != 0 ||
      read_log(r, mu_json_get(root, "snapshot-log")) != 0 || pick_current(r, root) != 0) {
    return -1;
  }
  read_specs(r, root);
  read_places(r, root);
  return 0;
}

int mu_iceberg_meta_parse(const void *bytes, size_t n, struct mu_arena *arena,
                          struct mu_iceberg_meta **out, struct mu_err *err) {
  const unsigned char *p = bytes;
  const char *text = bytes;
  unsigned char *inflated = NULL;
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b) {
    if (mu_gunzip(p, n, MAX_INFLATED, &inflated, &n, err) != 0) {
      return -1;
    }
    text = (const char *)inflated;
  }
  int rc = mu_json_parse(n ? text : "", n, &doc, err);
  free(inflated);
  if (rc != 0) {
    return -1;
  }
  struct reader r = {.arena = arena, .out = mu_arena_alloc(arena, sizeof *r.out), .err = err};
  if (read_meta(&r, mu_json_root(doc)) != 0) {
    return -1;
  }
  *out = r.out;
  return 0;
}

static const struct mu_iceberg_snapshot *as_of(const struct mu_iceberg_meta *meta, int64_t at) {
  const struct mu_iceberg_snapshot *found = NULL;
  for (size_t i = 0; i < meta->log_n && meta->log[i].timestamp_ms <= at; i++) {
    found = by_id(meta, meta->log[i].snapshot_id);
  }
  return found;
}

int mu_iceberg_snapshot_find(const struct mu_iceberg_meta *meta, const char *which,
                             const struct mu_iceberg_snapshot **out, struct mu_err *err) {
  int64_t number = 0;
  const struct mu_iceberg_snapshot *found = NULL;
  if (!which || mu_streq(which, "current") || mu_streq(which, "main")) {
    *out = meta->current;
    return 0;
  }
  for (size_t i = 0; i < meta->refs_n; i++) {
    if (mu_streq(meta->refs[i].name, which)) {
      found = by_id(meta, meta->refs[i].snapshot_id);
    }
  }
  if (!found && mu_num_parse_i64(which, &number) == 0) {
    found = by_id(meta, number);
  } else if (!found && mu_time_parse(which, &number) == 0) {
    found = as_of(meta, number);
  }
  if (!found) {
    MU_STR(safe, 128);
    mu_str_add_safe(&safe, which, strlen(which));
    return mu_fail(err, MU_E_ABSENT, "the table has no snapshot, branch or tag '%s'",
                   mu_str_get(&safe));
  }
  *out = found;
  return 0;
}

const char *mu_iceberg_summary(const struct mu_iceberg_snapshot *snapshot, const char *key) {
  for (size_t i = 0; i < snapshot->summary_n; i++) {
    if (mu_streq(snapshot->summary[i].key, key)) {
      return snapshot->summary[i].value;
    }
  }
  return NULL;
}
