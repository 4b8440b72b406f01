// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/mattr.hpp"

#include <cmath>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: mattr equals the mean over its windows", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::mattr_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::msttr_fn>);
  const auto source = tailwatch::testing::categorical::zipf(40, 1.0);
  tailwatch::core::random_engine random(62);
  const auto tokens = source.tokens(300, random);
  for (const std::size_t w : {1U, 2U, 7U, 100U, 299U, 300U}) {
    double sum = 0.0;
    for (std::size_t i = 0; i + w <= tokens.size(); ++i)
      sum += static_cast<double>(std::set<std::uint32_t>(tokens.begin() + static_cast<std::ptrdiff_t>(i),
                                                         tokens.begin() + static_cast<std::ptrdiff_t>(i + w))
                                     .size());
    CHECK(tailwatch::testing::close(tailwatch::diversity::mattr(tokens, {.window = w}).value,
                                    sum / static_cast<double>(w * (301 - w)), 1e-13));
  }
  CHECK(std::isnan(tailwatch::diversity::mattr(tokens, {.window = 301}).value));
  CHECK(std::isnan(tailwatch::diversity::mattr(std::vector<int>{}).value));
  CHECK_THROWS_AS(tailwatch::diversity::mattr(tokens, {.window = 0}), std::invalid_argument);
}

TEST_CASE("diversity: msttr uses full segments only", "[diversity]") {
  const std::vector<int> tokens{1, 1, 2, 3, 1, 2, 9};
  const auto e = tailwatch::diversity::msttr(tokens, {.window = 3});
  CHECK(tailwatch::testing::close(e.value, (2.0 / 3.0 + 1.0) / 2.0, 1e-15));
  CHECK(tailwatch::testing::close(e.standard_error, 1.0 / 6.0, 1e-14));
  CHECK(std::isnan(tailwatch::diversity::msttr(tokens, {.window = 5}).standard_error));
  CHECK(std::isnan(tailwatch::diversity::msttr(tokens, {.window = 8}).value));
  CHECK_THROWS_AS(tailwatch::diversity::msttr(tokens, {.window = 0}), std::invalid_argument);
}

TEST_CASE("diversity: the error of msttr matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 63, [&](auto& random) { return tailwatch::diversity::msttr(source.tokens(2000, random), {.window = 20}); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
