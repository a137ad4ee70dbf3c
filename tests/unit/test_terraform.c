/* SPDX-License-Identifier: Apache-2.0 */
/* Running Terraform, against a program of the test's own that writes down how it was called and
 * says what it is told. */
#define _DEFAULT_SOURCE /* mkdtemp, setenv */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "drill/terraform.h"

struct world {
  char dir[32];
  struct mu_arena *arena;
  struct mu_tf tf;
  struct mu_err err;
  size_t progress_n;
  char progress[8][96];
};

static const char *in_dir(struct world *w, const char *name) {
  return mu_arena_fmt(w->arena, "%s/%s", w->dir, name);
}

static void write_file(struct world *w, const char *name, const char *text) {
  assert_int_equal(mu_io_write(in_dir(w, name), text, strlen(text), &w->err), 0);
}

/* `body` is what the program does after writing down its arguments and environment. */
static void program(struct world *w, const char *body) {
  write_file(w, "terraform",
             mu_arena_fmt(w->arena,
                          "#!/bin/sh\nprintf '%%s\\n' \"$@\" >%s/args\n"
                          "printf '%%s|%%s|%%s|%%s' \"$TF_DATA_DIR\" \"${TF_WORKSPACE-none}\" "
                          "\"$TF_INPUT\" \"$PWD\" >%s/env\n%s\n",
                          w->dir, w->dir, body));
  assert_int_equal(chmod(in_dir(w, "terraform"), 0755), 0);
}

static const char *read_file(struct world *w, const char *name) {
  MU_STR(text, 1 << 20);
  assert_int_equal(mu_io_read(in_dir(w, name), &text, &w->err), 0);
  return mu_str_copy(&text, w->arena);
}

static int set_up(void **state) {
  struct world *w = calloc(1, sizeof *w);
  (void)snprintf(w->dir, sizeof w->dir, "/tmp/muster-tf-XXXXXX");
  assert_non_null(mkdtemp(w->dir));
  w->arena = mu_arena_new();
  assert_int_equal(mu_io_mkdirs(in_dir(w, "config"), &w->err), 0);
  w->tf = (struct mu_tf){.cli = in_dir(w, "terraform"),
                         .dir = in_dir(w, "config"),
                         .data_dir = in_dir(w, "data"),
                         .arena = w->arena};
  *state = w;
  return 0;
}

static int tear_down(void **state) {
  struct world *w = *state;
  mu_io_remove_tree(w->dir);
  mu_arena_free(w->arena);
  free(w);
  return 0;
}

static void on_progress(void *ctx, const char *address, const char *action, size_t done,
                        size_t total) {
  struct world *w = ctx;
  if (w->progress_n < MU_LEN(w->progress)) {
    (void)snprintf(w->progress[w->progress_n++], sizeof w->progress[0], "%s %s %zu/%zu", action,
                   address, done, total);
  }
}

static void a_plan_passes_everything_on(void **state) {
  struct world *w = *state;
  static const char *const var_files[] = {"dr.tfvars", "more.tfvars"};
  static const char *const vars[] = {"drill=drl1"};
  const struct mu_tf_plan how = {.refresh_only = true, .no_lock = true, .out = "/tmp/x.plan"};
  struct mu_tf_counts counts = {0};
  w->tf.state = "/tmp/s.tfstate";
  w->tf.workspace = "dr";
  w->tf.var_files = var_files;
  w->tf.var_files_n = 2;
  w->tf.vars = vars;
  w->tf.vars_n = 1;
  program(w, "echo '{\"type\":\"change_summary\",\"changes\":{\"add\":3,\"change\":2,"
             "\"remove\":1}}'");
  assert_int_equal(mu_tf_plan(&w->tf, &how, &counts, &w->err), 0);
  assert_string_equal(read_file(w, "args"),
                      "plan\n-json\n-input=false\n-state=/tmp/s.tfstate\n-var-file=dr.tfvars\n"
                      "-var-file=more.tfvars\n-var=drill=drl1\n-lock=false\n-refresh-only\n"
                      "-out=/tmp/x.plan\n");
  assert_string_equal(read_file(w, "env"),
                      mu_arena_fmt(w->arena, "%s/data|dr|0|%s/config", w->dir, w->dir));
  assert_int_equal(counts.add, 3);
  assert_int_equal(counts.change, 2);
  assert_int_equal(counts.remove, 1);
}

static void the_folders_own_backend_gets_no_state(void **state) {
  struct world *w = *state;
  const struct mu_tf_plan how = {.destroy = true, .out = "p"};
  program(w, "");
  assert_int_equal(mu_tf_plan(&w->tf, &how, NULL, &w->err), 0);
  assert_string_equal(read_file(w, "args"), "plan\n-json\n-input=false\n-destroy\n-out=p\n");
  assert_non_null(strstr(read_file(w, "env"), "|none|"));
}

static void init_keeps_the_reviewed_pins(void **state) {
  struct world *w = *state;
  static const char *const backend[] = {"bucket=b", "key=k"};
  w->tf.backend = backend;
  w->tf.backend_n = 2;
  program(w, "");
  assert_int_equal(mu_tf_init(&w->tf, &w->err), 0);
  assert_string_equal(read_file(w, "args"), "init\n-input=false\n-no-color\n"
                                            "-backend-config=bucket=b\n-backend-config=key=k\n");
  write_file(w, "config/.terraform.lock.hcl", "");
  assert_int_equal(mu_tf_init(&w->tf, &w->err), 0);
  assert_non_null(strstr(read_file(w, "args"), "-lockfile=readonly\n"));
}

static void many_var_files_are_no_trouble(void **state) {
  struct world *w = *state;
  const char *var_files[200];
  for (size_t i = 0; i < MU_LEN(var_files); i++) {
    var_files[i] = mu_arena_fmt(w->arena, "f%zu", i);
  }
  w->tf.var_files = var_files;
  w->tf.var_files_n = MU_LEN(var_files);
  program(w, "");
  assert_int_equal(mu_tf_destroy(&w->tf, NULL, &w->err), 0);
  assert_non_null(strstr(read_file(w, "args"), "-var-file=f199\n"));
}

static void an_apply_counts_and_says_how_far_it_is(void **state) {
  struct world *w = *state;
  struct mu_tf_counts counts = {0};
  MU_STR(log, 1 << 16);
  w->tf.log = &log;
  w->tf.on_progress = on_progress;
  w->tf.ctx = w;
  static const char *const vars[] = {"drill=drl1"};
  w->tf.vars = vars;
  w->tf.vars_n = 1;
  program(w, "cat <<'E'\n"
             "no message\n"
             "{\"type\":\"planned_change\",\"change\":{}}\n"
             "{\"type\":\"planned_change\",\"change\":{}}\n"
             "{\"type\":\"apply_start\",\"hook\":{\"resource\":{\"addr\":\"a.b\"},"
             "\"action\":\"create\"}}\n"
             "{\"type\":\"apply_complete\",\"hook\":{\"resource\":{\"addr\":\"data.x\"},"
             "\"action\":\"read\"}}\n"
             "{\"type\":\"apply_complete\",\"hook\":{\"resource\":{\"addr\":\"a.b\"},"
             "\"action\":\"create\"}}\n"
             "{broken\n"
             "{\"type\":\"change_summary\",\"changes\":{\"add\":1,\"change\":0,\"remove\":0}}\n"
             "E\necho to stderr >&2");
  assert_int_equal(mu_tf_apply(&w->tf, "/tmp/p", &counts, &w->err), 0);
  assert_string_equal(read_file(w, "args"),
                      "apply\n-json\n-auto-approve\n-input=false\n/tmp/p\n"); /* no -var: spent */
  assert_int_equal(w->progress_n, 2);
  assert_string_equal(w->progress[0], "create a.b 0/2");
  assert_string_equal(w->progress[1], "create a.b 1/2");
  assert_int_equal(counts.add, 1);
  assert_non_null(strstr(mu_str_get(&log), "no message\n"));
  assert_non_null(strstr(mu_str_get(&log), "to stderr\n"));
}

#define ERROR(text)                                                                                \
  "{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"error\",\"summary\":\"" text "\"}}\\n"

static void a_failure_says_what_terraform_said(void **state) {
  struct world *w = *state;
  struct mu_tf_counts counts = {0};
  program(w, "printf '{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"warning\","
             "\"summary\":\"old\"}}\\n'\n"
             "cat <<'E'\n"
             "{\"type\":\"change_summary\",\"changes\":{\"add\":2,\"change\":0,\"remove\":0}}\n"
             "{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"error\",\"summary\":"
             "\"no quota\",\"detail\":\"ask for more\\nlong\",\"address\":\"aws_vpc.a\"}}\n"
             "E\nprintf '" ERROR("second") ERROR("third") "'; exit 1");
  assert_int_equal(mu_tf_apply(&w->tf, "p", &counts, &w->err), -1);
  assert_int_equal(w->err.code, MU_E_REMOTE);
  assert_string_equal(w->err.msg,
                      "terraform apply: aws_vpc.a: no quota (ask for more), and 2 more");
  assert_int_equal(counts.add, 2); /* what was done before it broke */
}

static void an_error_counts_whatever_the_status(void **state) {
  struct world *w = *state;
  const struct mu_tf_plan how = {.out = "p"};
  struct mu_tf_counts counts = {.add = 77};
  program(w, "printf '" ERROR("half a plan") "'");
  assert_int_equal(mu_tf_plan(&w->tf, &how, &counts, &w->err), -1);
  assert_string_equal(w->err.msg, "terraform plan: half a plan");
  assert_int_equal(counts.add, 77); /* written only on success */
}

static void a_long_message_is_cut(void **state) {
  struct world *w = *state;
  program(w, "printf '{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"error\","
             "\"summary\":\"'; head -c 3000 /dev/zero | tr '\\0' x; printf '\"}}\\n'; exit 1");
  assert_int_equal(mu_tf_destroy(&w->tf, NULL, &w->err), -1);
  assert_non_null(strstr(w->err.msg, "terraform destroy: xxxx"));
  assert_true(strlen(w->err.msg) < MU_ERR_MAX);
}

static void an_error_in_plain_text_is_found(void **state) {
  struct world *w = *state;
  program(w,
          "printf 'Warning: x\\n\\n\xe2\x95\xb7\\n\xe2\x94\x82 Error: Backend gone\\n\xe2\x94\x82"
          " more\\n' >&2; exit 1");
  assert_int_equal(mu_tf_init(&w->tf, &w->err), -1);
  assert_string_equal(w->err.msg, "terraform init: Backend gone");
  program(w, "exit 3");
  assert_int_equal(mu_tf_init(&w->tf, &w->err), -1);
  assert_string_equal(w->err.msg, "terraform init: exit status 3");
  program(w, "printf 'Error:' >&2; exit 1");
  assert_int_equal(mu_tf_init(&w->tf, &w->err), -1);
  assert_string_equal(w->err.msg, "terraform init: exit status 1");
  program(w, "kill -9 $$");
  assert_int_equal(mu_tf_init(&w->tf, &w->err), -1);
  assert_string_equal(w->err.msg, "terraform init: ended by signal 9");
}

static void output_over_the_cap_is_no_output(void **state) {
  struct world *w = *state;
  MU_STR(json, 16);
  program(w, "printf '{\"a\":1}'");
  assert_int_equal(mu_tf_output(&w->tf, &json, &w->err), 0);
  assert_string_equal(mu_str_get(&json), "{\"a\":1}");
  assert_string_equal(read_file(w, "args"), "output\n-json\n");
  program(w, "printf '{\"a\":\"a longer text\"}'");
  assert_int_equal(mu_tf_output(&w->tf, &json, &w->err), -1);
  assert_int_equal(w->err.code, MU_E_LIMIT);
  assert_string_equal(w->err.msg, "terraform output printed more than 16 bytes");
}

static void show_takes_a_plan_or_the_state(void **state) {
  struct world *w = *state;
  MU_STR(json, 64);
  program(w, "echo '{}'");
  assert_int_equal(mu_tf_show(&w->tf, "a.plan", &json, &w->err), 0);
  assert_string_equal(read_file(w, "args"), "show\n-json\na.plan\n");
  assert_int_equal(mu_tf_show(&w->tf, NULL, &json, &w->err), 0);
  assert_string_equal(read_file(w, "args"), "show\n-json\n");
  w->tf.state = "s";
  assert_int_equal(mu_tf_show(&w->tf, NULL, &json, &w->err), 0);
  assert_string_equal(read_file(w, "args"), "show\n-json\ns\n");
  assert_string_equal(mu_str_get(&json), "{}\n"); /* each time anew */
}

static void the_state_list_of_nothing_is_empty(void **state) {
  struct world *w = *state;
  MU_STR(lines, 64);
  program(w, "echo aws_vpc.a");
  w->tf.state = in_dir(w, "none.tfstate");
  assert_int_equal(mu_tf_state_list(&w->tf, &lines, &w->err), 0);
  assert_string_equal(mu_str_get(&lines), ""); /* nothing was ever applied: nobody was asked */
  write_file(w, "none.tfstate", "{}");
  assert_int_equal(mu_tf_state_list(&w->tf, &lines, &w->err), 0);
  assert_string_equal(mu_str_get(&lines), "aws_vpc.a\n");
  program(w, "exit 1");
  assert_int_equal(mu_tf_state_list(&w->tf, &lines, &w->err), -1);
}

static void the_version_is_read(void **state) {
  struct world *w = *state;
  char version[64] = "before";
  program(w, "echo '{\"terraform_version\":\"1.9.8\"}'");
  assert_int_equal(mu_tf_version(&w->tf, version, &w->err), 0);
  assert_string_equal(version, "terraform 1.9.8");
  program(w, "printf '{\"terraform_version\":\"'; head -c 200 /dev/zero | tr '\\0' 9; echo '\"}'");
  assert_int_equal(mu_tf_version(&w->tf, version, &w->err), 0);
  assert_int_equal(strlen(version), 63);
  program(w, "echo Terraform v1");
  assert_int_equal(mu_tf_version(&w->tf, version, &w->err), -1);
}

static void it_ends_when_told_or_too_late(void **state) {
  struct world *w = *state;
  struct mu_cancel cancel = {SIGINT};
  program(w, "exec sleep 20");
  w->tf.timeout_ms = 200;
  assert_int_equal(mu_tf_init(&w->tf, &w->err), -1);
  assert_int_equal(w->err.code, MU_E_TIMEOUT);
  assert_non_null(strstr(w->err.msg, "terraform init: "));
  w->tf.timeout_ms = 0;
  w->tf.cancel = &cancel;
  assert_int_equal(mu_tf_init(&w->tf, &w->err), -1);
  assert_int_equal(w->err.code, MU_E_CANCELED);
}

static int no_start(void *ctx, pid_t pid, uint64_t start_ticks) {
  struct world *w = ctx;
  assert_true(pid > 0 && start_ticks > 0);
  w->progress_n++;
  return -1;
}

static void a_child_that_cannot_be_journaled_does_not_run(void **state) {
  struct world *w = *state;
  program(w, "");
  w->tf.on_start = no_start;
  w->tf.ctx = w;
  assert_int_equal(mu_tf_init(&w->tf, &w->err), -1);
  assert_int_equal(w->progress_n, 1);
  assert_false(mu_io_exists(in_dir(w, "args")));
}

static void the_cli_is_looked_for(void **state) {
  struct world *w = *state;
  const char *cli = NULL, *old = mu_arena_str(w->arena, getenv("PATH"));
  assert_int_equal(setenv("PATH", w->dir, 1), 0);
  assert_int_equal(mu_tf_find(NULL, w->arena, &cli, &w->err), -1);
  assert_int_equal(w->err.code, MU_E_ABSENT);
  assert_string_equal(w->err.msg, "a program terraform or tofu on PATH was not found; install "
                                  "Terraform or OpenTofu, or name one as terraform.cli");
  assert_int_equal(mu_io_mkdirs(in_dir(w, "terraform"), &w->err), 0); /* a folder is no program */
  write_file(w, "tofu", "");
  assert_int_equal(mu_tf_find(NULL, w->arena, &cli, &w->err), -1);
  assert_int_equal(chmod(in_dir(w, "tofu"), 0755), 0);
  assert_int_equal(mu_tf_find(NULL, w->arena, &cli, &w->err), 0);
  assert_string_equal(cli, in_dir(w, "tofu"));
  assert_int_equal(mu_tf_find("tofu", w->arena, &cli, &w->err), 0);
  assert_int_equal(mu_tf_find("terragrunt", w->arena, &cli, &w->err), -1);
  assert_non_null(strstr(w->err.msg, "terragrunt was not found"));
  assert_int_equal(mu_tf_find(in_dir(w, "tofu"), w->arena, &cli, &w->err), 0);
  char here[4096];
  assert_non_null(getcwd(here, sizeof here));
  assert_int_equal(chdir(w->dir), 0);
  assert_int_equal(mu_tf_find("./tofu", w->arena, &cli, &w->err), 0);
  assert_string_equal(cli, mu_arena_fmt(w->arena, "%s/./tofu", w->dir));
  assert_int_equal(chdir(here), 0);
  assert_int_equal(setenv("PATH", old, 1), 0);
  w->tf.cli = in_dir(w, "nowhere");
  assert_int_equal(mu_tf_init(&w->tf, &w->err), -1);
  assert_int_equal(w->err.code, MU_E_ABSENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(a_plan_passes_everything_on),
      TEST(the_folders_own_backend_gets_no_state),
      TEST(init_keeps_the_reviewed_pins),
      TEST(many_var_files_are_no_trouble),
      TEST(an_apply_counts_and_says_how_far_it_is),
      TEST(a_failure_says_what_terraform_said),
      TEST(an_error_counts_whatever_the_status),
      TEST(a_long_message_is_cut),
      TEST(an_error_in_plain_text_is_found),
      TEST(output_over_the_cap_is_no_output),
      TEST(show_takes_a_plan_or_the_state),
      TEST(the_state_list_of_nothing_is_empty),
      TEST(the_version_is_read),
      TEST(it_ends_when_told_or_too_late),
      TEST(a_child_that_cannot_be_journaled_does_not_run),
      TEST(the_cli_is_looked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
