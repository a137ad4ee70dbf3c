/* SPDX-License-Identifier: Apache-2.0 */
/* Documents drift between the staged Terraform and the actual restoration, the runbook's last step:
 * Markdown and a patch in the evidence, and, if asked for, a branch of the Terraform repository. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "drill/act.h"
#include "drill/drill.h"
#include "provenance/provenance.h"
#include "step.h"

enum { DOCUMENT_MAX = 4 << 20 };

static void write_steps(const struct mu_run *run, struct mu_str *out) {
  mu_str_add(out, "\n## Course\n\n| step | result | took | seen |\n|---|---|---|---|\n");
  for (size_t i = 0; i < run->steps.n; i++) {
    const struct mu_run_step *step = &run->steps.at[i];
    char took[MU_DUR_TEXT];
    mu_dur_text(step->elapsed_ms, true, took);
    mu_str_addf(out, "| %s | %s | %s | %s |\n", step->title, mu_verdict_text(step->verdict), took,
                step->seen ? step->seen : "");
  }
}

static void write_findings(const struct mu_run *run, struct mu_str *out) {
  size_t n = 0;
  mu_str_add(out, "\n## Differences between the staged Terraform and the restoration\n\n");
  for (size_t i = 0; i < run->findings.n; i++) {
    const struct mu_finding *finding = &run->findings.at[i];
    const char *name = mu_finding_def(finding->id)->name;
    if (!mu_str_starts(name, "DRIFT_") && !mu_str_starts(name, "PLAN_")) {
      continue;
    }
    n++;
    mu_str_addf(out, "- **%s** (%s) `%s`%s%s: %s\n", name, mu_severity_text(finding->severity),
                finding->subject, finding->path ? " · " : "", finding->path ? finding->path : "",
                finding->message ? finding->message : "");
    if (finding->next) {
      mu_str_addf(out, "  - next: `%s`\n", finding->next);
    }
  }
  if (n == 0) {
    mu_str_add(out, "None: what was deployed is what was planned.\n");
  }
}

static void write_document(const struct mu_drill *drill, struct mu_str *out) {
  const struct mu_run *run = drill->run;
  char when[MU_TIME_TEXT];
  mu_time_seconds(run->started_ms, when);
  mu_str_addf(out, "# Drift record of drill %s\n\n", run->drill);
  mu_str_addf(out, "Workload %s, %s, begun %s%s%s.\n", run->workload,
              run->rehearsal ? "a rehearsal" : "a drill in the cloud", when, run->who ? " by " : "",
              run->who ? run->who : "");
  if (run->coverage.attributes) {
    mu_str_addf(out,
                "Compared %lld of %lld attributes of %lld resources; %lld could not be verified.\n",
                (long long)run->coverage.compared, (long long)run->coverage.attributes,
                (long long)run->coverage.resources, (long long)run->coverage.unverifiable);
  }
  write_findings(run, out);
  write_steps(run, out);
}

/* A patch that adds the document, for `git am` or `git apply`. */
static void write_patch(const char *path, const char *document, struct mu_str *out) {
  size_t lines = 0;
  for (const char *at = document; *at; at++) {
    lines += *at == '\n';
  }
  mu_str_addf(
      out,
      "diff --git a/%s b/%s\nnew file mode 100644\n--- /dev/null\n+++ b/%s\n@@ -0,0 +1,%zu @@\n",
      path, path, path, lines);
  while (*document) {
    size_t n = strcspn(document, "\n");
    mu_str_addc(out, '+');
    mu_str_addn(out, document, n);
    mu_str_addc(out, '\n');
    document += n + (document[n] == '\n');
  }
}

/* A branch is a change to the world that is meant to stay: journaled, with nothing to undo. */
static int commit_branch(struct mu_drill *drill, const char *path, const struct mu_str *document,
                         const char **branch, struct mu_err *err) {
  int64_t act = 0;
  /* An attempt that was interrupted may have left its branch: never over an existing one. */
  *branch = mu_act_made(drill, "git.branch")
                ? mu_arena_fmt(drill->arena, "muster/%s-%lld", drill->run->drill,
                               (long long)(mu_wall_ms(drill->env->clock) / 1000))
                : mu_arena_fmt(drill->arena, "muster/%s", drill->run->drill);
  if (mu_act_begin(drill, "git.branch", mu_arena_fmt(drill->arena, "branch %s", *branch), NULL,
                   &act, err) != 0) {
    return -1;
  }
  const struct mu_prov_content file = {
      .path = path, .bytes = mu_str_get(document), .n = document->n};
  const struct mu_prov_branch spec = {
      .repository = drill->workload->staged.dir,
      .branch = *branch,
      .files = &file,
      .files_n = 1,
      .message = mu_arena_fmt(drill->arena, "Drift record of drill %s\n", drill->run->drill),
      .author = drill->run->who ? drill->run->who : "muster",
      .email = "muster@localhost",
      .when_ms = mu_wall_ms(drill->env->clock),
  };
  char hex[MU_PROV_COMMIT];
  struct mu_err why = {0};
  int rc = mu_provenance_branch(&spec, hex, &why);
  if (mu_act_end(drill, act, rc == 0, NULL, err) != 0) {
    return -1;
  }
  if (rc != 0) {
    *err = why;
  }
  return rc;
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  MU_STR(document, DOCUMENT_MAX);
  MU_STR(patch, DOCUMENT_MAX * 2);
  const char *path = mu_arena_fmt(drill->arena, "dr-drift/%s.md", drill->run->drill),
             *branch = NULL;
  write_document(drill, &document);
  write_patch(path, mu_str_get(&document), &patch);
  mu_drill_keep(drill, "document/drift.md", mu_str_get(&document), document.n);
  mu_drill_keep(drill, "document/drift.patch", mu_str_get(&patch), patch.n);
  if (drill->workload->document_branch &&
      commit_branch(drill, path, &document, &branch, err) != 0) {
    return mu_wrap(err, "the drift record is in the evidence, but not on a branch");
  }
  result->verdict = MU_PASS;
  result->seen = mu_arena_fmt(drill->arena, "drift record in the evidence (branch: %s)",
                              branch ? branch : "not asked for");
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  mu_str_addf(out, "write the drift record as Markdown and patch%s\n",
              drill->workload->document_branch ? ", and on a branch" : "");
}

const struct mu_step mu_step_document = {
    .id = "document",
    .title = "document",
    .doc = "Writes what differed between the staged Terraform and the restoration as Markdown and "
           "as a patch into the evidence, and on a branch of the Terraform repository if the "
           "config asks for it, without touching its work tree.",
    .back = true,
    .again = true,
    .describe = describe,
    .run = run,
};
