// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/monitor/bets.hpp"
#include "tailwatch/monitor/detail/log_math.hpp"

namespace tailwatch::monitor::detail {

/// A null mean, the bets against it and their weights; equal weights where none are given.
class betting_scheme {
 public:
  betting_scheme(std::string_view function, increment kind, double null_mean, std::span<const double> bets,
                 std::span<const double> weights)
      : kind_(kind), null_mean_(null_mean), bets_(bets.begin(), bets.end()) {
    check_bets(function, kind, null_mean, bets);
    if (!weights.empty()) core::check_same_size(function, "weights", weights.size(), "bets", bets.size());
    for (std::size_t k = 0; k < bets.size(); ++k) {
      const double weight = weights.empty() ? 1.0 / static_cast<double>(bets.size()) : weights[k];
      core::check_positive(function, "weight", weight);
      log_weights_.push_back(std::log(weight));
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return bets_.size(); }
  [[nodiscard]] increment kind() const noexcept { return kind_; }
  [[nodiscard]] bool admits(double x) const noexcept { return admissible(kind_, x); }
  /// ln L of the k-th bet.
  [[nodiscard]] double log_increment(std::size_t k, double x) const noexcept {
    return detail::log_increment(kind_, null_mean_, bets_[k], x);
  }
  /// ln Σ wₖ e^{xₖ}
  [[nodiscard]] double log_mix(std::span<const double> x) const noexcept {
    double high = -core::infinity;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (x[k] + log_weights_[k] > high) high = x[k] + log_weights_[k];
    if (!core::is_finite(high)) return high;
    double sum = 0.0;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (core::is_finite(x[k])) sum += std::exp(x[k] + log_weights_[k] - high);
    return high + std::log(sum);
  }

  friend bool operator==(const betting_scheme&, const betting_scheme&) = default;

 private:
  increment kind_;
  double null_mean_;
  std::vector<double> bets_;
  std::vector<double> log_weights_;
};

/// One log statistic per bet, mixed by the weights; `Step` turns a bet's statistic and ln L into its next statistic.
template <class Step>
class mixed_e_detector {
 public:
  /// @param bets     one per component; see bets.hpp for what each increment admits
  /// @param weights  one per bet, positive, summing to 1 for the guarantee; empty: equal
  /// @throws std::invalid_argument  for a null mean, bet or weight that cannot be right
  mixed_e_detector(increment kind, double null_mean, std::span<const double> bets, std::span<const double> weights = {})
      : scheme_(Step::name, kind, null_mean, bets, weights), log_(bets.size(), Step::start) {}
  /// Bounded observations, default bets.
  mixed_e_detector(double null_mean, collapse_direction direction)
      : mixed_e_detector(increment::bounded, null_mean, bets_on(direction, null_mean)) {}

  /// @throws std::invalid_argument  for NaN, infinity, or (bounded) x outside [0, 1]; the state is left as it was
  void update(double x) {
    check_observation(Step::name, scheme_.kind(), x);
    static_cast<void>(try_update(x));
  }
  /// The same without exceptions: false, and nothing changed, where x cannot be used.
  [[nodiscard]] bool try_update(double x) noexcept {
    if (!scheme_.admits(x)) return false;
    for (std::size_t k = 0; k < log_.size(); ++k) log_[k] = Step::next(log_[k], scheme_.log_increment(k, x));
    ++count_;
    return true;
  }
  /// ln of the mixed statistic.
  [[nodiscard]] double log_value() const noexcept { return count_ == 0 ? Step::start : scheme_.log_mix(log_); }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// Start again: after an alarm, or with the next stream.
  void reset() noexcept {
    for (double& s : log_) s = Step::start;
    count_ = 0;
  }
  friend bool operator==(const mixed_e_detector&, const mixed_e_detector&) = default;

 private:
  betting_scheme scheme_;
  std::vector<double> log_;
  std::uint64_t count_ = 0;
};

}  // namespace tailwatch::monitor::detail
