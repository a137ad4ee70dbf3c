/* SPDX-License-Identifier: Apache-2.0 */
/* Versions and what is asked of them, as Terraform's "Version Constraints" have it. */
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "provenance/lockfile.h"

enum { PARTS = 3, PART_MAX = 1000 * 1000 * 1000 };

struct version {
  uint32_t part[PARTS];
  size_t said;     /* how many of them were written */
  const char *pre; /* "beta1", not NUL-terminated; "" for none */
  size_t pre_n;
};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* The length of what a pre-release or the build's metadata may be written with. */
static size_t identifiers(const char *text, size_t n) {
  size_t i = 0;
  while (i < n && (is_digit(text[i]) || (text[i] >= 'a' && text[i] <= 'z') ||
                   (text[i] >= 'A' && text[i] <= 'Z') || text[i] == '.' || text[i] == '-')) {
    i++;
  }
  return i;
}

/* "5.100.0", "v1.2", "1.0.0-beta1+meta" of n bytes. */
static bool parse(const char *text, size_t n, struct version *out) {
  size_t at = n > 0 && text[0] == 'v';
  *out = (struct version){.pre = ""};
  for (;;) {
    uint32_t value = 0;
    size_t from = at;
    for (; at < n && is_digit(text[at]) && value < PART_MAX / 10; at++) {
      value = value * 10 + (uint32_t)(text[at] - '0');
    }
    if (at == from || out->said == PARTS || (at < n && is_digit(text[at]))) {
      return false;
    }
    out->part[out->said++] = value;
    if (at == n || text[at] != '.') {
      break;
    }
    at++;
  }
  if (at < n && text[at] == '-') {
    size_t length = identifiers(text + at + 1, n - at - 1);
    if (length == 0) {
      return false;
    }
    out->pre = text + at + 1;
    out->pre_n = length;
    at += length + 1;
  }
  if (at < n && text[at] == '+') {
    size_t length = identifiers(text + at + 1, n - at - 1);
    at += length ? length + 1 : 0;
  }
  return at == n;
}

static bool same_pre(const struct version *a, const struct version *b) {
  return a->pre_n == b->pre_n && memcmp(a->pre, b->pre, a->pre_n) == 0;
}

static int compare(const struct version *a, const struct version *b) {
  for (size_t i = 0; i < PARTS; i++) {
    if (a->part[i] != b->part[i]) {
      return a->part[i] < b->part[i] ? -1 : 1;
    }
  }
  return 0;
}

/* ~> 1.2.3 is >= 1.2.3 and < 1.3; ~> 1.2 is >= 1.2 and < 2. */
static bool pessimistic(const struct version *v, const struct version *c) {
  size_t fixed = c->said > 1 ? c->said - 1 : 1;
  for (size_t i = 0; i < fixed; i++) {
    if (v->part[i] != c->part[i]) {
      return false;
    }
  }
  return compare(v, c) >= 0;
}

struct term {
  char op[3];
  struct version version;
};

/* One of the terms between the commas, of n bytes. */
static bool parse_term(const char *text, size_t n, struct term *out) {
  size_t at = 0, op = 0;
  memset(out->op, 0, sizeof out->op);
  while (at < n && (text[at] == ' ' || text[at] == '\t')) {
    at++;
  }
  while (at < n && op < 2 && strchr("=!<>~", text[at])) {
    out->op[op++] = text[at++];
  }
  while (at < n && (text[at] == ' ' || text[at] == '\t')) {
    at++;
  }
  while (n > at && (text[n - 1] == ' ' || text[n - 1] == '\t')) {
    n--;
  }
  static const char *const known[] = {"", "=", "!=", ">", ">=", "<", "<=", "~>"};
  for (size_t i = 0; i < MU_LEN(known); i++) {
    if (strcmp(out->op, known[i]) == 0) {
      return parse(text + at, n - at, &out->version);
    }
  }
  return false;
}

static bool holds(const struct version *v, const struct term *t) {
  int order = compare(v, &t->version);
  bool exact = order == 0 && same_pre(v, &t->version);
  if (strcmp(t->op, "") == 0 || strcmp(t->op, "=") == 0) {
    return exact;
  }
  if (strcmp(t->op, "!=") == 0) {
    return !exact;
  }
  if (v->pre_n) { /* a pre-release is meant by its own name only */
    return exact && strchr(t->op, '=') != NULL;
  }
  if (t->op[0] == '~') {
    return pessimistic(v, &t->version);
  }
  /* a release comes behind its own pre-releases */
  order = order == 0 && t->version.pre_n ? 1 : order;
  bool or_equal = t->op[1] == '=';
  return t->op[0] == '>' ? order > 0 || (or_equal && order == 0)
                         : order < 0 || (or_equal && order == 0);
}

enum mu_meets mu_version_meets(const char *version, const char *constraints) {
  struct version v;
  bool all = true;
  if (!parse(version, strlen(version), &v)) {
    return MU_MEETS_UNREADABLE;
  }
  for (const char *at = constraints && *constraints ? constraints : NULL; at;) {
    size_t n = strcspn(at, ",");
    struct term term;
    if (!parse_term(at, n, &term)) {
      return MU_MEETS_UNREADABLE;
    }
    all = all && holds(&v, &term);
    at = at[n] ? at + n + 1 : NULL;
  }
  return all ? MU_MEETS : MU_MEETS_NOT;
}

bool mu_version_exact(const char *constraints) {
  for (const char *at = constraints && *constraints ? constraints : NULL; at;) {
    size_t n = strcspn(at, ",");
    struct term term;
    if (parse_term(at, n, &term) && (!term.op[0] || strcmp(term.op, "=") == 0)) {
      return true;
    }
    at = at[n] ? at + n + 1 : NULL;
  }
  return false;
}
