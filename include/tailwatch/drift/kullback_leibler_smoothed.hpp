// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

/// How counts become probabilities without zeros. c of N counts, V cells, background b.
enum class smoothing {
  add_k,      ///< (c + k)/(N + k V)
  dirichlet,  ///< (c + μ b)/(N + μ)
  jelinek,    ///< (1 − λ) c/N + λ b
  good_turing_backoff,  ///< unseen cells share P₀ evenly, seen ones (1 − P₀) c/N; P₀ = f₁/N, 1/(N + 1) without singletons,
                        ///< N/(N + 1) with nothing else, 0 where nothing is unseen
};
enum class background {
  uniform,  ///< b = 1/V
  pooled,   ///< b = (c_p + c_q)/(N_p + N_q)
};

struct kullback_leibler_smoothed_options {
  smoothing method = smoothing::add_k;
  double parameter = 0.5;  ///< k, μ or λ; not used by good_turing_backoff
  drift::background background = drift::background::uniform;
  std::uint64_t vocabulary = 0;  ///< V; 0: cells of the arrays, or keys seen in either table
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Linear smoothing of a pair: p′ = w p + (1 − w) b, w = N/(N + kV), N/(N + μ) or 1 − λ, and Kullback–Leibler of p′, q′.
/// Derivatives are those with respect to the raw p, q; a pooled background moves with both.
struct smoothed_kullback_leibler_cell {
  double weight_p;  ///< w
  double weight_q;
  double mixed_p;  ///< 1 − w, which rounds away if taken from w
  double mixed_q;
  double uniform;  ///< 1/V, or 0 with a pooled background
  double share_p;  ///< weight of p in the pooled background, N_p/(N_p + N_q), or 0
  double share_q;

  struct smoothed {
    double p;
    double q;
  };
  [[nodiscard]] smoothed operator()(double p, double q) const noexcept {
    const double b = uniform + share_p * p + share_q * q;
    return {weight_p * p + mixed_p * b, weight_q * q + mixed_q * b};
  }
  [[nodiscard]] double value(double p, double q) const noexcept {
    const smoothed s = (*this)(p, q);
    return kullback_leibler_cell::value(s.p, s.q);
  }
  [[nodiscard]] double derivative_p(double p, double q) const noexcept {
    const smoothed s = (*this)(p, q);
    return kullback_leibler_cell::derivative_p(s.p, s.q) * (weight_p + mixed_p * share_p) +
           kullback_leibler_cell::derivative_q(s.p, s.q) * mixed_q * share_p;
  }
  [[nodiscard]] double derivative_q(double p, double q) const noexcept {
    const smoothed s = (*this)(p, q);
    return kullback_leibler_cell::derivative_q(s.p, s.q) * (weight_q + mixed_q * share_q) +
           kullback_leibler_cell::derivative_p(s.p, s.q) * mixed_p * share_q;
  }
  // The Hessian in (p′, q′) is (1/p′) (1, −r)(1, −r)ᵀ, r = p′/q′.
  [[nodiscard]] double curvature(double p, double q, double per_n, double per_m) const noexcept {
    const smoothed s = (*this)(p, q);
    if (s.p == 0.0 || s.q == 0.0) return 0.0;
    const double r = s.p / s.q;
    const double g_p = weight_p + mixed_p * share_p - r * mixed_q * share_p;
    const double g_q = mixed_p * share_q - r * (weight_q + mixed_q * share_q);
    return (g_p * g_p * p * per_n + g_q * g_q * q * per_m) / s.p;
  }
};

/// @pre method is not good_turing_backoff
template <class Pair>
[[nodiscard]] smoothed_kullback_leibler_cell smoothed_cell(const Pair& pair,
                                                           const kullback_leibler_smoothed_options& options,
                                                           double vocabulary) noexcept {
  const double n = pair.first().total;
  const double m = pair.second().total;
  // {w, 1 − w}
  const auto weights = [&](double total) {
    if (options.method == smoothing::jelinek) return std::pair(1.0 - options.parameter, options.parameter);
    const double added = options.method == smoothing::add_k ? options.parameter * vocabulary : options.parameter;
    return std::pair(total / (total + added), added / (total + added));
  };
  const auto p = weights(n);
  const auto q = weights(m);
  const bool pooled = options.background == background::pooled && options.method != smoothing::add_k;
  return {p.first,
          q.first,
          p.second,
          q.second,
          pooled ? 0.0 : 1.0 / vocabulary,
          pooled ? n / (n + m) : 0.0,
          pooled ? m / (n + m) : 0.0};
}

/// Checks the options against the pair and returns V.
template <class Pair>
[[nodiscard]] double checked_vocabulary(const Pair& pair, const kullback_leibler_smoothed_options& options,
                                        std::string_view function) {
  if (options.method == smoothing::jelinek) {
    core::check_closed_interval(function, "parameter", options.parameter, 0.0, 1.0);
  } else if (options.method != smoothing::good_turing_backoff) {
    core::check(options.parameter >= 0.0 && core::is_finite(options.parameter), function, "parameter",
                options.parameter, "at least 0 and finite");
  }
  if (options.vocabulary == 0) return static_cast<double>(pair.cells());
  core::check_at_least<std::uint64_t>(function, "vocabulary", options.vocabulary, pair.cells());
  return static_cast<double>(options.vocabulary);
}

/// Probabilities of good_turing_backoff for one side.
struct good_turing_side {
  double unseen_mass;
  double unseen_cells;
  [[nodiscard]] double operator()(double share) const noexcept {
    return share > 0.0 ? (1.0 - unseen_mass) * share : unseen_mass / unseen_cells;
  }
};

}  // namespace detail

/// Kullback–Leibler divergence of smoothed counts: finite for disjoint supports.
///
///   KL(p′‖q′) with p′, q′ from `smoothing`, both sides smoothed alike over the same V cells
///
/// The number depends on the smoothing as much as on the data: report both. With pooled background the two sides share
/// their unseen mass in proportion to what either saw; uniform spreads it over the whole vocabulary.
///
/// @param p, q     counts over the same cells: integer ranges, counts(x), dense_counts, or two count_table / ngram_counts
/// @param options  method, parameter, background, vocabulary V (above the cells listed where more are possible), unit
/// @return         nats (or `unit`), ≥ 0; NaN for an empty, all-zero or non-finite side; standard error by the delta method
///                 through the smoothing, with the correction of detail::evaluate; NaN for good_turing_backoff
/// @complexity     O(cells); keyed states O(K log K)
/// @bias           upwards from sampling noise, downwards from smoothing towards one background: see noise_floor
/// @throws         std::invalid_argument for a negative cell, arrays of different sizes, a negative k or μ, λ outside [0, 1]
///                 or a vocabulary below the cells listed
/// @see            C. Zhai, J. Lafferty (2004), ACM TOIS 22(2), 179–214, for the first three; the backoff is our own
/// @example        examples/drift/two_corpora.cpp
struct kullback_leibler_smoothed_fn {
  static constexpr std::string_view name = "drift.kullback_leibler_smoothed";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Zhai and Lafferty (2004)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q,
                                    const kullback_leibler_smoothed_options& options = {}) const {
    constexpr std::string_view function = "drift::kullback_leibler_smoothed";
    const auto pair = detail::pair_of(p, q, function);
    const double vocabulary = detail::checked_vocabulary(pair, options, function);
    if (!pair.defined()) return {core::nan, core::nan, detail::observations(pair)};
    if (options.method == smoothing::good_turing_backoff)
      return core::in_unit({good_turing(pair, vocabulary), core::nan, detail::observations(pair)}, options.unit);
    const auto cell = detail::smoothed_cell(pair, options, vocabulary);
    double seen = 0.0;
    pair.visit_counts([&](double, double) { seen += 1.0; });
    estimate result = detail::evaluate(pair, cell);
    if (vocabulary > seen) result.value += (vocabulary - seen) * cell.value(0.0, 0.0);
    return core::in_unit(result, options.unit);
  }

 private:
  template <class Pair>
  static double good_turing(const Pair& pair, double vocabulary) {
    double types_p = 0, types_q = 0, singletons_p = 0, singletons_q = 0, seen = 0;
    pair.visit_counts([&](double a, double b) {
      seen += 1;
      types_p += a > 0 ? 1 : 0;
      types_q += b > 0 ? 1 : 0;
      singletons_p += a == 1 ? 1 : 0;
      singletons_q += b == 1 ? 1 : 0;
    });
    const auto side_of = [&](double total, double types, double singletons) {
      const double unseen = vocabulary - types;
      double mass = singletons / total;
      if (singletons == 0) mass = 1.0 / (total + 1.0);
      if (singletons == total) mass = total / (total + 1.0);
      return detail::good_turing_side{unseen > 0 ? mass : 0.0, unseen};
    };
    const auto side_p = side_of(pair.first().total, types_p, singletons_p);
    const auto side_q = side_of(pair.second().total, types_q, singletons_q);
    detail::blocked_sum sum;
    detail::visit_cells(
        pair, [&](double a, double b) { sum.add(detail::kullback_leibler_cell::value(side_p(a), side_q(b))); });
    if (vocabulary > seen)
      sum.add((vocabulary - seen) * detail::kullback_leibler_cell::value(side_p(0.0), side_q(0.0)));
    return sum.total();
  }
};
inline constexpr kullback_leibler_smoothed_fn kullback_leibler_smoothed{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
