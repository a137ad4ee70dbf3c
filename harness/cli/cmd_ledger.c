/* SPDX-License-Identifier: Apache-2.0 */
/* muster ledger: the hash chain, evidence bundles, merging. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "cli/app.h"
#include "ledger/ledger.h"

struct options {
  const char *bundle, *file;
  struct mu_opt_list anchors;
};

static const struct mu_opt options[] = {
    {"bundle", 0, MU_OPT_STR, offsetof(struct options, bundle), "FOLDER", NULL,
     "verify: an exported bundle instead of a ledger"},
    {"ledger", 0, MU_OPT_STR, offsetof(struct options, file), "FILE", NULL,
     "this ledger file instead of the config's; it is opened read-only to verify and list"},
    {"anchor", 0, MU_OPT_LIST, offsetof(struct options, anchors), "TEXT", NULL,
     "verify: an end of the chain that was kept elsewhere; may be given again"},
    {NULL, 0, MU_OPT_FLAG, 0, NULL, NULL, NULL},
};

static int open_readonly(struct mu_app *app, const struct options *opts) {
  struct mu_err err = {0};
  const char *path = opts->file;
  if (!path) {
    int status = mu_app_config(app);
    if (status) {
      return status;
    }
    path = app->config->ledger;
  }
  if (!path) {
    (void)mu_fail(&err, MU_E_USAGE, "the config names no ledger; name one with --ledger");
    return mu_app_error(app, &err);
  }
  return mu_ledger_open_readonly(path, &app->ledger, &err) == 0 ? 0 : mu_app_error(app, &err);
}

static int say_verified(const struct mu_verify *verify, bool partial, const char *what) {
  MU_STR(text, 4096);
  if (verify->ok) {
    mu_str_addf(
        &text, "%s verifies%s: %lld chains, %lld entries, %lld journal rows, %lld evidence files\n",
        what, partial ? " as far as it goes" : "", (long long)verify->chains,
        (long long)verify->entries, (long long)verify->journal_rows, (long long)verify->artifacts);
  } else {
    mu_str_addf(&text, "%s does NOT verify: %s %lld%s%s%s%s: %s\n", what, verify->where,
                (long long)verify->seq, *verify->run ? ", run " : "", verify->run,
                *verify->drill ? ", drill " : "", verify->drill, verify->what);
  }
  mu_app_print(mu_str_get(&text));
  return verify->ok ? 0 : 1;
}

static int verify(struct mu_app *app, const struct options *opts) {
  struct mu_err err = {0};
  struct mu_verify out = {0};
  bool partial = false;
  if (opts->bundle) {
    return mu_bundle_verify(opts->bundle, app->arena, &out, &partial, &err) == 0
               ? say_verified(&out, partial, opts->bundle)
               : mu_app_error(app, &err);
  }
  struct mu_anchor *anchors = mu_arena_array(app->arena, opts->anchors.n + 1, sizeof *anchors);
  for (size_t i = 0; i < opts->anchors.n; i++) {
    if (mu_anchor_parse(opts->anchors.at[i], &anchors[i], &err) != 0) {
      return mu_app_error(app, &err);
    }
  }
  int status = open_readonly(app, opts);
  if (status) {
    return status;
  }
  if (mu_ledger_verify(app->ledger, anchors, opts->anchors.n, app->arena, &out, &err) != 0) {
    return mu_app_error(app, &err);
  }
  struct mu_anchor end;
  status = say_verified(&out, false, mu_ledger_path(app->ledger));
  if (status == 0 && mu_ledger_anchor(app->ledger, &end, &err) == 0) {
    char text[MU_ANCHOR_TEXT];
    mu_anchor_text(&end, text);
    mu_app_print(mu_arena_fmt(app->arena, "anchor %s\n", text));
  }
  return status;
}

static int list(struct mu_app *app, const struct options *opts) {
  struct mu_err err = {0};
  struct mu_entries entries = {0};
  const struct mu_ledger_filter filter = {.limit = 200};
  int status = open_readonly(app, opts);
  if (status) {
    return status;
  }
  if (mu_ledger_list(app->ledger, &filter, app->arena, &entries, &err) != 0) {
    return mu_app_error(app, &err);
  }
  MU_STR(text, 1 << 20);
  for (size_t i = 0; i < entries.n; i++) {
    const struct mu_entry *entry = &entries.at[i];
    char when[MU_TIME_TEXT];
    mu_time_seconds(entry->started_ms, when);
    mu_str_addf(&text, "%5lld  %s  %s  %-9s %-8s %-12s %s%s%s\n", (long long)entry->seq, entry->run,
                when, entry->class, entry->command, entry->verdict, entry->workload,
                *entry->drill ? "  " : "", entry->drill);
  }
  mu_app_print(mu_str_get(&text));
  return 0;
}

static int export(struct mu_app *app, const struct options *opts, const char *folder,
                  const char *id) {
  struct mu_err err = {0};
  struct mu_entry entry;
  int status = open_readonly(app, opts);
  if (status) {
    return status;
  }
  if (id && mu_ledger_find(app->ledger, id, app->arena, &entry, &err) != 0) {
    return mu_app_error(app, &err);
  }
  if (mu_ledger_export(app->ledger, id ? &entry : NULL, id ? 1 : 0, folder,
                       mu_wall_ms(app->parts->clock), &err) != 0) {
    return mu_app_error(app, &err);
  }
  mu_app_print(mu_arena_fmt(app->arena,
                            "wrote %s; check it anywhere: muster ledger verify --bundle %s\n",
                            folder, folder));
  return 0;
}

static int import(struct mu_app *app, const char *path) {
  struct mu_err err = {0};
  struct mu_import out = {0};
  int status = mu_app_config(app);
  status = status ? status : mu_app_ledger(app);
  if (status) {
    return status;
  }
  if (!app->ledger) {
    (void)mu_fail(&err, MU_E_USAGE, "the config names no ledger to import into");
    return mu_app_error(app, &err);
  }
  if (mu_ledger_import(app->ledger, path, &out, &err) != 0) {
    return mu_app_error(app, &err);
  }
  mu_app_print(mu_arena_fmt(app->arena, "%lld entries added, %lld were here already\n",
                            (long long)out.added, (long long)out.known));
  return 0;
}

static int run(struct mu_app *app, void *raw, const struct mu_opt_list *words) {
  const char *verb = words->n ? words->at[0] : "list";
  const char *first = words->n > 1 ? words->at[1] : NULL,
             *second = words->n > 2 ? words->at[2] : NULL;
  struct mu_err err = {0};
  if (mu_streq(verb, "verify")) {
    return verify(app, raw);
  }
  if (mu_streq(verb, "list")) {
    return list(app, raw);
  }
  if (mu_streq(verb, "export") && first) {
    return export(app, raw, first, second);
  }
  if (mu_streq(verb, "import") && first) {
    return import(app, first);
  }
  (void)mu_fail(&err, MU_E_USAGE,
                "ledger takes verify, list, export FOLDER [RUN] or import FILE|FOLDER, not '%s'",
                verb);
  return mu_app_error(app, &err);
}

const struct mu_command mu_command_ledger = {
    .name = "ledger",
    .summary = "verify the hash chain; export, import and list evidence",
    .words = "verify | list | export FOLDER [RUN] | import FILE|FOLDER",
    .doc = "verify walks the chain of every run, journal and evidence file and names the first "
           "that is wrong; it works on a copy, offline and\n"
           "read-only. export writes a bundle that verifies without the ledger. import merges the "
           "ledgers of other runners.",
    .options = options,
    .options_size = sizeof(struct options),
    .run = run,
};
