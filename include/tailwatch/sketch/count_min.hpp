// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/sketch/detail/count_min_hash.hpp"
#include "tailwatch/sketch/shingles.hpp"

namespace tailwatch::sketch {

struct count_min_options {
  std::size_t width = 32768;  ///< w, cells per row: error of a count at most e·N/w …
  std::size_t depth = 5;      ///< d, rows: … but with probability e^−d; memory 8·w·d bytes
  std::uint32_t seed = 1;     ///< sketches merge only with those of the same seed
  friend bool operator==(const count_min_options&, const count_min_options&) = default;
};

/// The smallest sketch whose counts exceed the truth by more than `error`·N with probability at most `failure`.
///
/// @throws std::invalid_argument  for an error outside [2⁻³⁰, 1) or a failure probability outside (0, 1)
[[nodiscard]] inline count_min_options count_min_for(double error, double failure, std::uint32_t seed = 1) {
  constexpr std::string_view function = "sketch::count_min_for";
  core::check_at_least(function, "error", error, 0x1p-30);
  core::check(error < 1.0, function, "error", error, "below 1");
  core::check_open_interval(function, "failure", failure, 0.0, 1.0);
  std::size_t width = 1;  // powers of two, for which the bound is e/w itself
  while (std::numbers::e / static_cast<double>(width) > error) width *= 2;
  return {width, std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(-std::log(failure)))), seed};
}

/// Occurrences of any 64-bit key, never too few, from d rows of w int64 cells: the count of a key is the least of its d cells.
///
/// The state for heavy n-grams whose keys are not known in advance. Row j puts key x = 2³² x₁ + x₀ into cell
/// ⌊w · h_j(x) / 2³²⌋ with h_j(x) = ((a_j + x₁)(b_j + x₀) + c_j) >> 32 on 64 random bits each, which is pairwise independent
/// (Thorup 2015), so the bound below is a theorem for every set of keys chosen before the seed. Cells are sums: the state is
/// a function of the multiset of keys, bit for bit, whatever the order, the batches, the ranks or the merges. The
/// "conservative update", more accurate for one stream, is not offered: it depends on the order and does not merge.
///
/// @error       count ≤ query ≤ count + ε N with probability ≥ 1 − e^−d for each key, ε = e (1/w + 2⁻³²), ε = e/w where w is a
///              power of two, N = count()
/// @memory      8·w·d bytes
/// @complexity  O(d) a key, merge O(w d)
/// @reduction   one round: SUM of w·d + 1 int64
/// @throws      std::invalid_argument for width or depth 0, a width above 2³¹ or a depth above 64
/// @see         G. Cormode, S. Muthukrishnan (2005), J. Algorithms 55, 58–75; M. Thorup (2015), arXiv:1504.06804, section 3.5
/// @example     examples/sketch/streams.cpp
class count_min {
 public:
  static constexpr std::uint32_t hash_id = 3;  ///< of saved states
  static constexpr std::size_t largest_width = std::size_t{1} << 31;
  static constexpr std::size_t largest_depth = 64;

  explicit count_min(const count_min_options& options = {})
      : options_(checked(options)), cells_(options.width * options.depth, 0) {
    for (std::size_t j = 0; j < options.depth; ++j)
      rows_.push_back({core::split_seed(options.seed, 3 * j), core::split_seed(options.seed, 3 * j + 1),
                       core::split_seed(options.seed, 3 * j + 2)});
  }

  /// Counts a range of keys of any integer type, taken modulo 2⁶⁴.
  template <class Arch = simd::default_arch, core::integer_range Range>
  void update(const Range& keys) {
    const auto x = core::as_span(keys);
    const std::size_t whole = x.size() / detail::count_min_block * detail::count_min_block;
    for (std::size_t i = 0; i < whole; i += detail::count_min_block) {  // row by row: one is 256 KiB, not five
      std::int64_t* row = cells_.data();
      for (const row_hash& h : rows_) {
        std::uint32_t at[detail::count_min_block];
        detail::count_min_cells<Arch>(x.data() + i, h, options_.width, at);
        for (const std::uint32_t c : at) ++row[c];
        row += options_.width;
      }
    }
    count_ += static_cast<std::int64_t>(whole);
    for (std::size_t i = whole; i < x.size(); ++i) add(static_cast<std::uint64_t>(x[i]));
  }
  /// Counts all runs of n tokens of one sequence, by shingle_key; a shorter sequence is one shingle.
  template <class Arch = simd::default_arch, core::integer_range Range>
  void update_shingles(const Range& sequence, std::size_t n) {
    std::vector<std::uint64_t> keys;
    append_shingles(core::as_span(sequence), n, keys);
    update<Arch>(keys);
  }
  /// Counts one key `occurrences` times.
  void add(std::uint64_t key, std::uint64_t occurrences = 1) noexcept {
    std::int64_t* row = cells_.data();
    for (const row_hash& h : rows_) {
      row[h(key, options_.width)] += static_cast<std::int64_t>(occurrences);
      row += options_.width;
    }
    count_ += static_cast<std::int64_t>(occurrences);
  }

  /// Occurrences of a key, or more: see the error of the class.
  [[nodiscard]] std::uint64_t query(std::uint64_t key) const noexcept {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    const std::int64_t* row = cells_.data();
    for (const row_hash& h : rows_) {
      least = std::min(least, row[h(key, options_.width)]);
      row += options_.width;
    }
    return static_cast<std::uint64_t>(least);
  }
  /// ε N: what a query exceeds with probability at most failure_probability().
  [[nodiscard]] double error_bound() const noexcept {
    const auto w = static_cast<double>(options_.width);
    const bool power_of_two = (options_.width & (options_.width - 1)) == 0;
    return std::numbers::e * (1.0 / w + (power_of_two ? 0.0 : 0x1p-32)) * static_cast<double>(count_);
  }
  [[nodiscard]] double failure_probability() const noexcept { return std::exp(-static_cast<double>(options_.depth)); }

  /// @throws std::invalid_argument  for another width, depth or seed; this state is then as it was
  void merge(const count_min& other) {
    constexpr std::string_view function = "sketch::count_min::merge";
    const count_min_options& theirs = other.options_;
    core::check(options_.width == theirs.width, function, "width", theirs.width,
                core::to_text(options_.width) + " like this state's");
    core::check(options_.depth == theirs.depth, function, "depth", theirs.depth,
                core::to_text(options_.depth) + " like this state's");
    core::check(options_.seed == theirs.seed, function, "seed", theirs.seed,
                core::to_text(options_.seed) + " like this state's");
    for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i] += other.cells_[i];
    count_ += other.count_;
  }
  void reset() noexcept {
    std::fill(cells_.begin(), cells_.end(), 0);
    count_ = 0;
  }

  [[nodiscard]] const count_min_options& options() const noexcept { return options_; }
  /// N: keys counted, repeats included.
  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }
  /// 0: every key can be used.
  [[nodiscard]] static constexpr std::uint64_t rejected() noexcept { return 0; }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("count_min")
        .add(static_cast<std::uint64_t>(options_.width))
        .add(static_cast<std::uint64_t>(options_.depth))
        .add(static_cast<std::uint64_t>(options_.seed))
        .value();
  }

  /// Payload: u64 cells, cells × i64, row by row.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.u64(cells_.size());
    for (const std::int64_t c : cells_) out.i64(c);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    if (in.length(sizeof(std::int64_t)) != cells_.size())
      core::detail::archive_failure("number of cells does not match");
    std::vector<std::int64_t> cells;
    cells.reserve(cells_.size());
    bool plausible = found.count <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    for (std::size_t j = 0; j < options_.depth; ++j) {
      std::uint64_t total = 0;
      for (std::size_t i = 0; i < options_.width; ++i) {
        cells.push_back(in.i64());
        const auto c = static_cast<std::uint64_t>(cells.back());
        plausible = plausible && c <= found.count - total;
        total += plausible ? c : 0;
      }
      plausible = plausible && total == found.count;
    }
    if (!plausible) core::detail::archive_failure("counts do not add up");
    in.close();
    cells_ = std::move(cells);
    count_ = static_cast<std::int64_t>(found.count);
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 1; }
  /// The segments point into this object, which must stay where it is until finish_round.
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t /*round*/) {
    return {{cells_.data(), cells_.size(), core::element_type::int64, core::reduction_operation::sum},
            {&count_, 1, core::element_type::int64, core::reduction_operation::sum}};
  }
  void finish_round(std::size_t /*round*/) noexcept {}

  friend bool operator==(const count_min& a, const count_min& b) noexcept {
    return a.options_ == b.options_ && a.count_ == b.count_ && a.cells_ == b.cells_;
  }

 private:
  using row_hash = detail::count_min_hash;

  [[nodiscard]] static const count_min_options& checked(const count_min_options& options) {
    constexpr std::string_view function = "sketch::count_min";
    core::check_at_least(function, "width", options.width, std::size_t{1});
    core::check_at_most(function, "width", options.width, largest_width);
    core::check_at_least(function, "depth", options.depth, std::size_t{1});
    core::check_at_most(function, "depth", options.depth, largest_depth);
    return options;
  }
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::count_min, parameters(), hash_id, options_.seed, count()};
  }

  count_min_options options_;
  std::vector<row_hash> rows_;
  std::vector<std::int64_t> cells_;
  std::int64_t count_ = 0;
};

}  // namespace tailwatch::sketch
