/* SPDX-License-Identifier: Apache-2.0 */
/* Reads where the schemas of the plan's types stand, and whether they are those that the plan was
 * made with. A providers schema does not name the version of a provider; what can be held against
 * the plan is each type's schema version and the names of its attributes. */
#include "drift/schema.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "drift/schema_priv.h"

enum {
  COMPLAINTS_MAX = 12,
  BREATHE_BYTES = 4 * 1024 * 1024,
  NAME_MAX_BYTES = 300, /* of a type or attribute in a message */
};

struct reader {
  struct mu_schema *schema;
  const struct mu_doc *plan;
  const struct mu_schema_opts *opts;
  struct mu_jsonin *in;
  struct mu_doc_scratch *scratch;
  struct mu_span format; /* format_version */
  bool has_schemas;
  size_t breathed;
};

static bool is(const char *text, struct mu_span span, const char *word) {
  return span.n == strlen(word) && memcmp(text + span.at, word, span.n) == 0;
}

/* ---- The types of the plan ---- */

static struct mu_schema_type *slot(const struct mu_schema *schema, const char *type, size_t n) {
  size_t at = mu_hash_bytes(5, type, n) & (schema->table_n - 1);
  while (schema->table[at].n &&
         (schema->table[at].n != n || memcmp(schema->table[at].type, type, n) != 0)) {
    at = (at + 1) & (schema->table_n - 1);
  }
  return &schema->table[at];
}

const struct mu_schema_type *mu_schema_find(const struct mu_schema *schema, const char *type,
                                            size_t n) {
  const struct mu_schema_type *found = n ? slot(schema, type, n) : NULL;
  return found && found->n && found->fits ? found : NULL;
}

static void grow(struct mu_schema *schema) {
  struct mu_schema bigger = *schema;
  bigger.table_n = schema->table_n ? schema->table_n * 2 : 64;
  bigger.table = mu_arena_array(schema->arena, bigger.table_n, sizeof *bigger.table);
  for (size_t i = 0; i < schema->table_n; i++) {
    if (schema->table[i].n) {
      *slot(&bigger, schema->table[i].type, schema->table[i].n) = schema->table[i];
    }
  }
  *schema = bigger;
}

static bool has_values(const struct mu_doc *doc, const struct mu_res *res) {
  return res->values.n && doc->text[res->values.at] == '{';
}

/* One row a type; its first resource that has values stands for it. */
static void collect_types(struct mu_schema *schema, const struct mu_doc *plan) {
  grow(schema);
  for (size_t i = 0; i < plan->resources.n; i++) {
    const struct mu_res *res = mu_res_at(&plan->resources, i);
    if (res->flags & MU_RES_DATA || res->type.n == 0) {
      continue;
    }
    const char *name = plan->text + res->type.at;
    struct mu_schema_type *type = slot(schema, name, res->type.n);
    if (!type->n && (schema->types_n + 1) * 2 > schema->table_n) {
      grow(schema);
      type = slot(schema, name, res->type.n);
    }
    if (!type->n) {
      schema->types_n++;
      *type = (struct mu_schema_type){.type = name, .n = res->type.n, .res = res};
    } else if (!has_values(plan, type->res) && has_values(plan, res)) {
      type->res = res;
    }
  }
}

/* "hashicorp/aws" of registry.terraform.io/hashicorp/aws; a shorter name as it is. The registry may
 * differ: OpenTofu's has the same providers. */
static struct mu_span source_of(const char *text, struct mu_span name) {
  size_t slashes = 0;
  for (uint32_t i = name.n; i-- > 0;) {
    if (text[name.at + i] == '/' && ++slashes == 2) {
      return (struct mu_span){.at = name.at + i + 1, .n = name.n - i - 1};
    }
  }
  return name;
}

/* The plan's may be short: Terraform 0.12 wrote "aws". */
static bool same_source(const char *x, struct mu_span full, const char *y, struct mu_span name) {
  full = source_of(x, full);
  name = source_of(y, name);
  if (name.n >= full.n || memchr(y + name.at, '/', name.n)) {
    return name.n == full.n && memcmp(x + full.at, y + name.at, name.n) == 0;
  }
  const char *tail = x + full.at + full.n - name.n;
  return tail[-1] == '/' && memcmp(tail, y + name.at, name.n) == 0;
}

/* ---- Reading ---- */

static bool read_type(struct reader *r, struct mu_schema_type *type) {
  const char *text = r->schema->text;
  struct mu_span key = {0}, version = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    good = mu_jsonin_skip(r->in, is(text, key, "block")     ? &type->block
                                 : is(text, key, "version") ? &version
                                                            : NULL);
  }
  for (uint32_t i = 0; i < version.n && i < 8; i++) {
    char c = text[version.at + i];
    type->version = c >= '0' && c <= '9' ? type->version * 10 + (uint32_t)(c - '0') : 0;
  }
  type->listed = type->block.n > 0 && text[type->block.at] == '{';
  return good && !mu_jsonin_failed(r->in);
}

static bool read_types(struct reader *r, struct mu_span provider) {
  const char *text = r->schema->text;
  struct mu_span key = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    struct mu_schema_type *type = slot(r->schema, text + key.at, key.n);
    bool ours =
        type->n && !type->listed && same_source(text, provider, r->plan->text, type->res->provider);
    good = ours ? read_type(r, type) : mu_jsonin_skip(r->in, NULL);
    if (r->opts->breathe && r->in->scanned - r->breathed > BREATHE_BYTES) {
      r->breathed = r->in->scanned;
      r->opts->breathe(r->opts->breathe_ctx);
    }
  }
  return good && !mu_jsonin_failed(r->in);
}

/* Whether the plan has types of the provider; each of them now knows that it is there. */
static bool wanted(struct reader *r, struct mu_span provider) {
  bool any = false;
  for (size_t i = 0; i < r->schema->table_n; i++) {
    struct mu_schema_type *type = &r->schema->table[i];
    if (type->n && same_source(r->schema->text, provider, r->plan->text, type->res->provider)) {
      type->provided = any = true;
    }
  }
  return any;
}

static bool read_provider(struct reader *r, struct mu_span provider) {
  struct mu_span key = {0};
  if (!wanted(r, provider) || mu_jsonin_peek(r->in) != '{') {
    return mu_jsonin_skip(r->in, NULL);
  }
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    bool types = is(r->schema->text, key, "resource_schemas") && mu_jsonin_peek(r->in) == '{';
    good = types ? read_types(r, provider) : mu_jsonin_skip(r->in, NULL);
  }
  return good && !mu_jsonin_failed(r->in);
}

static bool read_root(struct reader *r) {
  struct mu_span key = {0}, provider = {0};
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    if (is(r->schema->text, key, "format_version") && mu_jsonin_peek(r->in) == '"') {
      good = mu_jsonin_str(r->in, &r->format);
    } else if (is(r->schema->text, key, "provider_schemas") && mu_jsonin_peek(r->in) == '{') {
      r->has_schemas = true;
      good = mu_jsonin_object(r->in);
      while (good && mu_jsonin_member(r->in, &provider)) {
        good = read_provider(r, provider);
      }
    } else {
      good = mu_jsonin_skip(r->in, NULL);
    }
  }
  return good && !mu_jsonin_failed(r->in) && mu_jsonin_end(r->in);
}

/* ---- Is it the plan's? ---- */

static void complain(struct mu_schema *schema, const char *subject, const char *message) {
  for (size_t i = 0; i < schema->complaints_n; i++) {
    if (mu_streq(schema->complaints[i].subject, subject) &&
        mu_streq(schema->complaints[i].message, message)) {
      return;
    }
  }
  if (schema->complaints_n == COMPLAINTS_MAX) {
    schema->more++;
    return;
  }
  schema->complaints = mu_arena_grow(schema->arena, schema->complaints, schema->complaints_n,
                                     &schema->complaints_cap, sizeof *schema->complaints);
  schema->complaints[schema->complaints_n++] =
      (struct mu_schema_complaint){.subject = subject, .message = message};
}

bool mu_schema_member(struct mu_jsonin *in, const char *text, struct mu_span object,
                      struct mu_span name, const char *name_text, struct mu_span *out) {
  struct mu_span key = {0};
  mu_jsonin_init(in, text, (size_t)object.at + object.n);
  in->scanned = object.at;
  if (object.n == 0 || text[object.at] != '{' || !mu_jsonin_object(in)) {
    return false;
  }
  while (mu_jsonin_member(in, &key)) {
    bool hit = mu_jsonin_str_cmp(text + key.at, key.n, name_text + name.at, name.n) == 0;
    if (!mu_jsonin_skip(in, hit ? out : NULL) || hit) {
      return hit && !mu_jsonin_failed(in);
    }
  }
  return false;
}

static struct mu_span part(struct reader *r, struct mu_span object, const char *name) {
  struct mu_span out = {0};
  return mu_schema_member(r->in, r->schema->text, object,
                          (struct mu_span){.n = (uint32_t)strlen(name)}, name, &out)
             ? out
             : (struct mu_span){0};
}

/* The name of a member of `object` that none of the values has; NULL: they have all. */
static const char *unplanned(struct reader *r, struct mu_span object, struct mu_val after,
                             struct mu_val unknown, size_t *seen) {
  const char *text = r->schema->text;
  struct mu_span key = {0};
  mu_jsonin_init(r->in, text, (size_t)object.at + object.n);
  r->in->scanned = object.at;
  if (object.n == 0 || !mu_jsonin_object(r->in)) {
    return NULL;
  }
  while (mu_jsonin_member(r->in, &key) && mu_jsonin_skip(r->in, NULL)) {
    const char *name = mu_arena_strn(r->schema->arena, text + key.at, key.n);
    bool known = mu_val_get(after, name).tape != NULL;
    *seen += known;
    if (!known && !mu_val_get(unknown, name).tape && !mu_mask_true(unknown)) {
      return name;
    }
  }
  return NULL;
}

/* Do the names of the planned values and those of the schema agree? NULL: they do. */
static const char *names_differ(struct reader *r, const struct mu_schema_type *type) {
  struct mu_jtape after = {0}, unknown = {0};
  const char *why = NULL;
  if (mu_res_tape(r->plan, type->res, type->res->values, r->scratch, &after) &&
      mu_res_tape(r->plan, type->res, type->res->unknown, r->scratch, &unknown) &&
      mu_val_is(mu_val_root(&after), MU_JOBJECT)) {
    size_t seen = 0;
    struct mu_span attributes = part(r, type->block, "attributes"),
                   blocks = part(r, type->block, "block_types");
    const char *name = unplanned(r, attributes, mu_val_root(&after), mu_val_root(&unknown), &seen);
    name = name ? name : unplanned(r, blocks, mu_val_root(&after), mu_val_root(&unknown), &seen);
    if (name) {
      why = mu_arena_fmt(r->schema->arena, "has an attribute that the plan does not know: %.*s",
                         NAME_MAX_BYTES, name);
    } else if (seen != mu_val_count(mu_val_root(&after))) {
      why = "lacks attributes that the plan has";
    }
  }
  mu_jtape_free(&after);
  mu_jtape_free(&unknown);
  return why;
}

static const char *misfit(struct reader *r, const struct mu_schema_type *type) {
  struct mu_arena *arena = r->schema->arena;
  if (!type->listed) {
    return "does not have the type";
  }
  const struct mu_conf *conf = mu_doc_conf(r->plan, type->res);
  if (conf && conf->has_schema && conf->schema_version != type->version) {
    return mu_arena_fmt(arena, "has schema version %u of it, the plan has %u",
                        (unsigned)type->version, (unsigned)conf->schema_version);
  }
  return names_differ(r, type);
}

/* A type that does not fit is left aside: what another version says of it may be wrong. */
static void check_fit(struct reader *r) {
  struct mu_schema *schema = r->schema;
  for (size_t i = 0; i < schema->table_n; i++) {
    struct mu_schema_type *type = &schema->table[i];
    if (!type->n) {
      continue;
    }
    if (!type->provided) {
      complain(schema, mu_span_copy(r->plan, type->res->provider, schema->arena),
               mu_arena_fmt(schema->arena, "%s does not have the provider", schema->name));
      continue;
    }
    const char *why = misfit(r, type);
    type->fits = why == NULL;
    schema->known += type->fits;
    if (why) {
      complain(schema, mu_arena_strn(schema->arena, type->type, type->n),
               mu_arena_fmt(schema->arena, "%s %s: it is of another version of the provider",
                            schema->name, why));
    }
  }
}

/* ---- The whole ---- */

static int refuse(const struct reader *r, struct mu_err *err) {
  const struct mu_schema *schema = r->schema;
  if (r->has_schemas) {
    return mu_fail(err, MU_E_UNSUPPORTED, "%s: format_version \"%.*s\"; 0.x and 1.x can be read",
                   schema->name, (int)(r->format.n < 32 ? r->format.n : 32),
                   schema->text + r->format.at);
  }
  return mu_fail(err, MU_E_INPUT,
                 "%s: no providers schema; write one in the Terraform folder, after init: "
                 "terraform providers schema -json > schema.json",
                 schema->name);
}

int mu_schema_parse(const char *bytes, size_t n, const struct mu_schema_opts *opts,
                    const struct mu_doc *plan, struct mu_arena *arena, struct mu_schema **out,
                    struct mu_err *err) {
  struct mu_schema *schema = mu_arena_alloc(arena, sizeof *schema);
  struct mu_jsonin_text source = {0};
  *schema = (struct mu_schema){.name = opts->name ? mu_arena_str(arena, opts->name) : "schema",
                               .arena = arena};
  struct reader r = {.schema = schema, .plan = plan, .opts = opts};
  if (n == 0) {
    return refuse(&r, err);
  }
  if (mu_jsonin_open(bytes, n, arena, &source, err) != 0) {
    return mu_wrap(err, "%s", schema->name);
  }
  schema->text = source.text;
  r.in = mu_arena_alloc(arena, sizeof *r.in);
  r.scratch = mu_arena_alloc(arena, sizeof *r.scratch);
  r.scratch->arena = arena;
  collect_types(schema, plan);
  mu_jsonin_init(r.in, source.text, source.n);
  if (!read_root(&r)) {
    (void)mu_jsonin_error(r.in, &source, err);
    return mu_wrap(err, "%s", schema->name);
  }
  bool version = r.format.n == 0 || is(schema->text, r.format, "1") ||
                 (r.format.n > 1 && schema->text[r.format.at + 1] == '.' &&
                  strchr("01", schema->text[r.format.at]));
  if (!r.has_schemas || !version) {
    return refuse(&r, err);
  }
  check_fit(&r);
  *out = schema;
  return 0;
}

void mu_schema_fit(const struct mu_schema *schema, size_t *known, size_t *types) {
  *known = schema->known;
  *types = schema->types_n;
}
