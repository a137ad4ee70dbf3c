/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON reader: jansson, with the depth checked before its recursive parser sees the text. A
 * document is jansson's root in a box; a node is a json_t under another name, so that no other file
 * depends on the library. */
#include "base/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"

enum { MAX_BYTES = 64 * 1024 * 1024, MAX_DEPTH = 128, MAX_PATH_KEY = 256 };

struct mu_json {
  json_t *root;
};

static const json_t *value_of(const struct mu_json_node *node) {
  return (const json_t *)node;
}

static const struct mu_json_node *node_of(const json_t *value) {
  return (const struct mu_json_node *)value;
}

static size_t deepest(const char *text, size_t n) {
  size_t depth = 0, most = 0;
  bool in_string = false;
  for (size_t i = 0; i < n; i++) {
    char c = text[i];
    if (in_string) {
      if (c == '\\') {
        i++;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      depth++;
      most = depth > most ? depth : most;
    } else if ((c == '}' || c == ']') && depth > 0) {
      depth--;
    }
  }
  return most;
}

int mu_json_parse(const char *text, size_t n, struct mu_json **out, struct mu_err *err) {
  if (n > MAX_BYTES) {
    return mu_fail(err, MU_E_LIMIT, "JSON of %zu bytes is over the cap of %d", n, (int)MAX_BYTES);
  }
  if (deepest(text, n) > MAX_DEPTH) {
    return mu_fail(err, MU_E_LIMIT, "JSON is nested deeper than %d levels", (int)MAX_DEPTH);
  }
  json_error_t why;
  json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
  if (!root) {
    MU_STR(safe, MU_ERR_MAX);
    mu_str_add_safe(&safe, why.text, strlen(why.text));
    return mu_fail(err, MU_E_INPUT, "JSON line %d column %d: %s", why.line, why.column,
                   mu_str_get(&safe));
  }
  struct mu_json *doc = calloc(1, sizeof *doc);
  if (!doc) {
    MU_BUG("out of memory");
  }
  doc->root = root;
  *out = doc;
  return 0;
}

void mu_json_free(struct mu_json *doc) {
  if (doc) {
    json_decref(doc->root);
    free(doc);
  }
}

void mu_json_cleanup(struct mu_json **doc) {
  mu_json_free(*doc);
  *doc = NULL;
}

const struct mu_json_node *mu_json_root(const struct mu_json *doc) {
  return doc ? node_of(doc->root) : NULL;
}

enum mu_json_type mu_json_type(const struct mu_json_node *node) {
  if (!node) {
    return MU_JSON_ABSENT;
  }
  switch (json_typeof(value_of(node))) {
  case JSON_OBJECT:
    return MU_JSON_OBJECT;
  case JSON_ARRAY:
    return MU_JSON_ARRAY;
  case JSON_STRING:
    return MU_JSON_STR;
  case JSON_INTEGER:
    return MU_JSON_INT;
  case JSON_REAL:
    return MU_JSON_REAL;
  case JSON_TRUE:
  case JSON_FALSE:
    return MU_JSON_BOOL;
  case JSON_NULL:
    return MU_JSON_NULL;
  }
  return MU_JSON_ABSENT;
}

const struct mu_json_node *mu_json_get(const struct mu_json_node *object, const char *key) {
  return node_of(json_object_get(value_of(object), key));
}

const struct mu_json_node *mu_json_at(const struct mu_json_node *array, size_t i) {
  return node_of(json_array_get(value_of(array), i));
}

size_t mu_json_len(const struct mu_json_node *node) {
  const json_t *value = value_of(node);
  return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

const struct mu_json_node *mu_json_member(const struct mu_json_node *object, size_t i,
                                          const char **key) {
  const json_t *value = value_of(object);
  if (!json_is_object(value) || i >= json_object_size(value)) {
    return NULL;
  }
  /* jansson's iterators want a pointer to non-const but only read. */
  union {
    const json_t *in;
    json_t *out;
  } plain = {.in = value};
  void *at = json_object_iter(plain.out);
  for (; at && i > 0; i--) {
    at = json_object_iter_next(plain.out, at);
  }
  if (!at) {
    return NULL;
  }
  if (key) {
    *key = json_object_iter_key(at);
  }
  return node_of(json_object_iter_value(at));
}

/* One step `[...]` of a path, *at behind the opening bracket; moves *at behind the closing one. */
static const struct mu_json_node *step_in_brackets(const struct mu_json_node *node,
                                                   const char **at) {
  char word[MAX_PATH_KEY];
  bool quoted = **at == '"';
  const char *start = *at + (quoted ? 1 : 0);
  const char *end = quoted ? strstr(start, "\"]") : strchr(start, ']');
  if (!end || (size_t)(end - start) >= sizeof word) {
    return NULL;
  }
  memcpy(word, start, (size_t)(end - start));
  word[end - start] = '\0';
  *at = end + (quoted ? 2 : 1);
  if (quoted) {
    return mu_json_get(node, word);
  }
  int64_t i = 0;
  if (mu_num_parse_i64(word, &i) != 0) {
    return NULL;
  }
  if (i < 0) { /* from the end */
    i += (int64_t)mu_json_len(node);
  }
  return i < 0 ? NULL : mu_json_at(node, (size_t)i);
}

const struct mu_json_node *mu_json_path(const struct mu_json_node *node, const char *path) {
  const char *at = path;
  while (node && *at) {
    if (*at == '[') {
      at++;
      node = step_in_brackets(node, &at);
      continue;
    }
    if (*at == '.' && at != path) {
      at++;
    }
    char word[MAX_PATH_KEY];
    size_t n = strcspn(at, ".[");
    if (n == 0 || n >= sizeof word) {
      return NULL;
    }
    memcpy(word, at, n);
    word[n] = '\0';
    at += n;
    node = mu_json_get(node, word);
  }
  return node;
}

const char *mu_json_str(const struct mu_json_node *node, const char *otherwise) {
  const char *text = json_string_value(value_of(node));
  return text ? text : otherwise;
}

int64_t mu_json_int(const struct mu_json_node *node, int64_t otherwise) {
  return json_is_integer(value_of(node)) ? json_integer_value(value_of(node)) : otherwise;
}

double mu_json_real(const struct mu_json_node *node, double otherwise) {
  return json_is_number(value_of(node)) ? json_number_value(value_of(node)) : otherwise;
}

bool mu_json_bool(const struct mu_json_node *node, bool otherwise) {
  return json_is_boolean(value_of(node)) ? json_is_true(value_of(node)) : otherwise;
}

static void dump_scalar(const json_t *value, struct mu_str *out) {
  if (json_is_string(value)) {
    mu_str_add_json(out, json_string_value(value), json_string_length(value));
  } else if (json_is_integer(value)) {
    mu_str_addf(out, "%lld", (long long)json_integer_value(value));
  } else if (json_is_real(value)) {
    struct mu_jw w;
    mu_jw_init(&w, out, 0);
    mu_jw_real(&w, json_real_value(value));
  } else {
    mu_str_add(out, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
  }
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void dump_members(const json_t *object, struct mu_str *out) {
  size_t n = json_object_size(object);
  const char **keys = calloc(n + 1, sizeof *keys);
  if (!keys) {
    MU_BUG("out of memory");
  }
  size_t at = 0;
  const char *key = NULL;
  json_t *ignored = NULL;
  union {
    const json_t *in;
    json_t *out;
  } plain = {.in = object};
  json_object_foreach(plain.out, key, ignored) {
    keys[at++] = key;
  }
  qsort(keys, n, sizeof *keys, by_name);
  for (size_t i = 0; i < n; i++) {
    if (i > 0) {
      mu_str_addc(out, ',');
    }
    mu_str_add_json(out, keys[i], strlen(keys[i]));
    mu_str_addc(out, ':');
    mu_json_dump(node_of(json_object_get(object, keys[i])), out);
  }
  free(keys);
}

/* Recursive, but never deeper than MAX_DEPTH: mu_json_parse() lets nothing deeper in. */
void mu_json_dump(const struct mu_json_node *node, struct mu_str *out) {
  const json_t *value = value_of(node);
  if (json_is_object(value)) {
    mu_str_addc(out, '{');
    dump_members(value, out);
    mu_str_addc(out, '}');
  } else if (json_is_array(value)) {
    mu_str_addc(out, '[');
    for (size_t i = 0; i < json_array_size(value); i++) {
      if (i > 0) {
        mu_str_addc(out, ',');
      }
      mu_json_dump(node_of(json_array_get(value, i)), out);
    }
    mu_str_addc(out, ']');
  } else {
    dump_scalar(value, out);
  }
}

char *mu_json_text(const struct mu_json_node *node, struct mu_arena *arena) {
  const json_t *value = value_of(node);
  if (json_is_string(value)) {
    return mu_arena_strn(arena, json_string_value(value), json_string_length(value));
  }
  MU_STR(text, (size_t)2 * MAX_BYTES);
  mu_json_dump(node, &text);
  return mu_str_copy(&text, arena);
}
