/* SPDX-License-Identifier: Apache-2.0 */
/* Where a file comes from, by the local Git repository that holds it: its commit, what changed
 * since, how far behind it is. Nothing is fetched, no hook and no filter program is run, and
 * looking writes nothing. Results live in the arena that was passed. */
#ifndef MU_PROVENANCE_PROVENANCE_H
#define MU_PROVENANCE_PROVENANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;
struct mu_str;

/* Only the first is an answer about the file; each other one says why there is none. */
enum mu_prov_state {
  MU_PROV_TRACKED,   /* the file is part of HEAD */
  MU_PROV_UNTRACKED, /* in a repository, but not committed */
  MU_PROV_UNBORN,    /* a repository without a commit */
  MU_PROV_BARE,      /* a repository without a work tree */
  MU_PROV_NONE,      /* no repository here or above */
  MU_PROV_FOREIGN,   /* a repository of another user, which Git refuses to trust (safe.directory) */
  MU_PROV_UNREADABLE, /* a repository that libgit2 cannot read: damaged, or of a newer kind */
};
const char *mu_prov_state_text(enum mu_prov_state state); /* "tracked", "not committed", … */

struct mu_prov_ask {
  const char *path;   /* the file (or folder) whose origin is asked for */
  const char *folder; /* what must not have changed since; NULL: the folder of the file */
  const char *branch; /* what it may lag: "main", "origin/main"; NULL: the one checked out */
  size_t max_files;   /* how many changed files to list; 0: 50 */
};

struct mu_prov_file {
  const char *path; /* from the root of the repository */
  char change;      /* 'A' added, 'M' modified, 'D' deleted, '?' not committed at all */
};

struct mu_prov_files {
  struct mu_prov_file *at;
  size_t n, cap;
  size_t total; /* n of them are listed */
};

struct mu_provenance {
  enum mu_prov_state state;
  const char *why;    /* one line when it is not MU_PROV_TRACKED; "" */
  const char *root;   /* of the work tree (bare: of the repository), no trailing slash; "" */
  const char *path;   /* from the root; "" */
  const char *head;   /* commit, 40 hex digits; "" */
  const char *branch; /* checked out; "" where HEAD is detached */
  bool shallow;       /* history is cut off: "last changed" means "here or earlier" */

  /* The last commit on the way to HEAD that changed the file. */
  const char *commit, *author, *summary; /* "" unless tracked */
  int64_t commit_ms;
  bool commit_exact; /* false: the history ends before it (shallow) */

  struct mu_prov_files changed;     /* below the folder, committed since, without the file itself */
  struct mu_prov_files uncommitted; /* below the folder, not committed now, the file included */

  /* -1: not known (no such branch, no upstream, history cut off). */
  int64_t behind;          /* commits of `against` that came after `commit` */
  const char *against;     /* the branch that was compared with; "" */
  int64_t upstream_behind; /* commits of the upstream, as last fetched, that HEAD lacks */
  int64_t upstream_ahead;
  const char *upstream; /* "origin/main"; "" */
};

/* 0 with *out whatever the state; -1 only where `path` itself is not there (MU_E_ABSENT) or the
 * folder lies elsewhere (MU_E_USAGE). */
MU_CHECKED int mu_provenance_look(const struct mu_prov_ask *ask, struct mu_arena *arena,
                                  struct mu_provenance *out, struct mu_err *err);

/* The file as it stood at a commit (40 hex digits), whether it is there now or not. MU_E_ABSENT:
 * the commit does not have it, or there is no repository; MU_E_LIMIT: larger than out->cap;
 * MU_E_INPUT: the commit cannot be read. */
MU_CHECKED int mu_provenance_file_at(const char *path, const char *commit, struct mu_arena *arena,
                                     struct mu_str *out, struct mu_err *err);

/* A commit of a few files on a new branch on top of HEAD, without touching work tree, index or
 * HEAD. */
struct mu_prov_content {
  const char *path; /* from the root of the repository, or absolute inside it */
  const void *bytes;
  size_t n;
};
struct mu_prov_branch {
  const char *repository; /* any path inside it */
  const char *branch;     /* "muster/drill-2026-Q4-lakehouse-1" */
  const struct mu_prov_content *files;
  size_t files_n;
  const char *message;
  const char *author, *email; /* NULL: user.name and user.email of the repository */
  int64_t when_ms;
};
/* `commit` gets 40 hex digits. MU_E_CONFLICT: the branch is there already; MU_E_ABSENT: no
 * repository, no commit to stand on, or no author; MU_E_DENIED: of another user; MU_E_USAGE: no
 * valid branch name or path. */
enum { MU_PROV_COMMIT = 41 };
MU_CHECKED int mu_provenance_branch(const struct mu_prov_branch *spec, char commit[MU_PROV_COMMIT],
                                    struct mu_err *err);

#endif
