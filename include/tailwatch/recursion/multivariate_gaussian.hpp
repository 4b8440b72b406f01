// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/detail/weight_shares.hpp"

namespace tailwatch::recursion {

/// n points in d dimensions, row-major: data for `run`, a unit is a point.
struct point_set {
  std::size_t dimension = 0;
  std::vector<double> values;  ///< n·d numbers

  [[nodiscard]] std::size_t size() const noexcept { return dimension == 0 ? 0 : values.size() / dimension; }
  [[nodiscard]] std::span<const double> operator[](std::size_t i) const noexcept {
    return std::span<const double>(values).subspan(i * dimension, dimension);
  }
  friend bool operator==(const point_set&, const point_set&) = default;
};

template <>
struct data_traits<point_set> {
  using data_type = point_set;

  [[nodiscard]] static std::uint64_t size(const data_type& data) noexcept { return data.size(); }
  [[nodiscard]] static std::size_t items(const data_type& data) noexcept { return data.size(); }

  /// @throws std::invalid_argument where both hold points and their dimensions differ
  static void append(data_type& to, const data_type& from) {
    if (from.values.empty()) return;
    if (to.values.empty()) to.dimension = from.dimension;
    core::check(to.dimension == from.dimension, "recursion::append", "dimension", from.dimension,
                "that of the other points");
    to.values.insert(to.values.end(), from.values.begin(), from.values.end());
  }

  template <core::random_bits Random>
  [[nodiscard]] static data_type draw(const data_type& from, std::uint64_t n, Random& random) {
    if (n >= from.size()) return from;
    return gather(from, detail::random_prefix(from.size(), static_cast<std::size_t>(n), random));
  }

  [[nodiscard]] static data_type gather(const data_type& from, std::span<const std::size_t> chosen) {
    data_type out{from.dimension, {}};
    out.values.reserve(chosen.size() * from.dimension);
    for (const std::size_t i : chosen) out.values.insert(out.values.end(), from[i].begin(), from[i].end());
    return out;
  }

  static void save(core::output_archive& out, const data_type& data) {
    out.u64(data.dimension);
    detail::save_numbers(out, data.values);
  }
  static void load(core::input_archive& in, data_type& data) {
    data.dimension = static_cast<std::size_t>(in.u64());
    detail::load_numbers(in, data.values);
    detail::check_loaded(data.dimension == 0 ? data.values.empty() : data.values.size() % data.dimension == 0,
                         "points and dimension do not match");
  }

  template <core::random_bits Random>
  [[nodiscard]] static data_type take(data_type& from, std::uint64_t n, Random& random) {
    if (n >= from.size()) return std::exchange(from, data_type{from.dimension, {}});
    data_type out{from.dimension, {}};
    const auto d = static_cast<std::ptrdiff_t>(from.dimension);
    for (; n > 0; --n) {  // the chosen point goes to the end and out
      const auto chosen = static_cast<std::ptrdiff_t>(core::uniform_below(random, from.size()));
      std::swap_ranges(from.values.end() - d, from.values.end(), from.values.begin() + chosen * d);
      out.values.insert(out.values.end(), from.values.end() - d, from.values.end());
      from.values.resize(from.values.size() - from.dimension);
    }
    return out;
  }
};

/// A normal law in d dimensions. Singular covariances are allowed, because collapse ends there: sampling then stays in the
/// subspace, and there is no density.
class multivariate_gaussian {
 public:
  multivariate_gaussian() = default;

  /// @param mean        [d]
  /// @param covariance  [d·d], row-major, of which the lower triangle is read; NaN gives an undefined law
  /// @complexity        O(d³): Cholesky factor of the correlations with diagonal pivoting, so that the rank shows whatever the
  ///                    units of the coordinates; what is left below 4e-15 d of a variance is rounding, not spread
  /// @throws            std::invalid_argument  for sizes that differ or a covariance that is not positive semidefinite
  multivariate_gaussian(std::vector<double> mean, std::vector<double> covariance)
      : mean_(std::move(mean)), covariance_(std::move(covariance)), factor_(covariance_.size(), 0.0) {
    core::check_same_size(function, "covariance", covariance_.size(), "mean*mean", mean_.size() * mean_.size());
    for (std::size_t i = 0; i < dimension(); ++i)
      for (std::size_t j = 0; j <= i; ++j) defined_ = defined_ && core::is_finite(covariance_[i * dimension() + j]);
    if (defined_) factorise();
  }

  [[nodiscard]] std::size_t dimension() const noexcept { return mean_.size(); }
  /// False where a parameter is NaN or infinite: the fit had too few points.
  [[nodiscard]] bool defined() const noexcept { return defined_; }
  [[nodiscard]] const std::vector<double>& mean() const noexcept { return mean_; }
  [[nodiscard]] const std::vector<double>& covariance() const noexcept { return covariance_; }

  /// Σ of the variances.
  [[nodiscard]] double trace() const noexcept {
    double sum = 0.0;
    for (std::size_t i = 0; i < dimension(); ++i) sum += covariance_[i * dimension() + i];
    return sum;
  }
  /// Directions with spread; d unless singular.
  [[nodiscard]] std::size_t rank() const noexcept { return order_.size(); }
  /// ln det Σ; −∞ where singular, NaN where undefined.
  [[nodiscard]] double log_determinant() const noexcept {
    if (!defined_) return core::nan;
    if (rank() < dimension()) return -core::infinity;
    double sum = 0.0;
    for (std::size_t k = 0; k < rank(); ++k) sum += std::log(factor_[order_[k] * dimension() + k]);
    return 2.0 * sum;
  }
  /// ln f(x), O(d²); NaN where singular or undefined.
  /// @throws std::invalid_argument  unless x has d coordinates
  [[nodiscard]] double log_density(std::span<const double> x) const {
    const std::size_t d = dimension();
    core::check_same_size("recursion::multivariate_gaussian::log_density", "x", x.size(), "mean", d);
    if (!defined_ || rank() < d) return core::nan;
    std::vector<double> z(d);
    double square = 0.0;
    for (std::size_t k = 0; k < d; ++k) {
      const std::size_t i = order_[k];
      double value = x[i] - mean_[i];
      for (std::size_t m = 0; m < k; ++m) value -= factor_[i * d + m] * z[m];
      z[k] = value / factor_[i * d + k];
      square += z[k] * z[k];
    }
    return -0.5 * (square + log_determinant() + static_cast<double>(d) * 1.8378770664093454836);  // ln 2π
  }

  /// n independent draws, O(n d rank); NaN where undefined.
  template <core::random_bits Random>
  [[nodiscard]] point_set sample(std::uint64_t n, Random& random) const {
    const std::size_t d = dimension();
    point_set out{d, std::vector<double>(static_cast<std::size_t>(n) * d, core::nan)};
    if (!defined_) return out;
    boost::random::normal_distribution<double> standard;
    std::vector<double> z(rank());
    for (std::size_t point = 0; point < out.size(); ++point) {
      for (double& value : z) value = standard(random);
      for (std::size_t i = 0; i < d; ++i) {
        double value = mean_[i];
        for (std::size_t k = 0; k < z.size(); ++k) value += factor_[i * d + k] * z[k];
        out.values[point * d + i] = value;
      }
    }
    return out;
  }

  friend bool operator==(const multivariate_gaussian&, const multivariate_gaussian&) = default;

 private:
  static constexpr auto function = "recursion::multivariate_gaussian";

  [[nodiscard]] double covariance_of(std::size_t i, std::size_t j) const noexcept {
    return covariance_[std::max(i, j) * dimension() + std::min(i, j)];
  }

  void factorise() {
    const std::size_t d = dimension();
    const double noise = 4e-15 * static_cast<double>(d);
    std::vector<double> scale(d);
    std::vector<double> left(d, 1.0);  // of each coordinate's variance, as a share
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < d; ++i) {
      core::check_not_negative(function, "variance", covariance_of(i, i));
      scale[i] = std::sqrt(covariance_of(i, i));
      for (std::size_t j = 0; j < d && scale[i] == 0.0; ++j)
        core::check(covariance_of(i, j) == 0.0, function, "covariance with a constant", covariance_of(i, j), "0");
      if (scale[i] > 0.0) open.push_back(i);
    }
    // What the factor so far leaves of the correlation of i and j.
    const auto remainder = [&](std::size_t i, std::size_t j) {
      double x = covariance_of(i, j) / scale[i] / scale[j];
      for (std::size_t k = 0; k < order_.size(); ++k) x -= factor_[i * d + k] * factor_[j * d + k];
      return x;
    };
    while (!open.empty()) {
      const auto best = std::max_element(open.begin(), open.end(),
                                         [&left](std::size_t i, std::size_t j) { return left[i] < left[j]; });
      const std::size_t pivot = *best;
      if (left[pivot] <= noise) break;
      open.erase(best);
      const std::size_t k = order_.size();
      const double root = std::sqrt(left[pivot]);
      for (const std::size_t i : open) {
        const double x = remainder(i, pivot) / root;
        factor_[i * d + k] = x;
        left[i] -= x * x;
        core::check(left[i] >= -1e3 * noise, function, "pivot of the correlations", left[i], "at least 0");
      }
      factor_[pivot * d + k] = root;
      order_.push_back(pivot);
    }
    for (const std::size_t i : open)
      for (const std::size_t j : open)
        core::check(std::abs(remainder(i, j)) <= 1e3 * noise, function, "remainder of a correlation", remainder(i, j),
                    "0");
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t k = 0; k < d; ++k) factor_[i * d + k] *= scale[i];
  }

  std::vector<double> mean_;
  std::vector<double> covariance_;
  std::vector<double> factor_;      // row per coordinate, column per pivot
  std::vector<std::size_t> order_;  // pivots
  bool defined_ = true;
};

/// The same law drawn with covariance λΣ: guidance or truncation, λ < 1.
/// @throws std::invalid_argument unless 0 ≤ λ < ∞
[[nodiscard]] inline multivariate_gaussian shrunk(const multivariate_gaussian& law, double shrinkage) {
  core::check(shrinkage >= 0.0 && core::is_finite(shrinkage), "recursion::shrunk", "shrinkage", shrinkage,
              "at least 0 and finite");
  std::vector<double> covariance = law.covariance();
  for (double& x : covariance) x *= shrinkage;
  return {law.mean(), std::move(covariance)};
}

/// Fits mean and covariance of points: a model family for `run` over point_set. Covariance about the sample mean, divisor n
/// (biased) or n − 1; NaN where there is no such divisor. With n ≤ d the fit is singular from the start.
///
/// With weights, which need not sum to 1: shares w of the sum, covariance Σw(x − m)(x − m)ᵀ, divided by 1 − Σw² where unbiased.
/// @complexity  O(n d² + d³)
/// @throws      std::invalid_argument  for a negative weight, no positive one, or sizes that differ
struct multivariate_gaussian_model {
  variance_estimator estimator = variance_estimator::biased;

  [[nodiscard]] multivariate_gaussian fit(const point_set& data) const {
    const auto n = static_cast<double>(data.size());
    return fit_by(
        data, [n](std::size_t) { return 1.0 / n; }, estimator == variance_estimator::biased ? n : n - 1.0);
  }

  [[nodiscard]] multivariate_gaussian fit(const point_set& data, std::span<const double> weights) const {
    const detail::weight_shares shares("recursion::multivariate_gaussian_model", weights, data.size());
    const auto n = static_cast<double>(data.size());
    return fit_by(data, shares, estimator == variance_estimator::biased ? n : n * (1.0 - shares.sum_of_squares()));
  }

  template <core::random_bits Random>
  [[nodiscard]] point_set sample(const multivariate_gaussian& model, std::uint64_t n, Random& random) const {
    return model.sample(n, random);
  }

  /// Units a training set must have.
  [[nodiscard]] std::uint64_t minimum_samples() const noexcept {
    return estimator == variance_estimator::biased ? 1 : 2;
  }

 private:
  /// @param share    of point i, summing to 1
  /// @param divisor  of n times the weighted mean product
  template <class Share>
  [[nodiscard]] static multivariate_gaussian fit_by(const point_set& data, const Share& share, double divisor) {
    const std::size_t d = data.dimension;
    if (!(divisor > 0.0)) return {std::vector<double>(d, core::nan), std::vector<double>(d * d, core::nan)};
    const auto n = static_cast<double>(data.size());
    std::vector<double> mean(d, 0.0);
    for (std::size_t p = 0; p < data.size(); ++p)
      for (std::size_t i = 0; i < d; ++i) mean[i] += data[p][i] * share(p);
    std::vector<double> covariance(d * d, 0.0);
    std::vector<double> centred(d);
    for (std::size_t p = 0; p < data.size(); ++p) {
      const double weight = n * share(p);
      for (std::size_t i = 0; i < d; ++i) centred[i] = data[p][i] - mean[i];
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t j = 0; j <= i; ++j) covariance[i * d + j] += weight * centred[i] * centred[j];
    }
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j <= i; ++j) covariance[j * d + i] = covariance[i * d + j] /= divisor;
    return {std::move(mean), std::move(covariance)};
  }
};

}  // namespace tailwatch::recursion
