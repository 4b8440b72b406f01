// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

struct kullback_leibler_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Kullback–Leibler divergence of p from q.
///
///   KL(p‖q) = Σ p ln(p/q), summed as Σ [p ln(p/q) − p + q]        0 ln 0 = 0
///
/// The direction is the argument order: kullback_leibler(generated, reference) charges for what the generated text makes
/// too often, reverse_kullback_leibler for what it has lost. Peers disagree on which of the two they call "the" divergence.
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         nats (or `unit`), never negative; +∞ where p > 0 = q; NaN for an empty, all-zero or non-finite side;
///                 standard error from counts by the delta method with the correction of detail::evaluate, else NaN
/// @complexity     O(cells), three passes with a standard error, one without; keyed states O(K log K)
/// @bias           from counts ≈ (K − 1)/2 · (1/n + 1/m): see noise_floor; for disjoint supports see kullback_leibler_smoothed
/// @throws         std::invalid_argument for a negative cell or arrays of different sizes
/// @see            S. Kullback, R. A. Leibler (1951), Annals of Mathematical Statistics 22, 79–86
/// @example        examples/drift/two_corpora.cpp
struct kullback_leibler_fn {
  static constexpr std::string_view name = "drift.kullback_leibler";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Kullback and Leibler (1951)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, const kullback_leibler_options& options = {}) const {
    return core::in_unit(
        detail::evaluate(detail::pair_of(p, q, "drift::kullback_leibler"), detail::kullback_leibler_cell{}),
        options.unit);
  }
};
inline constexpr kullback_leibler_fn kullback_leibler{};

/// kullback_leibler with the arguments exchanged, KL(q‖p): +∞ where q > 0 = p, so with a reference as q it charges for
/// everything that was lost. Parameters, result and errors as kullback_leibler.
struct reverse_kullback_leibler_fn {
  static constexpr std::string_view name = "drift.reverse_kullback_leibler";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Kullback and Leibler (1951)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, const kullback_leibler_options& options = {}) const {
    return core::in_unit(detail::evaluate(detail::pair_of(p, q, "drift::reverse_kullback_leibler"),
                                          detail::reverse_kullback_leibler_cell{}),
                         options.unit);
  }
};
inline constexpr reverse_kullback_leibler_fn reverse_kullback_leibler{};

/// Jeffreys divergence KL(p‖q) + KL(q‖p) = Σ (p − q) ln(p/q), without a factor ½; +∞ unless both have the same support.
/// Parameters, result and errors as kullback_leibler; first-order bias from counts (K − 1)(1/n + 1/m).
/// @see            H. Jeffreys (1946), Proceedings of the Royal Society A 186, 453–461
struct jeffreys_fn {
  static constexpr std::string_view name = "drift.jeffreys";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Jeffreys (1946)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, const kullback_leibler_options& options = {}) const {
    return core::in_unit(detail::evaluate(detail::pair_of(p, q, "drift::jeffreys"), detail::jeffreys_cell{}),
                         options.unit);
  }
};
inline constexpr jeffreys_fn jeffreys{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
