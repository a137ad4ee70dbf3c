/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/xml.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"

enum { MAX_NAME = 128, MAX_SEGMENT = 160 };

struct reader {
  const char *start, *at, *end;
  struct mu_arena *arena;
  struct mu_err *err;
  struct mu_xml_node *open[MU_XML_DEPTH + 1]; /* the document first */
  struct mu_xml_node *last[MU_XML_DEPTH + 1]; /* the last child of each */
  size_t depth, nodes;
  struct mu_str text;
};

static int wrong(struct reader *r, const char *what) {
  return mu_fail(r->err, MU_E_INPUT, "XML at byte %zu: %s", (size_t)(r->at - r->start), what);
}

static bool at_word(const struct reader *r, const char *word) {
  size_t n = strlen(word);
  return (size_t)(r->end - r->at) >= n && memcmp(r->at, word, n) == 0;
}

/* Moves behind the next occurrence of `word`. */
static int skip_past(struct reader *r, const char *word) {
  for (; r->at < r->end; r->at++) {
    if (at_word(r, word)) {
      r->at += strlen(word);
      return 0;
    }
  }
  return wrong(r, "it ends in the middle");
}

static void add_utf8(struct mu_str *out, uint64_t c) {
  if (c < 0x80) {
    mu_str_addc(out, (char)c);
  } else if (c < 0x800) {
    mu_str_addc(out, (char)(0xc0 | c >> 6));
    mu_str_addc(out, (char)(0x80 | (c & 0x3f)));
  } else if (c < 0x10000) {
    mu_str_addc(out, (char)(0xe0 | c >> 12));
    mu_str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
    mu_str_addc(out, (char)(0x80 | (c & 0x3f)));
  } else {
    mu_str_addc(out, (char)(0xf0 | c >> 18));
    mu_str_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
    mu_str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
    mu_str_addc(out, (char)(0x80 | (c & 0x3f)));
  }
}

/* "&#10;" and "&#xA;": `digits` behind the '#'. */
static bool add_character(struct mu_str *out, const char *digits) {
  uint64_t c = 0;
  unsigned base = digits[0] == 'x' ? 16 : 10;
  digits += base == 16 ? 1 : 0;
  if (!*digits) {
    return false;
  }
  for (; *digits; digits++) {
    static const char hex[] = "0123456789abcdef";
    char low = *digits >= 'A' && *digits <= 'F' ? (char)(*digits - 'A' + 'a') : *digits;
    const char *found = strchr(hex, low);
    if (!found || (unsigned)(found - hex) >= base) {
      return false;
    }
    c = c * base + (uint64_t)(found - hex);
    if (c > 0x10ffff) {
      return false;
    }
  }
  if (c == 0 || (c >= 0xd800 && c <= 0xdfff)) {
    return false;
  }
  add_utf8(out, c);
  return true;
}

static int read_entity(struct reader *r) {
  static const struct {
    const char *name, *text;
  } known[] = {{"lt", "<"}, {"gt", ">"}, {"amp", "&"}, {"quot", "\""}, {"apos", "'"}};
  char name[12];
  size_t room = (size_t)(r->end - r->at);
  const char *stop = memchr(r->at, ';', room < sizeof name ? room : sizeof name);
  if (!stop) {
    return wrong(r, "'&' that is no entity");
  }
  size_t n = (size_t)(stop - r->at) - 1;
  memcpy(name, r->at + 1, n);
  name[n] = '\0';
  for (size_t i = 0; i < MU_LEN(known); i++) {
    if (strcmp(name, known[i].name) == 0) {
      mu_str_add(&r->text, known[i].text);
      r->at = stop + 1;
      return 0;
    }
  }
  if (name[0] != '#' || !add_character(&r->text, name + 1)) {
    return wrong(r, "unknown entity");
  }
  r->at = stop + 1;
  return 0;
}

static int read_text(struct reader *r) {
  while (r->at < r->end && *r->at != '<') {
    if (*r->at == '&') {
      if (read_entity(r) != 0) {
        return -1;
      }
      continue;
    }
    size_t n = 0;
    while (r->at + n < r->end && r->at[n] != '<' && r->at[n] != '&') {
      n++;
    }
    mu_str_addn(&r->text, r->at, n);
    r->at += n;
  }
  return 0;
}

static int read_cdata(struct reader *r) {
  r->at += strlen("<![CDATA[");
  const char *from = r->at;
  if (skip_past(r, "]]>") != 0) {
    return -1;
  }
  mu_str_addn(&r->text, from, (size_t)(r->at - from) - 3);
  return 0;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The local name at r->at: a namespace prefix is left out. */
static int read_name(struct reader *r, const char **name, size_t *name_n) {
  const char *from = r->at;
  while (r->at < r->end && !is_blank(*r->at) && !strchr("/>=<&", *r->at)) {
    if (*r->at == ':') {
      from = r->at + 1;
    }
    r->at++;
  }
  *name = from;
  *name_n = (size_t)(r->at - from);
  return *name_n > 0 && *name_n < MAX_NAME ? 0 : wrong(r, "a name was expected");
}

static void close_element(struct reader *r) {
  struct mu_xml_node *node = r->open[r->depth];
  if (!node->first) {
    node->text = mu_str_copy(&r->text, r->arena);
  }
  mu_str_clear(&r->text);
  r->depth--;
}

/* Attributes, up to and with '>' or "/>". */
static int skip_attributes(struct reader *r, bool *empty) {
  char quote = '\0', before = '\0';
  for (; r->at < r->end; r->at++) {
    char c = *r->at;
    if (quote) {
      quote = c == quote ? '\0' : quote;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '<') {
      return wrong(r, "'<' inside a tag");
    } else if (c == '>') {
      *empty = before == '/';
      r->at++;
      return 0;
    }
    before = c;
  }
  return wrong(r, "it ends in the middle");
}

static int open_element(struct reader *r) {
  const char *name = NULL;
  size_t name_n = 0;
  bool empty = false;
  r->at++;
  if (read_name(r, &name, &name_n) != 0 || skip_attributes(r, &empty) != 0) {
    return -1;
  }
  if (r->depth == MU_XML_DEPTH || ++r->nodes > MU_XML_NODES) {
    return mu_fail(r->err, MU_E_LIMIT, "XML is deeper than %d levels or has more than %d elements",
                   (int)MU_XML_DEPTH, (int)MU_XML_NODES);
  }
  if (r->depth == 0 && r->open[0]->first) {
    return wrong(r, "a second root element");
  }
  struct mu_xml_node *parent = r->open[r->depth];
  struct mu_xml_node *node = mu_arena_alloc(r->arena, sizeof *node);
  *node = (struct mu_xml_node){mu_arena_strn(r->arena, name, name_n), "", parent, NULL, NULL};
  if (parent->first) {
    r->last[r->depth]->next = node;
  } else {
    parent->first = node;
  }
  r->last[r->depth] = node;
  r->depth++;
  r->open[r->depth] = node;
  mu_str_clear(&r->text);
  if (empty) {
    close_element(r);
  }
  return 0;
}

static int end_element(struct reader *r) {
  const char *name = NULL;
  size_t name_n = 0;
  r->at += 2;
  if (read_name(r, &name, &name_n) != 0) {
    return -1;
  }
  while (r->at < r->end && is_blank(*r->at)) {
    r->at++;
  }
  const struct mu_xml_node *node = r->open[r->depth];
  bool same = r->depth > 0 && strlen(node->name) == name_n && memcmp(node->name, name, name_n) == 0;
  if (!same || r->at == r->end || *r->at != '>') {
    return wrong(r, "an end tag that does not fit");
  }
  r->at++;
  close_element(r);
  return 0;
}

static int read_markup(struct reader *r) {
  if (at_word(r, "<!--")) {
    return skip_past(r, "-->");
  }
  if (at_word(r, "<?")) {
    return skip_past(r, "?>");
  }
  if (at_word(r, "<![CDATA[")) {
    return r->depth > 0 ? read_cdata(r) : wrong(r, "text outside the root element");
  }
  if (at_word(r, "<!")) {
    return wrong(r, "declarations are refused");
  }
  return at_word(r, "</") ? end_element(r) : open_element(r);
}

static int read_all(struct reader *r) {
  while (r->at < r->end) {
    if (*r->at == '<') {
      if (read_markup(r) != 0) {
        return -1;
      }
    } else if (r->depth > 0) {
      if (read_text(r) != 0) {
        return -1;
      }
    } else if (is_blank(*r->at)) {
      r->at++;
    } else {
      return wrong(r, "text outside the root element");
    }
  }
  if (r->depth > 0 || !r->open[0]->first) {
    return wrong(r, "it ends in the middle");
  }
  return 0;
}

int mu_xml_parse(const char *text, size_t n, struct mu_arena *arena,
                 const struct mu_xml_node **document, struct mu_err *err) {
  if (n > MU_XML_MAX) {
    return mu_fail(err, MU_E_LIMIT, "XML of %zu bytes is over the cap of %d", n, (int)MU_XML_MAX);
  }
  if (memchr(text, '\0', n)) {
    return mu_fail(err, MU_E_INPUT, "XML with a NUL byte");
  }
  struct reader r = {.start = text,
                     .at = text,
                     .end = text + n,
                     .arena = arena,
                     .err = err,
                     .text = MU_STR_INIT(MU_XML_MAX)};
  if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
    r.at += 3;
  }
  r.open[0] = mu_arena_alloc(arena, sizeof *r.open[0]);
  *r.open[0] = (struct mu_xml_node){"", "", NULL, NULL, NULL};
  int result = read_all(&r);
  mu_str_done(&r.text);
  if (result == 0) {
    *document = r.open[0];
  }
  return result;
}

const struct mu_xml_node *mu_xml_child(const struct mu_xml_node *node, const char *name) {
  const struct mu_xml_node *child = node ? node->first : NULL;
  while (child && name && strcmp(child->name, name) != 0) {
    child = child->next;
  }
  return child;
}

const struct mu_xml_node *mu_xml_again(const struct mu_xml_node *node) {
  const struct mu_xml_node *next = node ? node->next : NULL;
  while (next && strcmp(next->name, node->name) != 0) {
    next = next->next;
  }
  return next;
}

/* "Contents[3]": cuts the index off. */
static int cut_index(char *segment, int64_t *index) {
  char *bracket = strchr(segment, '[');
  *index = 0;
  if (!bracket) {
    return 0;
  }
  size_t n = strlen(bracket);
  if (bracket[n - 1] != ']') {
    return -1;
  }
  bracket[n - 1] = '\0';
  *bracket = '\0';
  return mu_num_parse_i64(bracket + 1, index) == 0 && *index >= 0 ? 0 : -1;
}

const struct mu_xml_node *mu_xml_path(const struct mu_xml_node *node, const char *path) {
  while (node && *path) {
    char segment[MAX_SEGMENT];
    size_t n = strcspn(path, "/");
    int64_t index = 0;
    if (n == 0 || n >= sizeof segment) {
      return NULL;
    }
    memcpy(segment, path, n);
    segment[n] = '\0';
    path += n;
    path += *path == '/' ? 1 : 0;
    if (cut_index(segment, &index) != 0) {
      return NULL;
    }
    node = mu_xml_child(node, segment);
    for (; node && index > 0; index--) {
      node = mu_xml_again(node);
    }
  }
  return node;
}

const char *mu_xml_str(const struct mu_xml_node *node, const char *path, const char *otherwise) {
  const struct mu_xml_node *found = mu_xml_path(node, path);
  return found ? found->text : otherwise;
}
