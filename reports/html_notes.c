/* SPDX-License-Identifier: Apache-2.0 */
/* What few records have: notes of what is no finding, and acknowledgements. */
#include "base/num.h"
#include "base/str.h"
#include "reports/draw.h"
#include "reports/html.h"

static void value_cell(struct mu_html *h, struct mu_html_table *t, const char *json) {
  mu_html_cell(h, t);
  if (json) {
    mu_html_value(h, json);
  }
  mu_html_cell_end(h);
}

static void write_notes(struct mu_html *h) {
  static const char *const columns[] = {"Kind",   "Resource", "Attribute", "Planned",
                                        "Actual", "Rule",     NULL};
  struct mu_html_table t;
  mu_html_section(h, "notes", "What is no finding");
  mu_html_table(h, &t, "Attributes that were looked at and are as they may be, as asked for",
                columns);
  for (size_t i = 0; i < h->run->notes.n; i++) {
    const struct mu_note *note = &h->run->notes.at[i];
    mu_html_row(h, &t, NULL);
    mu_html_cell_text(h, &t, mu_note_kind_text(note->kind));
    mu_html_cell_code(h, &t, note->address);
    mu_html_cell_code(h, &t, note->path);
    value_cell(h, &t, note->planned);
    value_cell(h, &t, note->actual);
    mu_html_cell_text(h, &t, note->rule);
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
  mu_html_raw(h, "</section>\n");
}

static void write_acks(struct mu_html *h) {
  static const char *const columns[] = {"Finding", "Resource", "Attribute", "Owner",
                                        "Until",   "What",     NULL};
  struct mu_html_table t;
  mu_html_section(h, "acks", "Acknowledged");
  mu_html_table(h, &t, h->run->reason ? h->run->reason : "No reason given", columns);
  for (size_t i = 0; i < h->run->acks.n; i++) {
    const struct mu_ack *ack = &h->run->acks.at[i];
    char until[MU_TIME_TEXT];
    mu_time_date(ack->until_ms, until);
    mu_html_row(h, &t, NULL);
    mu_html_cell_code(h, &t, ack->finding);
    mu_html_cell_code(h, &t, ack->subject);
    mu_html_cell_code(h, &t, ack->path);
    mu_html_cell_text(h, &t, ack->owner);
    mu_html_cell_text(h, &t, until);
    mu_html_cell_text(h, &t, mu_draw_ack(ack));
    mu_html_row_end(h);
  }
  mu_html_table_end(h);
  mu_html_raw(h, "</section>\n");
}

void mu_html_notes(struct mu_html *h) {
  if (h->run->acks.n) {
    write_acks(h);
  }
  if (h->run->notes.n) {
    write_notes(h);
  }
}
