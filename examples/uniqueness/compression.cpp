// SPDX-License-Identifier: BSL-1.0
// How well responses compress with zlib, one by one and as a corpus: the second sees what they have in common.

#include <cstdio>
#include <string>
#include <vector>

#if __has_include(<zlib.h>)
#include "tailwatch/core.hpp"
#include "tailwatch/uniqueness/compression_ratio.hpp"
#include "tailwatch/uniqueness/zlib_codec.hpp"

using namespace tailwatch;

int main() {
  core::random_engine random(4);
  const auto words = [&](int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += "w" + std::to_string(core::uniform_below(random, 100000)) + ' ';
    return text;
  };
  std::vector<std::string> varied, templated;
  const std::string frame = words(40);
  for (int i = 0; i < 200; ++i) {
    varied.push_back(words(50));
    templated.push_back(frame + words(10));
  }
  const uniqueness::zlib_codec zlib{.level = 9};
  const estimate one = uniqueness::compression_ratio(templated.front(), zlib);
  const estimate all_varied = uniqueness::compression_ratio(varied, zlib, {.join = " "});
  const estimate all_templated = uniqueness::compression_ratio(templated, zlib, {.join = " "});
  std::printf("one response          %.2f\nvaried corpus         %.2f\ntemplated corpus      %.2f\n", one.value,
              all_varied.value, all_templated.value);
  return all_templated.value > 2.0 * all_varied.value && one.value < 1.2 * all_varied.value ? 0 : 1;
}
#else
int main() {
  std::puts("needs zlib");
  return 77;
}
#endif
