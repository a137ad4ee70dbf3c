/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the JSON Schema for sections that print their own. */
#ifndef MU_CONFIG_SCHEMA_H
#define MU_CONFIG_SCHEMA_H

struct mu_jw;
struct mu_probes;
struct mu_section;

void mu_schema_rows(struct mu_jw *w,
                    const struct mu_section *section); /* members of "properties" */
void mu_schema_probe_keys(struct mu_jw *w,
                          const struct mu_probes *probes); /* the same, one a probe */
void mu_schema_one_probe(struct mu_jw *w,
                         const struct mu_probes *probes); /* "oneOf": exactly one of them */

#endif
