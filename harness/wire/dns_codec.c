/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 1035, section 4: messages. Everything read is bounded by the message; a compression pointer
 * must point backwards, and names end at 255 bytes, so no message makes this run long. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/dns_int.h"

enum { HEADER = 12, MAX_NAME = 255, MAX_LABEL = 63, MAX_RECORDS = 4096, MAX_TEXT = 64 * 1024 };

static const struct {
  int type;
  const char *text;
} TYPES[] = {{MU_DNS_A, "A"},   {MU_DNS_NS, "NS"},   {MU_DNS_CNAME, "CNAME"}, {MU_DNS_SOA, "SOA"},
             {MU_DNS_MX, "MX"}, {MU_DNS_TXT, "TXT"}, {MU_DNS_AAAA, "AAAA"}};

int mu_dns_type_parse(const char *text) {
  for (size_t i = 0; i < MU_LEN(TYPES); i++) {
    if (strcasecmp(TYPES[i].text, text) == 0) {
      return TYPES[i].type;
    }
  }
  return 0;
}

void mu_dns_type_text(int type, char out[MU_DNS_TYPE_TEXT]) {
  (void)snprintf(out, MU_DNS_TYPE_TEXT, "TYPE%u", (unsigned)type & 0xffffU);
  for (size_t i = 0; i < MU_LEN(TYPES); i++) {
    if (TYPES[i].type == type) {
      (void)snprintf(out, MU_DNS_TYPE_TEXT, "%s", TYPES[i].text);
    }
  }
}

const char *mu_dns_rcode_text(int rcode) {
  static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                      "NXDOMAIN", "NOTIMP",  "REFUSED"};
  return rcode >= 0 && (size_t)rcode < MU_LEN(names) ? names[rcode] : "OTHER";
}

/* ---- making a query ---- */

/* One character of a name as people write it: "\." and "\046" stand for themselves. False: a
 * backslash with nothing sensible. */
static bool read_char(const char **at, unsigned *c, bool *escaped) {
  const char *p = *at;
  *escaped = *p == '\\';
  if (!*escaped) {
    *c = (unsigned char)*p;
    *at = p + 1;
    return true;
  }
  if (p[1] >= '0' && p[1] <= '9') {
    if (!(p[2] >= '0' && p[2] <= '9' && p[3] >= '0' && p[3] <= '9')) {
      return false;
    }
    *c = (unsigned)(p[1] - '0') * 100 + (unsigned)(p[2] - '0') * 10 + (unsigned)(p[3] - '0');
    *at = p + 4;
    return *c <= 255;
  }
  *c = (unsigned char)p[1];
  *at = p + 2;
  return p[1] != '\0';
}

static int encode_name(const char *name, unsigned char out[MAX_NAME], size_t *out_n) {
  size_t n = 1, label = 0; /* label: where the current one's length stands */
  out[0] = 0;
  if (strcmp(name, ".") == 0) {
    *out_n = 1;
    return 0;
  }
  while (*name) {
    unsigned c = 0;
    bool escaped = false;
    if (!read_char(&name, &c, &escaped)) {
      return -1;
    }
    if (c == '.' && !escaped) {
      if (out[label] == 0) {
        return -1; /* an empty label */
      }
      if (*name == '\0') {
        break; /* the last dot */
      }
      label = n;
      c = 0;
    } else if (++out[label] > MAX_LABEL) {
      return -1;
    }
    if (n + 1 >= MAX_NAME) {
      return -1;
    }
    out[n++] = (unsigned char)c;
  }
  if (out[label] == 0) {
    return -1;
  }
  out[n++] = 0;
  *out_n = n;
  return 0;
}

static void put16(unsigned char *at, unsigned value) {
  at[0] = (unsigned char)(value >> 8);
  at[1] = (unsigned char)value;
}

void mu_dns_set_id(struct mu_dns_query *query, unsigned id) {
  put16(query->bytes, id & 0xffff);
}

int mu_dns_encode(const struct mu_dns_question *question, struct mu_dns_query *out,
                  struct mu_err *err) {
  unsigned char name[MAX_NAME];
  size_t n = 0;
  if (encode_name(question->name, name, &n) != 0) {
    MU_STR(safe, MU_ERR_MAX);
    mu_str_add_safe(&safe, question->name, strlen(question->name));
    return mu_fail(err, MU_E_INPUT, "\"%s\" is no DNS name", mu_str_get(&safe));
  }
  *out = (struct mu_dns_query){.n = HEADER + n + 4};
  out->bytes[2] = question->recurse ? 1 : 0;
  put16(out->bytes + 4, 1); /* one question */
  memcpy(out->bytes + HEADER, name, n);
  put16(out->bytes + HEADER + n, (unsigned)question->type);
  put16(out->bytes + HEADER + n + 2, 1); /* IN */
  return 0;
}

static unsigned char lower(unsigned char c) {
  return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

bool mu_dns_answers(const struct mu_dns_query *query, const unsigned char *message, size_t n) {
  if (n < query->n || memcmp(message, query->bytes, 2) != 0 || !(message[2] & 0x80) ||
      message[4] != 0 || message[5] != 1) {
    return false;
  }
  for (size_t i = HEADER; i < query->n;
       i++) { /* the question comes back uncompressed; case may differ */
    if (lower(message[i]) != lower(query->bytes[i])) {
      return false;
    }
  }
  return true;
}

/* ---- reading a message ---- */

struct reader {
  const unsigned char *bytes;
  size_t n, at;
  struct mu_arena *arena;
};

static unsigned get16(const struct reader *r, size_t at) {
  return (unsigned)r->bytes[at] << 8 | r->bytes[at + 1];
}

static int64_t get32(const struct reader *r, size_t at) {
  return (int64_t)get16(r, at) << 16 | (int64_t)get16(r, at + 2);
}

static void add_label(struct mu_str *out, const unsigned char *label, size_t n) {
  for (size_t i = 0; i < n; i++) {
    unsigned char c = label[i];
    if (c <= 0x20 || c >= 0x7f) {
      mu_str_addf(out, "\\%03u", c);
    } else {
      mu_str_add(out, strchr(".\\\"();@$", c) ? "\\" : "");
      mu_str_addc(out, (char)c);
    }
  }
}

/* The name at *at, moved behind it. `limit`: a pointer must go below where the name (or the last
 * jump) began. */
static int read_name(const struct reader *r, size_t *at, struct mu_str *out) {
  size_t here = *at, limit = *at, length = 1;
  bool jumped = false;
  for (;;) {
    if (here >= r->n) {
      return -1;
    }
    unsigned char n = r->bytes[here];
    if (n >= 0xc0) {
      if (here + 2 > r->n) {
        return -1;
      }
      size_t to = get16(r, here) & 0x3fff;
      *at = jumped ? *at : here + 2;
      jumped = true;
      if (to >= limit) {
        return -1;
      }
      here = limit = to;
      continue;
    }
    length += (size_t)n + 1;
    if (n > MAX_LABEL || length > MAX_NAME + 1 || here + 1 + n > r->n) {
      return -1;
    }
    if (n == 0) {
      *at = jumped ? *at : here + 1;
      mu_str_add(out, out->n == 0 ? "." : "");
      return 0;
    }
    mu_str_add(out, out->n == 0 ? "" : ".");
    add_label(out, r->bytes + here + 1, n);
    here += (size_t)n + 1;
  }
}

/* A name inside a record's data, appended to what stands there already. It must end within the
 * data. */
static int add_name(const struct reader *r, size_t *at, size_t end, struct mu_str *out) {
  MU_STR(name, 4 * MAX_NAME + 1);
  if (read_name(r, at, &name) != 0 || *at > end) {
    return -1;
  }
  mu_str_add(out, out->n > 0 ? " " : "");
  mu_str_add(out, mu_str_get(&name));
  return 0;
}

static int add_address(const struct reader *r, int family, size_t want, size_t at, size_t end,
                       struct mu_str *out) {
  char text[INET6_ADDRSTRLEN];
  if (end - at != want || !inet_ntop(family, r->bytes + at, text, sizeof text)) {
    return -1;
  }
  mu_str_add(out, text);
  return 0;
}

static int add_strings(const struct reader *r, size_t at, size_t end, struct mu_str *out) {
  while (at < end) {
    size_t n = r->bytes[at];
    if (at + 1 + n > end) {
      return -1;
    }
    mu_str_addn(out, r->bytes + at + 1, n);
    at += n + 1;
  }
  return 0;
}

static int add_soa(const struct reader *r, size_t at, size_t end, struct mu_str *out) {
  if (add_name(r, &at, end, out) != 0 || add_name(r, &at, end, out) != 0 || end - at != 20) {
    return -1;
  }
  for (; at < end; at += 4) {
    mu_str_addf(out, " %lld", (long long)get32(r, at));
  }
  return 0;
}

static int read_data(const struct reader *r, int type, size_t at, size_t end, struct mu_str *out) {
  switch (type) {
  case MU_DNS_A:
    return add_address(r, AF_INET, 4, at, end, out);
  case MU_DNS_AAAA:
    return add_address(r, AF_INET6, 16, at, end, out);
  case MU_DNS_NS:
  case MU_DNS_CNAME:
    return add_name(r, &at, end, out) == 0 && at == end ? 0 : -1;
  case MU_DNS_MX:
    if (end - at < 3) {
      return -1;
    }
    mu_str_addf(out, "%u", get16(r, at));
    at += 2;
    return add_name(r, &at, end, out) == 0 && at == end ? 0 : -1;
  case MU_DNS_TXT:
    return add_strings(r, at, end, out);
  case MU_DNS_SOA:
    return add_soa(r, at, end, out);
  default:
    return 0;
  }
}

static int read_record(struct reader *r, struct mu_dns_record *out) {
  MU_STR(name, 4 * MAX_NAME + 1);
  MU_STR(data, MAX_TEXT);
  if (read_name(r, &r->at, &name) != 0 || r->n - r->at < 10) {
    return -1;
  }
  out->type = (int)get16(r, r->at);
  out->ttl_s = get32(r, r->at + 4);
  if (out->ttl_s > INT32_MAX) { /* RFC 2181, 8: the top bit set means zero */
    out->ttl_s = 0;
  }
  size_t size = get16(r, r->at + 8);
  size_t from = r->at + 10;
  if (r->n - from < size || read_data(r, out->type, from, from + size, &data) != 0) {
    return -1;
  }
  r->at = from + size;
  out->name = mu_str_copy(&name, r->arena);
  out->data = mu_str_copy(&data, r->arena);
  out->data_n = data.n;
  return 0;
}

static int read_questions(struct reader *r, unsigned n) {
  for (unsigned i = 0; i < n; i++) {
    MU_STR(name, 4 * MAX_NAME + 1);
    if (read_name(r, &r->at, &name) != 0 || r->n - r->at < 4) {
      return -1;
    }
    r->at += 4;
  }
  return 0;
}

/* The records of a truncated message may end anywhere: what is whole counts. */
static int read_records(struct reader *r, struct mu_dns_answer *answer, struct mu_err *err) {
  struct mu_dns_record *records = NULL;
  size_t n = 0, cap = 0;
  for (unsigned section = MU_DNS_ANSWER; section <= MU_DNS_ADDITIONAL; section++) {
    unsigned count = get16(r, 6 + 2 * (size_t)section);
    for (unsigned i = 0; i < count; i++) {
      struct mu_dns_record record = {.section = (enum mu_dns_section)section};
      if (n == MAX_RECORDS) {
        return mu_fail(err, MU_E_LIMIT, "a DNS answer of more than %d records", (int)MAX_RECORDS);
      }
      if (read_record(r, &record) != 0) {
        answer->records = records;
        answer->n = n;
        return answer->truncated ? 0 : mu_fail(err, MU_E_REMOTE, "a malformed DNS answer");
      }
      records = mu_arena_grow(r->arena, records, n, &cap, sizeof *records);
      records[n++] = record;
    }
  }
  answer->records = records;
  answer->n = n;
  return 0;
}

int mu_dns_decode(const unsigned char *message, size_t n, struct mu_arena *arena,
                  struct mu_dns_answer *answer, struct mu_err *err) {
  struct reader r = {message, n, HEADER, arena};
  struct mu_dns_answer got = {0};
  if (n < HEADER || !(message[2] & 0x80)) {
    return mu_fail(err, MU_E_REMOTE, "not a DNS answer");
  }
  got.authoritative = message[2] & 0x04;
  got.truncated = message[2] & 0x02;
  got.recursion_available = message[3] & 0x80;
  got.rcode = message[3] & 0x0f;
  if (read_questions(&r, get16(&r, 4)) != 0) {
    return mu_fail(err, MU_E_REMOTE, "a malformed DNS answer");
  }
  if (read_records(&r, &got, err) != 0) {
    return -1;
  }
  *answer = got;
  return 0;
}
