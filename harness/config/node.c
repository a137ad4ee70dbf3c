/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the tree of a config. */
#include "config/node.h"

#include "base/attr.h"
#include "base/str.h"

const struct mu_node *mu_node_get(const struct mu_node *map, const char *key) {
  if (!map || map->kind != MU_NODE_MAP) {
    return NULL;
  }
  for (size_t i = 0; i < map->n; i++) {
    if (mu_streq(map->members[i].key, key)) {
      return map->members[i].value;
    }
  }
  return NULL;
}

const char *mu_node_text(const struct mu_node *node) {
  return node && node->kind == MU_NODE_SCALAR ? node->text : NULL;
}

static bool is_one_of(const struct mu_node *node, const char *const *words, size_t n) {
  const char *text = node->quoted ? NULL : mu_node_text(node);
  for (size_t i = 0; text && i < n; i++) {
    if (mu_streq(text, words[i])) {
      return true;
    }
  }
  return false;
}

bool mu_node_is_null(const struct mu_node *node) {
  static const char *const words[] = {"", "~", "null", "Null", "NULL"};
  return is_one_of(node, words, MU_LEN(words));
}

bool mu_node_is_bool(const struct mu_node *node) {
  static const char *const words[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
  return is_one_of(node, words, MU_LEN(words));
}
