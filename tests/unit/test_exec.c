/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/str.h"

static int shell(const char *script, struct mu_exec spec, struct mu_exec_result *result,
                 struct mu_err *err) {
  const char *argv[] = {"sh", "-c", script, NULL};
  spec.argv = argv;
  return mu_exec_run(&spec, result, err);
}

static void output_status_and_environment(void **state) {
  (void)state;
  MU_STR(out, 4096);
  MU_STR(errors, 4096);
  const char *env[] = {"GREETING=hello", "HOME=/nowhere", NULL};
  struct mu_exec_result result;
  struct mu_err err = {0};
  struct mu_exec spec = {
      .env = env, .dir = "/", .input = "from stdin", .input_n = 10, .out = &out, .errors = &errors};
  assert_int_equal(
      shell("cat; echo; echo $GREETING $HOME; pwd; echo oops >&2; exit 3", spec, &result, &err), 0);
  assert_int_equal(result.status, 3);
  assert_int_equal(result.signal, 0);
  assert_string_equal(mu_str_get(&out), "from stdin\nhello /nowhere\n/\n");
  assert_string_equal(mu_str_get(&errors), "oops\n");
}

static void count_line(void *ctx, bool is_stderr, const char *line, size_t n) {
  (void)line;
  *(size_t *)ctx += is_stderr ? 0 : n + 1;
}

/* Output through files in memory is the same output, also where it is more than a pipe holds. */
static void a_program_that_outlives_us_says_the_same(void **state) {
  (void)state;
  MU_STR(out, 8 << 20);
  MU_STR(errors, 4096);
  struct mu_exec_result result;
  struct mu_err err = {0};
  size_t seen = 0;
  struct mu_exec spec = {
      .outlives = true, .out = &out, .errors = &errors, .on_line = count_line, .ctx = &seen};
  assert_int_equal(shell("seq 1 400000; echo oops >&2; exit 3", spec, &result, &err), 0);
  assert_int_equal(result.status, 3);
  assert_int_equal(out.n, seen);
  assert_int_equal(out.n, 2688895); /* seq 1 400000 | wc -c */
  assert_true(mu_str_ends(mu_str_get(&out), "\n399999\n400000\n"));
  assert_string_equal(mu_str_get(&errors), "oops\n");
}

static void what_cannot_start_says_why(void **state) {
  (void)state;
  struct mu_exec_result result;
  struct mu_err err = {0};
  const char *argv[] = {"no-such-program-anywhere", NULL};
  struct mu_exec spec = {.argv = argv};
  assert_int_equal(mu_exec_run(&spec, &result, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  spec.dir = "/no/such/folder";
  assert_int_equal(mu_exec_run(&spec, &result, &err), -1);
  assert_int_equal(err.code, MU_E_IO);
  assert_non_null(strstr(err.msg, "/no/such/folder"));
}

static void a_deadline_interrupts_then_kills(void **state) {
  (void)state;
  struct mu_exec_result result;
  struct mu_err err = {0};
  MU_STR(out, 64);
  struct mu_exec spec = {.timeout_ms = 150, .grace_ms = 5000, .out = &out};
  assert_int_equal(
      shell("trap 'echo bye; exit 7' INT; while :; do sleep 0.05; done", spec, &result, &err), -1);
  assert_int_equal(err.code, MU_E_TIMEOUT);
  assert_true(result.timed_out);
  assert_int_equal(result.status, 7);
  assert_string_equal(mu_str_get(&out), "bye\n");
  spec = (struct mu_exec){.timeout_ms = 100, .grace_ms = 100};
  assert_int_equal(shell("trap '' INT; while :; do sleep 0.05; done", spec, &result, &err), -1);
  assert_int_equal(result.signal, SIGKILL);
  assert_true(result.elapsed_ms < 3000);
}

static void cancellation_is_its_own_error(void **state) {
  (void)state;
  struct mu_exec_result result;
  struct mu_err err = {0};
  struct mu_cancel cancel = {.signal = SIGTERM};
  struct mu_exec spec = {.cancel = &cancel};
  assert_int_equal(shell("exec sleep 30", spec, &result, &err), -1);
  assert_int_equal(err.code, MU_E_CANCELED);
  assert_true(result.canceled);
  assert_int_equal(result.signal, SIGINT);
}

static void output_is_capped_but_drained(void **state) {
  (void)state;
  struct mu_exec_result result;
  struct mu_err err = {0};
  MU_STR(out, 1000);
  struct mu_exec spec = {.out = &out, .timeout_ms = 20000};
  assert_int_equal(shell("head -c 5000000 /dev/zero | tr '\\0' x", spec, &result, &err), 0);
  assert_int_equal(result.status, 0);
  assert_true(out.failed);
  assert_in_range(out.n, 900, 1000);
}

static void a_daemon_does_not_hold_us(void **state) {
  (void)state;
  struct mu_exec_result result;
  struct mu_err err = {0};
  struct mu_exec spec = {.timeout_ms = 20000};
  assert_int_equal(shell("sleep 5 & exit 0", spec, &result, &err), 0);
  assert_true(result.elapsed_ms < 3000);
}

static void collect(void *ctx, bool is_stderr, const char *line, size_t n) {
  struct mu_str *all = ctx;
  mu_str_addc(all, is_stderr ? '!' : '.');
  mu_str_addn(all, line, n);
  mu_str_addc(all, '|');
}

static void lines_come_whole(void **state) {
  (void)state;
  struct mu_exec_result result;
  struct mu_err err = {0};
  MU_STR(all, 1000);
  struct mu_exec spec = {.on_line = collect, .ctx = &all};
  assert_int_equal(shell("printf 'a'; sleep 0.1; printf 'b\\n\\nlast'", spec, &result, &err), 0);
  assert_string_equal(mu_str_get(&all), ".ab|.|.last|");
}

struct started {
  int answer;
  pid_t pid;
  uint64_t ticks;
  bool alive;
};

static int on_start(void *ctx, pid_t pid, uint64_t start_ticks) {
  struct started *s = ctx;
  s->pid = pid;
  s->ticks = start_ticks;
  s->alive = mu_exec_alive(pid, start_ticks);
  return s->answer;
}

static void it_is_known_before_it_runs(void **state) {
  (void)state;
  struct mu_exec_result result;
  struct mu_err err = {0};
  struct started s = {0};
  MU_STR(out, 100);
  struct mu_exec spec = {.on_start = on_start, .ctx = &s, .out = &out};
  assert_int_equal(shell("echo $$", spec, &result, &err), 0);
  assert_true(s.alive && s.ticks != 0);
  char pid[24];
  (void)snprintf(pid, sizeof pid, "%ld\n", (long)s.pid);
  assert_string_equal(mu_str_get(&out), pid);
  assert_false(mu_exec_alive(s.pid, s.ticks));
  assert_false(mu_exec_alive(getpid(), mu_exec_start_ticks(getpid()) + 1));
  s.answer = 1;
  mu_str_clear(&out);
  assert_int_equal(shell("echo ran", spec, &result, &err), -1);
  assert_int_equal(out.n, 0);
}

/* A program whose parent is killed gets SIGTERM. */
static void orphans_end(void **state) {
  (void)state;
  int fds[2];
  assert_int_equal(pipe(fds), 0);
  pid_t parent = fork();
  if (parent == 0) {
    struct mu_exec_result result;
    struct mu_exec spec = {0};
    char script[100];
    (void)snprintf(script, sizeof script,
                   "trap 'echo t >&%d; exit' TERM; echo r >&%d; while :; do sleep 0.05; done",
                   fds[1], fds[1]);
    _exit(shell(script, spec, &result, NULL));
  }
  char got[2];
  assert_int_equal(read(fds[0], got, 2), 2);
  assert_int_equal(kill(parent, SIGKILL), 0);
  assert_int_equal(waitpid(parent, NULL, 0), parent);
  assert_int_equal(read(fds[0], got, 2), 2);
  assert_int_equal(got[0], 't');
  (void)close(fds[0]);
  (void)close(fds[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(output_status_and_environment),
      cmocka_unit_test(a_program_that_outlives_us_says_the_same),
      cmocka_unit_test(what_cannot_start_says_why),
      cmocka_unit_test(a_deadline_interrupts_then_kills),
      cmocka_unit_test(cancellation_is_its_own_error),
      cmocka_unit_test(output_is_capped_but_drained),
      cmocka_unit_test(a_daemon_does_not_hold_us),
      cmocka_unit_test(lines_come_whole),
      cmocka_unit_test(it_is_known_before_it_runs),
      cmocka_unit_test(orphans_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
