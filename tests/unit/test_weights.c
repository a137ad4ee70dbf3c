/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a drill at its providers: arguments resolved, sides named, what is missing
 * refused, shares of several providers added up. */
#define _DEFAULT_SOURCE /* setenv */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/redact.h"
#include "base/str.h"
#include "drill/drill.h"
#include "drill/weights.h"
#include "model/run.h"
#include "support/conf.h"

struct world {
  struct mu_config *config;
  struct mu_redact *redact;
  struct mu_drill_env env;
  struct mu_drill drill;
  struct mu_err err;
};

#define CONFIG(providers)                                                                          \
  "muster: 1\n"                                                                                    \
  "standbys:\n"                                                                                    \
  "  dr: { cloud: aws, account: \"123456789012\", region: us-east-1 }\n"                           \
  "workloads:\n"                                                                                   \
  "  app:\n"                                                                                       \
  "    dr: [dr]\n"                                                                                 \
  "    drill: quarterly\n"                                                                         \
  "    dns:\n"                                                                                     \
  "      name: api.example.com\n"                                                                  \
  "      drill_name: api.drill.example.com\n"                                                      \
  "      queries: 5\n"                                                                             \
  "      primary: { id: azure, address: 192.0.2.1 }\n"                                             \
  "      standby: { id: aws, host: \"${terraform.alb}\" }\n"                                       \
  "      providers:\n" providers
#define POWERDNS                                                                                   \
  "        - powerdns: { url: \"http://127.0.0.1:1\", key: \"${env:MU_TEST_KEY}\", zone: z }\n"

static void open_drill(struct world *w, const char *yaml) {
  memset(w, 0, sizeof *w);
  w->config = conf_parse("muster.yaml", yaml);
  w->redact = mu_redact_new();
  w->env =
      (struct mu_drill_env){.clock = mu_clock_system(), .config = w->config, .redact = w->redact};
  w->drill = (struct mu_drill){
      .env = &w->env, .workload = &w->config->workloads.at[0], .run = mu_run_new("drill", 0)};
  w->drill.arena = w->drill.run->arena;
}

static void close_drill(struct world *w) {
  mu_run_free(w->drill.run);
  mu_redact_free(w->redact);
  mu_config_free(w->config);
}

static void references_are_resolved_when_used(void **state) {
  (void)state;
  struct world w;
  struct mu_weights_at at;
  open_drill(&w, CONFIG(POWERDNS));
  (void)unsetenv("MU_TEST_KEY");
  assert_int_equal(mu_drill_weights(&w.drill, 0, &at, &w.err), -1);
  assert_non_null(strstr(w.err.msg, "powerdns.key: "));
  (void)setenv("MU_TEST_KEY", "k-3456789", 1);
  assert_int_equal(mu_drill_weights(&w.drill, 0, &at, &w.err), -1); /* nothing stands yet */
  assert_int_equal(w.err.code, MU_E_ABSENT);
  mu_drill_set(&w.drill, "output.alb", "alb.example.net");
  assert_int_equal(mu_drill_weights(&w.drill, 0, &at, &w.err), 0);
  assert_string_equal(at.provider->name, "powerdns");
  assert_string_equal(mu_dns_arg(&at.ctx, "key"), "k-3456789");
  assert_string_equal(at.ctx.name, "api.drill.example.com");
  assert_string_equal(at.ctx.primary, "192.0.2.1");
  assert_string_equal(at.ctx.standby, "alb.example.net");
  assert_string_equal(at.ctx.primary_id, "azure");
  assert_string_equal(at.ctx.standby_id, "aws");
  MU_STR(clean, 64);
  (void)mu_redact_write(w.redact, "k-3456789", 9, &clean);
  assert_null(strstr(mu_str_get(&clean), "k-3456789"));
  close_drill(&w);
}

static void what_is_missing_is_refused_before_anybody_is_asked(void **state) {
  (void)state;
  struct world w;
  struct mu_weights_at at;
  open_drill(&w, CONFIG("        - powerdns: { url: \"http://127.0.0.1:1\", zone: z }\n"));
  mu_drill_set(&w.drill, "output.alb", "alb.example.net");
  assert_int_equal(mu_drill_weights(&w.drill, 0, &at, &w.err), -1);
  assert_int_equal(w.err.code, MU_E_CONFIG);
  assert_string_equal(w.err.msg, "powerdns: 'key' is missing");
  close_drill(&w);
  open_drill(&w, CONFIG("        - bind: Z1\n"));
  assert_int_equal(mu_drill_weights(&w.drill, 0, &at, &w.err), -1);
  assert_string_equal(w.err.msg, "there is no DNS provider 'bind'");
  close_drill(&w);
}

static void where_nobody_can_be_asked_nothing_is_measured(void **state) {
  (void)state;
  struct world w;
  struct mu_measured measured;
  open_drill(&w, CONFIG(POWERDNS)); /* without `server` */
  (void)setenv("MU_TEST_KEY", "k-3456789", 1);
  mu_drill_set(&w.drill, "output.alb", "192.0.2.2");
  assert_int_equal(mu_drill_measure(&w.drill, &measured, &w.err), 0);
  assert_int_equal(measured.authorities, 0);
  assert_int_equal(measured.share.asked, 0);
  assert_true(measured.share.lo == 0 && measured.share.hi == 1);
  close_drill(&w);
}

static void shares_of_all_providers_add_up(void **state) {
  (void)state;
  struct world w;
  struct mu_measured measured;
  /* nobody listens there: every query fails, and each authority of each provider was asked */
  open_drill(&w, CONFIG("        - powerdns: { url: \"http://127.0.0.1:1\", key: "
                        "\"${env:MU_TEST_KEY}\", zone: z, "
                        "server: \"127.0.0.1:1\" }\n"
                        "        - powerdns: { url: \"http://127.0.0.1:1\", key: "
                        "\"${env:MU_TEST_KEY}\", zone: z, "
                        "server: \"127.0.0.1:1\" }\n"));
  (void)setenv("MU_TEST_KEY", "k-3456789", 1);
  mu_drill_set(&w.drill, "output.alb", "192.0.2.2");
  assert_int_equal(mu_drill_measure(&w.drill, &measured, &w.err), 0);
  assert_int_equal(measured.authorities, 2);
  assert_int_equal(measured.share.asked, 10);
  assert_int_equal(measured.share.failed, 10);
  assert_non_null(measured.share.failure);
  close_drill(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(references_are_resolved_when_used),
      cmocka_unit_test(what_is_missing_is_refused_before_anybody_is_asked),
      cmocka_unit_test(where_nobody_can_be_asked_nothing_is_measured),
      cmocka_unit_test(shares_of_all_providers_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
