/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs what is planned with what is there: by address and deposed key, then by previous address,
 * then by what the provider calls it. Addresses are opaque; position means nothing. */
#include <stdlib.h>
#include <string.h>

#include "drift/engine.h"

static const struct mu_res_list *actual_list(const struct mu_engine *e, const struct mu_doc *doc) {
  return doc->kind == MU_DOC_PLAN && !e->fresh ? &doc->prior : &doc->resources;
}

static bool same_key(const struct mu_entry *entry, const char *address, size_t n,
                     const char *deposed, size_t deposed_n) {
  const struct mu_res *res = entry->res;
  return res->address_n == n && res->deposed.n == deposed_n &&
         memcmp(res->address, address, n) == 0 &&
         memcmp(entry->doc->text + res->deposed.at, deposed, deposed_n) == 0;
}

/* Where the entry of that key stands in the table, or where it would. */
static struct mu_slot *find_slot(const struct mu_join *join, uint64_t hash, const char *address,
                                 size_t n, const char *deposed, size_t deposed_n) {
  const uint32_t high = (uint32_t)(hash >> 32); /* the low half says where to look */
  for (size_t at = hash & (join->table_n - 1);; at = (at + 1) & (join->table_n - 1)) {
    struct mu_slot *slot = &join->table[at];
    if (!slot->entry || (slot->hash == high && same_key(&join->entries[slot->entry - 1], address, n,
                                                        deposed, deposed_n))) {
      return slot;
    }
  }
}

static struct mu_slot *slot_of(const struct mu_join *join, const struct mu_doc *doc,
                               const struct mu_res *res) {
  return find_slot(join, res->hash, res->address, res->address_n, doc->text + res->deposed.at,
                   res->deposed.n);
}

/* One address in two of several states: they contradict each other. In one file it is damage. */
static int add_entry(struct mu_engine *e, const struct mu_doc *doc, const struct mu_res *res,
                     struct mu_err *err) {
  struct mu_join *join = &e->join;
  struct mu_slot *slot = slot_of(join, doc, res);
  if (slot->entry) {
    return mu_fail(err, MU_E_INPUT, "%s: %.*s is there twice in the actual state", doc->name,
                   (int)(res->address_n < 300 ? res->address_n : 300), res->address);
  }
  join->entries[join->n++] = (struct mu_entry){.doc = doc, .res = res};
  *slot = (struct mu_slot){.entry = (uint32_t)join->n, .hash = (uint32_t)(res->hash >> 32)};
  return 0;
}

static int index_actual(struct mu_engine *e, struct mu_err *err) {
  size_t n = 0;
  for (size_t i = 0; i < e->in->actual_n; i++) {
    n += actual_list(e, e->in->actual[i])->n;
  }
  e->join.entries = mu_arena_array(e->arena, n + 1, sizeof *e->join.entries);
  e->join.table_n = 16;
  while (e->join.table_n < n * 2) {
    e->join.table_n *= 2;
  }
  e->join.table = mu_arena_array(e->arena, e->join.table_n, sizeof *e->join.table);
  for (size_t i = 0; i < e->in->actual_n; i++) {
    const struct mu_res_list *list = actual_list(e, e->in->actual[i]);
    for (size_t k = 0; k < list->n; k++) {
      if (!(mu_res_at(list, k)->flags & MU_RES_DATA) &&
          add_entry(e, e->in->actual[i], mu_res_at(list, k), err) != 0) {
        return -1;
      }
    }
  }
  return 0;
}

static void take(struct mu_engine *e, size_t plan, uint32_t entry, enum mu_how how) {
  if (entry && !e->join.entries[entry - 1].used) {
    e->join.entries[entry - 1].used = true;
    e->join.pairs[plan] = (struct mu_pairing){.entry = entry, .how = (uint8_t)how};
  }
}

static bool planned(const struct mu_res *res) {
  return !(res->flags & MU_RES_DATA) && res->deposed.n == 0;
}

static void by_address(struct mu_engine *e) {
  const struct mu_res_list *plan = &e->in->plan->resources;
  for (size_t i = 0; i < plan->n; i++) {
    const struct mu_res *res = mu_res_at(plan, i);
    if (!(res->flags & MU_RES_DATA)) {
      take(e, i, slot_of(&e->join, e->in->plan, res)->entry, MU_HOW_ADDRESS);
    }
  }
  for (size_t i = 0; i < plan->n; i++) {
    const struct mu_res *res = mu_res_at(plan, i);
    if (planned(res) && !e->join.pairs[i].entry && res->previous.n) {
      const char *previous = mu_span_copy(e->in->plan, res->previous, e->scratch);
      size_t n = strlen(previous);
      take(e, i, find_slot(&e->join, mu_res_hash(previous, n, "", 0), previous, n, "", 0)->entry,
           MU_HOW_MOVED);
    }
  }
}

/* ---- By identity: what is left on both sides, of one type and provider ---- */

struct identity {
  uint64_t hash; /* of type and value; 0: none */
  size_t index;  /* of the plan's resource, or of the entry */
};

/* The value that names the object for its provider. `sure`: it names no other. */
static uint64_t identity_hash(struct mu_engine *e, const struct mu_doc *doc,
                              const struct mu_res *res, int rank) {
  static const char *const names[] = {"arn", "id", "self_link", "bucket", "name"};
  uint64_t hash = 0;
  struct mu_jtape tape = {0};
  if (mu_res_tape(doc, res, rank == 0 ? res->identity : res->values, &e->reader, &tape)) {
    struct mu_val v = mu_val_root(&tape);
    v = rank == 0 ? v : mu_val_get(v, names[rank - 1]);
    if (rank == 0 ? mu_val_count(v) > 0 : mu_val_is(v, MU_JSTR) && !mu_val_empty(v)) {
      hash = mu_hash_bytes(mu_val_hash(v) ^ (uint64_t)rank, doc->text + res->type.at, res->type.n);
      hash = hash ? hash : 1;
    }
  }
  mu_jtape_free(&tape);
  return hash;
}

static int by_identity_hash(const void *a, const void *b) {
  const struct identity *x = a, *y = b;
  return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1)
                            : (x->index > y->index) - (x->index < y->index);
}

/* One rank of names: pairs that are unique on both sides. */
static void pair_rank(struct mu_engine *e, int rank, struct identity *p, struct identity *a) {
  size_t p_n = 0, a_n = 0;
  const struct mu_res_list *plan = &e->in->plan->resources;
  for (size_t i = 0; i < plan->n; i++) {
    const struct mu_res *res = mu_res_at(plan, i);
    if (planned(res) && !e->join.pairs[i].entry && !(res->flags & MU_RES_FORGET)) {
      p[p_n++] = (struct identity){.hash = identity_hash(e, e->in->plan, res, rank), .index = i};
    }
  }
  for (size_t i = 0; i < e->join.n; i++) {
    const struct mu_entry *entry = &e->join.entries[i];
    if (!entry->used && entry->res->deposed.n == 0) {
      a[a_n++] =
          (struct identity){.hash = identity_hash(e, entry->doc, entry->res, rank), .index = i};
    }
  }
  qsort(p, p_n, sizeof *p, by_identity_hash);
  qsort(a, a_n, sizeof *a, by_identity_hash);
  for (size_t i = 0, j = 0; i < p_n && j < a_n;) {
    if (p[i].hash == 0 || p[i].hash < a[j].hash) {
      i++;
    } else if (a[j].hash < p[i].hash) {
      j++;
    } else {
      bool unique = (i + 1 == p_n || p[i + 1].hash != p[i].hash) &&
                    (j + 1 == a_n || a[j + 1].hash != a[j].hash) &&
                    (i == 0 || p[i - 1].hash != p[i].hash) &&
                    (j == 0 || a[j - 1].hash != a[j].hash);
      if (unique) {
        take(e, p[i].index, (uint32_t)a[j].index + 1, MU_HOW_IDENTITY);
      }
      i++;
      j++;
    }
  }
}

static void by_identity(struct mu_engine *e) {
  size_t p = 0, a = 0;
  for (size_t i = 0; i < e->in->plan->resources.n; i++) {
    p += planned(mu_res_at(&e->in->plan->resources, i)) && !e->join.pairs[i].entry;
  }
  for (size_t i = 0; i < e->join.n; i++) {
    a += !e->join.entries[i].used;
  }
  if (p == 0 || a == 0) {
    return;
  }
  struct identity *left = mu_arena_array(e->scratch, p, sizeof *left);
  struct identity *right = mu_arena_array(e->scratch, a, sizeof *right);
  for (int rank = 0; rank < 6; rank++) {
    pair_rank(e, rank, left, right);
  }
}

int mu_join(struct mu_engine *e, struct mu_err *err) {
  e->join.pairs = mu_arena_array(e->arena, e->in->plan->resources.n + 1, sizeof *e->join.pairs);
  if (index_actual(e, err) != 0) {
    return -1;
  }
  by_address(e);
  by_identity(e);
  return 0;
}

/* ---- The resource at hand ---- */

const char *mu_res_address(struct mu_arena *arena, const struct mu_res *res) {
  return mu_arena_strn(arena, res->address, res->address_n);
}

const char *mu_address(struct mu_engine *e) {
  if (!e->address) {
    e->address = mu_res_address(e->arena, e->plan_res ? e->plan_res : e->actual_res);
  }
  return e->address;
}

const char *mu_type(struct mu_engine *e) {
  if (!e->type) {
    const struct mu_res *res = e->plan_res ? e->plan_res : e->actual_res;
    e->type = res ? mu_res_type(e->plan_res ? e->plan_doc : e->actual_doc, res)->name : "";
  }
  return e->type;
}

const char *mu_provider_id(struct mu_engine *e) {
  if (!e->provider_id && !e->fresh) {
    struct mu_val id = mu_val_get(e->root.a, "id");
    id = mu_val_is(id, MU_JSTR) ? id : mu_val_get(e->root.a, "arn");
    e->provider_id = mu_val_is(id, MU_JSTR) ? mu_val_str(id, e->arena) : NULL;
  }
  return e->provider_id;
}

/* Names the object among those of its type: by arn, else by id. */
static uint64_t object_hash(struct mu_engine *e) {
  struct mu_val name = mu_val_get(e->root.a, "arn");
  if (!mu_val_is(name, MU_JSTR) || mu_val_empty(name)) {
    name = mu_val_get(e->root.a, "id");
  }
  return mu_val_is(name, MU_JSTR)
             ? mu_hash_bytes(mu_val_hash(name), e->actual_doc->text + e->actual_res->type.at,
                             e->actual_res->type.n)
             : 0;
}

bool mu_load(struct mu_engine *e, const struct mu_res *plan, struct mu_entry *actual) {
  mu_engine_rest(e);
  e->plan_res = plan;
  e->actual_res = actual ? actual->res : NULL;
  e->actual_doc = actual ? actual->doc : NULL;
  e->address = e->type = e->provider_id = NULL;
  e->hashed = MU_ABSENT_VAL;
  e->depth = e->typed_depth = 0;
  e->typed = MU_ABSENT_VAL;
  e->conf_read = e->this_changed = false;
  e->conf = plan ? mu_doc_conf(e->plan_doc, plan) : NULL;
  e->root = (struct mu_sides){0};
  if (plan) {
    if (!mu_res_tape(e->plan_doc, plan, plan->values, &e->reader, &e->p) ||
        !mu_res_tape(e->plan_doc, plan, plan->unknown, &e->reader, &e->u) ||
        !mu_res_mask(e->plan_doc, plan, &e->reader, &e->pm)) {
      return false;
    }
    e->root.p = mu_val_root(&e->p);
    e->root.unknown = mu_val_root(&e->u);
    e->root.p_mask = mu_val_root(&e->pm);
  }
  if (actual) {
    if (!mu_res_tape(actual->doc, actual->res, actual->res->values, &e->reader, &e->a) ||
        !mu_res_mask(actual->doc, actual->res, &e->reader, &e->am)) {
      return false;
    }
    e->root.a = mu_val_root(&e->a);
    e->root.a_mask = mu_val_root(&e->am);
    if (e->fresh) {
      if (!mu_res_tape(actual->doc, actual->res, actual->res->unknown, &e->reader, &e->au)) {
        return false;
      }
      e->root.a_unknown = mu_val_root(&e->au);
    }
    actual->hash = e->fresh ? 0 : object_hash(e);
  }
  e->schema_differs = actual && e->conf && e->conf->has_schema &&
                      actual->res->flags & MU_RES_HAS_SCHEMA &&
                      e->conf->schema_version != actual->res->schema_version;
  return true;
}

bool mu_declared(struct mu_engine *e) {
  if (!e->conf) {
    return true;
  }
  if (!e->conf_read) {
    e->conf_read = true;
    e->conf_tape.n = 0;
    if (e->conf->expressions.n &&
        !mu_jtape_read(&e->conf_tape, &e->reader.in, e->plan_doc->text, e->conf->expressions)) {
      e->conf = NULL;
      return true;
    }
  }
  struct mu_val expressions = mu_val_root(&e->conf_tape);
  if (e->depth == 0 || !e->path[0].key.tape) {
    return true;
  }
  struct mu_val key = e->path[0].key;
  /* tags_all is what the provider makes of tags and default_tags: somebody declared one of them. */
  return mu_val_get_key(expressions, key).tape || mu_val_key_is(key, "tags_all");
}

/* registry.terraform.io/hashicorp/aws, registry.opentofu.org/hashicorp/aws, aws and
 * provider["…/aws"].alias are all aws. */
static const char *provider_word(const struct mu_doc *doc, struct mu_span span, size_t *n) {
  const char *text = doc->text + span.at, *end = text + span.n;
  for (const char *p = text; p < end; p++) {
    if (*p == '/' || *p == '.') {
      const char *rest = p + 1;
      /* a dot behind the closing bracket of a raw state's provider starts an alias */
      if (*p == '.' && p > text && (p[-1] == ']' || p[-1] == '"')) {
        end = p;
        break;
      }
      text = *p == '/' || mu_str_starts(text, "provider.") ? rest : text;
    }
  }
  while (end > text && (end[-1] == ']' || end[-1] == '"' || end[-1] == '\\')) {
    end--;
  }
  *n = (size_t)(end - text);
  return text;
}

bool mu_same_provider(const struct mu_doc *x, struct mu_span a, const struct mu_doc *y,
                      struct mu_span b) {
  if (a.n == 0 || b.n == 0) {
    return true;
  }
  if (a.n == b.n && memcmp(x->text + a.at, y->text + b.at, a.n) == 0) {
    return true;
  }
  size_t n = 0, m = 0;
  const char *p = provider_word(x, a, &n), *q = provider_word(y, b, &m);
  return n == m && memcmp(p, q, n) == 0;
}

void mu_engine_rest(struct mu_engine *e) {
  if (mu_arena_used(e->scratch) > 1 << 20) {
    mu_arena_free(e->scratch);
    e->scratch = mu_arena_new();
    e->reader.arena = e->scratch;
  }
}

void mu_engine_done(struct mu_engine *e) {
  mu_jtape_free(&e->p);
  mu_jtape_free(&e->u);
  mu_jtape_free(&e->pm);
  mu_jtape_free(&e->a);
  mu_jtape_free(&e->am);
  mu_jtape_free(&e->au);
  mu_jtape_free(&e->conf_tape);
  mu_arena_free(e->scratch);
}
