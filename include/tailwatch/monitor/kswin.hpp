// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/detail/check_finite.hpp"

namespace tailwatch::monitor {

struct kswin_options {
  double alpha = 0.005;           ///< level of one test, not of a run
  std::size_t window_size = 100;  ///< observations kept, w
  std::size_t stat_size = 30;     ///< of them the latest, r, against as many drawn from the w − r before
  std::uint64_t seed = 1;         ///< of the draws
};

/// Kolmogorov–Smirnov windowing.
///
///   the latest r of w observations against r drawn without replacement from the older w − r
///   D = max |F_r − F_older|      alarm where P(D or more) ≤ α; the window then keeps the latest r alone
///
/// One test per observation once the window is full, and no correction for their number: on a steady stream it alarms once in
/// some hundreds of observations (docs/monitor.md). The p-value is exact for values without ties, which for two samples of r has the
/// closed form P(rD ≥ k) = 2 Σᵢ (−1)^{i+1} C(2r, r − ik)/C(2r, r); ties make it conservative. Peers take the same test from
/// scipy, draw with replacement (scikit-multiflow) or without (river), and river also asks D > 0.1, which α ≤ 0.05 implies here.
/// @complexity  O(w + r log r) an observation; memory 16·w bytes
/// @throws      std::invalid_argument  unless 0 < alpha < 1, stat_size ≥ 2 and window_size ≥ 2·stat_size, and for an observation
///              that is not finite
/// @see         C. Raab, M. Heusinger, F.-M. Schleif (2020), Neurocomputing 416, 340–351; B. V. Gnedenko, V. S. Korolyuk (1951),
///              Doklady Akademii Nauk SSSR 80, 525–528
class kswin {
 public:
  explicit kswin(const kswin_options& options = {}) : options_(options) {
    constexpr auto function = "monitor::kswin";
    core::check_open_interval(function, "alpha", options.alpha, 0.0, 1.0);
    core::check_at_least(function, "stat_size", options.stat_size, std::size_t{2});
    core::check_at_least(function, "window_size", options.window_size, 2 * options.stat_size);
    window_.reserve(options.window_size);
    older_.resize(options.window_size - options.stat_size);
    recent_.resize(options.stat_size);
    while (critical_ <= options.stat_size && p_value_of(critical_, options.stat_size) > options.alpha) ++critical_;
  }

  void update(double x) {
    detail::check_finite("monitor::kswin", x);
    const std::size_t r = options_.stat_size;
    alarmed_ = false;
    ++count_;
    if (window_.size() == options_.window_size) window_.erase(window_.begin());
    window_.push_back(x);
    if (window_.size() < options_.window_size) return;
    std::copy(window_.end() - static_cast<std::ptrdiff_t>(r), window_.end(), recent_.begin());
    std::copy(window_.begin(), window_.end() - static_cast<std::ptrdiff_t>(r), older_.begin());
    const std::uint64_t key = core::split_seed(options_.seed, count_);
    for (std::size_t i = 0; i < r; ++i) {  // the first r of a shuffle
      const double u = static_cast<double>(core::mix64(key + i) >> 11U) * 0x1p-53;
      const auto j = i + static_cast<std::size_t>(u * static_cast<double>(older_.size() - i));
      std::swap(older_[i], older_[j]);
    }
    std::sort(older_.begin(), older_.begin() + static_cast<std::ptrdiff_t>(r));
    std::sort(recent_.begin(), recent_.end());
    std::size_t i = 0, j = 0, largest = 0;
    while (i < r && j < r) {
      const double next = std::min(older_[i], recent_[j]);
      while (i < r && older_[i] <= next) ++i;
      while (j < r && recent_[j] <= next) ++j;
      largest = std::max(largest, i > j ? i - j : j - i);
    }
    statistic_ = static_cast<double>(largest) / static_cast<double>(r);
    p_value_ = p_value_of(largest, r);
    if (largest < critical_) return;
    alarmed_ = true;
    window_.erase(window_.begin(), window_.end() - static_cast<std::ptrdiff_t>(r));
  }

  /// Of the latest test; NaN before the window was full.
  [[nodiscard]] double statistic() const noexcept { return statistic_; }
  [[nodiscard]] double p_value() const noexcept { return p_value_; }
  /// Whether the latest observation alarmed.
  [[nodiscard]] bool alarmed() const noexcept { return alarmed_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t window() const noexcept { return window_.size(); }
  void reset() noexcept {
    window_.clear();
    count_ = 0;
    alarmed_ = false;
    statistic_ = p_value_ = core::nan;
  }

  /// P(nD ≥ k) of two samples of n from one continuous distribution.
  [[nodiscard]] static double p_value_of(std::size_t k, std::size_t n) noexcept {
    if (k == 0) return 1.0;
    double sum = 0.0;
    for (std::size_t i = 1; i * k <= n; ++i) {
      double term = 1.0;  // C(2n, n − ik)/C(2n, n)
      for (std::size_t j = 1; j <= i * k; ++j) term *= static_cast<double>(n - i * k + j) / static_cast<double>(n + j);
      sum += i % 2 == 1 ? term : -term;
    }
    return std::clamp(2.0 * sum, 0.0, 1.0);
  }

 private:
  kswin_options options_;
  std::vector<double> window_, older_, recent_;
  std::size_t critical_ = 1;  ///< least rD that alarms; r + 1: none does
  std::uint64_t count_ = 0;
  double statistic_ = core::nan, p_value_ = core::nan;
  bool alarmed_ = false;
};

}  // namespace tailwatch::monitor
