// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/poisson_mixture.hpp"

namespace tailwatch::diversity::detail {

/// Relative standard error of the unbiased power sum Σ nᵢ^{(q)}/N^{(q)} of whole order q ≥ 2 (falling powers): exact for the shares that explain
/// the counts.
///
///   Var = Σ_{c=1}^q w_c (S_{2q−c} − S_q²)      w_c = C(q, c) C(N − q, q − c)/C(N, q)      S_k = Σ p^k
///
/// The variance of a U-statistic whose kernel says whether q draws agree: given c of them, the others agree by chance p^{q−c}. Its unbiased estimate
/// from falling powers up to 2q − 1 hangs on the few largest counts (mean error 0.84 of the scatter for 1000 equal symbols, N = 500, q = 3) and
/// falls below 0; with S_k of poisson_mixture no term does, and the first, which is 0 for equal shares, comes out as 0.
/// @return  NaN where it is not below 1: the delta method of a power or a logarithm has no meaning then
template <class Profile>
[[nodiscard]] double power_sum_relative_error(const Profile& profile, unsigned q) {
  const auto n = static_cast<double>(profile.total());
  if (profile.total() < q) return core::nan;
  std::vector<math::poisson_atom> atoms;
  for (const math::poisson_segment& segment : math::poisson_mixture(profile.entries()))
    atoms.insert(atoms.end(), segment.begin(), segment.end());
  double largest = 0.0;
  for (const math::poisson_atom& a : atoms) largest = std::max(largest, a.rate);
  // Shares in units of the largest, so that no power underflows that counts.
  const auto sum = [&](unsigned k) {
    double s = 0.0;
    for (const math::poisson_atom& a : atoms) s += a.weight * std::pow(a.rate / largest, k);
    return s;
  };
  const double agree = sum(q);
  double first = 0.0;  // S_{2q−1}/S_q² − 1, centred
  for (const math::poisson_atom& a : atoms) {
    const double influence = std::pow(a.rate / largest, q - 1) * (n / largest) / agree - 1.0;
    first += a.weight * (a.rate / n) * influence * influence;
  }
  double variance = 0.0;
  for (unsigned c = 1; c <= q; ++c) {
    double weight = 1.0;  // C(q, c) q!/(q − c)! (N − q)^{(q−c)}/N^{(q)}
    for (unsigned j = 0; j < c; ++j) weight *= (q - j) / (j + 1.0) * (q - j);
    for (unsigned j = 0; j < q - c; ++j) weight *= std::max(n - q - j, 0.0) / (n - j);
    for (unsigned j = q - c; j < q; ++j) weight /= n - j;
    variance += weight * (c == 1 ? first : sum(2 * q - c) / (agree * agree) * std::pow(n / largest, c) - 1.0);
  }
  const double error = std::sqrt(variance);
  return error < 1.0 ? error : core::nan;
}

/// The same of real order q > 2, where the terms t(nᵢ) of the estimate have no finite expansion: their variance for Poisson counts n of the mixture's rates
/// (weights w) that add up to N. Of what is not seen they take no account: it is next to nothing for q > 2.
///
///   Var = Σ w Var t(n) − (Σ w Cov(t(n), n))²/N
///
/// @param term  callable std::uint64_t r ≥ 1 → double
template <class Profile, class Term>
[[nodiscard]] double power_sum_relative_error(const Profile& profile, double q, const Term& term) {
  const auto total = static_cast<double>(profile.total());
  const double unit = std::abs(term(profile.largest()));
  double sum = 0.0, variance = 0.0, covariance = 0.0;
  for (const math::poisson_segment& segment : math::poisson_mixture(profile.entries()))
    for (const math::poisson_atom& a : segment) {
      double mass = 0.0, first = 0.0, second = 0.0, with_count = 0.0;
      const auto add = [&](double n, double p) {  // false once the rest is negligible
        const double value = n > 0.0 ? term(static_cast<std::uint64_t>(n)) / unit : 0.0;
        mass += p;
        first += p * value;
        second += p * value * value;
        with_count += p * value * (n - a.rate);
        return p > 1e-17 * mass || p * value * value > 1e-17 * second;
      };
      const double mode = std::floor(a.rate);
      double p = 1.0;
      for (double n = mode; add(n, p); n += 1.0) p *= a.rate / (n + 1.0);
      p = 1.0;
      for (double n = mode; n > 0.0; n -= 1.0) {
        p *= n / a.rate;
        if (!add(n - 1.0, p)) break;
      }
      first /= mass;
      sum += a.weight * (std::pow(a.rate / total, q) / unit);
      variance += a.weight * (second / mass - first * first);
      covariance += a.weight * (with_count / mass);
    }
  const double error = std::sqrt(variance - covariance * (covariance / total)) / sum;
  return error < 1.0 ? error : core::nan;
}

}  // namespace tailwatch::diversity::detail
