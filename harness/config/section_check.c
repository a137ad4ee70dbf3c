/* SPDX-License-Identifier: Apache-2.0 */
/* smoke and checks: one look by one probe each, what is expected of it, and what must be green
 * before. Parameters and expectations are typed when the plan is made, by the probes' own tables;
 * here is what needs no probe. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "config/schema.h"
#include "config/table.h"

#define AT(member) .offset = offsetof(struct mu_conf_check, member)

static const struct mu_field fields[] = {
    {.key = "name",
     .type = MU_FIELD_STR,
     .flags = MU_ROW_REQUIRED,
     AT(name),
     .doc = "what it shows when it is green"},
    {.key = "expect",
     .type = MU_FIELD_NODE,
     AT(expect),
     .schema = "{\"$ref\":\"#/definitions/expectations\"}",
     .doc = "facts and what they must be; left out: only that it can be observed"},
    {.key = "needs", .type = MU_FIELD_STRS, AT(needs), .doc = "checks that must be green before"},
    {.key = "retry",
     .type = MU_FIELD_NODE,
     AT(retry),
     .schema = "{\"type\":\"object\",\"properties\":{\"for\":{\"$ref\":\"#/definitions/"
               "duration\"},\"every\":{\"$ref\":\"#/definitions/duration\"},"
               "\"backoff\":{\"type\":\"number\",\"minimum\":1}},\"additionalProperties\":false}",
     .doc = "{ for: 10m, every: 5s, backoff: 1.5 }"},
    {.key = "capture",
     .type = MU_FIELD_NODE,
     AT(capture),
     .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}",
     .doc = "names and the facts that later checks use as ${capture:NAME}"},
    {.key = "matrix",
     .type = MU_FIELD_NODE,
     AT(matrix),
     .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"array\",\"minItems\":1}}",
     .doc = "the check once for each of a list of values"},
    {.key = "timeout", .type = MU_FIELD_DUR, AT(timeout_ms), .doc = "of one attempt; default 10s"},
    {.key = "must_fail",
     .type = MU_FIELD_BOOL,
     AT(must_fail),
     .doc = "green only if it is observed and breaks the expectation"},
    {.key = "severity",
     .type = MU_FIELD_ENUM,
     AT(severity),
     .choices = "info|low|medium|high",
     .doc = "of its findings; default: the finding's own"},
    {0},
};

static void complain_key(struct mu_reader *r, struct mu_place place,
                         const struct mu_member *member) {
  const char *keys[16];
  size_t n = 0;
  for (const struct mu_field *f = fields; f->key; f++) {
    keys[n++] = f->key;
  }
  mu_diag_add_key(r->diags, member, "unknown key '%s' in %s%s", member->key, place.path,
                  mu_read_hint(r, member->key, keys, n));
}

static bool is_typo(const struct mu_member *member) {
  for (const struct mu_field *f = fields; f->key; f++) {
    if (mu_str_distance(member->key, f->key, 1) == 1) {
      return true;
    }
  }
  return false;
}

/* The one key without a row is the probe. A second one is a typo, or another check that lacks its
 * '-'. */
static void read_probe(struct mu_reader *r, struct mu_place place, struct mu_conf_check *check) {
  const struct mu_member *member = NULL, *probe = NULL;
  for (size_t i = 0; (member = mu_read_unknown(&mu_section_check, place.member->value, &i));) {
    if (is_typo(member)) {
      complain_key(r, place, member);
    } else if (probe) {
      mu_diag_add_key(r->diags, member,
                      "%s: looks by '%s' and by '%s'; a check has one probe, so write two checks",
                      place.path, probe->key, member->key);
    } else {
      probe = member;
    }
  }
  if (probe) {
    check->probe = probe->key;
    check->args = probe->value;
    check->engine = mu_config_engine(r->config, mu_node_text(mu_node_get(probe->value, "engine")));
    mu_read_refs(r, probe->value);
    return;
  }
  const struct mu_node *node = place.member->value;
  mu_diag_at(r->diags, node->line, node->col, node->col + 1, false,
             "%s: has no probe; write what it looks at, as in http: { url: \"https://…\" }",
             place.path);
}

static void read_check(struct mu_reader *r, const struct mu_section *section, struct mu_place place,
                       void *out) {
  if (!mu_read_kind(r, place, MU_NODE_MAP)) {
    return;
  }
  for (const struct mu_field *f = section->fields; f->key; f++) {
    const struct mu_member *member = mu_member_find(place.member->value, f->key);
    if (member) {
      mu_read_field(r, f, mu_place_of(r, place, member, 0), out);
    }
  }
  struct mu_conf_check *check = out;
  if (!mu_node_get(place.member->value, "name")) {
    const struct mu_node *node = place.member->value;
    mu_diag_at(r->diags, node->line, node->col, node->col + 1, false, "%s: 'name' is missing: %s",
               place.path, fields[0].doc);
  }
  read_probe(r, place, check);
  if (check->expect && check->expect->kind != MU_NODE_MAP) {
    mu_diag_add(r->diags, check->expect, "expect: is not a map of facts; write { status: 200 }");
  }
}

/* ---- needs ---- */

struct suite {
  struct mu_reader *r;
  const struct mu_conf_check *at;
  size_t n;
  const char *noun; /* "smoke" */
  const char **names;
  const struct mu_conf_check **sorted; /* by name, and by place where names are the same */
};

static int by_name(const void *a, const void *b) {
  const struct mu_conf_check *const *x = a, *const *y = b;
  int order = strcmp((*x)->name ? (*x)->name : "", (*y)->name ? (*y)->name : "");
  return order ? order : (*x < *y ? -1 : *x > *y);
}

/* The first check of that name; s->n: none. */
static size_t find_check(const struct suite *s, const char *name) {
  size_t lo = 0, hi = s->n;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    const char *other = s->sorted[mid]->name;
    if (strcmp(other ? other : "", name) < 0) {
      lo = mid + 1;
    } else {
      hi = mid;
    }
  }
  return lo < s->n && mu_streq(s->sorted[lo]->name, name) ? (size_t)(s->sorted[lo] - s->at) : s->n;
}

/* The node of the k-th need, for its place. */
static const struct mu_node *need_node(const struct mu_conf_check *check, size_t k) {
  const struct mu_node *needs = mu_node_get(check->node, "needs");
  return needs->kind == MU_NODE_LIST && k < needs->n ? needs->members[k].value : needs;
}

static void names_once(const struct suite *s) {
  for (size_t i = 0; i < s->n; i++) {
    size_t first = s->at[i].name ? find_check(s, s->at[i].name) : i;
    if (first < i) {
      mu_diag_add(s->r->diags, mu_node_get(s->at[i].node, "name"),
                  "%s '%s' is there twice, see line %d; give it another name", s->noun,
                  s->at[i].name, s->at[first].node->line);
    }
  }
}

static void needs_exist(const struct suite *s) {
  for (size_t i = 0; i < s->n; i++) {
    for (size_t k = 0; k < s->at[i].needs.n; k++) {
      const char *need = s->at[i].needs.at[k];
      if (find_check(s, need) == s->n) {
        mu_diag_add(s->r->diags, need_node(&s->at[i], k),
                    "%s '%s' needs '%s', which does not exist%s", s->noun,
                    s->at[i].name ? s->at[i].name : "?", need,
                    mu_read_hint(s->r, need, s->names, s->n));
      }
    }
  }
}

/* A walk along the needs: the checks on the way, and which need of each is next. */
struct walk {
  size_t *way, *next, n;
  unsigned char *state; /* of each check: 0 not seen, 1 on the way, 2 done */
};

static void complain_circle(const struct suite *s, const struct walk *walk, size_t from) {
  MU_STR(circle, 512);
  size_t i = walk->n;
  while (walk->way[i - 1] != from) {
    i--;
  }
  const struct mu_conf_check *first = &s->at[from];
  size_t need = walk->next[i - 1] - 1;
  for (i = i - 1; i < walk->n; i++) {
    mu_str_addf(&circle, "'%s' -> ", s->at[walk->way[i]].name);
  }
  mu_str_addf(&circle, "'%s'", first->name);
  mu_diag_add(s->r->diags, need_node(first, need), "%s: these checks wait for each other: %s",
              s->noun, mu_str_get(&circle));
}

/* Depth first from one check; each is gone through once. False: a circle was found. */
static bool walk_from(const struct suite *s, struct walk *walk, size_t start) {
  walk->n = 0;
  walk->way[walk->n] = start;
  walk->next[walk->n++] = 0;
  walk->state[start] = 1;
  while (walk->n > 0) {
    size_t at = walk->way[walk->n - 1], *next = &walk->next[walk->n - 1];
    if (*next == s->at[at].needs.n) {
      walk->state[at] = 2;
      walk->n--;
      continue;
    }
    size_t need = find_check(s, s->at[at].needs.at[(*next)++]);
    if (need < s->n && walk->state[need] == 1) {
      complain_circle(s, walk, need);
      return false;
    }
    if (need < s->n && walk->state[need] == 0) {
      walk->way[walk->n] = need;
      walk->next[walk->n++] = 0;
      walk->state[need] = 1;
    }
  }
  return true;
}

static void no_circle(const struct suite *s) {
  struct walk walk = {.way = mu_arena_array(s->r->arena, s->n, sizeof *walk.way),
                      .next = mu_arena_array(s->r->arena, s->n, sizeof *walk.next),
                      .state = mu_arena_array(s->r->arena, s->n, sizeof *walk.state)};
  for (size_t i = 0; i < s->n; i++) {
    if (walk.state[i] == 0 && !walk_from(s, &walk, i)) {
      return; /* one circle at a time: mending it may mend the others */
    }
  }
}

static void suite_refs(struct mu_reader *r, const char *noun, const struct mu_conf_check *at,
                       size_t n) {
  struct suite s = {.r = r, .at = at, .n = n, .noun = noun};
  if (n == 0) {
    return;
  }
  s.names = mu_arena_array(r->arena, n, sizeof *s.names);
  s.sorted = mu_arena_array(r->arena, n, sizeof *s.sorted);
  for (size_t i = 0; i < n; i++) {
    s.names[i] = at[i].name ? at[i].name : "";
    s.sorted[i] = &at[i];
  }
  qsort(s.sorted, n, sizeof *s.sorted, by_name);
  names_once(&s);
  needs_exist(&s);
  no_circle(&s);
}

static void refs(struct mu_reader *r, const struct mu_conf_workload *workload, const char *key) {
  if (mu_streq(key, "smoke")) {
    suite_refs(r, key, workload->smoke.at, workload->smoke.n);
  } else {
    suite_refs(r, "check", workload->checks.at, workload->checks.n);
  }
}

static void check_schema(struct mu_jw *w, const struct mu_probes *probes) {
  mu_jw_object(w);
  mu_jw_kstr(w, "type", "object");
  mu_jw_kstr(w, "description", mu_section_check.doc);
  mu_jw_key(w, "properties");
  mu_jw_object(w);
  mu_schema_rows(w, &mu_section_check);
  mu_schema_probe_keys(w, probes);
  mu_jw_end(w);
  mu_jw_key(w, "required");
  mu_jw_raw(w, "[\"name\"]");
  mu_schema_one_probe(w, probes);
  mu_jw_kbool(w, "additionalProperties", false);
  mu_jw_end(w);
}

const struct mu_section mu_section_check = {
    .name = "check",
    .doc = "One look by one probe, and what is expected of it.",
    .size = sizeof(struct mu_conf_check),
    .cap = MU_LONG_LIST_MAX,
    .fields = fields,
    .node = offsetof(struct mu_conf_check, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .read = read_check,
    .schema = check_schema,
    .refs = refs,
};
