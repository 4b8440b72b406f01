// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/entropy/detail/keyed_ngrams.hpp"
#include "tailwatch/entropy/detail/overlapping_ngrams.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/math/n_log_n.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

/// What is done about the upward bias of the plug-in mutual information.
enum class mutual_information_correction {
  none,         ///< the plug-in
  miller_madow  ///< each of the three entropies by Miller–Madow: + (S_x + S_y − S_xy − 1)/(2N)
};

/// Standard error of the mutual information of a table: the second-order jackknife, or the published first-order formula, which is √2 too
/// large at independence.
enum class mutual_information_error { jackknife, delta_method };

/// How the pairs that a state counts were drawn, for the error: neighbours in a text, each token the second of one and the first of the next,
/// or one independent of the other, as those of a table always are.
enum class mutual_information_pairs { bigrams, independent };

struct mutual_information_options {
  mutual_information_correction correction = mutual_information_correction::none;
  mutual_information_error error = mutual_information_error::jackknife;
  information_unit unit = information_unit::nats;
  mutual_information_pairs pairs = mutual_information_pairs::bigrams;  ///< from states
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mutual information of two discrete variables from a table of joint counts.
///
///   I = Σᵢⱼ p̂ᵢⱼ ln( p̂ᵢⱼ/(p̂ᵢ p̂ⱼ) )      + (S_x + S_y − S_xy − 1)/(2N) with miller_madow
///
/// S_x, S_y, S_xy are the rows, columns and cells with a count. Summed as Σ q·φ(p̂/q), q = p̂ᵢ p̂ⱼ, φ(r) = r ln r − r + 1 ≥ 0, so
/// that nothing cancels near independence.
///
/// @param joint    rows(counts, r, c), the table row by row; or three counting sources: pairs, first of each pair, second of each
/// @param options  correction; error; unit; pairs, from states
/// @return         nats (or `unit`) and N; standard error by the second-order jackknife, the correction included, NaN for N < 4, or by
///                 the delta method, √(Σ p̂ (ln(p̂ᵢⱼ/(p̂ᵢ p̂ⱼ)) − I)²/N), about √2 too large at independence, where the limit is χ² and not
///                 normal. From three sources the same where these tell who belongs to whom: a summary::ngram_counts of order 2, and
///                 two of order 1, dense_counts or count_table; with `pairs` as bigrams, the default, the jackknife adds what the overlap of
///                 neighbours does to it, as if their tokens were independent. Else, and with overflow(), NaN. NaN when N = 0 or a count is not finite
/// @complexity     O(r·c), 24(r + c) bytes; from states O(distinct pairs)
/// @bias           plug-in: (S_x − 1)(S_y − 1)/(2N) upwards at independence. miller_madow takes off the first order once every
///                 possible cell was seen, and too little before; it may be negative
/// @throws         std::invalid_argument for a negative or fractional count; from three sources: totals that differ
/// @see            G. A. Miller, W. G. Madow (1954), AFCRC-TR-54-75; M. S. Roulston (1999), Physica D 125, 285–294
/// @example        examples/entropy/differential_entropy.cpp
struct mutual_information_fn {
  static constexpr std::string_view name = "entropy.mutual_information";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Miller and Madow (1954)";

  template <class Count>
    requires std::is_arithmetic_v<Count>
  [[nodiscard]] estimate operator()(const core::rows_view<Count>& joint,
                                    const mutual_information_options& options = {}) const {
    table t(joint.size, joint.dimension);
    bool defined = true;
    for (std::size_t i = 0; i < joint.size; ++i)
      for (std::size_t j = 0; j < joint.dimension; ++j) defined = t.add(i, j, joint[i][j]) && defined;
    const auto n = t.total < 0x1p64 ? static_cast<std::uint64_t>(t.total) : ~std::uint64_t{0};
    if (!defined || !(t.total > 0.0)) return {core::nan, core::nan, n};

    double information = 0.0, seen = 0.0;
    for (std::size_t i = 0; i < joint.size; ++i) {
      for (std::size_t j = 0; j < joint.dimension; ++j) {
        const double expected = t.row[i] * (t.column[j] / t.total);
        if (!(expected > 0.0)) continue;
        const auto count = static_cast<double>(joint[i][j]);
        if (count > 0.0) seen += 1.0;
        information += excess_term(count, expected);
      }
    }
    information /= t.total;
    const double error = options.error == mutual_information_error::jackknife
                             ? jackknife_error(joint, t, options.correction)
                             : delta_method_error(joint, t, information);
    if (options.correction == mutual_information_correction::miller_madow)
      information += (positive(t.row) + positive(t.column) - seen - 1.0) / (2.0 * t.total);
    return core::in_unit({information, error, n}, options.unit);
  }

  /// From states: the counts of the pairs, of their first and of their second members, such as bigrams and two unigram tables.
  template <summary::count_source Pairs, summary::count_source First, summary::count_source Second>
  [[nodiscard]] estimate operator()(const Pairs& pairs, const First& first, const Second& second,
                                    const mutual_information_options& options = {}) const {
    const auto& xy = summary::profile_of(pairs, "entropy::mutual_information");
    const auto& x = summary::profile_of(first, "entropy::mutual_information");
    const auto& y = summary::profile_of(second, "entropy::mutual_information");
    core::check(x.total() == xy.total(), "entropy::mutual_information", "total of first", x.total(),
                "that of the pairs");
    core::check(y.total() == xy.total(), "entropy::mutual_information", "total of second", y.total(),
                "that of the pairs");
    double information = plugin(x).value + plugin(y).value - plugin(xy).value;
    double error = core::nan;
    if constexpr (detail::keyed_ngrams<Pairs> && detail::looked_up<First> && detail::looked_up<Second>)
      error = error_of_states(pairs, first, second, information, options);
    if (options.correction == mutual_information_correction::miller_madow && xy.total() > 0)
      information +=
          (static_cast<double>(x.types()) + static_cast<double>(y.types()) - static_cast<double>(xy.types()) - 1.0) /
          (2.0 * static_cast<double>(xy.total()));
    return core::in_unit({information, error, xy.total()}, options.unit);
  }

 private:
  struct table {
    std::vector<double> row, column;
    double total = 0.0;
    table(std::size_t r, std::size_t c) : row(r), column(c) {}
    template <class Count>
    bool add(std::size_t i, std::size_t j, Count x) {
      const auto count = static_cast<double>(x);
      if (core::is_nan(count)) return false;
      core::check_not_negative("entropy::mutual_information", "count", count);
      if (!core::is_finite(count)) return false;
      if constexpr (std::floating_point<Count>)
        core::check(count == std::floor(count) && count < 0x1p63, "entropy::mutual_information", "count", count,
                    "a whole number below 2^63");
      row[i] += count;
      column[j] += count;
      total += count;
      return true;
    }
  };

  template <class Count>
  static double delta_method_error(const core::rows_view<Count>& joint, const table& t, double information) {
    double variance = 0.0;
    for (std::size_t i = 0; i < joint.size; ++i) {
      for (std::size_t j = 0; j < joint.dimension; ++j) {
        const auto count = static_cast<double>(joint[i][j]);
        if (!(count > 0.0)) continue;
        const double centred = std::log(count / (t.row[i] * (t.column[j] / t.total))) - information;
        variance += count / t.total * (centred * centred);
      }
    }
    return std::sqrt(variance / t.total);
  }

  /// What a row, a column or a cell of n pairs loses with one of them.
  struct margin {
    double step = 0.0;  ///< n ln n − (n − 1) ln(n − 1), less what the correction takes with the last one
    double bend = 0.0;  ///< its step from n − 1
    margin(double n, double jump) : step(n > 1.0 ? math::n_log_n_step(n) : -jump) {
      if (n >= 2.0) bend = math::n_log_n_bend(n) + (n == 2.0 ? jump : 0.0);
    }
  };

  /// √max(V₁ − V₂/2 + V₃/6 − …, 0.4 V₁) as math::delete_one_standard_error. Two pairs share a row, a column, both (a cell) or nothing: V₂ sums what
  /// leaving out both does beyond leaving out each.
  class jackknife {
   public:
    jackknife(double total, mutual_information_correction correction)
        : total_(total), jump_(correction == mutual_information_correction::miller_madow ? 0.5 : 0.0) {}
    /// A row or a column of n pairs, n > 0.
    margin add_margin(double n) {
      const margin m(n, jump_);
      twice_ += (n * m.bend) * ((n - 1.0) * m.bend);
      add_third(n, m);
      return m;
    }
    [[nodiscard]] margin margin_of(double n) const { return margin(n, jump_); }
    /// What neighbouring pairs of a text have in common.
    void add_overlap(const detail::overlapping_ngrams& overlap) {
      once_ += overlap.covariance();
      twice_ += 2.0 * overlap.covariance_of_pairs();
    }
    /// A cell of n pairs, n > 0.
    void add_cell(double n, const margin& row, const margin& column) {
      const margin own(n, jump_);
      const double delta = own.step - row.step - column.step - mean_;
      weight_ += n;
      mean_ += delta * (n / weight_);
      once_ += n * delta * (delta - delta * (n / weight_));
      if (n < 2.0) return;
      const double both = own.bend - row.bend - column.bend;
      twice_ += n * (n - 1.0) * (both * both - row.bend * row.bend - column.bend * column.bend);
      add_third(n, own);
    }
    [[nodiscard]] double standard_error() const {
      if (total_ < 4.0) return core::nan;
      const double once = once_ * (total_ - 1.0) / total_;
      const double share = (total_ - 1.0) / (total_ - 2.0);
      double twice = twice_ * 0.5 * share * share;
      if (twice > 0.0) twice *= twice / (twice + thrice_ / 6.0);
      const double variance = std::max(once - twice, 0.4 * once);
      return variance >= 0.0 ? std::sqrt(variance) / (total_ - 1.0) : core::nan;
    }

   private:
    void add_third(double n, const margin& m) {
      if (n < 3.0 || n > 10000.0) return;
      const double third = m.bend - margin(n - 1.0, jump_).bend;
      thrice_ += n * third * ((n - 1.0) * third) * (n - 2.0);
    }

    double total_, jump_;
    double mean_ = 0.0, weight_ = 0.0, once_ = 0.0, twice_ = 0.0, thrice_ = 0.0;
  };

  template <class Count>
  static double jackknife_error(const core::rows_view<Count>& joint, const table& t,
                                mutual_information_correction correction) {
    jackknife error(t.total, correction);
    std::vector<margin> rows, columns;
    for (const double n : t.row) rows.push_back(n > 0.0 ? error.add_margin(n) : error.margin_of(n));
    for (const double n : t.column) columns.push_back(n > 0.0 ? error.add_margin(n) : error.margin_of(n));
    for (std::size_t i = 0; i < joint.size; ++i)
      for (std::size_t j = 0; j < joint.dimension; ++j)
        if (const auto n = static_cast<double>(joint[i][j]); n > 0.0) error.add_cell(n, rows[i], columns[j]);
    return error.standard_error();
  }

  /// The same from states: NaN where one does not hold what the pairs say.
  template <class Pairs, class First, class Second>
  static double error_of_states(const Pairs& pairs, const First& first, const Second& second, double information,
                                const mutual_information_options& options) {
    if (pairs.order() != 2 || !detail::counts_length(first, 1) || !detail::counts_length(second, 1) ||
        !detail::whole(pairs) || !detail::whole(first) || !detail::whole(second))
      return core::nan;
    const auto total = static_cast<double>(pairs.count());
    const bool independent = options.pairs == mutual_information_pairs::independent;
    const bool by_jackknife = options.error == mutual_information_error::jackknife;
    jackknife error(total, options.correction);
    double variance = 0.0;
    bool complete = true;
    detail::overlapping_ngrams overlap;
    pairs.for_each([&](std::span<const std::uint32_t> pair, std::uint64_t count) {
      const auto n = static_cast<double>(count);
      const double row = detail::occurrences(first, pair.first(1)), column = detail::occurrences(second, pair.last(1));
      if (row < n || column < n) complete = false;
      if (!complete) return;
      if (by_jackknife) {
        const margin own = error.margin_of(n), of_row = error.margin_of(row), of_column = error.margin_of(column);
        error.add_cell(n, of_row, of_column);
        if (independent) return;
        const double same = 0.5 * n * (n - 1.0);
        overlap.add(pair, n, own.step - of_row.step - of_column.step,
                    same * (own.bend - of_column.bend) - 0.5 * n * (row - 1.0) * of_row.bend,
                    same * (own.bend - of_row.bend) - 0.5 * n * (column - 1.0) * of_column.bend);
      } else {
        const double centred = std::log(n / (row * (column / total))) - information;
        variance += n / total * (centred * centred);
      }
    });
    if (!complete) return core::nan;
    if (!by_jackknife) return std::sqrt(variance / total);
    const auto add = [&](std::uint64_t n) {
      if (n > 0) error.add_margin(static_cast<double>(n));
    };
    first.for_each_count(add);
    second.for_each_count(add);
    if (!independent) error.add_overlap(overlap);
    return error.standard_error();
  }
  /// expected·φ(count/expected): count ln(count/expected) − count + expected.
  static double excess_term(double count, double expected) noexcept {
    if (!(count > 0.0)) return expected;
    const double difference = (count - expected) / expected;
    if (std::abs(difference) > 0.25) return count * std::log(count / expected) - count + expected;
    // (1 + t) ln(1 + t) − t = Σ_{k≥2} (−t)^k/(k(k − 1)): 26 terms at |t| = 1/4 leave 1e-18 of the first
    double sum = 0.0;
    for (int k = 26; k >= 2; --k) sum = 1.0 / (k * (k - 1.0)) - difference * sum;
    return expected * (difference * difference * sum);
  }
  static double positive(const std::vector<double>& x) noexcept {
    double number = 0.0;
    for (const double v : x) number += v > 0.0 ? 1.0 : 0.0;
    return number;
  }
};
inline constexpr mutual_information_fn mutual_information{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
