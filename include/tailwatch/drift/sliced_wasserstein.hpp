// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/points.hpp"
#include "tailwatch/drift/wasserstein_1d.hpp"
#include "tailwatch/neighbours/pairwise.hpp"
#include "tailwatch/simd/radix_sort.hpp"

namespace tailwatch::drift {

struct sliced_wasserstein_options {
  double p = 2.0;                ///< order, 1 ≤ p < ∞
  std::size_t projections = 50;  ///< how many to draw; not read where they are given
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// W_p of two ascending samples without weights; levels are compared as integers.
[[nodiscard]] inline double wasserstein_of_sorted(std::span<const double> x, std::span<const double> y, double p) {
  const double scale = std::max(std::abs(x.back() - y.front()), std::abs(y.back() - x.front()));
  if (scale == 0.0) return 0.0;
  blocked_sum sum;
  const auto n = static_cast<std::uint64_t>(x.size());
  const auto m = static_cast<std::uint64_t>(y.size());
  double whole = static_cast<double>(n);
  if (n == m) {
    for (std::size_t i = 0; i < x.size(); ++i) sum.add(transport_cost((x[i] - y[i]) / scale, p));
  } else {
    whole *= static_cast<double>(m);
    std::uint64_t from = 0;
    for (std::size_t i = 0, j = 0; i < x.size() && j < y.size();) {
      const std::uint64_t at_x = (i + 1) * m;
      const std::uint64_t at_y = (j + 1) * n;
      const std::uint64_t to = std::min(at_x, at_y);
      sum.add(static_cast<double>(to - from) * transport_cost((x[i] - y[j]) / scale, p));
      from = to;
      i += at_x == to ? 1 : 0;
      j += at_y == to ? 1 : 0;
    }
  }
  const double power = sum.total() / whole;
  return scale * (p == 1.0 ? power : p == 2.0 ? std::sqrt(power) : std::pow(power, 1.0 / p));
}

/// W_p along each direction, eight of them a part: memory 80 (n + m) bytes a thread beside the points.
template <core::executor Executor>
[[nodiscard]] std::vector<double> projected_wasserstein(const panel_pair& points,
                                                        const neighbours::point_panels& directions, double p,
                                                        const Executor& executor) {
  constexpr std::size_t block = 8;
  const std::size_t n = points.x.size();
  const std::size_t m = points.y.size();
  std::vector<double> distances(directions.size());
  executor((directions.size() + block - 1) / block, [&](std::size_t part) {
    const std::size_t first = part * block, last = std::min(directions.size(), first + block);
    std::vector<double> on_x(block * n), on_y(block * m), x(n), y(m);
    simd::number_buffer<double> scratch;
    const auto project = [&](const neighbours::point_panels& side, std::vector<double>& out) {
      neighbours::pairwise<neighbours::pair_term::product>(
          directions, first, last, side,
          [&](std::size_t i, std::size_t j, const double* v, std::size_t begin, std::size_t end) {
            std::copy(v + begin, v + end, out.data() + (i - first) * side.size() + j);
          });
    };
    project(points.x, on_x);
    project(points.y, on_y);
    for (std::size_t l = 0; l < last - first; ++l) {
      simd::radix_sort(on_x.data() + l * n, n, x.data(), scratch);
      simd::radix_sort(on_y.data() + l * m, m, y.data(), scratch);
      distances[first + l] = wasserstein_of_sorted(x, y, p);
    }
  });
  return distances;
}

/// Uniform directions: normal vectors divided by their length.
template <core::random_bits Random>
[[nodiscard]] std::vector<double> draw_directions(std::size_t count, std::size_t dimension, Random& random) {
  boost::random::normal_distribution<double> standard;
  std::vector<double> all(count * dimension);
  for (std::size_t l = 0; l < count; ++l) {
    double* v = all.data() + l * dimension;
    double square = 0.0;
    while (dimension > 0 && square == 0.0)
      for (std::size_t c = 0; c < dimension; ++c) {
        v[c] = standard(random);
        square += v[c] * v[c];
      }
    for (std::size_t c = 0; c < dimension; ++c) v[c] /= std::sqrt(square);
  }
  return all;
}

/// Checks, then W_p along each of the given or drawn directions; none where undefined.
template <class X, class Y, class Directions, class Executor>
[[nodiscard]] std::vector<double> sliced(const X& x, const Y& y, const Directions& directions, double p,
                                         std::string_view function, std::uint64_t& count, const Executor& executor) {
  core::check_at_least(function, "p", p, 1.0);
  core::check(core::is_finite(p), function, "p", p, "finite");
  const panel_pair points(x, y, function);
  count = points.count();
  const std::size_t dimension = std::max(points.x.dimension(), points.y.dimension());
  const neighbours::point_panels along = directions(dimension);
  core::check_at_least<std::size_t>(function, "projections", along.size(), 1);
  core::check(along.finite(), function, "projection", core::nan, "finite");
  if (count > 0) core::check_same_size(function, "a projection", along.dimension(), "a point", dimension);
  if (!points.defined()) return {};
  return projected_wasserstein(points, along, p, executor);
}

}  // namespace detail

/// Sliced Wasserstein distance: the mean over directions of the one-dimensional distance.
///
///   (E_θ W_p^p(θ·X, θ·Y))^{1/p}, θ uniform on the sphere
///
///   sliced_wasserstein(x, y, random, {.p = 2, .projections = 50})   directions drawn here
///   sliced_wasserstein(x, y, rows(directions, l, d), {.p = 2})      given ones, used as they are: unit vectors
///
/// @param x, y     rows(x, n, d), or samples on the real line; sizes may differ
/// @param executor last argument, who runs the parts of eight directions (core/executor.hpp): the same bits for any number of threads
/// @return         units of the data; NaN for an empty side or points that are not finite; standard error over directions
///                 (delta method), the points taken as given: it says how far more directions would move the value, and is
///                 NaN for one direction or a value of 0
/// @complexity     O(l (n + m)(d + log(n + m))); memory 8 (n + m)(d + 10) bytes
/// @bias           upwards where the distributions agree, as W_p is
/// @throws         std::invalid_argument for p < 1 or infinite, no or non-finite projections, different dimensions
/// @see            N. Bonneel, J. Rabin, G. Peyré, H. Pfister (2015), Journal of Mathematical Imaging and Vision 51, 22–45
/// @example        examples/drift/points.cpp
struct sliced_wasserstein_fn {
  static constexpr std::string_view name = "drift.sliced_wasserstein";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Bonneel et al. (2015)";

  template <detail::point_source X, detail::point_source Y, class T, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const core::rows_view<T>& projections,
                                    const sliced_wasserstein_options& options = {},
                                    const Executor& executor = {}) const {
    return mean(
        x, y, [&](std::size_t) { return neighbours::point_panels(projections); }, options, executor);
  }
  template <detail::point_source X, detail::point_source Y, core::random_bits Random,
            core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, Random& random,
                                    const sliced_wasserstein_options& options = {},
                                    const Executor& executor = {}) const {
    return mean(
        x, y,
        [&](std::size_t d) {
          const std::vector<double> all = detail::draw_directions(options.projections, d, random);
          return neighbours::point_panels(core::rows_view<double>{all.data(), options.projections, d});
        },
        options, executor);
  }

 private:
  template <class X, class Y, class Directions, class Executor>
  [[nodiscard]] static estimate mean(const X& x, const Y& y, const Directions& directions,
                                     const sliced_wasserstein_options& options, const Executor& executor) {
    estimate result;
    const std::vector<double> w =
        detail::sliced(x, y, directions, options.p, "drift::sliced_wasserstein", result.count, executor);
    if (w.empty()) return result;
    const double largest = *std::max_element(w.begin(), w.end());
    result.value = 0.0;
    if (largest == 0.0) return result;
    const auto size = static_cast<double>(w.size());
    detail::blocked_sum sum, squares;
    for (const double v : w) sum.add(detail::transport_cost(v / largest, options.p));
    const double power = sum.total() / size;
    for (const double v : w) {
      const double d = detail::transport_cost(v / largest, options.p) - power;
      squares.add(d * d);
    }
    const double root = std::pow(power, 1.0 / options.p);
    result.value = largest * root;
    if (w.size() > 1)
      result.standard_error = largest * root / (options.p * power) * std::sqrt(squares.total() / (size * (size - 1.0)));
    return result;
  }
};
inline constexpr sliced_wasserstein_fn sliced_wasserstein{};

/// Largest one-dimensional Wasserstein distance over the given or drawn directions.
///
///   max_θ W_p(θ·X, θ·Y)
///
/// It sees a change along one direction that the mean dilutes by 1/√d. With drawn directions it is a lower bound of the
/// maximum over the sphere, and loose in many dimensions.
///
/// @param x, y     as for sliced_wasserstein, with the same two forms of call
/// @return         units of the data; NaN as there; standard error NaN
/// @complexity     O(l (n + m)(d + log(n + m)))
/// @bias           upwards where the distributions agree
/// @throws         as sliced_wasserstein
/// @see            I. Deshpande et al. (2019), IEEE/CVF Conference on Computer Vision and Pattern Recognition, 10648–10656
/// @example        examples/drift/points.cpp
struct max_sliced_wasserstein_fn {
  static constexpr std::string_view name = "drift.max_sliced_wasserstein";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Deshpande et al. (2019)";

  template <detail::point_source X, detail::point_source Y, class T, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const core::rows_view<T>& projections,
                                    const sliced_wasserstein_options& options = {},
                                    const Executor& executor = {}) const {
    return largest(
        x, y, [&](std::size_t) { return neighbours::point_panels(projections); }, options, executor);
  }
  template <detail::point_source X, detail::point_source Y, core::random_bits Random,
            core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, Random& random,
                                    const sliced_wasserstein_options& options = {},
                                    const Executor& executor = {}) const {
    return largest(
        x, y,
        [&](std::size_t d) {
          const std::vector<double> all = detail::draw_directions(options.projections, d, random);
          return neighbours::point_panels(core::rows_view<double>{all.data(), options.projections, d});
        },
        options, executor);
  }

 private:
  template <class X, class Y, class Directions, class Executor>
  [[nodiscard]] static estimate largest(const X& x, const Y& y, const Directions& directions,
                                        const sliced_wasserstein_options& options, const Executor& executor) {
    estimate result;
    const std::vector<double> w =
        detail::sliced(x, y, directions, options.p, "drift::max_sliced_wasserstein", result.count, executor);
    if (!w.empty()) result.value = *std::max_element(w.begin(), w.end());
    return result;
  }
};
inline constexpr max_sliced_wasserstein_fn max_sliced_wasserstein{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
