// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/entropic_transport.hpp"
#include "tailwatch/drift/detail/points.hpp"

namespace tailwatch::drift {

/// Two numbers go by the name of Sinkhorn divergence.
enum class sinkhorn_form {
  dual,            ///< OT_ε = ⟨P, C⟩ + ε KL(P‖a⊗b): the debiased one is ≥ 0 and 0 for equal sets alone
  transport_cost,  ///< ⟨P, C⟩ of the same plans
};

struct sinkhorn_options {
  double epsilon = 1.0;  ///< smoothing, units of the cost (squared data): small is sharp and slow
  sinkhorn_form form = sinkhorn_form::dual;
  double tolerance = 1e-11;  ///< of the plan's marginals, sum of absolute errors
  std::size_t max_iterations = 10'000;
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {
inline void check_sinkhorn(std::string_view function, const sinkhorn_options& options) {
  core::check_positive(function, "epsilon", options.epsilon);
  core::check_positive(function, "tolerance", options.tolerance);
  core::check_at_least<std::size_t>(function, "max_iterations", options.max_iterations, 1);
}
[[nodiscard]] inline double value_of(const transport_solution& s, sinkhorn_form form) noexcept {
  if (!s.converged) return core::nan;
  return form == sinkhorn_form::dual ? s.dual : s.transport_cost;
}
}  // namespace detail

/// Entropic optimal transport between two point sets with equal weights.
///
///   min_P ⟨P, C⟩ + ε KL(P‖a⊗b),  Cᵢⱼ = |xᵢ − yⱼ|² (no ½),  P with marginals a and b
///
/// Not 0 for x = y: see sinkhorn_divergence.
///
/// @param x, y     rows(x, n, d), or samples on the real line
/// @param executor last argument, who runs the parts of about 2¹⁷ costs of every round (core/executor.hpp): the same bits for any
///                 number of threads
/// @return         units of squared data; NaN for an empty side, points that are not finite, ε below 2⁻³⁰ of the largest
///                 cost, and where max_iterations did not reach the tolerance; standard error not known: NaN
/// @complexity     O(n m) a round, O(largest cost/ε) rounds and more; memory 16 n m bytes
/// @bias           upwards by the entropy term, 0 as ε → 0
/// @throws         std::invalid_argument for ε ≤ 0, tolerance ≤ 0, max_iterations = 0, points of different dimensions
/// @see            M. Cuturi (2013), NeurIPS 26, 2292–2300; B. Schmitzer (2019), SIAM Journal on Scientific Computing 41,
///                 A1443–A1481, for the logarithms
/// @example        examples/drift/points.cpp
struct sinkhorn_cost_fn {
  static constexpr std::string_view name = "drift.sinkhorn_cost";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Cuturi (2013)";

  template <detail::point_source X, detail::point_source Y, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const sinkhorn_options& options = {},
                                    const Executor& executor = {}) const {
    constexpr std::string_view function = "drift::sinkhorn_cost";
    detail::check_sinkhorn(function, options);
    const detail::panel_pair points(x, y, function);
    estimate result{core::nan, core::nan, points.count()};
    if (!points.defined()) return result;
    const detail::cost_matrix cost(points.x, points.y, executor), transposed(points.y, points.x, executor);
    result.value = detail::value_of(
        detail::solve(cost, transposed, options.epsilon, {options.tolerance, options.max_iterations}, executor),
        options.form);
    return result;
  }
};
inline constexpr sinkhorn_cost_fn sinkhorn_cost{};

/// Sinkhorn divergence: entropic transport without its bias.
///
///   V(x, y) − (V(x, x) + V(y, y))/2,  V = OT_ε (form dual) or ⟨P, C⟩ (form transport_cost)
///
/// Between the squared 2-Wasserstein distance (ε → 0) and the squared distance of the means (ε → ∞), and much less troubled
/// by dimension than the former. The two forms differ by a tenth on ordinary data: say which.
///
/// @param x, y     rows(x, n, d), or samples on the real line
/// @param executor as for sinkhorn_cost
/// @return         units of squared data, not clamped at 0; NaN as for sinkhorn_cost; standard error not known: NaN
/// @complexity     O((n + m)²) a round; memory 16 n m + 8 max(n, m)² bytes
/// @bias           upwards by what the points differ by chance, of order 1/n for ε of the order of the cost
/// @throws         as sinkhorn_cost
/// @see            J. Feydy et al. (2019), AISTATS 22, 2681–2690; A. Genevay, G. Peyré, M. Cuturi (2018), AISTATS 21,
///                 1608–1617, for the form transport_cost
/// @example        examples/drift/points.cpp
struct sinkhorn_divergence_fn {
  static constexpr std::string_view name = "drift.sinkhorn_divergence";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Feydy et al. (2019)";

  template <detail::point_source X, detail::point_source Y, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const sinkhorn_options& options = {},
                                    const Executor& executor = {}) const {
    constexpr std::string_view function = "drift::sinkhorn_divergence";
    detail::check_sinkhorn(function, options);
    const detail::panel_pair points(x, y, function);
    estimate result{core::nan, core::nan, points.count()};
    if (!points.defined()) return result;
    const detail::transport_stopping stop{options.tolerance, options.max_iterations};
    const auto own = [&](const neighbours::point_panels& side) {
      return detail::value_of(detail::solve(detail::cost_matrix(side, side, executor), options.epsilon, stop, executor),
                              options.form);
    };
    const double x_to_x = own(points.x);
    const double y_to_y = own(points.y);
    const detail::cost_matrix cost(points.x, points.y, executor), transposed(points.y, points.x, executor);
    const double x_to_y =
        detail::value_of(detail::solve(cost, transposed, options.epsilon, stop, executor), options.form);
    result.value = x_to_y - 0.5 * (x_to_x + y_to_y);
    return result;
  }
};
inline constexpr sinkhorn_divergence_fn sinkhorn_divergence{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
