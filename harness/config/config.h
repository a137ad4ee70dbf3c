/* SPDX-License-Identifier: Apache-2.0 */
/* muster.yaml, typed. Immutable once loaded; every pointer is borrowed from the config's own arena,
 * and every struct keeps the node it came from, so that a later complaint can still name line and
 * column. One section is one row in sections.def. Strings may hold ${env:X}, ${file:X},
 * ${terraform.X} and ${capture:X}: they are kept as written and resolved when used
 * (mu_config_resolve); "$${" is a literal "${". */
#ifndef MU_CONFIG_CONFIG_H
#define MU_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "config/node.h"
#include "model/rules.h"

struct mu_arena;
struct mu_err;
struct mu_probes;
struct mu_redact;

/* A list of T inside the config. */
#define MU_CONFIG_LIST(T)                                                                          \
  struct {                                                                                         \
    T *at;                                                                                         \
    size_t n;                                                                                      \
  }

struct mu_conf_pair {
  const char *name, *value;
};

struct mu_conf_standby {
  const struct mu_node *node;
  const char *name, *cloud, *account, *region;
  const char *profile; /* AWS profile to use; may be NULL */
  MU_CONFIG_LIST(struct mu_conf_pair) tags;
  MU_CONFIG_LIST(const char *) primary_accounts;
};

/* An SQL engine that checks and the replica ask by its name. */
struct mu_conf_engine {
  const struct mu_node *node;
  const char *name;   /* "trino-dr" */
  const char *engine; /* "athena", "databricks" or "trino" */
  int64_t timeout_ms; /* of one statement */
  MU_CONFIG_LIST(struct mu_conf_pair)
  args; /* parameters of the sql probe, "engine" among them; a map's as "session.NAME" */
  const char *text; /* private to the section */
  MU_CONFIG_LIST(struct mu_conf_pair) session;
};

/* One folder of Terraform. */
struct mu_conf_layer {
  const struct mu_node *node;           /* NULL: the workload has no such layer */
  const char *dir;                      /* absolute */
  const char *plan;                     /* absolute; NULL: none was staged */
  const char *schema;                   /* its providers schema, absolute; NULL: none */
  MU_CONFIG_LIST(const char *) vars;    /* var files, relative to dir */
  MU_CONFIG_LIST(const char *) backend; /* -backend-config rows */
  const char *workspace;                /* NULL: default */
  const char *drill_variable;           /* takes the drill's suffix; default "drill" */
  int64_t max_age_ms;                   /* 0: no limit */
  MU_CONFIG_LIST(const char *) floats;
};

struct mu_conf_waiver { /* a datastore that needs no restore source */
  const struct mu_node *node;
  const char *address, *reason, *owner;
  int64_t until_ms;
};

struct mu_conf_table {
  const struct mu_node *node;
  const char *name;             /* "finance.fact_sales" */
  const struct mu_node *expect; /* map of expectations: rows, fresher_than, … */
  const char *database, *table; /* in the catalog; default: before and after the last dot */
  const char *location;         /* for tables without a catalog */
  const char *partitions;       /* "by-day", or NULL */
  const char *source;           /* the Delta table that it is a copy of; NULL: not told */
  bool rows_exact;              /* rows: exact */
};

/* An Iceberg REST catalog, and who we are to it. */
struct mu_conf_rest {
  const struct mu_node *node; /* NULL: none */
  const char *uri, *warehouse, *prefix, *access;
  const char *token, *credential, *oauth_uri, *scope, *audience;
  const char *sign_service, *sign_region; /* AWS signatures */
  MU_CONFIG_LIST(struct mu_conf_pair) headers;
};

/* Who reads what lies in Azure Storage: an application of Microsoft Entra ID, or a shared access
 * signature. */
struct mu_conf_azure {
  const struct mu_node *node; /* NULL: nobody */
  const char *tenant, *client, *secret, *authority, *endpoint, *sas;
};

/* The tables at home that the replica's are copies of: asked at night, never during a drill. */
struct mu_conf_source {
  const struct mu_node *node; /* NULL: not configured */
  const char *region, *profile;
  const char *rows; /* expectation: "source ± 1%" */
  int64_t behind;   /* versions; -1: not asked */
  int64_t lag_ms;   /* 0: not asked */
  struct mu_conf_azure azure;
};

struct mu_conf_replica {
  const struct mu_node *node;
  const char *engine_name;
  const struct mu_conf_engine *engine; /* counts what metadata leaves open; NULL: nobody does */
  const char *catalog;                 /* "glue", "rest" or "none" */
  struct mu_conf_rest rest;
  struct mu_conf_source source;
  const char *ca_file;      /* absolute; for a catalog and storage of one's own; may be NULL */
  const char *inside;       /* prefix */
  const char *bucket_owner; /* account; NULL: not asked */
  const char *lock_mode;    /* "governance", "compliance"; NULL: not asked */
  int64_t lock_days;
  const char *as_of;       /* "summary:source-as-of" */
  int64_t fresher_than_ms; /* 0: not asked */
  MU_CONFIG_LIST(struct mu_conf_table) tables;
};

/* Whose records a provider holds: the service's own name, the drill's, or (by default) both. */
enum mu_conf_holds { MU_HOLDS_BOTH, MU_HOLDS_NAME, MU_HOLDS_DRILL_NAME };

struct mu_conf_dns_provider {
  const struct mu_node *node;
  enum mu_conf_holds holds;
  const char *kind; /* "route53", "powerdns": a row of drill/dns/table.def */
  MU_CONFIG_LIST(struct mu_conf_pair) args; /* zone, url, key, server; a scalar is {"zone", text} */
};

struct mu_conf_side {
  const char *id, *address, *host; /* address or host; may hold ${terraform.X} */
};

struct mu_conf_dns {
  const struct mu_node *node;
  const char *name, *drill_name;
  struct mu_conf_side primary, standby;
  const char
      *marker; /* "header.x-served-by": its value is the id of the side that answered; NULL: none */
  int64_t queries;     /* per authority; default 2000 */
  int64_t ttl_wait_ms; /* 0: one TTL as read */
  MU_CONFIG_LIST(struct mu_conf_dns_provider) providers;
};

struct mu_conf_check { /* as written; smoke/plan.h types it with the probe tables */
  const struct mu_node *node;
  const char *name, *probe;
  const struct mu_node *args;          /* the map (or scalar) under the probe's name */
  const struct mu_conf_engine *engine; /* that its parameter `engine` names; NULL: none */
  const struct mu_node *expect;        /* NULL: only that it can be observed */
  const struct mu_node *retry, *capture, *matrix;
  MU_CONFIG_LIST(const char *) needs;
  int64_t timeout_ms; /* 0: the default, 10 s, or the engine's */
  bool must_fail;
  const char *severity; /* NULL: the finding's own */
};

struct mu_conf_command { /* a deploy command of the operator */
  const struct mu_node *node;
  const char *name;
  MU_CONFIG_LIST(const char *) run;
  MU_CONFIG_LIST(const char *) undo;
  const struct mu_node *ready; /* {probe: args}: a condition to wait for; may be NULL */
  int64_t within_ms;           /* deadline; default 10 min */
};

struct mu_conf_scale {
  const struct mu_node *node; /* NULL: nothing to scale */
  const char *cluster, *node_group;
  int64_t desired, min, max; /* min, max -1: as they are */
  int64_t within_ms;
};

struct mu_conf_manual { /* a step that a person does, or approves */
  const struct mu_node *node;
  const char *name, *text;
  bool approval;
  int64_t within_ms;
};

/* One row of the runbook: a step by id, or a manual one. */
struct mu_conf_step {
  const struct mu_node *node;
  const char *id; /* "guard", "stand-up", … or "manual" */
  const struct mu_conf_manual *manual;
};

struct mu_conf_control {
  const struct mu_node *node; /* NULL: none, which a drill refuses */
  const char *table;          /* replica control: a table with an expectation that must fail */
  const struct mu_node *expect;
  const struct mu_conf_check *check; /* or any check that must fail */
};

struct mu_conf_budget {
  const char *step; /* "stand_up" */
  int64_t ms;
};

struct mu_conf_shelf_life {
  const struct mu_node *node; /* NULL: nothing is looked up */
  int64_t warn_ms, fail_ms, certificate_ms;
  MU_CONFIG_LIST(struct mu_shelf_rule) ends;
};

struct mu_conf_workload {
  const struct mu_node *node;
  const char *file; /* the config that it stands in: relative files are beside it */
  const char *name, *tier, *owner, *runbook;
  int64_t rpo_ms, rto_ms; /* 0: no target */
  MU_CONFIG_LIST(const struct mu_conf_standby *) dr;
  int64_t cycle_ms;      /* drill: quarterly 91d, monthly 30d, yearly 365d, or a duration */
  const char *cycle;     /* as written */
  const char *terraform; /* the CLI; NULL: terraform, else tofu, on PATH */
  struct mu_conf_layer standing, staged;
  MU_CONFIG_LIST(struct mu_ignore) ignores;
  MU_CONFIG_LIST(struct mu_mapping) mappings;
  MU_CONFIG_LIST(struct mu_set_rule) sets;
  MU_CONFIG_LIST(struct mu_conf_waiver) no_data_of_record;
  struct mu_conf_replica replica;
  struct mu_conf_shelf_life shelf_life;
  struct mu_conf_scale scale;
  MU_CONFIG_LIST(struct mu_conf_command) deploy;
  struct mu_conf_dns dns;
  MU_CONFIG_LIST(struct mu_conf_check) smoke;
  MU_CONFIG_LIST(struct mu_conf_check) checks; /* more nightly checks, any probe */
  struct mu_conf_control control;
  MU_CONFIG_LIST(struct mu_conf_step) steps; /* empty: the standard order */
  MU_CONFIG_LIST(struct mu_conf_budget) budgets;
  MU_CONFIG_LIST(struct mu_conf_budget)
  projected;                   /* people, scale_out: assumptions of the projected incident */
  const char *severity_floor;  /* drift at or above it fails; default "medium" */
  int64_t inconclusive_nights; /* default 3 */
  bool document_branch; /* also write the drift record on a branch of the Terraform repository */
};

struct mu_config {
  struct mu_arena *arena;
  const char *path, *text; /* the file as read */
  char sha256[MU_SHA256_HEX];
  const struct mu_node *root;
  const char *ledger; /* absolute or relative to the working directory, ready to open; NULL: none */
  MU_CONFIG_LIST(struct mu_conf_standby) standbys;
  MU_CONFIG_LIST(struct mu_conf_engine) engines;
  MU_CONFIG_LIST(struct mu_conf_workload) workloads;
};

/* Loads and validates everything that needs no probe: structure, types, references between
 * sections. All problems go to *diags (which has the config's arena); returns -1 with MU_E_CONFIG
 * when there is at least one error. The caller frees *out with mu_config_free() then as well; where
 * the file could not be read (MU_E_ABSENT, MU_E_IO, MU_E_LIMIT) *out is NULL and *diags empty. */
int mu_config_load(const char *path, struct mu_config **out, struct mu_diags *diags,
                   struct mu_err *err);
/* The same from n bytes of text (NUL-terminated); `path` is what messages say and relative paths
 * start from. */
int mu_config_parse(const char *path, const char *text, size_t n, struct mu_config **out,
                    struct mu_diags *diags, struct mu_err *err);
void mu_config_free(struct mu_config *config); /* NULL is fine */

const struct mu_conf_workload *mu_config_workload(const struct mu_config *config, const char *name);
/* NULL: there is none of that name. */
const struct mu_conf_engine *mu_config_engine(const struct mu_config *config, const char *name);
int64_t mu_config_budget(const struct mu_conf_workload *workload, const char *step); /* 0: none */

/* Where ${terraform.X} values come from; NULL answers: not known (yet). */
struct mu_resolver {
  const char *(*terraform)(void *ctx, const char *name, bool *secret);
  const char *(*capture)(void *ctx, const char *name); /* ${capture:NAME}; may be NULL */
  void *ctx;
  struct mu_redact *redact; /* gets every value of ${env:} and ${file:} and of secret outputs */
  const char *base;         /* the config's path, for relative ${file:} */
};
/* Replaces every reference of `text`. MU_E_ABSENT: one is not known; the message names it. */
int mu_config_resolve(const char *text, const struct mu_resolver *resolver, struct mu_arena *arena,
                      const char **out, struct mu_err *err);
/* The first ${terraform.X} name in text, or NULL. */
const char *mu_config_needs_terraform(const char *text, struct mu_arena *arena);

/* JSON Schema (draft-07) of the config, from the same tables, with the probes' parameters. */
void mu_config_schema(const struct mu_probes *probes, struct mu_str *out);
/* A config to start from, commented. */
const char *mu_config_template(void);

#endif
