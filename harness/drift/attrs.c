/* SPDX-License-Identifier: Apache-2.0 */
/* Looks attributes up in attrs.def. Only asked where something differs; rows are found by the last part of their path. */
#include <string.h>

#include "drift/engine.h"

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

/* The traits of every row that matches, and the natural key of the last. */
static unsigned look_up(struct mu_engine *e, const char **key) {
  const char *path = mu_path_plain(e), *type = mu_type(e);
  unsigned traits = 0;
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (path_matches(&rows[i], path) && mu_str_glob(rows[i].type, type)) {
      traits |= rows[i].traits;
      *key = rows[i].key ? rows[i].key : *key;
    }
  }
  return traits;
}

unsigned mu_attr_traits(struct mu_engine *e) {
  const char *key = NULL;
  return look_up(e, &key);
}

const char *mu_attr_natural_key(struct mu_engine *e) {
  const char *key = NULL;
  (void)look_up(e, &key);
  return key;
}
