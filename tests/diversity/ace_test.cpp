// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/ace.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: ace reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::ace_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::ace);
}

TEST_CASE("diversity: ace of even rare counts is types over coverage", "[diversity]") {
  // rare: 1, 1, 2, 2; coverage 2/3; g² = max(6·4/30 − 1, 0) = 0
  CHECK(tailwatch::testing::close(tailwatch::diversity::ace(std::vector<int>{1, 1, 2, 2, 50}).value, 1.0 + 6.0, 1e-14));
  CHECK(tailwatch::diversity::ace(std::vector<int>{50, 60}).value == 2.0);
  CHECK(std::isnan(tailwatch::diversity::ace(std::vector<int>{1, 1, 50}).value));
  CHECK_THROWS_AS(tailwatch::diversity::ace(std::vector<int>{1}, {.rare_threshold = 0}), std::invalid_argument);
}

TEST_CASE("diversity: ace takes any threshold, and its error where large counts are rare is the delta method's",
          "[diversity]") {
  using tailwatch::summary::frequency_profile;
  const auto giant = frequency_profile::from_entries({{1, 30}, {2, 12}, {3, 6}, {40, 2}, {1'000'000'000'000, 2}});
  CHECK(tailwatch::diversity::ace(giant, {.rare_threshold = ~std::uint64_t{0}}).standard_error > 0.0);
  // Σ f d² − (Σ f d)²/Ŝ with the derivatives by differences
  const std::vector<double> r{1, 2, 3, 7, 2000};
  const auto of = [&](const std::vector<double>& f) {
    double types = 0.0, total = 0.0, pairs = 0.0;
    for (std::size_t i = 0; i < r.size(); ++i) {
      types += f[i];
      total += f[i] * r[i];
      pairs += f[i] * r[i] * (r[i] - 1.0);
    }
    const double coverage = 1.0 - f[0] / total;
    const double spread = std::max(types / coverage * pairs / (total * (total - 1.0)) - 1.0, 0.0);
    return 2.0 + types / coverage + f[0] * spread / coverage;
  };
  for (const std::vector<double>& f : {std::vector<double>{30, 12, 6, 3, 2}, std::vector<double>{3, 1, 0, 0, 900}}) {
    std::vector<frequency_profile::entry> entries{{50'000, 2}};
    for (std::size_t i = 0; i < r.size(); ++i)
      entries.push_back({static_cast<std::uint64_t>(r[i]), static_cast<std::uint64_t>(f[i])});
    const auto e = tailwatch::diversity::ace(frequency_profile::from_entries(entries), {.rare_threshold = 3000});
    CHECK(tailwatch::testing::close(e.value, of(f), 1e-14));
    double squares = 2.0, sum = 2.0;
    for (std::size_t i = 0; i < f.size(); ++i) {
      auto up = f, down = f;
      up[i] += 1e-4;
      down[i] -= 1e-4;
      const double slope = (of(up) - of(down)) / 2e-4;
      squares += f[i] * slope * slope;
      sum += f[i] * slope;
    }
    CHECK(tailwatch::testing::close(e.standard_error, std::sqrt(squares - sum * sum / e.value), 1e-5));
  }
}
