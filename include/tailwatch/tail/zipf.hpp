// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/newton_maximum.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::tail {

/// Standard error of the Zipf exponent: the second-order jackknife, which ranks again without an observation, as the fit does, or
/// the published one, 1/√(N Var ln r), for ranks that are known.
enum class zipf_error { jackknife, known_ranks };

struct zipf_options {
  std::uint64_t vocabulary_size = 0;  ///< V, the number of ranks; 0: the types that occur
  zipf_error error = zipf_error::jackknife;
};

struct zipf_fit {
  estimate exponent;                  ///< s
  double log_likelihood = core::nan;  ///< Σ n_r ln p_r, without the multinomial coefficient
};

struct zipf_mandelbrot_fit {
  estimate exponent;                  ///< s
  estimate offset;                    ///< q
  double covariance = core::nan;      ///< of s and q
  double log_likelihood = core::nan;  ///< Σ n_r ln p_r, without the multinomial coefficient
};

namespace detail {

/// Counts by rank, descending; ranks of equal count are consecutive.
struct ranked_counts {
  std::vector<double> count;  ///< of the types that occur
  double total = 0.0;

  explicit ranked_counts(const summary::frequency_profile& profile) : total(static_cast<double>(profile.total())) {
    count.reserve(static_cast<std::size_t>(profile.types()));
    const auto entries = profile.entries();
    for (std::size_t i = entries.size(); i-- > 0;)
      count.insert(count.end(), static_cast<std::size_t>(entries[i].multiplicity),
                   static_cast<double>(entries[i].count));
  }
};

/// Number of ranks; @throws where more types occur than the vocabulary has.
[[nodiscard]] inline std::size_t ranks_of(const summary::frequency_profile& profile, std::uint64_t vocabulary,
                                          std::string_view function) {
  if (vocabulary == 0) return static_cast<std::size_t>(profile.types());
  core::check_at_least(function, "vocabulary_size", vocabulary, profile.types());
  return static_cast<std::size_t>(vocabulary);
}

struct zipf_solution {
  double exponent = core::nan;
  double variance = core::nan;  ///< of the logarithm, under the fit
  double log_sum = core::nan;   ///< ln Σ exp(−s L)
};

/// E_s L
[[nodiscard]] inline double mean_log_rank(const std::vector<double>& logs, double exponent) {
  const double origin = exponent >= 0.0 ? logs.front() : logs.back();  // the largest term is 1
  double sum = 0.0, first = 0.0;
  for (const double l : logs) {
    const double p = std::exp(-exponent * (l - origin));
    sum += p;
    first += p * l;
  }
  return first / sum;
}

/// Second-order jackknife of Σ n_r ln(r)/N − edge · types: without an observation of a symbol seen n times the last of those that share its
/// count steps down, and that rank's logarithm is what the sum loses.
[[nodiscard]] inline double mean_log_rank_error(const summary::frequency_profile& profile, double edge) {
  if (profile.total() < 4 || profile.entries().size() == 1) return core::nan;
  const auto n = static_cast<double>(profile.total());
  const auto entries = profile.entries();
  std::vector<double> log_last(entries.size());  // of the number of symbols with that count or a higher one
  double symbols = 0.0;
  for (std::size_t i = entries.size(); i-- > 0;)
    log_last[i] = std::log(symbols += static_cast<double>(entries[i].multiplicity));
  const auto log_rank = [&](std::uint64_t count) {
    const auto at = std::ranges::lower_bound(entries, count, {}, &summary::frequency_profile::entry::count);
    return at == entries.end() ? 0.0 : log_last[static_cast<std::size_t>(at - entries.begin())];
  };
  return math::delete_one_standard_error(
      entries, profile.total(), [&](std::uint64_t r) { return log_rank(r) / (n - 1.0) - (r == 1 ? edge : 0.0); },
      [&](std::uint64_t r) {  // over half a standard deviation of a count: the ranks themselves are all steps
        const auto reach = static_cast<std::uint64_t>(0.5 * std::sqrt(static_cast<double>(r)) + 1.0);
        const std::uint64_t from = std::max(r, reach + 2) - 1 - reach, to = r + reach;
        return (log_rank(to) - log_rank(from)) / static_cast<double>(to - from) / (n - 2.0) + (r == 2 ? edge : 0.0);
      });
}

/// Root s of E_s L = mean, p_r ∝ exp(−s L_r), for ascending L of which not all are equal. The expectation falls in s: Newton,
/// kept between bounds that close in.
[[nodiscard]] inline zipf_solution zipf_exponent(const std::vector<double>& logs, double mean, double start) {
  zipf_solution z;
  double low = -core::infinity;
  double high = core::infinity;
  double s = start;
  for (int i = 0; i < 200; ++i) {
    double sum = 0.0;
    double first = 0.0;
    double second = 0.0;
    const double origin = s >= 0.0 ? logs.front() : logs.back();  // the largest term is 1
    for (const double l : logs) {
      const double d = l - origin;
      const double p = std::exp(-s * d);
      sum += p;
      first += d * p;
      second += d * d * p;
    }
    first /= sum;
    z.exponent = s;
    z.variance = second / sum - first * first;
    z.log_sum = std::log(sum) - s * origin;
    const double gap = first + origin - mean;
    if (gap == 0.0) break;
    (gap > 0.0 ? low : high) = s;
    double next = s + gap / z.variance;
    const double reach = 4.0 * (1.0 + std::abs(s));
    if (!(next > low && next < high) || std::abs(next - s) > reach)
      next = core::is_finite(low) && core::is_finite(high) ? 0.5 * (low + high) : s + (gap > 0.0 ? reach : -reach);
    const double step = std::abs(next - s);
    s = next;
    if (step <= 1e-15 * (1.0 + std::abs(s))) break;
    if (std::abs(s) > 1e6) return {};
  }
  return z;
}

/// The Zipf–Mandelbrot log-likelihood per token in (s, v = ln(1 + q)) with its derivatives.
[[nodiscard]] inline math::local_expansion<2> zipf_mandelbrot_likelihood(const ranked_counts& counts, std::size_t ranks,
                                                                         double s, double v) {
  const double q = std::expm1(v);
  math::local_expansion<2> l;
  if (!(s > 0.0) || !(q > -1.0) || !core::is_finite(q)) return l;
  const double origin = v;                                              // ln(1 + q), of the first rank
  double z = 0.0, el = 0.0, ell = 0.0, eu = 0.0, euu = 0.0, elu = 0.0;  // expectations under the model
  double dl = 0.0, du = 0.0, duu = 0.0;                                 // means of the data
  for (std::size_t i = 0; i < ranks; ++i) {
    const double x = static_cast<double>(i + 1) + q;
    const double log_ratio = i == 0 ? 0.0 : std::log(x) - origin;
    const double u = 1.0 / x;
    const double p = std::exp(-s * log_ratio);
    z += p;
    el += p * log_ratio;
    ell += p * log_ratio * log_ratio;
    eu += p * u;
    euu += p * u * u;
    elu += p * log_ratio * u;
    if (i < counts.count.size()) {
      const double share = counts.count[i] / counts.total;
      dl += share * log_ratio;
      du += share * u;
      duu += share * u * u;
    }
  }
  el /= z;
  eu /= z;
  const double var_l = ell / z - el * el;
  const double var_u = euu / z - eu * eu;
  const double cov = elu / z - el * eu;
  l.value = -s * dl - std::log(z);
  const double by_q = -s * (du - eu);
  const double by_qq = s * (duu - euu / z - s * var_u);
  const double by_sq = -(du - eu + s * cov);
  const double slope = 1.0 + q;  // dq/dv
  l.gradient = {el - dl, slope * by_q};
  l.hessian[0][0] = -var_l;
  l.hessian[0][1] = l.hessian[1][0] = slope * by_sq;
  l.hessian[1][1] = slope * slope * by_qq + slope * by_q;
  return l;
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Zipf exponent by maximum likelihood over ranks.
///
///   p_r ∝ r^{−s}, r = 1 … V;  Σ ln(r) p_r = Σ n_r ln(r)/N
///
/// A model that forgets its rare words has a larger s. Counts are ranked by themselves, descending, as every fit of Zipf's law to
/// text does; the likelihood takes these ranks as known, so the sample's own noise counts as steepness: compare samples of one size.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         s and N; standard error by the second-order jackknife of Σ n_r ln r, and of V where that is the types that occur (NaN
///                 where all counts are equal), or 1/√(N Var ln r) under the fit, for known ranks: up to 1.1 times the scatter under Zipf's law, 1.6
///                 to 2.5 times for equal shares, whose ranks are nothing but the sample; NaN for fewer than two ranks and for one type only,
///                 whose likelihood rises without end
/// @complexity     O(K) to build the profile, O(V) an iteration, about 6 of them
/// @bias           upwards where many types have few counts
/// @throws         std::invalid_argument for a negative or fractional count and a vocabulary smaller than the number of types
/// @see            G. K. Zipf (1949), Human Behavior and the Principle of Least Effort; S. T. Piantadosi (2014), Psychonomic
///                 Bulletin & Review 21, 1112–1130
/// @example        examples/tail/laws_of_words.cpp
struct zipf_fn {
  static constexpr std::string_view name = "tail.zipf_exponent_maximum_likelihood";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Piantadosi (2014)";

  template <summary::count_source Source>
  [[nodiscard]] zipf_fit operator()(const Source& source, const zipf_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "tail::zipf");
    const std::size_t ranks = detail::ranks_of(profile, options.vocabulary_size, "tail::zipf");
    zipf_fit fit;
    fit.exponent.count = profile.total();
    if (!profile.defined() || profile.types() < 2) return fit;
    const detail::ranked_counts counts(profile);
    std::vector<double> logs(ranks);
    double mean = 0.0;
    for (std::size_t i = 0; i < ranks; ++i) {
      logs[i] = std::log(static_cast<double>(i + 1));
      if (i < counts.count.size()) mean += counts.count[i] / counts.total * logs[i];
    }
    const detail::zipf_solution z = detail::zipf_exponent(logs, mean, 1.0);
    fit.exponent.value = z.exponent;
    if (options.error == zipf_error::known_ranks) {
      fit.exponent.standard_error = 1.0 / std::sqrt(counts.total * z.variance);
    } else {
      // dE[ln r]/dV, where V goes with the types
      const double last = logs.back();
      const double edge = options.vocabulary_size == 0 ? std::exp(-z.exponent * last - z.log_sum) *
                                                             (last - detail::mean_log_rank(logs, z.exponent))
                                                       : 0.0;
      const double error = detail::mean_log_rank_error(profile, edge);
      fit.exponent.standard_error = error > 0.0 ? error / z.variance : core::nan;
    }
    fit.log_likelihood = counts.total * (-z.exponent * mean - z.log_sum);
    return fit;
  }
};
inline constexpr zipf_fn zipf{};

/// Zipf–Mandelbrot law by maximum likelihood over ranks.
///
///   p_r ∝ (r + q)^{−s}, r = 1 … V, q > −1
///
/// q bends the law at the frequent words, where Zipf's does not fit text; s is then the steepness of the tail.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         s and q with standard errors from the inverse of the observed information, for known ranks (see zipf); NaN for
///                 fewer than three types and where the likelihood has no interior maximum (it still rises as q → ∞: an
///                 exponential law fits better)
/// @complexity     O(K) to build the profile, O(V) an iteration, about 60 of them
/// @throws         std::invalid_argument for a negative or fractional count and a vocabulary smaller than the number of types
/// @see            B. Mandelbrot (1953), in Jackson (ed.), Communication Theory, 486–502; Piantadosi (2014), as zipf
/// @example        examples/tail/laws_of_words.cpp
struct zipf_mandelbrot_fn {
  static constexpr std::string_view name = "tail.zipf_mandelbrot_maximum_likelihood";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Mandelbrot (1953)";

  template <summary::count_source Source>
  [[nodiscard]] zipf_mandelbrot_fit operator()(const Source& source, const zipf_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "tail::zipf_mandelbrot");
    const std::size_t ranks = detail::ranks_of(profile, options.vocabulary_size, "tail::zipf_mandelbrot");
    zipf_mandelbrot_fit fit;
    fit.exponent.count = fit.offset.count = profile.total();
    if (!profile.defined() || profile.types() < 3) return fit;
    const detail::ranked_counts counts(profile);

    // The best s for a few q, then both together from the best of these.
    std::array<double, 2> start{1.0, 0.0};
    double highest = -core::infinity;
    std::vector<double> logs(ranks);
    for (const double v : {-1.5, 0.0, 1.0, 2.0, 4.0, 6.0}) {
      const double q = std::expm1(v);
      double mean = 0.0;
      for (std::size_t i = 0; i < ranks; ++i) {
        logs[i] = std::log(static_cast<double>(i + 1) + q);
        if (i < counts.count.size()) mean += counts.count[i] / counts.total * logs[i];
      }
      const detail::zipf_solution z = detail::zipf_exponent(logs, mean, start[0]);
      const double value = -z.exponent * mean - z.log_sum;
      if (z.exponent > 0.0 && value > highest) {
        highest = value;
        start = {z.exponent, v};
      }
    }
    const auto best = math::newton_maximise<2>(start, [&](const std::array<double, 2>& at) {
      return detail::zipf_mandelbrot_likelihood(counts, ranks, at[0], at[1]);
    });
    if (!best.found || best.point[1] > 30.0) return fit;
    const double slope = std::exp(best.point[1]);
    fit.exponent.value = best.point[0];
    fit.exponent.standard_error = std::sqrt(best.covariance[0][0] / counts.total);
    fit.offset.value = std::expm1(best.point[1]);
    fit.offset.standard_error = slope * std::sqrt(best.covariance[1][1] / counts.total);
    fit.covariance = slope * best.covariance[0][1] / counts.total;
    fit.log_likelihood = counts.total * best.value;
    return fit;
  }
};
inline constexpr zipf_mandelbrot_fn zipf_mandelbrot{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
