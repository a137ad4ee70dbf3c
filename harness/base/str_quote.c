/* SPDX-License-Identifier: Apache-2.0 */
/* Quoting for the four places where text of others ends up: JSON (RFC 8259), XML 1.0 and HTML, a
 * POSIX shell, a terminal. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

static void json_control(struct mu_str *s, uint32_t c) {
  static const char letters[] = {
      ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
  if (c < sizeof letters && letters[c]) {
    mu_str_addf(s, "\\%c", letters[c]);
  } else {
    mu_str_addf(s, "\\u%04x", (unsigned)c);
  }
}

/* What a format does not escape is most of what is ever written. */
static bool is_plain_json(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static bool is_plain_xml(char c) {
  return c >= 0x20 && c < 0x7F && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
}

/* How many bytes at the beginning are plain; eight at a time, by the usual tricks for "has a byte
 * below", "has this byte" and "has a high bit". */
static size_t plain_json(const char *text, size_t n) {
  static const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
  size_t i = 0;
  for (; n - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
    uint64_t w = 0;
    memcpy(&w, text + i, sizeof w);
    uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
    uint64_t below = (w - ones * 0x20) | (quote - ones) | (slash - ones), above = w | (w + ones);
    if ((below | above) & high) {
      break;
    }
  }
  while (i < n && is_plain_json(text[i])) {
    i++;
  }
  return i;
}

void mu_str_add_json(struct mu_str *s, const char *text, size_t n) {
  size_t i = plain_json(text, n);
  char *room = i == n && n < SIZE_MAX - 2 ? mu_str_room(s, n + 2) : NULL;
  if (room) { /* nearly always */
    room[0] = '"';
    memcpy(room + 1, text, n);
    room[n + 1] = '"';
    return;
  }
  mu_str_addc(s, '"');
  size_t from = 0; /* plain runs are copied in one go */
  while (i < n) {
    if (is_plain_json(text[i])) {
      i += plain_json(text + i, n - i);
      continue;
    }
    uint32_t c = 0;
    size_t len = mu_utf8_next(text + i, n - i, &c);
    bool plain = len > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7F;
    if (plain) {
      i += len;
      continue;
    }
    mu_str_addn(s, text + from, i - from);
    if (len == 0) {
      mu_str_add(s, replacement);
      len = 1;
    } else if (c == '"' || c == '\\') {
      mu_str_addf(s, "\\%c", (char)c);
    } else {
      json_control(s, c);
    }
    i += len;
    from = i;
  }
  mu_str_addn(s, text + from, n - from);
  mu_str_addc(s, '"');
}

/* Length of the terminal escape sequence (ECMA-48) at text[0] == ESC, at least 1. */
static size_t escape_length(const char *text, size_t n) {
  if (n < 2) {
    return n;
  }
  size_t i = 2;
  if (text[1] == '[') { /* CSI: parameters, intermediates, one final byte */
    while (i < n && text[i] >= 0x20 && text[i] <= 0x3F) {
      i++;
    }
    return i < n && text[i] >= 0x40 && text[i] <= 0x7E ? i + 1 : i;
  }
  if (text[1] == ']') { /* OSC: up to BEL or ESC \ */
    while (i < n && text[i] != '\a' && text[i] != '\x1b') {
      i++;
    }
    bool st = i + 1 < n && text[i] == '\x1b' && text[i + 1] == '\\';
    return st ? i + 2 : i < n && text[i] == '\a' ? i + 1 : i;
  }
  return text[1] >= 0x40 && text[1] <= 0x5F ? 2 : 1;
}

void mu_str_add_xml(struct mu_str *s, const char *text, size_t n) {
  for (size_t i = 0; i < n;) {
    size_t plain = i;
    while (plain < n && is_plain_xml(text[plain])) {
      plain++;
    }
    if (plain > i) {
      mu_str_addn(s, text + i, plain - i);
      i = plain;
      continue;
    }
    uint32_t c = 0;
    size_t len = mu_utf8_next(text + i, n - i, &c);
    if (len == 0) {
      mu_str_add(s, replacement);
      i++;
      continue;
    }
    if (c == 0x1B) {
      i += escape_length(text + i, n - i);
      continue;
    }
    bool allowed = (c >= 0x20 && c != 0xFFFE && c != 0xFFFF) || c == '\t' || c == '\n' || c == '\r';
    if (c == '&') {
      mu_str_add(s, "&amp;");
    } else if (c == '<') {
      mu_str_add(s, "&lt;");
    } else if (c == '>') {
      mu_str_add(s, "&gt;");
    } else if (c == '"') {
      mu_str_add(s, "&quot;");
    } else if (c == '\'') {
      mu_str_add(s, "&#39;");
    } else if (allowed) {
      mu_str_addn(s, text + i, len);
    }
    i += len;
  }
}

void mu_str_add_shell(struct mu_str *s, const char *text) {
  static const char safe[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  if (*text && text[strspn(text, safe)] == '\0') {
    mu_str_add(s, text);
    return;
  }
  mu_str_addc(s, '\'');
  for (; *text; text++) {
    if (*text == '\'') {
      mu_str_add(s, "'\\''");
    } else {
      mu_str_addc(s, *text);
    }
  }
  mu_str_addc(s, '\'');
}

/* Characters that steer instead of show: C0, DEL, C1, and the ones that turn the writing
 * direction. */
static bool steers(uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void mu_str_add_safe(struct mu_str *s, const char *text, size_t n) {
  for (size_t i = 0; i < n;) {
    uint32_t c = 0;
    size_t len = mu_utf8_next(text + i, n - i, &c);
    if (len > 0 && !steers(c)) {
      mu_str_addn(s, text + i, len);
      i += len;
      continue;
    }
    for (size_t end = i + (len ? len : 1); i < end; i++) {
      mu_str_addf(s, "\\x%02x", (unsigned)(unsigned char)text[i]);
    }
  }
}

void mu_str_add_base64(struct mu_str *s, const void *bytes, size_t n) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *at = bytes;
  for (size_t i = 0; i < n; i += 3) {
    uint32_t three = (uint32_t)at[i] << 16;
    three |= i + 1 < n ? (uint32_t)at[i + 1] << 8 : 0;
    three |= i + 2 < n ? at[i + 2] : 0;
    mu_str_addc(s, digits[three >> 18]);
    mu_str_addc(s, digits[three >> 12 & 63]);
    mu_str_addc(s, i + 1 < n ? digits[three >> 6 & 63] : '=');
    mu_str_addc(s, i + 2 < n ? digits[three & 63] : '=');
  }
}
