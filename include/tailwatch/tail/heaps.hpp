// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/math/least_squares.hpp"

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

/// Growth of the vocabulary along a token list: (n, V(n)) at the points that `options` names.
/// @complexity  O(tokens)
/// @throws      std::invalid_argument for step = 0 with chunks = 0
template <math::token_source Source>
  requires(!std::same_as<Source, core::token_sequences>)
[[nodiscard]] std::vector<vocabulary_point> vocabulary_growth(const Source& tokens, const heaps_options& options = {}) {
  if (options.chunks == 0) core::check_at_least("tail::vocabulary_growth", "step", options.step, std::size_t{1});
  const auto ids = core::as_span(tokens);
  const std::size_t step = options.chunks == 0 ? options.step : ids.size() / options.chunks;
  const std::size_t points = step == 0 ? 0 : options.chunks == 0 ? ids.size() / step : options.chunks;
  std::vector<vocabulary_point> curve;
  math::detail::numbering number;
  std::size_t next = step;
  for (std::size_t i = 0; i < ids.size() && curve.size() < points; ++i) {
    static_cast<void>(number(static_cast<std::uint64_t>(ids[i])));
    if (i + 1 == next) {
      curve.push_back({static_cast<double>(next), static_cast<double>(number.size())});
      next += step;
    }
  }
  return curve;
}

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Heaps' law by least squares of ln V on ln n.
///
///   V(n) = K n^β
///
/// β falls when a model stops making new words.
/// @param source   token ids of any integer type or tokens(x), in their order; or a curve of vocabulary_point
/// @return         K and β with the number of points; standard errors NaN: points of one curve are far from independent; NaN
///                 with fewer than two points or a point that is not positive
/// @complexity     O(tokens), or O(points) for a curve
/// @throws         std::invalid_argument for step = 0 with chunks = 0
/// @see            H. S. Heaps (1978), Information Retrieval: Computational and Theoretical Aspects
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
    const auto curve = vocabulary_growth(source, options);
    return (*this)(std::span<const vocabulary_point>(curve));
  }
};
inline constexpr heaps_fn heaps{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
