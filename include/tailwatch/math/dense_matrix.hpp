// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "tailwatch/config.hpp"

/// What the covariance estimators need of linear algebra, row-major and in double precision.
///
///   add_product            C += A·B
///   pivoted_cholesky       S = UᵀU for a positive semidefinite S, singular or not
///   symmetric_eigenvalues  all eigenvalues, ascending
namespace tailwatch::math {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// C += A·B with A [m × k], B [k × n], C [m × n]; C overlaps neither.
/// @complexity  2 m n k operations; blocks of B stay in the second-level cache
inline void add_product(const double* a, const double* b, double* c, std::size_t m, std::size_t k,
                        std::size_t n) noexcept {
  constexpr std::size_t inner = 64, columns = 256;
  for (std::size_t j0 = 0; j0 < n; j0 += columns) {
    const std::size_t width = std::min(columns, n - j0);
    for (std::size_t k0 = 0; k0 < k; k0 += inner) {
      const std::size_t k1 = std::min(k, k0 + inner);
      for (std::size_t i = 0; i < m; ++i) {
        double row[columns];  // local: no other pointer reaches it, so the loops below become vector code
        double* out = c + i * n + j0;
        std::copy(out, out + width, row);
        const double* factor = a + i * k;
        std::size_t l = k0;
        for (; l + 4 <= k1; l += 4) {
          const double f0 = factor[l], f1 = factor[l + 1], f2 = factor[l + 2], f3 = factor[l + 3];
          const double* r = b + l * n + j0;
          for (std::size_t j = 0; j < width; ++j)
            row[j] += (f0 * r[j] + f1 * r[n + j]) + (f2 * r[2 * n + j] + f3 * r[3 * n + j]);
        }
        for (; l < k1; ++l)
          for (std::size_t j = 0; j < width; ++j) row[j] += factor[l] * b[l * n + j0 + j];
        std::copy(row, row + width, out);
      }
    }
  }
}

[[nodiscard]] inline std::vector<double> transposed(std::span<const double> a, std::size_t rows, std::size_t columns) {
  std::vector<double> t(a.size());
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) t[j * rows + i] = a[i * columns + j];
  return t;
}

/// S = UᵀU, U [rank × d].
struct cholesky_factor {
  std::vector<double> rows;            ///< U, row-major, columns in the order of S
  std::vector<std::size_t> order;      ///< pivot of each row: U[k, order[l]] = 0 for l < k
  bool positive_semidefinite = false;  ///< what is left after the last pivot is rounding
  std::size_t dimension = 0;

  [[nodiscard]] std::size_t rank() const noexcept { return order.size(); }
};

/// Cholesky factorisation with diagonal pivoting of S scaled to unit diagonal, so that a coordinate in other units is not
/// taken for rounding. Stops where the largest remaining diagonal is at most d·2⁻⁵² of a coordinate's own variance.
/// @param s     [d × d], symmetric, finite; the upper triangle alone is read
/// @complexity  O(d² rank)
/// @see         N. J. Higham (1990), in Reliable Numerical Computation, 161–185
[[nodiscard]] inline cholesky_factor pivoted_cholesky(std::span<const double> s, std::size_t d) {
  cholesky_factor f;
  f.dimension = d;
  std::vector<double> left(s.begin(), s.end());  // Schur complement of the unit-diagonal matrix, full storage
  std::vector<double> scale(d);
  bool valid = true;
  for (std::size_t i = 0; i < d; ++i) {
    valid = valid && s[i * d + i] >= 0.0;
    scale[i] = s[i * d + i] > 0.0 ? std::sqrt(s[i * d + i]) : 0.0;
  }
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = i; j < d; ++j) {
      const double x = s[i * d + j];
      if (scale[i] == 0.0 || scale[j] == 0.0) valid = valid && (x == 0.0 || i == j);
      left[i * d + j] = left[j * d + i] = scale[i] > 0.0 && scale[j] > 0.0 ? x / scale[i] / scale[j] : 0.0;
    }
  const double noise = static_cast<double>(d) * 0x1p-52;
  std::vector<bool> used(d, false);
  std::vector<double> pivots(d);
  for (std::size_t i = 0; i < d; ++i) pivots[i] = left[i * d + i];
  // Blocks of pivots: within a block only the diagonal and the rows that become pivots are brought up to date, the rest of
  // the matrix once at its end by a product.
  constexpr std::size_t block = 64;
  std::vector<double> factors;
  bool done = false;
  for (std::size_t first = 0; first < d && !done; first += block) {
    for (std::size_t k = first; k < std::min(d, first + block); ++k) {
      std::size_t pivot = d;
      for (std::size_t i = 0; i < d; ++i)
        if (!used[i] && (pivot == d || pivots[i] > pivots[pivot])) pivot = i;
      done = !(pivots[pivot] > noise);
      if (done) break;
      used[pivot] = true;
      f.order.push_back(pivot);
      f.rows.resize(f.rows.size() + d, 0.0);
      double* u = f.rows.data() + k * d;
      std::copy_n(left.data() + pivot * d, d, u);
      for (std::size_t l = first; l < k; ++l) {
        const double* earlier = f.rows.data() + l * d;
        const double factor = earlier[pivot];
        for (std::size_t j = 0; j < d; ++j) u[j] -= factor * earlier[j];
      }
      const double root = std::sqrt(pivots[pivot]);
      for (std::size_t j = 0; j < d; ++j) {
        u[j] = used[j] ? 0.0 : u[j] / root;
        pivots[j] -= u[j] * u[j];
      }
      u[pivot] = root;
    }
    const std::size_t rows = f.rank() - first;
    factors.assign(d * rows, 0.0);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t k = 0; k < rows && !used[i]; ++k) factors[i * rows + k] = 0.0 - f.rows[(first + k) * d + i];
    add_product(factors.data(), f.rows.data() + first * d, left.data(), d, rows, d);
  }
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      if (!used[i] && !used[j]) valid = valid && std::abs(left[i * d + j]) <= 1e3 * noise;
  f.positive_semidefinite = valid;
  for (std::size_t k = 0; k < f.rank(); ++k)
    for (std::size_t j = 0; j < d; ++j) f.rows[k * d + j] *= scale[j];
  return f;
}

namespace kernel_detail {

/// Σ x y in eight interleaved sums.
[[nodiscard]] inline double dot(const double* x, const double* y, std::size_t n) noexcept {
  double part[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t l = 0; l < 8; ++l) part[l] += x[i + l] * y[i + l];
  double sum = ((part[0] + part[4]) + (part[1] + part[5])) + ((part[2] + part[6]) + (part[3] + part[7]));
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

/// Householder reduction of the leading lower triangle to tridiagonal form, from the last row up; `a` is overwritten.
inline void tridiagonalise(std::vector<double>& a, std::size_t d, std::vector<double>& diagonal,
                           std::vector<double>& below) {
  std::vector<double> p(d);
  diagonal.assign(d, 0.0);
  below.assign(d, 0.0);
  for (std::size_t m = d; m-- > 0;) {
    diagonal[m] = a[m * d + m];
    if (m == 0) break;
    double* v = a.data() + m * d;  // row m left of the diagonal: maps to (0, …, 0, below[m])
    double largest = 0.0;
    for (std::size_t i = 0; i < m; ++i) largest = std::max(largest, std::abs(v[i]));
    double rest = 0.0;
    for (std::size_t i = 0; i + 1 < m; ++i) rest = std::max(rest, std::abs(v[i]));
    if (rest == 0.0) {
      below[m] = v[m - 1];
      continue;
    }
    for (std::size_t i = 0; i < m; ++i) v[i] /= largest;
    const double norm = std::sqrt(dot(v, v, m));
    const double last = v[m - 1];
    const double target = last > 0.0 ? -norm : norm;
    below[m] = largest * target;
    v[m - 1] = last - target;
    const double h = norm * (norm + std::abs(last));  // ‖v‖²/2
    // p = A v/h over the lower triangle, then A −= v wᵀ + w vᵀ with w = p − (pᵀv/2h) v.
    std::fill(p.begin(), p.begin() + static_cast<std::ptrdiff_t>(m), 0.0);
    for (std::size_t i = 0; i < m; ++i) {
      const double* row = a.data() + i * d;
      const double factor = v[i];
      for (std::size_t j = 0; j < i; ++j) p[j] += factor * row[j];
      p[i] += dot(row, v, i) + row[i] * factor;
    }
    for (std::size_t i = 0; i < m; ++i) p[i] /= h;
    const double half = dot(p.data(), v, m) / (2.0 * h);
    for (std::size_t i = 0; i < m; ++i) p[i] -= half * v[i];
    for (std::size_t i = 0; i < m; ++i) {
      double* row = a.data() + i * d;
      const double vi = v[i], wi = p[i];
      for (std::size_t j = 0; j <= i; ++j) row[j] -= vi * p[j] + wi * v[j];
    }
  }
}

}  // namespace kernel_detail

/// Eigenvalues of a symmetric matrix, ascending: Householder tridiagonal form, then implicit QL steps.
/// @param s     [d × d], finite; the lower triangle alone is read
/// @return      each within about d·2⁻⁵³ of the largest magnitude; empty if QL did not converge, which is not known to occur
/// @complexity  4/3 d³ + O(d²) operations, memory 8 d² bytes
/// @see         J. H. Wilkinson, C. Reinsch (1971), Handbook for Automatic Computation II, II/2 and II/3
[[nodiscard]] inline std::vector<double> symmetric_eigenvalues(std::span<const double> s, std::size_t d) {
  std::vector<double> a(s.begin(), s.end()), x, e;
  if (d == 0) return x;
  kernel_detail::tridiagonalise(a, d, x, e);
  for (std::size_t i = 1; i < d; ++i) e[i - 1] = e[i];
  e[d - 1] = 0.0;
  for (std::size_t first = 0; first < d; ++first) {
    for (int steps = 0;; ++steps) {
      std::size_t m = first;
      while (m + 1 < d && std::abs(e[m]) > 0x1p-53 * (std::abs(x[m]) + std::abs(x[m + 1]))) ++m;
      if (m == first) break;
      if (steps == 100) return {};
      double g = (x[first + 1] - x[first]) / (2.0 * e[first]);
      double r = std::hypot(g, 1.0);
      g = x[m] - x[first] + e[first] / (g + (g < 0.0 ? -r : r));
      double sine = 1.0, cosine = 1.0, shift = 0.0;
      std::size_t i = m;
      while (i-- > first) {
        const double f = sine * e[i];
        const double b = cosine * e[i];
        r = std::hypot(f, g);
        e[i + 1] = r;
        if (r == 0.0) {  // the block falls apart here
          x[i + 1] -= shift;
          e[m] = 0.0;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = x[i + 1] - shift;
        const double t = (x[i] - g) * sine + 2.0 * cosine * b;
        shift = sine * t;
        x[i + 1] = g + shift;
        g = cosine * t - b;
      }
      if (r == 0.0 && i + 1 > first) continue;
      x[first] -= shift;
      e[first] = g;
      e[m] = 0.0;
    }
  }
  std::sort(x.begin(), x.end());
  return x;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::math
