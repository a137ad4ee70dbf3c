/* SPDX-License-Identifier: Apache-2.0 */
/* Looks attributes up in attrs.def. Asked only where something differs or was unknown; what was
 * found is remembered by type and path. */
#include <string.h>

#include "drift/engine.h"

enum { ATTRS_MAX = 1 << 16 };

struct row {
  const char *type, *path;
  unsigned traits;
  const char *key;
};

static const struct row rows[] = {
#define MU_ATTR(type, path, traits, key) {type, path, traits, key},
#include "drift/attrs.def"
#undef MU_ATTR
};

static bool path_matches(const struct row *row, const char *path) {
  if (row->path[0] == '*' && row->path[1] == '.') {
    const char *last = row->path + 2;
    return mu_str_glob(last, path) || (strlen(path) > strlen(last) && mu_str_ends(path, last) &&
                                       path[strlen(path) - strlen(last) - 1] == '.');
  }
  return mu_str_glob(row->path, path);
}

/* Whether the order means something: the schema's word counts before the table's, the table's
 * before the config's. A list of the schema that the table knows as a set (the CIDRs of a rule) is
 * neither: its order is no change, and is not passed over in silence. */
static unsigned with_order(struct mu_engine *e, struct mu_attr *attr, const char *type,
                           const char *path) {
  switch (mu_schema_order(e)) {
  case MU_ORDER_SET:
    return (attr->traits & ~(unsigned)MU_AT_LIST) | MU_AT_SET | MU_AT_SCHEMA;
  case MU_ORDER_LIST:
    return attr->traits & MU_AT_SET ? (attr->traits & ~(unsigned)MU_AT_SET) | MU_AT_SCHEMA
                                    : attr->traits | MU_AT_ORDERED | MU_AT_SCHEMA;
  case MU_ORDER_UNKNOWN:
    break;
  }
  for (size_t i = 0; i < e->in->sets_n; i++) {
    const struct mu_set_rule *rule = &e->in->sets[i];
    const struct row row = {.path = rule->path};
    if (path_matches(&row, path) && mu_str_glob(rule->type, type)) {
      attr->natural_key = attr->natural_key ? attr->natural_key : rule->key;
      if (!(attr->traits & (MU_AT_SET | MU_AT_LIST))) {
        return attr->traits | MU_AT_SET;
      }
    }
  }
  return attr->traits;
}

/* Sums up every row that matches; the natural key is that of the last. */
static struct mu_attr look_up(struct mu_engine *e) {
  const char *path = mu_path_plain(e), *type = mu_type(e);
  struct mu_attr attr = {.rollup = -1};
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (path_matches(&rows[i], path) && mu_str_glob(rows[i].type, type)) {
      attr.traits |= rows[i].traits;
      attr.natural_key = rows[i].key ? rows[i].key : attr.natural_key;
    }
  }
  attr.traits = with_order(e, &attr, type, path);
  attr.rollup = e->depth == 1 ? mu_rollup_row(type, path) : -1;
  return attr;
}

/* Of type and keys; of an index only that there is one: the paths of all instances of one type
 * share an entry. */
static uint64_t path_hash(const struct mu_engine *e) {
  const struct mu_res *res = e->plan_res ? e->plan_res : e->actual_res;
  const struct mu_doc *doc = e->plan_res ? e->plan_doc : e->actual_doc;
  uint64_t hash = res ? mu_res_type(doc, res)->hash : 11;
  for (size_t i = 0; i < e->depth; i++) {
    if (e->path[i].key.tape) {
      size_t n = 0;
      const char *raw = mu_val_raw(e->path[i].key, &n);
      hash = mu_hash_bytes(hash, raw, n);
    } else {
      hash = mu_hash_bytes(hash, "[]", 2);
    }
  }
  return hash ? hash : 1;
}

/* A top-level attribute is asked about several times in a row. */
static uint64_t remembered_hash(struct mu_engine *e) {
  struct mu_val key = e->depth == 1 ? e->path[0].key : MU_ABSENT_VAL;
  if (!key.tape || key.tape != e->hashed.tape || key.i != e->hashed.i) {
    e->hashed = key;
    e->path_hash = path_hash(e);
  }
  return e->path_hash;
}

static void grow(struct mu_engine *e) {
  size_t n = e->attrs_cap ? e->attrs_cap * 2 : 256;
  struct mu_attr *table = mu_arena_array(e->arena, n, sizeof *table);
  for (size_t i = 0; i < e->attrs_cap; i++) {
    if (e->attrs[i].hash) {
      size_t at = e->attrs[i].hash & (n - 1);
      while (table[at].hash) {
        at = (at + 1) & (n - 1);
      }
      table[at] = e->attrs[i];
    }
  }
  e->attrs = table;
  e->attrs_cap = n;
}

/* Maps with keys of their own (tags, environments) have as many paths as they have keys: the table
 * is emptied when it is full. */
const struct mu_attr *mu_attr(struct mu_engine *e) {
  if (e->attrs_n * 2 >= e->attrs_cap) {
    if (e->attrs_cap < ATTRS_MAX) {
      grow(e);
    } else {
      memset(e->attrs, 0, e->attrs_cap * sizeof *e->attrs);
      e->attrs_n = 0;
    }
  }
  uint64_t hash = remembered_hash(e);
  size_t at = hash & (e->attrs_cap - 1);
  while (e->attrs[at].hash && e->attrs[at].hash != hash) {
    at = (at + 1) & (e->attrs_cap - 1);
  }
  if (!e->attrs[at].hash) {
    e->attrs[at] = look_up(e);
    e->attrs[at].hash = hash;
    e->attrs_n++;
  }
  return &e->attrs[at];
}

unsigned mu_attr_traits(struct mu_engine *e) {
  return mu_attr(e)->traits;
}
