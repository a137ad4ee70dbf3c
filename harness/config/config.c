/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: file, tree, rows, references between sections; then the lookups. */
#define _DEFAULT_SOURCE /* getcwd with a NULL buffer */
#include "config/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "config/steps.h"
#include "config/table.h"

/* Terraform runs in folders of its own, so paths must not hang on the working directory. */
static const char *absolute(struct mu_arena *arena, const char *path) {
  if (path[0] == '/') {
    return path;
  }
  char *cwd = getcwd(NULL, 0);
  const char *whole = cwd ? mu_arena_fmt(arena, "%s/%s", cwd, path) : path;
  free(cwd);
  return whole;
}

static bool version_is_ours(struct mu_diags *diags, const struct mu_node *root) {
  const struct mu_node *version = mu_node_get(root, "muster");
  int64_t number = 0;
  if (!version) {
    return true; /* complained about with the other missing keys */
  }
  if (version->kind != MU_NODE_SCALAR || version->quoted ||
      mu_num_parse_i64(version->text, &number) != 0) {
    mu_diag_add(diags, version, "muster: the version of the format is a number; write muster: 1");
    return false;
  }
  if (number != 1) {
    mu_diag_add(diags, version,
                "muster: version %s of the format is not known here; this program reads version 1",
                version->text);
  }
  return number == 1;
}

static void read_tree(struct mu_config *config, struct mu_diags *diags, struct mu_node *root) {
  struct mu_reader r = {.config = config,
                        .diags = diags,
                        .arena = config->arena,
                        .base = absolute(config->arena, config->path)};
  const struct mu_member top = {.value = root};
  config->root = root;
  if (!version_is_ours(diags, root)) {
    return; /* a file of another version is not worth more complaints than that */
  }
  mu_read_section(&r, &mu_section_root, (struct mu_place){.path = "the config", .member = &top},
                  config);
  for (size_t i = 0; i < config->workloads.n; i++) {
    mu_section_refs(&r, &config->workloads.at[i]);
  }
}

int mu_config_parse(const char *path, const char *text, size_t n, struct mu_config **out,
                    struct mu_diags *diags, struct mu_err *err) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_config *config = mu_arena_alloc(arena, sizeof *config);
  config->arena = arena;
  config->path = mu_arena_str(arena, path);
  config->text = mu_arena_strn(arena, text, n);
  mu_sha256_hex(text, n, config->sha256);
  mu_diags_init(diags, arena, config->path, config->text);
  struct mu_node *root = mu_node_load(config->text, n, diags);
  if (root) {
    read_tree(config, diags, root);
  }
  for (size_t i = 0; i < config->workloads.n; i++) {
    config->workloads.at[i].file = config->path;
  }
  *out = config;
  if (diags->errors) {
    return mu_fail(err, MU_E_CONFIG, "%zu error%s in %s", diags->errors,
                   diags->errors == 1 ? "" : "s", path);
  }
  return 0;
}

int mu_config_load(const char *path, struct mu_config **out, struct mu_diags *diags,
                   struct mu_err *err) {
  *out = NULL;
  mu_diags_init(diags, NULL, path, NULL);
  MU_STR(text, MU_NODE_BYTES);
  if (mu_io_read(path, &text, err) != 0) {
    return -1;
  }
  return mu_config_parse(path, mu_str_get(&text), text.n, out, diags, err);
}

void mu_config_free(struct mu_config *config) {
  if (config) {
    mu_arena_free(config->arena);
  }
}

const struct mu_conf_workload *mu_config_workload(const struct mu_config *config,
                                                  const char *name) {
  for (size_t i = 0; i < config->workloads.n; i++) {
    if (mu_streq(config->workloads.at[i].name, name)) {
      return &config->workloads.at[i];
    }
  }
  return NULL;
}

const struct mu_conf_engine *mu_config_engine(const struct mu_config *config, const char *name) {
  for (size_t i = 0; name && i < config->engines.n; i++) {
    if (mu_streq(config->engines.at[i].name, name)) {
      return &config->engines.at[i];
    }
  }
  return NULL;
}

int64_t mu_config_budget(const struct mu_conf_workload *workload, const char *step) {
  for (size_t i = 0; i < workload->budgets.n; i++) {
    if (mu_step_same(workload->budgets.at[i].step, step)) {
      return workload->budgets.at[i].ms;
    }
  }
  return 0;
}
