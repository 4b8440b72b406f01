// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cell_sample.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/drift/kolmogorov_smirnov.hpp"
#include "tailwatch/drift/sketched_estimate.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Two-sample Kuiper statistic max(F − G) + max(G − F): as sensitive in the tails as in the middle, so a distribution that
/// narrows shows here while Kolmogorov–Smirnov sees half of it.
///
/// @param x, y     samples of any sizes, n·m < 2⁶³: floating ranges or sample(x);
///                 or, at least one of the two, log_linear_histogram or binned(counts, edges): then a sketched_estimate with
///                 rigorous bounds for what the cells hide, O(cells)
/// @return         in [0, 1], a quotient of integers; standard error not known: NaN; NaN for an empty or non-finite sample
/// @complexity     O(n log n + m log m)
/// @bias           upwards; about √(π/2) √(1/n + 1/m) at F = G, the mean of the Kuiper law
/// @see            N. H. Kuiper (1960), Proc. Koninklijke Nederlandse Akademie van Wetenschappen A 63, 38–47
/// @example        examples/drift/two_samples.cpp
struct kuiper_fn {
  static constexpr std::string_view name = "drift.kuiper";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Kuiper (1960)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y) const {
    return of_sorted(detail::sorted_sample(x, {}, "drift::kuiper", "x"),
                     detail::sorted_sample(y, {}, "drift::kuiper", "y"));
  }
  [[nodiscard]] static estimate of_sorted(const detail::sorted_sample& a, const detail::sorted_sample& b) {
    estimate result{core::nan, core::nan, a.size() + b.size()};
    if (!a.defined() || !b.defined()) return result;
    const auto d = detail::compare_ecdf(a, b);
    result.value =
        static_cast<double>(d.above + d.below) / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
    return result;
  }

  template <class X, class Y>
    requires detail::sketched_pair<X, Y>
  [[nodiscard]] sketched_estimate operator()(const X& x, const Y& y) const {
    const detail::cell_sample a(x), b(y);
    sketched_estimate result{{core::nan, core::nan, a.observations() + b.observations()}};
    if (!a.defined() || !b.defined()) return result;
    const auto d = detail::compare_ecdf(a, b);
    result.value = d.above + d.below;
    result.lower = d.above_low + d.below_low;
    result.upper = std::min(d.above_high + d.below_high, 1.0);
    return result;
  }
};
inline constexpr kuiper_fn kuiper{};

/// P(V ≥ observed) of kuiper for equal continuous distributions, by the limit law with Stephens' correction for the size.
///
///   2 Σ_{j≥1} (4 j² λ² − 1) e^{−2 j² λ²},  λ = (√N + .155 + .24/√N) V,  N = nm/(n + m)
///
/// @return         in [0, 1], no standard error; NaN for an empty or non-finite sample
/// @complexity     O(n + m)
/// @bias           Stephens gives it within .001 for N ≥ 8 of one sample; ties and dependence make it too small. permutation_pvalue is
///                 exact but for its Monte-Carlo error
/// @see            M. A. Stephens (1970), JRSS B 32, 115–122
/// @example        examples/drift/two_samples.cpp
struct kuiper_pvalue_fn {
  static constexpr std::string_view name = "drift.kuiper_pvalue";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Stephens (1970)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y) const {
    const estimate statistic = kuiper(x, y);
    estimate result{core::nan, core::nan, statistic.count};
    if (!statistic.defined()) return result;
    const auto n = static_cast<double>(core::as_span(x).size()), m = static_cast<double>(core::as_span(y).size());
    const double root = std::sqrt(n * m / (n + m));
    result.value = survival((root + 0.155 + 0.24 / root) * statistic.value);
    return result;
  }

 private:
  [[nodiscard]] static double survival(double lambda) noexcept {
    if (lambda < 0.4) return 1.0;  // 1 − 3e-10 there, and ever more terms that cancel
    double sum = 0.0;
    for (int j = 1; j < 100; ++j) {
      const double square = static_cast<double>(j) * static_cast<double>(j) * lambda * lambda;
      const double term = (4.0 * square - 1.0) * std::exp(-2.0 * square);
      sum += term;
      if (term < 1e-18 * sum) break;
    }
    return std::clamp(2.0 * sum, 0.0, 1.0);
  }
};
inline constexpr kuiper_pvalue_fn kuiper_pvalue{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
