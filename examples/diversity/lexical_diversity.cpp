// SPDX-License-Identifier: BSL-1.0

// Two texts of different length from one source and one that repeats itself: which measures depend on length, which see the
// repetition. The long one again as documents on two ranks, and vocd with its random draws beside the exact D.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/diversity.hpp"
#include "tailwatch/summary/windowed_types.hpp"

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

  tailwatch::summary::windowed_types first, second;  // windows of 100 that cross no border
  for (std::size_t i = 0; i < whole.size(); i += 500)
    (i < 3000 ? first : second).update(std::span<const std::uint32_t>(whole).subspan(i, 500));
  first.merge(second);
  const auto documents = tailwatch::diversity::mattr(first);
  tailwatch::core::random_engine random(3);
  const double exact = tailwatch::diversity::vocd_d(whole).value;
  const auto drawn = tailwatch::diversity::vocd_d_random(whole, random);
  std::printf("documents  MATTR %.3f ± %.3f over %llu documents\n", documents.value, documents.standard_error,
              static_cast<unsigned long long>(first.sequences()));
  std::printf("long       vocd's D %.1f exactly, %.1f ± %.1f by draws\n", exact, drawn.d.value, drawn.draw_error);
  const bool same = std::abs(documents.value - long_mattr) < 4.0 * documents.standard_error;
  const bool near = std::abs(drawn.d.value - exact) < 0.1 * exact;
  return length_free && ttr_is_not && low_mattr < long_mattr - 0.1 && same && near ? 0 : 1;
}
