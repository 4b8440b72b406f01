// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/lexical_index.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "support/word_sources.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"

TEST_CASE("diversity: lexical index measures read tokens and counts alike", "[diversity]") {
  const auto check = [](const auto& estimator) { tailwatch::testing::check_word_sources(estimator); };
  check(tailwatch::diversity::herdan_c);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::herdan_c_fn>);
  check(tailwatch::diversity::summer_s);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::summer_s_fn>);
  check(tailwatch::diversity::dugast_u);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::dugast_u_fn>);
  check(tailwatch::diversity::maas_a_squared);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::maas_a_squared_fn>);
  check(tailwatch::diversity::maas_a);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::maas_a_fn>);
  check(tailwatch::diversity::maas_log_v0);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::maas_log_v0_fn>);
  check(tailwatch::diversity::tuldava_ln);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::tuldava_ln_fn>);
  check(tailwatch::diversity::dugast_k);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::dugast_k_fn>);
  check(tailwatch::diversity::brunet_w);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::brunet_w_fn>);
}

TEST_CASE("diversity: which lexical indices depend on the base", "[diversity]") {
  const std::vector<int> tokens{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2};
  const double ln10 = std::log(10.0);
  CHECK(tailwatch::testing::close(tailwatch::diversity::dugast_u(tokens, {.log_base = 10.0}).value * ln10,
                                  tailwatch::diversity::dugast_u(tokens).value, 1e-14));
  CHECK(tailwatch::testing::close(tailwatch::diversity::maas_a_squared(tokens, {.log_base = 10.0}).value,
                                  tailwatch::diversity::maas_a_squared(tokens).value * ln10, 1e-14));
  CHECK(tailwatch::testing::close(std::pow(tailwatch::diversity::maas_a(tokens).value, 2.0),
                                  tailwatch::diversity::maas_a_squared(tokens).value, 1e-14));
  CHECK(tailwatch::diversity::summer_s(tokens, {.log_base = 2.0}).value !=
        tailwatch::diversity::summer_s(tokens).value);
  CHECK_THROWS_AS(tailwatch::diversity::dugast_u(tokens, {.log_base = 1.0}), std::invalid_argument);
  CHECK(std::isnan(tailwatch::diversity::dugast_u(std::vector<int>{1, 2, 3}).value));
  CHECK(std::isnan(tailwatch::diversity::herdan_c(std::vector<int>{1}).value));
  CHECK(tailwatch::testing::close(tailwatch::diversity::herdan_c(std::vector<int>{1, 2, 3, 1}).value,
                                  std::log(3.0) / std::log(4.0), 1e-15));
}
