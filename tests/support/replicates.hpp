// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::testing {

/// Independent draws from fixed shares.
class categorical {
 public:
  explicit categorical(std::vector<double> shares) : shares_(std::move(shares)) {
    double sum = 0.0;
    for (const double p : shares_) cumulative_.push_back(sum += p);
    for (double& p : shares_) p /= sum;
    for (double& c : cumulative_) c /= sum;
  }
  /// Shares proportional to rank^{−exponent}; exponent 0: uniform.
  static categorical zipf(std::size_t symbols, double exponent) {
    std::vector<double> shares;
    for (std::size_t i = 1; i <= symbols; ++i) shares.push_back(std::pow(static_cast<double>(i), -exponent));
    return categorical(std::move(shares));
  }
  [[nodiscard]] const std::vector<double>& shares() const { return shares_; }
  [[nodiscard]] std::uint32_t draw(core::random_engine& random) const {
    const auto at = std::ranges::upper_bound(cumulative_, core::uniform_01(random));
    return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(at - cumulative_.begin(), std::ssize(cumulative_) - 1));
  }
  [[nodiscard]] std::vector<std::uint32_t> tokens(std::size_t n, core::random_engine& random) const {
    std::vector<std::uint32_t> out(n);
    for (auto& token : out) token = draw(random);
    return out;
  }
  [[nodiscard]] std::vector<std::uint64_t> counts(std::size_t n, core::random_engine& random) const {
    std::vector<std::uint64_t> out(shares_.size());
    for (std::size_t i = 0; i < n; ++i) ++out[draw(random)];
    return out;
  }

 private:
  std::vector<double> shares_, cumulative_;
};

/// Estimates over replicates: how they scatter, and what scatter they claim.
struct replicate_summary {
  std::size_t replicates = 0;
  double mean = 0.0;
  double deviation = 0.0;   ///< of the values
  double mean_error = 0.0;  ///< mean of the standard errors
  double kurtosis = 3.0;    ///< of the values, 3 for the normal distribution; heavy tails make `deviation` uncertain

  /// Mean standard error against deviation, in Monte-Carlo errors of the latter: deviation √((κ − 1)/4R), of the normal √(1/2R) at least.
  [[nodiscard]] double discrepancy() const {
    const double spread = std::max(kurtosis, 3.0) - 1.0;
    return (mean_error - deviation) / (deviation * std::sqrt(spread / (4.0 * static_cast<double>(replicates))));
  }
};

/// Of estimates already made, kurtosis included.
[[nodiscard]] inline replicate_summary summary_of(const std::vector<estimate>& estimates) {
  replicate_summary s;
  s.replicates = estimates.size();
  const auto n = static_cast<double>(estimates.size());
  for (const estimate& e : estimates) {
    s.mean += e.value / n;
    s.mean_error += e.standard_error / n;
  }
  double squares = 0.0, fourths = 0.0;
  for (const estimate& e : estimates) {
    const double square = (e.value - s.mean) * (e.value - s.mean);
    squares += square;
    fourths += square * square;
  }
  s.deviation = std::sqrt(squares / (n - 1.0));
  s.kurtosis = fourths * n / (squares * squares);
  return s;
}

/// Calls `sample(engine)` → estimate, once per replicate, each with its own stream.
template <class Sample>
[[nodiscard]] replicate_summary replicate(std::size_t replicates, std::uint64_t seed, const Sample& sample) {
  replicate_summary s;
  double squares = 0.0;
  for (std::size_t i = 0; i < replicates; ++i) {
    core::random_engine random(core::split_seed(seed, i));
    const estimate e = sample(random);
    ++s.replicates;
    const double delta = e.value - s.mean;
    s.mean += delta / static_cast<double>(s.replicates);
    squares += delta * (e.value - s.mean);
    s.mean_error += e.standard_error / static_cast<double>(replicates);
  }
  s.deviation = std::sqrt(squares / (static_cast<double>(replicates) - 1.0));
  return s;
}

/// What holds for every estimator of counts: no data and undefined data give NaN, a negative or fractional count is refused, and
/// neither the order of the symbols, nor their container, nor unseen symbols change a bit.
template <class Estimator>
void check_count_estimator(const Estimator& estimator, bool unseen_matter = false) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto same = [](const estimate& a, const estimate& b) {
    return close(a.value, b.value, 0.0) && close(a.standard_error, b.standard_error, 0.0) && a.count == b.count;
  };
  for (const std::vector<int>& none : {std::vector<int>{}, std::vector<int>{0, 0, 0}}) {
    const estimate e = estimator(none);
    CHECK(std::isnan(e.value));
    CHECK(std::isnan(e.standard_error));
    CHECK(e.count == 0);
  }
  const std::vector<double> undefined{3.0, nan, 2.0};
  CHECK(std::isnan(estimator(core::counts(undefined)).value));
  CHECK_THROWS_AS(estimator(std::vector<int>{3, -1, 2}), std::invalid_argument);
  const std::vector<double> fractional{3.0, 1.5};
  CHECK_THROWS_AS(estimator(core::counts(fractional)), std::invalid_argument);

  const std::vector<int> x{7, 1, 1, 2, 1, 3, 2, 9, 1, 4};
  const estimate e = estimator(x);
  CHECK_FALSE(std::isnan(e.value));
  CHECK(e.count == 31);
  const std::vector<std::uint64_t> shuffled{1, 2, 9, 1, 1, 3, 7, 1, 4, 2};
  const std::vector<double> as_double{1, 2, 9, 1, 1, 3, 7, 1, 4, 2};
  CHECK(same(e, estimator(shuffled)));
  CHECK(same(e, estimator(core::counts(as_double))));
  CHECK(same(e, estimator(summary::frequency_profile(x))));
  const std::vector<std::uint8_t> padded{0, 7, 1, 1, 0, 2, 1, 3, 2, 9, 1, 4, 0};
  if (!unseen_matter) CHECK(same(e, estimator(padded)));
}

}  // namespace tailwatch::testing
