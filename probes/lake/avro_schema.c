/* SPDX-License-Identifier: Apache-2.0 */
/* Schema JSON to flat nodes. Named types may be referred to again, which makes a graph, never a
 * cycle: a type that is still being read cannot be referred to. A wanted field must stand at one
 * place only. */
#include "lake/avro_schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

enum { MAX_NAMES = 1024, MAX_FIXED = 1 << 20, NOWHERE = -2 };

struct name {
  const char *full;
  uint32_t node;
  bool is_open; /* still being read */
};

struct compiler {
  struct mu_avro_schema *out;
  const struct mu_avro_want *wants;
  size_t wants_n;
  struct mu_arena *arena;
  struct name *names;
  size_t names_n, names_cap;
  struct mu_err *err;
};

/* Where in the schema we are. */
struct place {
  int depth, parent; /* the field id that a record here belongs to */
  const char *space; /* enclosing namespace, or NULL */
};

static int compile(struct compiler *c, const struct mu_json_node *json, struct place place,
                   uint32_t *out);

static int add_node(struct compiler *c, enum mu_avro_kind kind, uint32_t *out) {
  struct mu_avro_schema *s = c->out;
  if (s->nodes_n >= MU_AVRO_MAX_NODES) {
    return mu_fail(c->err, MU_E_LIMIT, "schema has more than %d types", (int)MU_AVRO_MAX_NODES);
  }
  s->nodes = mu_arena_grow(c->arena, s->nodes, s->nodes_n, &s->nodes_cap, sizeof *s->nodes);
  struct mu_avro_node *node = &s->nodes[s->nodes_n];
  *node = (struct mu_avro_node){.kind = kind, .depth = 1, .is_empty = kind == MU_AVRO_NULL};
  node->varints = kind == MU_AVRO_INT || kind == MU_AVRO_LONG ? 1 : 0;
  *out = (uint32_t)s->nodes_n++;
  return 0;
}

static bool primitive(const char *name, enum mu_avro_kind *kind) {
  static const struct {
    const char *name;
    enum mu_avro_kind kind;
  } table[] = {
      {"null", MU_AVRO_NULL},   {"boolean", MU_AVRO_BOOL}, {"int", MU_AVRO_INT},
      {"long", MU_AVRO_LONG},   {"float", MU_AVRO_FLOAT},  {"double", MU_AVRO_DOUBLE},
      {"bytes", MU_AVRO_BYTES}, {"string", MU_AVRO_BYTES},
  };
  for (size_t i = 0; i < MU_LEN(table); i++) {
    if (mu_streq(name, table[i].name)) {
      *kind = table[i].kind;
      return true;
    }
  }
  return false;
}

static const char *full_name(struct compiler *c, const char *name, const char *space) {
  bool has_space = space && *space && !strchr(name, '.');
  return has_space ? mu_arena_fmt(c->arena, "%s.%s", space, name) : name;
}

static const struct name *find_name(const struct compiler *c, const char *full) {
  for (size_t i = 0; i < c->names_n; i++) {
    if (mu_streq(c->names[i].full, full)) {
      return &c->names[i];
    }
  }
  return NULL;
}

static int refer(struct compiler *c, const char *name, const char *space, uint32_t *out) {
  const struct name *found = find_name(c, full_name(c, name, space));
  if (!found) {
    found = find_name(c, name);
  }
  if (!found || found->is_open || c->out->nodes[found->node].has_slot) {
    return mu_fail(c->err, MU_E_INPUT, "schema refers to a type that is %s",
                   !found           ? "unknown"
                   : found->is_open ? "recursive"
                                    : "used twice for wanted fields");
  }
  *out = found->node;
  return 0;
}

/* Names a type before its members are read; *index is its place in the table. */
static int declare(struct compiler *c, const struct mu_json_node *json, uint32_t node,
                   struct place *place, size_t *index) {
  const char *name = mu_json_str(mu_json_get(json, "name"), NULL);
  if (!name || !*name || c->names_n >= MAX_NAMES) {
    return mu_fail(c->err, MU_E_INPUT, "schema has a %s",
                   name ? "bad or late name" : "type without a name");
  }
  const char *space = mu_json_str(mu_json_get(json, "namespace"), place->space);
  const char *full = mu_arena_str(c->arena, full_name(c, name, space));
  if (find_name(c, full)) {
    return mu_fail(c->err, MU_E_INPUT, "schema defines one name twice");
  }
  const char *dot = strrchr(full, '.');
  place->space = dot ? mu_arena_strn(c->arena, full, (size_t)(dot - full)) : NULL;
  c->names = mu_arena_grow(c->arena, c->names, c->names_n, &c->names_cap, sizeof *c->names);
  c->names[c->names_n] = (struct name){.full = full, .node = node, .is_open = true};
  *index = c->names_n++;
  return 0;
}

/* Members are contiguous: room for all of them is taken before any is read. */
static int take_fields(struct compiler *c, uint32_t node, size_t n) {
  struct mu_avro_schema *s = c->out;
  if (n > MU_AVRO_MAX_NODES || s->fields_n + n > MU_AVRO_MAX_NODES) {
    return mu_fail(c->err, MU_E_LIMIT, "schema has more than %d members", (int)MU_AVRO_MAX_NODES);
  }
  s->nodes[node].first = (uint32_t)s->fields_n;
  s->nodes[node].n = (uint32_t)n;
  for (size_t i = 0; i < n; i++) {
    s->fields = mu_arena_grow(c->arena, s->fields, s->fields_n, &s->fields_cap, sizeof *s->fields);
    s->fields[s->fields_n++] = (struct mu_avro_field){.slot = -1, .name = ""};
  }
  return 0;
}

static int set_member(struct compiler *c, uint32_t node, size_t i, uint32_t member) {
  struct mu_avro_node *self = &c->out->nodes[node];
  const struct mu_avro_node *below = &c->out->nodes[member];
  c->out->fields[self->first + i].node = member;
  self->has_slot = self->has_slot || below->has_slot;
  if (below->depth + 1 > self->depth) {
    self->depth = below->depth + 1;
  }
  if (self->depth > MU_AVRO_MAX_DEPTH) {
    return mu_fail(c->err, MU_E_LIMIT, "schema is deeper than %d levels", (int)MU_AVRO_MAX_DEPTH);
  }
  return 0;
}

/* The type behind a union with null; false where the union leaves another choice. */
static bool unwrap(const struct mu_avro_schema *s, uint32_t *node) {
  const struct mu_avro_node *self = &s->nodes[*node];
  if (self->kind != MU_AVRO_UNION) {
    return true;
  }
  uint32_t other = 0;
  size_t others = 0;
  for (uint32_t i = 0; i < self->n; i++) {
    uint32_t branch = s->fields[self->first + i].node;
    if (s->nodes[branch].kind != MU_AVRO_NULL) {
      other = branch;
      others++;
    }
  }
  *node = other;
  return others == 1 && self->n <= 2;
}

static bool fits(const struct mu_avro_node *node, enum mu_avro_as as) {
  switch (as) {
  case MU_AVRO_AS_LONG:
    return node->kind == MU_AVRO_INT || node->kind == MU_AVRO_LONG;
  case MU_AVRO_AS_BYTES:
    return node->kind == MU_AVRO_BYTES || node->kind == MU_AVRO_FIXED;
  case MU_AVRO_AS_RAW:
    return true;
  }
  return false;
}

static int match_want(struct compiler *c, uint32_t node, size_t i, int parent, int id) {
  struct mu_avro_schema *s = c->out;
  for (size_t slot = 0; slot < c->wants_n; slot++) {
    const struct mu_avro_want *want = &c->wants[slot];
    if (want->parent != parent || want->id != id) {
      continue;
    }
    uint32_t type = s->fields[s->nodes[node].first + i].node;
    if (s->has[slot]) {
      return mu_fail(c->err, MU_E_INPUT, "schema has field id %d twice", id);
    }
    if (!unwrap(s, &type) || !fits(&s->nodes[type], want->as) || s->nodes[type].has_slot) {
      return mu_fail(c->err, MU_E_INPUT, "field id %d is of an unexpected type", id);
    }
    s->has[slot] = true;
    s->slot_node[slot] = type;
    s->fields[s->nodes[node].first + i].slot = (int)slot;
    s->nodes[node].has_slot = true;
  }
  return 0;
}

static int compile_field(struct compiler *c, const struct mu_json_node *json, uint32_t node,
                         size_t i, struct place place) {
  const struct mu_json_node *id_json = mu_json_get(json, "field-id");
  int64_t id = mu_json_int(id_json, NOWHERE);
  if (id < 0 || id > INT32_MAX) {
    id = NOWHERE;
  }
  int parent = place.parent;
  place.parent = (int)id;
  place.depth++;
  uint32_t type = 0;
  if (compile(c, mu_json_get(json, "type"), place, &type) != 0 ||
      set_member(c, node, i, type) != 0) {
    return -1;
  }
  const char *name = mu_json_str(mu_json_get(json, "name"), NULL);
  if (!name) {
    return mu_fail(c->err, MU_E_INPUT, "schema has a field without a name");
  }
  c->out->fields[c->out->nodes[node].first + i].name = mu_arena_str(c->arena, name);
  return parent == NOWHERE || id == NOWHERE ? 0 : match_want(c, node, i, parent, (int)id);
}

static void sum_up_record(struct mu_avro_schema *s, uint32_t node) {
  struct mu_avro_node *self = &s->nodes[node];
  bool is_empty = true, plain = true;
  uint32_t varints = 0;
  for (uint32_t i = 0; i < self->n; i++) {
    const struct mu_avro_node *below = &s->nodes[s->fields[self->first + i].node];
    is_empty = is_empty && below->is_empty;
    plain = plain && below->varints > 0;
    varints += below->varints;
  }
  self->is_empty = is_empty;
  self->is_pair = self->n == 2 && s->nodes[s->fields[self->first].node].varints == 1 &&
                  s->nodes[s->fields[self->first + 1].node].kind == MU_AVRO_BYTES;
  /* A shared type counts once for each use, so the sum is capped. */
  self->varints = plain && varints <= MU_AVRO_MAX_NODES ? varints : 0;
}

static int compile_record(struct compiler *c, const struct mu_json_node *json, struct place place,
                          uint32_t *out) {
  const struct mu_json_node *fields = mu_json_get(json, "fields");
  size_t n = mu_json_len(fields), name = 0;
  uint32_t node = 0;
  if (mu_json_type(fields) != MU_JSON_ARRAY) {
    return mu_fail(c->err, MU_E_INPUT, "schema has a record without fields");
  }
  if (add_node(c, MU_AVRO_RECORD, &node) != 0 || declare(c, json, node, &place, &name) != 0 ||
      take_fields(c, node, n) != 0) {
    return -1;
  }
  for (size_t i = 0; i < n; i++) {
    if (compile_field(c, mu_json_at(fields, i), node, i, place) != 0) {
      return -1;
    }
  }
  c->names[name].is_open = false;
  sum_up_record(c->out, node);
  *out = node;
  return 0;
}

static int compile_union(struct compiler *c, const struct mu_json_node *json, struct place place,
                         uint32_t *out) {
  size_t n = mu_json_len(json);
  uint32_t node = 0;
  if (n == 0) {
    return mu_fail(c->err, MU_E_INPUT, "schema has a union of nothing");
  }
  if (add_node(c, MU_AVRO_UNION, &node) != 0 || take_fields(c, node, n) != 0) {
    return -1;
  }
  place.depth++;
  for (size_t i = 0; i < n; i++) {
    uint32_t branch = 0;
    if (compile(c, mu_json_at(json, i), place, &branch) != 0) {
      return -1;
    }
    if (c->out->nodes[branch].kind == MU_AVRO_UNION) {
      return mu_fail(c->err, MU_E_INPUT, "schema has a union within a union");
    }
    if (set_member(c, node, i, branch) != 0) {
      return -1;
    }
  }
  *out = node;
  return 0;
}

static int compile_items(struct compiler *c, const struct mu_json_node *json, bool is_map,
                         struct place place, uint32_t *out) {
  uint32_t node = 0, item = 0;
  if (add_node(c, is_map ? MU_AVRO_MAP : MU_AVRO_ARRAY, &node) != 0 ||
      take_fields(c, node, 1) != 0) {
    return -1;
  }
  place.depth++;
  place.parent = NOWHERE;
  if (compile(c, mu_json_get(json, is_map ? "values" : "items"), place, &item) != 0 ||
      set_member(c, node, 0, item) != 0) {
    return -1;
  }
  *out = node;
  return 0;
}

/* Fixed and enum. */
static int compile_sized(struct compiler *c, const struct mu_json_node *json, bool is_enum,
                         struct place place, uint32_t *out) {
  int64_t size = is_enum ? (int64_t)mu_json_len(mu_json_get(json, "symbols"))
                         : mu_json_int(mu_json_get(json, "size"), -1);
  size_t name = 0;
  uint32_t node = 0;
  if (size < 0 || size > MAX_FIXED) {
    return mu_fail(c->err, MU_E_INPUT, "schema has a fixed of an impossible size");
  }
  if (add_node(c, is_enum ? MU_AVRO_ENUM : MU_AVRO_FIXED, &node) != 0 ||
      declare(c, json, node, &place, &name) != 0) {
    return -1;
  }
  c->names[name].is_open = false;
  c->out->nodes[node].size = (uint32_t)size;
  c->out->nodes[node].is_empty = !is_enum && size == 0;
  *out = node;
  return 0;
}

static int compile_named(struct compiler *c, const struct mu_json_node *json, const char *name,
                         struct place place, uint32_t *out) {
  enum mu_avro_kind kind = MU_AVRO_NULL;
  if (!primitive(name, &kind)) {
    return refer(c, name, place.space, out);
  }
  if (add_node(c, kind, out) != 0) {
    return -1;
  }
  c->out->nodes[*out].is_date =
      mu_streq(mu_json_str(mu_json_get(json, "logicalType"), NULL), "date");
  return 0;
}

static int compile(struct compiler *c, const struct mu_json_node *json, struct place place,
                   uint32_t *out) {
  if (place.depth > MU_AVRO_MAX_DEPTH) {
    return mu_fail(c->err, MU_E_LIMIT, "schema is deeper than %d levels", (int)MU_AVRO_MAX_DEPTH);
  }
  enum mu_json_type type = mu_json_type(json);
  if (type == MU_JSON_STR) {
    return compile_named(c, NULL, mu_json_str(json, ""), place, out);
  }
  if (type == MU_JSON_ARRAY) {
    return compile_union(c, json, place, out);
  }
  const struct mu_json_node *inner = mu_json_get(json, "type");
  const char *name = mu_json_str(inner, NULL);
  if (type != MU_JSON_OBJECT || !inner) {
    return mu_fail(c->err, MU_E_INPUT, "schema has something that is not a type");
  }
  if (!name) { /* {"type": {"type": …}} */
    place.depth++;
    return compile(c, inner, place, out);
  }
  if (mu_streq(name, "record")) {
    return compile_record(c, json, place, out);
  }
  if (mu_streq(name, "array") || mu_streq(name, "map")) {
    return compile_items(c, json, name[0] == 'm', place, out);
  }
  if (mu_streq(name, "fixed") || mu_streq(name, "enum")) {
    return compile_sized(c, json, name[0] == 'e', place, out);
  }
  return compile_named(c, json, name, place, out);
}

static int check_root(struct compiler *c) {
  const struct mu_avro_node *root = &c->out->nodes[c->out->root];
  if (root->kind != MU_AVRO_RECORD || root->is_empty) {
    return mu_fail(c->err, MU_E_INPUT, "schema is not a record with content");
  }
  for (size_t slot = 0; slot < c->wants_n; slot++) {
    if (c->wants[slot].required && !c->out->has[slot]) {
      return mu_fail(c->err, MU_E_INPUT, "schema has no field with id %d", c->wants[slot].id);
    }
  }
  return 0;
}

int mu_avro_schema_parse(const char *text, size_t n, const struct mu_avro_want *wants,
                         size_t wants_n, struct mu_arena *arena, struct mu_avro_schema *out,
                         struct mu_err *err) {
  struct mu_json *doc MU_CLEANUP(mu_json_cleanup) = NULL;
  if (mu_json_parse(text, n, &doc, err) != 0) {
    return mu_wrap(err, "Avro schema");
  }
  *out = (struct mu_avro_schema){0};
  struct compiler c = {.out = out, .wants = wants, .wants_n = wants_n, .arena = arena, .err = err};
  struct place place = {.parent = MU_AVRO_ROOT};
  if (compile(&c, mu_json_root(doc), place, &out->root) != 0 || check_root(&c) != 0) {
    return mu_wrap(err, "Avro schema");
  }
  return 0;
}
