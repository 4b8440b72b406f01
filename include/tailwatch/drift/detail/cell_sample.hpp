// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/drift/binned.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/drift/sketched_estimate.hpp"
#include "tailwatch/sketch/log_linear_histogram.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

template <class Source>
concept sketch_source = std::same_as<Source, binned_view> || std::same_as<Source, sketch::log_linear_histogram>;

/// At least one side is a sketch; the other may be a sample.
template <class X, class Y>
concept sketched_pair = (sketch_source<X> && (sketch_source<Y> || sample_source<Y>)) ||
                        (sample_source<X> && sketch_source<Y>);

/// One side as cells in ascending order that do not overlap: `count` numbers in [lower, upper), or all equal to lower = upper.
class cell_sample {
 public:
  struct cell {
    double lower, upper, count;
    [[nodiscard]] double middle() const noexcept { return 0.5 * lower + 0.5 * upper; }
    [[nodiscard]] double half() const noexcept { return 0.5 * upper - 0.5 * lower; }
  };

  explicit cell_sample(const sketch::log_linear_histogram& histogram) : observations_(histogram.count()) {
    // The greatest number itself lies in the last cell, so its open end is the next double.
    const double least = histogram.min(), end = std::nextafter(histogram.max(), core::infinity);
    histogram.for_each_cell([&](double lower, double upper, std::uint64_t count) {
      add(std::max(lower, least), std::min(upper, end), static_cast<double>(count));
    });
    finish();
  }
  explicit cell_sample(const binned_view& bins) {
    for (std::size_t k = 0; k < bins.counts.size(); ++k) {
      observations_ += static_cast<std::uint64_t>(bins.counts[k]);
      if (bins.counts[k] > 0) add(bins.edges[k], bins.edges[k + 1], static_cast<double>(bins.counts[k]));
    }
    finish();
  }
  template <sample_source Source>
  explicit cell_sample(const Source& source) : observations_(core::as_span(source).size()) {
    const sorted_sample sorted(source, {}, "", "");
    defined_ = sorted.defined();
    if (!defined_) return;
    for (const double x : sorted.values()) {
      if (!cells_.empty() && cells_.back().lower == x) {
        cells_.back().count += 1.0;
      } else {
        add(x, x, 1.0);
      }
    }
    finish();
  }

  /// There are numbers, and none is NaN or infinite.
  [[nodiscard]] bool defined() const noexcept { return defined_; }
  [[nodiscard]] std::uint64_t observations() const noexcept { return observations_; }
  [[nodiscard]] const std::vector<cell>& cells() const noexcept { return cells_; }
  [[nodiscard]] double total() const noexcept { return total_; }
  /// Share of the numbers in the first i + 1 cells.
  [[nodiscard]] double level(std::size_t i) const noexcept { return upto_[i] / total_; }
  /// Numbers in the first `cells` cells.
  [[nodiscard]] double upto(std::size_t cells) const noexcept { return cells == 0 ? 0.0 : upto_[cells - 1]; }

 private:
  void add(double lower, double upper, double count) {
    defined_ = defined_ && core::is_finite(lower) && core::is_finite(upper);
    cells_.push_back({lower, upper, count});
  }
  void finish() {
    for (const cell& c : cells_) upto_.push_back(total_ += c.count);  // whole numbers: exact below 2⁵³
    defined_ = defined_ && total_ > 0.0;
  }

  std::vector<cell> cells_;
  std::vector<double> upto_;
  std::uint64_t observations_ = 0;
  double total_ = 0.0;
  bool defined_ = true;
};

/// Σ (c/n²)(a − ā)² for values a of the cells: the variance of the mean of a.
[[nodiscard]] inline double variance_of_mean(const cell_sample& sample, const std::vector<double>& a) {
  blocked_sum mean, squares;
  for (std::size_t i = 0; i < a.size(); ++i) mean.add(sample.cells()[i].count * a[i]);
  const double centre = mean.total() / sample.total();
  for (std::size_t i = 0; i < a.size(); ++i) squares.add(sample.cells()[i].count * (a[i] - centre) * (a[i] - centre));
  return squares.total() / (sample.total() * sample.total());
}

/// What is known of the distribution functions: visit(from, to, f_low, f_high, g_low, g_high) for every open stretch between
/// ends of cells, on which F lies in [f_low, f_high] and G in [g_low, g_high]; a stretch of length 0 is a point just below an end,
/// where all cells that end there are known to be below.
template <class Visit>
void visit_envelopes(const cell_sample& x, const cell_sample& y, Visit&& visit) {
  const auto& a = x.cells();
  const auto& b = y.cells();
  std::size_t i_low = 0, i_high = 0, j_low = 0, j_high = 0;  // cells surely below, cells that may be
  const auto share = [](const cell_sample& s, std::size_t cells) { return cells == 0 ? 0.0 : s.level(cells - 1); };
  const auto below = [](const std::vector<cell_sample::cell>& c, std::size_t k, double t) {
    return k < c.size() && (c[k].upper < t || (c[k].upper == t && c[k].lower < c[k].upper));
  };
  const auto end_of = [](const std::vector<cell_sample::cell>& c, std::size_t low, std::size_t high) {
    return std::min(low < c.size() ? c[low].upper : core::infinity, high < c.size() ? c[high].lower : core::infinity);
  };
  double from = -core::infinity;
  while (true) {
    const double t = std::min(end_of(a, i_low, i_high), end_of(b, j_low, j_high));
    if (!core::is_finite(t)) break;
    if (core::is_finite(from) && t > from)
      visit(from, t, share(x, i_low), share(x, i_high), share(y, j_low), share(y, j_high));
    // just below t
    while (below(a, i_low, t)) ++i_low;
    while (below(b, j_low, t)) ++j_low;
    i_high = std::max(i_high, i_low);
    j_high = std::max(j_high, j_low);
    visit(t, t, share(x, i_low), share(x, i_high), share(y, j_low), share(y, j_high));
    // just above t: single numbers at t are passed, cells that begin at t may have been
    while (i_low < a.size() && a[i_low].upper <= t) ++i_low;
    while (j_low < b.size() && b[j_low].upper <= t) ++j_low;
    while (i_high < a.size() && a[i_high].lower <= t) ++i_high;
    while (j_high < b.size() && b[j_high].lower <= t) ++j_high;
    from = t;
  }
}

/// Walks the pooled middles in ascending order: visit(value, i, j) after i cells of x and j of y lie at or below value.
template <class Visit>
void visit_middles(const cell_sample& x, const cell_sample& y, Visit&& visit) {
  const auto& a = x.cells();
  const auto& b = y.cells();
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const double u = i < a.size() ? a[i].middle() : core::infinity, v = j < b.size() ? b[j].middle() : core::infinity;
    const double t = std::min(u, v);
    while (i < a.size() && a[i].middle() <= t) ++i;
    while (j < b.size() && b[j].middle() <= t) ++j;
    visit(t, i, j);
  }
}

struct sketched_ecdf {
  double above = 0.0, below = 0.0;            ///< max F − G and max G − F of the middles
  double above_low = 0.0, below_low = 0.0;    ///< at least that, wherever the numbers lie
  double above_high = 0.0, below_high = 0.0;  ///< at most that
  double f = 0.0, g = 0.0;                    ///< where the larger of above and below is reached
};
[[nodiscard]] inline sketched_ecdf compare_ecdf(const cell_sample& x, const cell_sample& y) {
  sketched_ecdf d;
  visit_middles(x, y, [&](double, std::size_t i, std::size_t j) {
    const double f = i == 0 ? 0.0 : x.level(i - 1), g = j == 0 ? 0.0 : y.level(j - 1);
    if (std::abs(f - g) > std::max(d.above, d.below)) {
      d.f = f;
      d.g = g;
    }
    d.above = std::max(d.above, f - g);
    d.below = std::max(d.below, g - f);
  });
  visit_envelopes(x, y, [&](double, double, double f_low, double f_high, double g_low, double g_high) {
    d.above_low = std::max(d.above_low, f_low - g_high);
    d.below_low = std::max(d.below_low, g_low - f_high);
    d.above_high = std::max(d.above_high, f_high - g_low);
    d.below_high = std::max(d.below_high, g_high - f_low);
  });
  return d;
}

/// Transport between the middles, its variance, and how far the numbers may be from the middles, all over u ∈ [first, last].
struct sketched_transport {
  double cost = 0.0;      ///< ∫ |F⁻¹ − G⁻¹|^p/unit^p, or the largest of them for p = ∞
  double variance = 0.0;  ///< of the cost, over the whole range only
  double blur = 0.0;      ///< (∫ half-width^p)^{1/p} of x and of y together, in units of the data
};
[[nodiscard]] inline sketched_transport transport(const cell_sample& x, const cell_sample& y, double p, double unit,
                                                  double first, double last) {
  const bool supremum = !core::is_finite(p);
  const auto power = [&](double d) {
    d = std::abs(d) / unit;
    return supremum || p == 1.0 ? d : p == 2.0 ? d * d : std::pow(d, p);
  };
  const auto& a = x.cells();
  const auto& b = y.cells();
  std::vector<double> phi(a.size()), psi(b.size());
  blocked_sum cost, blur_x, blur_y;
  sketched_transport result;
  double largest_x = 0.0, largest_y = 0.0, from = 0.0, potential = 0.0;
  std::size_t i = 0, j = 0;
  const auto between = [&](std::size_t k, std::size_t l) { return power(a[k].middle() - b[l].middle()); };
  psi[0] = between(0, 0);
  while (true) {
    const double at_x = x.level(i), at_y = y.level(j), to = std::min(at_x, at_y);
    const double mass = std::min(to, last) - std::max(from, first);
    if (mass > 0.0) {
      const double here = between(i, j), half_x = power(a[i].half()), half_y = power(b[j].half());
      if (supremum) {
        // what rounding leaves between equal levels is no mass
        if (mass > 0x1p-50) {
          result.cost = std::max(result.cost, here);
          largest_x = std::max(largest_x, half_x);
          largest_y = std::max(largest_y, half_y);
        }
      } else {
        cost.add(mass * here);
        blur_x.add(mass * half_x);
        blur_y.add(mass * half_y);
      }
    }
    from = to;
    const std::size_t next_i = i + (at_x <= at_y ? 1 : 0), next_j = j + (at_y <= at_x ? 1 : 0);
    if (next_i >= a.size() || next_j >= b.size()) {
      if (next_i >= a.size() && next_j >= b.size()) break;
      if (next_i >= a.size() && j + 1 >= b.size()) break;
      if (next_j >= b.size() && i + 1 >= a.size()) break;
    }
    const std::size_t new_i = std::min(next_i, a.size() - 1), new_j = std::min(next_j, b.size() - 1);
    if (new_i == i && new_j == j) break;
    potential += 0.5 * ((between(new_i, j) - between(i, j)) + (between(new_i, new_j) - between(i, new_j)));
    i = new_i;
    j = new_j;
    phi[i] = potential;
    psi[j] = between(i, j) - potential;
  }
  if (supremum) {
    result.blur = unit * (largest_x + largest_y);
    return result;
  }
  result.cost = cost.total();
  const auto root = [&](double v) { return p == 1.0 ? v : std::pow(v, 1.0 / p); };
  result.blur = unit * (root(blur_x.total() / (last - first)) + root(blur_y.total() / (last - first)));
  result.variance = variance_of_mean(x, phi) + variance_of_mean(y, psi);
  return result;
}

/// No middle of x is further from one of y.
[[nodiscard]] inline double largest_distance(const cell_sample& x, const cell_sample& y) noexcept {
  const auto& a = x.cells();
  const auto& b = y.cells();
  return std::max(std::abs(a.back().middle() - b.front().middle()), std::abs(b.back().middle() - a.front().middle()));
}

/// 2∫(F − G)² of the middles with its variance, and between which values that of the numbers lies.
struct sketched_energy {
  double value = 0.0, lower = 0.0, upper = 0.0, variance = 0.0, within_x = 0.0, within_y = 0.0;
};
[[nodiscard]] inline sketched_energy energy_of(const cell_sample& x, const cell_sample& y) {
  std::vector<double> at_x(x.cells().size()), at_y(y.cells().size());
  blocked_sum value, lower, upper, influence;
  double last = 0.0;
  std::size_t i0 = 0, j0 = 0;
  visit_middles(x, y, [&](double t, std::size_t i, std::size_t j) {
    if (i0 + j0 > 0) {
      const double f = i0 == 0 ? 0.0 : x.level(i0 - 1), g = j0 == 0 ? 0.0 : y.level(j0 - 1);
      value.add(2.0 * (f - g) * (f - g) * (t - last));
      influence.add(4.0 * (g - f) * (t - last));
    }
    for (; i0 < i; ++i0) at_x[i0] = influence.total();
    for (; j0 < j; ++j0) at_y[j0] = influence.total();
    last = t;
  });
  visit_envelopes(x, y, [&](double from, double to, double f_low, double f_high, double g_low, double g_high) {
    const double least = f_low - g_high, most = f_high - g_low;
    const double farthest = std::max(std::abs(least), std::abs(most));
    const double nearest = least > 0.0 ? least : most < 0.0 ? -most : 0.0;
    lower.add(2.0 * nearest * nearest * (to - from));
    upper.add(2.0 * farthest * farthest * (to - from));
  });
  sketched_energy e;
  e.value = value.total();
  e.lower = std::min(lower.total(), e.value);
  e.upper = std::max(upper.total(), e.value);
  e.variance = variance_of_mean(x, at_x) + variance_of_mean(y, at_y);
  return e;
}

/// Rank statistics are (1/nm) Σ (m a − n g)²/ω(a + g) over the pooled numbers, of which the first a + g are a of x and g of y.
enum class rank_weight {
  none,      ///< ω(i) = N²: Cramér–von Mises
  both,      ///< i (N − i), i < N: Anderson–Darling
  low_end,   ///< N i: its left tail
  high_end,  ///< N (N − i), i < N: its right tail
};
struct rank_bounds {
  double lower = 0.0, upper = 0.0;
};

/// Between which values such a statistic lies for numbers without ties. The a-th number of x is one of its cell, so it has a of x at or
/// below it, and between the y surely below the cell and those possibly below its end; y alike. Large cells are taken in 64 pieces.
[[nodiscard]] inline rank_bounds bounds_of_ranks(const cell_sample& x, const cell_sample& y, rank_weight weight) {
  const double all = x.total() + y.total();
  blocked_sum lower, upper;
  const auto omega = [&](double i) {
    switch (weight) {
      case rank_weight::none: return all * all;
      case rank_weight::both: return i * (all - i);
      case rank_weight::low_end: return all * i;
      case rank_weight::high_end: break;
    }
    return all * (all - i);
  };
  const auto add_side = [&](const cell_sample& own, const cell_sample& other, double per_own, double per_other) {
    // surely below and possibly below a cell, both ascending
    std::size_t low = 0, high = 0;
    const auto& cells = other.cells();
    for (std::size_t c = 0; c < own.cells().size(); ++c) {
      const cell_sample::cell& at = own.cells()[c];
      while (low < cells.size() && cells[low].upper <= at.lower && cells[low].lower < at.lower) ++low;
      while (high < cells.size() && (cells[high].lower < at.upper || cells[high].lower <= at.lower)) ++high;
      const double least = other.upto(low), most = other.upto(std::max(low, high));
      const double pieces = std::min(at.count, 64.0);
      for (double piece = 0.0; piece < pieces; piece += 1.0) {
        const double first = std::floor(at.count * piece / pieces),
                     last = std::floor(at.count * (piece + 1.0) / pieces);
        const double from = own.upto(c) + first + 1.0, to = own.upto(c) + last;  // the numbers of this piece
        const double d_low = per_own * from - per_other * most, d_high = per_own * to - per_other * least;
        const double farthest = std::max(std::abs(d_low), std::abs(d_high));
        const double nearest = d_low > 0.0 ? d_low : d_high < 0.0 ? -d_high : 0.0;
        // the last number of all has no term but with ω = N² and N i, where it is 0 since a = n, g = m
        const double i_low = std::min(from + least, all - 1.0), i_high = std::min(to + most, all - 1.0);
        const double ends_low = std::min(omega(i_low), omega(i_high));
        const double ends_high = weight == rank_weight::both && i_low < 0.5 * all && i_high > 0.5 * all
                                     ? 0.25 * all * all
                                     : std::max(omega(i_low), omega(i_high));
        const double count = last - first;
        upper.add(count * farthest * farthest / ends_low);
        lower.add(count * nearest * nearest / ends_high);
      }
    }
  };
  add_side(x, y, y.total(), x.total());
  add_side(y, x, x.total(), y.total());
  const double scale = x.total() * y.total();
  return {lower.total() / scale, upper.total() / scale};
}

/// Value and bounds as a result; the value of the middles has ties, which may put it outside.
[[nodiscard]] inline sketched_estimate bounded(double value, const rank_bounds& bounds, const cell_sample& x,
                                               const cell_sample& y) {
  return {{value, core::nan, x.observations() + y.observations()},
          std::min(bounds.lower, value),
          std::max(bounds.upper, value)};
}

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
