// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/sample_source.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::entropy {

/// How the distance between two points is measured.
enum class distance_norm {
  max,        ///< largest difference of a coordinate
  euclidean,  ///< root of the sum of squares
};

namespace detail {

/// n points: rows(x, n, d) of floating numbers.
template <class Source>
concept floating_rows = requires(const Source& x) {
  []<std::floating_point T>(const core::rows_view<T>&) {}(x);
};
/// Points of any dimension: a sample on the line, or rows.
template <class Source>
concept point_source = core::sample_source<Source> || floating_rows<Source>;

template <point_source Source>
[[nodiscard]] std::size_t points_of(const Source& source) noexcept {
  if constexpr (floating_rows<Source>) {
    return source.size;
  } else {
    return core::as_span(source).size();
  }
}
template <point_source Source>
[[nodiscard]] std::size_t dimension_of(const Source& source) noexcept {
  if constexpr (floating_rows<Source>) {
    return source.dimension;
  } else {
    return 1;
  }
}

/// Points in double precision, one after the other.
struct point_cloud {
  std::vector<double> coordinates;
  std::size_t size = 0;
  std::size_t dimension = 1;
  bool finite = true;

  template <point_source Source>
  explicit point_cloud(const Source& source) : size(points_of(source)), dimension(dimension_of(source)) {
    const auto* const from = [&] {
      if constexpr (floating_rows<Source>) {
        return source.data;
      } else {
        return core::as_span(source).data();
      }
    }();
    coordinates.resize(size * dimension);
    for (std::size_t i = 0; i < coordinates.size(); ++i) {
      coordinates[i] = static_cast<double>(from[i]);
      finite = finite && core::is_finite(coordinates[i]);
    }
  }
  /// Point i of both, side by side.
  point_cloud(const point_cloud& x, const point_cloud& y)
      : coordinates(x.coordinates.size() + y.coordinates.size()),
        size(x.size),
        dimension(x.dimension + y.dimension),
        finite(x.finite && y.finite) {
    for (std::size_t i = 0; i < size; ++i) {
      std::copy_n(x[i], x.dimension, coordinates.data() + i * dimension);
      std::copy_n(y[i], y.dimension, coordinates.data() + i * dimension + x.dimension);
    }
  }
  [[nodiscard]] const double* operator[](std::size_t i) const noexcept { return coordinates.data() + i * dimension; }

  /// Binary exponent of the largest coordinate where distances or their squares
  /// might over- or underflow, else 0.
  [[nodiscard]] int extreme_exponent() const noexcept {
    double largest = 0.0;
    for (const double c : coordinates) largest = std::max(largest, std::abs(c));
    return finite && largest > 0.0 && (largest > 0x1p400 || largest < 0x1p-400) ? std::ilogb(largest) : 0;
  }
  /// Divides every coordinate by 2^exponent.
  void scale_down(int exponent) noexcept {
    if (exponent == 0) return;
    for (double& c : coordinates) c = std::ldexp(c, -exponent);
  }

  /// Sorts the points along the coordinate of the widest range and returns
  /// which one that is.
  std::size_t sort_along_widest() {
    std::size_t widest = 0;
    double width = -1.0;
    for (std::size_t c = 0; c < dimension && size > 0; ++c) {
      double low = coordinates[c], high = low;
      for (std::size_t i = c; i < coordinates.size(); i += dimension) {
        low = std::min(low, coordinates[i]);
        high = std::max(high, coordinates[i]);
      }
      if (high - low > width) {
        width = high - low;
        widest = c;
      }
    }
    if (dimension == 1) {
      std::ranges::sort(coordinates);
      return 0;
    }
    std::vector<std::size_t> order(size);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
      const double x = (*this)[a][widest], y = (*this)[b][widest];
      return x < y || (x == y && a < b);
    });
    std::vector<double> sorted(coordinates.size());
    for (std::size_t i = 0; i < size; ++i) std::copy_n((*this)[order[i]], dimension, sorted.data() + i * dimension);
    coordinates = std::move(sorted);
    return widest;
  }
};

/// Largest |aᵢ − bᵢ| over d coordinates; some value ≥ `enough` once that is
/// reached.
[[nodiscard]] inline double max_distance(const double* a, const double* b, std::size_t d, double enough) noexcept {
  double largest = 0.0;
  for (std::size_t c = 0; c < d; ++c) {
    largest = std::max(largest, std::abs(a[c] - b[c]));
    if (largest >= enough) break;
  }
  return largest;
}
/// Σ (aᵢ − bᵢ)²; some value ≥ `enough` once that is reached, looked at every
/// eight coordinates.
[[nodiscard]] inline double squared_distance(const double* a, const double* b, std::size_t d, double enough) noexcept {
  double sum = 0.0;
  std::size_t c = 0;
  for (; c + 8 <= d && sum < enough; c += 8) {
    double part[4] = {};
    for (std::size_t l = 0; l < 4; ++l) {
      const double u = a[c + l] - b[c + l], v = a[c + 4 + l] - b[c + 4 + l];
      part[l] = u * u + v * v;
    }
    sum += (part[0] + part[1]) + (part[2] + part[3]);
  }
  if (sum >= enough) return sum;
  for (; c < d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

struct near_point {
  std::size_t index = 0;
  double distance = 0.0;  ///< squared for the Euclidean norm
};

/// Calls visit(i, nearest) for every point: its k nearest other points, nearest
/// first, exactly.
///
/// The points lie in order of one coordinate, so the search goes outwards from
/// i on both sides and ends where that coordinate alone is as far away as the
/// k-th nearest so far. Looked at are O(n^(1−1/d) k^(1/d)) points in d
/// dimensions instead of n: next to nothing in two, nearly all of them in six.
/// Exact whatever the ties.
/// @param points  sorted along coordinate `key`; more than k of them
template <class Visit>
void for_each_nearest(const point_cloud& points, std::size_t key, std::size_t k, distance_norm norm, Visit&& visit) {
  const std::size_t n = points.size, d = points.dimension;
  std::vector<near_point> nearest(k);
  for (std::size_t i = 0; i < n; ++i) {
    const double* const centre = points[i];
    std::size_t found = 0;
    double limit = core::infinity;
    const auto offer = [&](std::size_t j) {
      const double distance = norm == distance_norm::max ? max_distance(centre, points[j], d, limit)
                                                         : squared_distance(centre, points[j], d, limit);
      if (found == k && !(distance < limit)) return;
      std::size_t at = found < k ? found++ : k - 1;
      for (; at > 0 && nearest[at - 1].distance > distance; --at) nearest[at] = nearest[at - 1];
      nearest[at] = {j, distance};
      if (found == k) limit = nearest[k - 1].distance;
    };
    const auto gap = [&](std::size_t j) {
      const double x = std::abs(points[j][key] - centre[key]);
      return norm == distance_norm::max ? x : x * x;
    };
    std::size_t left = i, right = i + 1;  // looked at: [left, right)
    const auto more_left = [&] { return left > 0 && gap(left - 1) < limit; };
    const auto more_right = [&] { return right < n && gap(right) < limit; };
    while (more_left() || more_right()) {  // some on either side in turn: branches that a
                                           // processor can foresee
      for (int turn = 0; turn < 16 && more_right(); ++turn) offer(right++);
      for (int turn = 0; turn < 16 && more_left(); ++turn) offer(--left);
    }
    visit(i, std::span<const near_point>(nearest.data(), found));
  }
}

/// Counts the points of a sorted cloud within a max-norm distance.
class range_counter {
 public:
  explicit range_counter(point_cloud points) : points_(std::move(points)), key_(points_.sort_along_widest()) {}

  /// Points with distance < radius, or ≤ radius; the centre itself, when it is
  /// one of them, is counted.
  [[nodiscard]] std::size_t count(const double* centre, double radius, bool closed) const noexcept {
    const auto [first, last] = run(centre, radius, closed);
    if (points_.dimension == 1) return last - first;
    std::size_t found = 0;
    for (std::size_t i = first; i < last; ++i) {
      const double distance = max_distance(centre, points_[i], points_.dimension, core::infinity);
      if (closed ? distance <= radius : distance < radius) ++found;
    }
    return found;
  }

  struct index_range {
    std::size_t first, last;
  };
  /// In ascending order of the widest coordinate: those within the radius along
  /// it. On the line these are the points counted.
  [[nodiscard]] index_range run(const double* centre, double radius, bool closed) const noexcept {
    // Every comparison is of the same rounded difference from which radius
    // came, so that no border point moves.
    const auto inside = [&](double distance) { return closed ? distance <= radius : distance < radius; };
    const double x = centre[key_];
    std::size_t first = 0, last = points_.size;
    for (std::size_t high = points_.size; first < high;) {
      const std::size_t middle = first + (high - first) / 2;
      const double at = points_[middle][key_];
      if (at < x && !inside(x - at)) {
        first = middle + 1;
      } else {
        high = middle;
      }
    }
    for (std::size_t low = first; low < last;) {
      const std::size_t middle = low + (last - low) / 2;
      const double at = points_[middle][key_];
      if (at <= x || inside(at - x)) {
        low = middle + 1;
      } else {
        last = middle;
      }
    }
    return {first, last};
  }

 private:
  point_cloud points_;
  std::size_t key_;
};

}  // namespace detail
}  // namespace tailwatch::entropy
