/* SPDX-License-Identifier: Apache-2.0 */
/* One YAML document as JSON, for comparing two of them: what a style of writing may change without
 * changing the document (indentation, comments, quotes, block or flow, where keys stand) is gone,
 * everything else is kept. By libyaml; the config has a loader of its own, with marks. */
#ifndef MU_BASE_YAML_H
#define MU_BASE_YAML_H

#include <stddef.h>

#include "base/attr.h"

struct mu_err;
struct mu_str;

/* Quoted scalars and plain ones that every YAML reads as a string become strings. Other plain ones
 * (1, 1.0, yes, ~, 2012-10-17) stay as they are written, as {"\u0001": text}, so that none of them
 * equals another; a tag !Sub becomes {"\u0001!Sub": value}. MU_E_INPUT: no YAML, or more or less
 * than one document; MU_E_UNSUPPORTED: anchors, aliases, keys that are no scalars; MU_E_LIMIT. Keys
 * that come twice are written twice. */
MU_CHECKED int mu_yaml_json(const char *text, size_t n, struct mu_str *out, struct mu_err *err);

#endif
