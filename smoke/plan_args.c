/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments, typed by the probe's own parameter table. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/num.h"
#include "base/redact.h"
#include "base/str.h"
#include "smoke/plan_int.h"

enum { CHOICES_MAX = 512 };

static size_t count_params(const struct mu_probe *probe) {
  size_t n = 0;
  while (probe->params && probe->params[n].name) {
    n++;
  }
  return n;
}

void mu_draft_init(struct mu_args_draft *draft, const struct mu_probe *probe, const char *base,
                   struct mu_arena *arena) {
  size_t n = count_params(probe);
  *draft = (struct mu_args_draft){.probe = probe, .base = base, .arena = arena};
  draft->at = mu_arena_array(arena, n ? n : 1, sizeof *draft->at);
}

const struct mu_param *mu_param_find(const struct mu_probe *probe, const char *name) {
  for (const struct mu_param *p = probe->params; p && p->name; p++) {
    if (strcmp(p->name, name) == 0) {
      return p;
    }
  }
  return NULL;
}

const char *mu_param_nearest(const struct mu_probe *probe, const char *name,
                             struct mu_arena *arena) {
  size_t n = count_params(probe);
  const char **names = mu_arena_array(arena, n ? n : 1, sizeof *names);
  for (size_t i = 0; i < n; i++) {
    names[i] = probe->params[i].name;
  }
  return mu_str_nearest(name, names, n);
}

static struct mu_arg *find(const struct mu_args_draft *draft, const char *name) {
  for (size_t i = 0; i < draft->n; i++) {
    if (strcmp(draft->at[i].name, name) == 0) {
      return &draft->at[i];
    }
  }
  return NULL;
}

bool mu_draft_has(const struct mu_args_draft *draft, const char *name) {
  return find(draft, name) != NULL;
}

static struct mu_arg *slot(struct mu_args_draft *draft, const struct mu_param *param) {
  struct mu_arg *arg = find(draft, param->name);
  if (!arg) {
    arg = &draft->at[draft->n++];
    arg->name = param->name;
  }
  return arg;
}

static int wrong(struct mu_err *err, const struct mu_param *param, const char *text,
                 const char *want) {
  return mu_fail(err, MU_E_CONFIG, "%s: '%s' is not %s", param->name, text, want);
}

static int read_size(const struct mu_param *param, const char *text, int64_t *out,
                     struct mu_err *err) {
  uint64_t bytes = 0;
  if (mu_size_parse(text, &bytes) != 0 || bytes > INT64_MAX) {
    return wrong(err, param, text, "a size; write for example 64KiB");
  }
  *out = (int64_t)bytes;
  return 0;
}

static bool is_choice(const char *choices, const char *text) {
  size_t n = strlen(text);
  for (const char *at = choices; *at; at += strspn(at, " ")) {
    size_t length = strcspn(at, " ");
    if (n == length && memcmp(at, text, n) == 0) {
      return true;
    }
    at += length;
  }
  return false;
}

static int check_allowed(const struct mu_param *param, const char *text,
                         const struct mu_value *value, struct mu_err *err) {
  if (param->choices && !is_choice(param->choices, text)) {
    MU_STR(list, CHOICES_MAX);
    for (const char *at = param->choices; *at; at++) {
      mu_str_addn(&list, *at == ' ' ? ", " : at, *at == ' ' ? 2 : 1);
    }
    return mu_fail(err, MU_E_CONFIG, "%s: '%s' is none of %s", param->name, text,
                   mu_str_get(&list));
  }
  if ((param->min || param->max) && (value->i < param->min || value->i > param->max)) {
    return mu_fail(err, MU_E_CONFIG, "%s: '%s' is not from %lld to %lld", param->name, text,
                   (long long)param->min, (long long)param->max);
  }
  return 0;
}

static int read_value(const struct mu_param *param, const char *text, struct mu_value *out,
                      struct mu_err *err) {
  struct mu_value value = {.type = param->type};
  int status = 0;
  switch (param->type) {
  case MU_T_BOOL:
    value.b = mu_streq(text, "true");
    status = value.b || mu_streq(text, "false") ? 0 : wrong(err, param, text, "true or false");
    break;
  case MU_T_INT:
    status = mu_num_parse_i64(text, &value.i) == 0 ? 0 : wrong(err, param, text, "a whole number");
    break;
  case MU_T_REAL:
    status = mu_num_parse_f64(text, &value.f) == 0 ? 0 : wrong(err, param, text, "a number");
    break;
  case MU_T_TIME:
    status = mu_time_parse(text, &value.i) == 0
                 ? 0
                 : wrong(err, param, text, "a time; write for example 2026-11-22T04:00:00Z");
    break;
  case MU_T_DUR:
    status = mu_dur_parse(text, &value.i) == 0
                 ? 0
                 : wrong(err, param, text, "a duration; write for example 800ms or 24h");
    break;
  case MU_T_SIZE:
    status = read_size(param, text, &value.i, err);
    break;
  case MU_T_STR:
    value.s = text;
    break;
  case MU_T_LIST:
  case MU_T_RANGE:
  case MU_T_MAP:
  case MU_TYPE_N_:
    return wrong(err, param, text,
                 param->type == MU_T_MAP ? "a map of names and values" : "a list");
  }
  if (status == 0) {
    status = check_allowed(param, text, &value, err);
  }
  if (status == 0) {
    *out = value;
  }
  return status;
}

int mu_draft_text(struct mu_args_draft *draft, const struct mu_param *param, const char *text,
                  struct mu_err *err) {
  const char *copy = mu_arena_str(draft->arena, text);
  if (param->type == MU_T_LIST) {
    mu_draft_list(draft, param, &copy, 1);
    return 0;
  }
  struct mu_value value = {.type = MU_T_STR, .s = copy};
  bool late = strstr(copy, "${") != NULL;
  if (param->is_path && draft->base && !late) {
    value.s = copy = mu_io_beside(draft->arena, draft->base, copy);
  }
  if (!late && read_value(param, copy, &value, err) != 0) {
    return -1;
  }
  slot(draft, param)->value = value;
  return 0;
}

/* A second call adds to what is there, so that words on a command line can be repeated. */
void mu_draft_list(struct mu_args_draft *draft, const struct mu_param *param,
                   const char *const *items, size_t n) {
  struct mu_arg *arg = slot(draft, param);
  size_t before = arg->value.type == param->type ? arg->value.list.n : 0;
  const char **all = mu_arena_array(draft->arena, before + n + 1, sizeof *all);
  for (size_t i = 0; i < before; i++) {
    all[i] = arg->value.list.at[i];
  }
  for (size_t i = 0; i < n; i++) {
    all[before + i] = mu_arena_str(draft->arena, items[i]);
  }
  arg->value = (struct mu_value){.type = param->type, .list = {.at = all, .n = before + n}};
}

int mu_draft_pair(struct mu_args_draft *draft, const char *name, const char *value,
                  struct mu_err *err) {
  struct mu_arena *arena = draft->arena;
  const struct mu_param *param = mu_param_find(draft->probe, name);
  const char *dot = strchr(name, '.');
  if (!param && dot) {
    param = mu_param_find(draft->probe, mu_arena_strn(arena, name, (size_t)(dot - name)));
    if (param && param->type == MU_T_MAP) {
      const char *const pair[] = {dot + 1, value};
      mu_draft_list(draft, param, pair, 2);
      return 0;
    }
    param = NULL;
  }
  if (!param) {
    const char *near = mu_param_nearest(draft->probe, name, arena);
    return mu_fail(err, MU_E_USAGE, "unknown parameter '%s' of %s%s%s%s", name, draft->probe->name,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
  }
  return mu_draft_text(draft, param, value, err);
}

int mu_draft_finish(struct mu_args_draft *draft, struct mu_args *out, struct mu_err *err) {
  for (const struct mu_param *p = draft->probe->params; p && p->name; p++) {
    if (find(draft, p->name)) {
      continue;
    }
    if (p->required) {
      return mu_fail(err, MU_E_CONFIG, "%s needs '%s' (%s)", draft->probe->name, p->name, p->doc);
    }
    if (p->otherwise && mu_draft_text(draft, p, p->otherwise, err) != 0) {
      return -1;
    }
  }
  *out = (struct mu_args){.at = draft->at, .n = draft->n};
  return draft->probe->check ? draft->probe->check(out, draft->arena, err) : 0;
}

void mu_planned_set_target(struct mu_planned *check, struct mu_arena *arena) {
  const char *name = check->probe->target;
  const struct mu_arg *arg = name ? mu_arg_find(&check->args, name) : NULL;
  if (arg && arg->value.type == MU_T_STR) {
    int64_t port = mu_arg_int(&check->args, "port", 0);
    check->target = port && !strchr(arg->value.s, ':')
                        ? mu_arena_fmt(arena, "%s:%lld", arg->value.s, (long long)port)
                        : arg->value.s;
  } else if (arg && arg->value.type == MU_T_LIST && arg->value.list.n > 0) {
    check->target = arg->value.list.at[0];
  }
}

/* ---- when the check is due ---- */

static int resolve_list(const struct mu_value *in, const struct mu_resolver *resolver,
                        struct mu_arena *arena, struct mu_value *out, struct mu_err *err) {
  const char **items = mu_arena_array(arena, in->list.n + 1, sizeof *items);
  for (size_t i = 0; i < in->list.n; i++) {
    if (mu_config_resolve(in->list.at[i], resolver, arena, &items[i], err) != 0) {
      return -1;
    }
  }
  *out = (struct mu_value){.type = in->type, .list = {.at = items, .n = in->list.n}};
  return 0;
}

static int resolve_arg(const struct mu_probe *probe, const struct mu_arg *in,
                       const struct mu_resolver *resolver, struct mu_arena *arena,
                       struct mu_value *out, struct mu_err *err) {
  if (in->value.type == MU_T_LIST || in->value.type == MU_T_MAP) {
    return resolve_list(&in->value, resolver, arena, out, err);
  }
  if (in->value.type != MU_T_STR || !strstr(in->value.s, "${")) {
    *out = in->value;
    return 0;
  }
  const char *text = NULL;
  if (mu_config_resolve(in->value.s, resolver, arena, &text, err) != 0) {
    return -1;
  }
  const struct mu_param *param = mu_param_find(probe, in->name);
  if (param->is_path && resolver->base) {
    text = mu_io_beside(arena, resolver->base, text);
  }
  return read_value(param, text, out, err);
}

/* A secret may stand on a command line as it is; nothing that is written repeats it. */
static void hide(const struct mu_probe *probe, const struct mu_arg *arg,
                 const struct mu_resolver *resolver) {
  const struct mu_param *param = mu_param_find(probe, arg->name);
  if (param && param->secret && arg->value.type == MU_T_STR && resolver->redact) {
    mu_redact_add(resolver->redact, arg->value.s, strlen(arg->value.s));
  }
}

static int resolve_expect(const struct mu_planned *check, const struct mu_resolver *resolver,
                          struct mu_arena *arena, struct mu_expect_one **out, struct mu_err *err) {
  struct mu_expect_one *all = mu_arena_array(arena, check->expect_n + 1, sizeof *all);
  for (size_t i = 0; i < check->expect_n; i++) {
    all[i] = check->expect[i];
    if (!all[i].late) {
      continue;
    }
    const char *text = NULL;
    if (mu_config_resolve(all[i].written, resolver, arena, &text, err) != 0 ||
        mu_predicate_read(text, all[i].late, arena, &all[i].predicate, err) != 0) {
      return mu_wrap(err, "expectation on %s", all[i].fact);
    }
  }
  *out = all;
  return 0;
}

int mu_plan_resolve(const struct mu_planned *check, const struct mu_resolver *resolver,
                    struct mu_arena *arena, struct mu_args *args, struct mu_expect_one **expect,
                    struct mu_err *err) {
  struct mu_arg *at = mu_arena_array(arena, check->args.n + 1, sizeof *at);
  for (size_t i = 0; i < check->args.n; i++) {
    at[i].name = check->args.at[i].name;
    if (resolve_arg(check->probe, &check->args.at[i], resolver, arena, &at[i].value, err) != 0) {
      return -1;
    }
    hide(check->probe, &at[i], resolver);
  }
  if (resolve_expect(check, resolver, arena, expect, err) != 0) {
    return -1;
  }
  *args = check->args;
  args->at = at;
  return 0;
}
