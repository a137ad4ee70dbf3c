/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"

static char folder[] = "/tmp/muster-io-XXXXXX";

static const char *in_folder(const char *name) {
  static char path[256];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static const char *const made[] = {"file", "link", "full", "later", "pipe", "a/b/c", "a/b", "a"};

static void writes_and_reads_back(void **state) {
  (void)state;
  struct mu_err err = {0};
  MU_STR(s, 100);
  mu_str_add(&s, "what was there before");
  assert_int_equal(mu_io_write(in_folder("file"), "one\0two", 7, &err), 0);
  assert_int_equal(mu_io_read(in_folder("file"), &s, &err), 0);
  assert_int_equal(s.n, 7);
  assert_memory_equal(mu_str_get(&s), "one\0two", 7);
  assert_int_equal(mu_io_write(in_folder("file"), "new", 3, &err), 0);
  assert_int_equal(mu_io_read(in_folder("file"), &s, &err), 0);
  assert_string_equal(mu_str_get(&s), "new");
}

static void says_what_is_wrong(void **state) {
  (void)state;
  struct mu_err err = {0};
  MU_STR(s, 2);
  assert_int_equal(mu_io_read(in_folder("none"), &s, &err), -1);
  assert_int_equal(err.code, MU_E_ABSENT);
  assert_int_equal(mu_io_read(in_folder("file"), &s, &err), -1);
  assert_int_equal(err.code, MU_E_LIMIT);
  assert_non_null(strstr(err.msg, "limit of 2 bytes"));
  assert_int_equal(s.n, 0);
  assert_int_equal(mu_io_read(folder, &s, &err), -1);
  assert_int_equal(err.code, MU_E_IO);
  assert_int_equal(mu_io_write(in_folder("none/file"), "x", 1, &err), -1);
  assert_int_equal(err.code, MU_E_IO);
}

static void exactly_the_cap_is_fine(void **state) {
  (void)state;
  struct mu_err err = {0};
  MU_STR(s, 3);
  assert_int_equal(mu_io_read(in_folder("file"), &s, &err), 0);
  assert_string_equal(mu_str_get(&s), "new");
}

static void a_link_stays_a_link(void **state) {
  (void)state;
  struct mu_err err = {0};
  struct stat st;
  MU_STR(s, 100);
  assert_int_equal(symlink("file", in_folder("link")), 0);
  assert_int_equal(mu_io_write(in_folder("link"), "through", 7, &err), 0);
  assert_int_equal(lstat(in_folder("link"), &st), 0);
  assert_true(S_ISLNK(st.st_mode));
  assert_int_equal(mu_io_read(in_folder("file"), &s, &err), 0);
  assert_string_equal(mu_str_get(&s), "through");
}

/* A write that cannot be finished leaves what was there, and (see the last test) nothing beside
 * it. */
static void a_full_disk_leaves_the_old_file(void **state) {
  (void)state;
  struct mu_err err = {0};
  struct rlimit old, small;
  static char large[100000];
  assert_int_equal(mu_io_write(in_folder("full"), "old", 3, &err), 0);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  small = old;
  small.rlim_cur = 4096;
  (void)signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  int rc = mu_io_write(in_folder("full"), large, sizeof large, &err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_int_equal(rc, -1);
  assert_int_equal(err.code, MU_E_IO);
  MU_STR(s, 100);
  assert_int_equal(mu_io_read(in_folder("full"), &s, &err), 0);
  assert_string_equal(mu_str_get(&s), "old");
}

static void writes_to_a_device(void **state) {
  (void)state;
  struct mu_err err = {0};
  struct stat st;
  assert_int_equal(mu_io_write("/dev/null", "x", 1, &err), 0);
  assert_int_equal(stat("/dev/null", &st), 0);
  assert_true(S_ISCHR(st.st_mode));
}

static void what_is_staged_has_no_name_yet(void **state) {
  (void)state;
  struct mu_err err = {0};
  struct mu_io_staged staged = {.target = NULL};
  MU_STR(s, 100);
  assert_int_equal(mu_io_stage(in_folder("later"), "1", 1, &staged, &err), 0);
  assert_false(mu_io_exists(in_folder("later")));
  assert_int_equal(mu_io_publish(&staged, &err), 0);
  assert_int_equal(mu_io_read(in_folder("later"), &s, &err), 0);
  assert_string_equal(mu_str_get(&s), "1");
  mu_io_unstage(&staged); /* too late: it is published */
  assert_true(mu_io_exists(in_folder("later")));
  assert_int_equal(mu_io_stage(in_folder("later"), "2", 1, &staged, &err), 0);
  mu_io_unstage(&staged);
  assert_int_equal(mu_io_read(in_folder("later"), &s, &err), 0);
  assert_string_equal(mu_str_get(&s), "1");
  assert_int_equal(mu_io_stage(folder, "3", 1, &staged, &err), -1);
  assert_non_null(strstr(err.msg, "directory"));
}

/* What reads a pipe must not be told too early either. */
static void a_pipe_is_written_when_published(void **state) {
  (void)state;
  struct mu_err err = {0};
  struct mu_io_staged staged;
  char got[8] = "";
  assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
  int fd = open(in_folder("pipe"), O_RDONLY | O_NONBLOCK);
  assert_true(fd >= 0);
  assert_int_equal(mu_io_stage(in_folder("pipe"), "told", 4, &staged, &err), 0);
  assert_true(read(fd, got, sizeof got) <= 0);
  assert_int_equal(mu_io_publish(&staged, &err), 0);
  assert_int_equal(read(fd, got, sizeof got), 4);
  assert_memory_equal(got, "told", 4);
  (void)close(fd);
}

static void makes_folders(void **state) {
  (void)state;
  struct mu_err err = {0};
  assert_int_equal(mu_io_mkdirs(in_folder("a/b"), &err), 0);
  assert_int_equal(mu_io_mkdirs(in_folder("a/b/"), &err), 0);
  assert_true(mu_io_is_dir(in_folder("a/b")));
  assert_int_equal(mu_io_write(in_folder("a/b/c"), "", 0, &err), 0);
  assert_true(mu_io_exists(in_folder("a/b/c")));
  assert_int_equal(mu_io_mkdirs(in_folder("a/b/c/d"), &err), -1);
  assert_int_equal(mu_io_mkdirs("", &err), -1);
}

static void paths(void **state) {
  (void)state;
  struct mu_arena *arena = mu_arena_new();
  assert_string_equal(mu_io_beside(arena, "conf/muster.yaml", "plans/a.json"), "conf/plans/a.json");
  assert_string_equal(mu_io_beside(arena, "muster.yaml", "a.json"), "a.json");
  assert_string_equal(mu_io_beside(arena, "/muster.yaml", "a.json"), "/a.json");
  assert_string_equal(mu_io_beside(arena, "conf/muster.yaml", "/abs"), "/abs");
  assert_string_equal(mu_io_beside(arena, "conf/muster.yaml", "-"), "-");
  assert_string_equal(mu_io_dirname(arena, "/a"), "/");
  assert_string_equal(mu_io_dirname(arena, "a/b"), "a");
  assert_string_equal(mu_io_dirname(arena, "a"), ".");
  assert_string_equal(mu_io_basename("a/b"), "b");
  assert_string_equal(mu_io_basename("b"), "b");
  mu_arena_free(arena);
}

/* Last: the tests above left what they made and nothing beside it, such as a temporary file. */
static void nothing_else_was_left(void **state) {
  (void)state;
  for (size_t i = 0; i < MU_LEN(made); i++) {
    (void)remove(in_folder(made[i]));
  }
  assert_int_equal(rmdir(folder), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_and_reads_back),
      cmocka_unit_test(says_what_is_wrong),
      cmocka_unit_test(exactly_the_cap_is_fine),
      cmocka_unit_test(a_link_stays_a_link),
      cmocka_unit_test(a_full_disk_leaves_the_old_file),
      cmocka_unit_test(writes_to_a_device),
      cmocka_unit_test(what_is_staged_has_no_name_yet),
      cmocka_unit_test(a_pipe_is_written_when_published),
      cmocka_unit_test(makes_folders),
      cmocka_unit_test(paths),
      cmocka_unit_test(nothing_else_was_left),
  };
  return cmocka_run_group_tests(tests, make_folder, NULL);
}
