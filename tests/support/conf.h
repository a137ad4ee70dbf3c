/* SPDX-License-Identifier: Apache-2.0 */
/* A config from text, for tests of what reads configs. */
#ifndef TESTS_SUPPORT_CONF_H
#define TESTS_SUPPORT_CONF_H

#include "config/config.h"

/* Parses `yaml` as if it stood in `path`; the test fails, with every message, where it is not
 * valid. The caller frees with mu_config_free(). */
struct mu_config *conf_parse(const char *path, const char *yaml);

#endif
