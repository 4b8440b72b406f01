// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/grouped_distinct.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/math/count_ngrams.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

TEST_CASE("math: grouped_distinct by hand", "[math]") {
  // Ten n-grams of which six are distinct, two groups of five; one has two n-grams of its own, the other one.
  const math::grouped_ngrams text{6, 10, 14, {{2, 5, 7}, {1, 5, 7}}};
  const estimate per_ngram = math::grouped_distinct(text);
  CHECK(per_ngram.value == 0.6);
  CHECK(per_ngram.count == 10);
  // D without one is 4/5, without the other 5/5: √(1/2 (0.1² + 0.1²)) = 0.1
  CHECK(close(per_ngram.standard_error, 0.1, 1e-14));
  const estimate per_token = math::grouped_distinct(text, true);
  CHECK(close(per_token.value, 6.0 / 14.0, 1e-15));
  CHECK(close(per_token.standard_error, 0.5 / 7.0, 1e-14));
  CHECK(per_token.count == 10);
}

TEST_CASE("math: grouped_distinct says NaN where nothing varies or nothing is left", "[math]") {
  CHECK(std::isnan(math::grouped_distinct({}).value));
  CHECK(math::grouped_distinct({}).count == 0);
  const auto error = [](const math::grouped_ngrams& text) { return math::grouped_distinct(text).standard_error; };
  CHECK(std::isnan(error({3, 4, 4, {{3, 4, 4}}})));             // one group
  CHECK(std::isnan(error({3, 4, 4, {{3, 4, 4}, {0, 0, 0}}})));  // one group has everything
  CHECK(std::isnan(error({4, 8, 8, {{1, 4, 4}, {1, 4, 4}}})));  // no group differs
  CHECK(math::grouped_distinct({4, 8, 8, {{1, 4, 4}, {1, 4, 4}}}).value == 0.5);
}

// From the text without each group, counted anew.
TEST_CASE("math: grouped_distinct is the delete-a-group jackknife of the distinct share", "[math]") {
  core::random_engine random(7);
  core::token_sequences text;
  for (int s = 0; s < 40; ++s) {
    std::vector<std::uint32_t> sequence(static_cast<std::size_t>(core::uniform_below(random, 12)));
    for (auto& id : sequence) id = static_cast<std::uint32_t>(core::uniform_below(random, 9));
    text.push_back(sequence);
  }
  for (const std::size_t groups : {std::size_t{2}, std::size_t{7}, std::size_t{40}, std::size_t{90}}) {
    const std::size_t used = groups < text.size() ? groups : text.size();
    std::vector<double> without(used);
    double mean = 0.0, squares = 0.0;
    for (std::size_t g = 0; g < used; ++g) {
      core::token_sequences rest;
      for (std::size_t s = 0; s < text.size(); ++s)
        if (s % used != g) rest.push_back(text[s]);
      const math::ngram_totals totals = math::count_distinct_ngrams(rest, 2);
      without[g] = static_cast<double>(totals.distinct) / static_cast<double>(totals.ngrams);
      mean += without[g] / static_cast<double>(used);
    }
    for (const double d : without) squares += (d - mean) * (d - mean);
    const auto n = static_cast<double>(used);
    const estimate e = math::grouped_distinct(math::count_ngrams_by_group(text, 2, groups));
    CHECK(close(e.standard_error, std::sqrt((n - 1.0) / n * squares), 1e-12));
  }
}
