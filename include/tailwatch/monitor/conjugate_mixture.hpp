// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/boundary_beta_binomial_mixture.hpp"
#include "tailwatch/monitor/boundary_gamma_exponential_mixture.hpp"
#include "tailwatch/monitor/detail/grid_interval.hpp"

namespace tailwatch::monitor {

struct conjugate_mixture_options {
  double alpha = 0.05;      ///< both sides together
  double v_opt = 10.0;      ///< sum of squared deviations at which the interval is close to its narrowest
  double side_share = 0.5;  ///< level of each side as a share of alpha; confseq spends 0.25 and so less than it may
};

/// Confidence sequence for the mean of observations in [0, 1] from their observed spread: conjugate mixture.
///
///   x̄_t ± u(V_t)/t     V_t = Σ (xᵢ − x̄ᵢ₋₁)², x̄₀ = ½,  u the gamma-exponential boundary with c = 1
///
/// P(the interval misses the running mean of the conditional means at any time) ≤ α: that mean may move. Clipped to
/// [0, 1]; no running intersection. Against predictable_mixture: wider at first, holds for a mean that changes, and
/// its width shrinks as √(V·ln t)/t without a choice of bets.
/// @complexity  O(1) per observation, 4 doubles; a value takes some 10 incomplete gamma functions
/// @throws      std::invalid_argument  unless 0 < alpha < 1, v_opt > 0, 0 < side_share ≤ 1/2; for x outside [0, 1]
/// @see         S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon (2021), Annals of Statistics 49, 1055–1080 (theorem 4)
/// @example     examples/monitor/windows_and_sequences.cpp
class conjugate_mixture_empirical_bernstein {
 public:
  explicit conjugate_mixture_empirical_bernstein(const conjugate_mixture_options& options = {})
      : options_(options), boundary_({.v_opt = options.v_opt, .c = 1.0, .alpha_opt = checked_level(options)}) {}

  void update(double x) {
    core::check_closed_interval("monitor::conjugate_mixture_empirical_bernstein", "x", x, 0.0, 1.0);
    static_cast<void>(try_update(x));
  }
  /// The same without exceptions: false, and nothing changed, where x cannot be used.
  [[nodiscard]] bool try_update(double x) noexcept {
    if (!core::is_finite(x) || x < 0.0 || x > 1.0) return false;
    const double mean = count_ == 0 ? 0.5 : sum_ / static_cast<double>(count_);
    squares_ += (x - mean) * (x - mean);
    sum_ += x;
    ++count_;
    return true;
  }
  /// The interval after the observations so far; [0, 1] before the first.
  [[nodiscard]] interval value() const {
    if (count_ == 0) return {0.0, 1.0, 1.0 - options_.alpha};
    const auto t = static_cast<double>(count_);
    const double half = boundary_(squares_, options_.side_share * options_.alpha) / t;
    return {std::max(0.0, sum_ / t - half), std::min(1.0, sum_ / t + half), 1.0 - options_.alpha};
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  void reset() noexcept {
    count_ = 0;
    sum_ = squares_ = 0.0;
  }

 private:
  [[nodiscard]] static double checked_level(const conjugate_mixture_options& options) {
    constexpr std::string_view function = "monitor::conjugate_mixture_empirical_bernstein";
    core::check_open_interval(function, "alpha", options.alpha, 0.0, 1.0);
    core::check_positive(function, "side_share", options.side_share);
    core::check_at_most(function, "side_share", options.side_share, 0.5);
    return options.side_share * options.alpha;
  }

  conjugate_mixture_options options_;
  boundary_gamma_exponential_mixture boundary_;
  std::uint64_t count_ = 0;
  double sum_ = 0.0, squares_ = 0.0;
};

struct conjugate_mixture_bernoulli_options {
  double alpha = 0.05;
  double t_opt = 100.0;       ///< observations after which the interval is close to its narrowest
  std::size_t breaks = 1000;  ///< cells of the grid of means
};

/// Confidence sequence for the mean of observations in [0, 1] as if they were 0 or 1: conjugate mixture.
///
///   {m : B(κ(1−m) + t − S, κm + S) / (B(κ(1−m), κm)·m^S·(1−m)^{t−S}) ≤ 1/α}     S = Σ xᵢ, κ tuned for t_opt
///
/// The grid points m = j/breaks that are not rejected, and one cell on either side. Narrow for indicators; for values
/// with less spread than a Bernoulli variable's the empirical-Bernstein and betting sequences are narrower.
/// @complexity  O(1) per observation; a value takes at most `breaks` evaluations of six Stirling remainders
/// @throws      std::invalid_argument  unless 0 < alpha < 1, t_opt > 0, breaks ≥ 2; for x outside [0, 1]
/// @see         S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon (2021), Annals of Statistics 49, 1055–1080
/// @example     examples/monitor/windows_and_sequences.cpp
class conjugate_mixture_bernoulli {
 public:
  explicit conjugate_mixture_bernoulli(const conjugate_mixture_bernoulli_options& options = {}) : options_(options) {
    constexpr std::string_view function = "monitor::conjugate_mixture_bernoulli";
    core::check_open_interval(function, "alpha", options.alpha, 0.0, 1.0);
    core::check_positive(function, "t_opt", options.t_opt);
    core::check_at_least(function, "breaks", options.breaks, std::size_t{2});
    kappa_ = detail::beta_binomial_rho(options.t_opt, 0.5 * options.alpha, 1.0);
  }

  void update(double x) {
    core::check_closed_interval("monitor::conjugate_mixture_bernoulli", "x", x, 0.0, 1.0);
    static_cast<void>(try_update(x));
  }
  /// The same without exceptions: false, and nothing changed, where x cannot be used.
  [[nodiscard]] bool try_update(double x) noexcept {
    if (!core::is_finite(x) || x < 0.0 || x > 1.0) return false;
    above_zero_ = above_zero_ || x > 0.0;
    below_one_ = below_one_ || x < 1.0;
    sum_ += x;
    ++count_;
    return true;
  }
  /// ln of the e-value against "the mean is m"; +∞ for a mean of 0 or 1 that an observation rules out.
  [[nodiscard]] double log_e_value(double m) const noexcept {
    if (m <= 0.0) return above_zero_ ? core::infinity : 0.0;
    if (m >= 1.0) return below_one_ ? core::infinity : 0.0;
    const auto t = static_cast<double>(count_);
    return detail::log_beta_mixture(kappa_, 1.0 - m, m, t, sum_ - t * m);
  }
  /// The interval after the observations so far; [0, 1] before the first.
  [[nodiscard]] interval value() const noexcept {
    const double bar = -std::log(options_.alpha);
    return detail::grid_interval(options_.breaks, 1.0 - options_.alpha, [&](std::size_t j) {
      return log_e_value(static_cast<double>(j) / static_cast<double>(options_.breaks)) <= bar;
    });
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  void reset() noexcept {
    count_ = 0;
    sum_ = 0.0;
    above_zero_ = below_one_ = false;
  }

 private:
  conjugate_mixture_bernoulli_options options_;
  double kappa_ = 0.0;
  std::uint64_t count_ = 0;
  double sum_ = 0.0;
  bool above_zero_ = false, below_one_ = false;
};

}  // namespace tailwatch::monitor
