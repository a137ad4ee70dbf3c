/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a document: what kind of bytes these are, and the members of its outermost object. What
 * cannot serve is refused with the command that makes what can. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "drift/doc_priv.h"

/* ---- Small helpers of the parts ---- */

bool mu_span_is(const struct mu_doc *doc, struct mu_span span, const char *text) {
  size_t n = strlen(text);
  const char *raw = doc->text + span.at;
  if (span.n == n && memcmp(raw, text, n) == 0) {
    return true;
  }
  return span.n > n && memchr(raw, '\\', span.n) && mu_jsonin_str_cmp(raw, span.n, text, n) == 0;
}

const char *mu_span_copy(const struct mu_doc *doc, struct mu_span span, struct mu_arena *arena) {
  const char *copy = span.n ? mu_jsonin_copy(doc->text + span.at, span.n, arena) : "";
  return copy ? copy : mu_arena_strn(arena, doc->text + span.at, span.n);
}

const char *mu_doc_text(struct mu_doc *doc, struct mu_span span, uint32_t *n) {
  const char *raw = doc->text + span.at;
  *n = span.n;
  if (!memchr(raw, '\\', span.n)) {
    return raw;
  }
  char *copy = mu_arena_alloc(doc->arena, (size_t)span.n + 1);
  size_t used = mu_jsonin_decode(raw, span.n, copy);
  if (used == SIZE_MAX) {
    return raw;
  }
  *n = (uint32_t)used;
  return copy;
}

void mu_doc_warn(struct mu_doc *doc, const char *fmt, ...) {
  char text[256];
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  doc->warnings = mu_arena_grow(doc->arena, doc->warnings, doc->warnings_n, &doc->warnings_cap,
                                sizeof *doc->warnings);
  doc->warnings[doc->warnings_n++] = mu_arena_str(doc->arena, text);
}

struct mu_res *mu_res_add(struct mu_doc *doc, struct mu_res_list *list) {
  if (list->n >= MU_DOC_RESOURCES) {
    return NULL;
  }
  if (list->n == list->chunks_n * MU_RES_CHUNK) {
    list->chunks = mu_arena_grow(doc->arena, list->chunks, list->chunks_n, &list->chunks_cap,
                                 sizeof *list->chunks);
    list->chunks[list->chunks_n++] =
        mu_arena_array(doc->arena, MU_RES_CHUNK, sizeof(struct mu_res));
  }
  return mu_res_at(list, list->n++);
}

uint64_t mu_res_hash(const char *address, size_t n, const char *deposed, size_t deposed_n) {
  return mu_hash_bytes(mu_hash_bytes(3, address, n), deposed, deposed_n);
}

static void index_types(struct mu_doc *doc) {
  doc->type_table_n = doc->type_table_n ? 2 * doc->type_table_n : 64;
  doc->type_table = mu_arena_array(doc->arena, doc->type_table_n, sizeof *doc->type_table);
  for (size_t i = 0; i < doc->types_n; i++) {
    size_t at = doc->types[i].hash & (doc->type_table_n - 1);
    while (doc->type_table[at]) {
      at = (at + 1) & (doc->type_table_n - 1);
    }
    doc->type_table[at] = (uint32_t)i + 1;
  }
}

/* Two spellings of one name (escapes) are two types of the same name. */
static uint32_t type_id(struct mu_doc *doc, struct mu_span type) {
  if (doc->types_n * 2 >= doc->type_table_n) {
    index_types(doc);
  }
  uint64_t hash = mu_hash_bytes(11, doc->text + type.at, type.n);
  size_t at = hash & (doc->type_table_n - 1);
  for (; doc->type_table[at]; at = (at + 1) & (doc->type_table_n - 1)) {
    const struct mu_doc_type *known = &doc->types[doc->type_table[at] - 1];
    if (known->hash == hash && known->span.n == type.n &&
        memcmp(doc->text + known->span.at, doc->text + type.at, type.n) == 0) {
      return doc->type_table[at] - 1;
    }
  }
  doc->types =
      mu_arena_grow(doc->arena, doc->types, doc->types_n, &doc->types_cap, sizeof *doc->types);
  doc->types[doc->types_n++] =
      (struct mu_doc_type){.name = mu_span_copy(doc, type, doc->arena), .span = type, .hash = hash};
  doc->type_table[at] = (uint32_t)doc->types_n;
  return (uint32_t)doc->types_n - 1;
}

void mu_res_settle(struct mu_doc_reader *r, struct mu_res *res, bool marked) {
  res->type_id = type_id(r->doc, res->type);
  res->hash =
      mu_res_hash(res->address, res->address_n, r->doc->text + res->deposed.at, res->deposed.n);
  mu_doc_collect(r->secrets, res, marked);
}

/* The names from `first` on, round to it again; -1: none of them. Keys with escapes are decoded. */
static int find_name(const struct mu_doc *doc, struct mu_span key, const struct mu_name *names,
                     unsigned n, unsigned first) {
  const char *raw = doc->text + key.at;
  for (unsigned i = 0, at = first; i < n; i++, at = at + 1 < n ? at + 1 : 0) {
    if (key.n == names[at].n && memcmp(raw, names[at].text, key.n) == 0) {
      return (int)at;
    }
  }
  for (unsigned at = 0; memchr(raw, '\\', key.n) && at < n; at++) {
    if (mu_jsonin_str_cmp(raw, key.n, names[at].text, names[at].n) == 0) {
      return (int)at;
    }
  }
  return -1;
}

int mu_doc_key(struct mu_doc_reader *r, struct mu_span key, const struct mu_name *names, unsigned n,
               unsigned *hint, uint32_t *seen) {
  int at = find_name(r->doc, key, names, n, *hint);
  if (at < 0) {
    return -1;
  }
  if (*seen >> at & 1) {
    (void)mu_jsonin_refuse(r->in, key.at, "a key that was there before");
    return -2;
  }
  *seen |= UINT32_C(1) << at;
  *hint = (unsigned)at + 1 < n ? (unsigned)at + 1 : 0;
  return at;
}

void mu_doc_reopen(struct mu_jsonin *in, const struct mu_doc *doc, struct mu_span span) {
  mu_jsonin_init(in, doc->text, (size_t)span.at + span.n);
  in->scanned = span.at;
  mu_jsonin_breathe(in, doc->breathe, doc->breathe_ctx);
}

/* ---- What the bytes are ---- */

static int refuse(const struct mu_doc *doc, struct mu_err *err, const char *what) {
  return mu_fail(err, MU_E_INPUT, "%s: %s", doc->name, what);
}

/* What is no JSON at all, by its first bytes. */
static int sniff(const struct mu_doc *doc, const char *bytes, size_t n, struct mu_err *err) {
  if (n >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0) {
    return refuse(doc, err, "a binary plan; export it: terraform show -json PLANFILE > plan.json");
  }
  if (n >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0) {
    return refuse(doc, err, "compressed with gzip; unpack it first: gunzip");
  }
  size_t blank = 0;
  while (blank < n && (bytes[blank] == ' ' || bytes[blank] == '\n' || bytes[blank] == '\r' ||
                       bytes[blank] == '\t')) {
    blank++;
  }
  if (blank == n) {
    return refuse(doc, err, "empty; write it with: terraform show -json [PLANFILE]");
  }
  return 0;
}

/* Keys that tell something that is JSON, but neither plan nor state. */
static const char *foreign_kind(const struct mu_doc *doc, struct mu_span key) {
  static const struct {
    const char *key, *what;
  } rows[] = {
      {"@level", "the log of `terraform plan -json`; export the plan itself: terraform plan "
                 "-out=PLANFILE, then terraform show -json PLANFILE"},
      {"plan_format_version", "a plan that HCP Terraform has redacted; ask for the full one: the "
                              "json-output of the plan, or terraform show -json PLANFILE"},
      {"provider_schemas", "provider schemas, or a plan that HCP Terraform has redacted; export "
                           "the plan itself: terraform show -json PLANFILE"},
      {"terraform_outdated", "the output of `terraform version -json`; a plan or state is needed: "
                             "terraform show -json [PLANFILE]"},
  };
  for (size_t i = 0; i < MU_LEN(rows); i++) {
    if (mu_span_is(doc, key, rows[i].key)) {
      return rows[i].what;
    }
  }
  return NULL;
}

/* ---- The outermost object ---- */

enum member {
  FORMAT_VERSION,
  TERRAFORM_VERSION,
  VARIABLES,
  PLANNED_VALUES,
  RESOURCE_DRIFT,
  RESOURCE_CHANGES,
  OUTPUT_CHANGES,
  PRIOR_STATE,
  CONFIGURATION,
  CHECKS,
  TIMESTAMP,
  ERRORED,
  COMPLETE,
  VALUES,
  VERSION,
  SERIAL,
  LINEAGE,
  OUTPUTS,
  RESOURCES,
  CHECK_RESULTS,
  MODULES,
  RELEVANT,
  APPLYABLE,
  MEMBER_N
};
static const struct mu_name member_names[MEMBER_N] = {
    MU_NAME("format_version"), MU_NAME("terraform_version"),
    MU_NAME("variables"),      MU_NAME("planned_values"),
    MU_NAME("resource_drift"), MU_NAME("resource_changes"),
    MU_NAME("output_changes"), MU_NAME("prior_state"),
    MU_NAME("configuration"),  MU_NAME("checks"),
    MU_NAME("timestamp"),      MU_NAME("errored"),
    MU_NAME("complete"),       MU_NAME("values"),
    MU_NAME("version"),        MU_NAME("serial"),
    MU_NAME("lineage"),        MU_NAME("outputs"),
    MU_NAME("resources"),      MU_NAME("check_results"),
    MU_NAME("modules"),        MU_NAME("relevant_attributes"),
    MU_NAME("applyable")};

struct root {
  uint32_t seen;
  const char *foreign;
  int64_t version; /* of a raw state */
};

static bool read_string(struct mu_doc_reader *r, const char **out) {
  struct mu_span span = {0};
  if (mu_jsonin_peek(r->in) != '"') {
    return mu_jsonin_skip(r->in, NULL);
  }
  if (!mu_jsonin_str(r->in, &span)) {
    return false;
  }
  *out = mu_span_copy(r->doc, span, r->doc->arena);
  return true;
}

static bool read_int(struct mu_doc_reader *r, int64_t *out) {
  struct mu_span span = {0};
  if (!mu_jsonin_skip(r->in, &span)) {
    return false;
  }
  char text[24] = "";
  if (span.n < sizeof text) {
    memcpy(text, r->doc->text + span.at, span.n);
    (void)mu_num_parse_i64(text, out);
  }
  return true;
}

static bool read_time(struct mu_doc_reader *r, int64_t *out) {
  const char *text = NULL;
  if (!read_string(r, &text)) {
    return false;
  }
  if (text) {
    (void)mu_time_parse(text, out);
  }
  return true;
}

static bool read_member(struct mu_doc_reader *r, struct root *root, enum member member) {
  struct mu_doc *doc = r->doc;
  switch (member) {
  case FORMAT_VERSION:
    return read_string(r, &doc->format_version);
  case TERRAFORM_VERSION:
    return read_string(r, &doc->terraform_version);
  case VARIABLES:
    return mu_jsonin_skip(r->in, &doc->variables);
  case PLANNED_VALUES:
    return mu_jsonin_skip(r->in, &doc->planned_values);
  case OUTPUT_CHANGES:
    return mu_jsonin_skip(r->in, &doc->output_changes);
  case RESOURCE_CHANGES:
    doc->has_changes = true;
    return mu_doc_read_changes(r, &doc->resources);
  case RESOURCE_DRIFT:
    doc->has_drift = true;
    return r->opts->want_prior ? mu_doc_read_changes(r, &doc->drift) : mu_jsonin_skip(r->in, NULL);
  case PRIOR_STATE:
    doc->has_prior = true;
    return r->opts->want_prior ? mu_doc_read_prior(r) : mu_jsonin_skip(r->in, &doc->prior_state);
  case CONFIGURATION:
    return r->opts->want_config && mu_jsonin_peek(r->in) == '{'
               ? mu_doc_read_configuration(r)
               : mu_jsonin_skip(r->in, &doc->configuration);
  case CHECKS:
    return mu_doc_read_checks(r);
  case TIMESTAMP:
    return read_time(r, &doc->timestamp_ms);
  case ERRORED:
    doc->errored = mu_jsonin_true(r->in);
    return !mu_jsonin_failed(r->in);
  case COMPLETE:
    doc->has_complete = true;
    doc->incomplete = !mu_jsonin_true(r->in);
    return !mu_jsonin_failed(r->in);
  case VALUES:
    doc->has_values = true;
    return mu_doc_read_values(r, &doc->resources, &doc->outputs);
  case VERSION:
    return read_int(r, &root->version);
  case SERIAL:
    return read_int(r, &doc->serial);
  case LINEAGE:
    return read_string(r, &doc->lineage);
  case OUTPUTS:
    return mu_jsonin_skip(r->in, &doc->outputs);
  case RESOURCES:
    return mu_doc_read_tfstate_resources(r);
  case CHECK_RESULTS:
    return mu_doc_read_tfstate_checks(r);
  case MODULES:
    return mu_doc_read_tfstate_modules(r);
  default:
    return mu_jsonin_skip(r->in, NULL);
  }
}

static bool read_root(struct mu_doc_reader *r, struct root *root) {
  struct mu_span key = {0};
  unsigned hint = 0;
  bool good = mu_jsonin_object(r->in);
  while (good && mu_jsonin_member(r->in, &key)) {
    root->foreign = root->foreign ? root->foreign : foreign_kind(r->doc, key);
    if (root->foreign) {
      return false;
    }
    int member = mu_doc_key(r, key, member_names, MEMBER_N, &hint, &root->seen);
    good = member == -2   ? false
           : member == -1 ? mu_jsonin_skip(r->in, NULL)
                          : read_member(r, root, (enum member)member);
  }
  /* A wrapper that put lines in front may have put some behind, too. */
  return good && !mu_jsonin_failed(r->in) &&
         (r->doc->source.lines_skipped > 0 || mu_jsonin_end(r->in));
}

static bool has(const struct root *root, enum member member) {
  return root->seen >> member & 1;
}

/* Which kind it is, by what it holds, and whether its version can be read. */
static int settle_kind(struct mu_doc *doc, const struct root *root, struct mu_err *err) {
  bool raw = has(root, VERSION) && (has(root, SERIAL) || has(root, LINEAGE) ||
                                    has(root, RESOURCES) || has(root, MODULES));
  bool plan = has(root, RESOURCE_CHANGES) || has(root, PLANNED_VALUES) ||
              has(root, CONFIGURATION) || has(root, PRIOR_STATE);
  if (raw && !plan) {
    doc->kind = MU_DOC_TFSTATE;
    if (root->version != 4 && root->version != 3) {
      return mu_fail(
          err, MU_E_UNSUPPORTED,
          "%s: a state file of version %lld; 3 and 4 can be read: let a newer Terraform refresh it",
          doc->name, (long long)root->version);
    }
    if (root->version == 3) {
      mu_doc_warn(doc,
                  "a state file of version 3 (Terraform before 0.12): every value is a string");
    }
    return 0;
  }
  if (!plan && !has(root, VALUES) && !doc->format_version) {
    return refuse(doc, err,
                  "neither a plan nor a state; write one with: terraform show -json [PLANFILE]");
  }
  doc->kind = plan ? MU_DOC_PLAN : MU_DOC_STATE_JSON;
  if (!doc->format_version) {
    mu_doc_warn(doc, "format_version is missing");
    return 0;
  }
  bool zero = mu_str_starts(doc->format_version, "0."),
       one = mu_str_starts(doc->format_version, "1.");
  if (!zero && !one && strcmp(doc->format_version, "1") != 0) {
    return mu_fail(err, MU_E_UNSUPPORTED, "%s: format_version \"%.32s\"; 0.x and 1.x can be read",
                   doc->name, doc->format_version);
  }
  return 0;
}

/* A plan without resource_changes (0.12 wrote none into some): what it wants is in planned_values,
 * unknown values left out. */
static bool read_planned(struct mu_doc_reader *r) {
  struct mu_doc *doc = r->doc;
  if (doc->kind != MU_DOC_PLAN || doc->has_changes || doc->planned_values.n == 0) {
    return true;
  }
  mu_doc_reopen(r->in, doc, doc->planned_values);
  struct mu_span outputs = {0};
  if (!mu_doc_read_values(r, &doc->resources, &outputs)) {
    return false;
  }
  doc->has_planned = doc->resources.n > 0;
  return true;
}

static int report_damage(struct mu_doc_reader *r, struct mu_err *err) {
  (void)mu_jsonin_error(r->in, &r->doc->source, err);
  if (r->near) {
    char why[MU_ERR_MAX];
    memcpy(why, err->msg, sizeof why);
    int n = r->near_n < 200 ? (int)r->near_n : 200;
    (void)mu_fail(err, err->code, "%.200s, in or after %.*s", why, n, r->near);
  }
  if (strcmp(r->doc->source.encoding, "UTF-8") != 0) {
    (void)mu_wrap(err, "read as %s", r->doc->source.encoding);
  }
  return mu_wrap(err, "%s", r->doc->name);
}

int mu_doc_parse(const char *bytes, size_t n, const struct mu_doc_opts *opts,
                 struct mu_arena *arena, struct mu_doc **out, struct mu_err *err) {
  struct mu_doc *doc = mu_arena_alloc(arena, sizeof *doc);
  struct mu_err local = {0};
  err = err ? err : &local;
  doc->arena = arena;
  doc->name = opts->name ? mu_arena_str(arena, opts->name) : "input";
  doc->serial = -1;
  doc->breathe = opts->breathe;
  doc->breathe_ctx = opts->breathe_ctx;
  if (sniff(doc, bytes, n, err) != 0) {
    return -1;
  }
  if (mu_jsonin_open(bytes, n, arena, &doc->source, err) != 0) {
    return mu_wrap(err, "%s", doc->name);
  }
  doc->text = doc->source.text;
  struct mu_jsonin *in = mu_arena_alloc(arena, sizeof *in);
  mu_doc_reopen(in, doc, (struct mu_span){.n = (uint32_t)doc->source.n});
  MU_CLEANUP(mu_doc_collector_done)
  struct mu_doc_collector *secrets = mu_doc_collector_new(doc);
  struct mu_doc_reader reader = {.doc = doc, .in = in, .secrets = secrets, .opts = opts};
  struct root root = {.version = -1};
  bool good = read_root(&reader, &root);
  if (root.foreign) {
    return refuse(doc, err, root.foreign);
  }
  if (!good) {
    return report_damage(&reader, err);
  }
  if (settle_kind(doc, &root, err) != 0) {
    return -1;
  }
  if (!read_planned(&reader)) {
    return report_damage(&reader, err);
  }
  mu_doc_collector_give(secrets);
  if (doc->source.lines_skipped) {
    mu_doc_warn(doc, "%zu lines in front of the JSON were skipped", doc->source.lines_skipped);
  }
  *out = doc;
  return 0;
}
