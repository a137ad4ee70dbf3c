/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

static void messages(void **state) {
  (void)state;
  struct mu_err err = {0};
  assert_int_equal(mu_fail(&err, MU_E_NET, "no route to %s", "host"), -1);
  assert_int_equal(err.code, MU_E_NET);
  assert_string_equal(err.msg, "no route to host");
  assert_int_equal(mu_wrap(&err, "probe '%s'", "dr_url"), -1);
  assert_string_equal(err.msg, "probe 'dr_url': no route to host");
  assert_int_equal(err.code, MU_E_NET);
  assert_int_equal(mu_fail_sys(&err, ENOENT, "%s", "/x"), -1);
  assert_int_equal(err.code, MU_E_IO);
  assert_int_equal(err.sys, ENOENT);
  assert_string_equal(err.msg, "/x: No such file or directory");
  assert_int_equal(mu_fail(NULL, MU_E_IO, "nobody asks"), -1);
  assert_int_equal(mu_wrap(NULL, "nobody"), -1);
}

static void long_messages_are_cut_visibly(void **state) {
  (void)state;
  struct mu_err err = {0};
  char text[MU_ERR_MAX * 2];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  (void)mu_fail(&err, MU_E_INPUT, "%s", text);
  assert_int_equal(strlen(err.msg), MU_ERR_MAX - 1);
  assert_string_equal(err.msg + MU_ERR_MAX - 4, "...");
  (void)mu_wrap(&err, "%s", text);
  assert_int_equal(strlen(err.msg), MU_ERR_MAX - 1);
}

static void a_bug_is_exit_70(void **state) {
  (void)state;
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    (void)close(STDERR_FILENO);
    MU_ASSERT(1 + 1 == 3);
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 70);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages),
      cmocka_unit_test(long_messages_are_cut_visibly),
      cmocka_unit_test(a_bug_is_exit_70),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
