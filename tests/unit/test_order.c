/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a drill's steps: the config's loader and the engine refuse the same, for the same
 * reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"
#include "config/steps.h"
#include "drill/drill.h"
#include "drill/steps/table.h"

enum { STEPS_MAX = 32 };

/* The engine on an order of ids, separated by spaces ("manual:NAME" is a manual step; NULL: the
 * standard order): what it says, "" where it takes it. The ids it took are in `taken`. */
static const char *engine(struct mu_arena *arena, const char *order, struct mu_str *taken) {
  struct mu_conf_step rows[STEPS_MAX];
  static const struct mu_conf_manual by_hand = {.name = "ask"};
  struct mu_conf_workload workload = {.steps = {.at = rows}};
  const struct mu_drill_env env = {.steps = &mu_steps_all};
  struct mu_drill drill = {.env = &env, .arena = arena, .workload = &workload};
  struct mu_err err = {0};
  for (const char *at = order; at && *at; at += strcspn(at, " "), at += *at == ' ') {
    const char *id = mu_arena_strn(arena, at, strcspn(at, " "));
    bool manual = mu_streq(id, "manual");
    rows[workload.steps.n++] = (struct mu_conf_step){.id = id, .manual = manual ? &by_hand : NULL};
  }
  if (mu_drill_order(&drill, &err) != 0) {
    assert_int_equal(err.code, MU_E_CONFIG);
    return mu_arena_str(arena, err.msg);
  }
  for (size_t i = 0; i < drill.order_n; i++) {
    mu_str_addf(taken, "%s%s", i ? " " : "", drill.order[i]->id);
  }
  return "";
}

/* The loader on the same order: every message, "" where it takes it. */
static const char *loader(struct mu_arena *arena, const char *order) {
  MU_STR(yaml, 1 << 16);
  mu_str_add(&yaml, "muster: 1\nstandbys:\n  dr: { cloud: aws, account: \"123456789012\", "
                    "region: us-east-1 }\nworkloads:\n  app:\n"
                    "    dr: [dr]\n    drill: quarterly\n    steps:\n");
  for (const char *at = order; *at; at += strcspn(at, " "), at += *at == ' ') {
    int n = (int)strcspn(at, " ");
    if (strncmp(at, "manual", 6) == 0) {
      mu_str_add(&yaml, "      - manual: { name: ask }\n");
    } else {
      mu_str_addf(&yaml, "      - %.*s\n", n, at);
    }
  }
  struct mu_config *config = NULL;
  struct mu_diags diags = {0};
  struct mu_err err = {0};
  MU_STR(said, 1 << 16);
  (void)!mu_config_parse("muster.yaml", mu_str_get(&yaml), yaml.n, &config, &diags, &err);
  for (size_t i = 0; i < diags.n; i++) {
    mu_str_addf(&said, "%s\n", diags.at[i].message);
  }
  const char *out = mu_str_copy(&said, arena);
  mu_config_free(config);
  return out;
}

#define ALL                                                                                        \
  "declare guard stand-up restore scale deploy smoke dns-shift dns-back control capture "          \
  "tear-down nothing-left document"

static void the_standard_order_is_safe(void **state) {
  (void)state;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  MU_STR(taken, 1024);
  assert_string_equal(engine(arena, NULL, &taken), "");
  assert_string_equal(mu_str_get(&taken), ALL);
  assert_string_equal(loader(arena, ALL), "");
}

static void a_config_may_leave_out_add_and_move(void **state) {
  (void)state;
  static const char *const orders[] = {
      "declare guard stand-up capture tear-down nothing-left",
      "declare guard capture tear-down nothing-left document",
      "declare manual guard stand-up smoke manual capture tear-down nothing-left",
      "declare guard stand-up restore smoke control capture tear-down nothing-left",
      "declare guard stand-up control capture deploy smoke dns-shift dns-back tear-down "
      "nothing-left",
  };
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  for (size_t i = 0; i < MU_LEN(orders); i++) {
    MU_STR(taken, 1024);
    assert_string_equal(loader(arena, orders[i]), "");
    assert_string_equal(engine(arena, orders[i], &taken), "");
    assert_string_equal(mu_str_get(&taken), orders[i]);
  }
}

/* The standard order with `then` moved right in front of `first`. */
static const char *swapped(struct mu_arena *arena, const char *first, const char *then) {
  MU_STR(out, 1024);
  for (const char *at = ALL; *at; at += strcspn(at, " "), at += *at == ' ') {
    const char *id = mu_arena_strn(arena, at, strcspn(at, " "));
    if (mu_streq(id, then)) {
      continue;
    }
    mu_str_addf(&out, "%s%s%s%s", out.n ? " " : "", mu_streq(id, first) ? then : "",
                mu_streq(id, first) ? " " : "", id);
  }
  return mu_str_copy(&out, arena);
}

static const char *without(struct mu_arena *arena, const char *id) {
  MU_STR(out, 1024);
  for (const char *at = ALL; *at; at += strcspn(at, " "), at += *at == ' ') {
    int n = (int)strcspn(at, " ");
    if (strlen(id) != (size_t)n || strncmp(at, id, (size_t)n) != 0) {
      mu_str_addf(&out, "%s%.*s", out.n ? " " : "", n, at);
    }
  }
  return mu_str_copy(&out, arena);
}

static void refused(struct mu_arena *arena, const char *order, const char *why) {
  MU_STR(taken, 1024);
  const char *by_engine = engine(arena, order, &taken), *by_loader = loader(arena, order);
  if (!*by_engine || !strstr(by_loader, why)) {
    fail_msg("%s: '%s' expected; the engine says '%s', the loader '%s'", order, why, by_engine,
             by_loader);
  }
}

static void every_unsafe_order_is_refused_with_its_reason(void **state) {
  (void)state;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  size_t n = 0;
  const struct mu_step_rule *rules = mu_step_rules(&n);
  assert_true(n > 10);
  for (size_t i = 0; i < n; i++) {
    if (rules[i].needs != MU_NEEDS_THEN) {
      refused(arena, swapped(arena, rules[i].first, rules[i].then), rules[i].why);
    }
    if (rules[i].needs == MU_NEEDS_FIRST && !mu_streq(rules[i].first, "guard") &&
        !mu_streq(rules[i].first, "declare") && !mu_streq(rules[i].first, "tear-down") &&
        !mu_streq(rules[i].first, "nothing-left")) {
      refused(arena, without(arena, rules[i].first), rules[i].why);
    }
    if (rules[i].needs == MU_NEEDS_THEN) {
      refused(arena, without(arena, rules[i].then), rules[i].why);
    }
  }
}

static void no_drill_goes_without_its_guards(void **state) {
  (void)state;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  size_t n = 0;
  const char *const *always = mu_step_always(&n);
  for (size_t i = 0; i < n; i++) {
    MU_STR(taken, 1024);
    const char *want = mu_arena_fmt(arena, "steps: '%s' may not be left out", always[i]);
    const char *order = without(arena, always[i]);
    assert_string_equal(engine(arena, order, &taken), want);
    assert_non_null(strstr(loader(arena, order), want));
  }
}

static void a_step_is_there_once(void **state) {
  (void)state;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  MU_STR(taken, 1024);
  const char *order = "declare guard stand-up smoke dns-shift dns-back dns-shift capture "
                      "tear-down nothing-left";
  assert_string_equal(engine(arena, order, &taken), "steps: 'dns-shift' is there twice");
  assert_non_null(strstr(loader(arena, order), "step 'dns-shift' is there twice"));
  assert_string_equal(engine(arena, "declare guard dance", &taken),
                      "steps: there is no step 'dance'");
}

static void every_rule_names_steps_that_exist(void **state) {
  (void)state;
  size_t n = 0;
  const struct mu_step_rule *rules = mu_step_rules(&n);
  for (size_t i = 0; i < n; i++) {
    assert_non_null(mu_step_find(&mu_steps_all, rules[i].first));
    assert_non_null(mu_step_find(&mu_steps_all, rules[i].then));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_standard_order_is_safe),
      cmocka_unit_test(a_config_may_leave_out_add_and_move),
      cmocka_unit_test(every_unsafe_order_is_refused_with_its_reason),
      cmocka_unit_test(no_drill_goes_without_its_guards),
      cmocka_unit_test(a_step_is_there_once),
      cmocka_unit_test(every_rule_names_steps_that_exist),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
