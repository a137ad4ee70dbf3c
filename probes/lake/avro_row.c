/* SPDX-License-Identifier: Apache-2.0 */
/* Rows: what is wanted is taken, the rest is passed over. The statistics of Iceberg's columns, nine
 * tenths of a manifest, are runs of varints, which are passed over eight bytes at a time. */
#include "lake/avro_row.h"

#include "base/arena.h"
#include "base/err.h"
#include "lake/avro_cursor.h"

enum { MAX_STEPS = 4096 };

enum op {
  PASS_INT,
  PASS_LONG,
  PASS_BYTES,
  PASS_FIXED,   /* of n bytes */
  PASS_VARINTS, /* an array of items of n varints each */
  PASS_PAIRS,   /* an array of pairs of a varint and bytes */
  PASS_NODE,    /* whatever the node n is */
  TAKE_INT,
  TAKE_LONG,
  TAKE_BYTES,
  TAKE_FIXED, /* of n bytes */
  TAKE_FROM,  /* kept encoded: begins here */
  TAKE_TO,    /* ends here */
  BRANCH,     /* what the next n steps are about may be absent */
};

/* ---- Passing over ---- */

static const unsigned char *pass(const struct mu_avro_schema *s, uint32_t index,
                                 const unsigned char *p, const unsigned char *end);

static const unsigned char *pass_items(const struct mu_avro_schema *s,
                                       const struct mu_avro_node *node, const unsigned char *p,
                                       const unsigned char *end) {
  uint32_t item = s->fields[node->first].node;
  const struct mu_avro_node *below = &s->nodes[item];
  bool is_map = node->kind == MU_AVRO_MAP;
  for (;;) {
    uint64_t n = 0;
    p = mu_avro_at_run(p, end, below->is_empty && !is_map, &n);
    if (!p || n == 0) {
      return p;
    }
    if (!is_map && below->is_empty) {
      continue;
    }
    if (!is_map && below->varints > 0) {
      p = mu_avro_at_varints(p, end, n * below->varints);
    } else if (!is_map && below->is_pair) {
      p = mu_avro_at_pairs(p, end, n);
    } else {
      for (; n > 0 && p; n--) {
        const unsigned char *key = NULL;
        size_t key_n = 0;
        p = is_map ? mu_avro_at_bytes(p, end, &key, &key_n) : p;
        p = p ? pass(s, item, p, end) : NULL;
      }
    }
    if (!p) {
      return NULL;
    }
  }
}

static const unsigned char *pick_branch(const struct mu_avro_schema *s,
                                        const struct mu_avro_node *node, const unsigned char *p,
                                        const unsigned char *end, uint32_t *branch) {
  int64_t i = 0;
  p = mu_avro_at_long(p, end, &i);
  if (!p || i < 0 || i >= (int64_t)node->n) {
    return NULL;
  }
  *branch = s->fields[node->first + (uint32_t)i].node;
  return p;
}

static const unsigned char *pass_members(const struct mu_avro_schema *s,
                                         const struct mu_avro_node *node, const unsigned char *p,
                                         const unsigned char *end) {
  for (uint32_t k = 0; k < node->n && p; k++) {
    p = pass(s, s->fields[node->first + k].node, p, end);
  }
  return p;
}

static const unsigned char *advance(const unsigned char *p, const unsigned char *end, uint64_t n) {
  return n <= (uint64_t)(end - p) ? p + n : NULL;
}

/* As deep as the schema. */
static const unsigned char *pass(const struct mu_avro_schema *s, uint32_t index,
                                 const unsigned char *p, const unsigned char *end) {
  const struct mu_avro_node *node = &s->nodes[index];
  const unsigned char *bytes = NULL;
  int64_t i = 0;
  size_t n = 0;
  uint32_t branch = 0;
  if (node->is_empty) { /* however many types it is made of */
    return p;
  }
  switch (node->kind) {
  case MU_AVRO_NULL:
    return p;
  case MU_AVRO_BOOL:
    return p < end && *p <= 1 ? p + 1 : NULL;
  case MU_AVRO_INT:
    p = mu_avro_at_long(p, end, &i);
    return i >= INT32_MIN && i <= INT32_MAX ? p : NULL;
  case MU_AVRO_LONG:
    return mu_avro_at_long(p, end, &i);
  case MU_AVRO_FLOAT:
    return advance(p, end, 4);
  case MU_AVRO_DOUBLE:
    return advance(p, end, 8);
  case MU_AVRO_BYTES:
    return mu_avro_at_bytes(p, end, &bytes, &n);
  case MU_AVRO_FIXED:
    return advance(p, end, node->size);
  case MU_AVRO_ENUM:
    p = mu_avro_at_long(p, end, &i);
    return i >= 0 && i < (int64_t)node->size ? p : NULL;
  case MU_AVRO_ARRAY:
  case MU_AVRO_MAP:
    return pass_items(s, node, p, end);
  case MU_AVRO_UNION:
    p = pick_branch(s, node, p, end, &branch);
    return p ? pass(s, branch, p, end) : NULL;
  case MU_AVRO_RECORD:
    return pass_members(s, node, p, end);
  }
  return NULL;
}

bool mu_avro_skip(const struct mu_avro_schema *schema, uint32_t node, struct mu_avro_cursor *c) {
  const unsigned char *p = pass(schema, node, c->p, c->end);
  c->p = p ? p : c->p;
  return p != NULL;
}

/* ---- Compiling ---- */

struct compiler {
  const struct mu_avro_schema *schema;
  const struct mu_avro_want *wants;
  struct mu_arena *arena;
  struct mu_avro_step *steps;
  size_t n, cap;
  bool is_over; /* a type used over and over made too many */
};

static size_t add(struct compiler *c, struct mu_avro_step step) {
  if (c->n >= MAX_STEPS) {
    c->is_over = true;
    return 0;
  }
  c->steps = mu_arena_grow(c->arena, c->steps, c->n, &c->cap, sizeof *c->steps);
  c->steps[c->n] = step;
  return c->n++;
}

/* A union of a type and null, or of the type alone: the type, and how the branches are written. */
static bool unwrap(const struct mu_avro_schema *s, uint32_t *index, struct mu_avro_step *step) {
  const struct mu_avro_node *node = &s->nodes[*index];
  uint32_t present = 0, others = 0;
  for (uint32_t i = 0; node->kind == MU_AVRO_UNION && i < node->n; i++) {
    if (s->nodes[s->fields[node->first + i].node].kind != MU_AVRO_NULL) {
      present = i;
      others++;
    }
  }
  if (others != 1 || node->n > 2) {
    return false;
  }
  step->is_optional = true;
  step->present = (unsigned char)(2 * present);
  step->absent = node->n == 2 ? (unsigned char)(2 - step->present) : step->present;
  *index = s->fields[node->first + present].node;
  return true;
}

static unsigned char op_of(const struct mu_avro_schema *s, const struct mu_avro_node *node,
                           uint32_t *n) {
  const struct mu_avro_node *below =
      node->kind == MU_AVRO_ARRAY ? &s->nodes[s->fields[node->first].node] : NULL;
  if (below && !below->is_empty && below->varints > 0) {
    *n = below->varints;
    return PASS_VARINTS;
  }
  if (below && below->is_pair) {
    return PASS_PAIRS;
  }
  if (node->kind == MU_AVRO_FIXED) {
    *n = node->size;
  }
  return node->kind == MU_AVRO_INT     ? PASS_INT
         : node->kind == MU_AVRO_LONG  ? PASS_LONG
         : node->kind == MU_AVRO_BYTES ? PASS_BYTES
         : node->kind == MU_AVRO_FIXED ? PASS_FIXED
                                       : PASS_NODE;
}

/* What is passed over. */
static void compile_pass(struct compiler *c, uint32_t index) {
  const struct mu_avro_schema *s = c->schema;
  struct mu_avro_step step = {0};
  (void)unwrap(s, &index, &step);
  const struct mu_avro_node *node = &s->nodes[index];
  if (node->is_empty && !step.is_optional) {
    return; /* however many types it is made of */
  }
  if (node->kind == MU_AVRO_RECORD && !step.is_optional) {
    for (uint32_t k = 0; k < node->n && !c->is_over; k++) {
      compile_pass(c, s->fields[node->first + k].node);
    }
    return;
  }
  step.n = index;
  step.op = op_of(s, node, &step.n);
  (void)add(c, step);
}

static void compile_take(struct compiler *c, const struct mu_avro_field *field) {
  struct mu_avro_step step = {.slot = (unsigned char)field->slot};
  uint32_t index = field->node;
  bool is_optional = unwrap(c->schema, &index, &step);
  const struct mu_avro_node *node = &c->schema->nodes[index];
  switch (c->wants[field->slot].as) {
  case MU_AVRO_AS_LONG:
    step.op = node->kind == MU_AVRO_INT ? TAKE_INT : TAKE_LONG;
    (void)add(c, step);
    return;
  case MU_AVRO_AS_BYTES:
    step.op = node->kind == MU_AVRO_FIXED ? TAKE_FIXED : TAKE_BYTES;
    step.n = node->size;
    (void)add(c, step);
    return;
  case MU_AVRO_AS_RAW:
    break;
  }
  step.op = BRANCH;
  size_t branch = is_optional ? add(c, step) : 0;
  (void)add(c, (struct mu_avro_step){.op = TAKE_FROM, .slot = step.slot});
  compile_pass(c, index);
  (void)add(c, (struct mu_avro_step){.op = TAKE_TO, .slot = step.slot});
  if (is_optional) {
    c->steps[branch].n = (uint32_t)(c->n - branch - 1);
  }
}

/* A record that holds wanted fields; as deep as the schema. */
static void compile_record(struct compiler *c, const struct mu_avro_node *record) {
  const struct mu_avro_schema *s = c->schema;
  for (uint32_t k = 0; k < record->n && !c->is_over; k++) {
    const struct mu_avro_field *field = &s->fields[record->first + k];
    struct mu_avro_step step = {.op = BRANCH};
    uint32_t index = field->node;
    (void)unwrap(s, &index, &step);
    if (field->slot >= 0) {
      compile_take(c, field);
    } else if (!s->nodes[index].has_slot || s->nodes[index].kind != MU_AVRO_RECORD) {
      compile_pass(c, field->node);
    } else {
      size_t branch = step.is_optional ? add(c, step) : 0;
      compile_record(c, &s->nodes[index]);
      if (step.is_optional && !c->is_over) {
        c->steps[branch].n = (uint32_t)(c->n - branch - 1);
      }
    }
  }
}

int mu_avro_row_compile(const struct mu_avro_schema *schema, const struct mu_avro_want *wants,
                        struct mu_arena *arena, struct mu_avro_row *out, struct mu_err *err) {
  struct compiler c = {.schema = schema, .wants = wants, .arena = arena};
  compile_record(&c, &schema->nodes[schema->root]);
  if (c.is_over) {
    return mu_fail(err, MU_E_LIMIT, "schema makes rows of more than %d parts", (int)MAX_STEPS);
  }
  *out = (struct mu_avro_row){c.steps, c.n};
  return 0;
}

/* ---- Reading ---- */

/* Which branch of an optional value comes; it may be written in more bytes than it needs. */
static inline const unsigned char *pick(const struct mu_avro_step *step, const unsigned char *p,
                                        const unsigned char *end, bool *is_absent) {
  int64_t branch = 0;
  if (p < end && (*p == step->present || *p == step->absent)) {
    *is_absent = *p != step->present;
    return p + 1;
  }
  p = mu_avro_at_long(p, end, &branch);
  *is_absent = branch != step->present / 2;
  return *is_absent && branch != step->absent / 2 ? NULL : p;
}

/* The array's runs, one after the other. */
static inline const unsigned char *pass_array(const struct mu_avro_step *step,
                                              const unsigned char *p, const unsigned char *end) {
  for (;;) {
    uint64_t n = 0;
    p = mu_avro_at_run(p, end, false, &n);
    if (!p || n == 0) {
      return p;
    }
    p = step->op == PASS_VARINTS ? mu_avro_at_varints(p, end, n * step->n)
                                 : mu_avro_at_pairs(p, end, n);
    if (!p) {
      return NULL;
    }
  }
}

static inline const unsigned char *take(const struct mu_avro_step *step, const unsigned char *p,
                                        const unsigned char *end, struct mu_avro_value *value) {
  value->is_set = true;
  switch ((enum op)step->op) {
  case TAKE_INT:
    p = mu_avro_at_long(p, end, &value->i);
    return value->i >= INT32_MIN && value->i <= INT32_MAX ? p : NULL;
  case TAKE_LONG:
    return mu_avro_at_long(p, end, &value->i);
  case TAKE_BYTES:
    return mu_avro_at_bytes(p, end, &value->p, &value->n);
  case TAKE_FIXED:
    value->p = p;
    value->n = step->n;
    return advance(p, end, step->n);
  case TAKE_FROM:
    value->p = p;
    return p;
  case TAKE_TO:
    value->n = (size_t)(p - value->p);
    return p;
  default:
    return p;
  }
}

bool mu_avro_row_read(const struct mu_avro_row *row, const struct mu_avro_schema *schema,
                      struct mu_avro_cursor *cursor, struct mu_avro_value *values) {
  const unsigned char *p = cursor->p, *const end = cursor->end, *bytes = NULL;
  int64_t i = 0;
  size_t n = 0;
  for (const struct mu_avro_step *at = row->steps, *stop = at + row->n; at < stop && p; at++) {
    bool is_absent = false;
    if (at->is_optional && (!(p = pick(at, p, end, &is_absent)) || is_absent)) {
      at += at->op == BRANCH ? at->n : 0;
      continue;
    }
    switch ((enum op)at->op) {
    case PASS_INT:
      i = 0;
      p = mu_avro_at_long(p, end, &i);
      p = i >= INT32_MIN && i <= INT32_MAX ? p : NULL;
      break;
    case PASS_LONG:
      p = mu_avro_at_long(p, end, &i);
      break;
    case PASS_BYTES:
      p = mu_avro_at_bytes(p, end, &bytes, &n);
      break;
    case PASS_FIXED:
      p = advance(p, end, at->n);
      break;
    case PASS_VARINTS:
    case PASS_PAIRS:
      p = pass_array(at, p, end);
      break;
    case PASS_NODE:
      p = pass(schema, at->n, p, end);
      break;
    case BRANCH:
      break;
    default:
      p = take(at, p, end, &values[at->slot]);
      break;
    }
  }
  cursor->p = p ? p : cursor->p;
  return p != NULL;
}
