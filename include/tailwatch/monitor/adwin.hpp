// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/check_finite.hpp"

namespace tailwatch::monitor {

/// Whose windows: the published algorithm, or a port of it, number for number.
///
///   original           every bucket border is a possible cut, h = 1/n₀ + 1/n₁
///   scikit_multiflow   h = 1/(n₀ − w + 1) + 1/(n₁ − w + 1); the newest bucket of every row is never moved to the older
///                      part, so that borders are left out; a merged bucket forgets the variance of its older half
///   river              as scikit_multiflow, with the variance of both halves
///   frouros            as river, with h = 1/(n₀ − w − 1) + 1/(n₁ − w − 1) and n₀, n₁ > w + 1
enum class adwin_variant { original, scikit_multiflow, river, frouros };

struct adwin_options {
  double delta = 0.002;          ///< bound on the chance that one test cuts without reason
  std::uint64_t clock = 32;      ///< observations between tests; 1: each, as published
  std::size_t max_buckets = 5;   ///< buckets of one size before two of them merge
  std::uint64_t min_window = 5;  ///< w: observations that either part of a cut needs
  std::uint64_t grace = 10;      ///< no test before the window is longer than this
  adwin_variant variant = adwin_variant::original;
};

/// Adaptive window: drops its oldest part while two parts of it differ in mean.
///
///   cut where |x̄₀ − x̄₁| > √(2·h·σ²_W·d) + 2·h·d/3,  d = ln(2·ln W/δ),  h = 1/n₀ + 1/n₁,  σ²_W the window's variance
///
/// Buckets of 1, 2, 4, ... observations hold total and sum of squared deviations, so that a window of W observations
/// takes O(max_buckets·log W) memory and as many borders are tested. After a cut the oldest bucket is dropped and the
/// borders are tested again. `alarmed` says whether the latest observation led to a cut; the window goes on.
///
/// δ bounds one test of one border under independence, for observations in [0, 1]. It is no bound on a run: tests are
/// repeated for ever, and the variance in the formula is estimated. Other scales are taken, without that bound.
/// @complexity  O(max_buckets·log W) every `clock` observations, O(1) amortised else
/// @throws      std::invalid_argument  unless 0 < delta < 1 and clock, max_buckets, min_window ≥ 1, and for an
///              observation that is not finite
/// @see         A. Bifet, R. Gavaldà (2007), SIAM International Conference on Data Mining, 443–448
/// @example     examples/monitor/windows_and_sequences.cpp
class adwin {
 public:
  explicit adwin(const adwin_options& options = {}) : options_(options) {
    core::check_open_interval("monitor::adwin", "delta", options.delta, 0.0, 1.0);
    core::check_at_least("monitor::adwin", "clock", options.clock, std::uint64_t{1});
    core::check_at_least("monitor::adwin", "max_buckets", options.max_buckets, std::size_t{1});
    core::check_at_least("monitor::adwin", "min_window", options.min_window, std::uint64_t{1});
  }

  void update(double x) {
    detail::check_finite("monitor::adwin", x);
    ++count_;
    insert(x);
    alarmed_ = false;
    if (count_ % options_.clock != 0 || width_ <= options_.grace) return;
    while (cut_somewhere()) {
      drop_oldest();
      alarmed_ = true;
    }
  }

  /// Whether the latest observation shortened the window.
  [[nodiscard]] bool alarmed() const noexcept { return alarmed_; }
  /// Observations in the window.
  [[nodiscard]] std::uint64_t width() const noexcept { return width_; }
  /// Mean of the window; NaN before the first observation.
  [[nodiscard]] double mean() const noexcept { return width_ == 0 ? core::nan : total_ / static_cast<double>(width_); }
  /// σ²_W: mean squared deviation within the window.
  [[nodiscard]] double variance() const noexcept {
    return width_ == 0 ? core::nan : std::max(0.0, squares_) / static_cast<double>(width_);
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  void reset() noexcept {
    rows_.clear();
    width_ = count_ = 0;
    total_ = squares_ = 0.0;
    alarmed_ = false;
  }

 private:
  struct bucket {
    double total = 0.0;
    double squares = 0.0;
  };

  [[nodiscard]] static double size_of(std::size_t row) noexcept { return std::ldexp(1.0, static_cast<int>(row)); }

  void insert(double x) {
    if (rows_.empty()) rows_.emplace_back().reserve(options_.max_buckets + 1);
    rows_[0].push_back({x, 0.0});
    ++width_;
    if (width_ > 1) {
      const auto before = static_cast<double>(width_ - 1);
      const double difference = x - total_ / before;
      squares_ += before * difference * difference / static_cast<double>(width_);
    }
    total_ += x;
    for (std::size_t r = 0; r < rows_.size() && rows_[r].size() > options_.max_buckets; ++r) {
      const bucket older = rows_[r][0];
      const bucket newer = rows_[r][1];
      rows_[r].erase(rows_[r].begin(), rows_[r].begin() + 2);
      if (r + 1 == rows_.size()) rows_.emplace_back().reserve(options_.max_buckets + 1);
      const double difference = (older.total - newer.total) / size_of(r);
      const double within = options_.variant == adwin_variant::scikit_multiflow ? 0.0 : older.squares;
      rows_[r + 1].push_back(
          {older.total + newer.total, within + newer.squares + 0.5 * size_of(r) * difference * difference});
    }
  }

  /// Whether the parts of n0 and n1 observations with the older part's total differ enough.
  [[nodiscard]] bool differ(double n0, double total0, double d) const noexcept {
    const double n1 = static_cast<double>(width_) - n0;
    const auto least = static_cast<double>(options_.min_window);
    double h = 0.0;
    switch (options_.variant) {
      case adwin_variant::original:
        if (n0 < least || n1 < least) return false;
        h = 1.0 / n0 + 1.0 / n1;
        break;
      case adwin_variant::scikit_multiflow:
      case adwin_variant::river:
        if (n0 < least || n1 < least) return false;
        h = 1.0 / (n0 - least + 1.0) + 1.0 / (n1 - least + 1.0);
        break;
      case adwin_variant::frouros:
        if (n0 <= least + 1.0 || n1 <= least + 1.0) return false;
        h = 1.0 / (n0 - least - 1.0) + 1.0 / (n1 - least - 1.0);
        break;
    }
    const double margin = std::sqrt(2.0 * h * variance() * d) + 2.0 / 3.0 * h * d;
    return std::abs(total0 / n0 - (total_ - total0) / n1) > margin;
  }

  [[nodiscard]] bool cut_somewhere() const noexcept {
    if (width_ < 2) return false;
    const double d = std::log(2.0 * std::log(static_cast<double>(width_)) / options_.delta);
    if (!(d > 0.0)) return false;
    const std::size_t kept = options_.variant == adwin_variant::original ? 0 : 1;  // newest buckets of a row not moved
    double n0 = 0.0;
    double total0 = 0.0;
    for (std::size_t r = rows_.size(); r-- > 0;) {
      for (std::size_t i = 0; i + kept < rows_[r].size(); ++i) {
        n0 += size_of(r);
        total0 += rows_[r][i].total;
        if (differ(n0, total0, d)) return true;
      }
    }
    return false;
  }

  void drop_oldest() noexcept {
    const double n = size_of(rows_.size() - 1);
    const bucket oldest = rows_.back().front();
    rows_.back().erase(rows_.back().begin());
    if (rows_.back().empty()) rows_.pop_back();
    width_ -= static_cast<std::uint64_t>(n);
    total_ -= oldest.total;
    const auto left = static_cast<double>(width_);
    const double difference = oldest.total / n - total_ / left;  // a cut leaves at least min_window observations
    squares_ -= oldest.squares + n * left * difference * difference / (n + left);
  }

  adwin_options options_;
  std::vector<std::vector<bucket>> rows_;  ///< row r: buckets of 2^r observations, oldest first
  std::uint64_t width_ = 0, count_ = 0;
  double total_ = 0.0, squares_ = 0.0;
  bool alarmed_ = false;
};

}  // namespace tailwatch::monitor
