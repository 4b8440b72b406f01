// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/diversity/detail/power_sum_error.hpp"
#include "tailwatch/math/count_difference.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/math/hurwitz_zeta.hpp"
#include "tailwatch/math/unseen_share.hpp"

/// The Rényi entropy of the source, unseen symbols included, as Chao and Jost (2015) estimate it.
namespace tailwatch::diversity::detail {

/// ln|Γ(x + d)/Γ(x)| for x ≥ 1 and real d, with its sign; a pole of the numerator gives +∞.
///
/// Near d = 0 by Taylor's series in d, where the logarithm of a ratio near 1 would lose all digits; far below 0 by reflection; else the
/// arguments are raised above 16, factor by factor, and Stirling's series is taken of both.
struct log_gamma_step {
  double value = 0.0;
  double sign = 1.0;
  log_gamma_step(double x, double d) {
    if (std::abs(d) < 1e-3) {
      const double third = 6.0 * math::hurwitz_zeta(4.0, x);  // ψ‴
      const double second = -2.0 * math::hurwitz_zeta(3.0, x);
      value = d * (math::digamma(x) + d * (math::trigamma(x) / 2.0 + d * (second / 6.0 + d * third / 24.0)));
      return;
    }
    // ln Γ(z) = (z − ½) ln z − z + ½ ln 2π + rest(z)
    const auto rest = [](double z) {
      const double w = 1.0 / (z * z);
      return (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w * (1.0 / 1680.0 - w / 1188.0)))) / z;
    };
    double low = x + d, high = x, factor = 1.0;  // Γ(low)/Γ(high) · factor
    if (low < -100.0) {                          // Γ(low) = π/(sin(π low) Γ(1 − low))
      const double whole = std::floor(low), up = 1.0 - low;
      if (whole == low) {
        value = core::infinity;
        return;
      }
      constexpr double pi = 3.14159265358979323846;
      if (whole / 2.0 != std::floor(whole / 2.0)) sign = -1.0;
      value = std::log(pi / std::sin(pi * (low - whole))) - ((up - 0.5) * std::log(up) - up + rest(up));
      for (; high < 16.0; high += 1.0) value += std::log(high);
      value -= (high - 0.5) * std::log(high) - high + rest(high) + std::log(2.0 * pi);  // twice ½ ln 2π
      return;
    }
    while (low < 16.0 || high < 16.0) {
      if (low == 0.0) {
        value = core::infinity;
        return;
      }
      factor *= high / low;
      if (std::abs(factor) > 1e100 || std::abs(factor) < 1e-100) {
        value += std::log(std::abs(factor));
        sign = factor < 0.0 ? -sign : sign;
        factor = 1.0;
      }
      low += 1.0;
      high += 1.0;
    }
    if (factor < 0.0) sign = -sign;
    // ln Γ(h + d) − ln Γ(h) = d ln h + (h + d − ½) log1p(d/h) − d + r(h + d) − r(h); not low − high for d, which 1e12 would round
    value += std::log(std::abs(factor)) + d * std::log(high) + (low - 0.5) * std::log1p(d / high) - d + rest(low) -
             rest(high);
  }
};

/// n ∫₀¹ (1 − t)^{n−1} (1 + wt)^{−q} dt = ₂F₁(1, q; n + 1; −w), w ≥ 0: positive throughout, by the trapezoidal rule in ln(−n ln(1 − t)),
/// whose error falls like e^{−10/h}.
[[nodiscard]] inline double unseen_integral(double n, double w, double q) {
  constexpr double h = 0.25;
  double sum = 0.0;
  for (double s = -45.0; s < 4.0; s += h) {
    const double u = std::exp(s);
    sum += u * std::exp(-u - q * std::log1p(-w * std::expm1(-u / n)));
  }
  return h * sum;
}

/// Estimate of ln(Σ pᵢ^q)/(1 − q) over all symbols of the source, q ≥ 0, as a sum over the counts n_i of a sample of N.
///
///   Σ p^q ≈ Σ n_i^{(q)}/N^{(q)} + (f₁/N) (1 − A)/A · Γ(N + 1 − q)/(Γ(1 − q) Γ(N + 1)) · ₂F₁(1, q; N + 1; −(1 − A)/A)
///
/// x^{(q)} = Γ(x + 1)/Γ(x + 1 − q), the falling power: the sum over k of Chao and Jost in closed form by Vandermonde's identity, and
/// their second term as the tail of its series, so that neither cancels. q = 0 is Chao1 (finite_sample), q = 1 Chao, Wang and Jost,
/// q = 2 the unbiased sum of squares. Near q = 1 the terms are those of Σ p^q − 1.
class asymptotic_profile {
 public:
  asymptotic_profile(std::uint64_t total, double order)
      : total_(total),
        n_(static_cast<double>(total)),
        q_(order),
        d_(1.0 - order),
        whole_(order == 1.0 ? math::digamma(n_) : log_gamma_step(n_, d_).value) {}

  /// Of one symbol seen r times, r ≥ 0.
  [[nodiscard]] double term(std::uint64_t r) const {
    if (r == 0) return 0.0;
    const auto count = static_cast<double>(r);
    if (q_ == 1.0) return count / n_ * (whole_ - math::digamma(count));
    const log_gamma_step step(count, d_);
    const double power = whole_ - step.value;  // −∞ at a pole
    return count / n_ * (near_one() ? std::expm1(power) : step.sign * std::exp(power));
  }
  /// Of all symbols not seen.
  [[nodiscard]] double unseen(std::uint64_t f1, std::uint64_t f2) const {
    if (q_ == 1.0) return math::unseen_entropy(f1, f2, total_);
    const double a = math::singleton_share(f1, f2, total_);
    if (f1 == 0 || a >= 1.0 || (q_ >= 2.0 && q_ == std::floor(q_))) return 0.0;
    const double w = (1.0 - a) / a;
    const log_gamma_step gamma(1.0, -q_);  // Γ(1 − q)
    return gamma.sign * static_cast<double>(f1) / n_ * (w / n_) * std::exp(whole_ - gamma.value) *
           unseen_integral(n_, w, q_);
  }
  /// The Rényi entropy from the sum of the terms; NaN where the estimated sum is not positive.
  [[nodiscard]] double entropy(double sum) const {
    if (q_ == 1.0) return sum;
    if (near_one()) return std::log1p(sum) / d_;
    return sum > 0.0 ? std::log(sum) / d_ : core::nan;
  }

  /// entropy(sum + by) − entropy(sum), `by` however small beside the sum.
  [[nodiscard]] double entropy_gain(double sum, double by) const {
    return q_ == 1.0 ? by : std::log1p(by / (near_one() ? 1.0 + sum : sum)) / d_;
  }
  /// Second difference of the entropy where the sum has the first and second differences given.
  [[nodiscard]] double entropy_bend(double sum, double first, double second) const {
    const double whole = near_one() ? 1.0 + sum : sum;
    return q_ == 1.0 ? second : (second - first / whole * first) / whole / d_;
  }

 private:
  [[nodiscard]] bool near_one() const noexcept { return std::abs(d_) < 1e-3; }

  std::uint64_t total_;
  double n_, q_, d_, whole_;
};

/// What is unseen once a symbol seen r times has r − gone, gone = 0, 1, 2: as f₁ and f₂ move, of which there are few ways.
class unseen_without {
 public:
  unseen_without(const asymptotic_profile& of, std::uint64_t f1, std::uint64_t f2) {
    const auto less = [](std::uint64_t f) { return f > 0 ? f - 1 : 0; };
    same_ = of.unseen(f1, f2);
    by_one_ = {of.unseen(less(f1), f2), of.unseen(f1 + 1, less(f2)), of.unseen(f1, f2 + 1)};
    by_two_ = {of.unseen(f1, less(f2)), of.unseen(f1 + 1, f2), of.unseen(f1, f2 + 1)};
  }
  /// r ≥ 1, and r ≥ 2 where gone = 2
  [[nodiscard]] double operator()(std::uint64_t r, std::uint64_t gone) const noexcept {
    if (gone == 1 && r <= 3) return by_one_[static_cast<std::size_t>(r - 1)];
    if (gone == 2 && r <= 4) return by_two_[static_cast<std::size_t>(r - 2)];
    return same_;
  }

 private:
  double same_;
  std::array<double, 3> by_one_, by_two_;
};

/// The estimate from a frequency profile with total() ≥ 1. NaN where no symbol was seen often enough for the order.
template <class Profile>
[[nodiscard]] double asymptotic_renyi(const Profile& profile, double q) {
  if (q >= 2.0 && q >= static_cast<double>(profile.largest()) + 1.0) return core::nan;
  const asymptotic_profile of(profile.total(), q);
  double sum = of.unseen(profile.f(1), profile.f(2));
  for (const auto& e : profile.entries()) sum += static_cast<double>(e.multiplicity) * of.term(e.count);
  return of.entropy(sum);
}

/// Its standard error: of order 2 to 64 that of the power sum where the counts span no more than 32 in √r (all up to 1000 do); else the second-order
/// jackknife, which is in doubt only where a few rare symbols carry the sum.
template <class Profile>
[[nodiscard]] double asymptotic_renyi_error(const Profile& profile, double q) {
  if (profile.total() < 4 || profile.types() < 2) return core::nan;  // one type: what others there are is not known
  if (q >= 2.0 && q >= static_cast<double>(profile.largest()) + 1.0) return core::nan;
  const auto root = [](std::uint64_t r) { return std::sqrt(static_cast<double>(r)); };
  if (q >= 2.0 && q <= 64.0 && root(profile.largest()) - root(profile.entries().front().count) < 32.0) {
    if (q == std::floor(q)) return power_sum_relative_error(profile, static_cast<unsigned>(q)) / (q - 1.0);
    if (profile.largest() <= 1'000'000) {
      const asymptotic_profile of(profile.total(), q);
      return power_sum_relative_error(profile, q, [&](std::uint64_t r) { return of.term(r); }) / (q - 1.0);
    }
  }
  const std::uint64_t f1 = profile.f(1), f2 = profile.f(2);
  const auto sum_of = [&](const asymptotic_profile& of) {
    double all = of.unseen(f1, f2);
    for (const auto& e : profile.entries()) all += static_cast<double>(e.multiplicity) * of.term(e.count);
    return all;
  };
  const asymptotic_profile one(profile.total() - 1, q), two(profile.total() - 2, q);
  const double all_one = sum_of(one), all_two = sum_of(two);
  const unseen_without unseen_one(one, f1, f2), unseen_two(two, f1, f2);
  const auto terms = [](const asymptotic_profile& of) {
    return [&of](double count) { return of.term(static_cast<std::uint64_t>(count)); };
  };
  // What the sum gains where one symbol of r has r − gone: in the N − 1 or N − 2 observations that are left.
  const auto gain = [](const asymptotic_profile& of, const unseen_without& unseen, std::uint64_t r,
                       std::uint64_t gone) {
    return of.term(r - gone) - of.term(r) + (unseen(r, gone) - unseen(r, 0));
  };
  return math::delete_one_standard_error(
      profile.entries(), profile.total(),
      [&](std::uint64_t r) {
        const double by = r < 1000000 ? gain(one, unseen_one, r, 1)
                                      : math::count_drop(terms(one), r, static_cast<double>(profile.total() - 1));
        return one.entropy_gain(all_one, by);
      },
      [&](std::uint64_t r) {
        if (r < 10000)
          return two.entropy_gain(all_two, gain(two, unseen_two, r, 2)) -
                 2.0 * two.entropy_gain(all_two, gain(two, unseen_two, r, 1));
        const auto rest = static_cast<double>(profile.total() - 2);
        return two.entropy_bend(all_two, math::count_drop(terms(two), r, rest), math::count_bend(terms(two), r, rest));
      });
}

}  // namespace tailwatch::diversity::detail
