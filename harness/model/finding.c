/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: the table of their kinds, and a list of them in a run. */
#include "model/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"

enum { MESSAGE_MAX = 1024, FINGERPRINT_MAX = 16 << 20 };

static const struct mu_finding_def defs[] = {
#define MU_FINDING(id, severity, verdict, title, doc) {#id, severity, verdict, title, doc},
#include "model/findings.def"
#undef MU_FINDING
};
_Static_assert(MU_LEN(defs) == MU_F_N_, "a definition for each id");

const struct mu_finding_def *mu_finding_def(enum mu_finding_id id) {
  return &defs[id];
}

const struct mu_finding_def *mu_finding_by_name(const char *name, enum mu_finding_id *id) {
  for (size_t i = 0; i < MU_LEN(defs); i++) {
    if (mu_streq(defs[i].name, name)) {
      *id = (enum mu_finding_id)i;
      return &defs[i];
    }
  }
  return NULL;
}

void mu_findings_init(struct mu_findings *list, struct mu_arena *arena) {
  *list = (struct mu_findings){.arena = arena};
}

/* Each part with its length in front, so that no two different findings have the same encoding. */
static void encode(struct mu_str *out, const char *part) {
  if (part) {
    mu_str_addf(out, "%zu:%s,", strlen(part), part);
  } else {
    mu_str_add(out, "-,");
  }
}

static void fingerprint(struct mu_finding *finding) {
  MU_STR(text, FINGERPRINT_MAX);
  encode(&text, defs[finding->id].name);
  encode(&text, finding->check);
  encode(&text, finding->subject);
  encode(&text, finding->path);
  mu_sha256_hex(mu_str_get(&text), text.n, finding->fingerprint);
}

struct mu_finding *mu_finding_add(struct mu_findings *list, enum mu_finding_id id,
                                  const char *check, const char *subject, const char *path) {
  list->at = mu_arena_grow(list->arena, list->at, list->n, &list->cap, sizeof *list->at);
  struct mu_finding *finding = &list->at[list->n++];
  *finding = (struct mu_finding){.id = id,
                                 .severity = defs[id].severity,
                                 .verdict = defs[id].verdict,
                                 .check = mu_arena_str(list->arena, check),
                                 .subject = mu_arena_str(list->arena, subject),
                                 .path = mu_arena_str(list->arena, path)};
  fingerprint(finding);
  return finding;
}

void mu_finding_say(struct mu_findings *list, struct mu_finding *finding, const char *fmt, ...) {
  char text[MESSAGE_MAX];
  va_list args;
  va_start(args, fmt);
  (void)vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  finding->message = mu_arena_str(list->arena, text);
}

static int text_order(const char *a, const char *b) {
  return strcmp(a ? a : "", b ? b : "");
}

static int worst_first(const void *left, const void *right) {
  const struct mu_finding *a = left, *b = right;
  if (a->verdict != b->verdict) {
    return a->verdict > b->verdict ? -1 : 1;
  }
  if (a->severity != b->severity) {
    return a->severity > b->severity ? -1 : 1;
  }
  int order = text_order(a->check, b->check);
  order = order ? order : text_order(a->subject, b->subject);
  order = order ? order : text_order(a->path, b->path);
  order = order ? order : text_order(defs[a->id].name, defs[b->id].name);
  return order ? order : text_order(a->message, b->message); /* qsort is not stable */
}

void mu_findings_sort(struct mu_findings *list) {
  if (list->n > 1) {
    qsort(list->at, list->n, sizeof *list->at, worst_first);
  }
}
