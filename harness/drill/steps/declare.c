/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the drill: freezes what it will be measured against, and starts the service clock. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "drill/drill.h"
#include "drill/terraform.h"
#include "step.h"

static void add_input(struct mu_drill *drill, const char *role, const char *path,
                      const char *sha256, size_t bytes) {
  struct mu_input *input = MU_RUN_ADD(drill->run, inputs);
  input->role = role;
  input->name = mu_arena_str(drill->arena, mu_io_basename(path));
  memcpy(input->sha256, sha256, MU_SHA256_HEX);
  input->bytes = (int64_t)bytes;
}

static int run(struct mu_drill *drill, struct mu_step_result *result, struct mu_err *err) {
  const struct mu_conf_workload *workload = drill->workload;
  const struct mu_config *config = drill->env->config;
  add_input(drill, "config", config->path, config->sha256, strlen(config->text));
  if (workload->staged.plan) {
    char sha256[MU_SHA256_HEX];
    if (mu_sha256_file(workload->staged.plan, sha256, NULL, err) != 0) {
      return mu_wrap(err, "staged plan");
    }
    mu_drill_set(drill, "staged-plan.sha256", sha256);
  }
  if (workload->staged.node || workload->standing.node) {
    const char *cli = NULL;
    if (mu_tf_find(workload->terraform, drill->arena, &cli, err) != 0) {
      return -1;
    }
    mu_drill_set(drill, "terraform", cli);
    struct mu_tf tf;
    char version[64];
    mu_drill_terraform(drill, workload->staged.node ? &workload->staged : &workload->standing, true,
                       &tf);
    if (mu_tf_version(&tf, version, err) != 0) {
      return -1;
    }
    mu_run_env(drill->run, "terraform", version);
  }
  mu_drill_keep(drill, "declare/frozen.json", mu_drill_get(drill, "frozen"),
                strlen(mu_drill_get(drill, "frozen")));
  mu_drill_event(drill, "declare", drill->run->ticket);
  result->verdict = MU_PASS;
  MU_STR(seen, 512);
  mu_str_addf(&seen, "%s", drill->run->who ? drill->run->who : "nobody named");
  if (drill->run->ticket) {
    mu_str_addf(&seen, " · %s", drill->run->ticket);
  }
  if (drill->run->approved_by) {
    mu_str_addf(&seen, " · approved by %s", drill->run->approved_by);
  }
  result->seen = mu_str_copy(&seen, drill->arena);
  return 0;
}

static void describe(const struct mu_drill *drill, struct mu_str *out) {
  char rpo[MU_DUR_TEXT], rto[MU_DUR_TEXT];
  mu_dur_exact(drill->workload->rpo_ms, rpo);
  mu_dur_exact(drill->workload->rto_ms, rto);
  mu_str_addf(out, "freeze targets RPO %s, RTO %s, config %.12s, staged plan %s\n", rpo, rto,
              drill->env->config->sha256,
              drill->workload->staged.plan ? drill->workload->staged.plan : "none");
}

const struct mu_step mu_step_declare = {
    .id = "declare",
    .title = "declare",
    .doc = "Freezes workload, targets, plan hash, config hash, who, ticket and why, before "
           "anything is looked at.",
    .describe = describe,
    .run = run,
};
