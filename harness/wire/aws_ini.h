/* SPDX-License-Identifier: Apache-2.0 */
/* The files ~/.aws/config and ~/.aws/credentials ("Configuration and credential file settings", AWS
 * CLI User Guide): sections, keys, and indented keys below one without a value. Everything lives in
 * the arena it was loaded into. */
#ifndef MU_WIRE_AWS_INI_H
#define MU_WIRE_AWS_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct mu_arena;
struct mu_err;

struct mu_aws_ini_row {
  const char *section; /* as written: "default", "profile dr", "sso-session corp" */
  const char *key;     /* lower case; an indented one as "parent.key" */
  const char *value;
};
struct mu_aws_ini {
  struct mu_aws_ini_row *at;
  size_t n, cap;
};

/* MU_E_ABSENT: no such file. MU_E_CONFIG: a line that is none of the above; the message names it.
 */
MU_CHECKED int mu_aws_ini_load(const char *path, struct mu_arena *arena, struct mu_aws_ini *out,
                               struct mu_err *err);
/* Of the section "kind name", or "name" alone where kind is NULL; quotes around the name are fine.
 * The last one written wins. */
const char *mu_aws_ini_get(const struct mu_aws_ini *ini, const char *kind, const char *name,
                           const char *key);
/* Is there such a section, with anything in it? */
bool mu_aws_ini_has(const struct mu_aws_ini *ini, const char *kind, const char *name);

#endif
