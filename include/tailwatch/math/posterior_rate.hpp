// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace tailwatch::math {

/// What a rare symbol that was seen r times can be expected to do in a second sample of the same size: linear empirical Bayes.
///
///   E[λ | r] = a + q r,  0 ≤ q ≤ 1        fitted to Robbins' (r + 1) f_{r+1}/f_r, r = 1 … 4 (to 10 where fewer than 100 symbols
///                         are that rare), by weighted least squares
///
/// That line is a gamma mixture of Poisson counts, of which r of the second sample is negative binomial; q = 0 is equal shares, and Zipf's
/// law is close to q = 1. It is trusted for the rarest symbols only.
/// @see  H. Robbins (1956), Proceedings of the Third Berkeley Symposium 1, 157–163; B. Efron, R. Thisted (1976), Biometrika 63, 435–447
class posterior_rate {
 public:
  /// @param entries  range of {count, multiplicity}, count ≥ 1, ascending; one of count 1 or 2 at least
  template <class Entries>
  explicit posterior_rate(const Entries& entries) {
    std::size_t last = 10;
    std::array<double, 12> f{};
    for (const auto& e : entries) {
      if (e.count > last + 1) break;
      f[static_cast<std::size_t>(e.count)] = static_cast<double>(e.multiplicity);
    }
    double rare = f[1] + f[2] + f[3] + f[4];
    for (std::size_t r = 4; r < last; rare += f[++r])
      if (rare >= 100.0) last = r;
    at_0_ = 2.0 * std::max(f[2], 1.0) / (f[1] + (f[1] == 0.0 || f[2] == 0.0 ? 1.0 : 0.0));
    for (int round = 0; round < 3; ++round) {  // the weights depend on the line
      double xx = 0.0, rxx = 0.0, rrxx = 0.0, xy = 0.0, rxy = 0.0;
      for (std::size_t i = 1; i <= last; ++i) {
        if (f[i] == 0.0) continue;
        const auto r = static_cast<double>(i);
        const double mean = std::max(at_0_ + slope_ * r, 0.5 * r);  // a mean near 0 would outweigh all others
        const double x = f[i];
        const double y = (r + 1.0) * f[i + 1];
        const double weight = x / ((r + 1.0 + mean) * mean);  // x²/Var
        xx += weight;
        rxx += r * weight;
        rrxx += r * r * weight;
        xy += weight * y / x;
        rxy += r * weight * y / x;
      }
      if (xx == 0.0) break;
      const double determinant = xx * rrxx - rxx * rxx;
      slope_ = determinant > 1e-12 * xx * rrxx ? std::clamp((xx * rxy - rxx * xy) / determinant, 0.0, 1.0) : 0.0;
      at_0_ = std::max((xy - slope_ * rxx) / xx, 1e-3 - slope_);  // that of r = 1 stays positive
    }
    const double ratio_2 = mean(1.0) / 2.0, ratio_3 = ratio_2 * mean(2.0) / 3.0;
    third_ = f[1] * ratio_3;
  }

  /// How many rare symbols are seen three times, by the line: f̂_{r+1} = f̂_r (a + q r)/(r + 1) goes on from there.
  [[nodiscard]] double third() const noexcept { return third_; }
  [[nodiscard]] double mean(double r) const noexcept { return at_0_ + slope_ * r; }

  /// New symbols expected in x N further observations, of f₁ that were seen once: ∫₀ˣ f₁ (1 + q s)^{−(a/q + 1)} ds.
  [[nodiscard]] double fresh(double f1, double x) const noexcept {
    const double log_growth = slope_ > 1e-9 ? std::log1p(slope_ * x) / slope_ : x;
    const double power = -at_0_ * log_growth;
    return f1 * (std::abs(power) < 1e-9 ? log_growth : std::expm1(power) / -at_0_);
  }

  /// Chance that a symbol seen r times is not in the second sample.
  [[nodiscard]] double absent(double r) const noexcept {
    return std::exp(-mean(r) * (slope_ > 1e-9 ? std::log1p(slope_) / slope_ : 1.0));
  }

  /// P(j + 1)/P(j) of its count in the second sample.
  [[nodiscard]] double next(double r, double j) const noexcept {
    return (mean(r) + slope_ * j) / ((j + 1.0) * (1.0 + slope_));
  }

 private:
  double at_0_ = 0.0;
  double slope_ = 0.0;
  double third_ = 0.0;
};

}  // namespace tailwatch::math
