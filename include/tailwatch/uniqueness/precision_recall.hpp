// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/rare_types.hpp"

namespace tailwatch::uniqueness {

/// When a point lies in a ball.
enum class ball {
  open,    ///< distance < radius: duplicates make radii of 0 that hold nothing, total collapse reads as 0
  closed,  ///< distance ≤ radius: total collapse onto equal points reads as 1
};

struct precision_recall_options {
  std::size_t k = 5;  ///< a ball reaches to the k-th nearest other point of its own set
  uniqueness::ball ball = uniqueness::ball::open;
};

struct precision_recall_result {
  estimate precision;  ///< share of generated points inside some reference ball
  estimate recall;     ///< share of reference points inside some generated ball
  estimate density;    ///< mean number of reference balls around a generated point, over k; may exceed 1
  estimate coverage;   ///< share of reference balls that hold a generated point
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Precision and recall, density and coverage of generated points against reference points, by nearest-neighbour balls.
///
/// @param generated, reference  rows(x, n, d): embeddings or samples, Euclidean distance
/// @return         NaN for fewer than k + 1 points on the side that makes the balls, no points, or points that are not
///                 finite; standard errors over the points judged, the balls taken as given: binomial, for density from
///                 the deviation of the counts
/// @complexity     O((n + m)² d): brute force, exact, also with ties
/// @bias           precision and recall grow with k and with the sample size, coverage towards 1 − (1 + m/n)^{−k}
/// @throws         std::invalid_argument for k = 0 or points of different dimensions
/// @see            T. Kynkäänniemi et al. (2019), NeurIPS 32; M. F. Naeem et al. (2020), ICML, 7176–7185
/// @example        examples/uniqueness/against_a_reference.cpp
struct precision_recall_fn {
  static constexpr std::string_view name = "uniqueness.precision_recall";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Kynkäänniemi et al. (2019); Naeem et al. (2020)";

  template <class T>
  [[nodiscard]] precision_recall_result operator()(const core::rows_view<T>& generated,
                                                   const core::rows_view<T>& reference_points,
                                                   const precision_recall_options& options = {}) const {
    constexpr std::string_view function = "uniqueness::precision_recall";
    core::check_at_least<std::size_t>(function, "k", options.k, 1);
    if (generated.size > 0 && reference_points.size > 0)
      core::check_same_size(function, "a generated point", generated.dimension, "a reference point",
                            reference_points.dimension);
    const std::size_t n = reference_points.size;
    const std::size_t m = generated.size;
    precision_recall_result result;
    result.precision.count = result.density.count = m;
    result.recall.count = result.coverage.count = n;
    if (n == 0 || m == 0 || !finite(generated) || !finite(reference_points)) return result;
    const bool closed = options.ball == ball::closed;
    const auto inside = [closed](double distance, double radius) {
      return closed ? distance <= radius : distance < radius;
    };

    if (n > options.k) {
      const std::vector<double> radii = squared_radii(reference_points, options.k);
      std::vector<std::uint64_t> around(m, 0);
      std::uint64_t covered = 0, in_some = 0, total = 0;
      for (std::size_t i = 0; i < n; ++i) {
        bool holds = false;
        for (std::size_t j = 0; j < m; ++j)
          if (inside(squared_distance(reference_points[i], generated[j]), radii[i])) {
            ++around[j];
            holds = true;
          }
        covered += holds ? 1 : 0;
      }
      for (const std::uint64_t balls : around) {
        in_some += balls != 0 ? 1 : 0;
        total += balls;
      }
      result.precision = summary::binomial_share(in_some, m);
      result.coverage = summary::binomial_share(covered, n);
      const auto points = static_cast<double>(m);
      const auto k = static_cast<double>(options.k);
      const double mean = static_cast<double>(total) / points;
      result.density.value = mean / k;
      if (m > 1) {
        double squares = 0.0;
        for (const std::uint64_t balls : around)
          squares += (static_cast<double>(balls) - mean) * (static_cast<double>(balls) - mean);
        result.density.standard_error = std::sqrt(squares / ((points - 1.0) * points)) / k;
      }
    }
    if (m > options.k) {
      const std::vector<double> radii = squared_radii(generated, options.k);
      std::uint64_t found = 0;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < m; ++j)
          if (inside(squared_distance(reference_points[i], generated[j]), radii[j])) {
            ++found;
            break;
          }
      result.recall = summary::binomial_share(found, n);
    }
    return result;
  }

 private:
  template <class T>
  static bool finite(const core::rows_view<T>& points) noexcept {
    for (std::size_t i = 0; i < points.size * points.dimension; ++i)
      if (!core::is_finite(static_cast<double>(points.data[i]))) return false;
    return true;
  }
  // Radii and distances are one sum in one order, so that a point exactly on a ball compares equal.
  template <class T>
  static double squared_distance(std::span<const T> a, std::span<const T> b) noexcept {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double d = static_cast<double>(a[i]) - static_cast<double>(b[i]);
      sum += d * d;
    }
    return sum;
  }
  template <class T>
  static std::vector<double> squared_radii(const core::rows_view<T>& points, std::size_t k) {
    std::vector<double> radii(points.size), distances(points.size);
    for (std::size_t i = 0; i < points.size; ++i) {
      for (std::size_t j = 0; j < points.size; ++j)
        distances[j] = i == j ? std::numeric_limits<double>::max() : squared_distance(points[i], points[j]);
      const auto kth = distances.begin() + static_cast<std::ptrdiff_t>(k - 1);
      std::nth_element(distances.begin(), kth, distances.end());
      radii[i] = *kth;
    }
    return radii;
  }
};
inline constexpr precision_recall_fn precision_recall{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
