/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of the drift engine: a plan and a state out of a few words, one comparison, and
 * questions to its result. */
#ifndef MU_TEST_DRIFT_RUN_H
#define MU_TEST_DRIFT_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "drift/doc.h"
#include "drift/drift.h"

enum { NOW_MS = 1000000 };

struct run {
  struct mu_arena *arena;
  struct mu_findings findings;
  struct mu_drift_in in;
  struct mu_drift_out out;
  struct mu_err err;
  int rc;
  const struct mu_doc *actual[4];
};

static inline struct mu_doc *doc_of(struct run *r, const char *name, const char *text,
                                    bool actual) {
  struct mu_doc *doc = NULL;
  struct mu_doc_opts opts = {.name = name, .want_config = !actual, .want_prior = actual};
  if (mu_doc_parse(text, strlen(text), &opts, r->arena, &doc, &r->err) != 0) {
    fail_msg("%s: %s\n%s", name, r->err.msg, text);
  }
  return doc;
}

/* Sets up; the caller may change r->in before go(). */
static inline void start(struct run *r, const char *plan, const char *state) {
  memset(r, 0, sizeof *r);
  r->arena = mu_arena_new();
  mu_findings_init(&r->findings, r->arena);
  r->actual[0] = doc_of(r, "actual.json", state, true);
  r->in = (struct mu_drift_in){.plan = doc_of(r, "plan.json", plan, false),
                               .actual = r->actual,
                               .actual_n = 1,
                               .now_ms = NOW_MS,
                               .check = "drift",
                               .key = "key",
                               .key_n = 3};
}

static inline void go(struct run *r) {
  r->out.findings = &r->findings;
  r->rc = mu_drift_compare(&r->in, r->arena, &r->out, &r->err);
  if (r->rc == 0) { /* the partition holds whatever is compared */
    const struct mu_coverage *c = &r->out.coverage;
    assert_int_equal(c->attributes,
                     c->compared + c->explained + c->baseline + c->unverifiable + c->ignored);
  }
}

static inline void finish(struct run *r) {
  mu_arena_free(r->arena);
}

/* The finding of that id about subject and path (NULL: whichever). */
static inline const struct mu_finding *found(const struct run *r, enum mu_finding_id id,
                                             const char *subject, const char *path) {
  for (size_t i = 0; i < r->findings.n; i++) {
    const struct mu_finding *f = &r->findings.at[i];
    if (f->id == id && (!subject || mu_streq(f->subject, subject)) &&
        (!path || mu_streq(f->path, path))) {
      return f;
    }
  }
  return NULL;
}

/* The same, or an empty one that no assertion will like. */
static inline const struct mu_finding *must(const struct run *r, enum mu_finding_id id,
                                            const char *subject, const char *path) {
  static const struct mu_finding none = {.expected = "", .actual = "", .message = "", .next = ""};
  const struct mu_finding *f = found(r, id, subject, path);
  return f ? f : &none;
}

/* Findings that are no mere observation. */
static inline size_t alarms(const struct run *r) {
  size_t n = 0;
  for (size_t i = 0; i < r->findings.n; i++) {
    n += r->findings.at[i].verdict > MU_PASS;
  }
  return n;
}

static inline void print_findings(const struct run *r) {
  for (size_t i = 0; i < r->findings.n; i++) {
    const struct mu_finding *f = &r->findings.at[i];
    print_message("  %s %s %s: %s\n", mu_finding_def(f->id)->name, f->subject,
                  f->path ? f->path : "", f->message ? f->message : "");
  }
}

static inline bool noted(const struct run *r, const char *path, const char *rule) {
  for (size_t i = 0; i < r->out.notes_n; i++) {
    if (mu_streq(r->out.notes[i].path, path) && mu_str_starts(r->out.notes[i].rule, rule)) {
      return true;
    }
  }
  return false;
}

/* One resource: TYPE.x planned as `after` with `unknown`, and actual as `values`. Rooms are the
 * caller's. */
enum { TEXT = 64 * 1024 };
struct texts {
  char plan[TEXT], state[TEXT];
};

static inline void texts_of(struct texts *t, const char *type, const char *after,
                            const char *unknown, const char *values) {
  int n = snprintf(t->plan, sizeof t->plan,
                   "{\"format_version\":\"1.2\",\"resource_changes\":[{\"address\":\"%s.x\","
                   "\"mode\":\"managed\",\"type\":\"%s\","
                   "\"name\":\"x\",\"provider_name\":\"registry.terraform.io/hashicorp/"
                   "aws\",\"change\":{\"actions\":[\"create\"],"
                   "\"before\":null,\"after\":%s,\"after_unknown\":%s,\"before_sensitive\":false,"
                   "\"after_sensitive\":{}}}]}",
                   type, type, after, unknown);
  int m = snprintf(t->state, sizeof t->state,
                   "{\"format_version\":\"1.0\",\"values\":{\"root_module\":{\"resources\":[{"
                   "\"address\":\"%s.x\",\"mode\":\"managed\","
                   "\"type\":\"%s\",\"name\":\"x\",\"provider_name\":\"registry.terraform.io/"
                   "hashicorp/aws\",\"schema_version\":0,"
                   "\"values\":%s,\"sensitive_values\":{}}]}}}",
                   type, type, values);
  assert_true(n > 0 && (size_t)n < sizeof t->plan && m > 0 && (size_t)m < sizeof t->state);
}

/* Documents in words. */
#define PROVIDER "\"provider_name\":\"registry.terraform.io/hashicorp/aws\""
#define PLAN(changes) "{\"format_version\":\"1.2\",\"resource_changes\":[" changes "]}"
#define CHANGE(address, type, actions, after, unknown)                                             \
  "{\"address\":\"" address "\",\"mode\":\"managed\",\"type\":\"" type                             \
  "\",\"name\":\"x\"," PROVIDER ",\"change\":{\"actions\":[" actions                               \
  "],\"before\":null,\"after\":" after ",\"after_unknown\":" unknown                               \
  ",\"before_sensitive\":false,\"after_sensitive\":{}}}"
#define CREATE(address, type, after, unknown) CHANGE(address, type, "\"create\"", after, unknown)
#define STATE(resources)                                                                           \
  "{\"format_version\":\"1.0\",\"values\":{\"root_module\":{\"resources\":[" resources "]}}}"
#define RES(address, type, values)                                                                 \
  "{\"address\":\"" address "\",\"mode\":\"managed\",\"type\":\"" type                             \
  "\",\"name\":\"x\"," PROVIDER ",\"schema_version\":0,\"values\":" values                         \
  ",\"sensitive_values\":{}}"

static inline void run(struct run *r, const char *plan, const char *state) {
  start(r, plan, state);
  go(r);
  if (r->rc != 0) {
    fail_msg("%s", r->err.msg);
  }
}

static inline void only(const struct run *r, enum mu_finding_id id, const char *subject,
                        const char *path) {
  if (alarms(r) != 1 || !found(r, id, subject, path)) {
    print_findings(r);
    fail_msg("expected only %s %s %s", mu_finding_def(id)->name, subject ? subject : "any",
             path ? path : "");
  }
}

#endif
