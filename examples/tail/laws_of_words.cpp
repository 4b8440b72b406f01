// SPDX-License-Identifier: BSL-1.0

// The laws of word frequencies, fitted to a text and to one that lost part of its rare words: the tail steepens.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/tail.hpp"

namespace {

/// Counts of 60 000 words of p(r) ∝ (r + 2.7)^{−1.1}, each raised to `sharpness`: 1 is the law, above it rare words fade.
std::vector<std::uint32_t> word_counts(double sharpness, std::uint64_t seed) {
  constexpr std::size_t vocabulary = 8000;
  std::vector<double> cumulative;
  double sum = 0.0;
  for (std::size_t r = 1; r <= vocabulary; ++r)
    cumulative.push_back(sum += std::pow(static_cast<double>(r) + 2.7, -1.1 * sharpness));
  tailwatch::core::random_engine random(seed);
  std::vector<std::uint32_t> counts(vocabulary);
  for (int i = 0; i < 60000; ++i) {
    const double u = tailwatch::core::uniform_01(random) * sum;
    std::size_t word = 0;
    while (cumulative[word] < u) ++word;
    ++counts[word];
  }
  return counts;
}

tailwatch::estimate report(const char* name, const std::vector<std::uint32_t>& counts) {
  const auto zipf = tailwatch::tail::zipf(counts);
  const auto mandelbrot = tailwatch::tail::zipf_mandelbrot(counts);
  const auto alpha = tailwatch::tail::powerlaw_discrete(counts);
  std::printf(
      "%-6s Zipf s %.3f ± %.3f; Mandelbrot s %.3f ± %.3f, q %.2f ± %.2f; counts: α %.3f ± %.3f, distance %.3f\n", name,
      zipf.exponent.value, zipf.exponent.standard_error, mandelbrot.exponent.value, mandelbrot.exponent.standard_error,
      mandelbrot.offset.value, mandelbrot.offset.standard_error, alpha.value, alpha.standard_error,
      tailwatch::tail::powerlaw_discrete_distance(counts).value);
  return mandelbrot.exponent;
}

}  // namespace

int main() {
  const auto human = report("human", word_counts(1.0, 8));
  const auto model = report("model", word_counts(1.25, 9));
  const double error = std::hypot(human.standard_error, model.standard_error);
  return model.value - human.value > 10.0 * error ? 0 : 1;
}
