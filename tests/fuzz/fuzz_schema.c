/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a providers schema beside a fixed plan: it is refused with words, or it answers for
 * some types, and never in a way that hides a member which is gone. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "drift/doc.h"
#include "drift/drift.h"
#include "drift/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BASE_BYTES = 4 << 20, FACTOR = 64 };

#define RES(values)                                                                                \
  "{\"address\":\"aws_x.x\",\"mode\":\"managed\",\"type\":\"aws_x\",\"name\":\"x\","               \
  "\"provider_name\":\"registry.terraform.io/hashicorp/aws\"," values "}"
static const char plan_text[] = "{\"format_version\":\"1.2\",\"resource_changes\":[" RES(
    "\"change\":{\"actions\":[\"create\"],\"before\":null,\"after\":{\"a\":[\"1\",\"2\"],\"b\":"
    "[{\"c\":[[1,2],[3]],\"d\":{\"e\":[1,2]}},{\"c\":[],\"d\":null}]},\"after_unknown\":{}}") "]"
                                                                                              "}";
static const char state_text[] =
    "{\"format_version\":\"1.0\",\"values\":{\"root_module\":{\"resources\":[" RES(
        "\"schema_version\":0,\"values\":{\"a\":[\"2\",\"9\"],\"b\":[{\"c\":[],\"d\":null},{\"c\":"
        "[[3],[2,1]],\"d\":{\"e\":[2,1]}}]}") "]}}}";

static struct mu_doc *doc_of(const char *text, bool actual, struct mu_arena *arena) {
  struct mu_doc *doc = NULL;
  struct mu_err err = {0};
  const struct mu_doc_opts opts = {.name = "doc", .want_config = !actual, .want_prior = actual};
  MU_ASSERT(mu_doc_parse(text, strlen(text), &opts, arena, &doc, &err) == 0);
  return doc;
}

static void compare(const struct mu_doc *plan, const struct mu_schema *schema,
                    struct mu_arena *arena) {
  const struct mu_doc *actual = doc_of(state_text, true, arena);
  struct mu_err err = {0};
  struct mu_findings findings;
  mu_findings_init(&findings, arena);
  const struct mu_drift_in in = {
      .plan = plan, .actual = &actual, .actual_n = 1, .schema = schema, .now_ms = 1};
  struct mu_drift_out out = {.findings = &findings};
  MU_ASSERT(mu_drift_compare(&in, arena, &out, &err) == 0);
  bool told = false;
  for (size_t i = 0; i < findings.n; i++) {
    told |= findings.at[i].id == MU_F_DRIFT_CHANGED || findings.at[i].id == MU_F_DRIFT_UNDECLARED;
  }
  MU_ASSERT(told); /* "1" is gone, whatever is a set */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_arena *arena = mu_arena_new();
  struct mu_err err = {0};
  struct mu_schema *schema = NULL;
  const struct mu_schema_opts opts = {.name = "schema"};
  char *bytes = malloc(size ? size : 1);
  MU_ASSERT(bytes);
  if (size) {
    memcpy(bytes, data, size);
  }
  const struct mu_doc *plan = doc_of(plan_text, false, arena);
  if (mu_schema_parse(bytes, size, &opts, plan, arena, &schema, &err) == 0) {
    size_t known = 0, types = 0;
    mu_schema_fit(schema, &known, &types);
    MU_ASSERT(known <= types && types == 1);
    compare(plan, schema, arena);
  } else {
    MU_ASSERT(err.msg[0]);
  }
  MU_ASSERT(mu_arena_used(arena) < BASE_BYTES + size * FACTOR);
  free(bytes);
  mu_arena_free(arena);
  return 0;
}
