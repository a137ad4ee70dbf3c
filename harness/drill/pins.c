/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/pins.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/str.h"
#include "config/config.h"
#include "drift/doc.h"
#include "drill/layers.h"
#include "model/run.h"
#include "provenance/lockfile.h"
#include "provenance/provenance.h"

enum { NAMED_MAX = 8 }; /* providers named in one message */

struct pins {
  const struct mu_layer_env *env;
  struct mu_arena *arena;
  struct mu_check *check;
  const char *path; /* of the lock file */
  struct mu_lock lock;
  bool locked; /* there is one, and it can be read */
};

static struct mu_finding *find(const struct pins *p, enum mu_finding_id id, const char *about,
                               const char *message) {
  struct mu_finding *finding = mu_finding_add(&p->env->run->findings, id, p->check->id,
                                              p->env->workload->staged.plan, about);
  finding->message = mu_arena_str(p->arena, message);
  return finding;
}

/* "hashicorp/aws" of the usual registries; other hosts are worth saying. */
static const char *short_name(const char *source) {
  static const char *const usual[] = {"registry.terraform.io/", "registry.opentofu.org/"};
  for (size_t i = 0; i < MU_LEN(usual); i++) {
    if (mu_str_starts(source, usual[i])) {
      return source + strlen(usual[i]);
    }
  }
  return source;
}

/* ---- the lock file, now and then ---- */

static void read_lock(struct pins *p) {
  MU_STR(text, MU_LOCK_BYTES);
  struct mu_err err = {0};
  int rc = mu_io_read(p->path, &text, &err);
  if (rc != 0 && err.code == MU_E_ABSENT) {
    struct mu_finding *finding =
        find(p, MU_F_PLAN_UNLOCKED, MU_LOCK_NAME,
             "the folder has no lock file: each init takes the newest provider allowed");
    finding->next = "terraform init, review and commit " MU_LOCK_NAME;
    return;
  }
  if (rc != 0 || mu_lock_parse(mu_str_get(&text), text.n, p->arena, &p->lock, &err) != 0) {
    (void)find(p, MU_F_UNREADABLE, MU_LOCK_NAME,
               mu_arena_fmt(p->arena, "%s: %s", MU_LOCK_NAME, err.msg));
    return;
  }
  p->locked = true;
}

static void name(struct mu_str *out, size_t *n, const struct mu_lock_provider *provider,
                 const char *then, const char *now) {
  if (++*n <= NAMED_MAX) {
    mu_str_addf(out, "%s%s %s, now %s", *n > 1 ? "; " : "", short_name(provider->source), then,
                now);
  }
}

/* "hashicorp/aws 5.99.0, now 5.100.0" for each provider that differs; how many. */
static size_t differences(const struct mu_lock *then, const struct mu_lock *now,
                          struct mu_str *out) {
  size_t n = 0;
  for (size_t i = 0; i < now->n; i++) {
    const struct mu_lock_provider *old = mu_lock_find(then, now->at[i].source);
    if (!old || strcmp(old->version, now->at[i].version) != 0) {
      name(out, &n, &now->at[i], old ? old->version : "not locked", now->at[i].version);
    } else if (!mu_lock_same_package(old, &now->at[i])) {
      name(out, &n, &now->at[i], old->version, "another package, by its checksums");
    }
  }
  for (size_t i = 0; i < then->n; i++) {
    if (!mu_lock_find(now, then->at[i].source)) {
      name(out, &n, &then->at[i], then->at[i].version, "not locked");
    }
  }
  if (n > NAMED_MAX) {
    mu_str_addf(out, "; and %zu more", n - NAMED_MAX);
  }
  return n;
}

/* The plan was made with what was locked when it was committed. */
static void compare_with_commit(struct pins *p, const char *commit) {
  MU_STR(text, MU_LOCK_BYTES);
  MU_STR(what, 4096);
  struct mu_lock then = {0};
  struct mu_err err = {0};
  int rc = mu_provenance_file_at(p->path, commit, p->arena, &text, &err);
  if (rc != 0 && err.code == MU_E_ABSENT) {
    (void)find(p, MU_F_PLAN_UNLOCKED, MU_LOCK_NAME,
               mu_arena_fmt(p->arena,
                            "no lock file was committed with the plan at %.7s: which providers "
                            "made it cannot be told",
                            commit));
    return;
  }
  if (rc != 0 || mu_lock_parse(mu_str_get(&text), text.n, p->arena, &then, &err) != 0) {
    (void)find(p, MU_F_UNREADABLE, MU_LOCK_NAME,
               mu_arena_fmt(p->arena, "%s at %.7s: %s", MU_LOCK_NAME, commit, err.msg));
    return;
  }
  if (differences(&then, &p->lock, &what) > 0) {
    struct mu_finding *finding = find(
        p, MU_F_PLAN_LOCK_CHANGED, MU_LOCK_NAME,
        mu_arena_fmt(p->arena, "since the plan was staged at %.7s: %s", commit, mu_str_get(&what)));
    finding->next = "plan again with the providers that are locked now, review, export and commit";
  }
}

/* ---- what the plan asks for ---- */

static void judge_provider(struct pins *p, const struct mu_doc_provider *wanted) {
  const struct mu_lock_provider *locked = mu_lock_find(&p->lock, wanted->source);
  const char *who = wanted->module ? wanted->module : "the root module";
  if (!locked) {
    (void)find(p, MU_F_PLAN_PIN_UNMET, wanted->source,
               mu_arena_fmt(p->arena, "the plan uses %s, which the lock file does not have",
                            short_name(wanted->source)));
    return;
  }
  enum mu_meets meets = mu_version_meets(locked->version, wanted->constraints);
  if (meets == MU_MEETS_NOT) {
    (void)find(p, MU_F_PLAN_PIN_UNMET, wanted->source,
               mu_arena_fmt(p->arena, "the plan was made for %s %s (%s); locked is %s",
                            short_name(wanted->source), wanted->constraints, who, locked->version));
  } else if (meets == MU_MEETS_UNREADABLE) {
    (void)find(p, MU_F_UNREADABLE, wanted->source,
               mu_arena_fmt(p->arena, "%s: version %.60s against constraint %.60s cannot be read",
                            short_name(wanted->source), locked->version, wanted->constraints));
  }
}

static bool before(const struct mu_doc_provider *at, size_t i) {
  for (size_t k = 0; k < i; k++) {
    if (mu_streq(at[k].source, at[i].source) && mu_streq(at[k].constraints, at[i].constraints)) {
      return true;
    }
  }
  return false;
}

static void judge_providers(struct pins *p, const struct mu_doc *staged, struct mu_str *lines) {
  const struct mu_doc_provider *at = NULL;
  size_t n = mu_doc_providers(staged, &at), used = 0;
  const char **list = mu_arena_array(p->arena, n + 1, sizeof *list);
  for (size_t i = 0; i < n; i++) {
    bool full = strchr(at[i].source, '/') != NULL; /* Terraform 0.12 knew no sources */
    if (mu_str_starts(at[i].source, "terraform.io/builtin/") || before(at, i)) {
      continue;
    }
    const struct mu_lock_provider *locked = mu_lock_find(&p->lock, at[i].source);
    if (p->locked && full) {
      judge_provider(p, &at[i]);
    }
    list[used] =
        mu_arena_fmt(p->arena, "%s %s%s%s%s", short_name(at[i].source),
                     locked ? locked->version : "not locked", at[i].constraints ? " (" : "",
                     at[i].constraints ? at[i].constraints : "", at[i].constraints ? ")" : "");
    mu_str_addf(lines, "%s%s", used ? ", " : "providers: ", list[used]);
    used++;
  }
  if (used) {
    (void)mu_fact_list(&p->check->facts, "plan.providers", list, used);
  }
}

static bool from_registry(const char *source) {
  return source[0] != '.' && source[0] != '/' && !strstr(source, "::") && !strstr(source, "//") &&
         !strstr(source, "github.com/") && !strstr(source, "bitbucket.org/") &&
         !mu_str_starts(source, "git@");
}

static bool from_git(const char *source) {
  return mu_str_starts(source, "git::") || mu_str_starts(source, "git@") ||
         mu_str_starts(source, "github.com/") || mu_str_starts(source, "bitbucket.org/") ||
         mu_str_starts(source, "hg::");
}

static void judge_modules(struct pins *p, const struct mu_doc *staged, struct mu_str *lines) {
  const struct mu_doc_module *at = NULL;
  size_t n = mu_doc_modules(staged, &at), used = 0;
  const char **list = mu_arena_array(p->arena, n + 1, sizeof *list);
  for (size_t i = 0; i < n; i++) {
    const char *source = at[i].source;
    bool registry = from_registry(source), git = from_git(source);
    if (!registry && !git) {
      continue; /* a folder of the repository, or an archive at one address */
    }
    bool fixed = registry ? mu_version_exact(at[i].constraints) : strstr(source, "ref=") != NULL;
    list[used] =
        mu_arena_fmt(p->arena, "%s %s%s%s", at[i].address, source, at[i].constraints ? " " : "",
                     at[i].constraints ? at[i].constraints : "");
    mu_str_addf(lines, "%s%s", used ? ", " : lines->n ? "\nmodules: " : "modules: ", list[used]);
    used++;
    if (!fixed) {
      (void)find(p, MU_F_PLAN_MODULE_FLOATS, at[i].address,
                 mu_arena_fmt(p->arena, "%.300s is not pinned to one version: %s", source,
                              at[i].constraints ? at[i].constraints
                              : git             ? "no ref"
                                                : "no version"));
    }
  }
  if (used) {
    (void)mu_fact_list(&p->check->facts, "plan.modules", list, used);
  }
}

void mu_pins_judge(const struct mu_layer_env *env, const struct mu_doc *staged,
                   const struct mu_provenance *from, struct mu_check *check) {
  struct mu_arena *arena = env->run->arena;
  struct pins p = {.env = env,
                   .arena = arena,
                   .check = check,
                   .path = mu_arena_fmt(arena, "%s/" MU_LOCK_NAME, env->workload->staged.dir)};
  MU_STR(lines, 1 << 16);
  struct mu_doc_info info;
  mu_doc_info(staged, &info);
  if (info.terraform_version) {
    (void)mu_fact_str(&check->facts, "plan.terraform", info.terraform_version);
  }
  read_lock(&p);
  judge_providers(&p, staged, &lines);
  judge_modules(&p, staged, &lines);
  if (p.locked && from->state == MU_PROV_TRACKED) {
    compare_with_commit(&p, from->commit);
  }
  if (lines.n) {
    check->details = mu_str_copy(&lines, arena);
  }
}
