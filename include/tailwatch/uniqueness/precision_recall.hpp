// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/neighbours/pairwise.hpp"
#include "tailwatch/neighbours/point_panels.hpp"
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
  estimate generated_points_without_room;  ///< share of generated balls of radius 0: points with k or more copies
  estimate reference_points_without_room;  ///< the same of the reference
};

/// The same points under both conventions; they differ where points coincide, so the difference is the mark of collapse.
struct precision_recall_pair {
  precision_recall_result open;
  precision_recall_result closed;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Precision and recall, density and coverage of generated points against reference points, by nearest-neighbour balls.
///
/// No state merges: every ball changes with every point. Of streams draw a sample first, such as a sketch::reservoir of indices.
///
/// @param generated, reference  rows(x, n, d): embeddings or samples, Euclidean distance
/// @return         NaN for fewer than k + 1 points on the side that makes the balls, no points, or points that are not
///                 finite; standard errors over the points judged, the balls taken as given: binomial, for density from
///                 the deviation of the counts
/// @complexity     O((n + m)² d): brute force by panels, exact, also with ties; 8·k bytes a point beside the panels
/// @bias           precision and recall grow with k and with the sample size, coverage towards 1 − (1 + m/n)^{−k}
/// @throws         std::invalid_argument for k = 0 or points of different dimensions
/// @see            T. Kynkäänniemi et al. (2019), NeurIPS 32; M. F. Naeem et al. (2020), ICML, 7176–7185
/// @example        examples/uniqueness/against_a_reference.cpp
///
/// `precision_recall.both(generated, reference, k)` gives open and closed balls from one pass over the pairs.
struct precision_recall_fn {
  static constexpr std::string_view name = "uniqueness.precision_recall";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Kynkäänniemi et al. (2019); Naeem et al. (2020)";

  template <class T>
  [[nodiscard]] precision_recall_result operator()(const core::rows_view<T>& generated,
                                                   const core::rows_view<T>& reference_points,
                                                   const precision_recall_options& options = {}) const {
    const precision_recall_pair result = both(generated, reference_points, options.k);
    return options.ball == ball::open ? result.open : result.closed;
  }

  template <class T>
  [[nodiscard]] static precision_recall_pair both(const core::rows_view<T>& generated,
                                                  const core::rows_view<T>& reference_points, std::size_t k = 5) {
    constexpr std::string_view function = "uniqueness::precision_recall";
    core::check_at_least<std::size_t>(function, "k", k, 1);
    if (generated.size > 0 && reference_points.size > 0)
      core::check_same_size(function, "a generated point", generated.dimension, "a reference point",
                            reference_points.dimension);
    const std::size_t n = reference_points.size;
    const std::size_t m = generated.size;
    precision_recall_pair result;
    for (precision_recall_result* r : {&result.open, &result.closed}) {
      r->precision.count = r->density.count = r->generated_points_without_room.count = m;
      r->recall.count = r->coverage.count = r->reference_points_without_room.count = n;
    }
    if (n == 0 || m == 0) return result;
    const neighbours::point_panels x(reference_points), y(generated);
    if (!x.finite() || !y.finite()) return result;
    // Without k others there is no ball: a radius of −1 holds nothing, and the shares stay NaN.
    const std::vector<double> x_radii = squared_radii(x, k), y_radii = squared_radii(y, k);
    balls open(n, m), closed(n, m);
    constexpr std::size_t width = neighbours::point_panels::width;
    std::vector<double> y_padded(y.panels() * width, -1.0);
    std::copy(y_radii.begin(), y_radii.end(), y_padded.begin());
    neighbours::pairwise<neighbours::pair_term::squared_distance>(
        x, y, [&](std::size_t i, std::size_t j, const double* v, std::size_t begin, std::size_t end) {
          open.add(i, j, v, begin, end, x_radii[i], y_padded.data() + j, [](double a, double b) { return a < b; });
          closed.add(i, j, v, begin, end, x_radii[i], y_padded.data() + j, [](double a, double b) { return a <= b; });
        });
    open.write(result.open, n > k, m > k, k);
    closed.write(result.closed, n > k, m > k, k);
    for (precision_recall_result* r : {&result.open, &result.closed}) {
      if (m > k) r->generated_points_without_room = summary::binomial_share(zeros(y_radii), m);
      if (n > k) r->reference_points_without_room = summary::binomial_share(zeros(x_radii), n);
    }
    return result;
  }

 private:
  /// What lies in which balls, under one convention.
  struct balls {
    balls(std::size_t n, std::size_t m) : around(m + neighbours::point_panels::width, 0), holds(n, 0), found(n, 0) {}
    std::vector<std::uint32_t> around;  ///< reference balls around each generated point
    std::vector<std::uint8_t> holds;    ///< whether each reference ball holds a generated point
    std::vector<std::uint8_t> found;    ///< whether each reference point lies in a generated ball

    template <class Inside>
    void add(std::size_t i, std::size_t j, const double* v, std::size_t begin, std::size_t end, double radius,
             const double* radii, Inside inside) {
      std::uint32_t held = 0, in_some = 0;
      for (std::size_t l = begin; l < end; ++l) {
        const std::uint32_t in = inside(v[l], radius) ? 1 : 0;
        around[j + l] += in;
        held |= in;
        in_some |= inside(v[l], radii[l]) ? 1U : 0U;
      }
      holds[i] |= static_cast<std::uint8_t>(held);
      found[i] |= static_cast<std::uint8_t>(in_some);
    }
    void write(precision_recall_result& result, bool reference_balls, bool generated_balls, std::size_t k) const {
      const auto count = [](const std::vector<std::uint8_t>& x) {
        return static_cast<std::uint64_t>(std::count(x.begin(), x.end(), std::uint8_t{1}));
      };
      if (generated_balls) result.recall = summary::binomial_share(count(found), found.size());
      if (!reference_balls) return;
      const std::size_t m = around.size() - neighbours::point_panels::width;
      std::uint64_t in_some = 0, total = 0;
      for (std::size_t j = 0; j < m; ++j) {
        in_some += around[j] != 0 ? 1 : 0;
        total += around[j];
      }
      result.precision = summary::binomial_share(in_some, m);
      result.coverage = summary::binomial_share(count(holds), holds.size());
      const auto points = static_cast<double>(m);
      const double mean = static_cast<double>(total) / points;
      result.density.value = mean / static_cast<double>(k);
      if (m < 2) return;
      double squares = 0.0;
      for (std::size_t j = 0; j < m; ++j)
        squares += (static_cast<double>(around[j]) - mean) * (static_cast<double>(around[j]) - mean);
      result.density.standard_error = std::sqrt(squares / ((points - 1.0) * points)) / static_cast<double>(k);
    }
  };

  [[nodiscard]] static std::uint64_t zeros(const std::vector<double>& radii) {
    return static_cast<std::uint64_t>(std::count(radii.begin(), radii.end(), 0.0));
  }
  /// Squared distance to the k-th nearest other point; −1 where there are fewer. Radii and distances are the same sum in the same
  /// order, so that a point exactly on a ball compares equal.
  [[nodiscard]] static std::vector<double> squared_radii(const neighbours::point_panels& points, std::size_t k) {
    const std::size_t n = points.size();
    if (n <= k) return std::vector<double>(n, -1.0);
    std::vector<double> nearest(n * k, std::numeric_limits<double>::max());  // per point a heap, the farthest in front
    neighbours::pairwise<neighbours::pair_term::squared_distance>(
        points, points, [&](std::size_t i, std::size_t j, const double* v, std::size_t begin, std::size_t end) {
          double* const heap = nearest.data() + i * k;
          for (std::size_t l = begin; l < end; ++l) {
            if (!(v[l] < heap[0]) || j + l == i) continue;
            std::pop_heap(heap, heap + k);
            heap[k - 1] = v[l];
            std::push_heap(heap, heap + k);
          }
        });
    std::vector<double> radii(n);
    for (std::size_t i = 0; i < n; ++i) radii[i] = nearest[i * k];
    return radii;
  }
};
inline constexpr precision_recall_fn precision_recall{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
