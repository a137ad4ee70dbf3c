/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as YAML and as gzip: refused, or turned into JSON that our own reader takes and into
 * bytes within the cap. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/gunzip.h"
#include "base/jsonin.h"
#include "base/str.h"
#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP = 1 << 16 };

static void yaml(const char *text, size_t n) {
  MU_STR(json, 1 << 20);
  struct mu_err err = {0};
  if (mu_yaml_json(text, n, &json, &err) != 0) {
    MU_ASSERT(err.msg[0]);
    return;
  }
  struct mu_jsonin *in = malloc(sizeof *in);
  struct mu_jtape tape = {0};
  MU_ASSERT(in);
  MU_ASSERT(mu_jtape_read(&tape, in, mu_str_get(&json), (struct mu_span){0, (uint32_t)json.n}));
  mu_jtape_free(&tape);
  free(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size ? size : 1); /* of exactly that size: one byte too far is seen */
  unsigned char *out = NULL;
  size_t n = 0;
  struct mu_err err = {0};
  MU_ASSERT(text);
  if (size) {
    memcpy(text, data, size);
  }
  yaml(text, size);
  if (mu_gunzip(data, size, CAP, &out, &n, &err) == 0) {
    MU_ASSERT(n <= CAP);
    free(out);
  }
  free(text);
  return 0;
}
