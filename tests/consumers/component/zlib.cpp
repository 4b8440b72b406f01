// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <string>
#include <tailwatch/uniqueness/compression_ratio.hpp>
#include <tailwatch/uniqueness/zlib_codec.hpp>

int main() {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "the same again and again; ";
  const tailwatch::estimate ratio =
      tailwatch::uniqueness::compression_ratio(text, tailwatch::uniqueness::zlib_codec{.level = 9});
  std::printf("compressed %.1f-fold\n", ratio.value);
  return ratio.value > 20.0 ? 0 : 1;
}
