/* SPDX-License-Identifier: Apache-2.0 */
#include "support/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"

struct mu_config *conf_parse(const char *path, const char *yaml) {
  struct mu_config *config = NULL;
  struct mu_diags diags = {0};
  struct mu_err err = {0};
  if (mu_config_parse(path, yaml, strlen(yaml), &config, &diags, &err) != 0) {
    MU_STR(text, 1 << 16);
    mu_diags_write(&diags, &text);
    fail_msg("%s: %s", err.msg, mu_str_get(&text));
  }
  return config;
}
