// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/math/least_squares.hpp"
#include "tailwatch/math/posterior_rate.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::tail {

/// One point of a vocabulary growth curve.
struct vocabulary_point {
  double tokens;  ///< n
  double types;   ///< V(n)
};

struct heaps_options {
  std::size_t step = 1000;  ///< a point at every multiple of step, ≥ 1
  std::size_t chunks = 0;   ///< instead: points at i·⌊N/chunks⌋, i = 1 … chunks
};

struct heaps_fit {
  estimate factor;    ///< K
  estimate exponent;  ///< β
};

namespace detail {

/// A growth curve with what its error needs.
struct growth_of_types {
  std::vector<vocabulary_point> curve;
  std::vector<double> once;           ///< types seen once at each point
  std::vector<std::uint64_t> counts;  ///< of the types at the last point

  template <class Integer>
  growth_of_types(std::span<const Integer> ids, const heaps_options& options) {
    if (options.chunks == 0) core::check_at_least("tail::vocabulary_growth", "step", options.step, std::size_t{1});
    const std::size_t step = options.chunks == 0 ? options.step : ids.size() / options.chunks;
    const std::size_t points = step == 0 ? 0 : options.chunks == 0 ? ids.size() / step : options.chunks;
    math::detail::numbering number;
    std::size_t next = step, singletons = 0;
    for (std::size_t i = 0; i < ids.size() && curve.size() < points; ++i) {
      const std::size_t type = number(static_cast<std::uint64_t>(ids[i]));
      if (type == counts.size()) counts.push_back(0);
      const std::uint64_t seen = ++counts[type];
      if (seen == 1) ++singletons;
      if (seen == 2) --singletons;
      if (i + 1 != next) continue;
      curve.push_back({static_cast<double>(next), static_cast<double>(number.size())});
      once.push_back(static_cast<double>(singletons));
      next += step;
    }
  }
};

}  // namespace detail

/// Growth of the vocabulary along a token list: (n, V(n)) at the points that `options` names.
/// @complexity  O(tokens)
/// @throws      std::invalid_argument for step = 0 with chunks = 0
template <math::token_source Source>
  requires(!std::same_as<Source, core::token_sequences>)
[[nodiscard]] std::vector<vocabulary_point> vocabulary_growth(const Source& tokens, const heaps_options& options = {}) {
  return detail::growth_of_types(core::as_span(tokens), options).curve;
}

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Heaps' law by least squares of ln V on ln n.
///
///   V(n) = K n^β
///
/// β falls when a model stops making new words.
/// @param source   token ids of any integer type or tokens(x), in their order; or a curve of vocabulary_point
/// @return         K and β with the number of points; standard errors of independent tokens, by the delta method on the covariance of one
///                 curve's points, Cov(V(m), V(n)) = V(m + n) − V(n) − m V′(m) V′(n), m ≤ n, V′ = f₁/n, V beyond the last
///                 point by math::posterior_rate; of running text, whose tokens depend on each other, read them as a lower bound.
///                 NaN from a curve alone, and where the variance does not come out positive (nearly every token is new).
///                 NaN with fewer than two points or a point that is not positive
/// @complexity     O(tokens + points²), of more than about 1000 points those within a hundredth of each other taken as one; or O(points) for a
///                 curve
/// @bias           β falls along the curve for every source with finitely many types: compare texts of one length
/// @throws         std::invalid_argument for step = 0 with chunks = 0
/// @see            H. S. Heaps (1978), Information Retrieval: Computational and Theoretical Aspects; R. K. Colwell et al. (2012), Journal of
///                 Plant Ecology 5, 3–21 (the variance of one point)
/// @example        examples/tail/missing_mass.cpp
struct heaps_fn {
  static constexpr std::string_view name = "tail.heaps_least_squares";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Heaps (1978)";

  [[nodiscard]] heaps_fit operator()(std::span<const vocabulary_point> curve) const {
    math::line_fit regression;
    bool defined = true;
    for (const vocabulary_point& p : curve) {
      defined = defined && p.tokens > 0.0 && p.types > 0.0 && core::is_finite(p.tokens) && core::is_finite(p.types);
      if (defined) regression.add(std::log(p.tokens), std::log(p.types));
    }
    const math::line line = defined ? regression.fit() : math::line{};
    return {{std::exp(line.intercept), core::nan, curve.size()}, {line.slope, core::nan, curve.size()}};
  }
  template <math::token_source Source>
    requires(!std::same_as<Source, core::token_sequences>)
  [[nodiscard]] heaps_fit operator()(const Source& source, const heaps_options& options = {}) const {
    const detail::growth_of_types growth(core::as_span(source), options);
    heaps_fit fit = (*this)(std::span<const vocabulary_point>(growth.curve));
    if (fit.exponent.defined()) set_errors(fit, growth);
    return fit;
  }

 private:
  /// With cᵢ the weight of ln V(nᵢ) in β or ln K the variance is Σ cᵢcⱼ Cov(Vᵢ, Vⱼ)/(VᵢVⱼ). By Poisson counts Cov(V(m), V(n)) is
  /// Σ (1 − e^{−λm}) e^{−λn}, the last term what a fixed number of tokens takes off.
  static void set_errors(heaps_fit& fit, const detail::growth_of_types& growth) {
    const auto& curve = growth.curve;
    const std::size_t points = curve.size();
    double mean = 0.0, squares = 0.0;
    for (const vocabulary_point& p : curve) mean += std::log(p.tokens) / static_cast<double>(points);
    for (const vocabulary_point& p : curve) squares += (std::log(p.tokens) - mean) * (std::log(p.tokens) - mean);
    struct group {
      std::size_t at;           ///< the point that stands for all
      double exponent, factor;  ///< weights of ln V in β and in ln K
    };
    std::vector<group> groups;
    for (std::size_t first = 0; first < points;) {
      const std::size_t last = std::max(first + 1, first + first / 100);
      group g{std::min((first + last - 1) / 2, points - 1), 0.0, 0.0};
      for (; first < last && first < points; ++first) {
        const double weight = (std::log(curve[first].tokens) - mean) / squares;
        g.exponent += weight / curve[first].types;
        g.factor += (1.0 / static_cast<double>(points) - mean * weight) / curve[first].types;
      }
      groups.push_back(g);
    }
    const summary::frequency_profile profile(growth.counts);
    const bool rare = !profile.entries().empty() && profile.entries().front().count <= math::posterior_rate::rarest;
    const std::optional<math::posterior_rate> rate =
        rare ? std::optional<math::posterior_rate>(profile.entries()) : std::nullopt;
    // V and V′ at every point: what its counts, thinned, would show, or of many points the curve itself
    std::vector<double> types(points), slope(points);
    const double all = curve.back().tokens;
    for (std::size_t i = 0; i < points; ++i) {
      if (points > 4096 || i + 1 == points) {
        types[i] = curve[i].types;
        slope[i] = growth.once[i] / curve[i].tokens;
        continue;
      }
      const double log_absent = std::log1p(-curve[i].tokens / all);
      for (const auto& e : profile.entries()) {
        const auto r = static_cast<double>(e.count), f = static_cast<double>(e.multiplicity);
        types[i] -= f * std::expm1(r * log_absent);
        slope[i] += f * (r / all) * std::exp((r - 1.0) * log_absent);
      }
    }
    const auto types_at = [&](std::size_t multiple) {  // of the first point's tokens
      if (multiple <= points) return types[multiple - 1];
      const double beyond = static_cast<double>(multiple - points) / static_cast<double>(points);
      return types.back() + (rate ? rate->fresh(growth.once.back(), beyond) : 0.0);
    };
    double of_exponent = 0.0, of_factor = 0.0;
    for (std::size_t j = 0; j < groups.size(); ++j) {
      for (std::size_t i = 0; i <= j; ++i) {
        const group &m = groups[i], &n = groups[j];
        const double covariance = (i == j ? 1.0 : 2.0) * (types_at(m.at + n.at + 2) - types[n.at] -
                                                          curve[m.at].tokens * slope[m.at] * slope[n.at]);
        of_exponent += covariance * m.exponent * n.exponent;
        of_factor += covariance * m.factor * n.factor;
      }
    }
    if (of_exponent > 0.0) fit.exponent.standard_error = std::sqrt(of_exponent);
    if (of_factor > 0.0) fit.factor.standard_error = fit.factor.value * std::sqrt(of_factor);
  }
};
inline constexpr heaps_fn heaps{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
