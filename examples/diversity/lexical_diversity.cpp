// SPDX-License-Identifier: BSL-1.0

// Two texts of different length from one source and one that repeats itself: which measures depend on length, which see the
// repetition.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/diversity.hpp"

namespace {

std::vector<std::uint32_t> text(std::size_t n, std::size_t words, std::uint64_t seed) {
  std::vector<double> cumulative;
  double sum = 0.0;
  for (std::size_t r = 1; r <= words; ++r) cumulative.push_back(sum += 1.0 / static_cast<double>(r));
  tailwatch::core::random_engine random(seed);
  std::vector<std::uint32_t> tokens(n);
  for (auto& token : tokens) {
    const double u = tailwatch::core::uniform_01(random) * sum;
    while (cumulative[token] < u) ++token;
  }
  return tokens;
}

void report(const char* name, const std::vector<std::uint32_t>& tokens) {
  const auto ratio = tailwatch::diversity::type_token_ratio(tokens);
  std::printf("%-10s TTR %.3f ± %.3f  MATTR %.3f  MTLD %5.1f  HD-D %.3f  Yule's K %4.0f  distinct-2 %.3f\n", name,
              ratio.value, ratio.standard_error, tailwatch::diversity::mattr(tokens).value,
              tailwatch::diversity::mtld(tokens).value, tailwatch::diversity::hdd(tokens).value,
              tailwatch::diversity::yule_k(tokens).value, tailwatch::diversity::distinct_n(tokens, {.order = 2}).value);
}

}  // namespace

int main() {
  const auto brief = text(1000, 5000, 7);
  const auto whole = text(10000, 5000, 8);
  const auto collapsed = text(10000, 100, 9);
  report("short", brief);
  report("long", whole);
  report("collapsed", collapsed);

  const double short_mattr = tailwatch::diversity::mattr(brief).value;
  const double long_mattr = tailwatch::diversity::mattr(whole).value;
  const double low_mattr = tailwatch::diversity::mattr(collapsed).value;
  const bool length_free = std::abs(short_mattr - long_mattr) < 0.03;
  const bool ttr_is_not =
      tailwatch::diversity::type_token_ratio(brief).value > 1.5 * tailwatch::diversity::type_token_ratio(whole).value;
  return length_free && ttr_is_not && low_mattr < long_mattr - 0.1 ? 0 : 1;
}
