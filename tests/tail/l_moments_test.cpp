// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/l_moments.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/tail/gev_fit.hpp"

TEST_CASE("tail: l_moments of a uniform grid", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::l_moments_fn>);
  std::vector<double> x;
  for (int i = 0; i < 1025; ++i) x.push_back(1e6 + i / 1024.0);
  const auto l = tailwatch::tail::l_moments(x);
  CHECK(tailwatch::testing::close(l.location.value, 1e6 + 0.5, 1e-15));
  CHECK(tailwatch::testing::close(l.scale.value, 1026.0 / 6144.0, 1e-12));
  CHECK(std::abs(l.skewness.value) < 1e-12);
  CHECK(std::abs(l.kurtosis.value) < 1e-12);
  // The mean's is s/√n to the digit, whatever the offset.
  CHECK(
      tailwatch::testing::close(l.location.standard_error, std::sqrt(1025.0 * 1026.0 / 12.0 / 1025.0) / 1024.0, 1e-9));
  CHECK(std::isnan(tailwatch::tail::l_moments(std::vector<double>{1, 2, 3}).location.value));
  CHECK(tailwatch::tail::l_moments(std::vector<double>(7, 2.0)).scale.value == 0.0);
  CHECK(std::isnan(tailwatch::tail::l_moments(std::vector<double>(7, 2.0)).scale.standard_error));
  CHECK(std::isnan(tailwatch::tail::l_moments(std::vector<double>(7, 2.0)).skewness.value));
  // Five equal values and one other: without it nothing is left to divide by.
  const auto lone = tailwatch::tail::l_moments(std::vector<double>{2, 2, 2, 2, 2, 3});
  CHECK(lone.scale.standard_error > 0.0);
  CHECK(std::isnan(lone.skewness.standard_error));
}

TEST_CASE("tail: the errors of l_moments are the jackknife's, deleted one by one", "[tail]") {
  const std::vector<double> x{0.3, 2.5, -1.0, 0.9, 7.0, 0.31, 1.5, 3.25};
  std::array<std::vector<double>, 4> without;
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto y = x;
    y.erase(y.begin() + static_cast<std::ptrdiff_t>(i));
    const auto l = tailwatch::tail::l_moments(y);
    without[0].push_back(l.location.value);
    without[1].push_back(l.scale.value);
    without[2].push_back(l.skewness.value);
    without[3].push_back(l.kurtosis.value);
  }
  const auto error = [](const std::vector<double>& values) {
    const auto n = static_cast<double>(values.size());
    double mean = 0.0, squares = 0.0;
    for (const double v : values) mean += v / n;
    for (const double v : values) squares += (v - mean) * (v - mean);
    return std::sqrt((n - 1.0) / n * squares);
  };
  const auto l = tailwatch::tail::l_moments(x);
  CHECK(tailwatch::testing::close(l.location.standard_error, error(without[0]), 1e-12));
  CHECK(tailwatch::testing::close(l.scale.standard_error, error(without[1]), 1e-12));
  CHECK(tailwatch::testing::close(l.skewness.standard_error, error(without[2]), 1e-12));
  CHECK(tailwatch::testing::close(l.kurtosis.standard_error, error(without[3]), 1e-12));
}

TEST_CASE("tail: the errors of l_moments and of the fit by them match their scatter", "[tail]") {
  using tailwatch::core::uniform_01;
  for (const bool exponential : {true, false})
    for (const int which : {0, 1, 2, 3, 4, 5, 6}) {
      const auto s = tailwatch::testing::replicate(400, 93, [&](auto& random) {
        std::vector<double> x(200);
        for (double& v : x) v = exponential ? -std::log1p(-uniform_01(random)) : uniform_01(random);
        const auto l = tailwatch::tail::l_moments(x);
        if (which < 4) return which == 0 ? l.location : which == 1 ? l.scale : which == 2 ? l.skewness : l.kurtosis;
        const auto fit = tailwatch::tail::gev_fit(x, {.method = tailwatch::tail::gev_method::l_moments});
        return which == 4 ? fit.shape : which == 5 ? fit.scale : tailwatch::tail::gev_return_level(fit, 0.99);
      });
      INFO((exponential ? "exponential" : "uniform")
           << " quantity " << which << ": deviation " << s.deviation << ", mean standard error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
}
