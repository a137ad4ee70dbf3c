/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping, one function a context. Every string of a record is hostile: answers of servers, names
 * of resources, lines of programs. Reports write such text through these functions and in no other
 * way. All of them append to `out`. */
#ifndef REPORTS_ESCAPE_H
#define REPORTS_ESCAPE_H

#include <stddef.h>

struct mu_str;

/* A text node never grows beyond this: readers of JUnit and browsers drop or choke on larger
 * ones. */
enum { MU_ESCAPE_MAX = 64 << 10 };

/* Text between tags of XML 1.0 or HTML. Invalid UTF-8 becomes U+FFFD, terminal sequences and
 * characters that XML forbids go, characters that turn the writing direction become their names,
 * and the middle of what is too long is cut, and said so. */
void mu_escape_text(struct mu_str *out, const char *text);
/* The same between double quotes of an attribute; line breaks and tabs as character references, so
 * that a parser keeps them. */
void mu_escape_attr(struct mu_str *out, const char *text);
/* One line of a terminal or a log: line breaks and tabs as one space, all else that steers as
 * \xNN. */
void mu_escape_line(struct mu_str *out, const char *text);
/* Inline text of GitHub-flavoured Markdown, also inside a table cell. */
void mu_escape_markdown(struct mu_str *out, const char *text);
/* A label value of OpenMetrics, without the quotes. */
void mu_escape_label(struct mu_str *out, const char *text);
/* The message, or with `property` set a property, of a GitHub workflow command. */
void mu_escape_command(struct mu_str *out, const char *text, int property);

/* As much of a text as fits in so many columns of a terminal, with an ellipsis in the last one
 * where something was cut (0: no limit); in `arena`. */
struct mu_arena;
char *mu_escape_clip(struct mu_arena *arena, const char *text, size_t columns);
size_t mu_escape_columns(const char *text, size_t n); /* what it takes on a terminal */

#endif
