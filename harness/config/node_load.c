/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events become the tree. The stack is ours and bounded, so that 200 000 opening brackets
 * are refused at the 65th; libyaml itself reads YAML 1.1 and has neither limits nor an opinion
 * about duplicate keys. */
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/arena.h"
#include "base/str.h"
#include "config/load.h"
#include "config/node.h"

struct level {
  struct mu_node *node;
  size_t cap;
  bool has_key; /* a map that waits for the value of its last member */
};

struct loader {
  yaml_parser_t parser;
  struct mu_diags *diags;
  struct mu_node *root;
  struct level stack[MU_NODE_DEPTH];
  size_t depth, nodes;
};

static int line_of(yaml_mark_t mark) {
  return (int)mark.line + 1;
}
static int col_of(yaml_mark_t mark) {
  return (int)mark.column + 1;
}

/* Values that go on below their first line get a caret without tildes. */
static int end_of(yaml_mark_t start, yaml_mark_t end) {
  return end.line == start.line && end.column > start.column ? col_of(end) : col_of(start) + 1;
}

static int stop(struct loader *l, const yaml_event_t *event, const char *message) {
  mu_diag_at(l->diags, line_of(event->start_mark), col_of(event->start_mark),
             end_of(event->start_mark, event->end_mark), false, "%s", message);
  return -1;
}

static void complain(struct loader *l, const yaml_event_t *event, const char *message) {
  (void)stop(l, event, message);
}

static struct mu_node *new_node(struct loader *l, enum mu_node_kind kind,
                                const yaml_event_t *event) {
  struct mu_node *node = mu_arena_alloc(l->diags->arena, sizeof *node);
  node->kind = kind;
  node->line = line_of(event->start_mark);
  node->col = col_of(event->start_mark);
  node->end_col = end_of(event->start_mark, event->end_mark);
  return node;
}

static struct mu_member *new_member(struct loader *l, struct level *top) {
  struct mu_node *node = top->node;
  node->members =
      mu_arena_grow(l->diags->arena, node->members, node->n, &top->cap, sizeof *node->members);
  struct mu_member *member = &node->members[node->n++];
  *member = (struct mu_member){0};
  return member;
}

/* Hangs a value below the open map or list, or makes it the root. */
static void place(struct loader *l, struct mu_node *node) {
  if (l->depth == 0) {
    l->root = node;
    return;
  }
  struct level *top = &l->stack[l->depth - 1];
  if (top->node->kind == MU_NODE_LIST) {
    new_member(l, top)->value = node;
  } else {
    top->node->members[top->node->n - 1].value = node;
    top->has_key = false;
  }
}

static bool wants_key(const struct loader *l) {
  const struct level *top = l->depth ? &l->stack[l->depth - 1] : NULL;
  return top && top->node->kind == MU_NODE_MAP && !top->has_key;
}

static int on_key(struct loader *l, const yaml_event_t *event, const char *text) {
  bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  if (plain && strcmp(text, "<<") == 0) {
    return stop(l, event, "merge keys ('<<') are not read; write the keys out");
  }
  if (!*text) {
    return stop(l, event, "an empty key; write a name before the ':'");
  }
  struct level *top = &l->stack[l->depth - 1];
  struct mu_member *member = new_member(l, top);
  member->key = text;
  member->key_line = line_of(event->start_mark);
  member->key_col = col_of(event->start_mark);
  member->key_end_col = end_of(event->start_mark, event->end_mark);
  top->has_key = true;
  return 0;
}

static int on_scalar(struct loader *l, const yaml_event_t *event) {
  const char *value = (const char *)event->data.scalar.value;
  size_t n = event->data.scalar.length;
  if (event->data.scalar.tag) {
    complain(l, event, "tags ('!…') are not read; leave it out");
  }
  if (event->data.scalar.anchor) {
    complain(l, event, "anchors ('&…') and aliases are not read; write the value out");
  }
  if (memchr(value, '\0', n)) {
    return stop(l, event, "a NUL character (\\0) in a value");
  }
  const char *text = mu_arena_strn(l->diags->arena, value, n);
  if (wants_key(l)) {
    return on_key(l, event, text);
  }
  struct mu_node *node = new_node(l, MU_NODE_SCALAR, event);
  node->text = text;
  node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  place(l, node);
  return 0;
}

static int on_open(struct loader *l, const yaml_event_t *event, enum mu_node_kind kind) {
  bool map = kind == MU_NODE_MAP;
  if (map ? event->data.mapping_start.tag : event->data.sequence_start.tag) {
    complain(l, event, "tags ('!…') are not read; leave it out");
  }
  if (map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor) {
    complain(l, event, "anchors ('&…') and aliases are not read; write the value out");
  }
  if (wants_key(l)) {
    return stop(l, event, "a list or map cannot be a key");
  }
  if (l->depth == MU_NODE_DEPTH) {
    mu_diag_at(l->diags, line_of(event->start_mark), col_of(event->start_mark),
               col_of(event->start_mark) + 1, false, "nested deeper than the limit of %d levels",
               MU_NODE_DEPTH);
    return -1;
  }
  struct mu_node *node = new_node(l, kind, event);
  place(l, node);
  l->stack[l->depth++] = (struct level){.node = node};
  return 0;
}

static int by_key(const void *a, const void *b) {
  const struct mu_member *const *x = a, *const *y = b;
  int order = strcmp((*x)->key, (*y)->key);
  return order ? order : (*x < *y ? -1 : *x > *y); /* members lie in the order of the file */
}

static void drop_duplicates(struct loader *l, struct mu_node *map) {
  if (map->n < 2) {
    return;
  }
  const struct mu_member **sorted = mu_arena_array(l->diags->arena, map->n, sizeof *sorted);
  for (size_t i = 0; i < map->n; i++) {
    sorted[i] = &map->members[i];
  }
  qsort(sorted, map->n, sizeof *sorted, by_key);
  size_t first = 0, dropped = 0;
  for (size_t i = 1; i < map->n; i++) {
    if (strcmp(sorted[first]->key, sorted[i]->key) != 0) {
      first = i;
      continue;
    }
    mu_diag_add_key(l->diags, sorted[i],
                    "key '%s' is written twice in one map, in lines %d and %d; keep one of them",
                    sorted[i]->key, sorted[first]->key_line, sorted[i]->key_line);
    map->members[sorted[i] - map->members].value = NULL; /* marked; the first one stays */
    dropped++;
  }
  size_t kept = 0;
  for (size_t i = 0; dropped && i < map->n; i++) {
    if (map->members[i].value) {
      map->members[kept++] = map->members[i];
    }
  }
  map->n -= dropped;
}

static void on_close(struct loader *l, const yaml_event_t *event) {
  struct mu_node *node = l->stack[--l->depth].node;
  if (line_of(event->end_mark) == node->line && col_of(event->end_mark) > node->col) {
    node->end_col = col_of(event->end_mark); /* "{ … }" and "[ … ]" on one line */
  }
  if (node->kind == MU_NODE_MAP) {
    drop_duplicates(l, node);
  }
}

/* 1: the end; 0: go on; -1: nothing more can be read. */
static int on_event(struct loader *l, const yaml_event_t *event) {
  switch (event->type) {
  case YAML_STREAM_END_EVENT:
    return 1;
  case YAML_DOCUMENT_START_EVENT:
    return l->root ? stop(l, event, "a second document begins here; one file holds one") : 0;
  case YAML_ALIAS_EVENT:
    return stop(l, event, "aliases ('*…') are not read; write the value out");
  case YAML_SCALAR_EVENT:
  case YAML_MAPPING_START_EVENT:
  case YAML_SEQUENCE_START_EVENT:
    if (++l->nodes > MU_NODE_MAX) {
      return stop(l, event, "more than 100000 values in one file");
    }
    return event->type == YAML_SCALAR_EVENT          ? on_scalar(l, event)
           : event->type == YAML_MAPPING_START_EVENT ? on_open(l, event, MU_NODE_MAP)
                                                     : on_open(l, event, MU_NODE_LIST);
  case YAML_MAPPING_END_EVENT:
  case YAML_SEQUENCE_END_EVENT:
    on_close(l, event);
    return 0;
  case YAML_NO_EVENT:
  case YAML_STREAM_START_EVENT:
  case YAML_DOCUMENT_END_EVENT:
    break;
  }
  return 0;
}

struct mu_node *mu_node_load(const char *text, size_t n, struct mu_diags *diags) {
  struct loader l = {.diags = diags};
  if (!yaml_parser_initialize(&l.parser)) {
    mu_diag_at(diags, 1, 1, 2, false, "out of memory");
    return NULL;
  }
  yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&l.parser, (const unsigned char *)text, n);
  int state = 0;
  while (state == 0) {
    yaml_event_t event;
    if (!yaml_parser_parse(&l.parser, &event)) {
      mu_config_syntax(diags, text, n, &l.parser);
      state = -1;
      break;
    }
    state = on_event(&l, &event);
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&l.parser);
  if (state > 0 && !l.root) {
    mu_diag_at(diags, 1, 1, 2, false, "the file is empty; 'muster init' writes one to start from");
  }
  return state > 0 ? l.root : NULL;
}
