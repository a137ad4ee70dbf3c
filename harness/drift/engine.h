/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the drift engine: one comparison, what it knows about the resource it is at, and what its
 * parts ask of each other. */
#ifndef MU_DRIFT_ENGINE_H
#define MU_DRIFT_ENGINE_H

#include "base/arena.h"
#include "base/err.h"
#include "drift/doc_priv.h"
#include "drift/drift.h"

enum {
  MU_SHOW_MAX = 2048, /* bytes of a value in a finding or note */
  MU_PATH_MAX = 4096,
  MU_RULES_MAX = 128,        /* kinds of notes told apart */
  MU_NOTES_DEFAULT = 100000, /* notes kept; beyond it they are only counted */
  MU_PAIRS_MAX =
      64, /* members of a collection that are paired by likeness: the cost is quadratic */
  MU_OBSERVED_MAX = 4096, /* bytes of an observed value; longer ones by hash */
};

/* Where an attribute ends up: a partition. */
enum mu_part {
  MU_PART_COMPARED,
  MU_PART_EXPLAINED,
  MU_PART_BASELINE,
  MU_PART_UNVERIFIABLE,
  MU_PART_IGNORED,
  MU_PART_N_
};

/* Both sides of one path: values, what the plan did not know, what either marks as sensitive. In a
 * comparison of two plans the actual side has unknowns, too. Each may be absent. */
struct mu_sides {
  struct mu_val p, a;
  struct mu_val unknown, a_unknown;
  struct mu_val p_mask, a_mask;
};

/* A step of the path: a key, an index, or a name for a member ("name=web"). */
struct mu_step {
  struct mu_val key;
  const char *label;
  size_t index;
};

/* Bits of a row of attrs.def. */
enum {
  MU_AT_SET = 1 << 0,      /* the order means nothing */
  MU_AT_LIST = 1 << 1,     /* the order means something */
  MU_AT_VOLATILE = 1 << 2, /* differs at each look */
  MU_AT_IMPORT =
      1 << 3, /* Terraform's own argument: null in a state that was imported or read elsewhere */
  MU_AT_DNS = 1 << 4,    /* names: trailing dot, case */
  MU_AT_FOLD = 1 << 5,   /* the provider folds the case */
  MU_AT_NUMBER = 1 << 6, /* numbers and booleans may come as strings */
  MU_AT_DURATION = 1 << 7,
  MU_AT_VERSION = 1 << 8,  /* "8.0" asks for any 8.0.x */
  MU_AT_KEYID = 1 << 9,    /* a KMS key id may come as its ARN */
  MU_AT_PEM = 1 << 10,     /* white space means nothing */
  MU_AT_NATURAL = 1 << 11, /* the row's note names the natural key of its members */
  MU_AT_SECRET = 1 << 12,
  MU_AT_ANYCASE_ARN = 1 << 13,
  MU_AT_ZONEID = 1 << 14, /* with or without /hostedzone/ */
  MU_AT_ORDERED =
      1 << 15,            /* a list by its type: matched like any array, and an order is a change */
  MU_AT_SCHEMA = 1 << 16, /* the providers schema says whether it is a set or a list */
  MU_AT_BASE64 = 1 << 18, /* bytes as base64: line ends and padding mean nothing */
  MU_AT_YAML = 1 << 19,   /* a YAML document, whose style means nothing */
  MU_AT_PROTOCOL = 1 << 17, /* of a network rule: by its name or by its number */
  MU_AT_HTTPS = 1 << 20,    /* a URL that the service keeps without https:// */
};

enum mu_order { MU_ORDER_UNKNOWN, MU_ORDER_SET, MU_ORDER_LIST };

/* What the tables say about one path of one type. */
struct mu_attr {
  uint64_t hash;
  unsigned traits;
  int rollup;              /* row of rollup.def, or -1 */
  const char *natural_key; /* "name", "from_port,to_port,protocol"; NULL: none known */
};

struct mu_entry { /* an actual resource */
  const struct mu_doc *doc;
  const struct mu_res *res;
  uint64_t hash; /* of type and provider id, once it was loaded; 0: none */
  bool used;
};

enum mu_how { MU_HOW_NONE, MU_HOW_ADDRESS, MU_HOW_MOVED, MU_HOW_IDENTITY };

struct mu_pairing {
  uint32_t entry; /* index + 1; 0: not there */
  uint8_t how;
};

struct mu_slot {
  uint32_t entry; /* index + 1; 0: free */
  uint32_t hash;  /* a part of it, so that a stranger is known without a look at the entry */
};

struct mu_join {
  struct mu_entry *entries;
  size_t n;
  struct mu_slot *table; /* by address and deposed key */
  size_t table_n;
  struct mu_pairing *pairs; /* one a resource of the plan */
};

struct mu_rollups;
struct mu_baseline;

struct mu_engine {
  const struct mu_drift_in *in;
  struct mu_drift_out *out;
  struct mu_arena *arena;   /* of the result */
  struct mu_arena *scratch; /* of the resource; replaced when it has grown */
  struct mu_doc_scratch reader;
  bool fresh; /* two plans: findings are STAGED_DIFFERS and STAGED_UNSAFE */
  const char *const *floats;
  size_t floats_n;
  const char *suffix; /* of a drill: names of the fresh plan carry it; NULL: none */
  struct mu_join join;
  struct mu_rollups *rollups;
  struct mu_baseline *baseline;
  uint64_t *ignored_by; /* hits by rule */
  size_t notes_cap, observations_cap, notes_kept[MU_NOTE_N_];
  struct mu_drift_rule rules[MU_RULES_MAX]; /* counts, as they come */
  size_t rules_n;
  struct mu_val hashed; /* the key that path_hash is of, while the path is no longer */
  uint64_t path_hash;
  struct mu_attr *attrs; /* open addressing */
  size_t attrs_n, attrs_cap;
  /* the resource at hand */
  const struct mu_doc *plan_doc, *actual_doc;
  const struct mu_res *plan_res, *actual_res;
  const struct mu_conf *conf; /* NULL: not known what was declared */
  const char *address, *type; /* made when first needed */
  const char *provider_id;    /* mu_provider_id() */
  bool schema_differs;
  struct mu_sides root;
  struct mu_jtape p, u, pm, a, am, au, conf_tape;
  bool conf_read;
  struct mu_step path[MU_JSONIN_DEPTH];
  size_t depth;
  struct mu_val typed; /* the type that a raw state keeps beside the dynamic value we are in … */
  size_t typed_depth;  /* … which begins here */
  unsigned quiet;      /* > 0: only ask whether it differs */
  bool quiet_differs;
  /* counts for the headline */
  int64_t missing, extra, changed, moved, present, unset;
  bool this_changed;
  int64_t parts[MU_PART_N_], redacted;
};

/* ---- compare.c ---- */
void mu_compare(struct mu_engine *e, struct mu_sides s);
/* Do they differ by anything that no rule forgives? Emits nothing. */
bool mu_differs(struct mu_engine *e, struct mu_sides s);
void mu_push_key(struct mu_engine *e, struct mu_val key);
void mu_push_index(struct mu_engine *e, size_t index);
void mu_push_label(struct mu_engine *e, const char *label);
void mu_pop(struct mu_engine *e);
const char *mu_path(struct mu_engine *e);       /* "a.b[0].c", in `scratch` */
const char *mu_path_plain(struct mu_engine *e); /* "a.b.c": without indexes and labels */
const char *mu_path_top(struct mu_engine *e);   /* "a" */
const char *mu_type(struct mu_engine *e);
const char *mu_address(struct mu_engine *e);

/* ---- sets.c ---- */
void mu_compare_arrays(struct mu_engine *e, struct mu_sides s);

/* ---- attrs.c: tables of attributes ---- */
const struct mu_attr *
mu_attr(struct mu_engine *e); /* of the path at hand; good until the next call */
unsigned mu_attr_traits(struct mu_engine *e);

/* ---- order.c ---- */
unsigned mu_order_traits(struct mu_engine *e); /* of the array at hand; all that is known counts */
enum mu_order mu_schema_order(struct mu_engine *e); /* by the providers schema alone */
void mu_schema_report(struct mu_engine *e);         /* what it does not fit */
enum mu_order mu_cty_order(struct mu_val type, const struct mu_step *steps, size_t n);

/* ---- equal.c: the equality rules ---- */
/* The id of the rule by which the two are equal, or NULL. */
const char *mu_equal(struct mu_engine *e, const struct mu_sides *s);

/* The number of a protocol that AWS also takes by name ("6" for "tcp", "-1" for "all"); any other
 * text as it is. */
const char *mu_protocol(const char *name);

/* A string that holds a JSON object or array, parsed into `scratch`; false where it holds none, or
 * a key comes twice. */
bool mu_embedded(struct mu_engine *e, const char *text, struct mu_val *out);

/* ---- packed.c: texts that hold something else ---- */
bool mu_base64_equal(const char *p, const char *a);
bool mu_gzip_equal(const char *p, const char *a); /* gzip inside base64 */
bool mu_yaml_equal(struct mu_engine *e, const char *p, const char *a);

/* ---- service_default.c: is this what the service itself writes where nobody says otherwise? ----
 */
bool mu_service_default(struct mu_engine *e, const char *attribute, struct mu_val value);

/* ---- policy.c: IAM policy documents, as the AWS provider compares them, and which way they differ
 * ---- */
bool mu_policy_shaped(struct mu_val doc);
bool mu_policy_equal(struct mu_val p, struct mu_val a, struct mu_arena *arena);
const char *mu_policy_wider(struct mu_val p, struct mu_val a,
                            struct mu_arena *arena); /* why, or NULL */

/* ---- access.c ---- */
/* Why `a` gives more access or less protection than `p` at the path at hand, in words; NULL: it
 * does not. */
const char *mu_access_wider(struct mu_engine *e, struct mu_val p, struct mu_val a);
bool mu_cidr_covers(const char *outer, const char *inner);

/* ---- rollup.c ---- */
void mu_rollups_init(struct mu_engine *e);
int mu_rollup_row(const char *type, const char *attribute); /* -1: it collects nothing */
/* Is the attribute at hand one that collects other resources? Then *left is what nothing explains
 * (absent: all is explained). */
bool mu_rollup(struct mu_engine *e, struct mu_val a, const char **rule, struct mu_val *left);

/* ---- baseline.c ---- */
void mu_baseline_init(struct mu_engine *e);
void mu_unknown(struct mu_engine *e, struct mu_sides s);

/* ---- ignore.c ---- */
/* The rule that hides the path at hand, or NULL; `access`: it would hide a widened access. */
const struct mu_ignore *mu_ignored(struct mu_engine *e, const char *path, bool access);
void mu_ignore_report(struct mu_engine *e);
bool mu_glob_path(const char *pattern, const char *path);

/* ---- emit.c ---- */
void mu_count(struct mu_engine *e, enum mu_part part, size_t n);
/* An observation that is no drift, for people: an id whose verdict is PASS. */
void mu_remark(struct mu_engine *e, enum mu_finding_id id, struct mu_sides s, const char *message);
void mu_count_rule(struct mu_engine *e, const char *rule, size_t n);
void mu_note_keep(struct mu_engine *e, const struct mu_note *note); /* while there is room */
/* `path` NULL: the one at hand. What the rule means (rules.c) says which kind of note it is. */
void mu_note(struct mu_engine *e, const char *path, struct mu_sides s, const char *rule);
/* The same to the letter: noted only where somebody asked to see that, too. */
void mu_note_equal(struct mu_engine *e, struct mu_sides s);
static inline bool mu_notes_equal(const struct mu_engine *e) {
  return e->in->notes.kinds & 1U << MU_NOTE_EQUAL;
}
const char *mu_show(struct mu_engine *e, struct mu_val v, struct mu_val mask,
                    const struct mu_sides *s);
bool mu_sensitive(struct mu_engine *e, const struct mu_sides *s); /* as a whole */
const char *mu_keyed(struct mu_engine *e, struct mu_val v); /* "hmac:…", or NULL without a key */
/* A difference at the path at hand, unless an equality rule forgives it: decides id and severity,
 * honours ignore rules and floats, counts `leaves`. `shown` (may be NULL): what to show of it, the
 * members missing and extra; no rule is tried on those. */
void mu_differ(struct mu_engine *e, struct mu_sides s, const struct mu_sides *shown, size_t leaves);
/* A finding about the resource at hand, or about `subject`. */
struct mu_finding *mu_find(struct mu_engine *e, enum mu_finding_id id, const char *subject,
                           const char *path);

const char *mu_rule_words(struct mu_engine *e,
                          struct mu_val v); /* "22/tcp from 0.0.0.0/0", or NULL */

/* ---- next.c: what to do about it ---- */
void mu_next_moved(struct mu_engine *e, struct mu_finding *f, const char *old);
void mu_next_provider(struct mu_engine *e, struct mu_finding *f, const char *is,
                      const char *planned);
/* `left`: what of a collecting attribute no resource explains. */
void mu_next_member(struct mu_engine *e, struct mu_finding *f, const char *rule,
                    struct mu_val left);
const char *mu_next_apply(struct mu_engine *e);
void mu_next_fill(struct mu_engine *e, size_t first); /* findings that have none yet */

/* ---- join.c ---- */
int mu_join(struct mu_engine *e, struct mu_err *err);
bool mu_load(struct mu_engine *e, const struct mu_res *plan,
             struct mu_entry *actual); /* tapes of the resource at hand */
bool mu_declared(
    struct mu_engine *e); /* the path's first step is in the configuration, or it is not known */
const char *mu_provider_id(
    struct mu_engine *e); /* what the provider calls the actual resource; NULL: nothing */
const char *mu_res_address(struct mu_arena *arena, const struct mu_res *res);
bool mu_same_provider(const struct mu_doc *x, struct mu_span a, const struct mu_doc *y,
                      struct mu_span b);
void mu_engine_done(struct mu_engine *e);
void mu_engine_rest(struct mu_engine *e); /* between two resources: gives scratch memory back */

/* ---- workers.c ---- */
int mu_compare_planned(
    struct mu_engine *e,
    struct mu_err *err); /* all planned resources, in as many threads as are asked for */

/* ---- drift.c ---- */
void mu_breathe_at(
    struct mu_engine *e,
    size_t i); /* every now and then: the callers of the documents may give pages back */
int mu_compare_range(struct mu_engine *e, size_t from, size_t to, struct mu_err *err);
int mu_compare_extra(struct mu_engine *e, struct mu_entry *entry,
                     struct mu_err *err); /* an actual resource that nobody planned */
void mu_coverage(struct mu_engine *e);    /* the counts, as the partition that is promised */
void mu_scrub(struct mu_engine *e, const struct mu_doc *const *docs, size_t docs_n,
              size_t first); /* secrets out of what leaves */

#endif
