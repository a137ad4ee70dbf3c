/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the rows over the tree: unknown, missing and mistyped keys are complained about, everything
 * else lands in the structs. The recursion follows the tables, which are finite, never the input.
 */
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "config/table.h"

enum {
  KEYS_MAX = 64,  /* rows of one section, for suggestions */
  HINTS_MAX = 500 /* errors with a suggestion */
};

_Static_assert(sizeof(MU_CONFIG_LIST(const char *)) == sizeof(struct mu_any_list),
               "lists are alike");

const struct mu_member *mu_member_find(const struct mu_node *map, const char *key) {
  for (size_t i = 0; map && map->kind == MU_NODE_MAP && i < map->n; i++) {
    if (mu_streq(map->members[i].key, key)) {
      return &map->members[i];
    }
  }
  return NULL;
}

struct mu_place mu_place_of(struct mu_reader *r, struct mu_place parent,
                            const struct mu_member *member, size_t i) {
  const char *path = parent.path;
  if (parent.member->value == r->config->root) {
    path = member->key;
  } else if (member->key) {
    path = mu_arena_fmt(r->arena, "%s.%s", path, member->key);
  } else {
    path = mu_arena_fmt(r->arena, "%s[%zu]", path, i);
  }
  return (struct mu_place){.path = path, .member = member};
}

const char *mu_read_hint(struct mu_reader *r, const char *word, const char *const *words,
                         size_t n) {
  /* Nobody reads that many; comparing each with everything would take minutes. */
  const char *near = r->diags->errors < HINTS_MAX ? mu_str_nearest(word, words, n) : NULL;
  return near ? mu_arena_fmt(r->arena, "; did you mean '%s'?", near) : "";
}

static size_t keys_of(const struct mu_section *section, const char *keys[KEYS_MAX]) {
  size_t n = 0;
  for (const struct mu_field *f = section->fields; f && f->key && n < KEYS_MAX; f++) {
    keys[n++] = f->key;
  }
  return n;
}

static const char *kind_name(enum mu_node_kind kind) {
  return kind == MU_NODE_MAP ? "a map" : kind == MU_NODE_LIST ? "a list" : "a single value";
}

bool mu_read_kind(struct mu_reader *r, struct mu_place place, enum mu_node_kind kind) {
  const struct mu_node *node = place.member->value;
  if (node->kind == kind) {
    return true;
  }
  if (mu_node_is_null(node)) {
    mu_diag_add_key(r->diags, place.member, "%s: has no value; give it one, or leave the key out",
                    place.path);
    return false;
  }
  static const char *const forms[] = {[MU_NODE_SCALAR] = "write one value",
                                      [MU_NODE_MAP] = "write 'key: value' lines, or { key: value }",
                                      [MU_NODE_LIST] = "write '- value' lines, or [value, value]"};
  mu_diag_add(r->diags, node, "%s: is %s where %s is expected; %s", place.path,
              kind_name(node->kind), kind_name(kind), forms[kind]);
  return false;
}

const struct mu_member *mu_read_unknown(const struct mu_section *section, const struct mu_node *map,
                                        size_t *i) {
  const char *keys[KEYS_MAX];
  size_t n = keys_of(section, keys);
  for (; *i < map->n; ++*i) {
    bool known = false;
    for (size_t k = 0; k < n && !known; k++) {
      known = mu_streq(keys[k], map->members[*i].key);
    }
    if (!known) {
      return &map->members[(*i)++];
    }
  }
  return NULL;
}

/* The row that a key without one was meant for, or NULL. Where such keys are kept, only one wrong
 * letter counts. */
static const char *meant_row(const struct mu_section *section, const char *key) {
  const char *keys[KEYS_MAX];
  size_t n = keys_of(section, keys);
  if (section->rest == MU_NOWHERE) {
    return mu_str_nearest(key, keys, n);
  }
  for (size_t i = 0; i < n; i++) {
    if (mu_str_distance(key, keys[i], 1) == 1) {
      return keys[i];
    }
  }
  return NULL;
}

static void complain_unknown(struct mu_reader *r, const struct mu_section *section,
                             struct mu_place place, const struct mu_member *member) {
  const char *keys[KEYS_MAX];
  size_t n = keys_of(section, keys);
  const char *meant = meant_row(section, member->key);
  if (meant) {
    mu_diag_add_key(r->diags, member, "unknown key '%s' in %s; did you mean '%s'?", member->key,
                    place.path, meant);
    return;
  }
  MU_STR(list, 1024);
  for (size_t i = 0; i < n; i++) {
    mu_str_addf(&list, "%s%s", i ? ", " : "", keys[i]);
  }
  mu_diag_add_key(r->diags, member, "unknown key '%s' in %s; known are %s", member->key, place.path,
                  mu_str_get(&list));
}

/* Keys without a row: errors, or kept as a map of their own. Even then a near miss of a row is an
 * error. */
static void read_unknown(struct mu_reader *r, const struct mu_section *section,
                         struct mu_place place, void *out) {
  const struct mu_node *map = place.member->value;
  size_t cap = 0;
  struct mu_node *rest = mu_arena_alloc(r->arena, sizeof *rest);
  *rest = (struct mu_node){
      .kind = MU_NODE_MAP, .line = map->line, .col = map->col, .end_col = map->end_col};
  const struct mu_member *member = NULL;
  for (size_t i = 0; (member = mu_read_unknown(section, map, &i));) {
    if (section->rest == MU_NOWHERE || meant_row(section, member->key)) {
      complain_unknown(r, section, place, member);
      continue;
    }
    rest->members = mu_arena_grow(r->arena, rest->members, rest->n, &cap, sizeof *rest->members);
    rest->members[rest->n++] = *member;
  }
  if (section->rest != MU_NOWHERE && rest->n > 0) {
    const struct mu_node *kept = rest;
    memcpy((char *)out + section->rest, &kept, sizeof kept);
    rest->line = rest->members[0].key_line;
    rest->col = rest->members[0].key_col;
    rest->end_col = rest->members[0].key_end_col;
  }
}

static bool is_short(struct mu_reader *r, struct mu_place place, size_t cap) {
  if (place.member->value->n <= cap) {
    return true;
  }
  mu_diag_add_key(r->diags, place.member, "%s: has %zu entries, more than the limit of %zu",
                  place.path, place.member->value->n, cap);
  return false;
}

static void set_list(void *out, size_t offset, void *at, size_t n) {
  struct mu_any_list list = {.at = at, .n = n};
  memcpy((char *)out + offset, &list, sizeof list);
}

static void read_strs(struct mu_reader *r, const struct mu_field *f, struct mu_place place,
                      void *out) {
  const struct mu_node *node = place.member->value;
  size_t n = 0;
  if (node->kind == MU_NODE_SCALAR) { /* one value is a list of one */
    const char **one = mu_arena_array(r->arena, 1, sizeof *one);
    if (mu_read_str(r, f, f->key, node, one)) {
      set_list(out, f->offset, one, 1);
    }
    return;
  }
  if (!mu_read_kind(r, place, MU_NODE_LIST) || !is_short(r, place, MU_LIST_MAX)) {
    return;
  }
  const char **items = mu_arena_array(r->arena, node->n, sizeof *items);
  for (size_t i = 0; i < node->n; i++) {
    n += mu_read_str(r, f, f->key, node->members[i].value, &items[n]);
  }
  set_list(out, f->offset, items, n);
}

static void read_pairs(struct mu_reader *r, const struct mu_field *f, struct mu_place place,
                       void *out) {
  if (!mu_read_kind(r, place, MU_NODE_MAP) || !is_short(r, place, MU_LIST_MAX)) {
    return;
  }
  const struct mu_node *node = place.member->value;
  struct mu_conf_pair *pairs = mu_arena_array(r->arena, node->n, sizeof *pairs);
  size_t n = 0;
  for (size_t i = 0; i < node->n; i++) {
    pairs[n].name = node->members[i].key;
    n += mu_read_str(r, f, node->members[i].key, node->members[i].value, &pairs[n].value);
  }
  set_list(out, f->offset, pairs, n);
}

static void check_name(struct mu_reader *r, const struct mu_section *section,
                       const struct mu_member *member) {
  if (!section->key_pattern) {
    return;
  }
  const struct mu_field name = {
      .key = "name", .pattern = section->key_pattern, .expected = section->key_expected};
  const struct mu_node at = {.line = member->key_line,
                             .col = member->key_col,
                             .end_col = member->key_end_col,
                             .text = member->key,
                             .quoted = true};
  const char *same = NULL;
  (void)mu_read_str(r, &name, "name", &at, &same);
}

static void read_list(struct mu_reader *r, const struct mu_field *f, struct mu_place place,
                      void *out) {
  const struct mu_section *section = f->section;
  bool named = f->type == MU_FIELD_NAMED;
  if (!mu_read_kind(r, place, named ? MU_NODE_MAP : MU_NODE_LIST) ||
      !is_short(r, place, section->cap ? section->cap : MU_LIST_MAX)) {
    return;
  }
  const struct mu_node *node = place.member->value;
  char *at = mu_arena_array(r->arena, node->n, section->size);
  for (size_t i = 0; i < node->n; i++) {
    char *one = at + i * section->size;
    const struct mu_member *member = &node->members[i];
    if (named && section->key != MU_NOWHERE) {
      memcpy(one + section->key, &member->key, sizeof member->key);
      check_name(r, section, member);
    }
    mu_read_section(r, section, mu_place_of(r, place, member, i), one);
  }
  set_list(out, f->offset, at, node->n);
}

static void read_path(struct mu_reader *r, const struct mu_field *f, const struct mu_node *node,
                      void *out) {
  const char *text = NULL;
  if (mu_read_str(r, f, f->key, node, &text)) {
    text = mu_io_beside(r->arena, r->base, text);
    memcpy((char *)out + f->offset, &text, sizeof text);
  }
}

static void read_scalar(struct mu_reader *r, const struct mu_field *f, const struct mu_node *node,
                        void *out) {
  char *at = (char *)out + f->offset;
  const char *text = NULL;
  int64_t number = 0;
  bool flag = false;
  switch (f->type) {
  case MU_FIELD_INT:
    if (mu_read_int(r, f, f->key, node, &number)) {
      memcpy(at, &number, sizeof number);
    }
    return;
  case MU_FIELD_DUR:
    if (mu_read_dur(r, f->key, node, &number)) {
      memcpy(at, &number, sizeof number);
    }
    return;
  case MU_FIELD_DATE:
    if (mu_read_date(r, f->key, node, &number)) {
      memcpy(at, &number, sizeof number);
    }
    return;
  case MU_FIELD_BOOL:
    if (mu_read_bool(r, f->key, node, &flag)) {
      memcpy(at, &flag, sizeof flag);
    }
    return;
  case MU_FIELD_ENUM:
    if (mu_read_enum(r, f, f->key, node, &text)) {
      memcpy(at, &text, sizeof text);
    }
    return;
  case MU_FIELD_STR:
    if (mu_read_str(r, f, f->key, node, &text)) {
      memcpy(at, &text, sizeof text);
    }
    return;
  case MU_FIELD_PATH:
  case MU_FIELD_STRS:
  case MU_FIELD_PAIRS:
  case MU_FIELD_NODE:
  case MU_FIELD_MAP:
  case MU_FIELD_LIST:
  case MU_FIELD_NAMED:
    break;
  }
}

void mu_read_field(struct mu_reader *r, const struct mu_field *f, struct mu_place place,
                   void *out) {
  const struct mu_node *node = place.member->value;
  bool empty = node->kind == MU_NODE_SCALAR ? !*node->text : node->n == 0;
  if (mu_node_is_null(node) || (empty && f->flags & MU_ROW_REQUIRED)) {
    mu_diag_add_key(r->diags, place.member, "%s: %s", place.path,
                    f->flags & MU_ROW_REQUIRED ? "is empty; it needs a value"
                                               : "has no value; give it one, or leave the key out");
    return;
  }
  switch (f->type) {
  case MU_FIELD_STRS:
    read_strs(r, f, place, out);
    return;
  case MU_FIELD_PAIRS:
    read_pairs(r, f, place, out);
    return;
  case MU_FIELD_NODE:
    mu_read_refs(r, node);
    memcpy((char *)out + f->offset, &node, sizeof node);
    return;
  case MU_FIELD_MAP:
    mu_read_section(r, f->section, place, (char *)out + f->offset);
    return;
  case MU_FIELD_LIST:
  case MU_FIELD_NAMED:
    read_list(r, f, place, out);
    return;
  case MU_FIELD_STR:
  case MU_FIELD_PATH:
  case MU_FIELD_INT:
  case MU_FIELD_BOOL:
  case MU_FIELD_DUR:
  case MU_FIELD_DATE:
  case MU_FIELD_ENUM:
    break;
  }
  if (!mu_read_kind(r, place, MU_NODE_SCALAR)) {
    return;
  }
  if (f->type == MU_FIELD_PATH) {
    read_path(r, f, node, out);
  } else {
    read_scalar(r, f, node, out);
  }
}

static void read_default(struct mu_reader *r, const struct mu_field *f, void *out) {
  size_t before = r->diags->n;
  struct mu_node text = {.kind = MU_NODE_SCALAR, .text = f->otherwise};
  read_scalar(r, f, &text, out);
  MU_ASSERT(r->diags->n == before);
}

static void complain_missing(struct mu_reader *r, const struct mu_field *f, struct mu_place place) {
  if (place.member->key) {
    mu_diag_add_key(r->diags, place.member, "%s: '%s' is missing: %s", place.path, f->key, f->doc);
  } else {
    const struct mu_node *node =
        place.member->value; /* an element of a list: its first character */
    mu_diag_at(r->diags, node->line, node->col, node->col + 1, false, "%s: '%s' is missing: %s",
               place.path, f->key, f->doc);
  }
}

/* A misspelt key was complained about already; that it is missing as well helps nobody. */
static bool is_misspelt(const struct mu_section *section, const struct mu_node *map,
                        const struct mu_field *f) {
  const struct mu_member *member = NULL;
  for (size_t i = 0; (member = mu_read_unknown(section, map, &i));) {
    if (mu_streq(meant_row(section, member->key), f->key)) {
      return true;
    }
  }
  return false;
}

void mu_read_section(struct mu_reader *r, const struct mu_section *section, struct mu_place place,
                     void *out) {
  const struct mu_node *node = place.member->value;
  if (section->node != MU_NOWHERE) {
    memcpy((char *)out + section->node, &node, sizeof node);
  }
  if (section->read) {
    section->read(r, section, place, out);
    return;
  }
  if (!mu_read_kind(r, place, MU_NODE_MAP)) {
    return;
  }
  read_unknown(r, section, place, out);
  for (const struct mu_field *f = section->fields; f->key; f++) {
    const struct mu_member *member = mu_member_find(node, f->key);
    if (member && !(f->flags & MU_ROW_LATER)) {
      mu_read_field(r, f, mu_place_of(r, place, member, 0), out);
    } else if (!member && f->flags & MU_ROW_REQUIRED) {
      if (!is_misspelt(section, node, f)) {
        complain_missing(r, f, place);
      }
    } else if (!member && f->otherwise) {
      read_default(r, f, out);
    }
  }
  if (section->rules) {
    section->rules(r, place, out);
  }
}
