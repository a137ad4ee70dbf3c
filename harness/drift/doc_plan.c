/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a plan: resource_changes and resource_drift, configuration, checks. Field by field
 * as in Terraform's internal/command/jsonplan and jsonconfig; unknown fields are passed over, as
 * the format's compatibility promise asks. */
#include <string.h>

#include "base/arena.h"
#include "drift/doc_priv.h"

static bool read_actions(struct mu_doc_reader *r, struct mu_res *res) {
  static const struct {
    const char *name;
    uint32_t bit;
  } rows[] = {
      {"no-op", MU_RES_NOOP},    {"create", MU_RES_CREATE}, {"read", MU_RES_READ},
      {"update", MU_RES_UPDATE}, {"delete", MU_RES_DELETE}, {"forget", MU_RES_FORGET},
  };
  if (!mu_jsonin_array(r->in)) {
    return false;
  }
  struct mu_span word = {0};
  while (mu_jsonin_element(r->in) && mu_jsonin_str(r->in, &word)) {
    for (size_t i = 0; i < MU_LEN(rows); i++) {
      res->flags |= mu_span_is(r->doc, word, rows[i].name) ? rows[i].bit : 0;
    }
  }
  return !mu_jsonin_failed(r->in);
}

static bool read_change(struct mu_doc_reader *r, struct mu_res *res) {
  static const struct mu_name names[] = {
      MU_NAME("actions"),       MU_NAME("before"),           MU_NAME("after"),
      MU_NAME("after_unknown"), MU_NAME("before_sensitive"), MU_NAME("after_sensitive"),
      MU_NAME("after_identity")};
  if (!mu_jsonin_object(r->in)) {
    return false;
  }
  struct mu_span key = {0};
  unsigned hint = 0;
  uint32_t seen = 0;
  bool good = true;
  while (good && mu_jsonin_member(r->in, &key)) {
    struct mu_span *const spans[] = {NULL,          &res->before,           &res->values,
                                     &res->unknown, &res->before_sensitive, &res->sensitive,
                                     &res->identity};
    int i = mu_doc_key(r, key, names, MU_LEN(names), &hint, &seen);
    good = i == -2  ? false
           : i == 0 ? read_actions(r, res)
                    : mu_jsonin_skip(r->in, i < 0 ? NULL : spans[i]);
  }
  return good && !mu_jsonin_failed(r->in);
}

/* A string field, or null. */
static bool read_text(struct mu_doc_reader *r, struct mu_span *span) {
  if (mu_jsonin_peek(r->in) == '"') {
    return mu_jsonin_str(r->in, span);
  }
  return mu_jsonin_skip(r->in, NULL);
}

static bool read_resource_change(struct mu_doc_reader *r, struct mu_res *res) {
  enum {
    ADDRESS,
    PREVIOUS,
    MODULE,
    MODE,
    TYPE,
    NAME,
    PROVIDER,
    DEPOSED,
    CHANGE,
    INDEX,
    INDEX_UNKNOWN
  };
  static const struct mu_name names[] = {MU_NAME("address"),        MU_NAME("previous_address"),
                                         MU_NAME("module_address"), MU_NAME("mode"),
                                         MU_NAME("type"),           MU_NAME("name"),
                                         MU_NAME("provider_name"),  MU_NAME("deposed"),
                                         MU_NAME("change"),         MU_NAME("index"),
                                         MU_NAME("index_unknown")};
  if (!mu_jsonin_object(r->in)) {
    return false;
  }
  struct mu_span key = {0}, text = {0}, index = {0};
  unsigned hint = 0;
  uint32_t seen = 0;
  bool good = true;
  while (good && mu_jsonin_member(r->in, &key)) {
    switch (mu_doc_key(r, key, names, MU_LEN(names), &hint, &seen)) {
    case ADDRESS:
      good = mu_jsonin_str(r->in, &text);
      res->address = good ? mu_doc_text(r->doc, text, &res->address_n) : NULL;
      r->near = res->address;
      r->near_n = res->address_n;
      break;
    case PREVIOUS:
      good = read_text(r, &res->previous);
      break;
    case MODULE:
      good = read_text(r, &res->module);
      break;
    case MODE:
      good = read_text(r, &text);
      res->flags |= good && mu_span_is(r->doc, text, "data") ? MU_RES_DATA : 0;
      break;
    case TYPE:
      good = read_text(r, &res->type);
      break;
    case NAME:
      good = read_text(r, &res->name);
      break;
    case PROVIDER:
      good = read_text(r, &res->provider);
      break;
    case DEPOSED:
      good = read_text(r, &res->deposed);
      break;
    case CHANGE:
      good = read_change(r, res);
      break;
    case INDEX:
      good = mu_jsonin_skip(r->in, &index);
      break;
    case INDEX_UNKNOWN:
      res->flags |= mu_jsonin_true(r->in) ? MU_RES_UNKNOWN_INDEX : 0;
      break;
    case -1:
      good = mu_jsonin_skip(r->in, NULL);
      break;
    default:
      good = false;
    }
  }
  if (!good || mu_jsonin_failed(r->in)) {
    return false;
  }
  /* Terraform 0.15 and 1.0 left the address out of resource_drift. */
  return res->address || mu_doc_build_address(r->doc, res, index);
}

bool mu_doc_read_changes(struct mu_doc_reader *r, struct mu_res_list *list) {
  if (mu_jsonin_peek(r->in) == 'n') {
    return mu_jsonin_skip(r->in, NULL);
  }
  if (!mu_jsonin_array(r->in)) {
    return false;
  }
  while (mu_jsonin_element(r->in)) {
    size_t at = r->in->i < r->in->have ? r->in->index[r->in->i] : r->in->scanned;
    struct mu_res *res = mu_res_add(r->doc, list);
    if (!res) {
      return mu_jsonin_refuse(r->in, at, "too many resources");
    }
    if (!read_resource_change(r, res)) {
      return mu_jsonin_failed(r->in) ? false
                                     : mu_jsonin_refuse(r->in, at, "a resource without an address");
    }
    mu_res_settle(r, res, true);
  }
  return !mu_jsonin_failed(r->in);
}

/* ---- configuration ---- */

/* "module.a.module.b" of the module that is being read, and its depth. */
struct path {
  const char *text;
  size_t depth;
};

static bool read_config_resource(struct mu_doc_reader *r, const char *module) {
  enum { ADDRESS, EXPRESSIONS, SCHEMA };
  static const struct mu_name names[] = {MU_NAME("address"), MU_NAME("expressions"),
                                         MU_NAME("schema_version")};
  struct mu_conf conf = {0};
  struct mu_span key = {0}, address = {0}, schema = {0};
  unsigned hint = 0;
  uint32_t seen = 0;
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    switch (mu_doc_key(r, key, names, MU_LEN(names), &hint, &seen)) {
    case ADDRESS:
      good = read_text(r, &address);
      break;
    case EXPRESSIONS:
      good = mu_jsonin_skip(r->in, &conf.expressions);
      break;
    case SCHEMA:
      good = mu_jsonin_skip(r->in, &schema);
      break;
    case -1:
      good = mu_jsonin_skip(r->in, NULL);
      break;
    default:
      good = false;
    }
  }
  if (!good || mu_jsonin_failed(r->in)) {
    return false;
  }
  for (uint32_t i = 0; i < schema.n && i < 8; i++) {
    char c = r->doc->text[schema.at + i];
    conf.has_schema = c >= '0' && c <= '9';
    conf.schema_version = conf.has_schema ? conf.schema_version * 10 + (uint32_t)(c - '0') : 0;
  }
  const char *own = mu_span_copy(r->doc, address, r->doc->arena);
  conf.key = *module ? mu_arena_fmt(r->doc->arena, "%s.%s", module, own) : own;
  conf.key_n = (uint32_t)strlen(conf.key);
  struct mu_doc *doc = r->doc;
  doc->conf = mu_arena_grow(doc->arena, doc->conf, doc->conf_n, &doc->conf_cap, sizeof *doc->conf);
  doc->conf[doc->conf_n++] = conf;
  return true;
}

static bool read_config_module(struct mu_doc_reader *r, struct path path);

static bool read_module_call(struct mu_doc_reader *r, struct path path) {
  struct mu_span key = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    good = mu_span_is(r->doc, key, "module") ? read_config_module(r, path)
                                             : mu_jsonin_skip(r->in, NULL);
  }
  return good && !mu_jsonin_failed(r->in);
}

/* Recursion bounded by MU_DOC_MODULES. */
static bool read_config_module(struct mu_doc_reader *r, struct path path) {
  if (path.depth == MU_DOC_MODULES) {
    return mu_jsonin_refuse(r->in, r->in->scanned,
                            "modules nested too deeply (more than 64 levels)");
  }
  struct mu_span key = {0}, call = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    if (mu_span_is(r->doc, key, "resources") && mu_jsonin_peek(r->in) == '[') {
      good = mu_jsonin_array(r->in);
      while (good && mu_jsonin_element(r->in)) {
        good = read_config_resource(r, path.text);
      }
    } else if (mu_span_is(r->doc, key, "module_calls") && mu_jsonin_peek(r->in) == '{') {
      good = mu_jsonin_object(r->in);
      while (good && mu_jsonin_member(r->in, &call)) {
        if (strlen(path.text) + call.n > MU_DOC_ADDRESS) {
          return mu_jsonin_refuse(r->in, call.at, "an address longer than 4096 bytes");
        }
        const char *name = mu_span_copy(r->doc, call, r->doc->arena);
        struct path inner = {.text = mu_arena_fmt(r->doc->arena, "%s%smodule.%s", path.text,
                                                  *path.text ? "." : "", name),
                             .depth = path.depth + 1};
        good = read_module_call(r, inner);
      }
    } else {
      good = mu_jsonin_skip(r->in, NULL);
    }
  }
  return good && !mu_jsonin_failed(r->in);
}

static void index_configuration(struct mu_doc *doc) {
  size_t n = 16;
  while (n < doc->conf_n * 2) {
    n *= 2;
  }
  doc->conf_table = mu_arena_array(doc->arena, n, sizeof *doc->conf_table);
  doc->conf_table_n = n;
  for (size_t i = 0; i < doc->conf_n; i++) {
    size_t at = mu_hash_bytes(0, doc->conf[i].key, doc->conf[i].key_n) & (n - 1);
    while (doc->conf_table[at]) {
      at = (at + 1) & (n - 1);
    }
    doc->conf_table[at] = (uint32_t)i + 1;
  }
}

bool mu_doc_read_configuration(struct mu_doc_reader *r) {
  struct mu_span key = {0};
  r->doc->configuration.at = r->in->i < r->in->have ? r->in->index[r->in->i] : 0;
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    good = mu_span_is(r->doc, key, "root_module") ? read_config_module(r, (struct path){.text = ""})
                                                  : mu_jsonin_skip(r->in, NULL);
  }
  index_configuration(r->doc);
  if (!good || mu_jsonin_failed(r->in)) {
    return false;
  }
  r->doc->configuration.n = r->in->index[r->in->i - 1] + 1 - r->doc->configuration.at;
  return true;
}

/* An address without its instance keys: `module.a["x.y"].aws_b.c[0]` is module.a.aws_b.c. Keys may
 * hold any character, brackets and escaped quotes among them. */
static size_t strip_keys(const char *address, size_t n, char *out) {
  size_t used = 0;
  for (size_t i = 0; i < n; i++) {
    if (address[i] != '[') {
      out[used++] = address[i];
      continue;
    }
    bool quoted = false;
    for (i++; i < n && (quoted || address[i] != ']'); i++) {
      if (quoted && address[i] == '\\') {
        i++;
      } else if (address[i] == '"') {
        quoted = !quoted;
      }
    }
  }
  return used;
}

const struct mu_conf *mu_doc_conf(const struct mu_doc *doc, const struct mu_res *res) {
  char key[1024];
  if (!doc->conf_n || res->address_n > sizeof key) {
    return NULL;
  }
  size_t n = strip_keys(res->address, res->address_n, key);
  for (size_t at = mu_hash_bytes(0, key, n) & (doc->conf_table_n - 1); doc->conf_table[at];
       at = (at + 1) & (doc->conf_table_n - 1)) {
    const struct mu_conf *conf = &doc->conf[doc->conf_table[at] - 1];
    if (conf->key_n == n && memcmp(conf->key, key, n) == 0) {
      return conf;
    }
  }
  return NULL;
}

/* ---- checks: of plans and of state JSON ---- */

static bool read_check_address(struct mu_doc_reader *r, const char **address) {
  struct mu_span key = {0}, text = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    if (mu_span_is(r->doc, key, "to_display")) {
      good = read_text(r, &text);
      *address = good ? mu_span_copy(r->doc, text, r->doc->arena) : NULL;
    } else {
      good = mu_jsonin_skip(r->in, NULL);
    }
  }
  return good && !mu_jsonin_failed(r->in);
}

static bool read_check(struct mu_doc_reader *r) {
  struct mu_checked check = {.address = "check", .status = "unknown"};
  struct mu_span key = {0}, text = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    if (mu_span_is(r->doc, key, "address") && mu_jsonin_peek(r->in) == '{') {
      good = read_check_address(r, &check.address);
    } else if (mu_span_is(r->doc, key, "status")) {
      good = read_text(r, &text);
      check.status = good ? mu_span_copy(r->doc, text, r->doc->arena) : check.status;
    } else {
      good = mu_jsonin_skip(r->in, NULL);
    }
  }
  struct mu_doc *doc = r->doc;
  doc->checks =
      mu_arena_grow(doc->arena, doc->checks, doc->checks_n, &doc->checks_cap, sizeof *doc->checks);
  doc->checks[doc->checks_n++] = check;
  return good && !mu_jsonin_failed(r->in);
}

bool mu_doc_read_checks(struct mu_doc_reader *r) {
  if (mu_jsonin_peek(r->in) != '[') {
    return mu_jsonin_skip(r->in, NULL);
  }
  bool good = mu_jsonin_array(r->in);
  while (good && mu_jsonin_element(r->in)) {
    good = read_check(r);
  }
  return good && !mu_jsonin_failed(r->in);
}
