// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/random/binomial_distribution.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/recursion/alias_table.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/detail/weight_shares.hpp"

namespace tailwatch::recursion {

/// A categorical sample as its counts, [K]: data for `run` at a cost that depends on the number of types, not of draws.
struct category_counts {
  std::vector<std::uint64_t> counts;

  [[nodiscard]] std::uint64_t total() const noexcept {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  }
  friend bool operator==(const category_counts&, const category_counts&) = default;
};

/// Unit: one draw. A draw without replacement runs through all units (selection sampling, O(total)).
template <>
struct data_traits<category_counts> {
  using data_type = category_counts;

  [[nodiscard]] static std::uint64_t size(const data_type& data) noexcept { return data.total(); }
  static void append(data_type& to, const data_type& from) {
    if (to.counts.size() < from.counts.size()) to.counts.resize(from.counts.size(), 0);
    for (std::size_t i = 0; i < from.counts.size(); ++i) to.counts[i] += from.counts[i];
  }

  /// Each unit in turn is taken with probability (still wanted)/(still left): C. T. Fan et al. (1962), JASA 57, 387–402.
  template <core::random_bits Random>
  [[nodiscard]] static data_type draw(const data_type& from, std::uint64_t n, Random& random) {
    std::uint64_t left = from.total();
    if (n >= left) return from;
    data_type out{std::vector<std::uint64_t>(from.counts.size(), 0)};
    for (std::size_t i = 0; i < from.counts.size() && n > 0; ++i)
      for (std::uint64_t unit = 0; unit < from.counts[i]; ++unit, --left)
        if (core::uniform_below(random, left) < n) {
          ++out.counts[i];
          --n;
        }
    return out;
  }

  static void save(core::output_archive& out, const data_type& data) { detail::save_numbers(out, data.counts); }
  static void load(core::input_archive& in, data_type& data) { detail::load_numbers(in, data.counts); }

  template <core::random_bits Random>
  [[nodiscard]] static data_type take(data_type& from, std::uint64_t n, Random& random) {
    data_type out = draw(from, n, random);
    for (std::size_t i = 0; i < out.counts.size(); ++i) from.counts[i] -= out.counts[i];
    return out;
  }
};

/// A law on 0 … K − 1, from weights or counts that need not sum to one.
///
/// @throws  std::invalid_argument  for a negative or non-finite weight or more than 2³² types
class categorical {
 public:
  categorical() = default;

  template <core::number_range Weights>
  explicit categorical(const Weights& weights) {
    const auto w = core::as_span(weights);
    core::check_at_most("recursion::categorical", "types", std::uint64_t{w.size()}, std::uint64_t{1} << 32);
    weights_.reserve(w.size());
    for (const auto value : w) {
      const auto weight = static_cast<double>(value);
      core::check_not_negative("recursion::categorical", "weight", weight);
      core::check(core::is_finite(weight), "recursion::categorical", "weight", weight, "finite");
      weights_.push_back(weight);
      total_ += weight;
    }
    core::check(core::is_finite(total_), "recursion::categorical", "sum of weights", total_, "finite");
  }

  /// K, types with zero weight included.
  [[nodiscard]] std::size_t types() const noexcept { return weights_.size(); }
  /// False where no weight is positive: nothing can be drawn.
  [[nodiscard]] bool defined() const noexcept { return total_ > 0.0; }
  /// Types that can still be drawn.
  [[nodiscard]] std::size_t alive() const noexcept {
    return weights_.size() - static_cast<std::size_t>(std::count(weights_.begin(), weights_.end(), 0.0));
  }
  /// p_i; 0 beyond the last type, NaN where undefined.
  [[nodiscard]] double probability(std::size_t i) const noexcept {
    if (!defined()) return core::nan;
    return i < weights_.size() ? weights_[i] / total_ : 0.0;
  }
  /// ln p_i.
  [[nodiscard]] double log_density(std::size_t i) const noexcept { return std::log(probability(i)); }
  /// Gini–Simpson diversity H = 1 − Σp²; NaN where undefined.
  [[nodiscard]] double simpson() const noexcept {
    if (!defined()) return core::nan;
    double sum = 0.0;
    for (const double w : weights_) sum += (w / total_) * (1.0 - w / total_);
    return sum;
  }

  /// n draws by an alias table built here, O(K + n); nothing where undefined. Keep an alias_table of your own to draw often.
  template <core::random_bits Random>
  [[nodiscard]] std::vector<std::uint32_t> sample(std::uint64_t n, Random& random) const {
    if (!defined()) return {};
    const alias_table table(weights_);
    std::vector<std::uint32_t> out(static_cast<std::size_t>(n));
    for (auto& x : out) x = table(random);
    return out;
  }

  /// Counts of n draws, [K]: a multinomial draw by conditional binomials, O(K) binomials whatever n; all zero where undefined.
  template <core::random_bits Random>
  [[nodiscard]] std::vector<std::uint64_t> resample(std::uint64_t n, Random& random) const {
    std::vector<std::uint64_t> counts(weights_.size(), 0);
    if (!defined()) return counts;
    std::vector<double> rest(weights_.size());  // suffix sums: subtracting from the total would lose the rare types
    double sum = 0.0;
    for (std::size_t i = weights_.size(); i-- > 0;) rest[i] = sum += weights_[i];
    for (std::size_t i = 0; i < weights_.size() && n > 0; ++i) {
      if (weights_[i] == 0.0) continue;
      const double p = weights_[i] / rest[i];
      const std::uint64_t hits = p >= 1.0 ? n : binomial(n, p, random);
      counts[i] = hits;
      n -= hits;
    }
    return counts;
  }

  [[nodiscard]] const std::vector<double>& weights() const noexcept { return weights_; }

  friend bool operator==(const categorical&, const categorical&) = default;

 private:
  /// Binomial(n, p). Small means by geometric jumps from success to success (L. Devroye 1986, X.4), one logarithm each; the
  /// rest by Boost's BTRD, in 64 bits because it forms n + 1.
  template <core::random_bits Random>
  [[nodiscard]] static std::uint64_t binomial(std::uint64_t n, double p, Random& random) {
    if (static_cast<double>(n) * p < 4.0) {
      const double log_failure = std::log1p(-p);
      std::uint64_t hits = 0;
      for (double position = 0.0;;) {
        position += std::floor(std::log(1.0 - core::uniform_01(random)) / log_failure) + 1.0;
        if (position > static_cast<double>(n)) return hits;
        ++hits;
      }
    }
    boost::random::binomial_distribution<std::int64_t, double> law(static_cast<std::int64_t>(n), p);
    return static_cast<std::uint64_t>(law(random));
  }

  std::vector<double> weights_;
  double total_ = 0.0;
};

/// Zipf–Mandelbrot weights (i + offset)^{−exponent}, i = 1 … types.
/// @throws std::invalid_argument unless types ≥ 1, exponent ≥ 0, offset > −1
[[nodiscard]] inline categorical zipf(std::size_t types, double exponent, double offset = 0.0) {
  core::check_at_least("recursion::zipf", "types", types, std::size_t{1});
  core::check_not_negative("recursion::zipf", "exponent", exponent);
  core::check(offset > -1.0, "recursion::zipf", "offset", offset, "greater than -1");
  std::vector<double> weights(types);
  for (std::size_t i = 0; i < types; ++i) weights[i] = std::pow(static_cast<double>(i) + 1.0 + offset, -exponent);
  return categorical(weights);
}

/// The empirical law of categorical data: a model family for `run` over category_counts (maximum likelihood, so a type that
/// was not drawn is extinct). A generation costs O(types), whatever the draws.
struct categorical_model {
  [[nodiscard]] categorical fit(const category_counts& data) const { return categorical(data.counts); }

  template <core::random_bits Random>
  [[nodiscard]] category_counts sample(const categorical& model, std::uint64_t n, Random& random) const {
    return {model.resample(n, random)};
  }
};

/// The same over std::vector<std::uint32_t>, one type id a draw: O(types + draws) a generation, and weights, curation and
/// screens apply.
/// @throws std::invalid_argument  for bad weights
struct categorical_draws_model {
  [[nodiscard]] categorical fit(const std::vector<std::uint32_t>& draws) const {
    return fit_by(draws, [](std::size_t) { return 1.0; });
  }
  [[nodiscard]] categorical fit(const std::vector<std::uint32_t>& draws, std::span<const double> weights) const {
    return fit_by(draws, detail::weight_shares("recursion::categorical_draws_model", weights, draws.size()));
  }

  template <core::random_bits Random>
  [[nodiscard]] std::vector<std::uint32_t> sample(const categorical& model, std::uint64_t n, Random& random) const {
    return model.sample(n, random);
  }

 private:
  template <class Weight>
  [[nodiscard]] static categorical fit_by(const std::vector<std::uint32_t>& draws, const Weight& weight) {
    std::vector<double> weights;
    for (std::size_t i = 0; i < draws.size(); ++i) {
      if (draws[i] >= weights.size()) weights.resize(std::size_t{draws[i]} + 1, 0.0);
      weights[draws[i]] += weight(i);
    }
    return categorical(weights);
  }
};

}  // namespace tailwatch::recursion
