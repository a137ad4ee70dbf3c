/* SPDX-License-Identifier: Apache-2.0 */
#include "support/tf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"

void tf_file(struct mu_arena *arena, const char *dir, const char *name, const char *text) {
  struct mu_err err = {0};
  if (mu_io_write(mu_arena_fmt(arena, "%s/%s", dir, name), text, strlen(text), &err) != 0) {
    fail_msg("%s", err.msg);
  }
}

const char *tf_program(struct mu_arena *arena, const char *dir) {
  static const char script[] =
      "#!/bin/sh\n"
      "cd \"$(dirname \"$0\")\" && echo \"$@\" >>calls\n"
      "if grep -qx \"$1\" fail 2>/dev/null; then\n"
      "  printf 'Error: told to\\n' >&2\n"
      "  exit 1\n"
      "fi\n"
      "for last; do case $last in -out=*) echo plan >\"${last#-out=}\" ;; esac; done\n"
      "case $1 in show) cat \"$(basename \"$last\" .plan).json\" ;; output) cat output.json ;; "
      "esac\n";
  tf_file(arena, dir, "terraform", script);
  const char *path = mu_arena_fmt(arena, "%s/terraform", dir);
  assert_int_equal(chmod(path, 0755), 0);
  return path;
}

const char *tf_plan(struct mu_arena *arena, const char *changes) {
  return mu_arena_fmt(arena,
                      "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.8\","
                      "\"timestamp\":\"2026-11-20T00:00:00Z\",\"planned_values\":{\"root_module\":"
                      "{}},\"resource_changes\":[%s],\"configuration\":{\"root_module\":{}}}",
                      changes);
}

const char *tf_refresh(struct mu_arena *arena, const char *resources) {
  return mu_arena_fmt(arena,
                      "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.8\","
                      "\"timestamp\":\"2026-11-22T02:13:00Z\",\"planned_values\":{\"root_module\":"
                      "{}},\"prior_state\":{\"format_version\":\"1.0\",\"values\":{\"root_module\":"
                      "{\"resources\":[%s]}}}}",
                      resources);
}
