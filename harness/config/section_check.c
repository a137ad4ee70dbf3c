/* SPDX-License-Identifier: Apache-2.0 */
/* smoke and checks: one look by one probe each, what is expected of it, and what must be green
 * before. Parameters and expectations are typed when the plan is made, by the probes' own tables;
 * here is what needs no probe. */
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
};

static size_t find_check(const struct suite *s, const char *name) {
  for (size_t i = 0; i < s->n; i++) {
    if (mu_streq(s->at[i].name, name)) {
      return i;
    }
  }
  return s->n;
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

/* Takes away whatever waits for nothing, until nothing more can be taken: what is left waits for
 * itself. */
static size_t take_away(const struct suite *s, bool *gone) {
  size_t left = s->n;
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < s->n; i++) {
      bool waits = false;
      for (size_t k = 0; !gone[i] && k < s->at[i].needs.n && !waits; k++) {
        size_t need = find_check(s, s->at[i].needs.at[k]);
        waits = need < s->n && !gone[need];
      }
      if (!gone[i] && !waits) {
        gone[i] = more = true;
        left--;
      }
    }
  }
  return left;
}

static size_t next_in_circle(const struct suite *s, const bool *gone, size_t i, size_t *k) {
  for (*k = 0; *k < s->at[i].needs.n; ++*k) {
    size_t need = find_check(s, s->at[i].needs.at[*k]);
    if (need < s->n && !gone[need]) {
      return need;
    }
  }
  return s->n;
}

static void no_circle(const struct suite *s) {
  bool *gone = mu_arena_array(s->r->arena, s->n, sizeof *gone);
  if (take_away(s, gone) == 0) {
    return;
  }
  size_t at = 0, k = 0;
  while (gone[at]) {
    at++;
  }
  for (size_t i = 0; i < s->n; i++) { /* into the circle, wherever the walk began */
    at = next_in_circle(s, gone, at, &k);
  }
  MU_STR(circle, 512);
  size_t first = at, first_k = 0, steps = 0;
  (void)next_in_circle(s, gone, first, &first_k);
  do {
    mu_str_addf(&circle, "'%s' -> ", s->at[at].name);
    at = next_in_circle(s, gone, at, &k);
  } while (at != first && ++steps < s->n);
  mu_str_addf(&circle, "'%s'", s->at[first].name);
  mu_diag_add(s->r->diags, need_node(&s->at[first], first_k),
              "%s: these checks wait for each other: %s", s->noun, mu_str_get(&circle));
}

static void suite_refs(struct mu_reader *r, const char *noun, const struct mu_conf_check *at,
                       size_t n) {
  struct suite s = {.r = r, .at = at, .n = n, .noun = noun};
  if (n == 0) {
    return;
  }
  size_t named = 0;
  s.names = mu_arena_array(r->arena, n, sizeof *s.names);
  for (size_t i = 0; i < n; i++) {
    s.names[i] = at[i].name ? at[i].name : "";
    named += at[i].name != NULL;
  }
  names_once(&s);
  needs_exist(&s);
  if (named == n) {
    no_circle(&s);
  }
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
    .fields = fields,
    .node = offsetof(struct mu_conf_check, node),
    .key = MU_NOWHERE,
    .rest = MU_NOWHERE,
    .read = read_check,
    .schema = check_schema,
    .refs = refs,
};
