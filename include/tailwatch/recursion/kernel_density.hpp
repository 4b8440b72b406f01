// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/detail/weight_shares.hpp"
#include "tailwatch/recursion/multivariate_gaussian.hpp"

namespace tailwatch::recursion {

/// A Gaussian kernel density estimate: f(x) = Σᵢ wᵢ Πⱼ φ((xⱼ − xᵢⱼ)/hⱼ)/hⱼ, one bandwidth a coordinate.
///
/// Sampling is the smoothed bootstrap: a data point plus h times a standard normal.
class kernel_density {
 public:
  kernel_density() = default;

  /// @param points      [n] points
  /// @param bandwidths  [d], each > 0; NaN gives an undefined law
  /// @param weights     [n] ≥ 0 of any positive sum; empty: all equal
  /// @throws            std::invalid_argument  for sizes that differ, a bandwidth of 0 or below, a negative weight
  kernel_density(point_set points, std::vector<double> bandwidths, std::span<const double> weights = {})
      : points_(std::move(points)), bandwidths_(std::move(bandwidths)) {
    constexpr auto function = "recursion::kernel_density";
    core::check_same_size(function, "bandwidths", bandwidths_.size(), "a point", points_.dimension);
    defined_ = points_.size() > 0;
    for (const double h : bandwidths_) {
      if (core::is_nan(h)) defined_ = false;
      core::check(core::is_nan(h) || (h > 0.0 && core::is_finite(h)), function, "bandwidth", h, "positive and finite");
    }
    if (weights.empty()) return;
    const detail::weight_shares share(function, weights, points_.size());
    double sum = 0.0;
    cumulative_.reserve(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) cumulative_.push_back(sum += share(i));
  }

  [[nodiscard]] const point_set& points() const noexcept { return points_; }
  [[nodiscard]] const std::vector<double>& bandwidths() const noexcept { return bandwidths_; }
  [[nodiscard]] std::size_t dimension() const noexcept { return points_.dimension; }
  [[nodiscard]] bool defined() const noexcept { return defined_; }

  /// ln f(x), O(n d); NaN where undefined.
  /// @throws std::invalid_argument unless x has d coordinates
  [[nodiscard]] double log_density(std::span<const double> x) const {
    const std::size_t d = dimension();
    core::check_same_size("recursion::kernel_density::log_density", "x", x.size(), "a point", d);
    if (!defined_) return core::nan;
    double nearest = core::infinity;  // smallest squared distance, so that no exponential underflows for all points
    std::vector<double> square(points_.size());
    for (std::size_t i = 0; i < square.size(); ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        const double z = (x[j] - points_.values[i * d + j]) / bandwidths_[j];
        square[i] += z * z;
      }
      if (weight(i) > 0.0) nearest = std::min(nearest, square[i]);
    }
    double sum = 0.0;
    for (std::size_t i = 0; i < square.size(); ++i) sum += weight(i) * std::exp(-0.5 * (square[i] - nearest));
    double log_scale = 0.5 * static_cast<double>(d) * 1.8378770664093454836;  // ln 2π
    for (const double h : bandwidths_) log_scale += std::log(h);
    return std::log(sum) - 0.5 * nearest - log_scale;
  }
  /// The same on the line.
  [[nodiscard]] double log_density(double x) const { return log_density(std::span<const double>(&x, 1)); }

  /// n independent draws; no points where undefined.
  template <core::random_bits Random>
  [[nodiscard]] point_set sample(std::uint64_t n, Random& random) const {
    const std::size_t d = dimension();
    point_set out{d, {}};
    if (!defined_) return out;
    boost::random::normal_distribution<double> standard;
    out.values.reserve(static_cast<std::size_t>(n) * d);
    for (std::uint64_t draw = 0; draw < n; ++draw) {
      const std::size_t i = pick(random);
      for (std::size_t j = 0; j < d; ++j)
        out.values.push_back(points_.values[i * d + j] + bandwidths_[j] * standard(random));
    }
    return out;
  }

  friend bool operator==(const kernel_density&, const kernel_density&) = default;

 private:
  [[nodiscard]] double weight(std::size_t i) const noexcept {
    if (cumulative_.empty()) return 1.0 / static_cast<double>(points_.size());
    return i == 0 ? cumulative_[0] : cumulative_[i] - cumulative_[i - 1];
  }
  template <core::random_bits Random>
  [[nodiscard]] std::size_t pick(Random& random) const {
    if (cumulative_.empty()) return static_cast<std::size_t>(core::uniform_below(random, points_.size()));
    const double u = core::uniform_01(random) * cumulative_.back();
    return static_cast<std::size_t>(std::upper_bound(cumulative_.begin(), cumulative_.end(), u) - cumulative_.begin());
  }

  point_set points_;
  std::vector<double> bandwidths_;
  std::vector<double> cumulative_;  // of the weights; empty where all are equal
  bool defined_ = false;
};

/// How kernel_density_model chooses its bandwidths.
enum class bandwidth_rule : std::uint8_t {
  fixed,      ///< the bandwidth given, for every coordinate
  silverman,  ///< hⱼ = factor · sⱼ · n^{−1/(d+4)}, sⱼ² the biased variance of coordinate j
};

/// Kernel density estimation as a model family for `run`.
///
/// The factor of Silverman's rule defaults to (4/(d + 2))^{1/(d+4)}, which is optimal for a normal law: 1.0592 at d = 1. For
/// weighted data n is the effective number 1/Σw². A coordinate without spread has no such bandwidth: the model is undefined.
///
/// Refitting kernel densities to their own samples does not lose variance, it smooths (kernel_density_theory.hpp).
///
/// @tparam Data  std::vector<double> (kernel_density_model) or point_set (multivariate_kernel_density_model)
/// @throws  std::invalid_argument  for a fixed bandwidth or a factor not positive and finite, or bad weights
/// @see     B. W. Silverman (1986), Density Estimation, §3.4 and §4.3.2
template <class Data>
struct basic_kernel_density_model {
  bandwidth_rule rule = bandwidth_rule::silverman;
  double bandwidth = 1.0;  ///< fixed only
  double factor = 0.0;     ///< silverman only; 0: (4/(d + 2))^{1/(d+4)}

  [[nodiscard]] kernel_density fit(const Data& data, std::span<const double> weights = {}) const {
    if constexpr (std::same_as<Data, point_set>)
      return fit_points(data, weights);
    else
      return fit_points(point_set{1, data}, weights);
  }

  template <core::random_bits Random>
  [[nodiscard]] Data sample(const kernel_density& model, std::uint64_t n, Random& random) const {
    if constexpr (std::same_as<Data, point_set>)
      return model.sample(n, random);
    else
      return model.sample(n, random).values;
  }

 private:
  static constexpr auto function = "recursion::kernel_density_model";

  [[nodiscard]] kernel_density fit_points(point_set data, std::span<const double> weights) const {
    const std::size_t d = data.dimension;
    if (rule == bandwidth_rule::fixed) {
      core::check_positive(function, "bandwidth", bandwidth);
      return {std::move(data), std::vector<double>(d, bandwidth), weights};
    }
    core::check(factor >= 0.0 && core::is_finite(factor), function, "factor", factor, "at least 0 and finite");
    const auto dimension = static_cast<double>(d);
    const double c = factor > 0.0 ? factor : std::pow(4.0 / (dimension + 2.0), 1.0 / (dimension + 4.0));
    auto effective = static_cast<double>(data.size());
    multivariate_gaussian spread;
    if (weights.empty()) {
      spread = multivariate_gaussian_model{}.fit(data);
    } else {
      effective = 1.0 / detail::weight_shares(function, weights, data.size()).sum_of_squares();
      spread = multivariate_gaussian_model{}.fit(data, weights);
    }
    std::vector<double> h(d, core::nan);
    for (std::size_t j = 0; j < d; ++j) {
      const double variance = spread.covariance()[j * d + j];
      if (variance > 0.0 && core::is_finite(variance))
        h[j] = c * std::sqrt(variance) * std::pow(effective, -1.0 / (dimension + 4.0));
    }
    return {std::move(data), std::move(h), weights};
  }
};

using kernel_density_model = basic_kernel_density_model<std::vector<double>>;
using multivariate_kernel_density_model = basic_kernel_density_model<point_set>;

}  // namespace tailwatch::recursion
