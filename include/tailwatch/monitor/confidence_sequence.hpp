// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::monitor {

/// Penalty of a predictable-mixture sequence: from the observed variance, or from the range alone.
enum class mixture_penalty { empirical_bernstein, hoeffding };

struct predictable_mixture_options {
  double alpha = 0.05;      ///< both sides together
  double truncation = 0.5;  ///< the largest bet; 1 is usual for hoeffding
  mixture_penalty penalty = mixture_penalty::empirical_bernstein;
};

/// Confidence sequence for the mean of observations in [0, 1]: intervals that hold at all times at once, in O(1) state.
///
///   lower = [Σ λᵢxᵢ − ln(2/α) − Σ (xᵢ − x̄ᵢ₋₁)²(−ln(1−λᵢ) − λᵢ)] / Σ λᵢ     upper = 1 − lower of 1 − x
///   λ_t = min(truncation, √(2 ln(2/α)/(t ln(1+t) σ̂²_{t−1})))        hoeffding: √(8 ln(2/α)/(t ln(1+t))), Σ λᵢ²/8
///
/// P(the interval misses at any time) ≤ α when the conditional mean given the past is constant. Where it moves, the
/// interval is about Σ λᵢμᵢ / Σ λᵢ, the bet-weighted average of the conditional means: size since the start, not the
/// latest value. Clipped to [0, 1]; no running intersection, so that a change shows.
/// @complexity  O(1) per observation, 8 doubles
/// @see         I. Waudby-Smith, A. Ramdas (2024), Journal of the Royal Statistical Society B 86, 1–27 (theorem 2)
/// @example     examples/monitor/change_detectors.cpp
class predictable_mixture {
 public:
  /// @throws std::invalid_argument  unless 0 < alpha < 1 and 0 < truncation < 1 (≤ 1 for hoeffding)
  explicit predictable_mixture(const predictable_mixture_options& options = {}) : options_(options) {
    constexpr std::string_view function = "monitor::predictable_mixture";
    core::check_open_interval(function, "alpha", options.alpha, 0.0, 1.0);
    core::check_positive(function, "truncation", options.truncation);
    if (options.penalty == mixture_penalty::hoeffding) {
      core::check_at_most(function, "truncation", options.truncation, 1.0);
    } else {
      core::check_open_interval(function, "truncation", options.truncation, 0.0, 1.0);
    }
    log_two_over_alpha_ = std::log(2.0 / options.alpha);
  }

  /// @throws std::invalid_argument  for x outside [0, 1] or NaN
  void update(double x) {
    core::check_closed_interval("monitor::predictable_mixture", "x", x, 0.0, 1.0);
    static_cast<void>(try_update(x));
  }
  /// The same without exceptions: false, and nothing changed, where x cannot be used.
  [[nodiscard]] bool try_update(double x) noexcept {
    if (!core::is_finite(x) || x < 0.0 || x > 1.0) return false;
    const double bet = next_bet();
    if (options_.penalty == mixture_penalty::hoeffding) {
      penalty_lower_ += bet * bet / 8.0;
      penalty_upper_ += bet * bet / 8.0;
    } else {
      const double psi = -std::log1p(-bet) - bet;
      const double mean = count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_);
      const double mirrored = count_ == 0 ? 0.0 : 1.0 - mean;
      penalty_lower_ += (x - mean) * (x - mean) * psi;
      penalty_upper_ += (1.0 - x - mirrored) * (1.0 - x - mirrored) * psi;
    }
    bets_ += bet;
    weighted_ += bet * x;
    ++count_;
    sum_ += x;
    const double shrunk = (0.5 + sum_) / (static_cast<double>(count_) + 1.0);
    squares_ += (x - shrunk) * (x - shrunk);
    return true;
  }

  /// The interval after the observations so far; [0, 1] before the first.
  [[nodiscard]] interval value() const noexcept {
    if (count_ == 0) return {0.0, 1.0, 1.0 - options_.alpha};
    const double lower = (weighted_ - log_two_over_alpha_ - penalty_lower_) / bets_;
    const double upper = (weighted_ + log_two_over_alpha_ + penalty_upper_) / bets_;
    return {std::clamp(lower, 0.0, 1.0), std::clamp(upper, 0.0, 1.0), 1.0 - options_.alpha};
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] const predictable_mixture_options& options() const noexcept { return options_; }

  /// Starts again, with another alpha.
  void reset(double alpha) {
    predictable_mixture_options options = options_;
    options.alpha = alpha;
    *this = predictable_mixture(options);
  }
  void reset() { reset(options_.alpha); }

  /// Bare fields for the record of the state that holds this one; alpha travels with them.
  void save_fields(core::output_archive& out) const {
    out.u64(count_);
    for (const double x : {options_.alpha, sum_, squares_, bets_, weighted_, penalty_lower_, penalty_upper_})
      out.f64(x);
  }
  void load_fields(core::input_archive& in) {
    const std::uint64_t count = in.u64();
    const double alpha = in.f64();
    if (!core::is_finite(alpha) || !(alpha > 0.0 && alpha < 1.0))
      core::detail::archive_failure("a confidence sequence of an impossible level");
    reset(alpha);
    count_ = count;
    for (double* x : {&sum_, &squares_, &bets_, &weighted_, &penalty_lower_, &penalty_upper_}) *x = in.f64();
  }

  friend bool operator==(const predictable_mixture& a, const predictable_mixture& b) {
    return a.count_ == b.count_ && a.options_.alpha == b.options_.alpha && a.sum_ == b.sum_ &&
           a.squares_ == b.squares_ && a.weighted_ == b.weighted_ && a.bets_ == b.bets_;
  }

 private:
  [[nodiscard]] double next_bet() const noexcept {
    const double t = static_cast<double>(count_) + 1.0;
    const double decay = t * std::log1p(t);
    if (options_.penalty == mixture_penalty::hoeffding)
      return std::min(options_.truncation, std::sqrt(8.0 * log_two_over_alpha_ / decay));
    const double variance = (0.25 + squares_) / t;
    return std::min(options_.truncation, std::sqrt(2.0 * log_two_over_alpha_ / (decay * variance)));
  }

  predictable_mixture_options options_;
  double log_two_over_alpha_ = 0.0;
  std::uint64_t count_ = 0;
  double sum_ = 0.0, squares_ = 0.0, bets_ = 0.0, weighted_ = 0.0, penalty_lower_ = 0.0, penalty_upper_ = 0.0;
};

}  // namespace tailwatch::monitor
