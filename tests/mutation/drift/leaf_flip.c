/* SPDX-License-Identifier: Apache-2.0 */
/* How much would the engine miss? Takes a real plan and what was there, changes every leaf of the
 * actual state, one at a time (flips it, removes it, adds a sibling), compares each time, and
 * counts the changes that no finding tells of. Every one of those is listed with the rule that
 * forgave it.
 *
 * usage: leaf_flip PLAN ACTUAL [-v]     exit 1 where fewer than 99.9 % of the flips surface, or one
 * is lost that no rule explains; -v lists what was removed or added and is forgiven, too */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "drift/doc.h"
#include "drift/drift.h"
#include "drift/value.h"

enum { FILE_MAX = 64 << 20, RULES = 64 };

enum way { FLIP, REMOVE, ADD, WAYS };
static const char *const way_names[] = {"flipped", "removed", "added to"};

struct count {
  char rule[48];
  size_t n[WAYS];
};

struct bench {
  const char *plan_text, *actual_text;
  size_t plan_n, actual_n;
  struct mu_arena *arena; /* of the baseline */
  struct mu_observation *baseline;
  size_t baseline_n;
  uint64_t base;
  size_t tried[WAYS], seen[WAYS], lost;
  struct count rules[RULES];
  bool verbose;
};

static char *read_file(const char *path, size_t *n) {
  FILE *file = fopen(path, "rb");
  char *text = malloc(FILE_MAX);
  if (!file || !text) {
    perror(path);
    exit(2);
  }
  *n = fread(text, 1, FILE_MAX, file);
  (void)fclose(file);
  return text;
}

/* What is said, as one number: findings, and what each says is there. */
static uint64_t said(const struct mu_findings *findings) {
  uint64_t sum = 0;
  for (size_t i = 0; i < findings->n; i++) {
    const struct mu_finding *f = &findings->at[i];
    if (f->verdict > MU_PASS) {
      const char *actual = f->actual ? f->actual : "";
      sum += mu_hash_bytes(mu_hash_bytes((uint64_t)f->id, f->fingerprint, sizeof f->fingerprint),
                           actual, strlen(actual));
    }
  }
  return sum;
}

/* One comparison; everything lives in `arena`. */
static uint64_t compare(const struct bench *b, const char *actual, size_t n, struct mu_arena *arena,
                        struct mu_drift_out *out) {
  struct mu_doc *plan = NULL, *state = NULL;
  struct mu_err err = {0};
  const struct mu_doc_opts plan_opts = {.name = "plan", .want_config = true},
                           opts = {.name = "actual", .want_prior = true};
  struct mu_findings *findings = mu_arena_alloc(arena, sizeof *findings);
  mu_findings_init(findings, arena);
  if (mu_doc_parse(b->plan_text, b->plan_n, &plan_opts, arena, &plan, &err) != 0 ||
      mu_doc_parse(actual, n, &opts, arena, &state, &err) != 0) {
    fprintf(stderr, "%s\n", err.msg);
    exit(2);
  }
  const struct mu_doc *states[] = {state};
  struct mu_drift_in in = {.plan = plan,
                           .actual = states,
                           .actual_n = 1,
                           .baseline = b->baseline,
                           .baseline_n = b->baseline_n,
                           .key = "key",
                           .key_n = 3,
                           .now_ms = 1,
                           .check = "drift",
                           .standing = true};
  *out = (struct mu_drift_out){.findings = findings};
  if (mu_drift_compare(&in, arena, out, &err) != 0) {
    fprintf(stderr, "%s\n", err.msg);
    exit(2);
  }
  return said(findings);
}

/* The text with one leaf changed; false where the change makes no sense. */
static bool mutate(const struct bench *b, const struct mu_jtape *tape, uint32_t i, uint32_t parent,
                   enum way way, struct mu_str *out) {
  const struct mu_jnode *node = &tape->at[i];
  const char *text = b->actual_text;
  bool string = node->kind == MU_JSTR, in_object = tape->at[parent].kind == MU_JOBJECT;
  size_t from = node->at - string, to = node->at + node->n + string;
  mu_str_clear(out);
  if (way == FLIP) {
    mu_str_addn(out, text, from);
    switch (node->kind) {
    case MU_JSTR:
      mu_str_addf(out, "\"%.*s~\"", (int)node->n, text + node->at);
      break;
    case MU_JNUM: /* 0 becomes 1, 12 becomes 121 */
      mu_str_addn(out, text + node->at, node->n == 1 && text[node->at] == '0' ? 0 : node->n);
      mu_str_addc(out, '1');
      break;
    case MU_JTRUE:
      mu_str_add(out, "false");
      break;
    case MU_JFALSE:
      mu_str_add(out, "true");
      break;
    case MU_JNULL:
      mu_str_add(out, "\"flipped\"");
      break;
    case MU_JARRAY:
      mu_str_add(out, "[\"flipped\"]");
      break;
    default:
      mu_str_add(out, "{\"flipped\":\"x\"}");
    }
    mu_str_addn(out, text + to, b->actual_n - to);
    return true;
  }
  if (way == ADD) {
    mu_str_addn(out, text, to);
    mu_str_add(out, in_object ? ",\"zz_added\":\"x\"" : ",\"zz-added\"");
    mu_str_addn(out, text + to, b->actual_n - to);
    return true;
  }
  if (in_object) {
    from = tape->at[i - 1].at - 1U; /* its key */
  }
  size_t end = tape->at[parent].at + tape->at[parent].n - 1U;
  while (to < end && text[to] != ',') {
    to++;
  }
  if (to < end) {
    to++; /* the comma behind it, or else the one in front */
  } else {
    while (from > tape->at[parent].at + 1U && text[from - 1] != ',') {
      from--;
    }
    from -= text[from - 1] == ',';
  }
  mu_str_addn(out, text, from);
  mu_str_addn(out, text + to, b->actual_n - to);
  return true;
}

/* The rule that a note gives for the path, or for what is above or below it. */
static const char *forgiven_by(const struct mu_drift_out *out, const char *address,
                               const char *path) {
  for (size_t i = 0; i < out->notes_n; i++) {
    const struct mu_note *note = &out->notes[i];
    size_t n = strlen(note->path);
    if (mu_streq(note->address, address) &&
        (strncmp(note->path, path, n) == 0 || strncmp(note->path, path, strlen(path)) == 0) &&
        strcmp(note->rule, "baseline") != 0) {
      return note->rule;
    }
  }
  return NULL;
}

static void count_rule(struct bench *b, enum way way, const char *rule) {
  for (size_t i = 0; i < RULES; i++) {
    if (!b->rules[i].rule[0]) {
      (void)snprintf(b->rules[i].rule, sizeof b->rules[i].rule, "%s", rule);
    }
    if (strcmp(b->rules[i].rule, rule) == 0) {
      b->rules[i].n[way]++;
      return;
    }
  }
}

/* Removing a leaf that says nothing is no change: null, "", [], {}, 0 and false that nobody
 * planned. */
static void try_leaf(struct bench *b, const struct mu_jtape *tape, uint32_t i, uint32_t parent,
                     const char *address, const char *path, struct mu_str *text) {
  for (enum way way = FLIP; way < WAYS; way++) {
    if (!mutate(b, tape, i, parent, way, text)) {
      continue;
    }
    struct mu_arena *arena = mu_arena_new();
    struct mu_drift_out out;
    uint64_t now = compare(b, mu_str_get(text), text->n, arena, &out);
    b->tried[way]++;
    if (now != b->base) {
      b->seen[way]++;
    } else {
      const char *rule = forgiven_by(&out, address, path);
      bool empty = way == REMOVE && mu_val_zero((struct mu_val){.tape = tape, .i = i});
      count_rule(b, way, rule ? rule : empty ? "nothing-removed" : "NO RULE");
      b->lost += !rule && !empty;
      if (b->verbose || way == FLIP || (!rule && !empty)) {
        printf("  %s: %s %s: %s\n",
               rule    ? rule
               : empty ? "nothing-removed"
                       : "NO RULE",
               way_names[way], address, path);
      }
    }
    mu_arena_free(arena);
  }
}

/* Every leaf below `v`, which is node `parent`'s; recursion bounded by the reader's depth. */
static void walk(struct bench *b, struct mu_val v, const char *address, struct mu_str *path,
                 struct mu_str *text) {
  size_t before = path->n, k = 0;
  for (struct mu_iter it = mu_iter(v); mu_iter_next(&it); k++) {
    size_t n = 0;
    if (it.object) {
      const char *key = mu_val_raw(it.key, &n);
      bool plain = !memchr(key, '.', n);
      mu_str_addf(path, plain ? "%s%.*s" : "%s[\"%.*s\"]", before && plain ? "." : "", (int)n, key);
    } else {
      mu_str_addf(path, "[%zu]", k);
    }
    if (mu_val_node(it.value)->next == it.value.i + 1) {
      try_leaf(b, v.tape, it.value.i, v.i, address, mu_str_get(path), text);
    } else {
      walk(b, it.value, address, path, text);
    }
    path->n = before;
    path->p[before] = '\0';
  }
}

/* Every managed resource below: an object with "address", "mode" and "values". */
static void resources(struct bench *b, struct mu_val root, struct mu_str *path,
                      struct mu_str *text) {
  struct mu_arena *arena = mu_arena_new();
  for (uint32_t i = root.i; i < mu_val_node(root)->next; i++) {
    struct mu_val v = {.tape = root.tape, .i = i};
    if (mu_val_is(v, MU_JOBJECT) && mu_val_is_str(mu_val_get(v, "mode"), "managed") &&
        mu_val_get(v, "values").tape) {
      walk(b, mu_val_get(v, "values"), mu_val_str(mu_val_get(v, "address"), arena), path, text);
    }
  }
  mu_arena_free(arena);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: leaf_flip PLAN ACTUAL [-v]\n");
    return 2;
  }
  struct bench b = {.verbose = argc > 3};
  b.plan_text = read_file(argv[1], &b.plan_n);
  b.actual_text = read_file(argv[2], &b.actual_n);
  b.arena = mu_arena_new();
  struct mu_drift_out out;
  (void)compare(&b, b.actual_text, b.actual_n, b.arena, &out);
  b.baseline = out.observations; /* as in the second night */
  b.baseline_n = out.observations_n;
  b.base = compare(&b, b.actual_text, b.actual_n, b.arena, &out);
  struct mu_jsonin *in = malloc(sizeof *in);
  struct mu_jtape tape = {0};
  if (!in || !mu_jtape_read(&tape, in, b.actual_text, (struct mu_span){0, (uint32_t)b.actual_n})) {
    fprintf(stderr, "%s: no JSON\n", argv[2]);
    return 2;
  }
  struct mu_val root = mu_val_root(&tape), prior = mu_val_get(root, "prior_state");
  MU_STR(path, 1 << 16);
  MU_STR(text, FILE_MAX);
  resources(&b, prior.tape ? prior : mu_val_get(root, "values"), &path, &text);
  size_t tried = 0, seen = 0;
  for (enum way way = FLIP; way < WAYS; way++) {
    printf("%-9s %6zu tried %6zu surface\n", way_names[way], b.tried[way], b.seen[way]);
    tried += b.tried[way];
    seen += b.seen[way];
  }
  printf("those that do not, by the rule that forgave them:\n");
  for (size_t i = 0; i < RULES && b.rules[i].rule[0]; i++) {
    printf("  %-20s %6zu flipped %6zu removed %6zu added to\n", b.rules[i].rule, b.rules[i].n[FLIP],
           b.rules[i].n[REMOVE], b.rules[i].n[ADD]);
  }
  double share = b.tried[FLIP] ? 100.0 * (double)b.seen[FLIP] / (double)b.tried[FLIP] : 0;
  printf("%zu of %zu changes surface; of the flips %.2f %%; %zu are lost by no rule\n", seen, tried,
         share, b.lost);
  mu_jtape_free(&tape);
  free(in);
  mu_arena_free(b.arena);
  return share >= 99.9 && b.lost == 0 ? 0 : 1;
}
