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
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/pair_parts.hpp"
#include "tailwatch/drift/detail/points.hpp"
#include "tailwatch/neighbours/pairwise.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Two neighbours in the order of all squared distances, without keeping them: doubles ≥ 0 are
/// ordered like their bits, so a histogram of the leading bits narrows the range until what is left fits in memory.
template <core::executor Executor>
class distance_selection {
 public:
  distance_selection(const neighbours::point_panels& points, const Executor& executor)
      : points_(points), executor_(executor) {
    const std::uint64_t n = points.size();
    pairs_ = n * (n - 1) / 2;
  }

  [[nodiscard]] std::uint64_t pairs() const noexcept { return pairs_; }

  struct two {
    double before;  ///< the (k − 1)-th smallest, counted from 0; for k = 0 the 0-th
    double at;      ///< the k-th
  };
  [[nodiscard]] two orders(std::uint64_t k) const {
    std::uint64_t low = 0;  // the order lies in [low, low + 2^bits), `below` distances below it, `inside` in it
    unsigned bits = 63;
    std::uint64_t below = 0, inside = pairs_;
    while (inside > kept && bits > 0) {
      const unsigned digit = std::min(16U, bits);
      const std::vector<std::uint64_t> counts = histogram(low, bits, digit);
      std::size_t bucket = 0;
      while (below + counts[bucket] <= k) below += counts[bucket++];
      bits -= digit;
      low += static_cast<std::uint64_t>(bucket) << bits;
      inside = counts[bucket];
    }
    const auto value = [](std::uint64_t key) { return std::bit_cast<double>(key); };
    if (bits == 0) return {k > below || k == 0 ? value(low) : value(greatest_below(low)), value(low)};
    std::vector<std::uint64_t> keys = keys_in(low, bits, inside);
    const auto at = keys.begin() + static_cast<std::ptrdiff_t>(k - below);
    std::nth_element(keys.begin(), at, keys.end());
    if (k == 0) return {value(*at), value(*at)};
    return {value(k > below ? *std::max_element(keys.begin(), at) : greatest_below(low)), value(*at)};
  }

 private:
  static constexpr std::uint64_t kept = 1U << 21;  // 16 MiB

  /// make() gives what one part collects, part(key) is called for its distances; then join(part), part after part.
  template <class Make, class Join>
  void for_keys(const Make& make, const Join& join) const {
    const std::size_t size = pair_part(points_.size());
    std::vector<decltype(make())> parts((points_.size() + size - 1) / size);
    executor_(parts.size(), [&](std::size_t part) {
      auto& own = parts[part] = make();
      neighbours::pairwise_within<neighbours::pair_term::squared_distance>(
          points_, part * size, std::min(points_.size(), (part + 1) * size),
          [&](std::size_t, std::size_t, const double* v, std::size_t begin, std::size_t end) {
            for (std::size_t l = begin; l < end; ++l) own(std::bit_cast<std::uint64_t>(v[l]));
          });
    });
    for (auto& part : parts) join(part);
  }

  [[nodiscard]] std::vector<std::uint64_t> histogram(std::uint64_t low, unsigned bits, unsigned digit) const {
    struct counter {
      std::uint64_t low = 0;
      unsigned bits = 0, shift = 0;
      std::vector<std::uint64_t> counts{};
      void operator()(std::uint64_t key) {
        if (key >= low && (key - low) >> bits == 0) ++counts[static_cast<std::size_t>((key - low) >> shift)];
      }
    };
    std::vector<std::uint64_t> all(std::size_t{1} << digit, 0);
    for_keys(
        [&] {
          return counter{low, bits, bits - digit, std::vector<std::uint64_t>(all.size(), 0)};
        },
        [&](const counter& part) {
          for (std::size_t b = 0; b < all.size(); ++b) all[b] += part.counts[b];
        });
    return all;
  }
  [[nodiscard]] std::vector<std::uint64_t> keys_in(std::uint64_t low, unsigned bits, std::uint64_t inside) const {
    struct collector {
      std::uint64_t low = 0;
      unsigned bits = 0;
      std::vector<std::uint64_t> keys{};
      void operator()(std::uint64_t key) {
        if (key >= low && (key - low) >> bits == 0) keys.push_back(key);
      }
    };
    std::vector<std::uint64_t> all;
    all.reserve(static_cast<std::size_t>(inside));
    for_keys(
        [&] {
          return collector{low, bits};
        },
        [&](collector& part) {
          all.insert(all.end(), part.keys.begin(), part.keys.end());
          part.keys = {};
        });
    return all;
  }
  [[nodiscard]] std::uint64_t greatest_below(std::uint64_t low) const {
    struct greatest {
      std::uint64_t low = 0, key = 0;
      void operator()(std::uint64_t k) noexcept {
        if (k < low && k > key) key = k;
      }
    };
    std::uint64_t all = 0;
    for_keys([&] { return greatest{low}; }, [&](const greatest& part) { all = std::max(all, part.key); });
    return all;
  }

  const neighbours::point_panels& points_;
  const Executor& executor_;
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
/// @param executor last argument, who runs the parts of 2048 points (core/executor.hpp)
/// @return         units of the data; NaN for fewer than two points in all or points that are not finite; standard error
///                 not known: NaN. 0 when most points are equal: no bandwidth then
/// @complexity     O(N² d/2) with N = n + m, a pass or two more above 2²¹ pairs; memory 8 N d + 32 MiB, and
///                 .5 MiB a part of 2048 points, at most 32 parts; exact
/// @throws         std::invalid_argument for points of different dimensions
/// @see            A. Gretton et al. (2012), Journal of Machine Learning Research 13, 723–773, section 8
/// @example        examples/drift/points.cpp
struct median_bandwidth_fn {
  static constexpr std::string_view name = "drift.median_bandwidth";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Gretton et al. (2012)";

  template <detail::point_source X, detail::point_source Y, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const Executor& executor = {}) const {
    const detail::pooled_points pool(x, y, "drift::median_bandwidth");
    estimate result{core::nan, core::nan, pool.count()};
    if (pool.points.size() < 2 || !pool.points.finite()) return result;
    const detail::distance_selection<Executor> distances(pool.points, executor);
    const auto middle = distances.orders(distances.pairs() / 2);
    const double upper = std::sqrt(middle.at);
    result.value = distances.pairs() % 2 == 1 ? upper : 0.5 * (std::sqrt(middle.before) + upper);
    return result;
  }
};
inline constexpr median_bandwidth_fn median_bandwidth{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
