// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/entropy/detail/point_cloud.hpp"
#include "tailwatch/entropy/detail/spacings.hpp"
#include "tailwatch/math/digamma.hpp"

namespace tailwatch::entropy {

struct mutual_information_ksg_options {
  std::size_t k = 3;  ///< which nearest neighbour, ≥ 1
  information_unit unit = information_unit::nats;
};

namespace detail {

[[nodiscard]] inline double digamma_of(std::size_t n) noexcept { return math::digamma(static_cast<double>(n)); }

/// Radii along x and y of the box around a point, and how many others it takes beyond those within: one for the strict
/// radius of the first estimator, whose ψ(n + 1) counts the point itself, none for the closed ones of the second.
struct ksg_box {
  double x, y;
};
struct ksg_square {
  static constexpr bool closed = false;
  static constexpr std::size_t more = 1;
  /// Of the k nearest of `nearest`, or of the k that are left without number `gone` of k + 1.
  static ksg_box around(const point_cloud&, const double*, std::size_t, std::span<const near_point> nearest,
                        std::size_t k, std::size_t gone) noexcept {
    const double radius = nearest[gone < k ? k : k - 1].distance;
    return {radius, radius};
  }
};
struct ksg_rectangle {
  static constexpr bool closed = true;
  static constexpr std::size_t more = 0;
  static ksg_box around(const point_cloud& joint, const double* centre, std::size_t y_at,
                        std::span<const near_point> nearest, std::size_t k, std::size_t gone) noexcept {
    ksg_box box{0.0, 0.0};
    for (std::size_t a = 0; a < (gone < k ? k + 1 : k); ++a) {
      if (a == gone) continue;
      const double* const p = joint[nearest[a].index];
      box.x = std::max(box.x, max_distance(p, centre, y_at, core::infinity));
      box.y = std::max(box.y, max_distance(p + y_at, centre + y_at, joint.dimension - y_at, core::infinity));
    }
    return box;
  }
};

/// Sums of ψ(nx) + ψ(ny) without one point each, of two numbers. Point j gone, those that count it along x or y lose 1/(n −
/// 1) of their ψ, and those that have it among their k nearest take the next one: the first are runs along x and y, so
/// differences at their ends and one sum add all of them up.
class ksg_without_one {
 public:
  ksg_without_one(const point_cloud& joint, std::size_t n) : joint_(joint), gained_(n, 0.0), term_(n) {
    for (std::size_t axis = 0; axis < 2; ++axis) steps_[axis].assign(n + 1, 0.0);
  }
  /// Each point among [first, last) along the axis loses its share; point `own` is one of them and does not.
  void add_run(std::size_t axis, std::size_t own, range_counter::index_range run, double loss) {
    steps_[axis][run.first] -= loss;
    steps_[axis][run.last] += loss;
    gained_[own] += loss;
  }
  void add(std::size_t point, double gain) { gained_[point] += gain; }
  void set_term(std::size_t point, double term) { term_[point] = term; }

  /// Jackknife standard error of the mean of the terms.
  [[nodiscard]] double error() {
    const std::size_t n = term_.size();
    double sum = 0.0;
    for (const double t : term_) sum += t;
    std::vector<std::size_t> order(n);
    for (std::size_t axis = 0; axis < 2; ++axis) {
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::ranges::sort(order, {}, [&](std::size_t i) { return joint_[i][axis]; });
      double along = 0.0;
      for (std::size_t at = 0; at < n; ++at) gained_[order[at]] += along += steps_[axis][at];
    }
    std::vector<double> without(n);
    for (std::size_t j = 0; j < n; ++j) without[j] = (sum - term_[j] + gained_[j]) / static_cast<double>(n - 1);
    return delete_one_error(without);
  }

 private:
  const point_cloud& joint_;
  std::vector<double> gained_, term_;
  std::array<std::vector<double>, 2> steps_;
};

/// What the jackknife counts twice, times n: fitted to samples of 100 to 1000 of ten sources, k = 1, 3 and 10
/// (docs/entropy.md). As for the entropies it hardly depends on the density.
template <class Box>
[[nodiscard]] spacing_noise ksg_noise(std::size_t n, std::size_t k) noexcept {
  const auto neighbours = static_cast<double>(k);
  const double crowd = std::sqrt(neighbours / static_cast<double>(n));
  const double excess = Box::closed
                            ? std::max(2.9, 5.0 - 0.7 * std::log(neighbours)) * std::max(0.0, 1.0 - 1.44 * crowd)
                            : 2.9 * std::max(0.0, 1.0 - 1.54 * crowd);
  return {0.6 * excess / neighbours, excess / neighbours};
}

/// What both estimators share.
template <class Box, point_source X, point_source Y>
[[nodiscard]] estimate ksg(std::string_view function, const X& x, const Y& y,
                           const mutual_information_ksg_options& options) {
  core::check_at_least(function, "k", options.k, std::size_t{1});
  core::check_same_size(function, "x", points_of(x), "y", points_of(y));
  core::check_at_least(function, "dimension of x", dimension_of(x), std::size_t{1});
  core::check_at_least(function, "dimension of y", dimension_of(y), std::size_t{1});
  const std::size_t n = points_of(x), k = options.k;
  if (k >= n) return {core::nan, core::nan, n};
  point_cloud of_x(x), of_y(y);
  if (!of_x.finite || !of_y.finite) return {core::nan, core::nan, n};
  const int exponent = point_cloud(of_x, of_y).extreme_exponent();
  of_x.scale_down(exponent);
  of_y.scale_down(exponent);
  point_cloud joint(of_x, of_y);
  const std::size_t key = joint.sort_along_widest();
  const std::size_t y_at = of_x.dimension;
  const bool jackknife = joint.dimension == 2 && k + 1 < n;
  const range_counter near_x(std::move(of_x)), near_y(std::move(of_y));
  ksg_without_one without(joint, jackknife ? n : 0);
  bool tied = false;
  double sum = 0.0;
  for_each_nearest(joint, key, jackknife ? k + 1 : k, distance_norm::max, [&](std::size_t i, const auto& nearest) {
    tied = tied || !(nearest[k - 1].distance > 0.0);
    if (tied) return;
    const double* const centre = joint[i];
    const ksg_box box = Box::around(joint, centre, y_at, nearest, k, k);
    // Others within, the point itself left out: ψ(n + 1) or ψ(n) of them.
    const std::size_t others_x = near_x.count(centre, box.x, Box::closed) - 1;
    const std::size_t others_y = near_y.count(centre + y_at, box.y, Box::closed) - 1;
    const double term = digamma_of(others_x + Box::more) + digamma_of(others_y + Box::more);
    sum += term;
    if (!jackknife) return;
    without.set_term(i, term);
    const auto loss = [](std::size_t others) {
      return others + Box::more > 1 ? 1.0 / static_cast<double>(others + Box::more - 1) : 0.0;
    };
    const double loss_x = loss(others_x), loss_y = loss(others_y);
    without.add_run(0, i, near_x.run(centre, box.x, Box::closed), loss_x);
    without.add_run(1, i, near_y.run(centre + 1, box.y, Box::closed), loss_y);
    const auto within = [](double distance, double radius) {
      return Box::closed ? distance <= radius : distance < radius;
    };
    for (std::size_t gone = 0; gone < k; ++gone) {
      const double* const p = joint[nearest[gone].index];
      const double at_x = std::abs(p[0] - centre[0]), at_y = std::abs(p[1] - centre[1]);
      const ksg_box wider = Box::around(joint, centre, 1, nearest, k, gone);
      const auto left = [&](const range_counter& near, const double* at, double radius, double distance) {
        const std::size_t others = near.count(at, radius, Box::closed) - 1;
        return std::max<std::size_t>(1, others + Box::more - (within(distance, radius) ? 1 : 0));  // 0: ties
      };
      without.add(nearest[gone].index, digamma_of(left(near_x, centre, wider.x, at_x)) +
                                           digamma_of(left(near_y, centre + 1, wider.y, at_y)) - term +
                                           (within(at_x, box.x) ? loss_x : 0.0) + (within(at_y, box.y) ? loss_y : 0.0));
    }
  });
  if (tied) return {core::nan, core::nan, n};
  const double constant = digamma_of(k) - (Box::closed ? 1.0 / static_cast<double>(k) : 0.0);
  const double value = constant + digamma_of(n) - sum / static_cast<double>(n);
  const double error = jackknife ? ksg_noise<Box>(n, k).error(without.error(), n) : core::nan;
  return core::in_unit({value, error > 0.0 ? error : core::nan, n}, options.unit);
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mutual information of two continuous variables from nearest neighbours, first estimator of Kraskov, Stögbauer,
/// Grassberger.
///
///   I = ψ(k) + ψ(n) − ⟨ψ(nx + 1) + ψ(ny + 1)⟩
///
/// nx counts the other points with |x − xᵢ| < ε, ε the max-norm distance in (x, y) to the k-th nearest other point.
/// @param x, y     n points each: a floating range or sample(x) on the line, or rows(x, n, d) for vectors (max norm)
/// @param options  k ≥ 1; unit
/// @return         nats (or `unit`), may be slightly negative, not cut off; standard error of two numbers by the jackknife
///                 at the same k less what it counts twice (detail::ksg_noise), 0.9 to 1.1 of the scatter on the sources
///                 tried with n ≥ 100 k; NaN for vectors and k + 1 = n. NaN where k ≥ n, k + 1 points are equal, or a
///                 coordinate is NaN or infinite
/// @complexity     about O(n^(3/2)) for two numbers, O(d n^(2−1/d)) in d dimensions altogether, O(d n²) at worst
/// @bias           nearly none at independence; downwards for strong dependence, which neighbours cannot resolve
/// @throws         std::invalid_argument for k = 0, sizes that differ, or rows of dimension 0
/// @see            A. Kraskov, H. Stögbauer, P. Grassberger (2004), Physical Review E 69, 066138; error: B. Efron, C. Stein
///                 (1981), Annals of Statistics 9, 586–596
/// @example        examples/entropy/differential_entropy.cpp
struct mutual_information_ksg1_fn {
  static constexpr std::string_view name = "entropy.mutual_information_ksg1";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Kraskov, Stögbauer and Grassberger (2004)";

  template <detail::point_source X, detail::point_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const mutual_information_ksg_options& options = {}) const {
    return detail::ksg<detail::ksg_square>("entropy::mutual_information_ksg1", x, y, options);
  }
};
inline constexpr mutual_information_ksg1_fn mutual_information_ksg1{};

/// The second estimator: a rectangle instead of a square around each point.
///
///   I = ψ(k) − 1/k + ψ(n) − ⟨ψ(nx) + ψ(ny)⟩
///
/// nx counts the other points with |x − xᵢ| ≤ ex, ex the largest |x − xᵢ| among the k nearest other points; ny alike.
/// @param x, y     as mutual_information_ksg1
/// @return         as mutual_information_ksg1
/// @complexity     as mutual_information_ksg1
/// @bias           as mutual_information_ksg1
/// @throws         std::invalid_argument for k = 0, sizes that differ, or rows of dimension 0
/// @see            A. Kraskov, H. Stögbauer, P. Grassberger (2004), Physical Review E 69, 066138
/// @example        examples/entropy/differential_entropy.cpp
struct mutual_information_ksg2_fn {
  static constexpr std::string_view name = "entropy.mutual_information_ksg2";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Kraskov, Stögbauer and Grassberger (2004)";

  template <detail::point_source X, detail::point_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const mutual_information_ksg_options& options = {}) const {
    return detail::ksg<detail::ksg_rectangle>("entropy::mutual_information_ksg2", x, y, options);
  }
};
inline constexpr mutual_information_ksg2_fn mutual_information_ksg2{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
