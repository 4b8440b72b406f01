// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/type_token_ratio.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "support/word_sources.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"

TEST_CASE("diversity: type-token measures read tokens and counts alike", "[diversity]") {
  const auto check = [](const auto& estimator) { tailwatch::testing::check_word_sources(estimator); };
  check(tailwatch::diversity::type_token_ratio);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::type_token_ratio_fn>);
  check(tailwatch::diversity::root_type_token_ratio);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::root_type_token_ratio_fn>);
  check(tailwatch::diversity::corrected_type_token_ratio);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::corrected_type_token_ratio_fn>);
}

TEST_CASE("diversity: type_token_ratio and its scalings", "[diversity]") {
  const std::vector<int> tokens{1, 2, 3, 1, 1, 2, 4, 5};
  const auto e = tailwatch::diversity::type_token_ratio(tokens);
  CHECK(e.value == 0.625);
  // f1 = 3, f2 = 1, f3 = 1: √(3 − 1 + 1 − 9/8)/8 = 0.171 by the alternating sum, whose rare words are exact in expectation only
  CHECK(e.standard_error > 0.10);
  CHECK(e.standard_error < 0.20);
  CHECK(tailwatch::testing::close(tailwatch::diversity::root_type_token_ratio(tokens).standard_error,
                                  e.standard_error * std::sqrt(8.0), 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::corrected_type_token_ratio(tokens).value, 5.0 / 4.0, 1e-15));
  CHECK(std::isnan(tailwatch::diversity::type_token_ratio(std::vector<int>{1, 1}).standard_error));
  CHECK(std::isnan(tailwatch::diversity::type_token_ratio(std::vector<int>(7, 1)).standard_error));  // nothing rare
}

TEST_CASE("diversity: the error of type_token_ratio matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(5000, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 59, [&](auto& random) { return tailwatch::diversity::type_token_ratio(source.tokens(2000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("diversity: the error of root_type_token_ratio matches its scatter for equal shares", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(1000, 0.0);
  const auto s = tailwatch::testing::replicate(
      400, 60, [&](auto& random) { return tailwatch::diversity::root_type_token_ratio(source.tokens(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
