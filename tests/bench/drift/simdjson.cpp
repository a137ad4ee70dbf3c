// SPDX-License-Identifier: Apache-2.0
// A bare parse of the two files by simdjson, nothing looked at: the floor.
#include <simdjson.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    auto text = simdjson::padded_string::load(argv[i]);
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (text.error() || parser.parse(text.value()).get(root)) {
      return 1;
    }
  }
  return 0;
}
