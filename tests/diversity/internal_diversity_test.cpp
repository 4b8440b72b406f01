// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/internal_diversity.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: internal_diversity in closed form", "[diversity]") {
  using tailwatch::diversity::internal_diversity;
  using tailwatch::diversity::kernel_matrix;
  static_assert(tailwatch::core::estimator<tailwatch::diversity::internal_diversity_fn>);
  const auto alike = internal_diversity(kernel_matrix(5, [](std::size_t, std::size_t) { return 1.0; }));
  CHECK(alike.value == 0.0);
  CHECK(std::isnan(alike.standard_error));
  const auto apart = internal_diversity(kernel_matrix(5, [](std::size_t, std::size_t) { return 0.0; }));
  CHECK(tailwatch::testing::close(apart.value, 0.8, 1e-15));
  CHECK(std::isnan(apart.standard_error));
  // Row means 1/2, 1/2, 1/3: mean 4/9, s² = 1/108.
  const auto e = internal_diversity(kernel_matrix(std::vector<double>{1, .5, 0, .5, 1, 0, 0, 0, 1}, 3));
  CHECK(tailwatch::testing::close(e.value, 5.0 / 9.0, 1e-14));
  CHECK(tailwatch::testing::close(e.standard_error, 2.0 * std::sqrt(1.0 / 108.0 / 3.0), 1e-13));
  CHECK(e.count == 3);
  CHECK(std::isnan(internal_diversity(kernel_matrix()).value));
  CHECK(std::isnan(internal_diversity(kernel_matrix(std::vector<double>{1, std::nan(""), std::nan(""), 1}, 2)).value));
  const auto one = internal_diversity(kernel_matrix(std::vector<double>{1}, 1));
  CHECK(one.value == 0.0);
  CHECK(std::isnan(one.standard_error));
}

TEST_CASE("diversity: the error of internal_diversity matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(200, 1.0);
  const auto s = tailwatch::testing::replicate(300, 81, [&](auto& random) {
    tailwatch::core::token_sequences text;
    for (int i = 0; i < 60; ++i) text.push_back(source.tokens(5 + tailwatch::core::uniform_below(random, 30), random));
    return tailwatch::diversity::internal_diversity(text);
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
