/* SPDX-License-Identifier: Apache-2.0 */
/* Roll-ups: what an attribute collects must be explained by resources of the actual state. The
 * members are looked up once, when the first such attribute is met; each is read again when it is
 * asked for. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "drift/engine.h"

enum how { VALUE, RULES, BLOCK, ACL, BALANCER, VERSIONING, LIFECYCLE };

struct row {
  const char *id, *owner, *attribute, *key, *member, *reference;
  enum how how;
  const char *value;
};

static const struct row rows[] = {
#define MU_ROLLUP(id, owner, attribute, key, member, reference, how, value)                        \
  {id, owner, attribute, key, member, reference, how, value},
#include "drift/rollup.def"
#undef MU_ROLLUP
};

struct link { /* a resource that may explain, by row and by what it refers to */
  uint64_t hash;
  uint32_t row, entry;
};

struct mu_rollups {
  struct link *links; /* sorted by hash */
  size_t n, cap;
  atomic_bool built;
  pthread_mutex_t lock; /* of who builds */
};

void mu_rollups_init(struct mu_engine *e) {
  e->rollups = mu_arena_alloc(e->arena, sizeof *e->rollups);
  (void)pthread_mutex_init(&e->rollups->lock, NULL);
}

/* ---- The index ---- */

static void add_link(struct mu_engine *e, uint32_t row, uint32_t entry, struct mu_val reference) {
  struct mu_rollups *r = e->rollups;
  if (!mu_val_is(reference, MU_JSTR) || mu_val_empty(reference)) {
    return;
  }
  r->links = mu_arena_grow(e->arena, r->links, r->n, &r->cap, sizeof *r->links);
  r->links[r->n++] =
      (struct link){.hash = mu_val_hash(reference) + row, .row = row, .entry = entry};
}

/* Every string under the reference: a value, a list of them, or ("*.x") each x anywhere inside. */
static void add_links(struct mu_engine *e, uint32_t row, uint32_t entry, struct mu_val values) {
  const char *reference = rows[row].reference;
  if (mu_str_starts(reference, "*.")) {
    for (uint32_t i = values.i; i + 1 < mu_val_node(values)->next; i++) {
      struct mu_val at = {.tape = values.tape, .i = i};
      if (mu_val_is(at, MU_JKEY) && mu_val_key_is(at, reference + 2)) {
        add_link(e, row, entry, (struct mu_val){.tape = values.tape, .i = i + 1});
      }
    }
    return;
  }
  struct mu_val v = mu_val_get(values, reference);
  add_link(e, row, entry, v);
  for (struct mu_iter it = mu_iter(v); mu_iter_next(&it);) {
    add_link(e, row, entry, it.value);
  }
}

static int by_hash(const void *a, const void *b) {
  const struct link *x = a, *y = b;
  return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1)
                            : (x->entry > y->entry) - (x->entry < y->entry);
}

/* Of each type of a document, the rows whose member it is, as bits. */
static uint64_t *rows_of_types(struct mu_engine *e, const struct mu_doc *doc) {
  uint64_t *which = mu_arena_array(e->scratch, doc->types_n + 1, sizeof *which);
  for (size_t i = 0; i < doc->types_n; i++) {
    for (size_t k = 0; k < MU_LEN(rows); k++) {
      which[i] |= mu_str_glob(rows[k].member, doc->types[i].name) ? UINT64_C(1) << k : 0;
    }
  }
  return which;
}

static void build(struct mu_engine *e) {
  struct mu_jtape tape = {0};
  const struct mu_doc *doc = NULL;
  uint64_t *which = NULL;
  for (size_t i = 0; i < e->join.n; i++) {
    const struct mu_entry *entry = &e->join.entries[i];
    if (entry->doc != doc) { /* the entries of a document stand together */
      doc = entry->doc;
      which = rows_of_types(e, doc);
    }
    uint64_t bits = which[entry->res->type_id];
    if (bits && entry->res->deposed.n == 0 &&
        mu_res_tape(doc, entry->res, entry->res->values, &e->reader, &tape)) {
      for (uint32_t k = 0; k < MU_LEN(rows); k++) {
        if (bits >> k & 1) {
          add_links(e, k, (uint32_t)i, mu_val_root(&tape));
        }
      }
    }
    mu_breathe_at(e, i);
  }
  mu_jtape_free(&tape);
  if (e->rollups->n) {
    qsort(e->rollups->links, e->rollups->n, sizeof *e->rollups->links, by_hash);
  }
}

/* By the first worker that needs it, for all of them. */
static void build_once(struct mu_engine *e) {
  struct mu_rollups *r = e->rollups;
  if (!atomic_load(&r->built)) {
    (void)pthread_mutex_lock(&r->lock);
    if (!atomic_load(&r->built)) {
      build(e);
      atomic_store(&r->built, true);
    }
    (void)pthread_mutex_unlock(&r->lock);
  }
}
_Static_assert(MU_LEN(rows) <= 64, "a row of rollup.def is one bit of a word");

static size_t first_link(const struct mu_rollups *r, uint64_t hash) {
  size_t low = 0, high = r->n;
  while (low < high) {
    size_t mid = low + (high - low) / 2;
    if (r->links[mid].hash < hash) {
      low = mid + 1;
    } else {
      high = mid;
    }
  }
  return low;
}

/* ---- Does a resource say what a member says? ---- */

/* Equal, or the same policy; one of a list; or the same list in any order. */
static bool says_value(struct mu_engine *e, struct mu_val member, struct mu_val by) {
  if (by.tape && mu_val_eq(member, by)) {
    return true;
  }
  if (mu_val_is(member, MU_JARRAY)) {
    bool all = mu_val_is(by, MU_JARRAY) && mu_val_count(by) == mu_val_count(member);
    for (struct mu_iter it = mu_iter(member); all && mu_iter_next(&it);) {
      all = mu_val_is(it.value, MU_JSTR) && says_value(e, it.value, by);
    }
    return all;
  }
  for (struct mu_iter it = mu_iter(by); !it.object && mu_iter_next(&it);) {
    if (mu_val_is(it.value, MU_JSTR) && says_value(e, member, it.value)) {
      return true;
    }
  }
  return mu_val_is(by, MU_JSTR) && mu_val_is(member, MU_JSTR) && !mu_val_empty(by) &&
         mu_equal(e, &(struct mu_sides){.p = by, .a = member}) != NULL;
}

/* "rule_no=rule_number,days=days|noncurrent_days,…": what the resource calls a member of the block,
 * one name or several. NULL: it is not asked for. */
static const char *renamed(struct mu_engine *e, const struct row *row, const char *name) {
  size_t n = strlen(name);
  for (const char *p = row->value; *p;) {
    size_t len = strcspn(p, ",");
    if (len > n && p[n] == '=' && strncmp(p, name, n) == 0) {
      return len == n + 1 ? NULL : mu_arena_strn(e->scratch, p + n + 1, len - n - 1);
    }
    p += len + (p[len] == ',');
  }
  return name;
}

/* Some resources hold as text what the block has as a number. */
static bool says_number(struct mu_val leaf, struct mu_val by) {
  size_t n = 0, m = 0;
  const char *p = mu_val_is(leaf, MU_JNUM) ? mu_val_raw(leaf, &n) : NULL,
             *q = mu_val_is(by, MU_JSTR) ? mu_val_raw(by, &m) : NULL;
  return p && q && n == m && memcmp(p, q, n) == 0;
}

/* A leaf of that name and value anywhere below v. */
static bool holds_leaf(struct mu_engine *e, struct mu_val v, const char *name, struct mu_val leaf) {
  for (uint32_t i = v.i; i + 1 < mu_val_node(v)->next; i++) {
    struct mu_val at = {.tape = v.tape, .i = i};
    if (mu_val_is(at, MU_JKEY) && mu_val_key_is(at, name)) {
      struct mu_val by = {.tape = v.tape, .i = i + 1};
      if (says_value(e, leaf, by) || says_number(leaf, by)) {
        return true;
      }
    }
  }
  return false;
}

/* The same under one of several names, "a|b". */
static bool holds_any(struct mu_engine *e, struct mu_val v, const char *names, struct mu_val leaf) {
  for (const char *p = names; *p;) {
    size_t n = strcspn(p, "|");
    if (holds_leaf(e, v, mu_arena_strn(e->scratch, p, n), leaf)) {
      return true;
    }
    p += n + (p[n] == '|');
  }
  return false;
}

/* Whatever the block says, the resource says, too. */
static bool says_block(struct mu_engine *e, const struct row *row, struct mu_val member,
                       struct mu_val by) {
  for (struct mu_iter it = mu_iter(member); mu_iter_next(&it);) {
    const char *name = it.object ? renamed(e, row, mu_val_str(it.key, e->scratch)) : "";
    if (!name || mu_val_zero(it.value)) {
      continue;
    }
    bool blocks = mu_val_is(it.value, MU_JARRAY) && mu_val_is(mu_val_at(it.value, 0), MU_JOBJECT);
    if (blocks || mu_val_is(it.value, MU_JOBJECT)) {
      if (!says_block(e, row, it.value, by)) {
        return false;
      }
    } else if (!it.object || !holds_any(e, by, name, it.value)) {
      return false;
    }
  }
  return true;
}

/* One entry of a network ACL, in its direction. */
static bool says_entry(struct mu_engine *e, const struct row *row, struct mu_val member,
                       struct mu_val by) {
  bool out = strcmp(row->attribute, "egress") == 0;
  return out == mu_val_is(mu_val_get(by, "egress"), MU_JTRUE) && says_block(e, row, member, by);
}

/* A listener names its load balancer; a rule only its listener, whose ARN holds the balancer's:
 * …:listener/app/NAME/ID/LISTENER and …:loadbalancer/app/NAME/ID. */
static bool says_balancer(struct mu_engine *e, struct mu_val member, struct mu_val by) {
  static const char infix[] = ":listener/";
  const char *balancer = mu_val_str(member, e->scratch),
             *listener = mu_val_str(mu_val_get(by, "listener_arn"), e->scratch);
  const char *at = listener ? strstr(listener, infix) : NULL, *end = at ? strrchr(at, '/') : NULL;
  if (!at || !balancer) {
    return says_value(e, member, mu_val_get(by, "load_balancer_arn"));
  }
  const char *rest = at + sizeof infix - 1;
  return end > rest &&
         strcmp(balancer, mu_arena_fmt(e->scratch, "%.*s:loadbalancer/%.*s", (int)(at - listener),
                                       listener, (int)(end - rest), rest)) == 0;
}

/* versioning {enabled, mfa_delete} of the bucket by versioning_configuration {status, mfa_delete}
 * of the resource. */
static bool says_versioning(struct mu_val member, struct mu_val by) {
  struct mu_val configuration = mu_val_at(mu_val_get(by, "versioning_configuration"), 0);
  for (struct mu_iter it = mu_iter(member); it.object && mu_iter_next(&it);) {
    if (!mu_val_key_is(it.key, "enabled") && !mu_val_key_is(it.key, "mfa_delete") &&
        !mu_val_zero(it.value)) {
      return false;
    }
  }
  bool on = mu_val_is(mu_val_get(member, "enabled"), MU_JTRUE),
       mfa = mu_val_is(mu_val_get(member, "mfa_delete"), MU_JTRUE);
  return on == mu_val_is_str(mu_val_get(configuration, "status"), "Enabled") &&
         mfa == mu_val_is_str(mu_val_get(configuration, "mfa_delete"), "Enabled");
}

/* One of the configuration's rules: the same id, on or off, and whatever else the bucket repeats.
 */
static bool says_lifecycle(struct mu_engine *e, const struct row *row, struct mu_val member,
                           struct mu_val by) {
  struct mu_val id = mu_val_get(member, "id");
  for (struct mu_iter it = mu_iter(mu_val_get(by, "rule")); mu_iter_next(&it);) {
    bool enabled = mu_val_is_str(mu_val_get(it.value, "status"), "Enabled");
    if (id.tape && mu_val_eq(id, mu_val_get(it.value, "id")) &&
        enabled == mu_val_is(mu_val_get(member, "enabled"), MU_JTRUE) &&
        says_block(e, row, member, it.value)) {
      return true;
    }
  }
  return false;
}

/* ---- Rules of security groups: one member may collect several resources, and each source is
 * explained by itself ---- */

/* By its number; none says all of them. */
static const char *protocol(struct mu_engine *e, struct mu_val v) {
  return mu_val_is(v, MU_JSTR) ? mu_protocol(mu_val_str(v, e->scratch)) : "-1";
}

/* With all protocols ports mean nothing, and the group repeats none: it has 0, -1 or null, whatever
 * the rule was given. */
static bool same_port(struct mu_val there, struct mu_val said, const char *proto) {
  if (strcmp(proto, "-1") == 0) {
    size_t n = 0;
    const char *raw = mu_val_is(there, MU_JNUM) ? mu_val_raw(there, &n) : "";
    return mu_val_zero(there) || (n == 2 && memcmp(raw, "-1", 2) == 0);
  }
  return (mu_val_null(there) && mu_val_null(said)) ||
         (there.tape && said.tape && mu_val_eq(there, said));
}

static bool rule_has_source(struct mu_engine *e, struct mu_val by, const char *list,
                            const char *const *singles, struct mu_val source) {
  for (struct mu_iter it = mu_iter(mu_val_get(by, list)); mu_iter_next(&it);) {
    if (says_value(e, source, it.value)) {
      return true;
    }
  }
  for (; *singles; singles++) {
    struct mu_val one = mu_val_get(by, *singles);
    if (mu_val_is(one, MU_JSTR) && says_value(e, source, one)) {
      return true;
    }
  }
  return false;
}

static bool rule_says(struct mu_engine *e, const struct row *row, struct mu_val by,
                      struct mu_val member, const char *list, const char *const *singles,
                      struct mu_val source) {
  if (*row->value && !mu_val_is_str(mu_val_get(by, "type"), row->value)) {
    return false;
  }
  struct mu_val named = mu_val_get(by, "ip_protocol");
  const char *p = protocol(e, mu_val_get(member, "protocol")),
             *q = protocol(e, named.tape ? named : mu_val_get(by, "protocol"));
  if (strcmp(p, q) != 0 ||
      !same_port(mu_val_get(member, "from_port"), mu_val_get(by, "from_port"), p) ||
      !same_port(mu_val_get(member, "to_port"), mu_val_get(by, "to_port"), p)) {
    return false;
  }
  struct mu_val said = mu_val_get(by, "description"), there = mu_val_get(member, "description");
  bool silent = mu_val_empty(said) && mu_val_empty(there);
  if (!silent && !(said.tape && there.tape && mu_val_eq(said, there))) {
    return false;
  }
  if (!source.tape) { /* the group itself */
    struct mu_val group = mu_val_get(by, "security_group_id"),
                  referenced = mu_val_get(by, "referenced_security_group_id");
    struct mu_val other = mu_val_get(by, "source_security_group_id");
    return mu_val_is(mu_val_get(by, "self"), MU_JTRUE) ||
           (referenced.tape && mu_val_eq(group, referenced)) ||
           (other.tape && mu_val_eq(group, other));
  }
  return rule_has_source(e, by, list, singles, source);
}

/* ---- One attribute ---- */

/* Calls for each resource that may explain: true as soon as one does. */
typedef bool explains_fn(struct mu_engine *e, const struct row *row, struct mu_val by,
                         struct mu_val member, const void *more);

static bool any_explains(struct mu_engine *e, const char *attribute, struct mu_val member,
                         explains_fn *explains, const void *more) {
  struct mu_rollups *r = e->rollups;
  struct mu_jtape tape = {0};
  bool found = false;
  for (uint32_t k = 0; k < MU_LEN(rows) && !found; k++) {
    if (strcmp(rows[k].attribute, attribute) != 0 || !mu_str_glob(rows[k].owner, mu_type(e))) {
      continue;
    }
    struct mu_val key = mu_val_get(e->root.a, rows[k].key);
    uint64_t hash = mu_val_is(key, MU_JSTR) ? mu_val_hash(key) + k : 0;
    for (size_t i = first_link(r, hash); !found && i < r->n && r->links[i].hash == hash; i++) {
      const struct mu_entry *entry = &e->join.entries[r->links[i].entry];
      found = r->links[i].row == k &&
              mu_res_tape(entry->doc, entry->res, entry->res->values, &e->reader, &tape) &&
              explains(e, &rows[k], mu_val_root(&tape), member, more);
    }
  }
  mu_jtape_free(&tape);
  return found;
}

struct source {
  const char *list;
  const char *const *singles;
  struct mu_val value;
};

static bool explains_source(struct mu_engine *e, const struct row *row, struct mu_val by,
                            struct mu_val member, const void *more) {
  const struct source *s = more;
  return rule_says(e, row, by, member, s->list, s->singles, s->value);
}

static bool explains_member(struct mu_engine *e, const struct row *row, struct mu_val by,
                            struct mu_val member, const void *more) {
  (void)more;
  switch (row->how) {
  case VALUE:
    return says_value(e, member, mu_val_get(by, row->value));
  case BLOCK:
    return says_block(e, row, member, by);
  case ACL:
    return says_entry(e, row, member, by);
  case BALANCER:
    return says_balancer(e, member, by);
  case VERSIONING:
    return says_versioning(member, by);
  case LIFECYCLE:
    return says_lifecycle(e, row, member, by);
  case RULES:
    break;
  }
  return false;
}

/* A member is a rule and nothing else: what the provider may add one day is not explained by what
 * it says today. */
static bool is_rule(struct mu_val member) {
  static const char *const keys[] = {
      "cidr_blocks", "description",     "from_port", "ipv6_cidr_blocks", "prefix_list_ids",
      "protocol",    "security_groups", "self",      "to_port"};
  for (struct mu_iter it = mu_iter(member); it.object && mu_iter_next(&it);) {
    bool known = mu_val_zero(it.value);
    for (size_t i = 0; i < MU_LEN(keys); i++) {
      known |= mu_val_key_is(it.key, keys[i]);
    }
    if (!known) {
      return false;
    }
  }
  return mu_val_is(member, MU_JOBJECT);
}

/* A bucket that says nothing of versioning is explained unless a resource says that it has it. */
static bool explains_nothing(struct mu_engine *e, const struct row *row, struct mu_val by,
                             struct mu_val member, const void *more) {
  return !explains_member(e, row, by, member, more);
}

static bool rule_explained(struct mu_engine *e, const char *attribute, struct mu_val member) {
  if (!is_rule(member)) {
    return false;
  }
  static const char *const v4[] = {"cidr_ipv4", NULL}, *const v6[] = {"cidr_ipv6", NULL},
                           *const lists[] = {"prefix_list_id", NULL};
  static const char *const groups[] = {"source_security_group_id", "referenced_security_group_id",
                                       NULL};
  static const struct {
    const char *list;
    const char *const *singles;
  } kinds[] = {{"cidr_blocks", v4},
               {"ipv6_cidr_blocks", v6},
               {"prefix_list_ids", lists},
               {"security_groups", groups}};
  bool any = false; /* a rule without a source is none that a resource could say */
  for (size_t i = 0; i < MU_LEN(kinds); i++) {
    for (struct mu_iter it = mu_iter(mu_val_get(member, kinds[i].list)); mu_iter_next(&it);) {
      struct source source = {
          .list = kinds[i].list, .singles = kinds[i].singles, .value = it.value};
      if (!any_explains(e, attribute, member, explains_source, &source)) {
        return false;
      }
      any = true;
    }
  }
  if (!mu_val_is(mu_val_get(member, "self"), MU_JTRUE)) {
    return any;
  }
  struct source itself = {.list = "", .singles = groups};
  return any_explains(e, attribute, member, explains_source, &itself);
}

int mu_rollup_row(const char *type, const char *attribute) {
  for (size_t k = 0; k < MU_LEN(rows); k++) {
    if (strcmp(rows[k].attribute, attribute) == 0 && mu_str_glob(rows[k].owner, type)) {
      return (int)k;
    }
  }
  return -1;
}

static bool explained(struct mu_engine *e, const struct row *row, const char *attribute,
                      struct mu_val member) {
  if (mu_val_zero(member)) {
    return row->how != VERSIONING || !any_explains(e, attribute, member, explains_nothing, NULL);
  }
  return mu_service_default(e, attribute, member) ||
         (row->how == RULES ? rule_explained(e, attribute, member)
                            : any_explains(e, attribute, member, explains_member, NULL));
}

bool mu_rollup(struct mu_engine *e, struct mu_val a, const char **rule, struct mu_val *left) {
  int k = mu_attr(e)->rollup;
  *left = MU_ABSENT_VAL;
  if (k < 0) {
    return false;
  }
  const struct row *row = &rows[k];
  const char *attribute = row->attribute;
  *rule = row->id;
  if (mu_val_empty(a) || (mu_val_zero(a) && row->how != VERSIONING)) {
    return true;
  }
  build_once(e);
  if (!mu_val_is(a, MU_JARRAY)) {
    if (!explained(e, row, attribute, a)) {
      *left = a;
    }
    return true;
  }
  MU_STR(text, SIZE_MAX / 4);
  mu_str_addc(&text, '[');
  for (struct mu_iter it = mu_iter(a); mu_iter_next(&it);) {
    if (!explained(e, row, attribute, it.value)) {
      mu_str_add(&text, text.n > 1 ? "," : "");
      mu_val_write(it.value, &text);
    }
  }
  mu_str_addc(&text, ']');
  if (text.n > 2 && !mu_embedded(e, mu_str_copy(&text, e->scratch), left)) {
    *left = a;
  }
  return true;
}
