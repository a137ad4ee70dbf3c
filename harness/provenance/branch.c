/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: a commit on a branch of its own, made of objects and one reference. The index and the
 * work tree are not opened. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "provenance/provenance.h"
#include "provenance/repo.h"

static int fail_git(const char *doing, struct mu_arena *arena, struct mu_err *err) {
  return mu_fail(err, MU_E_IO, "%s: libgit2: %s", doing, mu_git_why(arena));
}

static int open_repository(const char *path, struct mu_arena *arena, git_repository **out,
                           struct mu_err *err) {
  switch (mu_git_open(path, out)) {
  case 0:
    return 0;
  case GIT_ENOTFOUND:
    return mu_fail(err, MU_E_ABSENT, "%s: no Git repository here or in a folder above", path);
  case GIT_EOWNER:
    return mu_fail(
        err, MU_E_DENIED,
        "%s: the repository belongs to another user; if that is meant to be so: git config "
        "--global --add safe.directory FOLDER",
        path);
  default:
    return fail_git(path, arena, err);
  }
}

static int head_commit(git_repository *repo, struct mu_arena *arena, git_commit **out,
                       struct mu_err *err) {
  git_oid id;
  int rc = git_reference_name_to_id(&id, repo, "HEAD");
  if (rc == GIT_ENOTFOUND || rc == GIT_EUNBORNBRANCH) {
    return mu_fail(err, MU_E_ABSENT, "the repository has no commit that a branch could stand on");
  }
  return rc == 0 && git_commit_lookup(out, repo, &id) == 0 ? 0 : fail_git("HEAD", arena, err);
}

static int check_name(git_repository *repo, const char *branch, struct mu_err *err) {
  git_reference *there MU_CLEANUP(mu_git_free_reference) = NULL;
  int valid = 0;
  if (git_branch_name_is_valid(&valid, branch) != 0 || !valid) {
    return mu_fail(err, MU_E_USAGE, "'%s' is no name for a branch", branch);
  }
  return git_branch_lookup(&there, repo, branch, GIT_BRANCH_LOCAL) == 0
             ? mu_fail(err, MU_E_CONFLICT, "branch '%s' is there already", branch)
             : 0;
}

static const char *path_inside(git_repository *repo, const char *path, struct mu_arena *arena) {
  const char *root = git_repository_workdir(repo);
  if (path[0] != '/') {
    return path;
  }
  const char *absolute = mu_git_absolute(path, arena);
  return root ? mu_git_below(root, absolute ? absolute : path) : NULL;
}

static int write_tree(git_repository *repo, const struct mu_prov_branch *spec, git_tree *base,
                      struct mu_arena *arena, git_tree **out, struct mu_err *err) {
  git_tree_update *updates = mu_arena_array(arena, spec->files_n, sizeof *updates);
  git_oid id;
  for (size_t i = 0; i < spec->files_n; i++) {
    const struct mu_prov_content *file = &spec->files[i];
    const char *path = path_inside(repo, file->path, arena);
    if (!path || !*path) {
      return mu_fail(err, MU_E_USAGE, "%s: not in the repository", file->path);
    }
    updates[i] = (git_tree_update){
        .action = GIT_TREE_UPDATE_UPSERT, .filemode = GIT_FILEMODE_BLOB, .path = path};
    if (git_blob_create_from_buffer(&updates[i].id, repo, file->bytes, file->n) != 0) {
      return fail_git(file->path, arena, err);
    }
  }
  if (git_tree_create_updated(&id, repo, base, spec->files_n, updates) != 0) {
    return mu_fail(err, MU_E_USAGE, "the files do not fit into the repository: %s",
                   mu_git_why(arena));
  }
  return git_tree_lookup(out, repo, &id) == 0 ? 0 : fail_git("tree", arena, err);
}

static int make_author(git_repository *repo, const struct mu_prov_branch *spec,
                       struct mu_arena *arena, git_signature **out, struct mu_err *err) {
  git_signature *configured MU_CLEANUP(mu_git_free_signature) = NULL;
  const char *name = spec->author, *email = spec->email;
  if (!name || !email) {
    if (git_signature_default(&configured, repo) != 0) {
      return mu_fail(err, MU_E_ABSENT,
                     "no author: set user.name and user.email in Git's configuration");
    }
    name = name ? name : configured->name;
    email = email ? email : configured->email;
  }
  return git_signature_new(out, name, email, (git_time_t)(spec->when_ms / 1000), 0) == 0
             ? 0
             : fail_git("author", arena, err);
}

int mu_provenance_branch(const struct mu_prov_branch *spec, char commit[MU_PROV_COMMIT],
                         struct mu_err *err) {
  MU_GIT_SESSION;
  struct mu_arena *arena MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  git_repository *repo MU_CLEANUP(mu_git_free_repository) = NULL;
  git_commit *head MU_CLEANUP(mu_git_free_commit) = NULL;
  git_tree *base MU_CLEANUP(mu_git_free_tree) = NULL;
  git_tree *tree MU_CLEANUP(mu_git_free_tree) = NULL;
  git_signature *author MU_CLEANUP(mu_git_free_signature) = NULL;
  git_reference *reference MU_CLEANUP(mu_git_free_reference) = NULL;
  git_oid id;
  if (open_repository(spec->repository, arena, &repo, err) != 0 ||
      check_name(repo, spec->branch, err) != 0 || head_commit(repo, arena, &head, err) != 0 ||
      make_author(repo, spec, arena, &author, err) != 0) {
    return -1;
  }
  if (git_commit_tree(&base, head) != 0) {
    return fail_git("HEAD", arena, err);
  }
  if (write_tree(repo, spec, base, arena, &tree, err) != 0) {
    return -1;
  }
  const git_commit *parents[] = {head};
  if (git_commit_create(&id, repo, NULL, author, author, "UTF-8", spec->message, tree, 1,
                        parents) != 0) {
    return fail_git("commit", arena, err);
  }
  /* Last, and only if nobody made it meanwhile: until here there are objects that nothing points
   * to. */
  const char *name = mu_arena_fmt(arena, "refs/heads/%s", spec->branch);
  int rc = git_reference_create(&reference, repo, name, &id, 0, "muster: drift document");
  if (rc == GIT_EEXISTS) {
    return mu_fail(err, MU_E_CONFLICT, "branch '%s' is there already", spec->branch);
  }
  if (rc != 0) {
    return fail_git(spec->branch, arena, err);
  }
  (void)git_oid_tostr(commit, MU_PROV_COMMIT, &id);
  return 0;
}
