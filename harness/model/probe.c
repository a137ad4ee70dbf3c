/* SPDX-License-Identifier: Apache-2.0 */
/* The lookups of the probe and report interfaces. */
#include "probe.h"

#include <string.h>

#include "base/str.h"
#include "report.h"

const struct mu_arg *mu_arg_find(const struct mu_args *args, const char *name) {
  for (size_t i = 0; i < args->n; i++) {
    if (strcmp(args->at[i].name, name) == 0) {
      return &args->at[i];
    }
  }
  return NULL;
}

const char *mu_arg_str(const struct mu_args *args, const char *name, const char *otherwise) {
  const struct mu_arg *arg = mu_arg_find(args, name);
  return arg && arg->value.type == MU_T_STR ? arg->value.s : otherwise;
}

int64_t mu_arg_int(const struct mu_args *args, const char *name, int64_t otherwise) {
  const struct mu_arg *arg = mu_arg_find(args, name);
  if (!arg) {
    return otherwise;
  }
  switch (arg->value.type) {
  case MU_T_INT:
  case MU_T_TIME:
  case MU_T_DUR:
  case MU_T_SIZE:
    return arg->value.i;
  case MU_T_BOOL:
  case MU_T_REAL:
  case MU_T_STR:
  case MU_T_LIST:
  case MU_T_RANGE:
  case MU_T_MAP:
  case MU_TYPE_N_:
    break;
  }
  return otherwise;
}

bool mu_arg_bool(const struct mu_args *args, const char *name, bool otherwise) {
  const struct mu_arg *arg = mu_arg_find(args, name);
  return arg && arg->value.type == MU_T_BOOL ? arg->value.b : otherwise;
}

bool mu_arg_pair(const struct mu_args *args, const char *name, size_t i, const char **key,
                 const char **value) {
  const struct mu_arg *arg = mu_arg_find(args, name);
  if (!arg || arg->value.type != MU_T_MAP || 2 * i + 1 >= arg->value.list.n) {
    return false;
  }
  *key = arg->value.list.at[2 * i];
  *value = arg->value.list.at[2 * i + 1];
  return true;
}

const char *mu_arg_item(const struct mu_args *args, const char *name, size_t i) {
  const struct mu_arg *arg = mu_arg_find(args, name);
  return arg && arg->value.type == MU_T_LIST && i < arg->value.list.n ? arg->value.list.at[i]
                                                                      : NULL;
}

const char *mu_arg_selector(const struct mu_args *args, const char *prefix, size_t i) {
  size_t n = strlen(prefix);
  for (size_t k = 0; k < args->selectors_n; k++) {
    const char *selector = args->selectors[k];
    if (strncmp(selector, prefix, n) == 0 && selector[n] == '.' && i-- == 0) {
      return selector + n + 1;
    }
  }
  return NULL;
}

const struct mu_probe *mu_probe_find(const struct mu_probes *probes, const char *name) {
  for (size_t i = 0; i < probes->n; i++) {
    if (mu_streq(probes->at[i]->name, name)) {
      return probes->at[i];
    }
  }
  return NULL;
}

const struct mu_report *mu_report_find(const struct mu_reports *reports, const char *name) {
  for (size_t i = 0; i < reports->n; i++) {
    if (mu_streq(reports->at[i]->name, name)) {
      return reports->at[i];
    }
  }
  return NULL;
}
