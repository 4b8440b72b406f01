// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tailwatch/math/digamma.hpp"
#include "tailwatch/math/log_rising_power.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy::detail {

/// The NSB integrand at β = e^t for one frequency profile: weight, and mean and variance of the entropy under Dirichlet(nᵢ + β).
///
///   ln w = ln[Γ(Kβ)/Γ(N + Kβ) Π Γ(nᵢ + β)/Γ(β)] + ln[K ψ′(Kβ + 1) − ψ′(β + 1)] + t
///
/// The gammas as sums of ln(1 + j/β), which do not cancel; the prior factor by its series for large β, where the two trigammas agree
/// to all digits. What the symbols share is done once: the first 24 factors of all products by the number of symbols seen more than
/// j times, the digammas of counts up to 24 by recurrence, and one logarithm a distinct count above, which serves Stirling's series of
/// its gamma and of its digamma. One call takes 5 µs where term by term it took 90 (2589 Zipf symbols, 190 distinct counts).
class nsb_integrand {
 public:
  struct moments {
    double mean, variance;
  };

  nsb_integrand(const summary::frequency_profile& profile, double cells)
      : cells_(cells),
        total_(static_cast<double>(profile.total())),
        unseen_(cells - static_cast<double>(profile.types())) {
    for (const auto& [r, f] : profile.entries()) {
      if (r <= few) {
        symbols_[r] = static_cast<double>(f);
      } else {
        counts_.push_back(static_cast<double>(r));
        multiplicities_.push_back(static_cast<double>(f));
        many_ += static_cast<double>(f);
        observations_ += static_cast<double>(r) * static_cast<double>(f);
      }
    }
    digammas_.resize(counts_.size());
    double above = 0.0;  // symbols seen more than j times, up to `few`
    for (std::size_t j = few; j-- > 0;) more_[j] = above += symbols_[j + 1];
  }

  [[nodiscard]] double log_weight(double t) const {
    const double beta = std::exp(t);
    double log_weight = t - math::log_rising_power_excess(cells_ * beta, total_);
    // Symbols of few counts: Σ_j (symbols seen more than j times) ln(1 + j/β).
    for (std::size_t j = 1; j < few && more_[j] > 0.0; ++j)
      log_weight += more_[j] * std::log1p(static_cast<double>(j) / beta);
    if (!counts_.empty()) log_weight += of_many(beta);
    const double inverse = 1.0 / cells_;
    const double prior =
        beta > 1e3 ? ((1.0 - inverse) / 2.0 - ((1.0 - inverse * inverse) / 6.0 -
                                               (1.0 - inverse * inverse * inverse * inverse) / (30.0 * beta * beta)) /
                                                  beta) /
                         (beta * beta)
                   : cells_ * math::trigamma(cells_ * beta + 1.0) - math::trigamma(beta + 1.0);
    return log_weight + std::log(prior);
  }

  /// As detail::dirichlet_posterior.
  [[nodiscard]] moments posterior(double beta) {
    const double a = total_ + beta * cells_;
    const double psi_a = math::digamma(a + 1.0);
    // ψ(α + 1) and g(α + 1) = (α + 1) ψ′(α + 1) − 1 for α = β, β + 1, …, β + 24: downwards from above 10, where the series need no shift.
    std::array<double, few + 1> psi{}, excess{};
    if (beta + 1.0 >= 10.0) {
      for (std::size_t r = 0; r <= few; ++r) {
        const double x = static_cast<double>(r) + beta + 1.0;
        if (r != 0 && symbols_[r] == 0.0) continue;
        psi[r] = math::digamma(x);
        excess[r] = math::trigamma_excess(x);
      }
    } else {
      double x = static_cast<double>(few) + beta + 1.0;
      double first = math::digamma(x), second = math::trigamma(x);
      for (std::size_t r = few + 1; r-- > 0;) {
        psi[r] = first;
        excess[r] = x * second - 1.0;
        x -= 1.0;
        first -= 1.0 / x;
        second += 1.0 / (x * x);
      }
    }
    double mean = 0.0;
    if (unseen_ > 0.0) mean += unseen_ * (beta / a) * (psi_a - psi[0]);
    for (std::size_t r = 1; r <= few; ++r)
      mean += symbols_[r] * ((static_cast<double>(r) + beta) / a) * (psi_a - psi[r]);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const double alpha = counts_[i] + beta;
      digammas_[i] = math::digamma(alpha + 1.0);
      mean += multiplicities_[i] * (alpha / a) * (psi_a - digammas_[i]);
    }
    double sum = -a * math::trigamma_excess(a + 1.0);
    const auto add = [&](double f, double alpha, double digamma, double g) {
      const double centred = digamma - psi_a + mean;
      sum += f * alpha * (centred * centred + g);
    };
    if (unseen_ > 0.0) add(unseen_, beta, psi[0], excess[0]);
    for (std::size_t r = 1; r <= few; ++r) add(symbols_[r], static_cast<double>(r) + beta, psi[r], excess[r]);
    for (std::size_t i = 0; i < counts_.size(); ++i)
      add(multiplicities_[i], counts_[i] + beta, digammas_[i], math::trigamma_excess(counts_[i] + beta + 1.0));
    return {mean, sum / (a * (a + 1.0))};
  }

 private:
  static constexpr std::size_t few = 24;

  /// Σ f ln Π_{j<r}(1 + j/β) over the counts above 24: as math::log_rising_power_excess, with what does not depend on r done once.
  [[nodiscard]] double of_many(double beta) const {
    double b = beta, shift = 0.0, sum = 0.0;
    for (; b < 16.0; b += 1.0, shift += 1.0) sum += std::log1p(shift / beta);
    sum *= many_;
    if (shift > 0.0) sum += (observations_ - shift * many_) * std::log1p(shift / beta);
    const auto stirling = [](double x) {
      const double z = 1.0 / (x * x);
      return (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z / 1188)))) / x;
    };
    double rest = 0.0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const double m = counts_[i] - shift;
      const double t = m / b;
      double log, minus;  // ln(1 + t), and that less t
      if (t > 0.1) {
        log = std::log1p(t);
        minus = log - t;
      } else {
        minus = math::log1p_minus(t);
        log = minus + t;
      }
      rest += multiplicities_[i] * (b * minus + (m - 0.5) * log + stirling(b + m));
    }
    return sum + rest - many_ * stirling(b);
  }

  double cells_, total_, unseen_;
  std::array<double, few + 1> symbols_{};  ///< seen r times, r ≤ 24
  std::array<double, few> more_{};         ///< seen more than j times, 24 at most
  std::vector<double> counts_, multiplicities_, digammas_;
  double many_ = 0.0, observations_ = 0.0;  ///< symbols and observations of counts above 24
};

}  // namespace tailwatch::entropy::detail
