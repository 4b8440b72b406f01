// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/branchless_exp.hpp"

/// One pass of expectation–maximisation over all points, without storing responsibilities.
///
/// Points lie in panels of 256, one coordinate after the other, so that every loop below has a constant length and becomes
/// vector code. Sums of the M step are taken about the current means: nothing cancels, however far the data lie from 0.
namespace tailwatch::recursion::detail {
inline namespace TAILWATCH_ABI_NAMESPACE {

inline constexpr std::size_t panel_points = 256;
inline constexpr std::size_t panel_lanes = 8;

/// n points of d coordinates in panels; what fills the last panel has weight 0.
struct point_panels {
  std::size_t size = 0, dimension = 0;
  std::vector<double> values;   // [panels][d][256]
  std::vector<double> weights;  // [panels][256], summing to n

  /// @param weights  empty: 1 each; else [n], of any positive sum
  point_panels(std::span<const double> rows, std::size_t d, std::span<const double> point_weights) : dimension(d) {
    size = d == 0 ? 0 : rows.size() / d;
    const std::size_t panels = (size + panel_points - 1) / panel_points;
    values.assign(panels * panel_points * d, 0.0);
    weights.assign(panels * panel_points, 0.0);
    double total = 0.0;
    for (const double w : point_weights) total += w;
    const double scale = point_weights.empty() ? 1.0 : static_cast<double>(size) / total;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t p = i / panel_points, l = i % panel_points;
      for (std::size_t j = 0; j < d; ++j) values[(p * d + j) * panel_points + l] = rows[i * d + j];
      weights[i] = point_weights.empty() ? 1.0 : point_weights[i] * scale;
    }
    for (std::size_t i = size; i < panels * panel_points; ++i)  // a real point, so that its density is finite
      for (std::size_t j = 0; j < d && size > 0; ++j)
        values[((i / panel_points) * d + j) * panel_points + i % panel_points] = rows[j];
  }
  [[nodiscard]] std::size_t panels() const noexcept { return weights.size() / panel_points; }
};

/// A component as the pass needs it: ln(weight · density) = constant − ½ ‖W(x − mean)‖².
struct mixture_component {
  double weight = 0.0;
  std::vector<double> mean;        // [d]
  std::vector<double> covariance;  // [d·d]
  std::vector<double> whitening;   // W, lower triangular, WᵀW = covariance⁻¹
  double constant = 0.0;
};

/// Sets W and the constant. False where a pivot of the covariance is at most `floor` of its coordinate's scale².
inline bool prepare(mixture_component& c, std::span<const double> scale, double floor) {
  const std::size_t d = c.mean.size();
  std::vector<double> l(d * d, 0.0);
  double log_determinant = 0.0;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double x = c.covariance[i * d + j];
      for (std::size_t k = 0; k < j; ++k) x -= l[i * d + k] * l[j * d + k];
      if (i == j) {
        if (!(x > floor * scale[i]) || !core::is_finite(x)) return false;
        l[i * d + i] = std::sqrt(x);
        log_determinant += std::log(x);
      } else {
        l[i * d + j] = x / l[j * d + j];
      }
    }
  c.whitening.assign(d * d, 0.0);  // L⁻¹ by forward substitution
  for (std::size_t j = 0; j < d; ++j)
    for (std::size_t i = j; i < d; ++i) {
      double x = i == j ? 1.0 : 0.0;
      for (std::size_t k = j; k < i; ++k) x -= l[i * d + k] * c.whitening[k * d + j];
      c.whitening[i * d + j] = x / l[i * d + i];
    }
  c.constant = std::log(c.weight) - 0.5 * (log_determinant + static_cast<double>(d) * 1.8378770664093454836);  // ln 2π
  return true;
}

/// Sums of one pass, per component: Σr, Σr(x − m), Σr(x − m)(x − m)ᵀ (lower triangle by rows), r the responsibility.
struct mixture_sums {
  double log_likelihood = 0.0;
  std::vector<double> values;  // [K][1 + d + d(d+1)/2]
};

/// Number of sums of a component.
[[nodiscard]] constexpr std::size_t mixture_sum_count(std::size_t d) noexcept { return 1 + d + d * (d + 1) / 2; }

/// @tparam D   the dimension where it is small, so that the triangular loops unroll; 0: `x.dimension`
template <std::size_t D>
[[nodiscard]] mixture_sums mixture_pass(const point_panels& x, const std::vector<mixture_component>& components) {
  constexpr std::size_t b = panel_points, lanes = panel_lanes;
  const std::size_t d = D != 0 ? D : x.dimension;
  const std::size_t k = components.size();
  const std::size_t sums = mixture_sum_count(d);
  mixture_sums result;
  result.values.assign(k * sums, 0.0);
  std::vector<double> lane_sums(k * sums * lanes, 0.0);
  std::vector<double> terms(k * b);
  std::vector<double> centred(d * b);
  double largest[b];
  double total[b];
  for (std::size_t panel = 0; panel < x.panels(); ++panel) {
    const double* point = x.values.data() + panel * d * b;
    const double* weight = x.weights.data() + panel * b;
    std::fill(largest, largest + b, std::numeric_limits<double>::lowest());
    for (std::size_t c = 0; c < k; ++c) {
      double* term = terms.data() + c * b;
      const mixture_component& component = components[c];
      double square[b] = {};
      for (std::size_t i = 0; i < d; ++i) {
        double z[b] = {};
        for (std::size_t j = 0; j <= i; ++j) {
          const double w = component.whitening[i * d + j], m = component.mean[j];
          const double* in = point + j * b;
          for (std::size_t l = 0; l < b; ++l) z[l] += w * (in[l] - m);
        }
        for (std::size_t l = 0; l < b; ++l) square[l] += z[l] * z[l];
      }
      for (std::size_t l = 0; l < b; ++l) term[l] = component.constant - 0.5 * square[l];
      for (std::size_t l = 0; l < b; ++l) largest[l] = term[l] > largest[l] ? term[l] : largest[l];
    }
    std::fill(total, total + b, 0.0);
    for (std::size_t c = 0; c < k; ++c) {
      double* term = terms.data() + c * b;
      for (std::size_t l = 0; l < b; ++l) term[l] -= largest[l];
      math::branchless_exp<b>(term);
      for (std::size_t l = 0; l < b; ++l) total[l] += term[l];
    }
    // Σ w(max + ln total). With unit weights the product of 32 totals in [1, K] needs one logarithm.
    double log_sum = 0.0;
    bool unit = true;
    for (std::size_t l = 0; l < b; ++l) unit = unit && weight[l] == 1.0;
    if (unit) {
      double part[lanes], product[lanes];
      for (std::size_t l = 0; l < lanes; ++l) {
        part[l] = 0.0;
        product[l] = 1.0;
      }
      for (std::size_t i = 0; i < b; i += lanes)
        for (std::size_t l = 0; l < lanes; ++l) {
          part[l] += largest[i + l];
          product[l] *= total[i + l];
        }
      for (std::size_t l = 0; l < lanes; ++l) log_sum += part[l] + std::log(product[l]);
    } else {
      for (std::size_t l = 0; l < b; ++l)
        if (weight[l] > 0.0) log_sum += weight[l] * (largest[l] + std::log(total[l]));
    }
    result.log_likelihood += log_sum;
    for (std::size_t l = 0; l < b; ++l) total[l] = weight[l] / total[l];
    for (std::size_t c = 0; c < k; ++c) {
      double* r = terms.data() + c * b;
      for (std::size_t l = 0; l < b; ++l) r[l] *= total[l];
      for (std::size_t j = 0; j < d; ++j) {
        const double m = components[c].mean[j];
        const double* in = point + j * b;
        double* out = centred.data() + j * b;
        for (std::size_t l = 0; l < b; ++l) out[l] = in[l] - m;
      }
      double* sum = lane_sums.data() + c * sums * lanes;
      double part[lanes] = {};
      for (std::size_t i = 0; i < b; i += lanes)
        for (std::size_t l = 0; l < lanes; ++l) part[l] += r[i + l];
      for (std::size_t l = 0; l < lanes; ++l) sum[l] += part[l];
      double* second = sum + (1 + d) * lanes;
      for (std::size_t i = 0; i < d; ++i) {
        double scaled[b];
        const double* u = centred.data() + i * b;
        for (std::size_t l = 0; l < b; ++l) scaled[l] = r[l] * u[l];
        double first[lanes] = {};
        for (std::size_t p = 0; p < b; p += lanes)
          for (std::size_t l = 0; l < lanes; ++l) first[l] += scaled[p + l];
        for (std::size_t l = 0; l < lanes; ++l) sum[(1 + i) * lanes + l] += first[l];
        for (std::size_t j = 0; j <= i; ++j, second += lanes) {
          const double* v = centred.data() + j * b;
          double product[lanes] = {};
          for (std::size_t p = 0; p < b; p += lanes)
            for (std::size_t l = 0; l < lanes; ++l) product[l] += scaled[p + l] * v[p + l];
          for (std::size_t l = 0; l < lanes; ++l) second[l] += product[l];
        }
      }
    }
  }
  for (std::size_t i = 0; i < k * sums; ++i)
    for (std::size_t l = 0; l < lanes; ++l) result.values[i] += lane_sums[i * lanes + l];
  return result;
}

[[nodiscard]] inline mixture_sums mixture_pass(const point_panels& x,
                                               const std::vector<mixture_component>& components) {
  switch (x.dimension) {
    case 1: return mixture_pass<1>(x, components);
    case 2: return mixture_pass<2>(x, components);
    case 3: return mixture_pass<3>(x, components);
    default: return mixture_pass<0>(x, components);
  }
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion::detail
