/* SPDX-License-Identifier: Apache-2.0 */
/* Values that were kept encoded: looked into when somebody asks. The bytes were walked once
 * already, so a failure here can only cut the answer short. Recursion is as deep as the schema. */
#include <string.h>

#include "base/num.h"
#include "base/str.h"
#include "lake/avro_schema.h"

bool mu_avro_raw_get(const struct mu_avro *avro, size_t slot, const struct mu_avro_value *value,
                     int64_t key, const unsigned char **p, size_t *n) {
  const struct mu_avro_schema *s = mu_avro_schema_get(avro);
  if (!value->is_set || !s->has[slot]) {
    return false;
  }
  const struct mu_avro_node *array = &s->nodes[s->slot_node[slot]];
  const struct mu_avro_node *pair = &s->nodes[s->fields[array->first].node];
  if (array->kind != MU_AVRO_ARRAY || pair->kind != MU_AVRO_RECORD || pair->n != 2) {
    return false;
  }
  uint32_t key_node = s->fields[pair->first].node, value_node = s->fields[pair->first + 1].node;
  if ((s->nodes[key_node].kind != MU_AVRO_INT && s->nodes[key_node].kind != MU_AVRO_LONG) ||
      s->nodes[value_node].kind != MU_AVRO_BYTES) {
    return false;
  }
  struct mu_avro_cursor c = {value->p, value->p + value->n};
  uint64_t run = 0;
  while (mu_avro_run(&c, false, &run) && run > 0) {
    for (uint64_t i = 0; i < run; i++) {
      int64_t at = 0;
      if (!mu_avro_varint(&c, &at) || !mu_avro_take(&c, p, n)) {
        return false;
      }
      if (at == key) {
        return true;
      }
    }
  }
  return false;
}

static void add_u64(struct mu_str *out, char tag, uint64_t v) {
  mu_str_addc(out, tag);
  mu_str_addn(out, &v, sizeof v);
}

/* A wider fixed of the same number (a promoted decimal) keeps its value without the leading sign
 * bytes. */
static void add_fixed(struct mu_str *out, const unsigned char *p, size_t n) {
  while (n > 1 && ((p[0] == 0 && p[1] < 0x80) || (p[0] == 0xff && p[1] >= 0x80))) {
    p++;
    n--;
  }
  add_u64(out, 'x', n);
  mu_str_addn(out, p, n);
}

static void add_real(struct mu_str *out, struct mu_avro_cursor *c, bool is_double) {
  double value = 0;
  if (is_double) {
    memcpy(&value, c->p, sizeof value);
    c->p += sizeof value;
  } else {
    float narrow = 0;
    memcpy(&narrow, c->p, sizeof narrow);
    c->p += sizeof narrow;
    value = (double)narrow;
  }
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  add_u64(out, 'd', bits);
}

static bool canon(const struct mu_avro_schema *s, uint32_t index, struct mu_avro_cursor *c,
                  struct mu_str *out);

static bool canon_items(const struct mu_avro_schema *s, uint32_t index, struct mu_avro_cursor *c,
                        struct mu_str *out) {
  /* No partition value is a collection: the encoding itself has to do. */
  const unsigned char *from = c->p;
  if (!mu_avro_skip(s, index, c)) {
    return false;
  }
  add_u64(out, 'a', (uint64_t)(c->p - from));
  mu_str_addn(out, from, (size_t)(c->p - from));
  return true;
}

static bool canon_members(const struct mu_avro_schema *s, const struct mu_avro_node *node,
                          struct mu_avro_cursor *c, struct mu_str *out) {
  for (uint32_t k = 0; k < node->n; k++) {
    if (!canon(s, s->fields[node->first + k].node, c, out)) {
      return false;
    }
  }
  return true;
}

static bool canon(const struct mu_avro_schema *s, uint32_t index, struct mu_avro_cursor *c,
                  struct mu_str *out) {
  const struct mu_avro_node *node = &s->nodes[index];
  const unsigned char *p = NULL;
  int64_t i = 0;
  size_t n = 0;
  if (node->is_empty) {
    mu_str_addc(out, 'n');
    return true;
  }
  switch (node->kind) {
  case MU_AVRO_NULL:
    mu_str_addc(out, 'n');
    return true;
  case MU_AVRO_BOOL:
    mu_str_addc(out, 'b');
    mu_str_addn(out, c->p++, 1);
    return true;
  case MU_AVRO_INT:
  case MU_AVRO_LONG:
  case MU_AVRO_ENUM:
    if (!mu_avro_varint(c, &i)) {
      return false;
    }
    add_u64(out, 'i', (uint64_t)i);
    return true;
  case MU_AVRO_FLOAT:
  case MU_AVRO_DOUBLE:
    add_real(out, c, node->kind == MU_AVRO_DOUBLE);
    return true;
  case MU_AVRO_BYTES:
    if (!mu_avro_take(c, &p, &n)) {
      return false;
    }
    add_u64(out, 's', n);
    mu_str_addn(out, p, n);
    return true;
  case MU_AVRO_FIXED:
    add_fixed(out, c->p, node->size);
    c->p += node->size;
    return true;
  case MU_AVRO_UNION:
    return mu_avro_varint(c, &i) && canon(s, s->fields[node->first + (uint32_t)i].node, c, out);
  case MU_AVRO_RECORD:
    return canon_members(s, node, c, out);
  case MU_AVRO_ARRAY:
  case MU_AVRO_MAP:
    return canon_items(s, index, c, out);
  }
  return false;
}

void mu_avro_raw_canon(const struct mu_avro *avro, size_t slot, const struct mu_avro_value *value,
                       struct mu_str *out) {
  const struct mu_avro_schema *s = mu_avro_schema_get(avro);
  if (value->is_set && s->has[slot]) {
    struct mu_avro_cursor c = {value->p, value->p + value->n};
    (void)canon(s, s->slot_node[slot], &c, out);
  }
}

static bool text_of(const struct mu_avro_schema *s, uint32_t index, struct mu_avro_cursor *c,
                    struct mu_str *out) {
  const struct mu_avro_node *node = &s->nodes[index];
  const unsigned char *p = c->p;
  int64_t i = 0;
  size_t n = 0;
  if (node->kind == MU_AVRO_UNION) {
    return mu_avro_varint(c, &i) && text_of(s, s->fields[node->first + (uint32_t)i].node, c, out);
  }
  if (node->kind == MU_AVRO_INT || node->kind == MU_AVRO_LONG) {
    if (!mu_avro_varint(c, &i)) {
      return false;
    }
    char day[MU_TIME_TEXT];
    const int64_t day_ms = 86400000;
    if (node->is_date && i > -100000 && i < 1000000) {
      mu_time_date(i * day_ms, day);
      mu_str_add(out, day);
    } else {
      mu_str_addf(out, "%lld", (long long)i);
    }
    return true;
  }
  if (node->kind == MU_AVRO_BYTES) {
    if (!mu_avro_take(c, &p, &n)) {
      return false;
    }
    mu_str_add_safe(out, (const char *)p, n);
    return true;
  }
  if (node->kind == MU_AVRO_NULL) {
    mu_str_add(out, "null");
    return true;
  }
  if (!mu_avro_skip(s, index, c)) {
    return false;
  }
  for (; p < c->p; p++) { /* whatever else: its bytes */
    mu_str_addf(out, "%02x", *p);
  }
  return true;
}

void mu_avro_raw_text(const struct mu_avro *avro, size_t slot, const struct mu_avro_value *value,
                      struct mu_str *out) {
  const struct mu_avro_schema *s = mu_avro_schema_get(avro);
  const struct mu_avro_node *node = s->has[slot] ? &s->nodes[s->slot_node[slot]] : NULL;
  if (!value->is_set || !node || node->kind != MU_AVRO_RECORD) {
    return;
  }
  struct mu_avro_cursor c = {value->p, value->p + value->n};
  for (uint32_t k = 0; k < node->n; k++) {
    const struct mu_avro_field *field = &s->fields[node->first + k];
    mu_str_addf(out, "%s%s=", k > 0 ? ", " : "", field->name);
    if (!text_of(s, field->node, &c, out)) {
      return;
    }
  }
}
