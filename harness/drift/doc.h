/* SPDX-License-Identifier: Apache-2.0 */
/* A plan or a state, read from bytes and recognised by its content: plan JSON (`terraform show
 * -json plan`), state JSON, raw .tfstate. Format: Terraform's "JSON Output Format" (format_version
 * 0.1 to 1.x) and the state file v4 (v3 with a warning). The document lives in the arena given to
 * the parser and works on the caller's bytes (a mapped file is fine), which must outlive it and
 * stay as they are. */
#ifndef MU_DRIFT_DOC_H
#define MU_DRIFT_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mu_arena;
struct mu_err;
struct mu_doc;

enum mu_doc_kind { MU_DOC_PLAN, MU_DOC_STATE_JSON, MU_DOC_TFSTATE };

struct mu_doc_opts {
  const char *name; /* for messages: a file name */
  bool want_config; /* keep what was declared */
  bool want_prior; /* keep prior_state and resource_drift: this document is to serve as actual state
                    */
  /* Called every few megabytes that were read, then and when the document is compared, from
   * whichever thread; may be NULL. A caller that mapped the file can drop the pages behind the
   * reader (madvise MADV_DONTNEED on all of it is fine), so that memory does not grow with the
   * file. */
  void (*breathe)(void *ctx);
  void *breathe_ctx;
};

/* Binary plans, NDJSON of `plan -json`, redacted plans, empty files, UTF-16, another major version:
 * each a MU_E_INPUT (or MU_E_UNSUPPORTED) that says what it is and what to run instead, with line,
 * column and nearest address where the bytes are damaged. */
int mu_doc_parse(const char *bytes, size_t n, const struct mu_doc_opts *opts,
                 struct mu_arena *arena, struct mu_doc **out, struct mu_err *err);

enum mu_doc_kind mu_doc_kind(const struct mu_doc *doc);

/* What a plan does, for the guards. */
struct mu_doc_change {
  const char *address, *type, *name, *provider, *mode; /* mode: "managed" or "data" */
  bool create, read, update, destroy, forget, noop;    /* a replacement is create and destroy */
};
size_t mu_doc_changes(const struct mu_doc *doc, const struct mu_doc_change **out);

struct mu_doc_info {
  const char *format_version, *terraform_version;
  int64_t timestamp_ms; /* of a plan; 0: not said */
  bool errored, incomplete, refresh_only;
  int64_t serial;      /* of a raw state; -1: none */
  const char *lineage; /* of a raw state, else NULL */
  size_t resources;
  const char *const *warnings; /* "format_version missing", … */
  size_t warnings_n;
};
void mu_doc_info(const struct mu_doc *doc, struct mu_doc_info *out);

/* A string anywhere in the planned values that holds one of `needles` (account ids): the first
 * address and path, or false. */
bool mu_doc_mentions(const struct mu_doc *doc, const char *const *needles, size_t n,
                     const char **address, const char **path, const char **needle);

/* A planned or actual top-level attribute of a resource as canonical JSON text; NULL: absent,
 * unknown or sensitive. */
const char *mu_doc_attribute(const struct mu_doc *doc, const char *address, const char *name,
                             struct mu_arena *arena);

/* Root outputs. Sensitive ones have value NULL. */
struct mu_doc_output {
  const char *name, *value_json;
  bool sensitive, unknown;
};
size_t mu_doc_outputs(const struct mu_doc *doc, const struct mu_doc_output **out);

/* What the configuration asks of providers and modules; of a plan that was read with its
 * configuration. One row a provider and module, alias and address. */
struct mu_doc_provider {
  const char *source;      /* "registry.terraform.io/hashicorp/aws"; "aws" in a plan of 0.12 */
  const char *constraints; /* "~> 5.0"; NULL: none */
  const char *module;      /* "module.a" that asks for it; NULL: the root module */
};
size_t mu_doc_providers(const struct mu_doc *doc, const struct mu_doc_provider **out);
struct mu_doc_module {
  const char *address;     /* "module.a.module.b" */
  const char *source;      /* "terraform-aws-modules/vpc/aws", "./vpc", "git::https://…?ref=v1" */
  const char *constraints; /* NULL: none */
};
size_t mu_doc_modules(const struct mu_doc *doc, const struct mu_doc_module **out);
/* Every value that is marked sensitive, for the redactor. */
size_t mu_doc_secrets(const struct mu_doc *doc, const char *const **out);

#endif
