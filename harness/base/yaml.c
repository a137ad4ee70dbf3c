/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events straight into JSON text. No tree, no recursion: a stack of the containers that
 * are open. */
#include "base/yaml.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/err.h"
#include "base/str.h"

enum { DEPTH = 64, EVENTS = 200000, TEXT_MAX_BYTES = 4 << 20 };

/* An open container: a mapping that waits for a key or a value, or a sequence. `tagged`: one more
 * brace to close behind it. */
struct level {
  bool mapping, value, tagged, any;
};

struct writer {
  yaml_parser_t parser;
  struct mu_str *out;
  struct level open[DEPTH];
  size_t depth;
  size_t documents;
  struct mu_err *err;
};

static int refuse(struct writer *w, enum mu_errc code, const char *what) {
  return mu_fail(w->err, code, "line %zu: %s", w->parser.mark.line + 1, what);
}

/* Would some YAML, of 1.1 or 1.2, read this plain scalar as anything but a string? */
static bool plain_string(const char *text, size_t n) {
  static const char *const words[] = {"y", "n", "yes", "no", "true", "false", "on", "off", "null"};
  if (n == 0 || strchr("0123456789+-.~=<", text[0])) {
    return false;
  }
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strlen(words[i]) == n && strncasecmp(text, words[i], n) == 0) {
      return false;
    }
  }
  return true;
}

/* What stands in front of a value or key: the comma, or the colon. */
static void separate(struct writer *w) {
  struct level *top = w->depth ? &w->open[w->depth - 1] : NULL;
  if (top && top->mapping && top->value) {
    mu_str_addc(w->out, ':');
  } else if (top && top->any) {
    mu_str_addc(w->out, ',');
  }
  if (top) {
    top->any = true;
    top->value = top->mapping && !top->value;
  }
}

static bool awaits_key(const struct writer *w) {
  return w->depth && w->open[w->depth - 1].mapping && !w->open[w->depth - 1].value;
}

static void add_marked(struct writer *w, const char *mark) {
  MU_STR(name, 1024);
  mu_str_addc(&name, '\1');
  mu_str_add(&name, mark);
  mu_str_addc(w->out, '{');
  mu_str_add_json(w->out, mu_str_get(&name), name.n);
  mu_str_addc(w->out, ':');
}

static int scalar(struct writer *w, const yaml_event_t *event) {
  /* libyaml's bytes are unsigned; texts of ours are not */
  const char *text = (const char *)event->data.scalar.value,
             *tag = (const char *)event->data.scalar.tag;
  size_t n = event->data.scalar.length;
  bool key = awaits_key(w);
  bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !plain_string(text, n);
  if (key && tag) {
    return refuse(w, MU_E_UNSUPPORTED, "a key with a tag");
  }
  separate(w);
  if (key) { /* keys are strings in JSON: 2012-10-17 and "2012-10-17" stay apart by the mark */
    MU_STR(name, TEXT_MAX_BYTES);
    mu_str_add(&name, plain ? "\1" : "");
    mu_str_addn(&name, text, n);
    mu_str_add_json(w->out, mu_str_get(&name), name.n);
    return 0;
  }
  if (tag) {
    add_marked(w, tag);
  }
  if (plain) {
    add_marked(w, "");
  }
  mu_str_add_json(w->out, text, n);
  mu_str_add(w->out, plain ? "}" : "");
  mu_str_add(w->out, tag ? "}" : "");
  return 0;
}

static int open_level(struct writer *w, bool mapping, const yaml_char_t *tag) {
  if (awaits_key(w)) {
    return refuse(w, MU_E_UNSUPPORTED, "a key that is no scalar");
  }
  if (w->depth == DEPTH) {
    return refuse(w, MU_E_LIMIT, "nested too deeply");
  }
  separate(w);
  if (tag) {
    add_marked(w, (const char *)tag);
  }
  w->open[w->depth++] = (struct level){.mapping = mapping, .tagged = tag != NULL};
  mu_str_addc(w->out, mapping ? '{' : '[');
  return 0;
}

static void close_level(struct writer *w, char bracket) {
  mu_str_addc(w->out, bracket);
  mu_str_add(w->out, w->open[--w->depth].tagged ? "}" : "");
}

static int one_event(struct writer *w, const yaml_event_t *event) {
  switch (event->type) {
  case YAML_DOCUMENT_START_EVENT:
    return ++w->documents > 1 ? refuse(w, MU_E_INPUT, "more than one document") : 0;
  case YAML_ALIAS_EVENT:
    return refuse(w, MU_E_UNSUPPORTED, "an alias");
  case YAML_SCALAR_EVENT:
    return event->data.scalar.anchor ? refuse(w, MU_E_UNSUPPORTED, "an anchor") : scalar(w, event);
  case YAML_SEQUENCE_START_EVENT:
    return event->data.sequence_start.anchor ? refuse(w, MU_E_UNSUPPORTED, "an anchor")
                                             : open_level(w, false, event->data.sequence_start.tag);
  case YAML_MAPPING_START_EVENT:
    return event->data.mapping_start.anchor ? refuse(w, MU_E_UNSUPPORTED, "an anchor")
                                            : open_level(w, true, event->data.mapping_start.tag);
  case YAML_SEQUENCE_END_EVENT:
    close_level(w, ']');
    return 0;
  case YAML_MAPPING_END_EVENT:
    close_level(w, '}');
    return 0;
  default:
    return 0;
  }
}

static int all_events(struct writer *w) {
  for (size_t i = 0; i < EVENTS; i++) {
    yaml_event_t event;
    if (!yaml_parser_parse(&w->parser, &event)) {
      return refuse(w, MU_E_INPUT, w->parser.problem ? w->parser.problem : "no YAML");
    }
    bool end = event.type == YAML_STREAM_END_EVENT;
    int rc = one_event(w, &event);
    yaml_event_delete(&event);
    if (rc != 0 || end) {
      return rc;
    }
    if (w->out->failed) {
      break;
    }
  }
  return refuse(w, MU_E_LIMIT, "too large");
}

int mu_yaml_json(const char *text, size_t n, struct mu_str *out, struct mu_err *err) {
  struct writer w = {.out = out, .err = err};
  if (n > TEXT_MAX_BYTES) {
    return mu_fail(err, MU_E_LIMIT, "more than %d bytes of YAML", (int)TEXT_MAX_BYTES);
  }
  if (!yaml_parser_initialize(&w.parser)) {
    MU_BUG("out of memory");
  }
  yaml_parser_set_input_string(&w.parser, (const unsigned char *)text, n);
  int rc = all_events(&w);
  yaml_parser_delete(&w.parser);
  return rc == 0 && w.documents != 1 ? mu_fail(err, MU_E_INPUT, "no document") : rc;
}
