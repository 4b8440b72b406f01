// SPDX-License-Identifier: BSL-1.0

// A text model that lost its rare words: the frequent ones are as before, the missing mass is not.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/tail.hpp"

namespace {

/// `n` tokens of a source whose word of rank r has a share proportional to 1/r, ranks above `last` missing.
std::vector<std::uint32_t> text(std::size_t n, std::size_t last, std::uint64_t seed) {
  std::vector<double> cumulative;
  double sum = 0.0;
  for (std::size_t r = 1; r <= last; ++r) cumulative.push_back(sum += 1.0 / static_cast<double>(r));
  tailwatch::core::random_engine random(seed);
  std::vector<std::uint32_t> tokens(n);
  for (auto& token : tokens) {
    const double u = tailwatch::core::uniform_01(random) * sum;
    while (cumulative[token] < u) ++token;
  }
  return tokens;
}

tailwatch::estimate report(const char* name, const std::vector<std::uint32_t>& tokens) {
  std::vector<std::uint32_t> counts(20000);
  for (const auto token : tokens) ++counts[token];
  const auto mass = tailwatch::tail::missing_mass(counts);
  const auto interval = tailwatch::tail::missing_mass_esty_interval(counts);
  const auto unseen = tailwatch::tail::unseen_good_toulmin(counts);
  const auto growth = tailwatch::tail::heaps(tokens, {.step = 500}).exponent;
  std::printf(
      "%-10s missing mass %.4f [%.4f, %.4f], coverage %.4f, new words in as many tokens %.0f, Heaps exponent %.3f ± "
      "%.3f\n",
      name, mass.value, interval.lower, interval.upper, tailwatch::tail::coverage_chao_jost(counts).value, unseen.value,
      growth.value, growth.standard_error);
  return mass;
}

}  // namespace

int main() {
  const auto human = report("human", text(10000, 20000, 3));
  const auto model = report("model", text(10000, 2000, 4));
  const double error = std::hypot(human.standard_error, model.standard_error);
  return human.value - model.value > 10.0 * error ? 0 : 1;
}
