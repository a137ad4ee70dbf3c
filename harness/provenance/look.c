/* SPDX-License-Identifier: Apache-2.0 */
/* Looking: from a path to its repository, from HEAD back to the commit that last changed it, and
 * from there to now. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "provenance/provenance.h"
#include "provenance/repo.h"

enum { FILES_DEFAULT = 50, COMMITS_MAX = 500000 };

const char *mu_prov_state_text(enum mu_prov_state state) {
  static const char *const texts[] = {
      [MU_PROV_TRACKED] = "tracked",
      [MU_PROV_UNTRACKED] = "not committed",
      [MU_PROV_UNBORN] = "no commit yet",
      [MU_PROV_BARE] = "bare repository",
      [MU_PROV_NONE] = "no repository",
      [MU_PROV_FOREIGN] = "repository of another user",
      [MU_PROV_UNREADABLE] = "unreadable repository",
  };
  return texts[state];
}

struct look {
  git_repository *repo;
  struct mu_arena *arena;
  struct mu_provenance *out;
  const char *folder; /* from the root, "" for all of it */
  size_t max_files;
};

static int end_with(struct look *l, enum mu_prov_state state, const char *why) {
  l->out->state = state;
  l->out->why = why;
  return -1;
}

static int end_unreadable(struct look *l) {
  return end_with(l, MU_PROV_UNREADABLE,
                  mu_arena_fmt(l->arena, "libgit2: %s", mu_git_why(l->arena)));
}

static const char *hex_of(const git_oid *id, struct mu_arena *arena) {
  char text[GIT_OID_HEXSZ + 1];
  return mu_arena_str(arena, git_oid_tostr(text, sizeof text, id));
}

/* What stands at `path` in a commit: its id, all zeros where nothing does. */
static int id_at(git_commit *commit, const char *path, git_oid *out) {
  git_tree *tree MU_CLEANUP(mu_git_free_tree) = NULL;
  git_tree_entry *entry MU_CLEANUP(mu_git_free_entry) = NULL;
  memset(out, 0, sizeof *out);
  if (git_commit_tree(&tree, commit) != 0) {
    return -1;
  }
  if (!*path) {
    git_oid_cpy(out, git_tree_id(tree));
    return 0;
  }
  int rc = git_tree_entry_bypath(&entry, tree, path);
  if (rc == 0) {
    git_oid_cpy(out, git_tree_entry_id(entry));
  }
  return rc == GIT_ENOTFOUND ? 0 : rc;
}

/* The parent that has the very same content at `path`, or NULL in *out: then `commit` changed
 * it. *cut: a parent is not there. */
static int same_parent(git_commit *commit, const char *path, const git_oid *id, git_commit **out,
                       bool *cut) {
  unsigned n = git_commit_parentcount(commit);
  *out = NULL;
  for (unsigned i = 0; i < n; i++) {
    git_commit *parent MU_CLEANUP(mu_git_free_commit) = NULL;
    git_oid there;
    int rc = git_commit_parent(&parent, commit, i);
    if (rc == GIT_ENOTFOUND) {
      *cut = true;
      continue;
    }
    if (rc != 0 || id_at(parent, path, &there) != 0) {
      return -1;
    }
    if (git_oid_equal(&there, id)) {
      *out = parent;
      parent = NULL;
      return 0;
    }
  }
  return 0;
}

/* As `git log -1 -- path` simplifies history: follow a parent that has the same content; where
 * none has, this commit made it. */
static int find_commit(struct look *l, git_commit *head, git_commit **out) {
  git_commit *at MU_CLEANUP(mu_git_free_commit) = NULL;
  git_oid id;
  if (git_commit_dup(&at, head) != 0 || id_at(at, l->out->path, &id) != 0) {
    return end_unreadable(l);
  }
  if (git_oid_is_zero(&id)) {
    return end_with(l, MU_PROV_UNTRACKED, "it is not part of the commit that is checked out");
  }
  l->out->commit_exact = true;
  for (int steps = 0;; steps++) {
    git_commit *parent = NULL;
    bool cut = false;
    if (same_parent(at, l->out->path, &id, &parent, &cut) != 0) {
      return end_unreadable(l);
    }
    if (!parent || steps == COMMITS_MAX) {
      l->out->commit_exact = !cut && !parent;
      git_commit_free(parent);
      break;
    }
    git_commit_free(at);
    at = parent;
  }
  *out = at;
  at = NULL;
  return 0;
}

static void describe_commit(struct look *l, git_commit *commit) {
  const git_signature *author = git_commit_author(commit);
  const char *summary = git_commit_summary(commit);
  l->out->commit = hex_of(git_commit_id(commit), l->arena);
  l->out->commit_ms = (int64_t)git_commit_time(commit) * 1000;
  l->out->author = mu_arena_str(l->arena, author && author->name ? author->name : "");
  l->out->summary = mu_arena_str(l->arena, summary ? summary : "");
}

/* ---- differences ---- */

struct gather {
  struct look *look;
  struct mu_prov_files *into;
  const char *without; /* a path to leave out, or NULL */
};

static int add_delta(const git_diff_delta *delta, float progress, void *payload) {
  struct gather *g = payload;
  (void)progress;
  const char *path =
      delta->status == GIT_DELTA_DELETED ? delta->old_file.path : delta->new_file.path;
  char change = delta->status == GIT_DELTA_ADDED       ? 'A'
                : delta->status == GIT_DELTA_DELETED   ? 'D'
                : delta->status == GIT_DELTA_UNTRACKED ? '?'
                                                       : 'M';
  if (delta->status == GIT_DELTA_UNMODIFIED || delta->status == GIT_DELTA_IGNORED ||
      mu_streq(path, g->without)) {
    return 0;
  }
  g->into->total++;
  if (g->into->n < g->look->max_files) {
    g->into->at =
        mu_arena_grow(g->look->arena, g->into->at, g->into->n, &g->into->cap, sizeof *g->into->at);
    g->into->at[g->into->n++] =
        (struct mu_prov_file){.path = mu_arena_str(g->look->arena, path), .change = change};
  }
  return 0;
}

static git_diff_options below_folder(struct look *l, char **spec) {
  git_diff_options options;
  (void)git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
  options.flags =
      GIT_DIFF_DISABLE_PATHSPEC_MATCH | GIT_DIFF_IGNORE_SUBMODULES | GIT_DIFF_INCLUDE_TYPECHANGE;
  if (*l->folder) {
    *spec = mu_arena_str(l->arena, l->folder);
    options.pathspec.strings = spec;
    options.pathspec.count = 1;
  }
  return options;
}

static int gather(struct look *l, git_diff *diff, struct mu_prov_files *into, const char *without) {
  struct gather g = {.look = l, .into = into, .without = without};
  return git_diff_foreach(diff, add_delta, NULL, NULL, NULL, &g) == 0 ? 0 : end_unreadable(l);
}

static int find_changes(struct look *l, git_commit *commit, git_commit *head) {
  git_tree *then MU_CLEANUP(mu_git_free_tree) = NULL;
  git_tree *now MU_CLEANUP(mu_git_free_tree) = NULL;
  git_diff *since MU_CLEANUP(mu_git_free_diff) = NULL;
  char *spec = NULL;
  git_diff_options options = below_folder(l, &spec);
  if (git_commit_tree(&then, commit) != 0 || git_commit_tree(&now, head) != 0 ||
      git_diff_tree_to_tree(&since, l->repo, then, now, &options) != 0) {
    return end_unreadable(l);
  }
  return gather(l, since, &l->out->changed, l->out->path);
}

static int find_uncommitted(struct look *l, git_commit *head) {
  git_tree *now MU_CLEANUP(mu_git_free_tree) = NULL;
  git_diff *work MU_CLEANUP(mu_git_free_diff) = NULL;
  char *spec = NULL;
  git_diff_options options = below_folder(l, &spec);
  options.flags |= GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS;
  if (git_commit_tree(&now, head) != 0 ||
      git_diff_tree_to_workdir_with_index(&work, l->repo, now, &options) != 0) {
    return end_unreadable(l);
  }
  return gather(l, work, &l->out->uncommitted, NULL);
}

/* ---- branches ---- */

static void count_behind(struct look *l, const char *branch, const git_commit *commit) {
  git_object *tip MU_CLEANUP(mu_git_free_object) = NULL;
  git_object *peeled MU_CLEANUP(mu_git_free_object) = NULL;
  size_t ahead = 0, behind = 0;
  l->out->against = mu_arena_str(l->arena, branch);
  if (git_revparse_single(&tip, l->repo, branch) == 0 &&
      git_object_peel(&peeled, tip, GIT_OBJECT_COMMIT) == 0 &&
      git_graph_ahead_behind(&ahead, &behind, l->repo, git_commit_id(commit),
                             git_object_id(peeled)) == 0) {
    l->out->behind = (int64_t)behind;
  }
}

static void compare_upstream(struct look *l, git_reference *head) {
  git_reference *upstream MU_CLEANUP(mu_git_free_reference) = NULL;
  const char *name = NULL;
  size_t ahead = 0, behind = 0;
  if (!git_reference_is_branch(head) || git_branch_upstream(&upstream, head) != 0 ||
      git_branch_name(&name, upstream) != 0) {
    return;
  }
  l->out->upstream = mu_arena_str(l->arena, name);
  const git_oid *ours = git_reference_target(head), *theirs = git_reference_target(upstream);
  if (ours && theirs && git_graph_ahead_behind(&ahead, &behind, l->repo, ours, theirs) == 0) {
    l->out->upstream_ahead = (int64_t)ahead;
    l->out->upstream_behind = (int64_t)behind;
  }
}

static int find_head(struct look *l, git_reference **reference, git_commit **commit) {
  git_object *object MU_CLEANUP(mu_git_free_object) = NULL;
  int rc = git_repository_head(reference, l->repo);
  if (rc == GIT_EUNBORNBRANCH || rc == GIT_ENOTFOUND) {
    return end_with(l, MU_PROV_UNBORN, "the repository has no commit yet");
  }
  if (rc != 0 || git_reference_peel(&object, *reference, GIT_OBJECT_COMMIT) != 0 ||
      git_commit_lookup(commit, l->repo, git_object_id(object)) != 0) {
    return end_unreadable(l);
  }
  l->out->head = hex_of(git_commit_id(*commit), l->arena);
  l->out->branch = git_repository_head_detached(l->repo) == 0
                       ? mu_arena_str(l->arena, git_reference_shorthand(*reference))
                       : "";
  return 0;
}

/* Everything about an open repository; -1 where `state` says why it ended early. */
static int look_inside(struct look *l, const struct mu_prov_ask *ask) {
  git_reference *reference MU_CLEANUP(mu_git_free_reference) = NULL;
  git_commit *head MU_CLEANUP(mu_git_free_commit) = NULL;
  git_commit *commit MU_CLEANUP(mu_git_free_commit) = NULL;
  l->out->shallow = git_repository_is_shallow(l->repo) == 1;
  if (find_head(l, &reference, &head) != 0) {
    return -1;
  }
  compare_upstream(l, reference);
  if (git_repository_is_bare(l->repo)) {
    return end_with(l, MU_PROV_BARE, "the repository has no work tree");
  }
  if (find_uncommitted(l, head) != 0 || find_commit(l, head, &commit) != 0) {
    return -1;
  }
  describe_commit(l, commit);
  const char *branch = ask->branch ? ask->branch : l->out->branch;
  count_behind(l, *branch ? branch : "HEAD", commit);
  return find_changes(l, commit, head);
}

static int open_for(struct look *l, const char *path) {
  const char *folder = mu_io_is_dir(path) ? path : mu_io_dirname(l->arena, path);
  switch (mu_git_open(folder, &l->repo)) {
  case 0:
    return 0;
  case GIT_ENOTFOUND:
    return end_with(l, MU_PROV_NONE, "no Git repository here or in a folder above");
  case GIT_EOWNER:
    return end_with(l, MU_PROV_FOREIGN,
                    "the repository belongs to another user; if that is meant to be so: git config "
                    "--global --add safe.directory FOLDER");
  default:
    return end_unreadable(l);
  }
}

static int find_paths(struct look *l, const struct mu_prov_ask *ask, const char *path,
                      struct mu_err *err) {
  const char *root = git_repository_workdir(l->repo);
  root = root ? root : git_repository_path(l->repo);
  size_t n = strlen(root);
  const char *below = mu_git_below(root, path);
  const char *folder = ask->folder          ? mu_git_absolute(ask->folder, l->arena)
                       : mu_io_is_dir(path) ? path
                                            : mu_io_dirname(l->arena, path);
  const char *folder_below = folder ? mu_git_below(root, folder) : NULL;
  l->out->root = mu_arena_strn(l->arena, root, n > 1 && root[n - 1] == '/' ? n - 1 : n);
  if (!below || !folder_below) {
    return mu_fail(err, MU_E_USAGE, "%s: not in the repository %s", below ? ask->folder : path,
                   root);
  }
  l->out->path = mu_arena_str(l->arena, below);
  l->folder = mu_arena_str(l->arena, folder_below);
  return 0;
}

int mu_provenance_look(const struct mu_prov_ask *ask, struct mu_arena *arena,
                       struct mu_provenance *out, struct mu_err *err) {
  MU_GIT_SESSION;
  struct mu_provenance found = {.why = "",
                                .root = "",
                                .path = "",
                                .head = "",
                                .branch = "",
                                .commit = "",
                                .author = "",
                                .summary = "",
                                .behind = -1,
                                .against = "",
                                .upstream_behind = -1,
                                .upstream_ahead = -1,
                                .upstream = ""};
  struct look l = {.arena = arena,
                   .out = &found,
                   .folder = "",
                   .max_files = ask->max_files ? ask->max_files : FILES_DEFAULT};
  const char *path = mu_git_absolute(ask->path, arena);
  if (!path) {
    return mu_fail(err, MU_E_ABSENT, "%s: no such folder", ask->path);
  }
  if (open_for(&l, path) == 0) {
    if (find_paths(&l, ask, path, err) != 0) {
      git_repository_free(l.repo);
      return -1;
    }
    (void)look_inside(&l, ask); /* the state says how far it came */
    git_repository_free(l.repo);
  }
  *out = found;
  return 0;
}
