/* SPDX-License-Identifier: Apache-2.0 */
#include "drill/secrets.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/redact.h"
#include "base/str.h"
#include "drift/doc.h"
#include "drill/drill.h"

enum { FILE_MAX = 256 << 20 };

static void learn_from(struct mu_drill *drill, const char *path) {
  struct mu_arena *scratch MU_CLEANUP(mu_arena_cleanup) = mu_arena_new();
  const struct mu_doc_opts opts = {.name = path};
  struct mu_doc *doc = NULL;
  struct mu_err ignored;
  MU_STR(bytes, FILE_MAX);
  if (mu_io_read(path, &bytes, &ignored) != 0 ||
      mu_doc_parse(mu_str_get(&bytes), bytes.n, &opts, scratch, &doc, &ignored) != 0) {
    return;
  }
  const char *const *secrets = NULL;
  size_t n = mu_doc_secrets(doc, &secrets);
  for (size_t i = 0; i < n; i++) {
    mu_redact_add(drill->env->redact, secrets[i], strlen(secrets[i]));
  }
}

void mu_secrets_relearn(struct mu_drill *drill) {
  if (drill->workload->staged.plan) {
    learn_from(drill, drill->workload->staged.plan);
  }
  learn_from(drill, mu_arena_fmt(drill->arena, "%s/terraform.tfstate", drill->dir));
}
