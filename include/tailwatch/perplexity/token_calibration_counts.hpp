// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/token_calibration.hpp"
#include "tailwatch/simd/arch.hpp"

namespace tailwatch::perplexity {

struct token_calibration_counts_options {
  std::size_t bins = 15;  ///< of equal width; equal counts would need every confidence kept
  friend bool operator==(const token_calibration_counts_options&, const token_calibration_counts_options&) = default;
};

/// token_calibration of a stream: reliability bins, ECE, Brier score and overconfidence that merge across batches and ranks.
///
/// Kept are, for every bin, its tokens, how many came true and Σ c, and over all tokens Σ (c − y)², Σ (c − y)⁴ and, of rows
/// of logits, Σ and Σ of squares of their Brier scores. Every sum is an integer of units of 2⁻⁴⁰, each term rounded to one, so
/// the state is a function of the multiset of (confidence, outcome), bit for bit, whatever the order, batches, ranks or merges.
///
/// @error       means within 5e-13 of token_calibration's, plus rounding; standard errors within 5e-12/(variance of a token) of
///              themselves. Counts are exact
/// @memory      32 bytes a bin and 120
/// @complexity  O(1) a confidence, O(V) a row of logits, merge and result O(bins)
/// @reduction   one round: SUM of 4·bins + 11 int64, up to 2²² ranks
/// @throws      std::invalid_argument  bins 0
/// @see         token_calibration, for formulas and sources
/// @example     examples/perplexity/calibration.cpp
class token_calibration_counts {
 public:
  explicit token_calibration_counts(const token_calibration_counts_options& options = {})
      : options_(options), sums_(fixed + stride * checked(options), 0) {}

  /// Adds probabilities of an event each, and whether it came: 0 or not 0. A confidence outside [0, 1] or NaN is rejected.
  /// @throws std::invalid_argument  for sizes that differ; this state is then as it was
  template <core::floating_range Confidences, core::number_range Outcomes>
  void update(const Confidences& confidences, const Outcomes& outcomes) {
    const auto c = core::as_span(confidences);
    const auto y = core::as_span(outcomes);
    core::check_same_size("perplexity::token_calibration_counts::update", "confidences", c.size(), "outcomes",
                          y.size());
    for (std::size_t i = 0; i < c.size(); ++i) {
      const auto confidence = static_cast<double>(c[i]);
      if (detail::is_probability(confidence)) {
        add(confidence, y[i] != 0);
      } else {
        ++sums_[rejected_at];
      }
    }
  }
  /// Adds rows(x, n, V) of logits and the n observed ids: the probability of the top token, and whether that token came. Rows
  /// without a softmax and ids outside it are rejected.
  /// @throws std::invalid_argument  for sizes that differ; this state is then as it was
  template <class Arch = simd::default_arch, class T, core::integer_range Tokens>
  void update(const core::rows_view<T>& logits, const Tokens& tokens) {
    const auto ids = core::as_span(tokens);
    core::check_same_size("perplexity::token_calibration_counts::update", "logits", logits.size, "tokens", ids.size());
    for (std::size_t r = 0; r < ids.size(); ++r) {
      const detail::row_confidence row = detail::confidence_of_row<Arch>(logits[r], ids[r]);
      if (!row.usable) {
        ++sums_[rejected_at];
        continue;
      }
      add(std::clamp(row.confidence, 0.0, 1.0), row.right);
      const double brier = std::clamp(row.brier, 0.0, 2.0);
      ++sums_[rows_at];
      add_term(full_at, brier);
      add_term(full_squares_at, brier * brier);
    }
  }

  /// @throws std::invalid_argument  for another number of bins; this state is then as it was
  void merge(const token_calibration_counts& other) {
    core::check(options_ == other.options_, "perplexity::token_calibration_counts::merge", "bins", other.options_.bins,
                core::to_text(options_.bins) + " like this state's");
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
    carry();
  }
  void reset() noexcept { std::fill(sums_.begin(), sums_.end(), 0); }

  [[nodiscard]] const token_calibration_counts_options& options() const noexcept { return options_; }
  /// Tokens counted.
  [[nodiscard]] std::uint64_t count() const noexcept { return unsigned_at(count_at); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return unsigned_at(rejected_at); }

  /// What token_calibration says of all tokens with equal_width bins and block 1.
  ///
  /// @return  standard errors with tokens as independent: where they are not, keep one state a document or a batch, merge them
  ///          for the values and take the spread of theirs. NaN for fewer than two tokens, and where the terms differ by less
  ///          than their rounding. brier_full: of rows of logits only
  [[nodiscard]] token_calibration_result result() const {
    token_calibration_result result;
    result.bins = detail::equal_width_bins(options_.bins);
    result.rejected = rejected();
    std::vector<detail::calibration_sums> of(options_.bins);
    for (std::size_t b = 0; b < options_.bins; ++b) {
      const std::size_t at = fixed + stride * b;
      of[b] = {sum_at(at + 2), unsigned_at(at), unsigned_at(at + 1)};
    }
    const std::vector<double> sign = detail::calibration_of_bins(of, count(), result);
    double gaps = 0.0, over = 0.0;
    for (std::size_t b = 0; b < options_.bins; ++b) {
      const double gap = static_cast<double>(of[b].right) - of[b].confidence;
      gaps += sign[b] * gap;
      over -= gap;
    }
    result.expected_calibration_error = mean(count(), gaps, sum_at(squares_at));
    result.overconfidence = mean(count(), over, sum_at(squares_at));
    result.brier = mean(count(), sum_at(squares_at), sum_at(fourth_at));
    result.brier_full = mean(unsigned_at(rows_at), sum_at(full_at), sum_at(full_squares_at));
    return result;
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("token_calibration_counts")
        .add(static_cast<std::uint64_t>(options_.bins))
        .value();
  }

  /// Payload: i64 rejected, rows; Σ (c − y)², Σ (c − y)⁴, Σ and Σ of squares of the rows' Brier scores; for each bin i64 tokens,
  /// right, Σ c. A sum is i64 whole, i64 units of 2⁻⁴⁰ below 2⁴⁰.
  void save(core::output_archive& out) const {
    out.begin(header());
    for (std::size_t i = rejected_at; i < sums_.size(); ++i) out.i64(sums_[i]);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    token_calibration_counts loaded(options_);
    loaded.sums_[count_at] = static_cast<std::int64_t>(found.count);
    for (std::size_t i = rejected_at; i < loaded.sums_.size(); ++i) loaded.sums_[i] = in.i64();
    if (!loaded.plausible()) core::detail::archive_failure("sums cannot be those of confidences and outcomes");
    in.close();
    *this = std::move(loaded);
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 1; }
  /// The segment points into this object, which must stay where it is until finish_round.
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t /*round*/) {
    return {{sums_.data(), sums_.size(), core::element_type::int64, core::reduction_operation::sum}};
  }
  void finish_round(std::size_t /*round*/) noexcept { carry(); }

  friend bool operator==(const token_calibration_counts&, const token_calibration_counts&) = default;

 private:
  // Places in sums_. A sum takes two: whole, and units of 2⁻⁴⁰ below 2⁴⁰. Bins follow: tokens, right, Σ c.
  static constexpr std::size_t count_at = 0, rejected_at = 1, rows_at = 2, squares_at = 3, fourth_at = 5, full_at = 7,
                               full_squares_at = 9, fixed = 11, stride = 4;
  static constexpr int unit_bits = 40;
  static constexpr std::int64_t one = std::int64_t{1} << unit_bits;

  [[nodiscard]] static std::size_t checked(const token_calibration_counts_options& options) {
    core::check_at_least("perplexity::token_calibration_counts", "bins", options.bins, std::size_t{1});
    return options.bins;
  }
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::token_calibration_counts, parameters(), 0, 0, count()};
  }
  [[nodiscard]] std::uint64_t unsigned_at(std::size_t at) const noexcept {
    return static_cast<std::uint64_t>(sums_[at]);
  }
  [[nodiscard]] double sum_at(std::size_t at) const noexcept {
    return static_cast<double>(sums_[at]) + static_cast<double>(sums_[at + 1]) / static_cast<double>(one);
  }

  void add(double confidence, bool right) noexcept {
    const double gap = confidence - (right ? 1.0 : 0.0), square = gap * gap;
    ++sums_[count_at];
    add_term(squares_at, square);
    add_term(fourth_at, square * square);
    const std::size_t at = fixed + stride * detail::equal_width_bin(confidence, options_.bins);
    ++sums_[at];
    sums_[at + 1] += right ? 1 : 0;
    add_term(at + 2, confidence);
  }
  /// x in [0, 4]. Scaling is exact, so that a fused multiply-add gives the same bits.
  void add_term(std::size_t at, double x) noexcept {
    sums_[at + 1] += static_cast<std::int64_t>(x * static_cast<double>(one) + 0.5);
    carry(at);
  }
  void carry(std::size_t at) noexcept {
    sums_[at] += sums_[at + 1] >> unit_bits;
    sums_[at + 1] &= one - 1;
  }
  void carry() noexcept {
    for (const std::size_t at : {squares_at, fourth_at, full_at, full_squares_at}) carry(at);
    for (std::size_t at = fixed; at < sums_.size(); at += stride) carry(at + 2);
  }

  /// Mean of n terms and, of independent ones, √(Σ (x − m)²/(n(n − 1))).
  [[nodiscard]] static estimate mean(std::uint64_t n, double sum, double squares) noexcept {
    estimate e{core::nan, core::nan, n};
    if (n == 0) return e;
    const auto size = static_cast<double>(n);
    e.value = sum / size;
    const double spread = squares / size - e.value * e.value;
    if (n > 1 && spread > 4.0 / static_cast<double>(one)) e.standard_error = std::sqrt(spread / (size - 1.0));
    return e;
  }

  /// Whether these could be sums of terms in their ranges.
  [[nodiscard]] bool plausible() const noexcept {
    constexpr auto most = static_cast<std::int64_t>(core::detail::largest_saved_count / 8);
    const std::int64_t n = sums_[count_at], rows = sums_[rows_at];
    if (n > most || rows < 0 || rows > n || sums_[rejected_at] < 0 || sums_[rejected_at] > most) return false;
    const auto sum_fits = [&](std::size_t at, std::int64_t largest) {
      const std::int64_t whole = sums_[at], units = sums_[at + 1];
      return whole >= 0 && units >= 0 && units < one && (whole < largest || (whole == largest && units == 0));
    };
    if (!sum_fits(squares_at, n) || !sum_fits(fourth_at, n) || !sum_fits(full_at, 2 * rows) ||
        !sum_fits(full_squares_at, 4 * rows))
      return false;
    std::int64_t left = n;
    for (std::size_t at = fixed; at < sums_.size(); at += stride) {
      const std::int64_t tokens = sums_[at], right = sums_[at + 1];
      if (tokens < 0 || tokens > left || right < 0 || right > tokens || !sum_fits(at + 2, tokens)) return false;
      left -= tokens;
    }
    return left == 0;
  }

  token_calibration_counts_options options_;
  std::vector<std::int64_t> sums_;
};

}  // namespace tailwatch::perplexity
