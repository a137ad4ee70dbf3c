/* SPDX-License-Identifier: Apache-2.0 */
/* Configured checks become planned ones. Everything that can be wrong about a check is found here,
 * with its place in the config. */
#include "smoke/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "model/verdict.h"
#include "smoke/plan_int.h"

struct suite {
  struct mu_plan *plan;
  const char *section, *workload, *connect;
  const struct mu_probes *probes;
  struct mu_diags *diags;
  struct mu_arena *arena;
};

static struct mu_planned *add(struct mu_plan *plan, struct mu_arena *arena) {
  plan->at = mu_arena_grow(arena, plan->at, plan->n, &plan->cap, sizeof *plan->at);
  struct mu_planned *p = &plan->at[plan->n++];
  *p = (struct mu_planned){.severity = -1, .timeout_ms = MU_PLAN_TIMEOUT_MS};
  p->retry = (struct mu_retry){.every_ms = MU_PLAN_EVERY_MS, .backoff = 1};
  return p;
}

/* ---- arguments ---- */

static bool fill(const struct suite *s, const struct mu_matrix_row *row, const struct mu_node *node,
                 const char **out) {
  struct mu_err err = {0};
  if (!mu_node_text(node)) {
    mu_diag_add(s->diags, node, "a single value is expected here");
    return false;
  }
  if (mu_matrix_apply(row, node->text, s->arena, out, &err) != 0) {
    mu_diag_add(s->diags, node, "%s", err.msg);
    return false;
  }
  return true;
}

/* Elements of a list, or names and values side by side of a map. */
static void read_many(const struct suite *s, const struct mu_matrix_row *row,
                      struct mu_args_draft *draft, const struct mu_param *param,
                      const struct mu_node *node) {
  const char **items = mu_arena_array(s->arena, 2 * node->n + 1, sizeof *items);
  size_t n = 0;
  for (size_t i = 0; i < node->n; i++) {
    if (node->kind == MU_NODE_MAP) {
      items[n++] = node->members[i].key;
    }
    if (!fill(s, row, node->members[i].value, &items[n])) {
      return;
    }
    n++;
  }
  mu_draft_list(draft, param, items, n);
}

static void read_param(const struct suite *s, const struct mu_matrix_row *row,
                       struct mu_args_draft *draft, const struct mu_param *param,
                       const struct mu_node *node) {
  struct mu_err err = {0};
  const char *text = NULL;
  bool fits = (node->kind == MU_NODE_LIST && param->type == MU_T_LIST) ||
              (node->kind == MU_NODE_MAP && param->type == MU_T_MAP);
  if (fits) {
    read_many(s, row, draft, param, node);
  } else if (node->kind != MU_NODE_SCALAR) {
    mu_diag_add(s->diags, node, "%s: a %s is expected here", param->name,
                mu_type_text(param->type));
  } else if (fill(s, row, node, &text) && mu_draft_text(draft, param, text, &err) != 0) {
    mu_diag_add(s->diags, node, "%s", err.msg);
  }
}

/* What the config says of the engine that the check names: the probe's own parameters, or one that
 * is a map of them. */
static void read_engine(const struct suite *s, const struct mu_conf_check *check,
                        struct mu_args_draft *draft) {
  const struct mu_conf_engine *engine = check->engine;
  const struct mu_param *param = mu_param_find(draft->probe, "engine");
  const char *prefix = param && param->type == MU_T_MAP ? "engine." : "";
  struct mu_err err = {0};
  for (size_t i = 0; engine && i < engine->args.n; i++) {
    const char *name = mu_arena_fmt(s->arena, "%s%s", prefix, engine->args.at[i].name);
    if (mu_draft_pair(draft, name, engine->args.at[i].value, &err) != 0) {
      mu_diag_add(s->diags, check->args, "%s", err.msg);
    }
  }
}

static void read_args(const struct suite *s, const struct mu_conf_check *check,
                      const struct mu_matrix_row *row, struct mu_args_draft *draft) {
  const struct mu_node *args = check->args;
  const struct mu_probe *probe = draft->probe;
  if (args && args->kind != MU_NODE_MAP) { /* the short form: `tcp: "host:443"` */
    const struct mu_param *param = probe->target ? mu_param_find(probe, probe->target) : NULL;
    if (param) {
      read_param(s, row, draft, param, args);
    } else {
      mu_diag_add(s->diags, args, "%s: a map of parameters is expected here", probe->name);
    }
    return;
  }
  read_engine(s, check, draft);
  for (size_t i = 0; args && i < args->n; i++) {
    const struct mu_member *member = &args->members[i];
    const struct mu_param *param = mu_param_find(probe, member->key);
    if (check->engine && mu_streq(member->key, "engine")) {
      continue; /* it named the one just read */
    }
    if (param) {
      read_param(s, row, draft, param, member->value);
      continue;
    }
    const char *near = mu_param_nearest(probe, member->key, s->arena);
    mu_diag_add_key(s->diags, member, "unknown parameter '%s' of %s%s%s%s", member->key,
                    probe->name, near ? "; did you mean '" : "; `muster list` shows them",
                    near ? near : "", near ? "'?" : "");
  }
}

static void set_args(const struct suite *s, const struct mu_conf_check *check,
                     const struct mu_matrix_row *row, struct mu_planned *p) {
  struct mu_args_draft draft;
  struct mu_err err = {0};
  size_t before = s->diags->errors;
  mu_draft_init(&draft, p->probe, s->diags->file, s->arena);
  read_args(s, check, row, &draft);
  const struct mu_param *connect = mu_param_find(p->probe, "connect_to");
  if (s->connect && connect && !mu_draft_has(&draft, "connect_to")) {
    (void)mu_draft_text(&draft, connect, s->connect, &err);
  }
  bool said = s->diags->errors != before || (check->engine && before > 0); /* of the engine */
  if (mu_draft_finish(&draft, &p->args, &err) != 0 && !said) {
    mu_diag_add(s->diags, check->args ? check->args : check->node, "%s", err.msg);
  }
  mu_planned_set_target(p, s->arena);
}

/* ---- retry, captures, severity ---- */

static void read_dur(const struct suite *s, const struct mu_node *node, const char *name,
                     int64_t least, int64_t *out) {
  int64_t ms = 0;
  if (!node) {
    return;
  }
  if (!mu_node_text(node) || mu_dur_parse(node->text, &ms) != 0 || ms < least) {
    mu_diag_add(s->diags, node,
                "%s: a duration of at least %lldms is expected; write for example 5s", name,
                (long long)least);
    return;
  }
  *out = ms;
}

static void read_retry(const struct suite *s, const struct mu_node *node, struct mu_retry *retry) {
  static const char *const keys[] = {"for", "every", "backoff"};
  if (!node) {
    return;
  }
  if (node->kind != MU_NODE_MAP) {
    read_dur(s, node, "retry", 1, &retry->for_ms);
    return;
  }
  for (size_t i = 0; i < node->n; i++) {
    const char *key = node->members[i].key;
    if (!mu_streq(key, "for") && !mu_streq(key, "every") && !mu_streq(key, "backoff")) {
      const char *near = mu_str_nearest(key, keys, MU_LEN(keys));
      mu_diag_add_key(s->diags, &node->members[i], "unknown key '%s' in retry%s%s%s", key,
                      near ? "; did you mean '" : "; there are for, every and backoff",
                      near ? near : "", near ? "'?" : "");
    }
  }
  read_dur(s, mu_node_get(node, "for"), "for", 1, &retry->for_ms);
  read_dur(s, mu_node_get(node, "every"), "every", 10, &retry->every_ms);
  const struct mu_node *backoff = mu_node_get(node, "backoff");
  if (backoff && (!mu_node_text(backoff) || mu_num_parse_f64(backoff->text, &retry->backoff) != 0 ||
                  !(retry->backoff >= 1 && retry->backoff <= 10))) {
    mu_diag_add(s->diags, backoff, "backoff: a factor from 1 to 10 is expected");
  }
  if (!mu_node_get(node, "for")) {
    mu_diag_add(s->diags, node, "retry needs 'for': how long to go on trying, such as 10m");
  }
}

static void read_captures(const struct suite *s, const struct mu_node *node, struct mu_planned *p) {
  if (!node) {
    return;
  }
  if (node->kind != MU_NODE_MAP) {
    mu_diag_add(s->diags, node, "capture: a map of names and facts is expected here");
    return;
  }
  struct mu_conf_pair *pairs = mu_arena_array(s->arena, node->n + 1, sizeof *pairs);
  size_t n = 0;
  for (size_t i = 0; i < node->n; i++) {
    struct mu_fact_ref ref;
    struct mu_err err = {0};
    const char *fact = mu_node_text(node->members[i].value);
    if (!fact || mu_fact_ref_find(p->probe, p->companion, fact, s->arena, &ref, &err) != 0) {
      mu_diag_add(s->diags, node->members[i].value, "%s",
                  fact ? err.msg : "the name of a fact is expected");
      continue;
    }
    mu_planned_select(p, &ref, s->arena);
    p->asks_companion = p->asks_companion || ref.of_companion;
    pairs[n++] = (struct mu_conf_pair){node->members[i].key, ref.full};
  }
  p->captures = pairs;
  p->captures_n = n;
}

static void read_severity(const struct suite *s, const struct mu_conf_check *check,
                          struct mu_planned *p) {
  enum mu_severity severity = MU_HIGH;
  if (!check->severity) {
    return;
  }
  if (!mu_severity_parse(check->severity, &severity)) {
    mu_diag_add(s->diags, check->node, "severity '%s' is none of info, low, medium, high",
                check->severity);
    return;
  }
  p->severity = (int)severity;
}

/* ---- rows ---- */

static const char *row_suffix(const struct mu_matrix_row *row, struct mu_arena *arena) {
  MU_STR(out, MU_PLAN_TEXT_MAX);
  for (size_t i = 0; i < row->n; i++) {
    mu_str_addf(&out, "%s%s", i ? ", " : " [", row->at[i].value);
  }
  mu_str_add(&out, row->n ? "]" : "");
  return mu_str_copy(&out, arena);
}

static void add_row(const struct suite *s, const struct mu_conf_check *check,
                    const struct mu_probe *probe, const struct mu_matrix_row *row) {
  struct mu_planned *p = add(s->plan, s->arena);
  p->probe = probe;
  p->companion = probe->companion ? mu_probe_find(s->probes, probe->companion) : NULL;
  p->section = s->section;
  p->workload = s->workload;
  p->node = check->node;
  p->must_fail = check->must_fail;
  p->timeout_ms = check->timeout_ms > 0 ? check->timeout_ms
                  : check->engine       ? check->engine->timeout_ms
                                        : MU_PLAN_TIMEOUT_MS;
  p->title = mu_arena_fmt(s->arena, "%s%s", check->name, row_suffix(row, s->arena));
  p->id = mu_arena_fmt(s->arena, "%s/%s", s->section, p->title);
  set_args(s, check, row, p);
  read_retry(s, check->retry, &p->retry);
  read_captures(s, check->capture, p);
  read_severity(s, check, p);
  (void)mu_plan_expect_row(p, check->expect, row, s->diags, s->arena);
  if (!check->expect && !check->must_fail) {
    mu_planned_expect_default(p, s->arena);
  }
  if (check->must_fail && p->expect_n == 0 && !check->expect) {
    mu_diag_add(s->diags, check->node, "'%s' must fail, but expects nothing that could",
                check->name);
  }
}

/* How many rows the matrix has; 0 with a diagnostic where it is wrong. */
static size_t count_rows(const struct suite *s, const struct mu_node *matrix) {
  size_t rows = 1;
  if (matrix && (matrix->kind != MU_NODE_MAP || matrix->n == 0)) {
    mu_diag_add(s->diags, matrix, "matrix: a map of names and lists is expected here");
    return 0;
  }
  for (size_t i = 0; matrix && i < matrix->n; i++) {
    const struct mu_node *list = matrix->members[i].value;
    if (list->kind != MU_NODE_LIST || list->n == 0) {
      mu_diag_add(s->diags, list, "matrix: '%s' is not a list of values", matrix->members[i].key);
      return 0;
    }
    if (list->n > MU_PLAN_MATRIX_MAX / rows) {
      mu_diag_add(s->diags, matrix, "matrix: more rows than the cap of %d", MU_PLAN_MATRIX_MAX);
      return 0;
    }
    rows *= list->n;
  }
  return rows;
}

static bool make_row(const struct suite *s, const struct mu_node *matrix, size_t index,
                     struct mu_conf_pair *pairs) {
  for (size_t i = matrix ? matrix->n : 0; i > 0; i--) { /* the last list turns fastest */
    const struct mu_node *list = matrix->members[i - 1].value;
    const struct mu_node *value = list->members[index % list->n].value;
    index /= list->n;
    if (!mu_node_text(value)) {
      mu_diag_add(s->diags, value, "matrix: a single value is expected here");
      return false;
    }
    pairs[i - 1] = (struct mu_conf_pair){matrix->members[i - 1].key, value->text};
  }
  return true;
}

static const struct mu_probe *find_probe(const struct suite *s, const struct mu_conf_check *check) {
  const struct mu_probe *probe = mu_probe_find(s->probes, check->probe);
  if (probe) {
    return probe;
  }
  const char **names = mu_arena_array(s->arena, s->probes->n + 1, sizeof *names);
  for (size_t i = 0; i < s->probes->n; i++) {
    names[i] = s->probes->at[i]->name;
  }
  const char *near = mu_str_nearest(check->probe, names, s->probes->n);
  mu_diag_add(s->diags, check->node, "unknown probe '%s'%s%s%s", check->probe,
              near ? "; did you mean '" : "; `muster list` shows what there is", near ? near : "",
              near ? "'?" : "");
  return NULL;
}

static void add_check(const struct suite *s, const struct mu_conf_check *check) {
  if (!check->name || !check->probe) { /* the config said so already */
    return;
  }
  const struct mu_probe *probe = find_probe(s, check);
  size_t rows = count_rows(s, check->matrix);
  for (size_t i = 0; probe && i < rows; i++) {
    size_t n = check->matrix ? check->matrix->n : 0, before = s->diags->errors;
    struct mu_conf_pair *pairs = mu_arena_array(s->arena, n + 1, sizeof *pairs);
    if (!make_row(s, check->matrix, i, pairs)) {
      return;
    }
    const struct mu_matrix_row row = {pairs, n};
    add_row(s, check, probe, &row);
    if (s->diags->errors != before) { /* the other rows would only say the same again */
      return;
    }
  }
}

size_t mu_plan_checks(struct mu_plan *plan, const struct mu_conf_check *checks, size_t n,
                      const char *section, const char *workload, const char *connect,
                      const struct mu_probes *probes, struct mu_diags *diags,
                      struct mu_arena *arena) {
  const struct suite s = {plan, section, workload, connect, probes, diags, arena};
  size_t before = diags->errors, first = plan->n;
  for (size_t i = 0; i < n; i++) {
    add_check(&s, &checks[i]);
  }
  mu_plan_link(plan, first, checks, n, section, diags, arena);
  return diags->errors - before;
}
