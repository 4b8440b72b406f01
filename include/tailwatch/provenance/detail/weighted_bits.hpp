// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/log_tail.hpp"

/// ln P(Σ_l c_l X_l ≥ Σ_l c_l k_l), X_l ~ Binomial(n, ½) independent, over the whole tail.
namespace tailwatch::provenance::detail {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Weights as whole multiples of a common unit, without common divisor: {10, 5.5, 1} → {20, 11, 2}. Empty where none are found: the
/// smallest weight is tried as 1 to 4096 units, the weights as they are if they are whole, both to a relative 1e-12.
[[nodiscard]] inline std::vector<std::uint64_t> whole_weights(std::span<const double> weights) {
  double least = core::infinity, largest = 0.0;
  for (const double w : weights) {
    least = std::min(least, w);
    largest = std::max(largest, w);
  }
  const auto fits = [&](double unit) {
    return std::all_of(weights.begin(), weights.end(), [&](double w) {
      const double x = w / unit;
      return std::abs(x - std::round(x)) <= 1e-12 * x;
    });
  };
  std::vector<std::uint64_t> whole;
  double unit = 1.0;
  bool found = fits(unit);
  for (int parts = 1; !found && parts <= 4096; ++parts) found = fits(unit = least / parts);
  if (!found || largest / unit > 0x1p30) return whole;
  std::uint64_t divisor = 0;
  for (const double w : weights) {
    whole.push_back(static_cast<std::uint64_t>(std::llround(w / unit)));
    divisor = std::gcd(divisor, whole.back());
  }
  for (std::uint64_t& w : whole) w /= divisor;
  return whole;
}

/// The law of Σ c_l X_l tilted by e^{s·}: X_l ~ Binomial(n, p_l), p_l = 1/(1 + e^{−c_l s}).
struct tilted_bits {
  std::span<const double> c;
  double n;
  double s = 0.0;

  [[nodiscard]] double mean(double at) const {
    double sum = 0.0;
    for (const double w : c) sum += n * w / (1.0 + std::exp(-w * at));
    return sum;
  }
  [[nodiscard]] double variance(double at) const {
    double sum = 0.0;
    for (const double w : c) {
      const double e = std::exp(-std::abs(w * at));
      sum += n * w * w * e / ((1.0 + e) * (1.0 + e));
    }
    return sum;
  }
  /// K(s) − s x with K(s) = n Σ ln((1 + e^{cs})/2).
  [[nodiscard]] double log_factor(double at, double x) const {
    double sum = -at * x;
    for (const double w : c) {
      const double a = w * at;
      sum += n * ((a > 0.0 ? a : 0.0) + std::log1p(std::exp(-std::abs(a))) - 0.69314718055994530942);
    }
    return sum;
  }
  /// s with mean(s) = x: Newton's method inside a bracket.
  void tilt_to(double x) {
    const double scale = *std::max_element(c.begin(), c.end()), least = *std::min_element(c.begin(), c.end());
    double low = -700.0 / scale, high = 700.0 / least;
    s = std::clamp((x - mean(0.0)) / variance(0.0), low, high);
    for (int step = 0; step < 200; ++step) {
      const double miss = mean(s) - x;
      (miss > 0.0 ? high : low) = s;
      const double k2 = variance(s);
      double next = k2 > 0.0 ? s - miss / k2 : 0.5 * (low + high);
      if (!(next > low && next < high)) next = 0.5 * (low + high);
      const bool settled = std::abs(next - s) <= 1e-13 * (std::abs(s) + 1e-3 / scale);
      s = next;
      if (settled) break;
    }
  }
};

/// ln P(S ≥ x) for whole weights without common divisor, mean < x < largest sum, by inversion of the generating function:
///
///   P(S ≥ x) = e^{K(s) − sx} (1/N) Σ_{k<N} φ_s(θ_k) e^{−iθ_k x}/(1 − e^{−s−iθ_k})        θ_k = 2πk/N
///
/// φ_s the characteristic function of the tilted law, s > 0. On a lattice the trapezoid rule is exact but for aliases, which N =
/// 10σ + 40/s puts below 1e-15: no approximation is left, only rounding. s is the saddle point, or 3/σ₀ where that is smaller, so
/// that the pole stays away. Beyond |θ| = 10/σ the terms vanish where there are many bits of many weights: |φ| ≤ e^{−F/4} with F(θ) =
/// Σ 4np(1 − p)(1 − cos cθ). F rises up to π/c_max, and past that it is computed on a grid as fine as it can move; unless
/// F ≥ 180 all over, the sum goes all the way round.
[[nodiscard]] inline double log_lattice_tail(std::span<const std::uint64_t> whole, std::uint64_t tokens,
                                             std::uint64_t x) {
  constexpr double pi = 3.14159265358979323846;
  std::vector<double> c(whole.begin(), whole.end());
  const auto n = static_cast<double>(tokens);
  tilted_bits law{c, n};
  law.tilt_to(static_cast<double>(x));
  law.s = std::max(law.s, 3.0 / std::sqrt(law.variance(0.0)));
  const double s = law.s, sigma = std::sqrt(law.variance(s));
  const double wanted = std::ceil(10.0 * sigma + 40.0 / s) + 2.0;
  constexpr double most = 0x1p22;
  std::vector<double> p(c.size()), four_pq(c.size());
  for (std::size_t l = 0; l < c.size(); ++l) {
    const double e = std::exp(-c[l] * s);
    p[l] = 1.0 / (1.0 + e);
    four_pq[l] = 4.0 * e / ((1.0 + e) * (1.0 + e));
  }
  const double c_max = *std::max_element(c.begin(), c.end());
  const auto negligible_outside = [&] {
    if (10.0 * c_max > sigma) return false;  // else 1 − cos ≥ .46(cθ)² up to 10/σ, and F ≥ 184 there
    const auto points = static_cast<std::size_t>(std::ceil(6.0 * c_max));
    const double step = pi / static_cast<double>(points);
    std::vector<double> f(points + 1, 0.0);
    double bend = 0.0;  // Σ 4np(1 − p)c² ≥ |F″|
    for (std::size_t l = 0; l < c.size(); ++l) {
      const double size = n * four_pq[l], turn_cos = std::cos(c[l] * step), turn_sin = std::sin(c[l] * step);
      bend += size * c[l] * c[l];
      double cosine = 1.0, sine = 0.0;
      for (std::size_t j = 0; j <= points; ++j) {
        f[j] += size * (1.0 - cosine);
        const double next = cosine * turn_cos - sine * turn_sin;
        sine = sine * turn_cos + cosine * turn_sin;
        cosine = next;
      }
    }
    const double slack = 0.125 * step * step * bend;
    return *std::min_element(f.begin() + 6, f.end()) - slack >= 180.0;
  };
  const bool few = wanted > 4096.0 && c_max * static_cast<double>(c.size()) < 1e5 && negligible_outside();
  if (!few && wanted > most) return core::nan;
  const auto nodes = static_cast<std::uint64_t>(std::min(wanted, 0x1p52));
  const double unit = 2.0 * pi / static_cast<double>(nodes);
  const std::uint64_t last = few ? std::min(nodes / 2, static_cast<std::uint64_t>(10.0 / sigma / unit) + 1) : nodes / 2;
  const double smallest = std::exp(-90.0 / n);  // |φ|² > e^−90, as a mean over tokens
  double sum = 0.0;
  std::vector<double> sines(c.size());
  for (std::uint64_t k = 0; k <= last; ++k) {
    const auto half_angle = [&](std::size_t l) {  // c θ/2 modulo π, exactly
      return 0.5 * unit * static_cast<double>(k * (whole[l] % nodes) % nodes);
    };
    double square = 1.0;  // |φ|^(2/n)
    for (std::size_t l = 0; l < c.size() && square > smallest; ++l) {
      sines[l] = std::sin(half_angle(l));
      square *= 1.0 - four_pq[l] * sines[l] * sines[l];
    }
    if (!(square > smallest)) continue;
    double log_size = 0.0, phase = 0.0;
    for (std::size_t l = 0; l < c.size(); ++l) {
      const double sine = sines[l];
      log_size += 0.5 * n * std::log1p(-four_pq[l] * sine * sine);
      phase += n * std::atan2(2.0 * p[l] * sine * std::cos(half_angle(l)), 1.0 - 2.0 * p[l] * sine * sine);
    }
    phase -= unit * static_cast<double>(k * (x % nodes) % nodes);
    // 1 − e^{−s−iθ}
    const double theta = unit * static_cast<double>(k), e = std::exp(-s);
    const double sine = std::sin(0.5 * theta);
    const double real = -std::expm1(-s) + 2.0 * e * sine * sine, imaginary = e * std::sin(theta);
    const double term = std::exp(log_size) * (real * std::cos(phase) + imaginary * std::sin(phase)) /
                        (real * real + imaginary * imaginary);
    sum += k == 0 || 2 * k == nodes ? term : 2.0 * term;
  }
  return law.log_factor(s, static_cast<double>(x)) + std::log(sum / static_cast<double>(nodes));
}

/// ln P(Σ c_l Y_l ≤ room), Y_l ~ Binomial(n, ½), by listing what lies inside; NaN where that is more than `budget` visits.
/// Sums within 1e-12 of the total are ties.
class enumerated_bits {
 public:
  enumerated_bits(std::vector<double> c, std::uint64_t tokens, std::uint64_t budget)
      : c_(std::move(c)), n_(tokens), left_(budget) {
    std::sort(c_.begin(), c_.end(), std::greater<>{});
    double sum = 0.0;
    for (std::uint64_t k = 0; k <= std::min(n_, budget); ++k) {
      mass_.push_back(math::tail_detail::log_binomial_mass(static_cast<double>(k), static_cast<double>(n_), 0.5));
      below_.push_back(sum = k == 0 ? mass_[0] : log_add(sum, mass_[k]));
    }
  }
  [[nodiscard]] double operator()(double room) {
    sum_ = -core::infinity;
    return visit(0, room, 0.0) ? sum_ : core::nan;
  }

 private:
  [[nodiscard]] static double log_add(double a, double b) noexcept {
    if (a < b) std::swap(a, b);
    return core::is_finite(b) ? a + std::log1p(std::exp(b - a)) : a;
  }
  [[nodiscard]] bool visit(std::size_t layer, double room, double log_mass) {
    if (left_ == 0) return false;
    --left_;
    const double most = std::min(std::floor(room / c_[layer]), static_cast<double>(n_));
    if (most < 0.0) return true;
    const auto k_most = static_cast<std::uint64_t>(most);
    if (k_most >= mass_.size()) return false;
    if (layer + 1 == c_.size()) {
      sum_ = log_add(sum_, log_mass + std::min(below_[k_most], 0.0));
      return true;
    }
    for (std::uint64_t k = 0; k <= k_most; ++k)
      if (!visit(layer + 1, room - c_[layer] * static_cast<double>(k), log_mass + mass_[k])) return false;
    return true;
  }

  std::vector<double> c_;
  std::uint64_t n_;
  std::uint64_t left_;
  std::vector<double> mass_, below_;  // ln P(Y = k), ln P(Y ≤ k)
  double sum_ = 0.0;
};

/// The same inversion for weights without a common unit, where the sums lie densely: 1/(s + iθ) instead of 1/(1 − e^{−s−iθ}), over
/// 8192 terms. Gives P(S > x) + ½P(S = x) of the law smoothed over about σ/250; what is left is how unevenly the sums lie
/// below that. Mean < x < largest sum.
[[nodiscard]] inline double log_dense_tail(std::span<const double> c, double n, double x) {
  tilted_bits law{c, n};
  law.tilt_to(x);
  law.s = std::max(law.s, 3.0 / std::sqrt(law.variance(0.0)));
  const double s = law.s, sigma = std::sqrt(law.variance(s));
  const double span = 10.0 * sigma + 40.0 / s;
  constexpr int terms = 8192;
  const double smallest = std::exp(-90.0 / n);
  std::vector<double> p, sines(c.size());
  for (const double w : c) p.push_back(1.0 / (1.0 + std::exp(-w * s)));
  double sum = 0.0;
  for (int k = 0; k < terms; ++k) {
    const double theta = 6.28318530717958647693 * k / span, taper = 6.0 * k / terms;
    double square = 1.0;
    for (std::size_t l = 0; l < c.size() && square > smallest; ++l) {
      sines[l] = std::sin(0.5 * c[l] * theta);
      square *= 1.0 - 4.0 * p[l] * (1.0 - p[l]) * sines[l] * sines[l];
    }
    if (!(square > smallest)) continue;
    double phase = -theta * x;
    for (std::size_t l = 0; l < c.size(); ++l)
      phase += n * std::atan2(p[l] * std::sin(c[l] * theta), 1.0 - 2.0 * p[l] * sines[l] * sines[l]);
    const double size = std::pow(square, 0.5 * n) * std::exp(-0.5 * taper * taper);
    const double term = size * (s * std::cos(phase) + theta * std::sin(phase)) / (s * s + theta * theta);
    sum += k == 0 ? term : 2.0 * term;
  }
  return law.log_factor(s, x) + std::log(sum / span);
}

/// @param weights  not negative, one positive at least        @param ones  k_l, each at most `tokens`, at least 1
[[nodiscard]] inline double log_weighted_bits_tail(std::span<const double> weights, std::span<const std::uint64_t> ones,
                                                   std::uint64_t tokens) {
  std::vector<double> c;
  std::vector<std::uint64_t> k;
  for (std::size_t l = 0; l < weights.size(); ++l) {
    if (!(weights[l] > 0.0)) continue;
    c.push_back(weights[l]);
    k.push_back(ones[l]);
  }
  const auto n = static_cast<double>(tokens);
  const std::vector<std::uint64_t> whole = whole_weights(c);
  if (!whole.empty() && n * static_cast<double>(whole.size()) < 0x1p30) {  // sums stay below 2⁶⁰
    std::uint64_t x = 0, largest = 0;
    for (std::size_t l = 0; l < whole.size(); ++l) {
      x += whole[l] * k[l];
      largest += whole[l] * tokens;
    }
    if (x == 0) return 0.0;
    const bool upper = 2 * x > largest;
    const std::uint64_t y = upper ? x : largest - x + 1;  // the law is symmetric: P(S ≥ x) = 1 − P(S ≥ largest − x + 1)
    double tail = core::nan;
    if (y == largest) {
      tail = -0.69314718055994530942 * n * static_cast<double>(whole.size());
    } else {
      tail = log_lattice_tail(whole, tokens, y);
    }
    if (core::is_finite(tail)) {
      tail = std::min(tail, 0.0);
      return upper ? tail : math::tail_detail::log_one_minus_exp(tail);
    }
  }
  double x = 0.0, missing = 0.0;
  for (std::size_t l = 0; l < c.size(); ++l) {
    x += c[l] * static_cast<double>(k[l]);
    missing += c[l] * static_cast<double>(tokens - k[l]);
  }
  if (x == 0.0) return 0.0;
  // sums within 1e-12 of all weights together are ties, and a tie is as far as what was seen
  const double tie = 1e-12 * (x + missing);
  const bool upper = missing < x;
  const double listed = enumerated_bits(c, tokens, std::uint64_t{1} << 18)(upper ? missing + tie : x - tie);
  if (core::is_nan(listed)) {
    // of sums equal to this one only the text's own is known, and with no common unit it is the only one
    double own = 0.0;
    for (const std::uint64_t ones_l : k)
      own += math::tail_detail::log_binomial_mass(static_cast<double>(ones_l), n, 0.5);
    const double half = 0.5 * std::exp(own);
    const double log_outer = log_dense_tail(c, n, upper ? x : missing);
    if (upper) return std::min(std::log(std::exp(log_outer) + half), 0.0);
    return math::tail_detail::log_one_minus_exp(std::min(log_outer + std::log1p(-half / std::exp(log_outer)), 0.0));
  }
  return upper ? std::min(listed, 0.0) : math::tail_detail::log_one_minus_exp(std::min(listed, 0.0));
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance::detail
