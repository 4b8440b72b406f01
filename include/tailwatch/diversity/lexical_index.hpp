// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/detail/word_profile.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

struct lexical_log_options {
  double log_base = 2.71828182845904523536;  ///< above 1
};

struct brunet_w_options {
  double exponent = 0.172;
};

namespace detail {
/// 1/ln base
[[nodiscard]] inline double log_scale(double base, std::string_view function) {
  core::check(base > 1.0 && core::is_finite(base), function, "log_base", base, "above 1 and finite");
  return base == 2.71828182845904523536 ? 1.0 : 1.0 / std::log(base);
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Herdan's C, the bilogarithmic type–token ratio.
///
///   log V/log N
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when N < 2
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            G. Herdan (1960), Type–Token Mathematics
/// @example        examples/diversity/lexical_diversity.cpp
struct herdan_c_fn {
  static constexpr std::string_view name = "diversity.herdan_c";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Herdan (1960)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::herdan_c");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double log_n = std::log(static_cast<double>(profile.total()));
    const double log_v = std::log(static_cast<double>(profile.types()));
    if (!(log_n > 0.0)) return {core::nan, core::nan, profile.total()};
    return {log_v / log_n, core::nan, profile.total()};
  }
};
inline constexpr herdan_c_fn herdan_c{};

/// Summer's S.
///
///   log log V/log log N
///
/// Depends on the base of the inner logarithm: 0.919 with e and 0.857 with 10 for one and the same text.
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when log V ≤ 0 or log log N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count, and unless log_base > 1
/// @see            H. H. Somers (1966), in J. Leed (ed.), The Computer and Literary Style, 128–140
/// @example        examples/diversity/lexical_diversity.cpp
struct summer_s_fn {
  static constexpr std::string_view name = "diversity.summer_s";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Somers (1966)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const lexical_log_options& options = {}) const {
    const double unit_of_log = detail::log_scale(options.log_base, "diversity::summer_s");
    const auto& profile = detail::word_profile(source, "diversity::summer_s");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double log_n = std::log(static_cast<double>(profile.total())) * unit_of_log;
    const double log_v = std::log(static_cast<double>(profile.types())) * unit_of_log;
    if (!(log_v > 0.0 && log_n != 1.0)) return {core::nan, core::nan, profile.total()};
    return {std::log(log_v) / std::log(log_n), core::nan, profile.total()};
  }
};
inline constexpr summer_s_fn summer_s{};

/// Dugast's U.
///
///   (log N)²/(log N − log V)
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when V = N
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count, and unless log_base > 1
/// @see            D. Dugast (1978), Vingt-cinq ans
/// @example        examples/diversity/lexical_diversity.cpp
struct dugast_u_fn {
  static constexpr std::string_view name = "diversity.dugast_u";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Dugast (1978)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const lexical_log_options& options = {}) const {
    const double unit_of_log = detail::log_scale(options.log_base, "diversity::dugast_u");
    const auto& profile = detail::word_profile(source, "diversity::dugast_u");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double log_n = std::log(static_cast<double>(profile.total())) * unit_of_log;
    const double log_v = std::log(static_cast<double>(profile.types())) * unit_of_log;
    if (!(log_n > log_v)) return {core::nan, core::nan, profile.total()};
    return {log_n * log_n / (log_n - log_v), core::nan, profile.total()};
  }
};
inline constexpr dugast_u_fn dugast_u{};

/// Maas's a².
///
///   (log N − log V)/(log N)²
///
/// Software prints a², a, and either with base e or 10: 0.0211, 0.0485 and 0.2202 for one and the same text.
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when N < 2
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count, and unless log_base > 1
/// @see            H.-D. Maas (1972), Zeitschrift für Literaturwissenschaft und Linguistik 2(8), 73–96
/// @example        examples/diversity/lexical_diversity.cpp
struct maas_a_squared_fn {
  static constexpr std::string_view name = "diversity.maas_a_squared";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Maas (1972)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const lexical_log_options& options = {}) const {
    const double unit_of_log = detail::log_scale(options.log_base, "diversity::maas_a_squared");
    const auto& profile = detail::word_profile(source, "diversity::maas_a_squared");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double log_n = std::log(static_cast<double>(profile.total())) * unit_of_log;
    const double log_v = std::log(static_cast<double>(profile.types())) * unit_of_log;
    if (!(log_n > 0.0)) return {core::nan, core::nan, profile.total()};
    return {(log_n - log_v) / (log_n * log_n), core::nan, profile.total()};
  }
};
inline constexpr maas_a_squared_fn maas_a_squared{};

/// Maas's a, the root of maas_a_squared.
///
///   √((log N − log V)/(log N)²)
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when N < 2
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count, and unless log_base > 1
/// @see            H.-D. Maas (1972), Zeitschrift für Literaturwissenschaft und Linguistik 2(8), 73–96
/// @example        examples/diversity/lexical_diversity.cpp
struct maas_a_fn {
  static constexpr std::string_view name = "diversity.maas_a";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Maas (1972)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const lexical_log_options& options = {}) const {
    const double unit_of_log = detail::log_scale(options.log_base, "diversity::maas_a");
    const auto& profile = detail::word_profile(source, "diversity::maas_a");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double log_n = std::log(static_cast<double>(profile.total())) * unit_of_log;
    const double log_v = std::log(static_cast<double>(profile.types())) * unit_of_log;
    if (!(log_n > 0.0)) return {core::nan, core::nan, profile.total()};
    return {std::sqrt(log_n - log_v) / log_n, core::nan, profile.total()};
  }
};
inline constexpr maas_a_fn maas_a{};

/// Maas's log V₀, the vocabulary that the text would tend to.
///
///   log V/√(1 − (log V/log N)²)
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when V = N
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count, and unless log_base > 1
/// @see            H.-D. Maas (1972), Zeitschrift für Literaturwissenschaft und Linguistik 2(8), 73–96
/// @example        examples/diversity/lexical_diversity.cpp
struct maas_log_v0_fn {
  static constexpr std::string_view name = "diversity.maas_log_v0";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Maas (1972)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const lexical_log_options& options = {}) const {
    const double unit_of_log = detail::log_scale(options.log_base, "diversity::maas_log_v0");
    const auto& profile = detail::word_profile(source, "diversity::maas_log_v0");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double log_n = std::log(static_cast<double>(profile.total())) * unit_of_log;
    const double log_v = std::log(static_cast<double>(profile.types())) * unit_of_log;
    if (!(log_n > log_v)) return {core::nan, core::nan, profile.total()};
    return {log_v / std::sqrt((1.0 - log_v / log_n) * (1.0 + log_v / log_n)), core::nan, profile.total()};
  }
};
inline constexpr maas_log_v0_fn maas_log_v0{};

/// Tuldava's LN.
///
///   (1 − V²)/(V² ln N)
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when N < 2
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            J. Tuldava (1977), as listed by F. Tweedie, R. H. Baayen (1998), Computers and the Humanities 32, 323–352
/// @example        examples/diversity/lexical_diversity.cpp
struct tuldava_ln_fn {
  static constexpr std::string_view name = "diversity.tuldava_ln";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Tweedie and Baayen (1998)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::tuldava_ln");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double log_n = std::log(static_cast<double>(profile.total()));
    const double log_v = std::log(static_cast<double>(profile.types()));
    if (!(log_n > 0.0)) return {core::nan, core::nan, profile.total()};
    return {-std::expm1(-2.0 * log_v) / -log_n, core::nan, profile.total()};
  }
};
inline constexpr tuldava_ln_fn tuldava_ln{};

/// Dugast's k.
///
///   ln V/ln ln N
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when ln N ≤ 1, where ln ln N ≤ 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            D. Dugast (1979), Vocabulaire et stylistique
/// @example        examples/diversity/lexical_diversity.cpp
struct dugast_k_fn {
  static constexpr std::string_view name = "diversity.dugast_k";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Dugast (1979)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::dugast_k");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double log_n = std::log(static_cast<double>(profile.total()));
    const double log_v = std::log(static_cast<double>(profile.types()));
    if (!(log_n > 1.0)) return {core::nan, core::nan, profile.total()};
    return {log_v / std::log(log_n), core::nan, profile.total()};
  }
};
inline constexpr dugast_k_fn dugast_k{};

/// Brunet's W.
///
///   N^(V^−a),  a = exponent
///
/// Typically 10 to 20, lower for richer texts. Software with V^{+a} prints numbers of 1e8.
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            É. Brunet (1978), Le vocabulaire de Jean Giraudoux
/// @example        examples/diversity/lexical_diversity.cpp
struct brunet_w_fn {
  static constexpr std::string_view name = "diversity.brunet_w";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Brunet (1978)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const brunet_w_options& options = {}) const {
    const auto& profile = detail::word_profile(source, "diversity::brunet_w");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double power = std::pow(static_cast<double>(profile.types()), -options.exponent);
    return {std::pow(static_cast<double>(profile.total()), power), core::nan, profile.total()};
  }
};
inline constexpr brunet_w_fn brunet_w{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
