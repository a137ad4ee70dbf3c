/* SPDX-License-Identifier: Apache-2.0 */
/* References in strings: ${env:NAME}, ${file:PATH}, ${terraform.OUTPUT}, ${capture:NAME},
 * ${matrix:NAME}; "$${" is a literal "${". Their syntax is checked when the config is read; their
 * values are looked up when they are used, so that a secret is in memory for as short as possible
 * and an output may come from a stand-up that has not happened yet. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/io.h"
#include "base/redact.h"
#include "base/str.h"
#include "config/table.h"

enum { FILE_BYTES = 64 * 1024, RESOLVED_BYTES = 1024 * 1024 };

static const char name_first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
static const char path_chars[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.-[]\"";

struct scheme {
  const char *prefix;
  const char *what;  /* that follows it */
  const char *chars; /* NULL: any but '}' */
};

enum { ENV, FILE_, TERRAFORM, CAPTURE, MATRIX };
static const struct scheme schemes[] = {
    [ENV] = {"env:", "the name of an environment variable", name_chars},
    [FILE_] = {"file:", "a path", NULL},
    [TERRAFORM] = {"terraform.", "the name of an output", path_chars},
    [CAPTURE] = {"capture:", "the name of a capture", NULL},
    [MATRIX] = {"matrix:", "a name of the check's matrix", NULL},
};

/* One reference inside a text. */
struct ref {
  const char *start, *end; /* of "${…}" in the text, half open */
  const char *name;
  size_t name_n;
  size_t scheme; /* MU_LEN(schemes): unknown */
};

/* The next reference at or behind s; literal text before it goes to *out (may be NULL). False: none
 * left. An unclosed one has end NULL. */
static bool next_ref(const char *s, struct ref *ref, struct mu_str *out) {
  for (;;) {
    const char *dollar = strstr(s, "${");
    if (!dollar) {
      if (out) {
        mu_str_add(out, s);
      }
      return false;
    }
    bool escaped = dollar > s && dollar[-1] == '$';
    if (out) {
      mu_str_addn(out, s, (size_t)(dollar - s) - escaped);
    }
    if (!escaped) {
      s = dollar;
      break;
    }
    if (out) {
      mu_str_add(out, "${");
    }
    s = dollar + 2;
  }
  const char *close = strchr(s, '}');
  *ref = (struct ref){.start = s, .end = close ? close + 1 : NULL, .scheme = MU_LEN(schemes)};
  for (size_t i = 0; close && i < MU_LEN(schemes); i++) {
    if (mu_str_starts(s + 2, schemes[i].prefix)) {
      ref->scheme = i;
      ref->name = s + 2 + strlen(schemes[i].prefix);
      ref->name_n = (size_t)(close - ref->name);
    }
  }
  return true;
}

bool mu_ref_inside(const char *text) {
  struct ref ref;
  return strstr(text, "${") && next_ref(text, &ref, NULL);
}

static const char *scheme_problem(const struct ref *ref, struct mu_arena *arena) {
  const char *inner = ref->start + 2;
  size_t n = (size_t)(ref->end - 1 - inner), word = strcspn(inner, ":.}");
  char *name = mu_arena_strn(arena, inner, word < n ? word : n);
  static const char *const known[] = {"env", "file", "terraform", "capture", "matrix"};
  static const char *const forms[] = {"${env:NAME}", "${file:PATH}", "${terraform.OUTPUT}",
                                      "${capture:NAME}", "${matrix:NAME}"};
  for (size_t i = 0; i < MU_LEN(known); i++) {
    if (mu_streq(name, known[i])) {
      return mu_arena_fmt(arena, "'%.*s' is written %s", (int)(ref->end - ref->start), ref->start,
                          forms[i]);
    }
  }
  const char *near = mu_str_nearest(name, known, MU_LEN(known));
  if (near) {
    return mu_arena_fmt(arena, "'%.*s' is not known; did you mean '%s'?",
                        (int)(ref->end - ref->start), ref->start, near);
  }
  return mu_arena_fmt(
      arena,
      "'%.*s' is not known; write ${env:NAME}, ${file:PATH}, ${terraform.OUTPUT} or "
      "${capture:NAME}, or $${ for a literal ${",
      (int)(ref->end - ref->start), ref->start);
}

const char *mu_ref_problem(const char *text, struct mu_arena *arena) {
  struct ref ref;
  for (const char *s = text; next_ref(s, &ref, NULL); s = ref.end) {
    if (!ref.end) {
      return mu_arena_fmt(
          arena, "'%.40s' is not closed; write '}' behind it, or $${ for a literal ${", ref.start);
    }
    if (ref.scheme == MU_LEN(schemes)) {
      return scheme_problem(&ref, arena);
    }
    const struct scheme *scheme = &schemes[ref.scheme];
    bool good = ref.name_n > 0 &&
                (!scheme->chars || strspn(ref.name, scheme->chars) >= ref.name_n) &&
                (ref.scheme != ENV || strchr(name_first, ref.name[0]));
    if (!good || memchr(ref.name, '$', ref.name_n)) {
      return mu_arena_fmt(arena, "'%.*s' names nothing; behind '%s' comes %s",
                          (int)(ref.end - ref.start), ref.start, scheme->prefix, scheme->what);
    }
  }
  return NULL;
}

void mu_read_refs(struct mu_reader *r, const struct mu_node *node) {
  const struct mu_node *stack[MU_NODE_DEPTH];
  size_t next[MU_NODE_DEPTH], depth = 0;
  for (;;) {
    if (node && node->kind == MU_NODE_SCALAR) {
      const char *problem = mu_ref_problem(node->text, r->arena);
      if (problem) {
        mu_diag_add(r->diags, node, "%s", problem);
      }
    } else if (node && depth < MU_NODE_DEPTH) {
      stack[depth] = node;
      next[depth++] = 0;
    }
    while (depth > 0 && next[depth - 1] == stack[depth - 1]->n) {
      depth--;
    }
    if (depth == 0) {
      return;
    }
    node = stack[depth - 1]->members[next[depth - 1]++].value;
  }
}

/* ---- values ---- */

static void keep_secret(const struct mu_resolver *resolver, const char *value, size_t n) {
  if (resolver->redact) {
    mu_redact_add(resolver->redact, value, n);
  }
}

static int add_env(const struct mu_resolver *resolver, const char *name, struct mu_str *out,
                   struct mu_err *err) {
  const char *value = getenv(name);
  if (!value || !*value) {
    return mu_fail(err, MU_E_ABSENT, "environment variable %s is %s", name,
                   value ? "empty" : "not set");
  }
  keep_secret(resolver, value, strlen(value));
  mu_str_add(out, value);
  return 0;
}

/* One line end behind the value is the editor's, not the secret's. */
static int add_file(const struct mu_resolver *resolver, const char *name, struct mu_arena *arena,
                    struct mu_str *out, struct mu_err *err) {
  const char *path = resolver->base ? mu_io_beside(arena, resolver->base, name) : name;
  MU_STR(bytes, FILE_BYTES);
  if (mu_io_read(path, &bytes, err) != 0) {
    return mu_wrap(err, "${file:%s}", name);
  }
  size_t n = bytes.n;
  n -= n > 0 && bytes.p[n - 1] == '\n';
  n -= n > 0 && bytes.p[n - 1] == '\r';
  if (n == 0) {
    return mu_fail(err, MU_E_ABSENT, "%s is empty", path);
  }
  if (memchr(bytes.p, '\0', n)) {
    return mu_fail(err, MU_E_INPUT, "%s holds a NUL byte", path);
  }
  keep_secret(resolver, bytes.p, n);
  mu_str_addn(out, bytes.p, n);
  memset(bytes.p, 0, bytes.n);
  return 0;
}

static int add_terraform(const struct mu_resolver *resolver, const char *name, struct mu_str *out,
                         struct mu_err *err) {
  bool secret = false;
  const char *value =
      resolver->terraform ? resolver->terraform(resolver->ctx, name, &secret) : NULL;
  if (!value) {
    return mu_fail(err, MU_E_ABSENT, "Terraform output '%s' is not known%s", name,
                   resolver->terraform ? "" : " here; nothing is stood up");
  }
  if (secret) {
    keep_secret(resolver, value, strlen(value));
  }
  mu_str_add(out, value);
  return 0;
}

static int add_capture(const struct mu_resolver *resolver, const char *name, struct mu_str *out,
                       struct mu_err *err) {
  const char *value = resolver->capture ? resolver->capture(resolver->ctx, name) : NULL;
  if (!value) {
    return mu_fail(err, MU_E_ABSENT, "nothing was captured as '%s'", name);
  }
  mu_str_add(out, value);
  return 0;
}

int mu_config_resolve(const char *text, const struct mu_resolver *resolver, struct mu_arena *arena,
                      const char **out, struct mu_err *err) {
  const char *problem = mu_ref_problem(text, arena);
  if (problem) {
    return mu_fail(err, MU_E_CONFIG, "%s", problem);
  }
  MU_STR(resolved, RESOLVED_BYTES);
  struct ref ref;
  const char *s = text;
  for (; next_ref(s, &ref, &resolved); s = ref.end) {
    const char *name = mu_arena_strn(arena, ref.name, ref.name_n);
    int rc = 0;
    switch (ref.scheme) {
    case ENV:
      rc = add_env(resolver, name, &resolved, err);
      break;
    case FILE_:
      rc = add_file(resolver, name, arena, &resolved, err);
      break;
    case TERRAFORM:
      rc = add_terraform(resolver, name, &resolved, err);
      break;
    case CAPTURE:
      rc = add_capture(resolver, name, &resolved, err);
      break;
    default:
      rc = mu_fail(err, MU_E_ABSENT, "the check has no matrix with '%s'", name);
      break;
    }
    if (rc != 0) {
      return -1;
    }
  }
  if (resolved.failed) {
    return mu_fail(err, MU_E_LIMIT, "a resolved value is larger than the limit of %d bytes",
                   RESOLVED_BYTES);
  }
  *out = mu_str_copy(&resolved, arena);
  return 0;
}

const char *mu_config_needs_terraform(const char *text, struct mu_arena *arena) {
  struct ref ref;
  for (const char *s = text; next_ref(s, &ref, NULL) && ref.end; s = ref.end) {
    if (ref.scheme == TERRAFORM) {
      return mu_arena_strn(arena, ref.name, ref.name_n);
    }
  }
  return NULL;
}
