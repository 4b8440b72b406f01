// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/monitor/detail/student_quantile.hpp"

namespace tailwatch::monitor {

/// How the parts of a baseline came about.
///
///   draws         parts are exchangeable draws, each with a level of its own (re-fits, documents, days): the null must
///                 hold the spread between parts
///   random_split  one pool, shuffled by a seed and cut: parts have no level of their own by construction, all blocks
///                 are one sample, and the bound is many times tighter
enum class part_model { draws, random_split };

struct baseline_options {
  part_model parts = part_model::draws;
  double half_width = 3.0;   ///< least half width of the map to [0, 1], in standard deviations of a block
  double lower = core::nan;  ///< both given: the map's ends, in units of the signal
  double upper = core::nan;
  std::uint64_t further_parts = 1;  ///< how many further parts the bound is to cover (draws only)
  /// Outliers do not widen the map: its centre and width, and the deviations told, are those of values drawn in to the
  /// median ± half_width·1.4826·MAD. The bound is worked out on all values through the map, as without.
  bool robust = false;
};

/// A one-sided null "the conditional mean of the mapped signal stays on this side of `mean`", and the fixed map that
/// makes block values fit for a bounded e-process: x = (v − lower)/(upper − lower), clamped to [0, 1].
struct one_sided_null {
  collapse_direction direction = collapse_direction::falls;  ///< the departure it watches for
  double lower = core::nan;
  double upper = core::nan;
  double mean = core::nan;  ///< on the mapped scale; falls: the null is "at least", rises: "at most"

  /// False where the baseline allows no null: too few values, no spread at all, or a bound outside the map.
  [[nodiscard]] bool usable() const noexcept { return mean > 0.0 && mean < 1.0; }
  [[nodiscard]] double map(double v) const noexcept { return std::clamp((v - lower) / (upper - lower), 0.0, 1.0); }
  [[nodiscard]] double unmap(double x) const noexcept { return lower + x * (upper - lower); }
  friend bool operator==(const one_sided_null&, const one_sided_null&) = default;
};

/// What is normal: values of one signal on the blocks of at least five disjoint parts.
///
/// Map: linear around the mean of all blocks, half width h = max(half_width·s, 2·(margin + tolerance)), s the standard
/// deviation of all blocks, so that the null's bound lies in the middle half. It uses baseline data alone. Clamping is
/// part of the signal, not an error: bound and observations pass through the same map.
///
/// Bound, k parts, at one-sided level a (draws): with Y the part means of mapped blocks and S their standard deviation,
///
///   m₀ = Ȳ ± t_{k−1}(a/g)·S·√(1 + 1/k) ± tolerance/(2h)
///
/// covers the latent levels μ of g further parts with probability ≥ 1 − a. Derivation: a part of n blocks shows
/// Y = μ + e with μ ~ N(M, τ²), e ~ N(0, σ²/n). For one further part μ* − Ȳ ~ N(0, τ² + (τ² + σ²/n)/k), and S²
/// estimates τ² + σ²/n ≥ τ², independent of Ȳ. So (μ* − Ȳ)/(S√(1 + 1/k)) is at most a t_{k−1} variable in its upper
/// quantiles, with equality when n → ∞: the noise of finite parts widens the bound, it never narrows it. What an
/// e-process judges is μ*, the conditional mean of the further part's blocks, and not their average; hence no term for
/// their number. random_split: τ = 0 by design, m₀ = x̄ ± t_{N−1}(a)·s/√N ± tolerance/(2h) over all N blocks.
///
/// Robust: a stray value in the baseline (a bad batch) would stretch the map and with it every later observation's step; with
/// `robust` it counts as one value at the map's end. The premises are the same.
///
/// Holds for: parts exchangeable with those to come, part means close to normal, blocks given the part independent or
/// in random order.
/// @complexity  O(N) to build and for each null
/// @throws      std::invalid_argument  for fewer than five parts, half_width ≤ 0, one map end without the other, or
///              lower ≥ upper; NaN and infinite values are skipped and counted
/// @see         G. J. Hahn (1969), Journal of the American Statistical Association 64, 878–888 (prediction intervals)
/// @example     examples/monitor/collapse_monitor.cpp
class baseline {
 public:
  static constexpr std::size_t least_parts = 5;

  explicit baseline(std::span<const std::vector<double>> parts, const baseline_options& options = {})
      : options_(options) {
    constexpr std::string_view function = "monitor::baseline";
    core::check_at_least(function, "parts", parts.size(), least_parts);
    core::check_positive(function, "half_width", options.half_width);
    core::check_at_least(function, "further_parts", options.further_parts, std::uint64_t{1});
    core::check(core::is_nan(options.lower) == core::is_nan(options.upper), function, "upper", options.upper,
                "given where lower is");
    if (!core::is_nan(options.lower))
      core::check(core::is_finite(options.lower) && core::is_finite(options.upper) && options.upper > options.lower,
                  function, "upper", options.upper, "finite and above lower");
    for (const std::vector<double>& part : parts) {
      std::size_t kept = 0;
      for (const double v : part) {
        if (core::is_finite(v)) {
          blocks_.push_back(v);
          ++kept;
        } else {
          ++rejected_;
        }
      }
      if (kept != 0) ends_.push_back(blocks_.size());
    }
    double low = -core::infinity, high = core::infinity;
    if (options.robust && !blocks_.empty()) {
      const double centre = median_of(blocks_);
      std::vector<double> away(blocks_);
      for (double& v : away) v = std::abs(v - centre);
      const double spread = options.half_width * 1.4826 * median_of(away);
      if (spread > 0.0) {  // more than half of the values are one: nothing to tell outliers by
        low = centre - spread;
        high = centre + spread;
      }
    }
    std::vector<double> drawn_in(blocks_);
    for (double& v : drawn_in) v = std::clamp(v, low, high);
    const summary_of all = summarise(drawn_in);
    mean_ = all.mean;
    block_deviation_ = all.deviation;
    part_deviation_ = summarise(part_means([low, high](double v) { return std::clamp(v, low, high); })).deviation;
  }

  /// The null that `direction` (falls or rises) departs from, at one-sided level `level`, tolerance in units of the
  /// signal.
  /// @throws std::invalid_argument  unless 0 < level < 1/2, tolerance ≥ 0 and direction is one of the two
  [[nodiscard]] one_sided_null null(collapse_direction direction, double level, double tolerance = 0.0) const {
    constexpr std::string_view function = "monitor::baseline::null";
    core::check(direction != collapse_direction::either, function, "direction", std::string_view("either"),
                "falls or rises");
    core::check_open_interval(function, "level", level, 0.0, 0.5);
    core::check_not_negative(function, "tolerance", tolerance);
    one_sided_null result;
    result.direction = direction;
    if (!usable()) return result;
    result.lower = options_.lower;
    result.upper = options_.upper;
    const double factor = bound_factor(level);
    if (core::is_nan(options_.lower)) {
      const double spread = options_.parts == part_model::draws ? part_deviation_ : block_deviation_;
      const double half = std::max(options_.half_width * block_deviation_, 2.0 * (factor * spread + tolerance));
      if (!(half > 1e-12 * std::abs(mean_)) || !core::is_finite(half)) return result;
      result.lower = mean_ - half;
      result.upper = mean_ + half;
    }
    const auto mapped = [&](double v) { return result.map(v); };
    summary_of level_of;
    if (options_.parts == part_model::draws) {
      level_of = summarise(part_means(mapped));
    } else {
      std::vector<double> x(blocks_);
      std::ranges::transform(x, x.begin(), mapped);
      level_of = summarise(x);
    }
    const double margin = factor * level_of.deviation + tolerance / (result.upper - result.lower);
    result.mean = level_of.mean + (direction == collapse_direction::rises ? margin : -margin);
    return result;
  }

  /// Standard error of the baseline's level as a forecast of a further part's level.
  [[nodiscard]] double level_standard_error() const noexcept {
    const auto n = static_cast<double>(options_.parts == part_model::draws ? parts() : blocks());
    return options_.parts == part_model::draws ? part_deviation_ * std::sqrt(1.0 + 1.0 / n)
                                               : block_deviation_ / std::sqrt(n);
  }
  /// Mean of all blocks, in units of the signal; NaN where there is none.
  [[nodiscard]] double mean() const noexcept { return mean_; }
  /// Standard deviation of all blocks.
  [[nodiscard]] double block_deviation() const noexcept { return block_deviation_; }
  /// Standard deviation of the part means.
  [[nodiscard]] double part_deviation() const noexcept { return part_deviation_; }
  [[nodiscard]] std::size_t parts() const noexcept { return ends_.size(); }
  [[nodiscard]] std::size_t blocks() const noexcept { return blocks_.size(); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }
  [[nodiscard]] const baseline_options& options() const noexcept { return options_; }
  /// False where fewer than five parts hold a finite value.
  [[nodiscard]] bool usable() const noexcept { return ends_.size() >= least_parts; }

 private:
  struct summary_of {
    double mean = core::nan;
    double deviation = core::nan;
  };

  [[nodiscard]] static summary_of summarise(std::span<const double> x) {
    if (x.size() < 2) return {x.empty() ? core::nan : x[0], core::nan};
    double sum = 0.0;
    for (const double v : x) sum += v;
    const double mean = sum / static_cast<double>(x.size());
    double squares = 0.0;
    for (const double v : x) squares += (v - mean) * (v - mean);
    return {mean, std::sqrt(squares / static_cast<double>(x.size() - 1))};
  }

  [[nodiscard]] static double median_of(std::vector<double> x) {
    const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
    std::nth_element(x.begin(), middle, x.end());
    if (x.size() % 2 == 1) return *middle;
    return 0.5 * (*middle + *std::max_element(x.begin(), middle));
  }
  template <class Map>
  [[nodiscard]] std::vector<double> part_means(const Map& map) const {
    std::vector<double> means;
    means.reserve(ends_.size());
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      double sum = 0.0;
      for (std::size_t i = begin; i < end; ++i) sum += map(blocks_[i]);
      means.push_back(sum / static_cast<double>(end - begin));
      begin = end;
    }
    return means;
  }

  [[nodiscard]] double bound_factor(double level) const {
    if (options_.parts == part_model::draws) {
      const auto k = static_cast<double>(ends_.size());
      return detail::student_upper_quantile(k - 1.0, level / static_cast<double>(options_.further_parts)) *
             std::sqrt(1.0 + 1.0 / k);
    }
    const auto n = static_cast<double>(blocks_.size());
    return detail::student_upper_quantile(n - 1.0, level) / std::sqrt(n);
  }

  baseline_options options_;
  std::vector<double> blocks_;
  std::vector<std::size_t> ends_;
  double mean_ = core::nan;
  double block_deviation_ = core::nan;
  double part_deviation_ = core::nan;
  std::uint64_t rejected_ = 0;
};

}  // namespace tailwatch::monitor
