// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "tailwatch/config.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/simd/xlogx.hpp"

/// What one cell adds to a divergence, its partial derivatives, and its curvature (see detail::evaluate).
///
/// Every cell function is written in the form whose terms are never negative and vanish to second order at p = q, so that
/// nothing cancels between cells and near-equal distributions keep their digits: −Σ p ln(q/p) has none left at a relative
/// gap of 1e-9. Close to p = q the functions below use their power series, further out logarithms.
namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// ln(p/q), p, q > 0, also where the quotient leaves the range of double.
[[nodiscard]] inline double log_ratio(double p, double q) noexcept {
  const double r = p / q;
  if (r > 0.5 && r < 2.0) return std::log1p((p - q) / q);
  return r > 0x1p-1000 && r < 0x1p1000 ? std::log(r) : std::log(p) - std::log(q);
}

/// (1 + t) ln(1 + t) − t for |t| ≤ 0.1: Σ_{k≥2} (−t)^k / (k (k−1)), twelve terms, remainder below 1e-15 relative.
[[nodiscard]] inline double phi_series(double t) noexcept {
  constexpr auto coefficient = [] {
    std::array<double, 14> c{};
    for (std::size_t k = 2; k < 16; ++k) c[k - 2] = 1.0 / static_cast<double>(k * (k - 1));
    return c;
  }();
  double sum = 0.0;
  for (std::size_t i = coefficient.size(); i-- > 0;) sum = coefficient[i] - t * sum;
  return t * t * sum;
}

/// Σ p ln(p/q) as Σ [p ln(p/q) − p + q].
struct kullback_leibler_cell {
  [[nodiscard]] static double value(double p, double q) noexcept {
    if (p == 0.0) return q;
    if (q == 0.0) return core::infinity;
    const double difference = p - q;
    if (std::abs(difference) <= 0.1 * q) return q * phi_series(difference / q);
    return p * log_ratio(p, q) - difference;
  }
  [[nodiscard]] static double block(const double* p, const double* q, std::size_t n) noexcept {
    return simd::divergence(p, q, n);
  }
  template <class Real>
  [[nodiscard]] static double arrays(const Real* p, double n, const Real* q, double m, std::size_t size) noexcept {
    return simd::divergence(p, n, q, m, size);
  }
  [[nodiscard]] static double derivative_p(double p, double q) noexcept { return log_ratio(p, q); }
  [[nodiscard]] static double derivative_q(double p, double q) noexcept { return -(p - q) / q; }
  [[nodiscard]] static double curvature(double p, double q, double per_n, double per_m) noexcept {
    return per_n + (p == 0.0 ? 0.0 : p / q) * per_m;
  }
};

/// The same with the arguments exchanged.
struct reverse_kullback_leibler_cell {
  [[nodiscard]] static double value(double p, double q) noexcept { return kullback_leibler_cell::value(q, p); }
  [[nodiscard]] static double block(const double* p, const double* q, std::size_t n) noexcept {
    return simd::divergence(q, p, n);
  }
  template <class Real>
  [[nodiscard]] static double arrays(const Real* p, double n, const Real* q, double m, std::size_t size) noexcept {
    return simd::divergence(q, m, p, n, size);
  }
  [[nodiscard]] static double derivative_p(double p, double q) noexcept {
    return kullback_leibler_cell::derivative_q(q, p);
  }
  [[nodiscard]] static double derivative_q(double p, double q) noexcept {
    return kullback_leibler_cell::derivative_p(q, p);
  }
  [[nodiscard]] static double curvature(double p, double q, double per_n, double per_m) noexcept {
    return kullback_leibler_cell::curvature(q, p, per_m, per_n);
  }
};

/// Σ (p − q) ln(p/q).
struct jeffreys_cell {
  [[nodiscard]] static double value(double p, double q) noexcept {
    if (p == q) return 0.0;
    if (p == 0.0 || q == 0.0) return core::infinity;
    return (p - q) * log_ratio(p, q);
  }
  [[nodiscard]] static double derivative_p(double p, double q) noexcept { return log_ratio(p, q) + (p - q) / p; }
  [[nodiscard]] static double derivative_q(double p, double q) noexcept { return -log_ratio(p, q) - (p - q) / q; }
  [[nodiscard]] static double curvature(double p, double q, double per_n, double per_m) noexcept {
    return (1.0 + q / p) * per_n + (1.0 + p / q) * per_m;
  }
};

/// ½[(1 + t) ln(1 + t) + (1 − t) ln(1 − t)], |t| ≤ 1: even, from 0 to ln 2.
[[nodiscard]] inline double jensen_shannon_psi(double t) noexcept {
  constexpr double ln2 = 0.69314718055994530942;
  const double s = t * t;
  if (s >= 1.0) return ln2;
  if (s <= 0.04) {  // Σ_{k≥1} t^{2k} / (2k (2k−1)), next term below 1e-16 relative
    constexpr auto coefficient = [] {
      std::array<double, 11> c{};
      for (std::size_t k = 1; k < 12; ++k) c[k - 1] = 1.0 / static_cast<double>(2 * k * (2 * k - 1));
      return c;
    }();
    double sum = 0.0;
    for (std::size_t i = coefficient.size(); i-- > 0;) sum = coefficient[i] + s * sum;
    return s * sum;
  }
  return 0.5 * ((1.0 + t) * std::log1p(t) + (1.0 - t) * std::log1p(-t));
}

/// Mean of the Kullback–Leibler divergences to the midpoint: Σ ½(p + q) ψ((p − q)/(p + q)).
struct jensen_shannon_cell {
  [[nodiscard]] static double value(double p, double q) noexcept {
    const double sum = p + q;
    return 0.5 * sum * jensen_shannon_psi((p - q) / sum);
  }
  [[nodiscard]] static double block(const double* p, const double* q, std::size_t n) noexcept {
    return simd::jensen_divergence(p, q, n);
  }
  // Many cells in single precision give 1e-6 of a value above 1e-3 or better (2e-8 measured at 10⁶); below, where what p and
  // q share cancels, and for few cells double has all of it.
  template <class Real>
  [[nodiscard]] static double arrays(const Real* p, double n, const Real* q, double m, std::size_t size) noexcept {
    if constexpr (sizeof(Real) == 4) {
      if (size >= 16384) {
        const double value = simd::jensen_divergence<simd::default_arch, float>(p, n, q, m, size);
        if (value > 1e-3) return std::min(value, 0.69314718055994530942);
      }
    }
    return simd::jensen_divergence(p, n, q, m, size);
  }
  // ∂/∂p = ½ ln(2p/(p + q)); near 1 the logarithm would round off what matters, far below it log1p would reach −∞
  [[nodiscard]] static double derivative_p(double p, double q) noexcept {
    const double t = (p - q) / (p + q);
    return 0.5 * (t > -0.5 ? std::log1p(t) : std::log(2.0 * (p / (p + q))));
  }
  [[nodiscard]] static double derivative_q(double p, double q) noexcept { return derivative_p(q, p); }
  [[nodiscard]] static double curvature(double p, double q, double per_n, double per_m) noexcept {
    return 0.5 * (q * per_n + p * per_m) / (p + q);
  }
};

/// ½ Σ |p − q|.
struct total_variation_cell {
  [[nodiscard]] static double value(double p, double q) noexcept { return 0.5 * std::abs(p - q); }
  [[nodiscard]] static double derivative_p(double p, double q) noexcept { return p > q ? 0.5 : p < q ? -0.5 : 0.0; }
  [[nodiscard]] static double derivative_q(double p, double q) noexcept { return derivative_p(q, p); }
};

/// ½ Σ (√p − √q)², the difference of roots taken as (p − q)/(√p + √q).
struct squared_hellinger_cell {
  [[nodiscard]] static double value(double p, double q) noexcept {
    const double d = (p - q) / (std::sqrt(p) + std::sqrt(q));
    return 0.5 * d * d;
  }
  [[nodiscard]] static double derivative_p(double p, double q) noexcept {
    const double root = std::sqrt(p);
    return 0.5 * (p - q) / ((root + std::sqrt(q)) * root);
  }
  [[nodiscard]] static double derivative_q(double p, double q) noexcept { return derivative_p(q, p); }
  [[nodiscard]] static double curvature(double p, double q, double per_n, double per_m) noexcept {
    // φ″ = r^{−3/2}/4: the cell of p = 0 or q = 0 has no finite second derivative and adds nothing
    if (p == 0.0 || q == 0.0) return 0.0;
    const double root = std::sqrt(q / p);
    return 0.25 * (root * per_n + per_m / root);
  }
};

/// Σ (p − q)²/q.
struct chi_squared_cell {
  [[nodiscard]] static double value(double p, double q) noexcept {
    if (q == 0.0) return p == 0.0 ? 0.0 : core::infinity;
    const double d = p - q;
    return d * (d / q);
  }
  [[nodiscard]] static double derivative_p(double p, double q) noexcept { return 2.0 * (p - q) / q; }
  [[nodiscard]] static double derivative_q(double p, double q) noexcept {
    const double t = (p - q) / q;
    return -t * (2.0 + t);
  }
  [[nodiscard]] static double curvature(double p, double q, double per_n, double per_m) noexcept {
    const double r = p == 0.0 ? 0.0 : p / q;
    return 2.0 * r * (per_n + r * per_m);
  }
};

/// Cichocki–Amari alpha divergence, order ∉ {0, 1}: Σ [p^a q^{1−a} − a p − (1 − a) q] / (a (a − 1)).
struct alpha_cell {
  double order;

  [[nodiscard]] double value(double p, double q) const noexcept {
    const double a = order;
    if (p == 0.0) return a < 0.0 ? (q == 0.0 ? 0.0 : core::infinity) : q / a;
    if (q == 0.0) return a > 1.0 ? core::infinity : p / (1.0 - a);
    const double difference = p - q;
    if (std::abs(difference) <= 0.01 * q && std::abs(a) <= 10.0) {
      // ((1 + t)^a − 1 − a t)/(a (a − 1)) = t²/2 · [1 + (a−2)/3 t [1 + (a−3)/4 t [...]]]: the binomial series
      const double t = difference / q;
      double sum = 1.0;
      for (int k = 12; k >= 3; --k) sum = 1.0 + (a - (k - 1)) / k * t * sum;
      return 0.5 * q * t * t * sum;
    }
    const double log = log_ratio(p, q);
    if (a > 0.5) return (p * std::expm1((a - 1.0) * log) / (a - 1.0) - difference) / a;
    return (q * std::expm1(a * log) / a - difference) / (a - 1.0);
  }
  [[nodiscard]] double derivative_p(double p, double q) const noexcept {
    return std::expm1((order - 1.0) * log_ratio(p, q)) / (order - 1.0);
  }
  [[nodiscard]] double derivative_q(double p, double q) const noexcept {
    if (p == 0.0) return order > 0.0 ? 1.0 / order : core::infinity;
    return -std::expm1(order * log_ratio(p, q)) / order;
  }
  [[nodiscard]] double curvature(double p, double q, double per_n, double per_m) const noexcept {
    if (p == 0.0 || q == 0.0) return 0.0;
    const double log = log_ratio(p, q);
    return std::exp((order - 1.0) * log) * per_n + std::exp(order * log) * per_m;
  }
};

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
