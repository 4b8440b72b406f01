// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::testing {

/// A measure of words reads token ids (a range, tokens(x), sequences) and counts (counts(x), a profile) alike.
template <class Estimator>
void check_word_sources(const Estimator& estimator) {
  const std::vector<int> tokens{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2};
  const std::vector<int> occurrences{3, 2, 1, 3, 3, 2, 1, 1, 1};
  const std::vector<std::uint16_t> narrow(tokens.begin(), tokens.end());
  tailwatch::core::token_sequences sequences;
  sequences.push_back(std::vector<int>{3, 1, 4, 1, 5, 9, 2});
  sequences.push_back(std::vector<int>{6, 5, 3, 5, 8, 9, 7, 9, 3, 2});
  const auto e = estimator(tokens);
  CHECK(e.defined());
  CHECK(e.count == 17);
  for (const auto& other :
       {estimator(tailwatch::core::counts(occurrences)), estimator(narrow), estimator(sequences),
        estimator(tailwatch::core::tokens(narrow)), estimator(tailwatch::summary::frequency_profile(occurrences))})
    CHECK((other.value == e.value && other.count == e.count));
  CHECK(std::isnan(estimator(std::vector<int>{}).value));
  const std::vector<int> negative{-1, 2};
  CHECK_THROWS_AS(estimator(tailwatch::core::counts(negative)), std::invalid_argument);
}

}  // namespace tailwatch::testing
