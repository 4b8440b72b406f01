// SPDX-License-Identifier: BSL-1.0
// How many generations until a tenth of the vocabulary is gone, and how much human data prevents it?
//
// A model of 20 000 words is refitted on 100 000 words of its own output. Five generations have been seen, from samples of
// 200 000 words each. The planner must find out the effective sample size, say when a tenth of the vocabulary will be gone, and how many
// fresh human words a generation keep it. Then the lineage goes on, and shows whether that was right.

#include <cstdio>
#include <vector>

#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/effective_samples.hpp"
#include "tailwatch/recursion/forecast.hpp"
#include "tailwatch/recursion/safe_mixing.hpp"

namespace recursion = tailwatch::recursion;

int main() {
  tailwatch::core::random_engine random(11);
  constexpr std::uint64_t words = 100000;
  const auto human = recursion::zipf(20000, 1.0);
  std::vector<double> shares;
  for (std::size_t i = 0; i < human.types(); ++i) shares.push_back(human.probability(i));

  // What was seen: samples of five generations.
  auto training = human.resample(words, random);
  const auto first = training;
  std::vector<std::vector<std::uint64_t>> seen;
  for (int g = 1; g <= 5; ++g) {
    if (g > 1) training = recursion::categorical(training).resample(words, random);
    seen.push_back(recursion::categorical(training).resample(200000, random));
  }
  const auto size = recursion::effective_samples_from_counts(seen);
  std::printf("effective sample size %.0f +- %.0f (95 %%: %.0f to %.0f), truth %d\n", size.samples.value,
              size.samples.standard_error, size.bounds.lower, size.bounds.upper, static_cast<int>(words));

  const recursion::grouped_law law(shares), rare(shares, 1e-5);
  const auto vocabulary = recursion::forecast_vocabulary(law, size.samples, {.loss = 0.1});
  const auto half = recursion::forecast_vocabulary(law, size.samples, {.loss = 0.5});
  const auto tail = recursion::forecast_rare_mass(rare, size.samples, {.loss = 0.75});
  const auto diversity = recursion::forecast_simpson(recursion::power_sums_of(shares), size.samples, {.loss = 0.1});
  std::printf("\n%-44s %9s %9s %9s %9s\n", "generations until ...", "expected", "5 %", "median", "95 %");
  const auto show = [](const char* what, const recursion::loss_forecast& f) {
    std::printf("%-44s %9.0f %9.0f %9.0f %9.0f\n", what, f.expected, f.lower, f.median, f.upper);
  };
  show("a tenth of the vocabulary is gone", vocabulary);
  show("half of the vocabulary is gone", half);
  show("three quarters of the mass of the rarest words", tail);
  show("a tenth of the Simpson diversity is gone", diversity);

  const double k = recursion::safe_real_samples_for_vocabulary(law, size.samples.value, 0.1);
  std::printf("\nfresh human words a generation that keep nine tenths of the vocabulary: %.0f of %.0f (%.0f %%)\n", k,
              size.samples.value, 100 * k / size.samples.value);
  std::printf("\n%-20s %12s %8s  %s\n", "rule, loss 1 %", "real words", "share", "what it keeps");
  for (const auto& rule :
       recursion::safe_mixing_plan({.samples = size.samples.value, .loss = 0.01, .cell_probability = 0.01}))
    std::printf("%-20s %12.0f %7.1f%%  %.*s\n", rule.name.data(), rule.real_samples, 100 * rule.real_share,
                static_cast<int>(rule.answers.size()), rule.answers.data());

  // The lineage goes on: alone, and with the planned human words.
  const auto alive = [](const std::vector<std::uint64_t>& counts) {
    return static_cast<double>(recursion::categorical(counts).alive());
  };
  auto alone = first, mixed = first;
  double crossed = 0;
  const auto fresh_words = static_cast<std::uint64_t>(k * static_cast<double>(words) / size.samples.value);
  for (int g = 2; g <= 60; ++g) {
    alone = recursion::categorical(alone).resample(words, random);
    if (crossed == 0 && alive(alone) <= 0.5 * alive(first)) crossed = g;
    mixed = recursion::categorical(mixed).resample(words - fresh_words, random);
    const auto fresh = human.resample(fresh_words, random);
    for (std::size_t i = 0; i < mixed.size(); ++i) mixed[i] += fresh[i];
  }
  const double kept_alone = alive(alone) / alive(first), kept = alive(mixed) / alive(first);
  std::printf(
      "\nafter 60 generations: %.0f %% of the vocabulary left alone (half gone at generation %.0f), %.0f %% with the "
      "plan\n",
      100 * kept_alone, crossed, 100 * kept);
  return size.bounds.lower < words && size.bounds.upper > words && crossed >= half.lower - 1 &&
                 crossed <= half.upper + 1 && kept > 0.87 && kept_alone < 0.5
             ? 0
             : 1;
}
