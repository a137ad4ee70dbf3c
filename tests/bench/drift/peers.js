// SPDX-License-Identifier: Apache-2.0
// The least that a script would do: parse both, join by address, deep-equal. No masks, no rules: on real files it flags everything.
const fs = require("fs");
const { isDeepStrictEqual } = require("util");
const [plan, state] = process.argv.slice(2).map((name) => JSON.parse(fs.readFileSync(name)));
const actual = new Map();
const walk = (module) => {
  for (const r of module.resources || []) actual.set(r.address, r.values);
  for (const m of module.child_modules || []) walk(m);
};
walk(state.values.root_module);
let differ = 0;
for (const r of plan.resource_changes) if (!isDeepStrictEqual(r.change.after, actual.get(r.address))) differ++;
console.log(differ);
