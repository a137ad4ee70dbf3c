/* SPDX-License-Identifier: Apache-2.0 */
/* Against repositories made, and answers given, by the git program itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/exec.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/str.h"
#include "provenance/provenance.h"

/* libgit2 1.5 does not free the match data of a pattern that did not match (regexp.c, fixed
 * later). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libpcre2-8";
}

struct fixture {
  char folder[64]; /* a world of its own: HOME, repositories */
  const char *repo;
  struct mu_arena *arena;
  struct mu_err err;
};

/* Runs a program in the repository and gives its output without the last newline. */
static const char *run(struct fixture *f, const char *dir, const char *const *argv) {
  MU_STR(out, 1 << 20);
  struct mu_exec_result result = {.status = -1};
  const struct mu_exec spec = {.argv = argv, .dir = dir, .out = &out, .timeout_ms = 30000};
  if (mu_exec_run(&spec, &result, &f->err) != 0 || result.status != 0) {
    print_error("%s %s: status %d\n", argv[0], argv[1], result.status);
    fail();
  }
  if (out.n && out.p[out.n - 1] == '\n') {
    out.p[--out.n] = '\0';
  }
  return mu_str_copy(&out, f->arena);
}

#define GIT(...) run(f, f->repo, (const char *const[]){"git", __VA_ARGS__, NULL})

static const char *in_repo(struct fixture *f, const char *name) {
  return mu_arena_fmt(f->arena, "%s/%s", f->repo, name);
}

static void put(struct fixture *f, const char *name, const char *text) {
  const char *path = in_repo(f, name);
  assert_int_equal(mu_io_mkdirs(mu_io_dirname(f->arena, path), &f->err), 0);
  assert_int_equal(mu_io_write(path, text, strlen(text), &f->err), 0);
}

static void commit_all(struct fixture *f, const char *message) {
  (void)GIT("add", "-A");
  (void)GIT("commit", "-q", "-m", message);
}

/* Nothing of the machine's own Git configuration may reach in. */
static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f) {
    return -1;
  }
  (void)snprintf(f->folder, sizeof f->folder, "/tmp/muster-git-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  f->arena = mu_arena_new();
  f->repo = mu_arena_fmt(f->arena, "%s/repo", f->folder);
  assert_int_equal(setenv("HOME", f->folder, 1), 0);
  assert_int_equal(setenv("XDG_CONFIG_HOME", f->folder, 1), 0);
  assert_int_equal(setenv("GIT_CONFIG_NOSYSTEM", "1", 1), 0);
  assert_int_equal(setenv("GIT_CEILING_DIRECTORIES", "/tmp", 1), 0);
  (void)run(f, f->folder, (const char *const[]){"git", "init", "-q", "-b", "main", f->repo, NULL});
  (void)GIT("config", "user.name", "Dana");
  (void)GIT("config", "user.email", "dana@example.com");
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  (void)run(f, "/", (const char *const[]){"rm", "-rf", f->folder, NULL});
  mu_arena_free(f->arena);
  free(f);
  return 0;
}

static struct mu_provenance look(struct fixture *f, const char *path) {
  const struct mu_prov_ask ask = {.path = path};
  struct mu_provenance p;
  assert_int_equal(mu_provenance_look(&ask, f->arena, &p, &f->err), 0);
  return p;
}

static void plan_in_history(struct fixture *f) {
  put(f, "README", "one");
  put(f, "terraform/dr/main.tf", "a");
  commit_all(f, "first");
  put(f, "terraform/dr/dr.plan.json", "{}");
  commit_all(f, "stage the plan");
  put(f, "README", "two");
  commit_all(f, "elsewhere");
}

static void the_commit_a_file_was_changed_by(void **state) {
  struct fixture *f = *state;
  plan_in_history(f);
  struct mu_provenance p = look(f, in_repo(f, "terraform/dr/dr.plan.json"));
  assert_int_equal(p.state, MU_PROV_TRACKED);
  assert_string_equal(p.commit, GIT("log", "-1", "--format=%H", "--", "terraform/dr/dr.plan.json"));
  assert_string_equal(p.head, GIT("rev-parse", "HEAD"));
  assert_string_equal(p.root, GIT("rev-parse", "--show-toplevel"));
  assert_string_equal(p.path, "terraform/dr/dr.plan.json");
  assert_string_equal(p.branch, "main");
  assert_string_equal(p.author, "Dana");
  assert_string_equal(p.summary, "stage the plan");
  assert_true(p.commit_exact && !p.shallow);
  assert_true(p.behind == 1);
  assert_string_equal(p.against, "main");
  assert_true(p.upstream_behind == -1 && p.upstream_ahead == -1);
  assert_string_equal(p.upstream, "");
  assert_int_equal(p.changed.total, 0);
  assert_int_equal(p.uncommitted.total, 0);
}

static char change_of(const struct mu_prov_files *files, const char *path) {
  for (size_t i = 0; i < files->n; i++) {
    if (mu_streq(files->at[i].path, path)) {
      return files->at[i].change;
    }
  }
  return 0;
}

static void what_changed_since(void **state) {
  struct fixture *f = *state;
  plan_in_history(f);
  put(f, "terraform/dr/main.tf", "b");
  put(f, "terraform/dr/more.tf", "c");
  put(f, "terraform/other/x.tf", "not below the folder");
  commit_all(f, "change the modules");
  put(f, "terraform/dr/dr.plan.json", "{\"changed\":1}");
  put(f, "terraform/dr/staged.tf", "s");
  (void)GIT("add", "terraform/dr/staged.tf");
  put(f, "terraform/dr/new/untracked.tf", "u");
  assert_int_equal(unlink(in_repo(f, "terraform/dr/more.tf")), 0);
  struct mu_provenance p = look(f, in_repo(f, "terraform/dr/dr.plan.json"));
  assert_int_equal(p.changed.total, 2);
  assert_int_equal(change_of(&p.changed, "terraform/dr/main.tf"), 'M');
  assert_int_equal(change_of(&p.changed, "terraform/dr/more.tf"), 'A');
  assert_int_equal(p.uncommitted.total, 4);
  assert_int_equal(change_of(&p.uncommitted, "terraform/dr/dr.plan.json"), 'M');
  assert_int_equal(change_of(&p.uncommitted, "terraform/dr/staged.tf"), 'A');
  assert_int_equal(change_of(&p.uncommitted, "terraform/dr/new/untracked.tf"), '?');
  assert_int_equal(change_of(&p.uncommitted, "terraform/dr/more.tf"), 'D');
  assert_true(p.behind == 2);

  struct mu_prov_ask ask = {
      .path = in_repo(f, "terraform/dr/dr.plan.json"), .folder = f->repo, .max_files = 1};
  assert_int_equal(mu_provenance_look(&ask, f->arena, &p, &f->err), 0);
  assert_int_equal(p.changed.total, 4);
  assert_int_equal(p.changed.n, 1);
  ask.folder = "/tmp";
  assert_int_equal(mu_provenance_look(&ask, f->arena, &p, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_USAGE);
}

/* A merge that brought nothing to the file does not hide who changed it; the same on both sides
 * of git. */
static void merges_are_simplified_like_git_does(void **state) {
  struct fixture *f = *state;
  plan_in_history(f);
  (void)GIT("checkout", "-q", "-b", "side", "HEAD~1");
  put(f, "terraform/dr/dr.plan.json", "{\"side\":1}");
  commit_all(f, "on the side");
  (void)GIT("checkout", "-q", "main");
  put(f, "README", "three");
  commit_all(f, "meanwhile");
  (void)GIT("merge", "-q", "--no-ff", "-m", "merge", "side");
  put(f, "README", "four");
  commit_all(f, "after");
  struct mu_provenance p = look(f, in_repo(f, "terraform/dr/dr.plan.json"));
  assert_string_equal(p.commit, GIT("log", "-1", "--format=%H", "--", "terraform/dr/dr.plan.json"));
  assert_string_equal(p.summary, "on the side");
  char count[32];
  (void)snprintf(count, sizeof count, "%lld", (long long)p.behind);
  assert_string_equal(count, GIT("rev-list", "--count", "HEAD", "--not", p.commit));
}

static void branches_and_upstream(void **state) {
  struct fixture *f = *state;
  plan_in_history(f);
  const char *clone = mu_arena_fmt(f->arena, "%s/clone", f->folder);
  (void)run(f, f->folder, (const char *const[]){"git", "clone", "-q", f->repo, clone, NULL});
  put(f, "README", "upstream goes on");
  commit_all(f, "upstream 1");
  put(f, "README", "and on");
  commit_all(f, "upstream 2");
  (void)run(f, clone, (const char *const[]){"git", "fetch", "-q", NULL});
  const char *plan = mu_arena_fmt(f->arena, "%s/terraform/dr/dr.plan.json", clone);
  struct mu_prov_ask ask = {.path = plan, .branch = "origin/main"};
  struct mu_provenance p;
  assert_int_equal(mu_provenance_look(&ask, f->arena, &p, &f->err), 0);
  assert_string_equal(p.upstream, "origin/main");
  assert_true(p.upstream_behind == 2 && p.upstream_ahead == 0);
  assert_true(p.behind == 3);
  ask.branch = "no-such-branch";
  assert_int_equal(mu_provenance_look(&ask, f->arena, &p, &f->err), 0);
  assert_true(p.behind == -1);
  assert_string_equal(p.against, "no-such-branch");
  (void)run(f, clone, (const char *const[]){"git", "checkout", "-q", "--detach", "HEAD", NULL});
  p = look(f, plan);
  assert_string_equal(p.branch, "");
  assert_int_equal(p.state, MU_PROV_TRACKED);
  assert_true(p.behind == 1);
}

static void states_without_an_answer(void **state) {
  struct fixture *f = *state;
  struct mu_provenance p;
  struct mu_prov_ask ask = {.path = "/tmp/muster-none/x/y"};
  put(f, "plan.json", "{}");
  p = look(f, in_repo(f, "plan.json"));
  assert_int_equal(p.state, MU_PROV_UNBORN);
  assert_true(*p.why);
  plan_in_history(f); /* commits plan.json as well */
  put(f, "later.json", "{}");
  assert_int_equal(look(f, in_repo(f, "later.json")).state, MU_PROV_UNTRACKED);
  assert_int_equal(look(f, in_repo(f, "absent.json")).state, MU_PROV_UNTRACKED);
  assert_int_equal(look(f, in_repo(f, "later.json")).uncommitted.total, 1);
  assert_int_equal(look(f, f->folder).state, MU_PROV_NONE);
  assert_int_equal(mu_provenance_look(&ask, f->arena, &p, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT);

  const char *bare = mu_arena_fmt(f->arena, "%s/bare.git", f->folder);
  (void)run(f, f->folder,
            (const char *const[]){"git", "clone", "-q", "--bare", f->repo, bare, NULL});
  p = look(f, bare);
  assert_int_equal(p.state, MU_PROV_BARE);
  assert_string_equal(p.head, GIT("rev-parse", "HEAD"));

  (void)GIT("config", "core.repositoryformatversion", "1");
  (void)GIT("config", "extensions.fromthefuture", "true");
  p = look(f, in_repo(f, "plan.json"));
  assert_int_equal(p.state, MU_PROV_UNREADABLE);
  assert_non_null(strstr(p.why, "libgit2: "));
}

static void a_damaged_repository(void **state) {
  struct fixture *f = *state;
  plan_in_history(f);
  (void)run(f, f->repo, (const char *const[]){"sh", "-c", "rm -rf .git/objects/??", NULL});
  assert_int_equal(look(f, in_repo(f, "README")).state, MU_PROV_UNREADABLE);
}

static void history_that_is_cut_off(void **state) {
  struct fixture *f = *state;
  plan_in_history(f);
  const char *clone = mu_arena_fmt(f->arena, "%s/shallow", f->folder);
  const char *url = mu_arena_fmt(f->arena, "file://%s", f->repo);
  (void)run(f, f->folder,
            (const char *const[]){"git", "clone", "-q", "--depth", "1", url, clone, NULL});
  struct mu_provenance p = look(f, mu_arena_fmt(f->arena, "%s/terraform/dr/dr.plan.json", clone));
  assert_int_equal(p.state, MU_PROV_TRACKED);
  assert_true(p.shallow);
  assert_false(
      p.commit_exact); /* the commit named is where history ends, not where it was changed */
}

static void a_repository_of_another_user(void **state) {
  struct fixture *f = *state;
  if (getuid() != 0) {
    skip(); /* only root can give files away */
  }
  plan_in_history(f);
  (void)run(f, f->folder, (const char *const[]){"chown", "-R", "65534:65534", f->repo, NULL});
  struct mu_provenance p = look(f, in_repo(f, "README"));
  assert_int_equal(p.state, MU_PROV_FOREIGN);
  assert_non_null(strstr(p.why, "safe.directory"));
  char commit[MU_PROV_COMMIT];
  const struct mu_prov_content file = {.path = "x", .bytes = "", .n = 0};
  const struct mu_prov_branch spec = {
      .repository = f->repo, .branch = "b", .files = &file, .files_n = 1, .message = "m"};
  assert_int_equal(mu_provenance_branch(&spec, commit, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_DENIED);
  /* the same with a configuration that names others, and an answer with one that names it */
  const char *config = mu_arena_fmt(f->arena, "%s/.gitconfig", f->folder);
  static const char other[] = "[safe]\n\tdirectory = /somewhere/else\n";
  assert_int_equal(mu_io_write(config, other, sizeof other - 1, &f->err), 0);
  assert_int_equal(look(f, in_repo(f, "README")).state, MU_PROV_FOREIGN);
  const char *safe = mu_arena_fmt(f->arena, "[safe]\n\tdirectory = %s\n", f->repo);
  assert_int_equal(mu_io_write(config, safe, strlen(safe), &f->err), 0);
  assert_int_equal(look(f, in_repo(f, "README")).state, MU_PROV_TRACKED);
}

/* ---- the drift document as a branch ---- */

static void a_branch_without_touching_the_work_tree(void **state) {
  struct fixture *f = *state;
  static const char text[] = "# Drift\n\nnone\n";
  char commit[MU_PROV_COMMIT] = "";
  plan_in_history(f);
  put(f, "README", "being edited");
  put(f, "staged", "in the index");
  (void)GIT("add", "staged");
  const char *status = GIT("status", "--porcelain"), *head = GIT("rev-parse", "HEAD");
  char before[MU_SHA256_HEX], after[MU_SHA256_HEX];
  assert_int_equal(mu_sha256_file(in_repo(f, ".git/index"), before, NULL, &f->err), 0);
  const struct mu_prov_content files[] = {
      {.path = "docs/drift/2026-Q4.md", .bytes = text, .n = sizeof text - 1},
      {.path = in_repo(f, "terraform/dr/drift.patch"), .bytes = "p", .n = 1}};
  struct mu_prov_branch spec = {.repository = in_repo(f, "terraform"),
                                .branch = "muster/drill-1",
                                .files = files,
                                .files_n = 2,
                                .message = "Drift of drill 1\n",
                                .author = "muster",
                                .email = "dr@example.com",
                                .when_ms = 1795391467114};
  assert_int_equal(mu_provenance_branch(&spec, commit, &f->err), 0);
  assert_int_equal(mu_sha256_file(in_repo(f, ".git/index"), after, NULL, &f->err), 0);
  assert_string_equal(before, after);
  assert_string_equal(GIT("status", "--porcelain"), status);
  assert_string_equal(GIT("rev-parse", "HEAD"), head);
  assert_string_equal(GIT("rev-parse", "muster/drill-1"), commit);
  assert_string_equal(GIT("rev-parse", "muster/drill-1^"), head);
  assert_string_equal(GIT("show", "muster/drill-1:docs/drift/2026-Q4.md"), "# Drift\n\nnone");
  assert_string_equal(GIT("diff", "--name-only", "main", "muster/drill-1"),
                      "docs/drift/2026-Q4.md\nterraform/dr/drift.patch");
  assert_string_equal(GIT("log", "-1", "--format=%an %ae %at %s", "muster/drill-1"),
                      "muster dr@example.com 1795391467 Drift of drill 1");
  assert_string_equal(GIT("fsck", "--strict"), "");

  assert_int_equal(mu_provenance_branch(&spec, commit, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
  spec.branch = "main";
  assert_int_equal(mu_provenance_branch(&spec, commit, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_CONFLICT);
}

static void branches_that_cannot_be_made(void **state) {
  struct fixture *f = *state;
  static const char *const names[] = {"", "a..b", "-x", "a b", "HEAD"};
  static const char *const paths[] = {".git/config", "../up",   "/etc/passwd", "",
                                      "a//b",        "README/x"};
  char commit[MU_PROV_COMMIT] = "untouched";
  struct mu_prov_content file = {.path = "x", .bytes = "y", .n = 1};
  struct mu_prov_branch spec = {.repository = f->repo,
                                .branch = "b",
                                .files = &file,
                                .files_n = 1,
                                .message = "m",
                                .when_ms = 1000};
  assert_int_equal(mu_provenance_branch(&spec, commit, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT); /* unborn */
  plan_in_history(f);
  for (size_t i = 0; i < MU_LEN(names); i++) {
    spec.branch = names[i];
    assert_int_equal(mu_provenance_branch(&spec, commit, &f->err), -1);
    assert_int_equal(f->err.code, MU_E_USAGE);
  }
  spec.branch = "b";
  for (size_t i = 0; i < MU_LEN(paths); i++) {
    file.path = paths[i];
    if (mu_provenance_branch(&spec, commit, &f->err) != -1) {
      fail_msg("path '%s' was taken", paths[i]);
    }
    assert_int_equal(f->err.code, MU_E_USAGE);
  }
  spec.repository = f->folder;
  assert_int_equal(mu_provenance_branch(&spec, commit, &f->err), -1);
  assert_int_equal(f->err.code, MU_E_ABSENT);
  assert_string_equal(commit, "untouched");
  assert_string_equal(GIT("branch", "--format=%(refname:short)"), "main");
  file.path = "x"; /* and with the author of the configuration it works */
  spec.repository = f->repo;
  assert_int_equal(mu_provenance_branch(&spec, commit, &f->err), 0);
  assert_string_equal(GIT("log", "-1", "--format=%an", "b"), "Dana");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(the_commit_a_file_was_changed_by),
      TEST(what_changed_since),
      TEST(merges_are_simplified_like_git_does),
      TEST(branches_and_upstream),
      TEST(states_without_an_answer),
      TEST(a_damaged_repository),
      TEST(history_that_is_cut_off),
      TEST(a_repository_of_another_user),
      TEST(a_branch_without_touching_the_work_tree),
      TEST(branches_that_cannot_be_made),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
