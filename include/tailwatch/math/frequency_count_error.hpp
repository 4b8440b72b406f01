// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <utility>
#include <vector>

#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/posterior_rate.hpp"

namespace tailwatch::math {

namespace detail {

/// Var(c S + u(f₁ … f_k)), see frequency_count_error.
class frequency_count_variance {
 public:
  /// @param means  f̃₁ … f̃_k
  frequency_count_variance(const posterior_rate& rate, std::uint64_t total, double frequent, std::vector<double> means)
      : rate_(rate), total_(static_cast<double>(total)), frequent_(frequent), means_(std::move(means)) {
    for (std::size_t r = 0; r < moving(); ++r) draw(r);
  }

  [[nodiscard]] std::size_t counts() const noexcept { return means_.size(); }  ///< k
  [[nodiscard]] double mean(std::size_t r) const { return means_[r - 1]; }
  void set_mean(std::size_t r, double mean) {
    means_[r - 1] = mean;
    if (r <= moving()) draw(r - 1);
  }

  /// NaN where u is not finite for most f that are likely.
  template <class Of>
  [[nodiscard]] double operator()(const Of& of) const {
    const std::size_t k = counts();
    std::vector<double> f(k), weights(k, 0.0);
    std::array<double, points> rest{};
    std::array<std::size_t, points> of_point{};
    std::size_t used = 0;
    for (std::size_t r = moving(); r < k; ++r) f[r] = std::round(means_[r]);
    for (std::size_t i = 0; i < points; ++i) {
      for (std::size_t r = 0; r < moving(); ++r) f[r] = drawn_[r][i];
      const double here = of(f);
      std::array<double, varied> step{};
      bool finite = core::is_finite(here);
      for (std::size_t r = 0; r < moving() && finite; ++r) {
        f[r] += 1.0;
        step[r] = of(f) - here;
        f[r] -= 1.0;
        finite = core::is_finite(step[r]);
      }
      if (!finite) continue;
      for (std::size_t r = 0; r < moving(); ++r) weights[r] += step[r];
      of_point[used] = i;
      rest[used++] = here;
    }
    if (used < points / 2) return core::nan;
    const auto n = static_cast<double>(used);
    for (std::size_t r = 0; r < moving(); ++r) weights[r] /= n;
    double mean = 0.0, scatter = 0.0;
    for (std::size_t i = 0; i < used; ++i) {
      for (std::size_t r = 0; r < moving(); ++r) rest[i] -= weights[r] * (drawn_[r][of_point[i]] - means_[r]);
      mean += rest[i] / n;
    }
    for (std::size_t i = 0; i < used; ++i) scatter += (rest[i] - mean) * (rest[i] - mean) / n;
    if (moving() < k) {
      for (std::size_t r = 0; r < moving(); ++r) f[r] = std::round(means_[r]);
      const double here = of(f);
      for (std::size_t r = moving(); r < k; ++r) {
        f[r] += 1.0;
        weights[r] = of(f) - here;
        f[r] -= 1.0;
      }
    }
    for (double& w : weights) w += frequent_;
    return scatter + of_sum(weights);
  }

 private:
  static constexpr std::size_t points = 128, varied = 10;
  [[nodiscard]] std::size_t moving() const noexcept { return std::min(counts(), varied); }

  /// Poisson quantiles at the points of a lattice by the square roots of the first primes; of the normal above a mean of 100.
  void draw(std::size_t r) {
    constexpr std::array<double, varied> root{
        0.4142135623730951, 0.7320508075688772, 0.2360679774997898, 0.6457513110645907, 0.3166247903554000,
        0.6055512754639891, 0.1231056256176606, 0.3588989435406740, 0.7958315233127191, 0.3851648071345037};
    const double mean = means_[r];
    std::array<double, 256> cumulative;  // far enough for a mean of 100
    double p = std::exp(-mean), sum = 0.0;
    if (mean <= 100.0)
      for (std::size_t j = 0; j < cumulative.size(); ++j) {
        cumulative[j] = sum += p;
        p *= mean / static_cast<double>(j + 1);
      }
    for (std::size_t i = 0; i < points; ++i) {
      double u = (static_cast<double>(i) + 0.5) * root[r];
      u -= std::floor(u);
      drawn_[r][i] =
          mean > 100.0
              ? std::max(0.0, std::round(mean + std::sqrt(mean) * core::normal_quantile(u)))
              : static_cast<double>(std::ranges::lower_bound(cumulative, std::min(u, sum)) - cumulative.begin());
    }
  }

  /// Var Σ a(n_i): a_r of counts up to k, 0 of symbols that are not seen, c above.
  [[nodiscard]] double of_sum(const std::vector<double>& a) const {
    const std::size_t k = counts();
    double variance = 0.0, covariance = 0.0, before = 0.0;
    for (std::size_t r = 1; r <= k; ++r) {
      covariance += static_cast<double>(r) * means_[r - 1] * (a[r - 1] - before);
      before = a[r - 1];
    }
    covariance += means_[k - 1] * rate_.mean(static_cast<double>(k)) * (frequent_ - before);  // (k + 1) f̃_{k+1}
    for (std::size_t r = 1; r <= k; ++r) {
      const auto count = static_cast<double>(r);
      double p = rate_.absent(count), above = 1.0 - p, expected = 0.0;
      for (std::size_t s = 1; s <= k; ++s) {
        p *= rate_.next(count, static_cast<double>(s) - 1.0);
        above -= p;
        expected += p * a[s - 1];
      }
      above = std::max(above, 0.0);
      const double here = a[r - 1];
      // f̃_r P(s | r) = f̃_s P(r | s): the second term is what the frequent symbols have to do with those of r
      variance +=
          means_[r - 1] * (here * (here - expected - frequent_ * above) + frequent_ * (frequent_ - here) * above);
    }
    if (frequent_ != 0.0) {  // frequent symbols that the second sample misses
      double missed = 0.0, likely = rate_.third();
      for (std::size_t r = k + 1; r < 3; ++r) missed += rate_.smooth(r) * rate_.absent(static_cast<double>(r));
      for (std::size_t r = 3; r < std::max<std::size_t>(512, 2 * k); ++r) {
        const double absent = rate_.absent(static_cast<double>(r)) * likely;
        if (r > k) {
          if (absent < 1e-9 * rate_.third()) break;
          missed += absent;
        }
        likely *= rate_.mean(static_cast<double>(r)) / (static_cast<double>(r) + 1.0);
      }
      variance += frequent_ * frequent_ * missed;
    }
    // Cauchy and Schwarz bound the covariance of true means, not that of estimated ones.
    return variance - std::min(covariance * (covariance / total_), 0.75 * variance);
  }

  const posterior_rate& rate_;
  double total_, frequent_;
  std::vector<double> means_;
  std::array<std::array<double, points>, varied> drawn_{};
};

}  // namespace detail

/// Standard error of an estimate that is read from the number of symbols seen once, twice, …: T = c S + u(f₁ … f_k), S symbols seen.
///
///   Var T = Σ_i Var a(n_i) − Cov(T, N)²/N + Var₂      a_r = c + E[u(f + e_r) − u(f)], a₀ = 0, a_r = c above k
///
/// with n_i Poisson and the f_r independent. a_r is the best linear approximation of u and Var₂ what u scatters about it, both over Poisson f_r
/// of means f̃_r, at 128 fixed points (the first ten f_r; those after it stand still): u may jump, as where f₂ = 0, or be clamped. The f̃_r
/// are smoothed (posterior_rate: an f_r of 0, 1 or 2 is no measure of its mean), and Σ Var a = Σ_r f̃_r a_r (a_r − E[a(n′) | r]), n′ the
/// count of a symbol seen r times in a second sample; Cov(T, N) = Σ_r r f̃_r (a_r − a_{r−1}), of which no more than 3/4 of ΣVar a is
/// taken off. The error is divided by what it grows by on average when
/// f̃₁ … f̃₄ scatter, to second order.
/// NaN for N < 2, where nothing was seen posterior_rate::rarest times or less, and where u is not finite for most f that are likely.
/// @param entries   range of {count, multiplicity}, count ≥ 1, ascending
/// @param frequent  c
/// @param of        callable (const std::vector<double>& f) → u of whole numbers f[r − 1] = f_r, r ≤ k
/// @complexity      O(k²), and 128 (min(k, 10) + 1)(2 min(k, 4) + 1) calls of u
/// @see             A. Chao, S.-M. Lee (1992), Journal of the American Statistical Association 87, 210–217, section 2.3, for the first order at
///                  the observed f_r
template <class Entries, class Of>
[[nodiscard]] double frequency_count_error(const Entries& entries, std::uint64_t total, std::size_t k, double frequent,
                                           const Of& of) {
  if (std::ranges::empty(entries) || std::ranges::begin(entries)->count > posterior_rate::rarest || k == 0 || total < 2)
    return core::nan;
  const posterior_rate rate(entries);
  std::vector<double> means(k);
  for (std::size_t r = 1; r <= std::min(k, posterior_rate::rarest); ++r) means[r - 1] = rate.smooth(r);
  for (const auto& e : entries) {
    if (e.count > k) break;
    if (e.count > posterior_rate::rarest)
      means[static_cast<std::size_t>(e.count) - 1] = static_cast<double>(e.multiplicity);
  }
  detail::frequency_count_variance variance(rate, total, frequent, std::move(means));
  const double error = std::sqrt(variance(of));
  if (!(error > 0.0)) return core::nan;
  double average = error;
  for (std::size_t r = 1; r <= std::min<std::size_t>(k, 4); ++r) {
    const double here = variance.mean(r);
    if (here == 0.0) continue;
    const double scatter = std::sqrt(here) * posterior_rate::trust_of_count(here);
    for (const double to : {here - scatter, here + scatter}) {
      variance.set_mean(r, to);
      average += 0.5 * (std::sqrt(std::max(0.0, variance(of))) - error);
    }
    variance.set_mean(r, here);
  }
  return average > 0.5 * error ? error * (error / average) : error;
}

}  // namespace tailwatch::math
