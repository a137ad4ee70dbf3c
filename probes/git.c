/* SPDX-License-Identifier: Apache-2.0 */
/* Where a file comes from: the commit that last changed it, what changed around it since, what is
 * not committed. Only the local repository is read; nothing is fetched. */
#include "base/arena.h"
#include "base/err.h"
#include "probe.h"
#include "provenance/provenance.h"

enum { FILES_MAX = 50 };

static const struct mu_param params[] = {
    {.name = "path",
     .type = MU_T_STR,
     .required = true,
     .doc = "the file whose origin is asked for",
     .is_path = true},
    {.name = "folder",
     .type = MU_T_STR,
     .doc = "what must not have changed since; default: the file's own folder",
     .is_path = true},
    {.name = "branch",
     .type = MU_T_STR,
     .doc = "what it may lag: main, origin/main; default: the one checked out"},
    {0}};

static const struct mu_fact_def facts_seen[] = {
    {.name = "state",
     .type = MU_T_STR,
     .finding = MU_F_PLAN_NO_REPOSITORY,
     .doc = "tracked, or why there is no answer"},
    {.name = "commit", .type = MU_T_STR, .doc = "commit that last changed the file"},
    {.name = "committed",
     .type = MU_T_TIME,
     .finding = MU_F_PLAN_OLD,
     .doc = "when that was (committed_age: how long ago)"},
    {.name = "author", .type = MU_T_STR, .doc = "who that was"},
    {.name = "summary", .type = MU_T_STR, .doc = "first line of its message"},
    {.name = "head", .type = MU_T_STR, .doc = "commit that is checked out"},
    {.name = "branch",
     .type = MU_T_STR,
     .doc = "branch that is checked out; empty where HEAD is detached"},
    {.name = "changed",
     .type = MU_T_INT,
     .unit = "files",
     .finding = MU_F_PLAN_BEHIND,
     .doc = "files of the folder committed since"},
    {.name = "changed_files",
     .type = MU_T_LIST,
     .finding = MU_F_PLAN_BEHIND,
     .doc = "the first 50 of them"},
    {.name = "uncommitted",
     .type = MU_T_INT,
     .unit = "files",
     .finding = MU_F_PLAN_UNCOMMITTED,
     .doc = "files of the folder that are not committed as they are"},
    {.name = "uncommitted_files",
     .type = MU_T_LIST,
     .finding = MU_F_PLAN_UNCOMMITTED,
     .doc = "the first 50 of them"},
    {.name = "behind",
     .type = MU_T_INT,
     .unit = "commits",
     .finding = MU_F_PLAN_BEHIND,
     .doc = "commits of the branch that came after"},
    {.name = "upstream_behind",
     .type = MU_T_INT,
     .unit = "commits",
     .finding = MU_F_PLAN_BEHIND,
     .doc = "commits of the upstream, as last fetched, that HEAD lacks"},
    {0}};

static void add_files(struct mu_facts *facts, const char *count, const char *names,
                      const struct mu_prov_files *files) {
  const char *at[FILES_MAX];
  size_t n = files->n < FILES_MAX ? files->n : FILES_MAX;
  for (size_t i = 0; i < n; i++) {
    at[i] = mu_arena_fmt(facts->arena, "%c %s", files->at[i].change, files->at[i].path);
  }
  (void)mu_fact_int(facts, count, (int64_t)files->total, "files");
  (void)mu_fact_list(facts, names, at, n);
}

static void add_known(struct mu_facts *facts, const char *name, int64_t commits) {
  if (commits >= 0) {
    (void)mu_fact_int(facts, name, commits, "commits");
  }
}

static int observe(const struct mu_args *args, const struct mu_probe_ctx *ctx,
                   struct mu_facts *facts, bool *absent, struct mu_err *err) {
  struct mu_provenance seen = {0};
  const struct mu_prov_ask ask = {.path = mu_arg_str(args, "path", ""),
                                  .folder = mu_arg_str(args, "folder", NULL),
                                  .branch = mu_arg_str(args, "branch", NULL),
                                  .max_files = FILES_MAX};
  if (mu_provenance_look(&ask, ctx->arena, &seen, err) != 0) {
    *absent = err->code == MU_E_ABSENT;
    return *absent ? 0 : -1;
  }
  (void)mu_fact_str(facts, "git.state", mu_prov_state_text(seen.state));
  if (seen.state != MU_PROV_TRACKED) {
    return 0;
  }
  (void)mu_fact_str(facts, "git.commit", seen.commit);
  (void)mu_fact_time(facts, "git.committed", seen.commit_ms);
  (void)mu_fact_str(facts, "git.author", seen.author);
  (void)mu_fact_str(facts, "git.summary", seen.summary);
  (void)mu_fact_str(facts, "git.head", seen.head);
  (void)mu_fact_str(facts, "git.branch", seen.branch);
  add_files(facts, "git.changed", "git.changed_files", &seen.changed);
  add_files(facts, "git.uncommitted", "git.uncommitted_files", &seen.uncommitted);
  add_known(facts, "git.behind", seen.behind);
  add_known(facts, "git.upstream_behind", seen.upstream_behind);
  return 0;
}

const struct mu_probe mu_probe_git = {
    .name = "git",
    .summary = "where a file comes from, by its Git repository",
    .params = params,
    .facts = facts_seen,
    .headline = "{state}, commit {commit}, {changed} changed since, {uncommitted} not committed",
    .target = "path",
    .observe = observe,
    .expect = "state",
    .expect_to_be = "tracked"};
