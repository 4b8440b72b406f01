// SPDX-License-Identifier: BSL-1.0

// How many kinds a sample holds, how many there are, and how evenly they are spread.

#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/diversity.hpp"

int main() {
  // 300 kinds, the rarer half three times rarer than the other; 900 observations.
  constexpr std::size_t kinds = 300;
  tailwatch::core::random_engine random(6);
  std::vector<std::uint32_t> counts(kinds);
  for (int i = 0; i < 900; ++i) {
    const bool rare = tailwatch::core::uniform_below(random, 4) == 0;
    ++counts[tailwatch::core::uniform_below(random, kinds / 2) + (rare ? kinds / 2 : 0)];
  }

  const auto seen = tailwatch::diversity::hill_number(counts, {.order = 0.0});
  const auto chao = tailwatch::diversity::chao1(counts);
  const auto interval = tailwatch::diversity::chao1_confidence_interval(counts);
  const auto shannon = tailwatch::diversity::hill_number(counts, {.order = 1.0});
  const auto simpson = tailwatch::diversity::inverse_simpson(counts);
  const auto doubled = tailwatch::diversity::hill_number_at_size(counts, {.order = 0.0, .sample_size = 1800});
  std::printf("seen %.0f kinds of %zu; Chao1 %.0f ± %.0f, 95 %% interval [%.0f, %.0f]; ACE %.0f\n", seen.value, kinds,
              chao.value, chao.standard_error, interval.lower, interval.upper, tailwatch::diversity::ace(counts).value);
  std::printf("effective kinds: %.1f ± %.1f (order 1), %.1f ± %.1f (order 2); evenness %.3f\n", shannon.value,
              shannon.standard_error, simpson.value, simpson.standard_error,
              tailwatch::diversity::pielou_evenness(counts).value);
  const auto covered = tailwatch::diversity::hill_number_at_coverage(counts, {.order = 0.0, .coverage = 0.9});
  std::printf("twice the sample would show about %.0f kinds; %.0f kinds in %llu observations cover 90 %%\n",
              doubled.value, covered.number.value, static_cast<unsigned long long>(covered.sample_size));
  const std::vector<std::uint64_t> sizes{450, 900, 1800};
  for (const auto& b : tailwatch::diversity::hill_number_bands(counts, std::span<const std::uint64_t>(sizes), random))
    std::printf("  %llu observations: %.0f kinds, 95 %% band [%.0f, %.0f], coverage %.2f\n",
                static_cast<unsigned long long>(b.sample_size), b.number.value, b.band.lower, b.band.upper, b.coverage);

  const bool ordered = simpson.value < shannon.value && shannon.value < seen.value && seen.value < doubled.value;
  return ordered && interval.lower < kinds && interval.upper > kinds ? 0 : 1;
}
