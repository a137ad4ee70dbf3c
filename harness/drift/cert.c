/* SPDX-License-Identifier: Apache-2.0 */
/* As much of DER as leads to the end of a certificate: definite lengths, each inside the one around
 * it. Nothing is verified; a date is read. */
#include "drift/cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/num.h"

enum {
  PEM_MAX = 64 * 1024, /* of one certificate */
  SEQUENCE = 0x30,
  UTC_TIME = 0x17,
  GENERALIZED_TIME = 0x18,
  VERSION = 0xA0, /* [0], explicit */
};

struct der {
  const unsigned char *p;
  size_t n;
};

/* The next element: its tag and content. */
static bool next(struct der *in, unsigned *tag, struct der *content) {
  if (in->n < 2) {
    return false;
  }
  size_t head = 2, length = in->p[1];
  if (length >= 0x80) {
    size_t bytes = length & 0x7F;
    if (bytes == 0 || bytes > 3 || in->n < 2 + bytes) {
      return false; /* indefinite, or larger than any certificate that we decode */
    }
    length = 0;
    for (size_t i = 0; i < bytes; i++) {
      length = length << 8 | in->p[2 + i];
    }
    head += bytes;
  }
  if (length > in->n - head) {
    return false;
  }
  *tag = in->p[0];
  *content = (struct der){.p = in->p + head, .n = length};
  in->p += head + length;
  in->n -= head + length;
  return true;
}

static bool enter(struct der *in, struct der *content) {
  unsigned tag = 0;
  return next(in, &tag, content) && tag == SEQUENCE;
}

/* YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ. */
static bool read_time(unsigned tag, struct der time, int64_t *unix_ms) {
  size_t year = tag == UTC_TIME ? 2 : 4;
  char text[32];
  if ((tag != UTC_TIME && tag != GENERALIZED_TIME) || time.n != year + 11 ||
      time.p[time.n - 1] != 'Z') {
    return false;
  }
  for (size_t i = 0; i + 1 < time.n; i++) {
    if (time.p[i] < '0' || time.p[i] > '9') {
      return false;
    }
  }
  const char *century = tag != UTC_TIME ? "" : time.p[0] >= '5' ? "19" : "20"; /* RFC 5280 */
  const unsigned char *rest = time.p + year;
  (void)snprintf(text, sizeof text, "%s%.*s-%.2s-%.2sT%.2s:%.2s:%.2sZ", century, (int)year,
                 (const char *)time.p, (const char *)rest, (const char *)rest + 2,
                 (const char *)rest + 4, (const char *)rest + 6, (const char *)rest + 8);
  return mu_time_parse(text, unix_ms) == 0;
}

/* Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { version [0], serialNumber, signature,
 * issuer, validity SEQUENCE { notBefore, notAfter }, … */
static bool not_after(struct der der, int64_t *unix_ms) {
  struct der certificate, tbs, part, validity;
  unsigned tag = 0;
  if (!enter(&der, &certificate) || !enter(&certificate, &tbs) || !next(&tbs, &tag, &part)) {
    return false;
  }
  for (int left = tag == VERSION ? 3 : 2; left > 0; left--) { /* serial, signature, issuer */
    if (!next(&tbs, &tag, &part)) {
      return false;
    }
  }
  return enter(&tbs, &validity) && next(&validity, &tag, &part) && next(&validity, &tag, &part) &&
         read_time(tag, part, unix_ms);
}

bool mu_cert_not_after(const char *pem, int64_t *unix_ms) {
  static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
  const char *from = strstr(pem, begin);
  from = from ? from + sizeof begin - 1 : NULL;
  const char *to = from ? strstr(from, end) : NULL;
  if (!to || to - from > PEM_MAX) {
    return false;
  }
  size_t n = (size_t)(to - from);
  unsigned char *bytes = malloc(MU_BASE64_ROOM(n));
  size_t made = bytes ? mu_base64_decode(from, n, bytes) : SIZE_MAX;
  bool good = made != SIZE_MAX && not_after((struct der){.p = bytes, .n = made}, unix_ms);
  free(bytes);
  return good;
}
