/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/redact.h"

static char captured[16384];

/* stderr into a file for the time of one line. */
static const char *logged(const struct mu_log *log, enum mu_log_level level, const char *text) {
  FILE *file = tmpfile();
  int saved = dup(STDERR_FILENO);
  assert_non_null(file);
  assert_true(saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
  mu_log(log, level, "%s", text);
  assert_true(dup2(saved, STDERR_FILENO) >= 0);
  assert_int_equal(close(saved), 0);
  rewind(file);
  size_t n = fread(captured, 1, sizeof captured - 1, file);
  captured[n] = '\0';
  assert_int_equal(fclose(file), 0);
  return captured;
}

static void levels(void **state) {
  (void)state;
  struct mu_log log = {.level = MU_LOG_WARN};
  assert_string_equal(logged(&log, MU_LOG_ERROR, "broken"), "muster: error: broken\n");
  assert_string_equal(logged(&log, MU_LOG_WARN, "odd"), "muster: warning: odd\n");
  assert_string_equal(logged(&log, MU_LOG_INFO, "step done"), "");
  log.level = MU_LOG_DEBUG;
  assert_string_equal(logged(&log, MU_LOG_INFO, "step done"), "muster: step done\n");
  assert_string_equal(logged(&log, MU_LOG_DEBUG, "detail"), "muster: debug: detail\n");
}

static void input_cannot_move_the_cursor_or_add_a_line(void **state) {
  (void)state;
  struct mu_log log = {.level = MU_LOG_WARN};
  assert_string_equal(logged(&log, MU_LOG_WARN, "a\nmuster: ok\x1b[2J"),
                      "muster: warning: a\\x0amuster: ok\\x1b[2J\n");
}

static void secrets_are_redacted(void **state) {
  (void)state;
  struct mu_redact *redact = mu_redact_new();
  mu_redact_add(redact, "hunter2hunter2", 14);
  struct mu_log log = {.level = MU_LOG_WARN, .redact = redact};
  const char *line = logged(&log, MU_LOG_WARN, "password hunter2hunter2 refused");
  assert_null(strstr(line, "hunter2"));
  assert_non_null(strstr(line, "refused"));
  mu_redact_free(redact);
}

static void long_lines_are_cut_visibly(void **state) {
  (void)state;
  static char text[12000];
  memset(text, 'x', sizeof text - 1);
  struct mu_log log = {.level = MU_LOG_WARN};
  const char *line = logged(&log, MU_LOG_WARN, text);
  assert_true(strlen(line) < 9000);
  assert_string_equal(line + strlen(line) - 5, " ...\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(levels),
      cmocka_unit_test(input_cannot_move_the_cursor_or_add_a_line),
      cmocka_unit_test(secrets_are_redacted),
      cmocka_unit_test(long_lines_are_cut_visibly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
