/* SPDX-License-Identifier: Apache-2.0 */
/* The probe interface. A probe looks at one thing and says what it saw, as facts; it knows no
 * expectation, changes nothing, keeps no state, does not log, honours the deadline and answers the
 * same for the same world. One more probe is one file that defines `const struct mu_probe
 * mu_probe_NAME` and one row in probes/table.def; validation, JSON Schema, `muster list`, the
 * reference and completion come from the struct. */
#ifndef MU_PROBE_H
#define MU_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/fact.h"
#include "model/finding.h"

struct mu_arena;
struct mu_aws;
struct mu_err;
struct mu_http;
struct mu_http_req;
struct mu_http_resp;
struct mu_tokens;

/* One parameter of a probe, as the config writes it. A row with name NULL ends the table. */
struct mu_param {
  const char *name;
  enum mu_type type; /* MAP: names to strings, LIST: strings */
  bool required;
  const char *otherwise; /* default, as text; NULL: absent */
  int64_t min, max;      /* of a number or a size; both 0: any */
  const char *choices;   /* the words that a string may be, with a blank between; NULL: any */
  const char *doc;       /* one line */
  bool secret;           /* its value is redacted everywhere */
  bool is_path;          /* a file; a relative one is beside the config */
};

/* One fact that a probe may report. `name` without the "<probe>." prefix; a trailing ".*" takes a
 * selector (json.*, header.*). A row with name NULL ends the table. */
struct mu_fact_def {
  const char *name;
  enum mu_type type;
  const char *unit;
  bool is_volatile;
  bool is_open; /* its type is known only when seen: a number may be expected of it as well */
  enum mu_finding_id finding; /* when an expectation on it fails; 0 (EXPECTATION_FAILED) where
                                 nothing says it better */
  const char *doc;
};

/* The arguments of one check: parameters with their values, defaults filled in, and what the
 * expectations select
 * ("json.status", "header.x-served-by": the probe reports just those). Immutable while the check
 * runs. */
struct mu_arg {
  const char *name;
  struct mu_value value;
};
struct mu_args {
  const struct mu_arg *at;
  size_t n;
  const char *const *selectors;
  size_t selectors_n;
};
const struct mu_arg *mu_arg_find(const struct mu_args *args, const char *name);
const char *mu_arg_str(const struct mu_args *args, const char *name, const char *otherwise);
int64_t mu_arg_int(const struct mu_args *args, const char *name,
                   int64_t otherwise); /* also durations, sizes, times */
bool mu_arg_bool(const struct mu_args *args, const char *name, bool otherwise);
/* The i-th pair of a map; false past the end. */
bool mu_arg_pair(const struct mu_args *args, const char *name, size_t i, const char **key,
                 const char **value);
/* The i-th element of a list, or NULL. */
const char *mu_arg_item(const struct mu_args *args, const char *name, size_t i);
/* The i-th selector that starts with "prefix." (without it), or NULL. */
const char *mu_arg_selector(const struct mu_args *args, const char *prefix, size_t i);

/* What a probe may use while it looks. Borrowed for the call. */
struct mu_probe_ctx {
  struct mu_arena *arena; /* the check's own */
  const struct mu_clock *clock;
  int64_t now_ms;           /* the run's one "now", wall */
  int64_t deadline_mono_ms; /* give up by then */
  const struct mu_cancel *cancel;
  struct mu_http *http; /* this worker's own multi; blocking probes only */
  struct mu_aws *(*aws)(
      void *ctx, const char *region,
      const char *profile); /* read-only client, shared by the run; NULL: no credentials */
  void *aws_ctx;
  struct mu_tokens *tokens; /* OAuth2 tokens, shared by the run; NULL: none can be fetched */
  const char *ca_file;      /* extra trust anchors of the config; may be NULL */
  /* Keeps bytes as evidence of this check and gives back their name; may be NULL. */
  void (*evidence)(void *ctx, const char *name, const void *bytes, size_t n);
  void *evidence_ctx;
};

struct mu_probe {
  const char *name;    /* "http" */
  const char *summary; /* one line */
  const struct mu_param *params;
  const struct mu_fact_def *facts;
  const char *headline; /* template over fact names: "HTTP {status} in {total}" */
  const char *target;   /* the parameter that names what is looked at: "url" */
  bool network;

  /* What holds between parameters, for errors before anything runs; pure. Texts may still hold a
   * ${…}. MU_E_CONFIG. May be NULL. */
  int (*check)(const struct mu_args *args, struct mu_arena *arena, struct mu_err *err);

  /* Shape 1, one HTTP request: two pure functions; the scheduler drives all of them on one multi.
   */
  int (*request)(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                 struct mu_http_req *out, struct mu_err *err);
  int (*read)(const struct mu_args *args, const struct mu_probe_ctx *ctx,
              const struct mu_http_resp *resp, struct mu_facts *facts, struct mu_err *err);

  /* Shape 2, blocking: run by a worker. Returns 0 with facts; -1 with err where it could not
   * observe. *absent set to true: looked, and it is proven not to be there. */
  int (*observe)(const struct mu_args *args, const struct mu_probe_ctx *ctx, struct mu_facts *facts,
                 bool *absent, struct mu_err *err);

  /* What is expected of a check whose config expects nothing: fact and predicate ("status", "200 ..
   * 399"). Both NULL: only that it can be observed. */
  const char *expect, *expect_to_be;

  /* A probe whose facts the expectations of this one may name too ("tls": `tls.days_left` of an
   * http check), looked at with the arguments that companion_args derives. Both may be NULL. */
  const char *companion;
  int (*companion_args)(const struct mu_args *args, struct mu_arena *arena, struct mu_args *out,
                        struct mu_err *err);
};

/* The table that main.c hands to the engine. */
struct mu_probes {
  const struct mu_probe *const *at;
  size_t n;
};
const struct mu_probe *mu_probe_find(const struct mu_probes *probes, const char *name);

#endif
