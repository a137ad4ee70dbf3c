/* SPDX-License-Identifier: Apache-2.0 */
/* State in the values representation of Terraform's JSON output: {"root_module": {"resources": [],
 * "child_modules": []}}, as it stands in state JSON, and in a plan's prior_state and
 * planned_values. */
#include <string.h>

#include "drift/doc_priv.h"

static bool read_text(struct mu_doc_reader *r, struct mu_span *span) {
  if (mu_jsonin_peek(r->in) == '"') {
    return mu_jsonin_str(r->in, span);
  }
  return mu_jsonin_skip(r->in, NULL);
}

static bool read_schema_version(struct mu_doc_reader *r, struct mu_res *res) {
  struct mu_span text = {0};
  if (!mu_jsonin_skip(r->in, &text)) {
    return false;
  }
  for (uint32_t i = 0; i < text.n && i < 8; i++) {
    char c = r->doc->text[text.at + i];
    if (c < '0' || c > '9') {
      return true;
    }
    res->schema_version = res->schema_version * 10 + (uint32_t)(c - '0');
  }
  res->flags |= MU_RES_HAS_SCHEMA;
  return true;
}

static bool read_resource(struct mu_doc_reader *r, struct mu_res *res) {
  enum {
    ADDRESS,
    MODE,
    TYPE,
    NAME,
    PROVIDER,
    SCHEMA,
    VALUES,
    SENSITIVE,
    TAINTED,
    DEPOSED,
    IDENTITY
  };
  static const struct mu_name names[] = {MU_NAME("address"),       MU_NAME("mode"),
                                         MU_NAME("type"),          MU_NAME("name"),
                                         MU_NAME("provider_name"), MU_NAME("schema_version"),
                                         MU_NAME("values"),        MU_NAME("sensitive_values"),
                                         MU_NAME("tainted"),       MU_NAME("deposed_key"),
                                         MU_NAME("identity")};
  struct mu_span key = {0}, text = {0};
  unsigned hint = 0;
  uint32_t seen = 0;
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    switch (mu_doc_key(r, key, names, MU_LEN(names), &hint, &seen)) {
    case ADDRESS:
      good = mu_jsonin_str(r->in, &text);
      res->address = good ? mu_doc_text(r->doc, text, &res->address_n) : NULL;
      r->near = res->address;
      r->near_n = res->address_n;
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
    case SCHEMA:
      good = read_schema_version(r, res);
      break;
    case VALUES:
      good = mu_jsonin_skip(r->in, &res->values);
      break;
    case SENSITIVE:
      good = mu_jsonin_skip(r->in, &res->sensitive);
      break;
    case TAINTED:
      res->flags |= mu_jsonin_true(r->in) ? MU_RES_TAINTED : 0;
      break;
    case DEPOSED:
      good = read_text(r, &res->deposed);
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

static bool read_resources(struct mu_doc_reader *r, struct mu_res_list *list) {
  bool good = mu_jsonin_array(r->in);
  while (good && mu_jsonin_element(r->in)) {
    size_t at = r->in->i < r->in->have ? r->in->index[r->in->i] : r->in->scanned;
    struct mu_res *res = mu_res_add(r->doc, list);
    if (!res) {
      return mu_jsonin_refuse(r->in, at, "too many resources");
    }
    good = read_resource(r, res) &&
           (res->address || mu_jsonin_refuse(r->in, at, "a resource without an address"));
    if (good) {
      mu_res_settle(r, res, true);
    }
  }
  return good && !mu_jsonin_failed(r->in);
}

/* Recursion bounded by MU_DOC_MODULES. */
static bool read_module(struct mu_doc_reader *r, struct mu_res_list *list, unsigned depth) {
  if (depth == MU_DOC_MODULES) {
    return mu_jsonin_refuse(r->in, r->in->scanned,
                            "modules nested too deeply (more than 64 levels)");
  }
  struct mu_span key = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    if (mu_span_is(r->doc, key, "resources") && mu_jsonin_peek(r->in) == '[') {
      good = read_resources(r, list);
    } else if (mu_span_is(r->doc, key, "child_modules") && mu_jsonin_peek(r->in) == '[') {
      good = mu_jsonin_array(r->in);
      while (good && mu_jsonin_element(r->in)) {
        good = read_module(r, list, depth + 1);
      }
    } else {
      good = mu_jsonin_skip(r->in, NULL);
    }
  }
  return good && !mu_jsonin_failed(r->in);
}

bool mu_doc_read_values(struct mu_doc_reader *r, struct mu_res_list *list,
                        struct mu_span *outputs) {
  if (mu_jsonin_peek(r->in) != '{') {
    return mu_jsonin_skip(r->in, NULL);
  }
  struct mu_span key = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    good = mu_span_is(r->doc, key, "root_module") ? read_module(r, list, 0)
           : mu_span_is(r->doc, key, "outputs")   ? mu_jsonin_skip(r->in, outputs)
                                                  : mu_jsonin_skip(r->in, NULL);
  }
  return good && !mu_jsonin_failed(r->in);
}

bool mu_doc_read_prior(struct mu_doc_reader *r) {
  if (mu_jsonin_peek(r->in) != '{') {
    return mu_jsonin_skip(r->in, NULL);
  }
  struct mu_span key = {0}, outputs = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    good = mu_span_is(r->doc, key, "values") ? mu_doc_read_values(r, &r->doc->prior, &outputs)
                                             : mu_jsonin_skip(r->in, NULL);
  }
  return good && !mu_jsonin_failed(r->in);
}
