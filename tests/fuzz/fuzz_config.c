/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a config: every problem has a place in the file, what is accepted has what it
 * promises, and both can be shown. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/str.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
  if (!holds) {
    abort();
  }
}

static void check_accepted(const struct mu_config *config) {
  must(config->workloads.n > 0 && config->standbys.n > 0);
  for (size_t i = 0; i < config->workloads.n; i++) {
    const struct mu_conf_workload *w = &config->workloads.at[i];
    must(w->name && w->dr.n > 0 && w->cycle && w->severity_floor);
    for (size_t k = 0; k < w->smoke.n; k++) {
      must(w->smoke.at[k].name && w->smoke.at[k].probe && w->smoke.at[k].args);
    }
    must(!w->dns.node || (w->dns.name && w->dns.providers.n > 0 && w->dns.primary.id));
    must(!w->replica.node || (w->replica.inside && w->replica.tables.n > 0));
    must(!w->scale.node || (w->scale.cluster && w->scale.desired > 0));
    must(!w->control.node || w->control.check || (w->control.table && w->control.expect));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > MU_NODE_BYTES) {
    return 0;
  }
  char *text = malloc(size + 1); /* of exactly that size, so that one byte too far is seen */
  must(text != NULL);
  memcpy(text, data, size);
  text[size] = '\0';
  struct mu_config *config = NULL;
  struct mu_diags diags;
  if (mu_config_parse("/f/muster.yaml", text, size, &config, &diags, NULL) == 0) {
    check_accepted(config);
    must(diags.errors == 0);
  } else {
    must(diags.errors > 0);
  }
  for (size_t i = 0; i < diags.n; i++) {
    must(diags.at[i].line > 0 && diags.at[i].col > 0 && diags.at[i].message[0]);
  }
  struct mu_str shown MU_CLEANUP(mu_str_done) = MU_STR_INIT(1 << 20);
  mu_diags_write(&diags, &shown);
  mu_config_free(config);
  free(text);
  return 0;
}
