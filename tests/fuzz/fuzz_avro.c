/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an Avro file: rows are read to the end, and what is kept raw is looked into. */
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "lake/avro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ROWS = 100000, RAW = 3, WANTS = 6 };

/* The shape of a manifest, so that the seeds reach every kind of field. */
static const struct mu_avro_want wants[WANTS] = {
    {MU_AVRO_ROOT, 0, MU_AVRO_AS_LONG, false}, {2, 100, MU_AVRO_AS_BYTES, false},
    {2, 103, MU_AVRO_AS_LONG, false},          {2, 102, MU_AVRO_AS_RAW, false},
    {2, 125, MU_AVRO_AS_RAW, false},           {MU_AVRO_ROOT, 500, MU_AVRO_AS_BYTES, false},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mu_err err = {0};
  struct mu_avro *avro MU_CLEANUP(mu_avro_cleanup) = NULL;
  struct mu_avro_value values[WANTS] = {0};
  if (mu_avro_open(data, size, wants, WANTS, &avro, &err) != 0) {
    return 0;
  }
  for (int i = 0; i < MAX_ROWS && mu_avro_next(avro, values, &err) == 1; i++) {
    MU_STR(text, 4096);
    const unsigned char *p = NULL;
    size_t n = 0;
    for (size_t slot = RAW; slot < RAW + 2; slot++) {
      mu_avro_raw_canon(avro, slot, &values[slot], &text);
      mu_avro_raw_text(avro, slot, &values[slot], &text);
      (void)mu_avro_raw_get(avro, slot, &values[slot], 2147483546, &p, &n);
    }
  }
  return 0;
}
