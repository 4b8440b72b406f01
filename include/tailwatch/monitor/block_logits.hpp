// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/detail/exact_sum.hpp"
#include "tailwatch/simd/row_pass.hpp"

namespace tailwatch::monitor {

struct block_logits_options {
  std::size_t rows_per_call = 2048;          ///< rows read per update; 0: every row
  std::size_t max_rows = 1U << 14;           ///< rows kept
  std::vector<double> tail_thresholds = {};  ///< at most eight
  std::uint64_t seed = 1;
};

/// Rows of logits of one block, row by row, in room that is reserved beforehand.
///
/// Of the rows that the mask leaves in an update, `rows_per_call` are taken at random without repeats and read; each
/// then stands for N_c/n_c rows. Means are weighted by that and do not depend on the order in which rows or updates
/// came. What the choice of rows costs is `sampling_error`: with n_c of N_c rows in each update
///
///   mean  Σ wx/Σ w,  w = N_c/n_c        sampling error²  Σ w(w − 1)(x − mean)²/(Σ w)²     (s²/n · (1 − n/N) for one update)
///
/// and 0 where every row was read. The standard error of `mean` asks another question, how far the mean of such rows
/// lies from that of all rows the model could be shown: Σ w²(x − mean)²/(Σ w)² · n/(n − 1), rows taken as independent.
/// @memory      8·(4 + thresholds) bytes a row kept
/// @see         W. G. Cochran (1977), Sampling Techniques, 3rd ed., 2.2 to 2.6
class block_logits {
 public:
  static constexpr std::size_t most_thresholds = 8;

  block_logits() = default;
  /// @throws std::invalid_argument  for a threshold outside (0, 1] or more than eight
  explicit block_logits(block_logits_options options) : options_(std::move(options)) {
    core::check_at_most("monitor::block_logits", "number of tail_thresholds", options_.tail_thresholds.size(),
                        most_thresholds);
    for (const double t : options_.tail_thresholds)
      core::check(t > 0.0 && t <= 1.0, "monitor::block_logits", "tail_threshold", t, "in (0, 1]");
    tails_.resize(options_.tail_thresholds.size());
    reserve();
  }
  block_logits(const block_logits& other) : options_(other.options_), tails_(other.tails_.size()) {
    reserve();
    copy_rows(other);
  }
  block_logits& operator=(const block_logits& other) {
    if (this != &other) *this = block_logits(other);
    return *this;
  }
  block_logits(block_logits&&) noexcept = default;
  block_logits& operator=(block_logits&&) noexcept = default;
  ~block_logits() = default;

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
    const std::size_t room = options_.max_rows - weight_.size();
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
    const std::size_t kept = std::min(other.rows(), options_.max_rows - rows());
    for (std::size_t i = 0; i < kept; ++i) {
      entropy_.push_back(other.entropy_[i]);
      negative_log_likelihood_.push_back(other.negative_log_likelihood_[i]);
      max_probability_.push_back(other.max_probability_[i]);
      weight_.push_back(other.weight_[i]);
      for (std::size_t j = 0; j < tails_.size(); ++j) tails_[j].push_back(other.tails_[j][i]);
    }
    return other.rows() - kept;
  }
  /// Forgets the rows; the numbering of updates goes on, so that the next block draws other rows.
  void clear() noexcept {
    for (std::vector<double>* x : {&entropy_, &negative_log_likelihood_, &max_probability_, &weight_}) x->clear();
    for (std::vector<double>& t : tails_) t.clear();
    population_ = masked_ = rejected_ = 0;
  }

  /// Rows read that have a softmax.
  [[nodiscard]] std::size_t rows() const noexcept { return weight_.size(); }
  /// Rows that the masks left in, of which rows() + rejected() were read.
  [[nodiscard]] std::uint64_t population() const noexcept { return population_; }
  [[nodiscard]] std::uint64_t masked() const noexcept { return masked_; }
  /// Rows read that hold NaN, +∞ or nothing but −∞.
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }

  /// Nats, one per row.
  [[nodiscard]] std::span<const double> entropy() const noexcept { return entropy_; }
  /// Nats, NaN for a row without a target, infinity where the target has probability 0.
  [[nodiscard]] std::span<const double> negative_log_likelihood() const noexcept { return negative_log_likelihood_; }
  [[nodiscard]] std::span<const double> max_probability() const noexcept { return max_probability_; }
  /// Mass of the tokens below the j-th threshold.
  [[nodiscard]] std::span<const double> tail_mass(std::size_t j) const {
    core::check(j < tails_.size(), "monitor::block_logits::tail_mass", "j", j, "below the number of thresholds");
    return tails_[j];
  }

  /// Weighted mean of one of the above over its finite values, with the standard error of contexts.
  [[nodiscard]] estimate mean(std::span<const double> x) const noexcept { return weighted(x, false); }
  /// The standard error that reading a sample of the rows adds to that mean.
  [[nodiscard]] double sampling_error(std::span<const double> x) const noexcept {
    return weighted(x, true).standard_error;
  }
  /// The q-quantile of one of the above over its finite values: the least value at or below which lies the share q of
  /// the weight. Standard error by Woodruff's interval of one standard error of the share, halved; NaN below ten rows.
  [[nodiscard]] estimate quantile(std::span<const double> x, double q) const {
    std::vector<std::pair<double, double>>& order = scratch_;
    order.clear();
    double total = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!core::is_finite(x[i])) continue;
      order.emplace_back(x[i], weight_[i]);
      total += weight_[i];
    }
    const std::size_t n = order.size();
    if (n == 0) return {};
    std::ranges::sort(order);
    const auto at = [&](double share) {
      double sum = 0.0;
      for (const auto& [value, weight] : order)
        if ((sum += weight) >= share * total * (1.0 - 1e-12)) return value;
      return order.back().first;
    };
    estimate e{at(q), core::nan, n};
    if (n < 10) return e;
    const double half = std::sqrt(q * (1.0 - q) / static_cast<double>(n));
    e.standard_error = 0.5 * (at(std::min(1.0, q + half)) - at(std::max(0.0, q - half)));
    return e;
  }

  void save_fields(core::output_archive& out) const {
    for (const std::uint64_t x : {calls_, population_, masked_, rejected_}) out.u64(x);
    out.u64(rows());
    for_each_column([&](const std::vector<double>& column) {
      for (const double x : column) out.f64(x);
    });
  }
  void load_fields(core::input_archive& in) {
    for (std::uint64_t* x : {&calls_, &population_, &masked_, &rejected_}) *x = in.u64();
    const std::size_t rows = in.length(8);
    if (rows > options_.max_rows) core::detail::archive_failure("more rows than max_rows");
    for (std::vector<double>* column : {&entropy_, &negative_log_likelihood_, &max_probability_, &weight_})
      load_column(in, *column, rows);
    for (std::vector<double>& column : tails_) load_column(in, column, rows);
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
    entropy_.push_back(simd::entropy(partial));
    negative_log_likelihood_.push_back(simd::negative_log_likelihood(partial));
    max_probability_.push_back(simd::max_probability(partial));
    weight_.push_back(weight);
    if (tails_.empty()) return;
    std::array<double, most_thresholds> threshold{}, mass{};
    const double lse = simd::log_sum_exp(partial);
    for (std::size_t j = 0; j < tails_.size(); ++j) threshold[j] = lse + std::log(options_.tail_thresholds[j]);
    simd::exp_sums_below<Arch>(row, vocabulary, partial.maximum, threshold.data(), tails_.size(), mass.data());
    for (std::size_t j = 0; j < tails_.size(); ++j) tails_[j].push_back(mass[j] / partial.sum);
  }
  [[nodiscard]] estimate weighted(std::span<const double> x, bool of_sampling) const noexcept {
    detail::exact_sum sum, weights;
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!core::is_finite(x[i])) continue;
      sum.add(weight_[i] * x[i]);
      weights.add(weight_[i]);
      ++n;
    }
    if (n == 0) return {};
    const double total = weights.value();
    const double mean = sum.value() / total;
    if (n < 2) return {mean, core::nan, n};
    double squares = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!core::is_finite(x[i])) continue;
      const double d = x[i] - mean;
      squares += weight_[i] * (of_sampling ? weight_[i] - 1.0 : weight_[i]) * d * d;
    }
    const auto size = static_cast<double>(n);
    return {mean, std::sqrt(squares * size / (size - 1.0)) / total, n};
  }
  template <class Use>
  void for_each_column(const Use& use) const {
    for (const std::vector<double>* x : {&entropy_, &negative_log_likelihood_, &max_probability_, &weight_}) use(*x);
    for (const std::vector<double>& t : tails_) use(t);
  }
  static void load_column(core::input_archive& in, std::vector<double>& column, std::size_t rows) {
    column.resize(rows);
    for (double& x : column) x = in.f64();
  }
  void reserve() {
    for (std::vector<double>* x : {&entropy_, &negative_log_likelihood_, &max_probability_, &weight_})
      x->reserve(options_.max_rows);
    for (std::vector<double>& t : tails_) t.reserve(options_.max_rows);
    scratch_.reserve(options_.max_rows);
  }
  void copy_rows(const block_logits& other) {
    calls_ = other.calls_;
    merge(other);
  }

  block_logits_options options_{.rows_per_call = 0, .max_rows = 0, .tail_thresholds = {}, .seed = 1};
  std::vector<double> entropy_, negative_log_likelihood_, max_probability_, weight_;
  std::vector<std::vector<double>> tails_;
  mutable std::vector<std::pair<double, double>> scratch_;
  std::uint64_t calls_ = 0, population_ = 0, masked_ = 0, rejected_ = 0;
};

}  // namespace tailwatch::monitor
