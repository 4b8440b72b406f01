// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/missing_mass_at_size.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

TEST_CASE("math: missing_mass_at_size falls with the sample", "[math]") {
  const tailwatch::summary::frequency_profile x(std::vector<int>{1, 1, 2, 6});
  const auto missing = [&](std::uint64_t m) { return tailwatch::math::missing_mass_at_size(x.entries(), 10, m); };
  CHECK(std::abs(missing(1) - (2.0 * 0.1 * 1.0 + 0.2 * 8.0 / 9.0 + 0.6 * 4.0 / 9.0)) < 1e-15);
  CHECK(std::abs(missing(9) - 0.2) < 1e-15);  // the singletons alone
  const double a = 2.0 / (9.0 * 2.0 + 2.0);
  CHECK(std::abs(missing(10) - 0.2 * (1.0 - a)) < 1e-15);
  for (std::uint64_t m = 1; m < 40; ++m) CHECK(missing(m + 1) < missing(m));
  const tailwatch::summary::frequency_profile full(std::vector<int>{5, 5});
  CHECK(tailwatch::math::missing_mass_at_size(full.entries(), 10, 12) == 0.0);
}

TEST_CASE("math: missing_mass_at_size is the sum of its terms, whatever lies between the counts", "[math]") {
  std::vector<std::uint64_t> dense, sparse{1, 2, 2, 40, 7000, 7001, 90000, 1'000'000, 30'000'000'000};
  for (std::uint64_t r = 1; r < 700; ++r) dense.push_back(1 + 300'000 / (r * r));
  for (const auto& counts : {dense, sparse}) {
    const tailwatch::summary::frequency_profile x(counts);
    const auto n = static_cast<double>(x.total());
    for (std::uint64_t m = 1; m < x.total(); m = 1 + m * 7 / 3) {
      double sum = 0.0;
      for (const auto& e : x.entries())
        sum += static_cast<double>(e.multiplicity) *
               tailwatch::math::missing_mass_term(n, static_cast<double>(e.count), static_cast<double>(m));
      INFO("m " << m << " of " << x.total());
      CHECK(tailwatch::testing::close(tailwatch::math::missing_mass_at_size(x.entries(), x.total(), m), sum, 1e-12));
    }
  }
}
