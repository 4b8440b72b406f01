// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::recursion {

/// Draws from a fixed discrete law in constant time.
///
/// One cell per type; a cell keeps its own type or hands over to one other. One 64-bit random number serves twice: the high
/// word of its product with K is the cell, the low word a fraction of the cell, uniform to K/2⁶⁴.
///
/// @param weights  not negative, at least one positive, any sum; [K], K ≤ 2³²
/// @complexity     O(K) to build, 16 bytes a type; O(1) a draw
/// @throws         std::invalid_argument  for no weights, a negative or non-finite one, or none positive
/// @see            A. J. Walker (1977), ACM TOMS 3, 253–256; M. D. Vose (1991), IEEE TSE 17, 972–975, for the linear set-up
class alias_table {
 public:
  template <core::number_range Weights>
  explicit alias_table(const Weights& weights) {
    constexpr auto function = "recursion::alias_table";
    const auto w = core::as_span(weights);
    const std::size_t k = w.size();
    core::check_at_least(function, "types", std::uint64_t{k}, std::uint64_t{1});
    core::check_at_most(function, "types", std::uint64_t{k}, std::uint64_t{1} << 32);
    double total = 0.0;
    std::size_t heaviest = 0;
    for (std::size_t i = 0; i < k; ++i) {
      core::check_not_negative(function, "weight", static_cast<double>(w[i]));
      total += static_cast<double>(w[i]);
      if (w[i] > w[heaviest]) heaviest = i;
    }
    core::check(core::is_finite(total) && total > 0.0, function, "sum of weights", total, "positive and finite");

    cells_.resize(k);
    std::vector<double> share(k);  // in units of one cell
    std::vector<std::uint32_t> small;
    std::vector<std::uint32_t> large;
    for (std::size_t i = 0; i < k; ++i) {
      share[i] = static_cast<double>(w[i]) / total * static_cast<double>(k);
      (share[i] < 1.0 ? small : large).push_back(static_cast<std::uint32_t>(i));
    }
    while (!small.empty() && !large.empty()) {
      const std::uint32_t low = small.back();
      const std::uint32_t high = large.back();
      small.pop_back();
      cells_[low] = {static_cast<std::uint64_t>(share[low] * 0x1p64), high};
      share[high] -= 1.0 - share[low];
      if (share[high] < 1.0) {
        large.pop_back();
        small.push_back(high);
      }
    }
    // What rounding left in either list is full, but a type of weight 0 must stay impossible.
    for (const std::uint32_t i : large) cells_[i] = {~std::uint64_t{0}, i};
    for (const std::uint32_t i : small)
      cells_[i] = w[i] > 0 ? cell{~std::uint64_t{0}, i} : cell{0, static_cast<std::uint32_t>(heaviest)};
  }

  [[nodiscard]] std::size_t types() const noexcept { return cells_.size(); }

  /// One draw, 0 … K − 1; const, so that threads may share a table.
  template <core::random_bits Random>
  [[nodiscard]] std::uint32_t operator()(Random& random) const {
    __extension__ using wide = unsigned __int128;
    const wide product = static_cast<wide>(static_cast<std::uint64_t>(random())) * cells_.size();
    const auto i = static_cast<std::size_t>(static_cast<std::uint64_t>(product >> 64));
    return static_cast<std::uint64_t>(product) < cells_[i].keep ? static_cast<std::uint32_t>(i) : cells_[i].alias;
  }

 private:
  struct cell {
    std::uint64_t keep = 0;   // the cell's own type where the fraction lies below
    std::uint32_t alias = 0;  // else this one
  };
  std::vector<cell> cells_;
};

}  // namespace tailwatch::recursion
