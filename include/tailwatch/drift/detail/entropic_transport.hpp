// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/math/branchless_exp.hpp"
#include "tailwatch/neighbours/pairwise.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// |xᵢ − yⱼ|², rows padded to whole panels.
class cost_matrix {
 public:
  template <core::executor Executor>
  cost_matrix(const neighbours::point_panels& x, const neighbours::point_panels& y, const Executor& executor)
      : rows_(x.size()), columns_(y.size()), stride_(y.panels() * neighbours::point_panels::width) {
    values_.assign(rows_ * stride_, 0.0);
    std::vector<double> largest(parts(), 0.0);
    for_parts(executor, [&](std::size_t part, std::size_t first, std::size_t last) {
      double most = 0.0;
      neighbours::pairwise<neighbours::pair_term::squared_distance>(
          x, first, last, y, [&](std::size_t i, std::size_t j, const double* v, std::size_t begin, std::size_t end) {
            for (std::size_t l = begin; l < end; ++l) {
              values_[i * stride_ + j + l] = v[l];
              most = std::max(most, v[l]);
            }
          });
      largest[part] = most;
    });
    for (const double most : largest) largest_ = std::max(largest_, most);
  }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
  [[nodiscard]] std::size_t stride() const noexcept { return stride_; }
  [[nodiscard]] const double* row(std::size_t i) const noexcept { return values_.data() + i * stride_; }
  [[nodiscard]] double largest() const noexcept { return largest_; }

  /// Runs work(part, first, last) for parts of about 2¹⁷ costs. A row is one part's, so where the cuts are does not show.
  template <core::executor Executor, class Work>
  void for_parts(const Executor& executor, const Work& work) const {
    const std::size_t size = part_rows();
    executor(parts(), [&](std::size_t part) { work(part, part * size, std::min(rows_, (part + 1) * size)); });
  }

 private:
  [[nodiscard]] std::size_t part_rows() const noexcept {
    return std::max<std::size_t>(8, (std::size_t{1} << 17) / std::max<std::size_t>(1, stride_) / 8 * 8);
  }
  [[nodiscard]] std::size_t parts() const noexcept { return (rows_ + part_rows() - 1) / part_rows(); }

  std::size_t rows_, columns_, stride_;
  std::vector<double> values_;
  double largest_ = 0.0;
};

/// g/ε + ln(1/columns), with columns that do not exist at a weight of 0.
[[nodiscard]] inline std::vector<double> scaled_potential(const cost_matrix& cost, const std::vector<double>& g,
                                                          double epsilon) {
  std::vector<double> h(cost.stride(), -1e300);
  const double log_weight = -std::log(static_cast<double>(cost.columns()));
  for (std::size_t j = 0; j < cost.columns(); ++j) h[j] = g[j] / epsilon + log_weight;
  return h;
}

/// fᵢ = −ε ln Σⱼ bⱼ exp((gⱼ − Cᵢⱼ)/ε): the potential that makes every row of the plan sum to its weight.
template <core::executor Executor>
void soft_minimum(const cost_matrix& cost, const std::vector<double>& g, double epsilon, std::vector<double>& f,
                  const Executor& executor) {
  constexpr std::size_t w = neighbours::point_panels::width;
  const std::vector<double> h = scaled_potential(cost, g, epsilon);
  const double rate = 1.0 / epsilon;
  f.resize(cost.rows());
  const auto row = [&](std::size_t i) {
    const double* c = cost.row(i);
    double lanes[w];
    for (std::size_t l = 0; l < w; ++l) lanes[l] = -1e300;
    for (std::size_t j = 0; j < cost.stride(); j += w)
      for (std::size_t l = 0; l < w; ++l) {
        const double t = h[j + l] - rate * c[j + l];
        lanes[l] = t > lanes[l] ? t : lanes[l];
      }
    const double largest = *std::max_element(lanes, lanes + w);
    for (std::size_t l = 0; l < w; ++l) lanes[l] = 0.0;
    for (std::size_t j = 0; j < cost.stride(); j += w) {
      double terms[w];
      for (std::size_t l = 0; l < w; ++l) terms[l] = h[j + l] - rate * c[j + l] - largest;
      math::branchless_exp<w>(terms);
      for (std::size_t l = 0; l < w; ++l) lanes[l] += terms[l];
    }
    double sum = 0.0;
    for (std::size_t l = 0; l < w; ++l) sum += lanes[l];
    f[i] = -epsilon * (largest + std::log(sum));
  };
  cost.for_parts(executor, [&](std::size_t, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) row(i);
  });
}

/// What an entropic transport problem with uniform weights comes to.
struct transport_solution {
  double dual = 0.0;            ///< Σ a f + Σ b g = ⟨P, C⟩ + ε KL(P‖a⊗b)
  double transport_cost = 0.0;  ///< ⟨P, C⟩
  bool converged = false;
};

struct transport_stopping {
  double tolerance;
  std::size_t max_iterations;
};

/// Value and cost of the plan of f and g, f being the soft minimum of g: its rows are exact and its mass is 1.
template <core::executor Executor>
[[nodiscard]] transport_solution evaluate(const cost_matrix& cost, const std::vector<double>& f,
                                          const std::vector<double>& g, double epsilon, const Executor& executor) {
  constexpr std::size_t w = neighbours::point_panels::width;
  const auto n = static_cast<double>(cost.rows());
  const auto m = static_cast<double>(cost.columns());
  const std::vector<double> h = scaled_potential(cost, g, epsilon);
  const double rate = 1.0 / epsilon;
  std::vector<double> of_rows(cost.rows());
  const auto row = [&](std::size_t i) {
    const double* c = cost.row(i);
    double lanes[w] = {};
    for (std::size_t j = 0; j < cost.stride(); j += w) {
      double terms[w];
      for (std::size_t l = 0; l < w; ++l) terms[l] = (h[j + l] - rate * c[j + l]) + rate * f[i];
      math::branchless_exp<w>(terms);
      for (std::size_t l = 0; l < w; ++l) lanes[l] += c[j + l] * terms[l];
    }
    double sum = 0.0;
    for (std::size_t l = 0; l < w; ++l) sum += lanes[l];
    of_rows[i] = sum;
  };
  cost.for_parts(executor, [&](std::size_t, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) row(i);
  });
  blocked_sum plan, of_f, of_g;
  for (const double v : of_rows) plan.add(v);
  for (const double v : f) of_f.add(v);
  for (const double v : g) of_g.add(v);
  return {of_f.total() / n + of_g.total() / m, plan.total() / n, true};
}

/// Σ a |old/new − 1| of the row sums that the potentials `old` had: the marginal error of the iterate before.
[[nodiscard]] inline double marginal_error(const std::vector<double>& before, const std::vector<double>& now,
                                           double epsilon) noexcept {
  double sum = 0.0;
  for (std::size_t i = 0; i < now.size(); ++i) sum += std::abs(std::expm1((before[i] - now[i]) / epsilon));
  return sum / static_cast<double>(now.size());
}

/// Costs that exponents can hold: beyond 2³⁰ ε they have too few digits left for a plan.
[[nodiscard]] inline bool solvable(const cost_matrix& cost, double epsilon) noexcept {
  return cost.largest() <= 0x1p30 * epsilon;
}

/// The error that rounding of the exponents leaves, whatever the iterations.
[[nodiscard]] inline double reachable(double tolerance, double largest, double epsilon) noexcept {
  return std::max(tolerance, 0x1p-48 * (1.0 + largest / epsilon));
}

/// Sinkhorn's iteration on the logarithms. ε comes down from the largest cost by halves, one round each, which starts the
/// last stage near its solution.
template <core::executor Executor>
[[nodiscard]] transport_solution solve(const cost_matrix& cost, const cost_matrix& transposed, double epsilon,
                                       const transport_stopping& stop, const Executor& executor) {
  if (!solvable(cost, epsilon)) return {};
  std::vector<double> f, g(cost.columns(), 0.0), before;
  for (double e = cost.largest(); e > epsilon; e *= 0.5) {
    soft_minimum(cost, g, e, f, executor);
    soft_minimum(transposed, f, e, g, executor);
  }
  const double tolerance = reachable(stop.tolerance, cost.largest(), epsilon);
  soft_minimum(cost, g, epsilon, f, executor);
  for (std::size_t i = 0; i < stop.max_iterations; ++i) {
    soft_minimum(transposed, f, epsilon, g, executor);
    before = f;
    soft_minimum(cost, g, epsilon, f, executor);
    if (marginal_error(before, f, epsilon) <= tolerance) return evaluate(cost, f, g, epsilon, executor);
  }
  return {};
}

/// The same of a set with itself: one potential, averaged with its update, which converges in a few rounds.
template <core::executor Executor>
[[nodiscard]] transport_solution solve(const cost_matrix& cost, double epsilon, const transport_stopping& stop,
                                       const Executor& executor) {
  if (!solvable(cost, epsilon)) return {};
  std::vector<double> f(cost.rows(), 0.0), update;
  const auto step = [&](double e) {
    soft_minimum(cost, f, e, update, executor);
    for (std::size_t i = 0; i < f.size(); ++i) f[i] = 0.5 * (f[i] + update[i]);
  };
  for (double e = cost.largest(); e > epsilon; e *= 0.5) step(e);
  const double tolerance = reachable(stop.tolerance, cost.largest(), epsilon);
  for (std::size_t i = 0; i < stop.max_iterations; ++i) {
    soft_minimum(cost, f, epsilon, update, executor);
    if (marginal_error(f, update, epsilon) <= tolerance) return evaluate(cost, update, f, epsilon, executor);
    for (std::size_t j = 0; j < f.size(); ++j) f[j] = 0.5 * (f[j] + update[j]);
  }
  return {};
}

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
