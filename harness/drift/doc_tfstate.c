/* SPDX-License-Identifier: Apache-2.0 */
/* The raw state file: version 4 (Terraform's internal/states/statefile/version4.go; no stable
 * contract, but unchanged since 0.12), and version 3 of Terraform 0.9 to 0.11, whose attributes are
 * flat maps. Neither holds addresses: they are built from module, mode, type, name and instance
 * key, as Terraform's addrs package writes them. */
#include <string.h>

#include "base/arena.h"
#include "drift/doc_priv.h"

static bool read_text(struct mu_doc_reader *r, struct mu_span *span) {
  if (mu_jsonin_peek(r->in) == '"') {
    return mu_jsonin_str(r->in, span);
  }
  return mu_jsonin_skip(r->in, NULL);
}

/* The instance key as it stands in an address: [0], ["x"] (HCL quoting), or nothing. */
static const char *key_text(struct mu_doc *doc, struct mu_span key) {
  if (key.n == 0 || doc->text[key.at] == 'n') {
    return "";
  }
  if (doc->text[key.at] != '"') {
    uint32_t n = key.n; /* JSON numbers may arrive as 0.0 */
    const char *point = memchr(doc->text + key.at, '.', n);
    n = point ? (uint32_t)(point - (doc->text + key.at)) : n;
    return mu_arena_fmt(doc->arena, "[%.*s]", (int)n, doc->text + key.at);
  }
  const char *text = mu_span_copy(doc, (struct mu_span){key.at + 1, key.n - 2}, doc->arena);
  size_t len = strlen(text), used = 0;
  char *out = mu_arena_alloc(doc->arena, 2 * len + 5);
  out[used++] = '[';
  out[used++] = '"';
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    if (c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t') {
      out[used++] = '\\';
      c = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c;
    } else if ((c == '$' || c == '%') && text[i + 1] == '{') {
      out[used++] = c; /* $${ and %%{: no template */
    }
    out[used++] = c;
  }
  out[used++] = '"';
  out[used] = ']';
  return out;
}

struct block { /* one element of "resources": what its instances share */
  struct mu_span module, mode, type, name, provider;
};

bool mu_doc_build_address(struct mu_doc *doc, struct mu_res *res, struct mu_span index) {
  struct mu_arena *arena = doc->arena;
  if (!res->type.n || !res->name.n ||
      (uint64_t)res->module.n + res->type.n + res->name.n + index.n > MU_DOC_ADDRESS) {
    return false; /* each instance repeats it: memory would grow faster than the file */
  }
  const char *module = mu_span_copy(doc, res->module, arena);
  res->address =
      mu_arena_fmt(arena, "%s%s%s%s.%s%s", module, *module ? "." : "",
                   res->flags & MU_RES_DATA ? "data." : "", mu_span_copy(doc, res->type, arena),
                   mu_span_copy(doc, res->name, arena), key_text(doc, index));
  res->address_n = (uint32_t)strlen(res->address);
  return true;
}

static bool read_instance(struct mu_doc_reader *r, struct mu_res *res, struct mu_span *index) {
  enum { INDEX, STATUS, DEPOSED, SCHEMA, ATTRIBUTES, FLAT, SENSITIVE, IDENTITY };
  static const struct mu_name names[] = {MU_NAME("index_key"),
                                         MU_NAME("status"),
                                         MU_NAME("deposed"),
                                         MU_NAME("schema_version"),
                                         MU_NAME("attributes"),
                                         MU_NAME("attributes_flat"),
                                         MU_NAME("sensitive_attributes"),
                                         MU_NAME("identity")};
  struct mu_span key = {0}, text = {0};
  unsigned hint = 0;
  uint32_t seen = 0;
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    switch (mu_doc_key(r, key, names, MU_LEN(names), &hint, &seen)) {
    case INDEX:
      good = mu_jsonin_skip(r->in, index);
      break;
    case STATUS:
      good = read_text(r, &text);
      res->flags |= good && mu_span_is(r->doc, text, "tainted") ? MU_RES_TAINTED : 0;
      break;
    case DEPOSED:
      good = read_text(r, &res->deposed);
      break;
    case SCHEMA:
      good = mu_jsonin_skip(r->in, &text);
      for (uint32_t i = 0; good && i < text.n && i < 8; i++) {
        res->schema_version =
            res->schema_version * 10 + (uint32_t)(r->doc->text[text.at + i] - '0') % 10;
      }
      res->flags |= MU_RES_HAS_SCHEMA;
      break;
    case ATTRIBUTES:
      good = mu_jsonin_skip(r->in, &res->values);
      break;
    case FLAT:
      good = mu_jsonin_skip(r->in, &res->values);
      res->flags |= MU_RES_FLAT;
      break;
    case SENSITIVE:
      good = mu_jsonin_skip(r->in, &res->sensitive);
      res->flags |= MU_RES_SENS_PATHS;
      break;
    case IDENTITY:
      good = mu_jsonin_skip(r->in, &res->identity);
      break;
    case -1:
      good = mu_jsonin_skip(r->in, NULL);
      break;
    default:
      good = false;
    }
  }
  return good && !mu_jsonin_failed(r->in);
}

static bool read_instances(struct mu_doc_reader *r, const struct block *b) {
  bool good = mu_jsonin_array(r->in);
  while (good && mu_jsonin_element(r->in)) {
    struct mu_res *res = mu_res_add(r->doc, &r->doc->resources);
    struct mu_span index = {0};
    if (!res) {
      return mu_jsonin_refuse(r->in, r->in->scanned, "too many resources");
    }
    good = read_instance(r, res, &index);
    res->type = b->type;
    res->name = b->name;
    res->module = b->module;
    res->provider = b->provider;
    res->flags |= mu_span_is(r->doc, b->mode, "data") ? MU_RES_DATA : 0;
    if (good && !mu_doc_build_address(r->doc, res, index)) {
      return mu_jsonin_refuse(r->in, b->type.at, "no address, or one longer than 4096 bytes");
    }
    r->near = res->address;
    r->near_n = res->address_n;
    if (good) {
      mu_res_settle(r, res, false);
    }
  }
  return good && !mu_jsonin_failed(r->in);
}

/* "instances" comes last in what Terraform writes; should something stand behind it, it is read a
 * second time at the end. */
static bool read_block(struct mu_doc_reader *r) {
  enum { MODULE, MODE, TYPE, NAME, PROVIDER, INSTANCES };
  static const struct mu_name names[] = {MU_NAME("module"),   MU_NAME("mode"),
                                         MU_NAME("type"),     MU_NAME("name"),
                                         MU_NAME("provider"), MU_NAME("instances")};
  struct block b = {0};
  struct mu_span key = {0}, late = {0};
  unsigned hint = 0;
  uint32_t seen = 0;
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    switch (mu_doc_key(r, key, names, MU_LEN(names), &hint, &seen)) {
    case MODULE:
      good = read_text(r, &b.module);
      break;
    case MODE:
      good = read_text(r, &b.mode);
      break;
    case TYPE:
      good = read_text(r, &b.type);
      break;
    case NAME:
      good = read_text(r, &b.name);
      break;
    case PROVIDER:
      good = read_text(r, &b.provider);
      break;
    case INSTANCES:
      if (b.type.n && b.name.n && b.mode.n && b.provider.n && mu_jsonin_peek(r->in) == '[') {
        good = read_instances(r, &b);
      } else {
        good = mu_jsonin_skip(r->in, &late);
      }
      break;
    case -1:
      good = mu_jsonin_skip(r->in, NULL);
      break;
    default:
      good = false;
    }
  }
  if (good && !mu_jsonin_failed(r->in) && late.n && r->doc->text[late.at] == '[') {
    struct mu_jsonin *outer = r->in;
    struct mu_jsonin *again = mu_arena_alloc(r->doc->arena, sizeof *again);
    mu_doc_reopen(again, r->doc, late);
    r->in = again;
    good = read_instances(r, &b);
    r->in = outer;
  }
  return good && !mu_jsonin_failed(r->in);
}

bool mu_doc_read_tfstate_resources(struct mu_doc_reader *r) {
  if (mu_jsonin_peek(r->in) != '[') {
    return mu_jsonin_skip(r->in, NULL);
  }
  bool good = mu_jsonin_array(r->in);
  while (good && mu_jsonin_element(r->in)) {
    good = read_block(r);
  }
  return good && !mu_jsonin_failed(r->in);
}

/* {"object_kind", "config_addr", "status", "objects": [{"object_addr", "status",
 * "failure_messages"}]} */
static bool read_check_result(struct mu_doc_reader *r) {
  struct mu_checked check = {.address = "check", .status = "unknown"};
  struct mu_span key = {0}, text = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    if (mu_span_is(r->doc, key, "config_addr")) {
      good = read_text(r, &text);
      check.address = good ? mu_span_copy(r->doc, text, r->doc->arena) : check.address;
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

bool mu_doc_read_tfstate_checks(struct mu_doc_reader *r) {
  if (mu_jsonin_peek(r->in) != '[') {
    return mu_jsonin_skip(r->in, NULL);
  }
  bool good = mu_jsonin_array(r->in);
  while (good && mu_jsonin_element(r->in)) {
    good = read_check_result(r);
  }
  return good && !mu_jsonin_failed(r->in);
}

/* ---- version 3: {"modules": [{"path": ["root", "a"], "resources": {"data.aws_x.y.0": {"type",
 * "primary": {"attributes": {}}}}}]} ---- */

/* The key "aws_x.y.0" as an address: aws_x.y[0]. */
static const char *flat_address(struct mu_doc *doc, const char *module, struct mu_span key,
                                uint32_t *n, bool *data) {
  const char *text = mu_span_copy(doc, key, doc->arena);
  *data = strncmp(text, "data.", 5) == 0;
  const char *type_end = strchr(text + (*data ? 5 : 0), '.');
  const char *index = type_end ? strchr(type_end + 1, '.') : NULL;
  char *address =
      index ? mu_arena_fmt(doc->arena, "%s%.*s[%s]", module, (int)(index - text), text, index + 1)
            : mu_arena_fmt(doc->arena, "%s%s", module, text);
  *n = (uint32_t)strlen(address);
  return address;
}

static bool read_primary(struct mu_doc_reader *r, struct mu_res *res) {
  struct mu_span key = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    if (mu_span_is(r->doc, key, "attributes")) {
      good = mu_jsonin_skip(r->in, &res->values);
    } else if (mu_span_is(r->doc, key, "tainted")) {
      res->flags |= mu_jsonin_true(r->in) ? MU_RES_TAINTED : 0;
    } else {
      good = mu_jsonin_skip(r->in, NULL);
    }
  }
  return good && !mu_jsonin_failed(r->in);
}

static bool read_old_resource(struct mu_doc_reader *r, const char *module, struct mu_span name) {
  struct mu_res *res = mu_res_add(r->doc, &r->doc->resources);
  if (!res) {
    return mu_jsonin_refuse(r->in, name.at, "too many resources");
  }
  bool data = false;
  res->address = flat_address(r->doc, module, name, &res->address_n, &data);
  res->flags |= MU_RES_FLAT | (data ? (uint32_t)MU_RES_DATA : 0);
  r->near = res->address;
  r->near_n = res->address_n;
  struct mu_span key = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    good = mu_span_is(r->doc, key, "type")       ? read_text(r, &res->type)
           : mu_span_is(r->doc, key, "provider") ? read_text(r, &res->provider)
           : mu_span_is(r->doc, key, "primary") && mu_jsonin_peek(r->in) == '{'
               ? read_primary(r, res)
               : mu_jsonin_skip(r->in, NULL);
  }
  good = good && !mu_jsonin_failed(r->in);
  if (good) {
    mu_res_settle(r, res, false);
  }
  return good;
}

static bool read_old_module(struct mu_doc_reader *r) {
  const char *module = "";
  struct mu_span key = {0}, part = {0}, name = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    if (mu_span_is(r->doc, key, "path") && mu_jsonin_peek(r->in) == '[') {
      good = mu_jsonin_array(r->in);
      for (size_t i = 0; good && mu_jsonin_element(r->in); i++) {
        good = mu_jsonin_str(r->in, &part);
        if (good && strlen(module) + part.n > MU_DOC_ADDRESS) {
          return mu_jsonin_refuse(r->in, part.at, "an address longer than 4096 bytes");
        }
        module = i == 0 ? module
                        : mu_arena_fmt(r->doc->arena, "%smodule.%s.", module,
                                       mu_span_copy(r->doc, part, r->doc->arena));
      }
    } else if (mu_span_is(r->doc, key, "resources") && mu_jsonin_peek(r->in) == '{') {
      good = mu_jsonin_object(r->in);
      while (good && mu_jsonin_member(r->in, &name)) {
        good = read_old_resource(r, module, name);
      }
    } else {
      good = mu_jsonin_skip(r->in, NULL);
    }
  }
  return good && !mu_jsonin_failed(r->in);
}

bool mu_doc_read_tfstate_modules(struct mu_doc_reader *r) {
  if (mu_jsonin_peek(r->in) != '[') {
    return mu_jsonin_skip(r->in, NULL);
  }
  bool good = mu_jsonin_array(r->in);
  while (good && mu_jsonin_element(r->in)) {
    good = read_old_module(r);
  }
  return good && !mu_jsonin_failed(r->in);
}
