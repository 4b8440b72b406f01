// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/points.hpp"
#include "tailwatch/neighbours/pairwise.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// The k-th smallest (from 0) of all squared distances, without keeping them: doubles ≥ 0 are
/// ordered like their bits, so a histogram of the leading bits narrows the range until what is left fits in memory.
class distance_selection {
 public:
  explicit distance_selection(const neighbours::point_panels& points) : points_(points) {
    const std::uint64_t n = points.size();
    pairs_ = n * (n - 1) / 2;
  }

  [[nodiscard]] std::uint64_t pairs() const noexcept { return pairs_; }

  [[nodiscard]] double order(std::uint64_t k) const {
    std::uint64_t low = 0;  // the order lies in [low, low + 2^bits), `below` distances below it, `inside` in it
    unsigned bits = 63;
    std::uint64_t below = 0, inside = pairs_;
    while (inside > kept && bits > 0) {
      const unsigned digit = std::min(16U, bits);
      std::vector<std::uint64_t> histogram(std::size_t{1} << digit, 0);
      each([&](std::uint64_t key) {
        if (key >= low && (key - low) >> bits == 0)
          ++histogram[static_cast<std::size_t>((key - low) >> (bits - digit))];
      });
      std::size_t bucket = 0;
      while (below + histogram[bucket] <= k) below += histogram[bucket++];
      bits -= digit;
      low += static_cast<std::uint64_t>(bucket) << bits;
      inside = histogram[bucket];
    }
    if (bits == 0) return std::bit_cast<double>(low);
    std::vector<std::uint64_t> keys;
    keys.reserve(static_cast<std::size_t>(inside));
    each([&](std::uint64_t key) {
      if (key >= low && (key - low) >> bits == 0) keys.push_back(key);
    });
    const auto at = keys.begin() + static_cast<std::ptrdiff_t>(k - below);
    std::nth_element(keys.begin(), at, keys.end());
    return std::bit_cast<double>(*at);
  }

 private:
  static constexpr std::uint64_t kept = 1U << 21;  // 16 MiB

  template <class Visit>
  void each(const Visit& visit) const {
    neighbours::pairwise_within<neighbours::pair_term::squared_distance>(
        points_, [&](std::size_t, std::size_t, const double* v, std::size_t begin, std::size_t end) {
          for (std::size_t l = begin; l < end; ++l) visit(std::bit_cast<std::uint64_t>(v[l]));
        });
  }

  const neighbours::point_panels& points_;
  std::uint64_t pairs_ = 0;
};

}  // namespace detail

/// Median of the distances between all pairs of the pooled points: the usual bandwidth of mmd_rbf.
///
///   median {|zᵢ − zⱼ| : i < j}, z = x then y; the mean of the middle two of an even number
///
/// Conventions differ by √2 and by whether the zeros of the diagonal count: this one is σ in exp(−|x − y|²/(2σ²)).
///
/// @param x, y     rows(x, n, d), or samples on the real line
/// @return         units of the data; NaN for fewer than two points in all or points that are not finite; standard error
///                 not known: NaN. 0 when most points are equal: no bandwidth then
/// @complexity     O(N² d/2) with N = n + m, a pass or two more above 2²¹ pairs; memory 8 N d + 16 MiB bytes, exact
/// @throws         std::invalid_argument for points of different dimensions
/// @see            A. Gretton et al. (2012), Journal of Machine Learning Research 13, 723–773, section 8
/// @example        examples/drift/points.cpp
struct median_bandwidth_fn {
  static constexpr std::string_view name = "drift.median_bandwidth";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Gretton et al. (2012)";

  template <detail::point_source X, detail::point_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y) const {
    const detail::pooled_points pool(x, y, "drift::median_bandwidth");
    estimate result{core::nan, core::nan, pool.count()};
    if (pool.points.size() < 2 || !pool.points.finite()) return result;
    const detail::distance_selection distances(pool.points);
    const std::uint64_t middle = distances.pairs() / 2;
    const double upper = std::sqrt(distances.order(middle));
    result.value = distances.pairs() % 2 == 1 ? upper : 0.5 * (std::sqrt(distances.order(middle - 1)) + upper);
    return result;
  }
};
inline constexpr median_bandwidth_fn median_bandwidth{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
