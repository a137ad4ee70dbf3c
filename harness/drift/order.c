/* SPDX-License-Identifier: Apache-2.0 */
/* Does the order of an array mean anything? Asked, in this order, of the providers schema, of the
 * type that a raw state keeps beside a dynamic value, of attrs.def, and of the config. */
#include <stdlib.h>
#include <string.h>

#include "drift/schema_priv.h"

/* A cty type as Terraform writes it into JSON ("string", ["set", T], ["object", {…}]), followed
 * along the rest of the path. */
enum mu_order mu_cty_order(struct mu_val type, const struct mu_step *steps, size_t n) {
  for (size_t i = 0;; i++) {
    struct mu_val word = mu_val_is(type, MU_JARRAY) ? mu_val_at(type, 0) : type,
                  inner = mu_val_is(type, MU_JARRAY) ? mu_val_at(type, 1) : MU_ABSENT_VAL;
    bool set = mu_val_is_str(word, "set"), tuple = mu_val_is_str(word, "tuple"),
         list = mu_val_is_str(word, "list");
    if (i == n) {
      return set ? MU_ORDER_SET : list || tuple ? MU_ORDER_LIST : MU_ORDER_UNKNOWN;
    }
    bool key = steps[i].key.tape != NULL;
    if ((set || list) && !key) {
      type = inner;
    } else if (tuple && !key && !steps[i].label) {
      type = mu_val_at(inner, steps[i].index);
    } else if (mu_val_is_str(word, "map") && key) {
      type = inner;
    } else if (mu_val_is_str(word, "object") && key) {
      type = mu_val_get_key(inner, steps[i].key);
    } else {
      return MU_ORDER_UNKNOWN;
    }
  }
}

/* ---- The providers schema: blocks of attributes and nested blocks ---- */

struct walk {
  const struct mu_schema *schema;
  struct mu_jsonin *in;
};

static bool member(const struct walk *w, struct mu_span object, const char *name,
                   struct mu_span *out) {
  return mu_schema_member(w->in, w->schema->text, object,
                          (struct mu_span){.n = (uint32_t)strlen(name)}, name, out);
}

static bool member_of_step(const struct walk *w, struct mu_span object, const char *part,
                           const struct mu_step *step, struct mu_span *out) {
  size_t n = 0;
  const char *name = mu_val_raw(step->key, &n);
  struct mu_span inner = {0};
  return member(w, object, part, &inner) &&
         mu_schema_member(w->in, w->schema->text, inner, (struct mu_span){.n = (uint32_t)n}, name,
                          out);
}

static enum mu_order order_of_type(const struct walk *w, struct mu_span type,
                                   const struct mu_step *steps, size_t n) {
  struct mu_jtape tape = {0};
  enum mu_order order = mu_jtape_read(&tape, w->in, w->schema->text, type)
                            ? mu_cty_order(mu_val_root(&tape), steps, n)
                            : MU_ORDER_UNKNOWN;
  mu_jtape_free(&tape);
  return order;
}

static bool mode_is(const struct walk *w, struct mu_span mode, const char *word) {
  return mode.n == strlen(word) + 2 &&
         memcmp(w->schema->text + mode.at + 1, word, mode.n - 2) == 0; /* with its quotes */
}

/* nesting_mode: set, list, map, single, group. */
static enum mu_order order_in_block(const struct walk *w, struct mu_span block,
                                    const struct mu_step *steps, size_t n) {
  for (size_t i = 0; i < n && steps[i].key.tape;) {
    struct mu_span found = {0}, type = {0}, nested = {0}, mode = {0};
    if (member_of_step(w, block, "attributes", &steps[i], &found)) {
      if (!member(w, found, "nested_type", &nested)) {
        return member(w, found, "type", &type) ? order_of_type(w, type, steps + i + 1, n - i - 1)
                                               : MU_ORDER_UNKNOWN;
      }
      block = nested;
    } else if (!member_of_step(w, block, "block_types", &steps[i], &found) ||
               !member(w, found, "block", &block)) {
      return MU_ORDER_UNKNOWN;
    }
    if (!member(w, nested.n ? nested : found, "nesting_mode", &mode)) {
      return MU_ORDER_UNKNOWN;
    }
    bool set = mode_is(w, mode, "set"), list = mode_is(w, mode, "list");
    if (++i == n) {
      return set ? MU_ORDER_SET : list ? MU_ORDER_LIST : MU_ORDER_UNKNOWN;
    }
    if (set || list || mode_is(w, mode, "map")) { /* a member of it */
      i++;
    }
  }
  return MU_ORDER_UNKNOWN;
}

enum mu_order mu_schema_order(struct mu_engine *e) {
  const struct mu_schema *schema = e->in->schema;
  const struct mu_res *res = e->plan_res ? e->plan_res : e->actual_res;
  const struct mu_doc *doc = e->plan_res ? e->plan_doc : e->actual_doc;
  if (!schema || !res || e->depth == 0) {
    return MU_ORDER_UNKNOWN;
  }
  const struct mu_schema_type *type = mu_schema_find(schema, doc->text + res->type.at, res->type.n);
  const struct walk w = {.schema = schema, .in = &e->reader.in};
  return type ? order_in_block(&w, type->block, e->path, e->depth) : MU_ORDER_UNKNOWN;
}

/* What the schema does not fit is said once a comparison. */
void mu_schema_report(struct mu_engine *e) {
  const struct mu_schema *schema = e->in->schema;
  for (size_t i = 0; schema && i < schema->complaints_n; i++) {
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_SCHEMA_FILE, schema->complaints[i].subject, NULL);
    f->message = schema->complaints[i].message;
  }
  if (schema && schema->more) {
    struct mu_finding *f = mu_find(e, MU_F_DRIFT_SCHEMA_FILE, schema->name, NULL);
    mu_finding_say(e->out->findings, f, "%zu more types of the plan do not fit", schema->more);
  }
}

/* ---- All four ---- */

unsigned mu_order_traits(struct mu_engine *e) {
  unsigned traits = mu_attr_traits(e);
  if (traits & MU_AT_SCHEMA || !e->typed.tape) {
    return traits;
  }
  switch (mu_cty_order(e->typed, e->path + e->typed_depth, e->depth - e->typed_depth)) {
  case MU_ORDER_SET:
    return (traits & ~(unsigned)(MU_AT_LIST | MU_AT_ORDERED)) | MU_AT_SET;
  case MU_ORDER_LIST:
    return (traits & ~(unsigned)MU_AT_SET) | MU_AT_ORDERED;
  case MU_ORDER_UNKNOWN:
    break;
  }
  return traits;
}
