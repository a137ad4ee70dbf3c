/* SPDX-License-Identifier: Apache-2.0 */
/* Each secret is kept as the list of texts under which it may leave: itself, inside a JSON string,
 * URL-encoded (both cases of hex), inside XML, and base64 at the three offsets at which it may
 * stand within a longer encoded value ("user:secret" of a Basic header). At each place of a text
 * the longest one that fits wins. */
#include "base/redact.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/str.h"

enum { MAX_SECRET = 64 * 1024 };

struct needle {
  char *bytes;
  size_t n;
  size_t next; /* the next shorter one of its bucket, index + 1; 0: none, or it is not in it */
  size_t same; /* the next one whose bytes have the same hash, index + 1; 0: none */
  bool whole;  /* a secret as it was given: its other forms are there, too */
};

struct mu_redact {
  struct needle *needles;
  size_t n, cap;
  size_t *buckets;  /* by the hash of the first eight bytes: one needle of each length, longest
                       first, index + 1 */
  size_t *wholes;   /* by the hash of all bytes: is it there already? */
  size_t buckets_n; /* of both */
  bool starts[256]; /* does any needle start with this byte? */
};

static void wipe(void *bytes, size_t n) {
  volatile unsigned char *at = bytes;
  while (n-- > 0) {
    *at++ = 0;
  }
}

struct mu_redact *mu_redact_new(void) {
  struct mu_redact *r = calloc(1, sizeof *r);
  if (!r) {
    MU_BUG("out of memory");
  }
  return r;
}

void mu_redact_free(struct mu_redact *r) {
  if (!r) {
    return;
  }
  for (size_t i = 0; i < r->n; i++) {
    wipe(r->needles[i].bytes, r->needles[i].n);
    free(r->needles[i].bytes);
  }
  free(r->needles);
  free(r->buckets);
  free(r->wholes);
  free(r);
}

_Static_assert(MU_REDACT_MIN >= sizeof(uint64_t), "a needle is found by its first eight bytes");
/* Every needle has at least eight bytes: where it may start is known by them alone. */
static size_t bucket_of(const struct mu_redact *r, const char *bytes) {
  uint64_t head = 0;
  memcpy(&head, bytes, sizeof head);
  head *= UINT64_C(0x9e3779b97f4a7c15);
  return (size_t)(head >> 32) & (r->buckets_n - 1);
}

/* Secrets often begin alike ("arn:aws:…"): what is known is found by all of its bytes. */
static size_t whole_of(const struct mu_redact *r, const char *bytes, size_t n) {
  uint64_t hash = n, word = 0;
  for (size_t i = 0; i < n; i += sizeof word) {
    memcpy(&word, bytes + (i + sizeof word <= n ? i : n - sizeof word), sizeof word);
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 32;
  }
  return (size_t)hash & (r->buckets_n - 1);
}

static struct needle *known_needle(const struct mu_redact *r, const char *bytes, size_t n) {
  size_t at = r->n ? r->wholes[whole_of(r, bytes, n)] : 0;
  while (at && (r->needles[at - 1].n != n || memcmp(r->needles[at - 1].bytes, bytes, n) != 0)) {
    at = r->needles[at - 1].same;
  }
  return at ? &r->needles[at - 1] : NULL;
}

static bool same_head(const struct needle *needle, const char *bytes) {
  return memcmp(needle->bytes, bytes, sizeof(uint64_t)) == 0;
}

/* Longest first within a bucket, so that the first that fits is the longest. Of those that begin
 * alike and are equally long one is enough: it tells how many bytes to look up. */
static void put_in_bucket(struct mu_redact *r, size_t at) {
  struct needle *needle = &r->needles[at], *other = NULL;
  size_t *whole = &r->wholes[whole_of(r, needle->bytes, needle->n)];
  needle->same = *whole;
  *whole = at + 1;
  size_t *link = &r->buckets[bucket_of(r, needle->bytes)];
  for (; *link; link = &other->next) {
    other = &r->needles[*link - 1];
    if (other->n < needle->n) {
      break;
    }
    if (other->n == needle->n && same_head(other, needle->bytes)) {
      needle->next = 0;
      return;
    }
  }
  needle->next = *link;
  *link = at + 1;
}

static void grow(struct mu_redact *r) {
  r->cap = r->cap ? 2 * r->cap : 64;
  r->needles = realloc(r->needles, r->cap * sizeof *r->needles);
  free(r->buckets);
  free(r->wholes);
  r->buckets_n = 2 * r->cap; /* a power of two */
  r->buckets = calloc(r->buckets_n, sizeof *r->buckets);
  r->wholes = calloc(r->buckets_n, sizeof *r->wholes);
  if (!r->needles || !r->buckets || !r->wholes) {
    MU_BUG("out of memory");
  }
  for (size_t i = 0; i < r->n; i++) {
    put_in_bucket(r, i);
  }
}

static void add_needle(struct mu_redact *r, const char *bytes, size_t n) {
  if (n < MU_REDACT_MIN || known_needle(r, bytes, n)) {
    return;
  }
  if (r->n == r->cap) {
    grow(r);
  }
  char *copy = malloc(n);
  if (!copy) {
    MU_BUG("out of memory");
  }
  memcpy(copy, bytes, n);
  r->needles[r->n] = (struct needle){.bytes = copy, .n = n};
  put_in_bucket(r, r->n++);
  r->starts[(unsigned char)bytes[0]] = true;
}

static void add_url(struct mu_redact *r, const char *secret, size_t n, const char *hex,
                    const char *plain) {
  MU_STR(text, (size_t)3 * MAX_SECRET + 1);
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)secret[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || (c != '\0' && strchr(plain, c))) {
      mu_str_addc(&text, (char)c);
    } else {
      mu_str_addc(&text, '%');
      mu_str_addc(&text, hex[c >> 4]);
      mu_str_addc(&text, hex[c & 15]);
    }
  }
  add_needle(r, mu_str_get(&text), text.n);
  if (text.n) {
    wipe(text.p, text.n);
  }
}

/* The characters of the base64 of (offset unknown bytes + secret + anything) that depend on the
 * secret alone. Returns whether one of the last two of the alphabet is among them. */
static bool add_base64(struct mu_redact *r, const unsigned char *secret, size_t n, size_t offset,
                       const char *last_two) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  size_t first = (8 * offset + 5) / 6, end = 8 * (offset + n) / 6;
  char *text = calloc(1, end - first + 1);
  bool any = false;
  if (!text) {
    MU_BUG("out of memory");
  }
  for (size_t i = first; i < end; i++) {
    size_t bit = 6 * i - 8 * offset, byte = bit / 8, shift = bit % 8;
    unsigned pair = (unsigned)secret[byte] << 8 | (byte + 1 < n ? secret[byte + 1] : 0U);
    unsigned six = pair >> (10 - shift) & 63U;
    text[i - first] = six < 62 ? alphabet[six] : last_two[six - 62];
    any |= six >= 62;
  }
  add_needle(r, text, end - first);
  wipe(text, end - first);
  free(text);
  return any;
}

static void add_escaped(struct mu_redact *r, const char *secret, size_t n) {
  MU_STR(text, (size_t)8 * MAX_SECRET);
  mu_str_add_json(&text, secret, n);
  if (text.n > 2) {
    add_needle(r, text.p + 1, text.n - 2); /* without the quotes */
    wipe(text.p, text.n);
  }
  mu_str_clear(&text);
  mu_str_add_xml(&text, secret, n);
  add_needle(r, mu_str_get(&text), text.n);
  if (text.n) {
    wipe(text.p, text.n);
  }
}

/* Nothing in it that JSON, XML or a URL writes in another way. */
static bool is_plain(const char *secret, size_t n) {
  for (size_t i = 0; i < n; i++) {
    char c = secret[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '_' && c != '.') {
      return false;
    }
  }
  return true;
}

void mu_redact_add(struct mu_redact *r, const char *secret, size_t n) {
  if (n < MU_REDACT_MIN || n > MAX_SECRET) {
    return;
  }
  const struct needle *known = known_needle(r, secret, n);
  if (known && known->whole) {
    return;
  }
  add_needle(r, secret, n);
  known_needle(r, secret, n)->whole = true;
  if (!is_plain(secret, n)) {
    add_escaped(r, secret, n);
    static const char *const plain[] = {"-_.~", "-_.~/", "-_.*", "-_.!~*'()"};
    for (size_t i = 0; i < MU_LEN(plain); i++) {
      add_url(r, secret, n, "0123456789ABCDEF", plain[i]);
      add_url(r, secret, n, "0123456789abcdef", plain[i]);
    }
  }
  for (size_t offset = 0; offset < 3; offset++) {
    if (add_base64(r, (const unsigned char *)secret, n, offset, "+/")) {
      (void)add_base64(r, (const unsigned char *)secret, n, offset, "-_");
    }
  }
}

static const struct needle *needle_at(const struct mu_redact *r, const char *text, size_t n) {
  if (!r->starts[(unsigned char)*text] || n < MU_REDACT_MIN) {
    return NULL;
  }
  for (size_t at = r->buckets[bucket_of(r, text)]; at; at = r->needles[at - 1].next) {
    const struct needle *one = &r->needles[at - 1];
    const struct needle *needle =
        one->n <= n && same_head(one, text) ? known_needle(r, text, one->n) : NULL;
    if (needle) {
      return needle;
    }
  }
  return NULL;
}

size_t mu_redact_write(const struct mu_redact *r, const char *text, size_t n, struct mu_str *out) {
  size_t kept = 0, replaced = 0;
  for (size_t i = 0; r && r->n > 0 && i < n;) {
    const struct needle *needle = needle_at(r, text + i, n - i);
    if (!needle) {
      i++;
      continue;
    }
    mu_str_addn(out, text + kept, i - kept);
    mu_str_add(out, "[redacted]");
    i += needle->n;
    kept = i;
    replaced++;
  }
  if (n > kept) {
    mu_str_addn(out, text + kept, n - kept);
  }
  return replaced;
}

/* "[redacted]" may be longer than what it stands for. */
enum { LONGER = 1 << 20 };

size_t mu_redact_str(const struct mu_redact *r, struct mu_str *text) {
  if (!r || r->n == 0) {
    return 0;
  }
  size_t at = 0;
  while (at < text->n && !needle_at(r, text->p + at, text->n - at)) {
    at++;
  }
  if (at == text->n) {
    return 0;
  }
  struct mu_str clean = MU_STR_INIT(text->cap + LONGER);
  size_t replaced = mu_redact_write(r, text->p, text->n, &clean);
  clean.failed = clean.failed || text->failed;
  mu_str_done(text);
  *text = clean;
  return replaced;
}
