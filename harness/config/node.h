/* SPDX-License-Identifier: Apache-2.0 */
/* muster.yaml as a tree with a place on every value (YAML 1.1 events by libyaml; the loader's rules
 * are ours: one document, at most 1 MiB, 64 levels, 100 000 nodes, no aliases, tags or merge keys,
 * duplicate keys refused). Nodes and text are borrowed from the arena given to the loader; a tree
 * is immutable once loaded. */
#ifndef MU_CONFIG_NODE_H
#define MU_CONFIG_NODE_H

#include <stdbool.h>
#include <stddef.h>

struct mu_arena;
struct mu_diags;
struct mu_str;

enum mu_node_kind { MU_NODE_SCALAR, MU_NODE_MAP, MU_NODE_LIST };

struct mu_node {
  enum mu_node_kind kind;
  int line, col;    /* 1-based, of the first character */
  int end_col;      /* of the character behind the last one, same line */
  const char *text; /* scalar: its text */
  bool quoted;      /* scalar: written in quotes, hence a string whatever it looks like */
  /* map: members in the order of the file; list: key is NULL */
  struct mu_member *members;
  size_t n;
};

struct mu_member {
  const char *key;
  int key_line, key_col, key_end_col;
  struct mu_node *value;
};

enum { MU_NODE_BYTES = 1024 * 1024, MU_NODE_DEPTH = 64, MU_NODE_MAX = 100000 };

/* Reads one document of n bytes (text is NUL-terminated, as diags show it). Problems go to *diags;
 * duplicate keys are reported and the first value kept. NULL: nothing to go on with. */
struct mu_node *mu_node_load(const char *text, size_t n, struct mu_diags *diags);

const struct mu_node *mu_node_get(const struct mu_node *map,
                                  const char *key);   /* NULL: absent, or no map */
const char *mu_node_text(const struct mu_node *node); /* NULL unless a scalar */
/* The core schema of YAML 1.2, for scalars that are not quoted. */
bool mu_node_is_null(const struct mu_node *node); /* nothing, ~ or null */
bool mu_node_is_bool(const struct mu_node *node); /* true or false */

/* What is wrong with a config: collected, sorted by place, shown all at once. */
struct mu_diag {
  const char *file;
  int line, col, end_col;
  const char *message; /* "unknown key 'fresher_then' in …; did you mean 'fresher_than'?" */
  bool warning;
  bool hide; /* what stands there is a secret: asterisks in the line that is shown */
};
struct mu_diags {
  struct mu_arena *arena;
  const char *file, *text; /* of the source, for the lines shown */
  struct mu_diag *at;
  size_t n, cap, errors;
};
void mu_diags_init(struct mu_diags *diags, struct mu_arena *arena, const char *file,
                   const char *text);
void mu_diag_add(struct mu_diags *diags, const struct mu_node *where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, about a secret that should not stand in the file: it does not stand in the message
 * either. */
void mu_diag_add_secret(struct mu_diags *diags, const struct mu_node *where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void mu_diag_add_key(struct mu_diags *diags, const struct mu_member *where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void mu_diag_warn(struct mu_diags *diags, const struct mu_node *where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* For a place without a node. `warning` as in struct mu_diag. */
void mu_diag_at(struct mu_diags *diags, int line, int col, int end_col, bool warning,
                const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* As EXAMPLE in the reference: file:line:col: error: message, the line, a caret; then "3 errors in
 * muster.yaml". */
void mu_diags_write(const struct mu_diags *diags, struct mu_str *out);

#endif
