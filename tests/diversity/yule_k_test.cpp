// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/yule_k.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "support/word_sources.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"

TEST_CASE("diversity: Yule measures read tokens and counts alike", "[diversity]") {
  const auto check = [](const auto& estimator) { tailwatch::testing::check_word_sources(estimator); };
  check(tailwatch::diversity::yule_k);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::yule_k_fn>);
  check(tailwatch::diversity::yule_i);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::yule_i_fn>);
  check(tailwatch::diversity::herdan_vm);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::herdan_vm_fn>);
}

TEST_CASE("diversity: Yule's measures in closed form", "[diversity]") {
  const std::vector<int> tokens{1, 1, 1, 2};  // Σ i² V_i = 10
  CHECK(tailwatch::testing::close(tailwatch::diversity::yule_k(tokens).value, 1e4 * 6.0 / 16.0, 1e-14));
  CHECK(tailwatch::testing::close(tailwatch::diversity::yule_i(tokens).value, 4.0 / 8.0, 1e-14));
  CHECK(tailwatch::testing::close(tailwatch::diversity::herdan_vm(tokens).value, std::sqrt(10.0 / 16.0 - 0.5), 1e-14));
  CHECK(tailwatch::diversity::yule_k(std::vector<int>{1, 2, 3}).value == 0.0);
  CHECK(std::isinf(tailwatch::diversity::yule_i(std::vector<int>{1, 2, 3}).value));
}

TEST_CASE("diversity: the error of yule_k matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 61, [&](auto& random) { return tailwatch::diversity::yule_k(source.tokens(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
