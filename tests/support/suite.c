/* SPDX-License-Identifier: Apache-2.0 */
#include "support/suite.h"

#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"

static void read_needs(struct suite *s, const struct mu_node *node, struct mu_conf_check *check) {
  size_t n = !node ? 0 : node->kind == MU_NODE_LIST ? node->n : 1;
  const char **names = mu_arena_array(s->arena, n + 1, sizeof *names);
  for (size_t i = 0; i < n; i++) {
    names[i] = mu_node_text(node->kind == MU_NODE_LIST ? node->members[i].value : node);
  }
  memcpy(&check->needs.at, &names, sizeof names);
  check->needs.n = n;
}

static void read_check(struct suite *s, const struct mu_node *node, struct mu_conf_check *check) {
  static const char *const keys[] = {"name",  "expect",  "retry",     "capture", "matrix",
                                     "needs", "timeout", "must_fail", "severity"};
  const char *timeout = mu_node_text(mu_node_get(node, "timeout"));
  check->node = node;
  check->name = mu_node_text(mu_node_get(node, "name"));
  check->expect = mu_node_get(node, "expect");
  check->retry = mu_node_get(node, "retry");
  check->capture = mu_node_get(node, "capture");
  check->matrix = mu_node_get(node, "matrix");
  check->severity = mu_node_text(mu_node_get(node, "severity"));
  check->must_fail = mu_streq(mu_node_text(mu_node_get(node, "must_fail")), "true");
  if (timeout) {
    (void)mu_dur_parse(timeout, &check->timeout_ms);
  }
  read_needs(s, mu_node_get(node, "needs"), check);
  for (size_t i = 0; i < node->n; i++) {
    bool own = false;
    for (size_t k = 0; k < MU_LEN(keys); k++) {
      own = own || mu_streq(node->members[i].key, keys[k]);
    }
    if (!own) {
      check->probe = node->members[i].key;
      check->args = node->members[i].value;
    }
  }
}

size_t suite_load(struct suite *suite, const char *yaml, const char *connect,
                  const struct mu_probes *probes) {
  memset(suite, 0, sizeof *suite);
  suite->arena = mu_arena_new();
  mu_diags_init(&suite->diags, suite->arena, "/suite/muster.yaml", yaml);
  const struct mu_node *root = mu_node_load(yaml, strlen(yaml), &suite->diags);
  for (size_t i = 0; root && i < root->n && i < MU_LEN(suite->checks); i++) {
    read_check(suite, root->members[i].value, &suite->checks[suite->checks_n++]);
  }
  if (suite->diags.errors == 0) {
    (void)mu_plan_checks(&suite->plan, suite->checks, suite->checks_n, "smoke", "lakehouse",
                         connect, probes, &suite->diags, suite->arena);
  }
  return suite->diags.errors;
}

void suite_done(struct suite *suite) {
  mu_arena_free(suite->arena);
}

bool suite_says(const struct suite *suite, int line, const char *text) {
  for (size_t i = 0; i < suite->diags.n; i++) {
    const struct mu_diag *d = &suite->diags.at[i];
    if ((line == 0 || d->line == line) && strstr(d->message, text)) {
      return true;
    }
  }
  return false;
}

const struct mu_planned *suite_find(const struct suite *suite, const char *title) {
  for (size_t i = 0; i < suite->plan.n; i++) {
    if (mu_streq(suite->plan.at[i].title, title)) {
      return &suite->plan.at[i];
    }
  }
  return NULL;
}
