/* SPDX-License-Identifier: Apache-2.0 */
/* What others ask of a document: changes, outputs, attributes, secrets, mentions. */
#define _GNU_SOURCE /* memmem */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "drift/doc_priv.h"

enum mu_doc_kind mu_doc_kind(const struct mu_doc *doc) {
  return doc->kind;
}

void mu_doc_info(const struct mu_doc *doc, struct mu_doc_info *out) {
  *out = (struct mu_doc_info){
      .format_version = doc->format_version,
      .terraform_version = doc->terraform_version,
      .timestamp_ms = doc->timestamp_ms,
      .errored = doc->errored,
      .incomplete = doc->incomplete,
      .refresh_only =
          doc->kind == MU_DOC_PLAN && !doc->has_planned && doc->resources.n == 0 && doc->has_prior,
      .serial = doc->serial,
      .lineage = doc->lineage,
      .resources = doc->resources.n ? doc->resources.n : doc->prior.n,
      .warnings = doc->warnings,
      .warnings_n = doc->warnings_n,
  };
}

/* ---- Values, one resource at a time ---- */

struct flat {
  struct mu_val key, value;
};

/* The piece of a flat key behind `prefix`: "rule.#", "rule.0.cidr" -> "rule"; its length, 0 at the
 * end. */
static size_t flat_piece(const char *key, size_t n) {
  const char *dot = memchr(key, '.', n);
  return dot ? (size_t)(dot - key) : n;
}

/* Writes what lies below one prefix of a flat map (sorted by key, as Terraform wrote them) as JSON.
 * Levels are bounded by the dots. */
static size_t write_flat(const struct flat *at, size_t n, size_t prefix, unsigned depth,
                         struct mu_str *out) {
  bool list = false, map = false;
  for (size_t i = 0; i < n; i++) {
    size_t len = 0;
    const char *key = mu_val_raw(at[i].key, &len);
    list |= len == prefix + 1 && key[prefix] == '#';
    map |= len == prefix + 1 && key[prefix] == '%';
  }
  mu_str_addc(out, list && !map ? '[' : '{');
  bool first = true;
  for (size_t i = 0; i < n;) {
    size_t len = 0;
    const char *key = mu_val_raw(at[i].key, &len);
    if (len <= prefix || key[prefix] == '#' || key[prefix] == '%') {
      i++;
      continue;
    }
    size_t piece = map ? len - prefix : flat_piece(key + prefix, len - prefix);
    size_t same = 1;
    while (i + same < n) {
      size_t other_n = 0;
      const char *other = mu_val_raw(at[i + same].key, &other_n);
      if (other_n < prefix + piece || memcmp(other + prefix, key + prefix, piece) != 0 ||
          (other_n > prefix + piece && other[prefix + piece] != '.')) {
        break;
      }
      same++;
    }
    mu_str_add(out, first ? "" : ",");
    first = false;
    if (!list || map) {
      mu_str_addc(out, '"');
      mu_str_addn(out, key + prefix, piece);
      mu_str_add(out, "\":");
    }
    if (same == 1 && len == prefix + piece) {
      mu_val_write(at[i].value, out);
    } else if (depth < MU_DOC_MODULES) {
      (void)write_flat(at + i, same, prefix + piece + 1, depth + 1, out);
    } else {
      mu_str_add(out, "null");
    }
    i += same;
  }
  mu_str_addc(out, list && !map ? ']' : '}');
  return n;
}

/* attributes_flat {"a.#": "1", "a.0.b": "x"} as {"a": [{"b": "x"}]}; every scalar stays a string.
 */
static bool unflatten(const struct mu_doc *doc, struct mu_span span, struct mu_doc_scratch *scratch,
                      struct mu_jtape *tape) {
  struct mu_jtape flat = {0};
  bool good = mu_jtape_read(&flat, &scratch->in, doc->text, span) &&
              mu_val_is(mu_val_root(&flat), MU_JOBJECT);
  if (good) {
    size_t n = mu_val_count(mu_val_root(&flat)), i = 0;
    struct flat *rows = mu_arena_array(scratch->arena, n + 1, sizeof *rows);
    for (struct mu_iter it = mu_iter(mu_val_root(&flat)); mu_iter_next(&it);) {
      rows[i++] = (struct flat){.key = it.key, .value = it.value};
    }
    MU_STR(text, (size_t)span.n * 4 + 64);
    (void)write_flat(rows, n, 0, 0, &text);
    const char *json = mu_str_copy(&text, scratch->arena);
    good = !text.failed &&
           mu_jtape_read(tape, &scratch->in, json, (struct mu_span){0, (uint32_t)text.n});
  }
  mu_jtape_free(&flat);
  return good;
}

bool mu_res_tape(const struct mu_doc *doc, const struct mu_res *res, struct mu_span span,
                 struct mu_doc_scratch *scratch, struct mu_jtape *tape) {
  tape->n = 0;
  if (span.n == 0) {
    return true;
  }
  if (res->flags & MU_RES_FLAT && span.at == res->values.at) {
    return unflatten(doc, span, scratch, tape);
  }
  return mu_jtape_read(tape, &scratch->in, doc->text, span);
}

/* Raw states list paths: [[{"type": "get_attr", "value": "password"}, …], …]. The whole attribute
 * is masked that a path starts with. */
static bool mask_of_paths(struct mu_val paths, struct mu_doc_scratch *scratch,
                          struct mu_jtape *tape) {
  MU_STR(text, 1 << 20);
  mu_str_addc(&text, '{');
  for (struct mu_iter it = mu_iter(paths); mu_iter_next(&it);) {
    struct mu_val step = mu_val_is(it.value, MU_JARRAY) ? mu_val_at(it.value, 0) : it.value;
    struct mu_val name = mu_val_get(step, "value");
    if (mu_val_is(name, MU_JSTR)) {
      mu_str_add(&text, text.n > 1 ? "," : "");
      mu_val_write(name, &text);
      mu_str_add(&text, ":true");
    }
  }
  mu_str_addc(&text, '}');
  const char *json = mu_str_copy(&text, scratch->arena);
  return !text.failed &&
         mu_jtape_read(tape, &scratch->in, json, (struct mu_span){0, (uint32_t)text.n});
}

bool mu_res_mask(const struct mu_doc *doc, const struct mu_res *res, struct mu_doc_scratch *scratch,
                 struct mu_jtape *tape) {
  tape->n = 0;
  if (res->sensitive.n <= 2) {
    return true; /* absent, {} or [] */
  }
  if (!(res->flags & MU_RES_SENS_PATHS)) {
    return mu_jtape_read(tape, &scratch->in, doc->text, res->sensitive);
  }
  struct mu_jtape paths = {0};
  bool good = mu_jtape_read(&paths, &scratch->in, doc->text, res->sensitive) &&
              mask_of_paths(mu_val_root(&paths), scratch, tape);
  mu_jtape_free(&paths);
  return good;
}

bool mu_mask_any(struct mu_val mask) {
  if (!mask.tape) {
    return false;
  }
  for (uint32_t i = mask.i; i < mu_val_node(mask)->next; i++) {
    if (mask.tape->at[i].kind == MU_JTRUE) {
      return true;
    }
  }
  return false;
}

bool mu_name_secret(const char *name, size_t n) {
  static const char *const ends[] = {
      "password",        "secret",        "secret_string", "secret_binary", "private_key",
      "private_key_pem", "auth_token",    "access_token",  "session_token", "connection_string",
      "access_key",      "client_secret", "secret_key",    "passphrase",    "sas_token",
      "primary_key",     "secondary_key"};
  for (size_t i = 0; i < MU_LEN(ends); i++) {
    size_t len = strlen(ends[i]);
    if (n >= len && memcmp(name + n - len, ends[i], len) == 0 &&
        (n == len || name[n - len - 1] == '_')) {
      return true;
    }
  }
  return n == 5 && memcmp(name, "token", 5) == 0;
}

/* ---- Changes ---- */

size_t mu_doc_changes(const struct mu_doc *doc, const struct mu_doc_change **out) {
  struct mu_doc_change *changes = mu_arena_array(doc->arena, doc->resources.n + 1, sizeof *changes);
  for (size_t i = 0; i < doc->resources.n; i++) {
    const struct mu_res *res = mu_res_at(&doc->resources, i);
    changes[i] = (struct mu_doc_change){
        .address = mu_arena_strn(doc->arena, res->address, res->address_n),
        .type = mu_span_copy(doc, res->type, doc->arena),
        .name = mu_span_copy(doc, res->name, doc->arena),
        .provider = mu_span_copy(doc, res->provider, doc->arena),
        .mode = res->flags & MU_RES_DATA ? "data" : "managed",
        .create = res->flags & MU_RES_CREATE,
        .read = res->flags & MU_RES_READ,
        .update = res->flags & MU_RES_UPDATE,
        .destroy = res->flags & MU_RES_DELETE,
        .forget = res->flags & MU_RES_FORGET,
        .noop = res->flags & MU_RES_NOOP,
    };
  }
  *out = changes;
  return doc->resources.n;
}

/* ---- Attributes and mentions ---- */

static const struct mu_res *find(const struct mu_doc *doc, const struct mu_res_list *list,
                                 const char *address) {
  size_t n = strlen(address);
  for (size_t i = 0; i < list->n; i++) {
    const struct mu_res *res = mu_res_at(list, i);
    if (res->address_n == n && memcmp(res->address, address, n) == 0 && res->deposed.n == 0) {
      return res;
    }
  }
  (void)doc;
  return NULL;
}

const char *mu_doc_attribute(const struct mu_doc *doc, const char *address, const char *name,
                             struct mu_arena *arena) {
  const struct mu_res *res = find(doc, &doc->resources, address);
  res = res ? res : find(doc, &doc->prior, address);
  if (!res) {
    return NULL;
  }
  struct mu_doc_scratch *scratch = mu_arena_alloc(arena, sizeof *scratch);
  scratch->arena = arena;
  struct mu_jtape values = {0}, mask = {0}, unknown = {0};
  const char *out = NULL;
  if (mu_res_tape(doc, res, res->values, scratch, &values) &&
      mu_res_mask(doc, res, scratch, &mask) &&
      mu_res_tape(doc, res, res->unknown, scratch, &unknown)) {
    struct mu_val value = mu_val_get(mu_val_root(&values), name);
    bool hidden =
        mu_mask_true(mu_val_root(&mask)) || mu_mask_any(mu_val_get(mu_val_root(&mask), name)) ||
        mu_mask_true(mu_val_root(&unknown)) ||
        mu_mask_any(mu_val_get(mu_val_root(&unknown), name)) || mu_name_secret(name, strlen(name));
    out = value.tape && !hidden ? mu_val_json(value, arena, 1 << 20) : NULL;
  }
  mu_jtape_free(&values);
  mu_jtape_free(&mask);
  mu_jtape_free(&unknown);
  return out;
}

/* The path of the first string below `v` that holds the needle. */
static bool find_mention(struct mu_val v, const char *needle, struct mu_str *path) {
  size_t n = 0, before = path->n;
  if (mu_val_is(v, MU_JSTR)) {
    const char *raw = mu_val_raw(v, &n);
    return memmem(raw, n, needle, strlen(needle)) != NULL;
  }
  size_t i = 0;
  for (struct mu_iter it = mu_iter(v); mu_iter_next(&it); i++) {
    if (it.object) {
      const char *raw = mu_val_raw(it.key, &n);
      mu_str_add(path, before ? "." : "");
      mu_str_addn(path, raw, n);
    } else {
      mu_str_addf(path, "[%zu]", i);
    }
    if (find_mention(it.value, needle, path)) {
      return true;
    }
    path->n = before; /* back to where we were */
    if (path->p) {
      path->p[before] = '\0';
    }
  }
  return false;
}

bool mu_doc_mentions(const struct mu_doc *doc, const char *const *needles, size_t n,
                     const char **address, const char **path, const char **needle) {
  struct mu_arena *arena = doc->arena;
  for (size_t i = 0; i < doc->resources.n; i++) {
    const struct mu_res *res = mu_res_at(&doc->resources, i);
    for (size_t k = 0; k < n; k++) {
      if (!*needles[k] || !res->values.n ||
          !memmem(doc->text + res->values.at, res->values.n, needles[k], strlen(needles[k]))) {
        continue;
      }
      struct mu_doc_scratch *scratch = mu_arena_alloc(arena, sizeof *scratch);
      scratch->arena = arena;
      struct mu_jtape values = {0};
      MU_STR(text, 4096);
      bool found = mu_res_tape(doc, res, res->values, scratch, &values) &&
                   find_mention(mu_val_root(&values), needles[k], &text);
      mu_jtape_free(&values);
      if (found) { /* a key that holds it is no mention: only values act */
        *address = mu_arena_strn(arena, res->address, res->address_n);
        *path = mu_str_copy(&text, arena);
        *needle = needles[k];
        return true;
      }
    }
  }
  return false;
}

/* ---- Outputs ---- */

/* A plan: {"name": {"after", "after_unknown", "after_sensitive"}}; a state: {"name": {"value",
 * "sensitive"}}. */
static struct mu_doc_output output(const struct mu_doc *doc, bool plan, const struct mu_iter *it) {
  struct mu_val o = it->value, value = mu_val_get(o, plan ? "after" : "value");
  struct mu_doc_output out = {
      .name = mu_val_str(it->key, doc->arena),
      .sensitive = plan ? mu_mask_any(mu_val_get(o, "after_sensitive"))
                        : mu_mask_true(mu_val_get(o, "sensitive")),
      .unknown = plan && mu_mask_any(mu_val_get(o, "after_unknown")),
  };
  out.value_json =
      out.sensitive || out.unknown || !value.tape ? NULL : mu_val_json(value, doc->arena, 1 << 20);
  return out;
}

size_t mu_doc_outputs(const struct mu_doc *doc, const struct mu_doc_output **out) {
  bool plan = doc->kind == MU_DOC_PLAN;
  struct mu_span span = plan ? doc->output_changes : doc->outputs;
  struct mu_jtape tape = {0};
  struct mu_jsonin *in = mu_arena_alloc(doc->arena, sizeof *in);
  struct mu_doc_output *outs = NULL;
  size_t n = 0;
  if (span.n && mu_jtape_read(&tape, in, doc->text, span)) {
    outs = mu_arena_array(doc->arena, mu_val_count(mu_val_root(&tape)) + 1, sizeof *outs);
    for (struct mu_iter it = mu_iter(mu_val_root(&tape)); it.object && mu_iter_next(&it);) {
      outs[n++] = output(doc, plan, &it);
    }
  }
  mu_jtape_free(&tape);
  *out = outs;
  return n;
}
