/* SPDX-License-Identifier: Apache-2.0 */
/* Every value that a document marks as sensitive, for the redactor: under after_sensitive,
 * before_sensitive, sensitive_values and sensitive_attributes, of sensitive variables and outputs,
 * and by name where the document has no marks. Resources are asked as they are read, while their
 * bytes are at hand. */
#include <string.h>

#include "base/arena.h"
#include "drift/doc_priv.h"

enum { SCRATCH_BYTES = 1 << 20 };

struct mu_doc_collector {
  struct mu_doc *doc;
  struct mu_doc_scratch scratch;
  struct mu_jtape values, mask;
  const char **at;
  size_t n, cap;
  uint64_t *seen; /* hashes, open addressing */
  size_t seen_n;
};

static bool seen_before(struct mu_doc_collector *c, uint64_t hash) {
  hash = hash ? hash : 1;
  if (c->n * 2 >= c->seen_n) {
    size_t n = c->seen_n ? c->seen_n * 2 : 256;
    uint64_t *table = mu_arena_array(c->doc->arena, n, sizeof *table);
    for (size_t i = 0; i < c->seen_n; i++) {
      for (size_t at = c->seen[i] & (n - 1); c->seen[i]; at = (at + 1) & (n - 1)) {
        if (!table[at]) {
          table[at] = c->seen[i];
          break;
        }
      }
    }
    c->seen = table;
    c->seen_n = n;
  }
  size_t at = hash & (c->seen_n - 1);
  while (c->seen[at] && c->seen[at] != hash) {
    at = (at + 1) & (c->seen_n - 1);
  }
  bool known = c->seen[at] == hash;
  c->seen[at] = hash;
  return known;
}

/* Every string and number below v. */
static void take(struct mu_doc_collector *c, struct mu_val v) {
  if (!v.tape) {
    return;
  }
  for (uint32_t i = v.i; i < mu_val_node(v)->next; i++) {
    const struct mu_jnode *node = &v.tape->at[i];
    if ((node->kind != MU_JSTR && node->kind != MU_JNUM) || node->n == 0) {
      continue;
    }
    if (!seen_before(c, mu_hash_bytes(1, v.tape->text + node->at, node->n))) {
      c->at = mu_arena_grow(c->doc->arena, c->at, c->n, &c->cap, sizeof *c->at);
      struct mu_val one = {.tape = v.tape, .i = i};
      c->at[c->n++] = node->kind == MU_JSTR
                          ? mu_val_str(one, c->doc->arena)
                          : mu_arena_strn(c->doc->arena, v.tape->text + node->at, node->n);
    }
  }
}

/* What the mask covers; recursion bounded by the depth of the reader. */
static void take_masked(struct mu_doc_collector *c, struct mu_val v, struct mu_val mask) {
  if (!v.tape || !mask.tape) {
    return;
  }
  if (mu_mask_true(mask)) {
    take(c, v);
    return;
  }
  struct mu_iter m = mu_iter(mask);
  for (size_t i = 0; mu_iter_next(&m); i++) {
    take_masked(c, m.object ? mu_val_get_key(v, m.key) : mu_val_at(v, i), m.value);
  }
}

static void take_named(struct mu_doc_collector *c, struct mu_val v) {
  if (!v.tape) {
    return;
  }
  for (uint32_t i = v.i; i + 1 < mu_val_node(v)->next; i++) {
    const struct mu_jnode *node = &v.tape->at[i];
    if (node->kind == MU_JKEY && mu_name_secret(v.tape->text + node->at, node->n)) {
      take(c, (struct mu_val){.tape = v.tape, .i = i + 1});
    }
  }
}

void mu_doc_collect(struct mu_doc_collector *c, const struct mu_res *res, bool marked) {
  bool by_name = !marked || res->sensitive.n == 0;
  if ((by_name || res->sensitive.n > 2) &&
      mu_res_tape(c->doc, res, res->values, &c->scratch, &c->values)) {
    struct mu_val values = mu_val_root(&c->values);
    if (mu_res_mask(c->doc, res, &c->scratch, &c->mask)) {
      take_masked(c, values, mu_val_root(&c->mask));
    }
    if (by_name) {
      take_named(c, values);
    }
  }
  if (res->before_sensitive.n > 2 &&
      mu_jtape_read(&c->values, &c->scratch.in, c->doc->text, res->before) &&
      mu_jtape_read(&c->mask, &c->scratch.in, c->doc->text, res->before_sensitive)) {
    take_masked(c, mu_val_root(&c->values), mu_val_root(&c->mask));
  }
  if (mu_arena_used(c->scratch.arena) > SCRATCH_BYTES) {
    mu_arena_free(c->scratch.arena);
    c->scratch.arena = mu_arena_new();
  }
}

/* {"name": {"after": …, "after_sensitive": …, "before": …, "before_sensitive": …}} or {"name":
 * {"sensitive": true, "value": …}} */
static void take_outputs(struct mu_doc_collector *c, struct mu_span span) {
  if (!span.n || !mu_jtape_read(&c->values, &c->scratch.in, c->doc->text, span)) {
    return;
  }
  for (struct mu_iter it = mu_iter(mu_val_root(&c->values)); it.object && mu_iter_next(&it);) {
    take_masked(c, mu_val_get(it.value, "after"), mu_val_get(it.value, "after_sensitive"));
    take_masked(c, mu_val_get(it.value, "before"), mu_val_get(it.value, "before_sensitive"));
    if (mu_mask_true(mu_val_get(it.value, "sensitive"))) {
      take(c, mu_val_get(it.value, "value"));
    }
  }
}

/* variables: {"name": {"value": …}}; which are sensitive stands in the configuration, else the name
 * has to tell. */
static void take_variables(struct mu_doc_collector *c) {
  const struct mu_doc *doc = c->doc;
  if (!doc->variables.n || !mu_jtape_read(&c->values, &c->scratch.in, doc->text, doc->variables)) {
    return;
  }
  struct mu_val declared = MU_ABSENT_VAL;
  if (doc->configuration.n &&
      mu_jtape_read(&c->mask, &c->scratch.in, doc->text, doc->configuration)) {
    declared = mu_val_get(mu_val_get(mu_val_root(&c->mask), "root_module"), "variables");
  }
  for (struct mu_iter it = mu_iter(mu_val_root(&c->values)); it.object && mu_iter_next(&it);) {
    size_t n = 0;
    const char *name = mu_val_raw(it.key, &n);
    if (mu_mask_true(mu_val_get(mu_val_get_key(declared, it.key), "sensitive")) ||
        mu_name_secret(name, n)) {
      take(c, mu_val_get(it.value, "value"));
    }
  }
}

struct mu_doc_collector *mu_doc_collector_new(struct mu_doc *doc) {
  struct mu_doc_collector *c = mu_arena_alloc(doc->arena, sizeof *c);
  c->doc = doc;
  c->scratch.arena = mu_arena_new();
  return c;
}

/* First what belongs to no resource: who takes only some takes these. */
void mu_doc_collector_give(struct mu_doc_collector *c) {
  struct mu_doc *doc = c->doc;
  size_t resources = c->n;
  take_variables(c);
  take_outputs(c, doc->output_changes);
  take_outputs(c, doc->outputs);
  size_t others = c->n - resources;
  doc->secrets_n = c->n;
  doc->secrets = mu_arena_array(doc->arena, c->n + 1, sizeof *doc->secrets);
  if (c->n) {
    memcpy(doc->secrets, c->at + resources, others * sizeof *doc->secrets);
    memcpy(doc->secrets + others, c->at, resources * sizeof *doc->secrets);
  }
}

void mu_doc_collector_done(struct mu_doc_collector **collector) {
  struct mu_doc_collector *c = *collector;
  if (c) {
    mu_jtape_free(&c->values);
    mu_jtape_free(&c->mask);
    mu_arena_free(c->scratch.arena);
  }
}

size_t mu_doc_secrets(const struct mu_doc *doc, const char *const **out) {
  *out = doc->secrets;
  return doc->secrets_n;
}
