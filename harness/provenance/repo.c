/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* realpath */
#include "provenance/repo.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"

struct mu_git_session mu_git_begin(void) {
  if (git_libgit2_init() < 1) {
    MU_BUG("libgit2 does not start");
  }
  return (struct mu_git_session){.open = 1};
}

void mu_git_end(struct mu_git_session *session) {
  if (session->open) {
    (void)git_libgit2_shutdown();
    session->open = 0;
  }
}

const char *mu_git_why(struct mu_arena *arena) {
  const git_error *last = git_error_last();
  const char *message = last && last->message ? last->message : "no reason given";
  MU_STR(line, 1024);
  mu_str_add_safe(&line, message, strlen(message));
  return mu_str_copy(&line, arena);
}

/* libgit2 1.5 says "not found" of another user's repository where there is no global
 * configuration that could name it as safe; discovering asks for no owner, and so tells the two
 * apart. */
int mu_git_open(const char *folder, git_repository **out) {
  git_buf found = {0};
  int rc = git_repository_open_ext(out, folder, GIT_REPOSITORY_OPEN_CROSS_FS, NULL);
  if (rc == GIT_ENOTFOUND && git_repository_discover(&found, folder, 1, NULL) == 0) {
    git_buf_dispose(&found);
    return GIT_EOWNER;
  }
  return rc;
}

const char *mu_git_absolute(const char *path, struct mu_arena *arena) {
  char real[PATH_MAX];
  if (realpath(path, real)) {
    return mu_arena_str(arena, real);
  }
  const char *name = mu_io_basename(path);
  if (!realpath(mu_io_dirname(arena, path), real) || !*name) {
    return NULL;
  }
  return mu_arena_fmt(arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
}

const char *mu_git_below(const char *root, const char *path) {
  size_t n = strlen(root);
  while (n > 1 && root[n - 1] == '/') {
    n--;
  }
  if (strncmp(root, path, n) != 0 || (path[n] != '/' && path[n] != '\0')) {
    return NULL;
  }
  return path[n] ? path + n + 1 : path + n;
}
