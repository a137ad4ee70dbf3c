/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the YAML loader. */
#ifndef MU_CONFIG_LOAD_H
#define MU_CONFIG_LOAD_H

#include <stddef.h>

struct mu_diags;
struct yaml_parser_s;

/* Adds the parser's problem, in words that help, at the place where it can be mended. */
void mu_config_syntax(struct mu_diags *diags, const char *text, size_t n,
                      const struct yaml_parser_s *parser);

#endif
