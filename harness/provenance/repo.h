/* SPDX-License-Identifier: Apache-2.0 */
/* Inside provenance only: a repository opened for the length of a call, and libgit2's handles
 * freed with their scope. */
#ifndef MU_PROVENANCE_REPO_H
#define MU_PROVENANCE_REPO_H

#include <git2.h>

#include "base/attr.h"

struct mu_arena;

/* libgit2's library state is counted: one session a call, released with its scope. */
struct mu_git_session {
  int open;
};
struct mu_git_session mu_git_begin(void);
void mu_git_end(struct mu_git_session *session);
#define MU_GIT_SESSION                                                                             \
  struct mu_git_session session MU_UNUSED MU_CLEANUP(mu_git_end) = mu_git_begin()

#define MU_GIT_HANDLE(type, name, release)                                                         \
  static inline void name(type **handle) {                                                         \
    release(*handle);                                                                              \
    *handle = NULL;                                                                                \
  }
MU_GIT_HANDLE(git_repository, mu_git_free_repository, git_repository_free)
MU_GIT_HANDLE(git_reference, mu_git_free_reference, git_reference_free)
MU_GIT_HANDLE(git_commit, mu_git_free_commit, git_commit_free)
MU_GIT_HANDLE(git_tree, mu_git_free_tree, git_tree_free)
MU_GIT_HANDLE(git_tree_entry, mu_git_free_entry, git_tree_entry_free)
MU_GIT_HANDLE(git_object, mu_git_free_object, git_object_free)
MU_GIT_HANDLE(git_diff, mu_git_free_diff, git_diff_free)
MU_GIT_HANDLE(git_signature, mu_git_free_signature, git_signature_free)

/* libgit2's last message as one line in the arena. */
const char *mu_git_why(struct mu_arena *arena);
/* Opens the repository that `folder` lies in; a libgit2 error code otherwise. */
int mu_git_open(const char *folder, git_repository **out);
/* The absolute form of `path`, whose last part need not exist; NULL where its folder does not. */
const char *mu_git_absolute(const char *path, struct mu_arena *arena);
/* `path` (absolute) below `root` (as libgit2 gives it, with a slash at its end); "" for the root
 * itself, NULL outside. */
const char *mu_git_below(const char *root, const char *path);

#endif
