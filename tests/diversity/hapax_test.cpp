// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hapax.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"

TEST_CASE("diversity: hapax measures read tokens and counts alike", "[diversity]") {
  const std::vector<int> tokens{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2};
  const std::vector<int> occurrences{3, 2, 1, 3, 3, 2, 1, 1, 1};
  const std::vector<std::uint16_t> narrow(tokens.begin(), tokens.end());
  tailwatch::core::token_sequences sequences;
  sequences.push_back(std::vector<int>{3, 1, 4, 1, 5, 9, 2});
  sequences.push_back(std::vector<int>{6, 5, 3, 5, 8, 9, 7, 9, 3, 2});
  const auto check = [&](const auto& estimator) {
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
  };
  check(tailwatch::diversity::hapax_ratio);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::hapax_ratio_fn>);
  check(tailwatch::diversity::honore_h);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::honore_h_fn>);
  check(tailwatch::diversity::sichel_s);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::sichel_s_fn>);
  check(tailwatch::diversity::michea_m);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::michea_m_fn>);
}

TEST_CASE("diversity: hapax measures in closed form", "[diversity]") {
  const std::vector<int> tokens{1, 1, 1, 2, 2, 3, 4, 5};
  CHECK(tailwatch::diversity::hapax_ratio(tokens).value == 0.6);
  CHECK(tailwatch::diversity::hapax_ratio(tokens, {.denominator = tailwatch::diversity::hapax_denominator::tokens})
            .value == 0.375);
  CHECK(tailwatch::testing::close(tailwatch::diversity::honore_h(tokens).value, 100.0 * std::log(8.0) / 0.4, 1e-14));
  CHECK(tailwatch::diversity::sichel_s(tokens).value == 0.2);
  CHECK(tailwatch::diversity::michea_m(tokens).value == 5.0);
  CHECK(std::isinf(tailwatch::diversity::honore_h(std::vector<int>{1, 2}).value));
  CHECK(std::isinf(tailwatch::diversity::michea_m(std::vector<int>{1, 2}).value));
}
