// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hapax.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "support/word_sources.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"

TEST_CASE("diversity: hapax measures read tokens and counts alike", "[diversity]") {
  const auto check = [](const auto& estimator) { tailwatch::testing::check_word_sources(estimator); };
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
