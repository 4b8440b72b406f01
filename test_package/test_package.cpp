// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <cstdio>
#include <tailwatch/entropy/chao_shen.hpp>
#include <tailwatch/summary/ngram_counts.hpp>
#include <vector>

int main() {
  const std::vector<int> counts{8, 4, 2, 1, 1};
  const tailwatch::estimate h = tailwatch::entropy::chao_shen(counts);
  tailwatch::summary::ngram_counts pairs({.order = 2});
  pairs.update(std::vector<int>{1, 2, 1, 2});
  std::printf("%.4f +- %.4f nats, %d different pairs\n", h.value, h.standard_error, static_cast<int>(pairs.distinct()));
  return std::isfinite(h.value) && pairs.distinct() == 2 ? 0 : 1;
}
