/* SPDX-License-Identifier: Apache-2.0 */
/* A file as it stood at a commit. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "provenance/provenance.h"
#include "provenance/repo.h"

MU_GIT_HANDLE(git_blob, free_blob, git_blob_free)

static int read_blob(git_repository *repo, const char *commit, const char *below,
                     struct mu_str *out, struct mu_arena *arena, struct mu_err *err) {
  git_commit *at MU_CLEANUP(mu_git_free_commit) = NULL;
  git_tree *tree MU_CLEANUP(mu_git_free_tree) = NULL;
  git_tree_entry *entry MU_CLEANUP(mu_git_free_entry) = NULL;
  git_blob *blob MU_CLEANUP(free_blob) = NULL;
  git_oid id;
  if (git_oid_fromstr(&id, commit) != 0 || git_commit_lookup(&at, repo, &id) != 0 ||
      git_commit_tree(&tree, at) != 0) {
    return mu_fail(err, MU_E_INPUT, "commit %.40s: %s", commit, mu_git_why(arena));
  }
  int rc = git_tree_entry_bypath(&entry, tree, below);
  if (rc == GIT_ENOTFOUND || (rc == 0 && git_tree_entry_type(entry) != GIT_OBJECT_BLOB)) {
    return mu_fail(err, MU_E_ABSENT, "%s: not in commit %.7s", below, commit);
  }
  if (rc != 0 || git_blob_lookup(&blob, repo, git_tree_entry_id(entry)) != 0) {
    return mu_fail(err, MU_E_INPUT, "%s at %.7s: %s", below, commit, mu_git_why(arena));
  }
  mu_str_addn(out, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
  return out->failed
             ? mu_fail(err, MU_E_LIMIT, "%s at %.7s: more than %zu bytes", below, commit, out->cap)
             : 0;
}

int mu_provenance_file_at(const char *path, const char *commit, struct mu_arena *arena,
                          struct mu_str *out, struct mu_err *err) {
  MU_GIT_SESSION;
  git_repository *repo MU_CLEANUP(mu_git_free_repository) = NULL;
  const char *absolute = mu_git_absolute(path, arena);
  if (!absolute) {
    return mu_fail(err, MU_E_ABSENT, "%s: no such folder", path);
  }
  if (mu_git_open(mu_io_dirname(arena, absolute), &repo) != 0) {
    return mu_fail(err, MU_E_ABSENT, "%s: in no Git repository that can be read", path);
  }
  const char *root = git_repository_workdir(repo);
  const char *below = root ? mu_git_below(root, absolute) : NULL;
  return below ? read_blob(repo, commit, below, out, arena, err)
               : mu_fail(err, MU_E_ABSENT, "%s: not in a work tree", path);
}
