/* SPDX-License-Identifier: Apache-2.0 */
/* Small things about facts that the scheduler needs: the line for people, copies, captures. */
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "smoke/derive.h"
#include "smoke/schedule_int.h"

enum { HEADLINE_MAX = 2048, VALUE_MAX = 200 };

static void add_value(struct mu_str *out, const char *probe, const char *name, size_t n,
                      const struct mu_facts *facts, struct mu_arena *arena) {
  char full[MU_FACT_NAME];
  size_t prefix = strlen(probe);
  if (prefix + n + 2 > sizeof full) {
    return;
  }
  memcpy(full, probe, prefix);
  full[prefix] = '.';
  memcpy(full + prefix + 1, name, n);
  full[prefix + 1 + n] = '\0';
  const struct mu_fact *fact = mu_fact_find(facts, full);
  if (!fact) {
    mu_str_add(out, "-");
    return;
  }
  const char *text = fact->is_secret ? "(secret)" : mu_value_text(&fact->value, fact->unit, arena);
  size_t length = strlen(text);
  mu_str_add_safe(out, text, length > VALUE_MAX ? VALUE_MAX : length);
}

char *mu_headline_fill(const char *template, const char *probe, const struct mu_facts *facts,
                       struct mu_arena *arena) {
  MU_STR(out, HEADLINE_MAX);
  for (const char *at = template; *at;) {
    const char *end = *at == '{' ? strchr(at, '}') : NULL;
    if (end) {
      add_value(&out, probe, at + 1, (size_t)(end - at - 1), facts, arena);
      at = end + 1;
    } else {
      mu_str_addc(&out, *at++);
    }
  }
  return mu_str_copy(&out, arena);
}

void mu_fact_copy(struct mu_facts *into, const struct mu_fact *fact) {
  const struct mu_value *v = &fact->value;
  bool is_list = v->type == MU_T_LIST || v->type == MU_T_MAP;
  struct mu_fact *copy = v->type == MU_T_STR ? mu_fact_str(into, fact->name, v->s)
                         : is_list           ? mu_fact_list(into, fact->name, v->list.at, v->list.n)
                                             : mu_fact_int(into, fact->name, 0, NULL);
  if (is_list || v->type == MU_T_STR) {
    copy->value.type = v->type;
  } else {
    copy->value = *v;
  }
  copy->unit = mu_arena_str(into->arena, fact->unit);
  copy->is_volatile = fact->is_volatile;
  copy->is_body = fact->is_body;
  copy->is_secret = fact->is_secret;
}

const char *mu_capture_text(const struct mu_fact *fact, struct mu_arena *arena) {
  const struct mu_value *v = &fact->value;
  if (v->type == MU_T_STR) {
    return mu_arena_str(arena, v->s);
  }
  if (v->type == MU_T_LIST && v->list.n > 0) {
    return mu_arena_str(arena, v->list.at[0]);
  }
  const char *json = mu_value_json(v, arena);
  size_t n = strlen(json);
  return n >= 2 && json[0] == '"' ? mu_arena_strn(arena, json + 1, n - 2) : json;
}
