// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/row_values.hpp"
#include "tailwatch/simd/row_pass.hpp"
#include "tailwatch/simd/softmax_cuts.hpp"

namespace tailwatch::monitor {

struct block_logits_options {
  std::size_t rows_per_call = 2048;          ///< rows read per update; 0: every row
  std::size_t max_rows = 1U << 14;           ///< rows kept
  std::vector<double> tail_thresholds = {};  ///< at most eight
  std::vector<double> top_p = {};            ///< at most four
  std::uint64_t seed = 1;
};

/// Rows of logits of one block, row by row, in room that is reserved beforehand.
///
/// Of the rows that the mask leaves in an update, `rows_per_call` are taken at random without repeats and read; each then stands
/// for w = N_c/n_c rows. Means and quantiles are weighted by that and do not depend on the order in which rows or updates came.
/// What the choice of rows costs is `row_values::sampling_error`, s/√n · √(1 − n/N) for one update and 0 where every row was read.
/// The standard error of a mean asks another question: how far it lies from that of all rows the model could be shown.
/// @memory      (3 + thresholds + 2·top_p) · 24 bytes a row kept
/// @complexity  an update one read of each row taken, one more from cache per two thresholds, one or two for all top_p
/// @see         W. G. Cochran (1977), Sampling Techniques, 3rd ed., 2.2 to 2.6
class block_logits {
 public:
  static constexpr std::size_t most_thresholds = 8;
  static constexpr std::size_t most_top_p = 4;

  block_logits() = default;
  /// @throws std::invalid_argument  for a threshold outside (0, 1] or more than eight
  explicit block_logits(block_logits_options options) : options_(std::move(options)) {
    core::check_at_most("monitor::block_logits", "number of tail_thresholds", options_.tail_thresholds.size(),
                        most_thresholds);
    for (const double t : options_.tail_thresholds)
      core::check(t > 0.0 && t <= 1.0, "monitor::block_logits", "tail_threshold", t, "in (0, 1]");
    core::check_at_most("monitor::block_logits", "number of top_p", options_.top_p.size(), most_top_p);
    for (const double p : options_.top_p) core::check_open_interval("monitor::block_logits", "top_p", p, 0.0, 1.0);
    columns_.assign(fixed + options_.tail_thresholds.size() + 2 * options_.top_p.size(), row_values(options_.max_rows));
  }

  /// @param logits      row r at logits + r·row_stride, the first `vocabulary` of it
  /// @param targets     token id per row, or nullptr; an id outside [0, vocabulary) leaves the row without a likelihood
  /// @param mask        0 = skip the row, or nullptr
  /// @return            rows that found no room
  template <class Arch = simd::default_arch, simd::logit Logit, std::integral Target>
  std::uint64_t update(const Logit* logits, std::size_t rows, std::size_t vocabulary, std::size_t row_stride,
                       const Target* targets, const std::uint8_t* mask) noexcept {
    std::size_t eligible = rows;
    if (mask != nullptr) eligible = rows - static_cast<std::size_t>(std::count(mask, mask + rows, std::uint8_t{0}));
    masked_ += rows - eligible;
    const std::uint64_t key = core::split_seed(options_.seed, calls_++);
    if (eligible == 0) return 0;
    const std::size_t room = options_.max_rows - this->rows();
    std::size_t wanted = options_.rows_per_call == 0 ? eligible : std::min(options_.rows_per_call, eligible);
    const std::size_t lost = wanted > room ? wanted - room : 0;
    wanted -= lost;
    if (wanted == 0) return lost;
    const double weight = static_cast<double>(eligible) / static_cast<double>(wanted);
    population_ += eligible;
    std::size_t left = eligible;
    for (std::size_t r = 0; r < rows && wanted > 0; ++r) {
      if (mask != nullptr && mask[r] == 0) continue;
      // Selection sampling: the row is taken with chance wanted/left.
      const double u = static_cast<double>(core::mix64(key + r) >> 11U) * 0x1p-53;
      const bool taken = wanted == left || u * static_cast<double>(left) < static_cast<double>(wanted);
      --left;
      if (!taken) continue;
      --wanted;
      std::ptrdiff_t target = -1;
      if (targets != nullptr && std::cmp_greater_equal(targets[r], 0) && std::cmp_less(targets[r], vocabulary))
        target = static_cast<std::ptrdiff_t>(targets[r]);
      read<Arch>(logits + r * row_stride, vocabulary, target, weight);
    }
    return lost;
  }

  /// Adds another block's rows; returns how many found no room.
  std::uint64_t merge(const block_logits& other) noexcept {
    population_ += other.population_;
    masked_ += other.masked_;
    rejected_ += other.rejected_;
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < other.rows(); ++i) {
      if (rows() == options_.max_rows) {
        ++lost;
        continue;
      }
      for (std::size_t c = 0; c < columns_.size(); ++c)
        columns_[c].add(other.columns_[c].values()[i], other.columns_[c].weights()[i]);
    }
    return lost;
  }
  /// Forgets the rows; the numbering of updates goes on, so that the next block draws other rows.
  void clear() noexcept {
    for (row_values& c : columns_) c.clear();
    population_ = masked_ = rejected_ = 0;
  }

  /// Rows read that have a softmax.
  [[nodiscard]] std::size_t rows() const noexcept { return columns_.empty() ? 0 : columns_.front().size(); }
  /// Rows that the masks left in, of which rows() + rejected() were read.
  [[nodiscard]] std::uint64_t population() const noexcept { return population_; }
  [[nodiscard]] std::uint64_t masked() const noexcept { return masked_; }
  /// Rows read that hold NaN, +∞ or nothing but −∞.
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }

  /// Nats.
  [[nodiscard]] const row_values& entropy() const { return column(0); }
  /// Nats; NaN for a row without a target, infinity where the target has probability 0.
  [[nodiscard]] const row_values& negative_log_likelihood() const { return column(1); }
  [[nodiscard]] const row_values& max_probability() const { return column(2); }
  /// Mass of the tokens below the j-th threshold.
  [[nodiscard]] const row_values& tail_mass(std::size_t j) const {
    core::check(j < thresholds(), "monitor::block_logits::tail_mass", "j", j, "below the number of thresholds");
    return column(fixed + j);
  }
  /// Tokens in the nucleus of the j-th top_p, and the probability outside it.
  [[nodiscard]] const row_values& nucleus_size(std::size_t j) const {
    core::check(j < options_.top_p.size(), "monitor::block_logits::nucleus_size", "j", j, "below the number of top_p");
    return column(fixed + thresholds() + 2 * j);
  }
  [[nodiscard]] const row_values& mass_outside(std::size_t j) const {
    core::check(j < options_.top_p.size(), "monitor::block_logits::mass_outside", "j", j, "below the number of top_p");
    return column(fixed + thresholds() + 2 * j + 1);
  }
  /// Mean, sampling error and quantile of one of the above.
  [[nodiscard]] static estimate mean(const row_values& x) noexcept { return x.mean(); }
  [[nodiscard]] static double sampling_error(const row_values& x) noexcept { return x.sampling_error(); }
  [[nodiscard]] static estimate quantile(const row_values& x, double q) { return x.quantile(q); }

  void save_fields(core::output_archive& out) const {
    for (const std::uint64_t x : {calls_, population_, masked_, rejected_}) out.u64(x);
    for (const row_values& c : columns_) c.save_fields(out);
  }
  void load_fields(core::input_archive& in) {
    for (std::uint64_t* x : {&calls_, &population_, &masked_, &rejected_}) *x = in.u64();
    for (row_values& c : columns_) c.load_fields(in);
    for (const row_values& c : columns_)
      if (c.size() != rows()) core::detail::archive_failure("columns of different length");
  }
  [[nodiscard]] const block_logits_options& options() const noexcept { return options_; }

 private:
  template <class Arch, simd::logit Logit>
  void read(const Logit* row, std::size_t vocabulary, std::ptrdiff_t target, double weight) noexcept {
    const simd::row_partial partial = simd::row_pass<Arch>(row, vocabulary, target);
    if (!simd::defined(partial)) {
      ++rejected_;
      return;
    }
    columns_[0].add(simd::entropy(partial), weight);
    columns_[1].add(simd::negative_log_likelihood(partial), weight);
    columns_[2].add(simd::max_probability(partial), weight);
    if (!options_.top_p.empty()) {
      std::array<simd::softmax_cut, most_top_p> cuts;
      simd::softmax_cuts<Arch>(row, vocabulary, partial, {}, options_.top_p, cuts.data(), border_);
      for (std::size_t j = 0; j < options_.top_p.size(); ++j) {
        columns_[fixed + thresholds() + 2 * j].add(static_cast<double>(cuts[j].size), weight);
        columns_[fixed + thresholds() + 2 * j + 1].add(cuts[j].mass_outside, weight);
      }
    }
    if (thresholds() == 0) return;
    std::array<double, most_thresholds> threshold{}, mass{};
    const double lse = simd::log_sum_exp(partial);
    for (std::size_t j = 0; j < thresholds(); ++j) threshold[j] = lse + std::log(options_.tail_thresholds[j]);
    simd::exp_sums_below<Arch>(row, vocabulary, partial.maximum, threshold.data(), thresholds(), mass.data());
    for (std::size_t j = 0; j < thresholds(); ++j) columns_[fixed + j].add(mass[j] / partial.sum, weight);
  }
  [[nodiscard]] std::size_t thresholds() const noexcept { return options_.tail_thresholds.size(); }
  [[nodiscard]] const row_values& column(std::size_t c) const {
    core::check(c < columns_.size(), "monitor::block_logits", "column", c, "gathered: no signal reads logits");
    return columns_[c];
  }

  static constexpr std::size_t fixed =
      3;  ///< entropy, −ln p, largest p; then tail masses, then size and mass outside of each nucleus
  block_logits_options options_{.rows_per_call = 0, .max_rows = 0, .tail_thresholds = {}, .top_p = {}, .seed = 1};
  std::vector<row_values> columns_;
  std::vector<float> border_;  ///< of softmax_cuts
  std::uint64_t calls_ = 0, population_ = 0, masked_ = 0, rejected_ = 0;
};

}  // namespace tailwatch::monitor
