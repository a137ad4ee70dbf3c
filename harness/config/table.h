/* SPDX-License-Identifier: Apache-2.0 */
/* The tables that the config is read by. A section is a list of rows; one row is one key with its
 * type, its default, where its value goes and what it means. The same rows validate, fill in the
 * structs of config.h and print the JSON Schema. Rows and sections are constants; what is read is
 * borrowed from the reader's arena. */
#ifndef MU_CONFIG_TABLE_H
#define MU_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct mu_jw;

enum mu_field_type {
  MU_FIELD_STR,   /* const char * */
  MU_FIELD_PATH,  /* const char *, relative to the config; becomes absolute */
  MU_FIELD_INT,   /* int64_t */
  MU_FIELD_BOOL,  /* bool */
  MU_FIELD_DUR,   /* int64_t, milliseconds */
  MU_FIELD_DATE,  /* int64_t, Unix milliseconds at the end of that day, UTC */
  MU_FIELD_ENUM,  /* const char *, one of `choices` */
  MU_FIELD_STRS,  /* list of const char *; one scalar is a list of one */
  MU_FIELD_PAIRS, /* list of struct mu_conf_pair, a map of scalars */
  MU_FIELD_NODE,  /* const struct mu_node *, as written: typed later by who knows */
  MU_FIELD_MAP,   /* a struct, by `section` */
  MU_FIELD_LIST,  /* list of structs */
  MU_FIELD_NAMED, /* list of structs from a map of names */
};

enum {
  MU_ROW_REQUIRED = 1, /* must be there; lists and maps must not be empty */
  MU_ROW_REFS = 2,     /* strings may hold ${…} */
  MU_ROW_LATER = 4,    /* read by the section's own rules; the row only says that the key exists */
  MU_ROW_SECRET = 8    /* strings must be named by a ${…}, never written out */
};

enum mu_value_form { MU_FORM_ANY, MU_FORM_ACCOUNT }; /* strings with a trap of their own */

struct mu_section;

/* A row with key NULL ends the table. */
struct mu_field {
  const char *key;
  enum mu_field_type type;
  unsigned flags;
  size_t offset;         /* in the struct of the section */
  const char *otherwise; /* default, as the file would say it; NULL: zero */
  const char *choices;   /* ENUM: "governance|compliance" */
  const char *pattern;   /* strings must match it (PCRE2 and ECMA alike) … */
  const char *expected; /* … or the message says that they are not this: "an account of 12 digits;
                           write \"123456789012\"" */
  enum mu_value_form form;
  int64_t min, max; /* INT; both 0: any */
  const struct mu_section *section;
  const char *schema; /* NODE: its JSON Schema, where there is more to say than "anything" */
  const char *doc;    /* one line */
};

struct mu_reader {
  struct mu_config *config;
  struct mu_diags *diags;
  struct mu_arena *arena;
  const char *base; /* the config's own path, absolute */
};

/* Where a value hangs, for messages: "workloads.lakehouse.dns", and the member that holds it. */
struct mu_place {
  const char *path;
  const struct mu_member *member;
};

#define MU_NOWHERE SIZE_MAX
enum {
  MU_LIST_MAX = 1000,
  MU_LONG_LIST_MAX = 10000
}; /* entries; what is checked pairwise stays quick */

struct mu_section {
  const char *name; /* of its definition in the schema: "replica" */
  const char *doc;
  size_t size; /* of its struct */
  size_t cap;  /* entries of a list of them; 0: MU_LIST_MAX */
  const struct mu_field *fields;
  size_t node; /* offset of the struct's node, or MU_NOWHERE */
  size_t key;  /* NAMED: offset of its name, or MU_NOWHERE */
  size_t
      rest; /* offset of a node that collects the keys without a row; MU_NOWHERE: they are errors */
  const char *rest_schema;                /* definition that each of them follows */
  const char *key_pattern, *key_expected; /* NAMED: what names look like */
  /* The section says itself how its value is read and what its schema is; `fields` may then be
   * NULL. */
  void (*read)(struct mu_reader *r, const struct mu_section *section, struct mu_place place,
               void *out);
  void (*schema)(struct mu_jw *w, const struct mu_probes *probes);
  /* After the rows: what holds between them. The struct may be incomplete where there were errors.
   */
  void (*rules)(struct mu_reader *r, struct mu_place place, void *out);
  /* Once every section of the workload is read: what this one, under `key`, says of the others. */
  void (*refs)(struct mu_reader *r, const struct mu_conf_workload *workload, const char *key);
};

/* A list of config.h without its element type. */
struct mu_any_list {
  void *at;
  size_t n;
};

/* Reads place.member->value into `out` (zeroed, section->size bytes). */
void mu_read_section(struct mu_reader *r, const struct mu_section *section, struct mu_place place,
                     void *out);
void mu_read_field(struct mu_reader *r, const struct mu_field *field, struct mu_place place,
                   void *out);
/* A member that is none of the section's own, or NULL. */
const struct mu_member *mu_read_unknown(const struct mu_section *section, const struct mu_node *map,
                                        size_t *i);
/* False, and an error, unless the value is of that kind. `what` is "a map", "a list". */
bool mu_read_kind(struct mu_reader *r, struct mu_place place, enum mu_node_kind kind);
/* False, and an error, unless `text` is one of n words; *word gets the one that was meant. '-' and
 * '_' are alike. */
bool mu_read_word(struct mu_reader *r, const struct mu_node *node, const char *what,
                  const char *text, const char *const *words, size_t n, const char **word);
/* ", did you mean 'x'?" or "", in the reader's arena. */
const char *mu_read_hint(struct mu_reader *r, const char *word, const char *const *words, size_t n);
struct mu_place mu_place_of(struct mu_reader *r, struct mu_place parent,
                            const struct mu_member *member, size_t i);
const struct mu_member *mu_member_find(const struct mu_node *map, const char *key);

/* Scalars (read_scalar.c). Each complains by itself; false: nothing written. */
bool mu_read_str(struct mu_reader *r, const struct mu_field *f, const char *key,
                 const struct mu_node *node, const char **out);
bool mu_read_int(struct mu_reader *r, const struct mu_field *f, const char *key,
                 const struct mu_node *node, int64_t *out);
bool mu_read_bool(struct mu_reader *r, const char *key, const struct mu_node *node, bool *out);
bool mu_read_dur(struct mu_reader *r, const char *key, const struct mu_node *node, int64_t *ms);
bool mu_read_date(struct mu_reader *r, const char *key, const struct mu_node *node,
                  int64_t *unix_ms);
bool mu_read_enum(struct mu_reader *r, const struct mu_field *f, const char *key,
                  const struct mu_node *node, const char **out);

/* References in every string below `node`: their syntax, where they may stand. */
void mu_read_refs(struct mu_reader *r, const struct mu_node *node);
/* Checks "${…}" in a text. NULL: fine; else what is wrong, in the arena. */
const char *mu_ref_problem(const char *text, struct mu_arena *arena);
bool mu_ref_inside(const char *text); /* holds a reference */

extern const struct mu_section mu_section_root;
extern const struct mu_section mu_section_standby;
extern const struct mu_section mu_section_engine;
extern const struct mu_section mu_section_workload;
extern const struct mu_section mu_section_rest;   /* replica: rest */
extern const struct mu_section mu_section_source; /* replica: source */
#define MU_SECTION(key, part, shape, member, doc) extern const struct mu_section mu_section_##part;
#include "config/sections.def"
#undef MU_SECTION

/* Runs the refs of all sections. */
void mu_section_refs(struct mu_reader *r, const struct mu_conf_workload *workload);

#endif
