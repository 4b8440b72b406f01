// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/sketch/detail/log_linear_cells.hpp"

namespace tailwatch::sketch {

struct log_linear_histogram_options {
  int mantissa_bits = 5;   ///< m, 1 … 10: relative error of a value at most 2^−(m+1), 1.6 % for 5, 0.4 % for 7
  int min_exponent = -32;  ///< e ≥ −1022: numbers of magnitude below 2^e share one cell with 0
  int max_exponent = 32;   ///< E ≤ 1024: of finite numbers of magnitude 2^E and more only the rank is kept
  friend bool operator==(const log_linear_histogram_options&, const log_linear_histogram_options&) = default;
};

/// Occurrences of real numbers in cells that are 2^m to the octave, on both sides of 0.
///
/// The state for quantiles of surprisal, perplexity, gradient norms and lengths, at *every* rank: the hundred-thousandth
/// largest value is as good as the median, which sketches with an error in rank cannot say. Cells are read off the bits of a
/// number, so the state is a function of the multiset of numbers, bit for bit, whatever the order, the batches, the
/// instruction set, the ranks or the merges. Least and greatest are kept exactly. −∞ and +∞ have cells of their own; NaN
/// is skipped and counted as rejected.
///
/// @error       a rank is exact; the value at a rank is within 2^−(m+1) |x| of the true one for 2^e ≤ |x| < 2^E, within 2^e
///              for smaller ones; for larger finite ones it is the edge ±2^E, unless it is the least or the greatest
/// @memory      16·(E − e)·2^m + 48 bytes: 32 KiB by default, 128 KiB with m = 7
/// @complexity  O(1) a number, merge and quantile O(cells)
/// @reduction   one round: SUM of all cells, MIN and MAX of one, int64
/// @throws      std::invalid_argument for options outside their ranges
/// @see         G. Tene, HdrHistogram (2012), for the cells; C. Masson, J. Rim, H. Lee (2019), DDSketch, PVLDB 12(12),
///              2195–2205, for the guarantee
/// @example     examples/sketch/streams.cpp
class log_linear_histogram {
 public:
  explicit log_linear_histogram(const log_linear_histogram_options& options = {})
      : options_(checked(options)),
        cells_{52 - options.mantissa_bits, std::int64_t{1023 + options.min_exponent} << options.mantissa_bits,
               std::int64_t{options.max_exponent - options.min_exponent} << options.mantissa_bits},
        counts_(cells_.size(), 0) {}

  /// Counts a range of numbers.
  template <class Arch = simd::default_arch, core::floating_range Range>
  void update(const Range& x) {
    add_all<Arch>(core::as_span(x));
  }
  template <class Arch = simd::default_arch, std::floating_point Real>
  void update(const core::sample_view<Real>& x) {
    add_all<Arch>(x.span());
  }
  /// Counts one number `occurrences` times.
  void add(double x, std::uint64_t occurrences = 1) noexcept {
    if (occurrences == 0) return;
    counts_[static_cast<std::size_t>(cells_(std::bit_cast<std::int64_t>(x)))] += static_cast<std::int64_t>(occurrences);
    if (core::is_nan(x)) return;
    count_ += static_cast<std::int64_t>(occurrences);
    least_ = std::min(least_, detail::ordered_bits(x));
    greatest_ = std::max(greatest_, detail::ordered_bits(x));
  }

  /// @throws std::invalid_argument  for other options; this state is then as it was
  void merge(const log_linear_histogram& other) {
    check_like("sketch::log_linear_histogram::merge", other);
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    least_ = std::min(least_, other.least_);
    greatest_ = std::max(greatest_, other.greatest_);
  }
  void reset() noexcept {
    std::fill(counts_.begin(), counts_.end(), 0);
    count_ = 0;
    least_ = std::numeric_limits<std::int64_t>::max();
    greatest_ = std::numeric_limits<std::int64_t>::min();
  }

  [[nodiscard]] const log_linear_histogram_options& options() const noexcept { return options_; }
  /// Numbers counted, infinities included, NaN excluded.
  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return static_cast<std::uint64_t>(counts_.back()); }
  /// Least and greatest number, exactly, −0 as 0; NaN where there is none.
  [[nodiscard]] double min() const noexcept { return count_ == 0 ? core::nan : detail::from_ordered_bits(least_); }
  [[nodiscard]] double max() const noexcept { return count_ == 0 ? core::nan : detail::from_ordered_bits(greatest_); }
  /// Finite numbers of magnitude 2^E and more, of which only the rank is known.
  [[nodiscard]] std::uint64_t beyond() const noexcept {
    return static_cast<std::uint64_t>(counts_[1] + counts_[counts_.size() - 3]);
  }

  /// The r-th smallest number, r from 1 to count(); the error is that of the class. NaN for any other r.
  [[nodiscard]] double value_at_rank(std::uint64_t rank) const noexcept {
    if (rank == 0 || rank > count()) return core::nan;
    if (rank == 1) return min();
    if (rank == count()) return max();
    std::uint64_t below = 0;
    std::int64_t cell = 0;
    while ((below += static_cast<std::uint64_t>(counts_[static_cast<std::size_t>(cell)])) < rank) ++cell;
    return std::clamp(representative(cell), min(), max());
  }

  /// The p-quantile: the number of rank max(1, ⌈p n⌉), the inverse of the empirical distribution function.
  ///
  /// @param p  in [0, 1]
  /// @return   the error of the class; standard error of independent numbers, from the ranks one binomial deviation
  ///           √(n p (1 − p)) away on either side (Woodruff 1952), and width/√12 for the place in the cell; NaN where those
  ///           ranks fall outside the data or the cell has no end; NaN when empty
  /// @throws   std::invalid_argument for p outside [0, 1]
  [[nodiscard]] estimate quantile(double p) const {
    core::check_closed_interval("sketch::log_linear_histogram::quantile", "p", p, 0.0, 1.0);
    const auto n = static_cast<double>(count_);
    if (count_ == 0) return {};
    const auto at = [&](double position) {
      return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(position)), 1, count());
    };
    const double deviation = std::sqrt(n * p * (1.0 - p));
    const double low = p * n - deviation, high = p * n + deviation;
    const bool known = low > 0.0 && high < n;
    const double value = value_at_rank(at(p * n));
    const double spread = known ? 0.5 * (value_at_rank(at(high)) - value_at_rank(at(low))) : core::nan;
    const double width = width_of(cells_(std::bit_cast<std::int64_t>(value)));
    const double error = std::sqrt(spread * spread + width * width / 12.0);
    return {value, core::is_finite(error) ? error : core::nan, count()};
  }

  /// Share of numbers at or below x, x moved up to the edge of its cell: exact for an x' with x ≤ x' ≤ x + 2^−m |x| where
  /// 2^e ≤ |x| < 2^E.
  ///
  /// @return  standard error √(p(1 − p)/n), with p = (k + ½)/(n + 1) at 0 and 1; NaN when empty or x is NaN
  [[nodiscard]] estimate cdf(double x) const noexcept {
    if (count_ == 0 || core::is_nan(x)) return {core::nan, core::nan, count()};
    const auto last = static_cast<std::size_t>(cells_(std::bit_cast<std::int64_t>(x)));
    std::int64_t below = 0;
    for (std::size_t i = 0; i <= last; ++i) below += counts_[i];
    const auto n = static_cast<double>(count_), k = static_cast<double>(below);
    const double p = below == 0 || below == count_ ? (k + 0.5) / (n + 1.0) : k / n;
    return {k / n, std::sqrt(p * (1.0 - p) / n), count()};
  }

  /// Calls `visit(lower, upper, occurrences)` for each cell that holds a number, in ascending order; an infinite number has
  /// both ends infinite.
  template <class Visit>
  void for_each_cell(Visit&& visit) const {
    for (std::int64_t cell = 0; cell < cells_.nan_cell(); ++cell) {
      const std::int64_t c = counts_[static_cast<std::size_t>(cell)];
      if (c == 0) continue;
      const std::int64_t step = cell - cells_.centre();
      if (step == 0) {
        visit(-cells_.edge(1), cells_.edge(1), static_cast<std::uint64_t>(c));
      } else if (step > 0) {
        visit(near_end(step), near_end(step + 1), static_cast<std::uint64_t>(c));
      } else {
        visit(-near_end(1 - step), -near_end(-step), static_cast<std::uint64_t>(c));
      }
    }
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("log_linear_histogram")
        .add(static_cast<std::uint64_t>(options_.mantissa_bits))
        .add(static_cast<std::uint64_t>(options_.min_exponent + 1022))
        .add(static_cast<std::uint64_t>(options_.max_exponent + 1022))
        .value();
  }

  /// Payload: i64 least and greatest (bits of a double, ordered), u64 cells, cells × i64 count in ascending order, NaN last.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.i64(least_);
    out.i64(greatest_);
    out.u64(counts_.size());
    for (const std::int64_t c : counts_) out.i64(c);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    log_linear_histogram loaded = *this;
    loaded.least_ = in.i64();
    loaded.greatest_ = in.i64();
    if (in.length(sizeof(std::int64_t)) != counts_.size())
      core::detail::archive_failure("number of cells does not match");
    std::int64_t total = 0;
    bool plausible = true;
    for (std::int64_t& c : loaded.counts_) {
      c = in.i64();
      plausible = plausible && c >= 0 && c <= static_cast<std::int64_t>(core::detail::largest_saved_count) &&
                  c <= std::numeric_limits<std::int64_t>::max() - total;
      total += plausible ? c : 0;
    }
    if (plausible) loaded.count_ = total - loaded.counts_.back();
    if (!plausible || loaded.count() != found.count || !loaded.ends_fit())
      core::detail::archive_failure("counts do not add up");
    in.close();
    *this = std::move(loaded);
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 1; }
  /// The segments point into this object, which must stay where it is until finish_round.
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t /*round*/) {
    return {{counts_.data(), counts_.size(), core::element_type::int64, core::reduction_operation::sum},
            {&least_, 1, core::element_type::int64, core::reduction_operation::min},
            {&greatest_, 1, core::element_type::int64, core::reduction_operation::max}};
  }
  void finish_round(std::size_t /*round*/) noexcept {
    count_ = -counts_.back();
    for (const std::int64_t c : counts_) count_ += c;
  }

  friend bool operator==(const log_linear_histogram& a, const log_linear_histogram& b) noexcept {
    return a.options_ == b.options_ && a.least_ == b.least_ && a.greatest_ == b.greatest_ && a.counts_ == b.counts_;
  }

 private:
  [[nodiscard]] static const log_linear_histogram_options& checked(const log_linear_histogram_options& options) {
    constexpr std::string_view function = "sketch::log_linear_histogram";
    core::check_at_least(function, "mantissa_bits", options.mantissa_bits, 1);
    core::check_at_most(function, "mantissa_bits", options.mantissa_bits, 10);
    core::check_at_least(function, "min_exponent", options.min_exponent, -1022);
    core::check_at_most(function, "max_exponent", options.max_exponent, 1024);
    core::check(options.min_exponent < options.max_exponent, function, "min_exponent", options.min_exponent,
                "below max_exponent, " + core::to_text(options.max_exponent));
    return options;
  }
  void check_like(std::string_view function, const log_linear_histogram& other) const {
    core::check(options_.mantissa_bits == other.options_.mantissa_bits, function, "mantissa_bits",
                other.options_.mantissa_bits, core::to_text(options_.mantissa_bits) + " like this state's");
    core::check(options_.min_exponent == other.options_.min_exponent, function, "min_exponent",
                other.options_.min_exponent, core::to_text(options_.min_exponent) + " like this state's");
    core::check(options_.max_exponent == other.options_.max_exponent, function, "max_exponent",
                other.options_.max_exponent, core::to_text(options_.max_exponent) + " like this state's");
  }
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::log_linear_histogram, parameters(), 0, 0, count()};
  }

  /// Smallest magnitude of step ≥ 1 of either side.
  [[nodiscard]] double near_end(std::int64_t step) const noexcept {
    return step > cells_.inside + 1 ? core::infinity : cells_.edge(step);
  }
  /// What stands for the numbers of a cell: its middle; the near edge where it has no other.
  [[nodiscard]] double representative(std::int64_t cell) const noexcept {
    const std::int64_t step = cell - cells_.centre();
    const std::int64_t s = step < 0 ? -step : step;
    if (s == 0) return 0.0;
    const double magnitude = s > cells_.inside ? near_end(s) : cells_.middle(s);
    return step < 0 ? -magnitude : magnitude;
  }
  [[nodiscard]] double width_of(std::int64_t cell) const noexcept {
    const std::int64_t step = cell < cells_.centre() ? cells_.centre() - cell : cell - cells_.centre();
    if (step > cells_.inside) return core::nan;
    return step == 0 ? 2.0 * cells_.edge(1) : cells_.edge(step + 1) - cells_.edge(step);
  }
  [[nodiscard]] std::int64_t cell_of(std::int64_t ordered) const noexcept {
    return cells_(std::bit_cast<std::int64_t>(detail::from_ordered_bits(ordered)));
  }
  /// Whether least and greatest lie in the first and the last cell that holds a number.
  [[nodiscard]] bool ends_fit() const noexcept {
    if (count_ == 0)
      return least_ == std::numeric_limits<std::int64_t>::max() &&
             greatest_ == std::numeric_limits<std::int64_t>::min();
    std::int64_t first = 0, last = cells_.nan_cell() - 1;
    while (counts_[static_cast<std::size_t>(first)] == 0) ++first;
    while (counts_[static_cast<std::size_t>(last)] == 0) --last;
    return least_ <= greatest_ && cell_of(least_) == first && cell_of(greatest_) == last &&
           (count_ > 1 || least_ == greatest_);
  }

  // Equal neighbours are added together: a stream that repeats itself would else wait for each store before the next load.
  template <class Arch, class Real>
  void add_all(std::span<const Real> x) noexcept {
    const std::size_t whole = x.size() / detail::cell_block * detail::cell_block;
    std::int64_t* const counts = counts_.data();
    for (std::size_t i = 0; i < whole; i += detail::cell_block) {
      std::int32_t cell[detail::cell_block], first = 0, last = 0;
      if (!detail::log_linear_block<Arch>(x.data() + i, cells_, cell, first, last)) {
        for (std::size_t k = i; k < i + detail::cell_block; ++k) add(static_cast<double>(x[k]));
        continue;
      }
      for (std::size_t k = 0; k < detail::cell_block; k += 4) {
        if (cell[k] == cell[k + 1] && cell[k + 2] == cell[k + 3]) {
          if (cell[k] == cell[k + 2]) {
            counts[cell[k]] += 4;
          } else {
            counts[cell[k]] += 2;
            counts[cell[k + 2]] += 2;
          }
        } else {
          for (std::size_t j = k; j < k + 4; ++j) ++counts[cell[j]];
        }
      }
      if (count_ == 0 || first <= cell_of(least_) || last >= cell_of(greatest_))  // seldom, but for the first blocks
        detail::log_linear_ends<Arch>(x.data() + i, least_, greatest_);
      count_ += static_cast<std::int64_t>(detail::cell_block);
    }
    for (std::size_t i = whole; i < x.size(); ++i) add(static_cast<double>(x[i]));
  }

  log_linear_histogram_options options_;
  detail::log_linear_cells cells_;
  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
  std::int64_t least_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t greatest_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace tailwatch::sketch
