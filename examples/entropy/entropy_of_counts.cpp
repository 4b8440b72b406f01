// SPDX-License-Identifier: BSL-1.0

// A small sample of a long-tailed source: the plug-in entropy is too small, the corrected ones are not.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/entropy.hpp"

int main() {
  // 2000 symbols, share of rank r proportional to 1/r, 1500 observations.
  constexpr std::size_t symbols = 2000;
  std::vector<double> cumulative;
  double sum = 0.0;
  for (std::size_t r = 1; r <= symbols; ++r) cumulative.push_back(sum += 1.0 / static_cast<double>(r));
  double truth = 0.0;
  for (std::size_t r = 1; r <= symbols; ++r) {
    const double p = 1.0 / static_cast<double>(r) / sum;
    truth -= p * std::log(p);
  }
  tailwatch::core::random_engine random(1);
  std::vector<std::uint32_t> counts(symbols);
  for (int i = 0; i < 1500; ++i) {
    const double u = tailwatch::core::uniform_01(random) * sum;
    std::size_t r = 0;
    while (cumulative[r] < u) ++r;
    ++counts[r];
  }

  const auto plain = tailwatch::entropy::plugin(counts);
  const auto best = tailwatch::entropy::chao_wang_jost(counts);
  const auto show = [](const char* name, const tailwatch::estimate& e) {
    std::printf("  %-16s %.3f ± %.3f nats\n", name, e.value, e.standard_error);
  };
  std::printf("entropy of the source: %.3f nats\n", truth);
  show("plug-in", plain);
  show("Miller-Madow", tailwatch::entropy::miller_madow(counts));
  show("Grassberger", tailwatch::entropy::grassberger(counts));
  show("Chao-Shen", tailwatch::entropy::chao_shen(counts));
  show("Chao-Wang-Jost", best);
  show("NSB, K = 2000", tailwatch::entropy::nsb(counts, {.alphabet_size = symbols}));

  const bool plain_too_low = plain.value + 4.0 * plain.standard_error < truth;
  const bool best_close = std::abs(best.value - truth) < 4.0 * best.standard_error;
  return plain_too_low && best_close ? 0 : 1;
}
