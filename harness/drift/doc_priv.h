/* SPDX-License-Identifier: Apache-2.0 */
/* A plan or state as the engine sees it: where each resource stands in the bytes, and nothing of
 * what it says. Values are read again, one resource at a time, when they are compared; so memory
 * grows with the number of resources, not with their size. */
#ifndef MU_DRIFT_DOC_PRIV_H
#define MU_DRIFT_DOC_PRIV_H

#include "base/jsonin.h"
#include "drift/doc.h"
#include "drift/value.h"

enum {
  MU_RES_CHUNK =
      1024, /* resources are allocated by the chunk, so that pointers to them stay good */
  MU_DOC_MODULES = 64,   /* levels of child modules */
  MU_DOC_ADDRESS = 4096, /* bytes of an address that has to be put together */
  MU_DOC_RESOURCES = 50 * 1000 * 1000,
};

/* Bits of struct mu_res.flags. */
enum {
  MU_RES_DATA = 1 << 0,
  MU_RES_TAINTED = 1 << 1,
  MU_RES_CREATE = 1 << 2,
  MU_RES_READ = 1 << 3,
  MU_RES_UPDATE = 1 << 4,
  MU_RES_DELETE = 1 << 5,
  MU_RES_FORGET = 1 << 6,
  MU_RES_NOOP = 1 << 7,
  MU_RES_FLAT = 1 << 8,       /* `values` is a flat map of a state older than Terraform 0.12 */
  MU_RES_SENS_PATHS = 1 << 9, /* `sensitive` is a list of paths (raw state), not a mask */
  MU_RES_HAS_SCHEMA = 1 << 10,
  MU_RES_ESCAPED =
      1 << 11, /* type or name hold escapes: never seen, compared decoded all the same */
  MU_RES_UNKNOWN_INDEX = 1 << 12,
};

/* One instance of a resource: of a plan what it wants to be true, of a state what is. Spans are
 * into the document's text. */
struct mu_res {
  uint64_t hash;       /* of address and deposed key */
  const char *address; /* decoded; borrowed from the text or the arena, not NUL-terminated */
  uint32_t address_n;
  uint32_t flags;
  uint32_t schema_version;
  uint32_t doc;     /* which of several states, for messages */
  uint32_t type_id; /* of the document's types */
  struct mu_span type, name, module, provider;
  struct mu_span previous, deposed;
  struct mu_span values, unknown,
      sensitive; /* after, after_unknown, after_sensitive; values, -, sensitive_values */
  struct mu_span before, before_sensitive; /* plans only */
  struct mu_span identity;
};

/* A type of resources. A document has few, and asks of them often: each is kept once. */
struct mu_doc_type {
  const char *name; /* decoded */
  struct mu_span span;
  uint64_t hash;
};

struct mu_res_list {
  struct mu_res **chunks;
  size_t n, chunks_n, chunks_cap;
};
static inline struct mu_res *mu_res_at(const struct mu_res_list *list, size_t i) {
  return &list->chunks[i / MU_RES_CHUNK][i % MU_RES_CHUNK];
}

/* What the configuration says about a resource, whatever its instances. */
struct mu_conf {
  const char *key; /* "module.a.aws_x.y", decoded */
  uint32_t key_n;
  uint32_t schema_version;
  bool has_schema;
  struct mu_span expressions;
};

struct mu_checked {
  const char *address; /* of the object that is checked */
  const char *status;  /* "pass", "fail", "error", "unknown" */
  const char *problem; /* may be NULL */
};

struct mu_doc {
  enum mu_doc_kind kind;
  const char *name;
  struct mu_arena *arena;
  struct mu_jsonin_text source;
  const char *text;             /* source.text */
  struct mu_res_list resources; /* a plan: resource_changes; a state: its resources */
  struct mu_res_list prior;     /* a plan: prior_state, if wanted */
  struct mu_res_list drift;     /* a plan: resource_drift, if wanted */
  bool has_changes, has_prior, has_drift, has_values, has_planned;
  bool errored, incomplete, has_complete;
  const char *format_version, *terraform_version;
  int64_t timestamp_ms;
  int64_t serial;
  const char *lineage;
  struct mu_span planned_values, prior_state, configuration, variables, output_changes, outputs,
      state_values;
  struct mu_doc_type *types;
  size_t types_n, types_cap;
  uint32_t *type_table; /* open addressing over types, index + 1 */
  size_t type_table_n;
  struct mu_conf *conf;
  size_t conf_n, conf_cap;
  uint32_t *conf_table; /* open addressing over conf, index + 1 */
  size_t conf_table_n;
  struct mu_checked *checks;
  size_t checks_n, checks_cap;
  const char **warnings;
  size_t warnings_n, warnings_cap;
  const char **secrets; /* mu_doc_secrets: of variables and outputs first */
  size_t secrets_n;
  void (*breathe)(void *);
  void *breathe_ctx;
};

struct mu_doc_collector;

/* While reading. */
struct mu_doc_reader {
  struct mu_doc *doc;
  struct mu_jsonin *in;
  struct mu_doc_collector *secrets;
  const struct mu_doc_opts *opts;
  const char *near; /* the last address read, for messages */
  size_t near_n;
};

/* A key to look for, with its length. */
struct mu_name {
  const char *text;
  uint32_t n;
};
#define MU_NAME(text)                                                                              \
  { text, sizeof text - 1 }

/* Which of the names a key is, -1 for none; a key that comes twice is an error (-2). `hint` starts
 * at 0: keys mostly come in order. */
int mu_doc_key(struct mu_doc_reader *r, struct mu_span key, const struct mu_name *names, unsigned n,
               unsigned *hint, uint32_t *seen);
/* Lets a reader start at a part of the document; the caller of the document breathes with it. */
void mu_doc_reopen(struct mu_jsonin *in, const struct mu_doc *doc, struct mu_span span);
bool mu_span_is(const struct mu_doc *doc, struct mu_span span, const char *text);
const char *mu_span_copy(const struct mu_doc *doc, struct mu_span span,
                         struct mu_arena *arena); /* decoded, NUL-terminated */
void mu_doc_warn(struct mu_doc *doc, const char *fmt, ...) MU_PRINTF(2, 3);
struct mu_res *mu_res_add(struct mu_doc *doc, struct mu_res_list *list);
static inline const struct mu_doc_type *mu_res_type(const struct mu_doc *doc,
                                                    const struct mu_res *res) {
  return &doc->types[res->type_id];
}
uint64_t mu_res_hash(const char *address, size_t n, const char *deposed, size_t deposed_n);
/* A resource was read, and has an address: what is best done while its bytes are at hand. `marked`:
 * its document marks what is sensitive. */
void mu_res_settle(struct mu_doc_reader *r, struct mu_res *res, bool marked);
/* A string's text, decoded: borrowed from the document where it holds no escape. */
const char *mu_doc_text(struct mu_doc *doc, struct mu_span span, uint32_t *n);

/* From module, type, name and index, where the document has no address; false where they make none
 * of at most MU_DOC_ADDRESS. */
bool mu_doc_build_address(struct mu_doc *doc, struct mu_res *res, struct mu_span index);

/* The parts, each behind its key: false, with the error in r->in. */
bool mu_doc_read_changes(struct mu_doc_reader *r, struct mu_res_list *list);
bool mu_doc_read_values(struct mu_doc_reader *r, struct mu_res_list *list,
                        struct mu_span *outputs); /* {"root_module": …, "outputs": …} */
bool mu_doc_read_prior(struct mu_doc_reader *r);  /* {"format_version", "values"} */
bool mu_doc_read_configuration(struct mu_doc_reader *r);
bool mu_doc_read_checks(struct mu_doc_reader *r);
bool mu_doc_read_tfstate_resources(struct mu_doc_reader *r);
bool mu_doc_read_tfstate_checks(struct mu_doc_reader *r);
bool mu_doc_read_tfstate_modules(struct mu_doc_reader *r); /* v3 */

/* ---- doc_secrets.c: collected while the document is read, given to it in the end ---- */
struct mu_doc_collector *mu_doc_collector_new(struct mu_doc *doc);
void mu_doc_collect(struct mu_doc_collector *c, const struct mu_res *res, bool marked);
void mu_doc_collector_give(struct mu_doc_collector *c);
void mu_doc_collector_done(struct mu_doc_collector **collector);

/* What is declared for a resource: its row, or NULL where the plan has no configuration or does not
 * name it. */
const struct mu_conf *mu_doc_conf(const struct mu_doc *doc, const struct mu_res *res);

/* Scratch to read values with. */
struct mu_doc_scratch {
  struct mu_jsonin in;
  struct mu_arena *arena; /* texts that had to be made: flat maps */
};
/* One span of a resource as a tape; an empty span gives an empty tape. False: the text is damaged
 * (it was not when the document was read, unless it is a flat map). */
bool mu_res_tape(const struct mu_doc *doc, const struct mu_res *res, struct mu_span span,
                 struct mu_doc_scratch *scratch, struct mu_jtape *tape);

/* The mask of what is sensitive in `values`, whichever way the document says it; an empty tape
 * where it says nothing. */
bool mu_res_mask(const struct mu_doc *doc, const struct mu_res *res, struct mu_doc_scratch *scratch,
                 struct mu_jtape *tape);

/* ---- Masks: after_unknown, after_sensitive, sensitive_values. Only a literal true masks;
 * containers lead to it. ---- */
static inline bool mu_mask_true(struct mu_val mask) {
  return mu_val_is(mask, MU_JTRUE);
}
bool mu_mask_any(struct mu_val mask); /* a true somewhere inside */

/* By its name alone a value is taken for a secret: older plans and raw states do not mark what the
 * provider's schema marks. */
bool mu_name_secret(const char *name, size_t n);

#endif
