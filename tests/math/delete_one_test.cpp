// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/delete_one.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("math: delete_one_standard_error equals the textbook jackknife", "[math]") {
  // θ = Σ p², deleted one observation at a time.
  const std::vector<std::uint64_t> x{5, 3, 3, 1};
  const auto theta = [](const std::vector<std::uint64_t>& counts) {
    double n = 0.0;
    double sum = 0.0;
    for (const auto c : counts) n += static_cast<double>(c);
    for (const auto c : counts) sum += static_cast<double>(c * c);
    return sum / (n * n);
  };
  std::vector<double> left_out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto y = x;
    --y[i];
    left_out.insert(left_out.end(), x[i], theta(y));
  }
  double mean = 0.0;
  for (const double v : left_out) mean += v / 12.0;
  double squares = 0.0;
  for (const double v : left_out) squares += (v - mean) * (v - mean);
  const tailwatch::summary::frequency_profile profile(x);
  const double error =
      tailwatch::math::delete_one_standard_error(profile.entries(), profile.total(), [](std::uint64_t r) {
        const double count = static_cast<double>(r);
        return (44.0 - 2.0 * count + 1.0) / 121.0;
      });
  CHECK(tailwatch::testing::close(error, std::sqrt(11.0 / 12.0 * squares), 1e-13));
  CHECK(
      std::isnan(tailwatch::math::delete_one_standard_error(profile.entries(), 1, [](std::uint64_t) { return 0.0; })));
}
