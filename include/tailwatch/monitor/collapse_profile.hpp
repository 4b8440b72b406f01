// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/least_squares.hpp"

namespace tailwatch::monitor {

/// What was measured on one generation; what was not stays NaN.
struct generation_measures {
  estimate risk = {};           ///< mean negative log-likelihood of held-out real data
  double variance = core::nan;  ///< of the generated data: a variance, trace or generalised variance
  estimate mode_overlap = {};   ///< how far modes of the real data run into each other, 0 to 1
  estimate tail_mass = {};      ///< mass on what is rare in the real data
  estimate outside_mass = {};   ///< mass outside the support of the real data
};

/// Risk after training on `size` observations.
struct scaling_point {
  double size = core::nan;
  double risk = core::nan;
};

enum class verdict : std::uint8_t {
  unknown,  ///< not measured, too few generations, or no standard error
  absent,   ///< measured, and not beyond its noise
  present,
};

[[nodiscard]] constexpr std::string_view to_string(verdict v) noexcept {
  return v == verdict::present ? "present" : v == verdict::absent ? "absent" : "unknown";
}

/// One definition: the number it rests on, and whether it holds.
struct finding {
  estimate evidence = {};
  verdict holds = verdict::unknown;
};

struct collapse_profile_options {
  double clear = 3.0;                            ///< standard errors beyond which evidence counts
  double catastrophic = 0.69314718055994530942;  ///< rise of the risk that is a catastrophe; ln 2: twice the perplexity
  double lost_tail = 0.1;                        ///< share of the tail's mass whose loss counts
};

/// The eight published definitions of model collapse, side by side. R: risk, g: generation, first and last those given.
struct collapse_profile {
  finding catastrophic_risk;    ///< R_last − R_first > catastrophic
  finding increased_risk;       ///< R_last − R_first > 0
  finding diverging_risk;       ///< slope of R over the later half > 0, and no less than over the earlier half
  finding changed_scaling;      ///< slope of ln R over ln size, synthetic − real ≠ 0
  finding collapsing_variance;  ///< slope of ln variance over g < 0
  finding entangled_modes;      ///< overlap, last − first > 0
  finding lost_tail;            ///< 1 − tail mass, last/first > lost_tail
  finding hallucination;        ///< outside mass, last − first > 0
};

namespace detail {

/// Slope of y over x by least squares, standard error from the residuals; NaN for fewer than three points.
class trend {
 public:
  void add(double x, double y) noexcept {
    if (!core::is_finite(x) || !core::is_finite(y)) return;
    fit_.add(x, y);
    ++size_;
    const auto n = static_cast<double>(size_);
    const double dx = x - mean_x_;
    const double dy = y - mean_y_;
    mean_x_ += dx / n;
    mean_y_ += dy / n;
    xx_ += dx * (x - mean_x_);
    yy_ += dy * (y - mean_y_);
  }
  [[nodiscard]] estimate slope() const noexcept {
    const double b = fit_.fit().slope;
    if (size_ < 3 || core::is_nan(b)) return {b, core::nan, size_};
    const double residual = yy_ - b * b * xx_;
    const double variance = residual > 0.0 ? residual / (static_cast<double>(size_ - 2) * xx_) : 0.0;
    return {b, std::sqrt(variance), size_};
  }

 private:
  math::line_fit fit_;
  std::uint64_t size_ = 0;
  double mean_x_ = 0.0, mean_y_ = 0.0, xx_ = 0.0, yy_ = 0.0;
};

[[nodiscard]] inline finding judged(const estimate& evidence, double threshold, double clear) noexcept {
  if (!core::is_finite(evidence.value) || !core::is_finite(evidence.standard_error))
    return {evidence, verdict::unknown};
  const bool beyond = evidence.value - clear * evidence.standard_error > threshold;
  return {evidence, beyond ? verdict::present : verdict::absent};
}

[[nodiscard]] inline estimate difference(const estimate& a, const estimate& b) noexcept {
  return {a.value - b.value, std::hypot(a.standard_error, b.standard_error), a.count + b.count};
}

}  // namespace detail

/// Reads the eight definitions off the generations of a run, the first of them the one that saw real data alone.
///
/// Differences are between the first and the last generation given, independent of each other; slopes are least squares
/// with the standard error of their residuals, so that a trend is told from the noise of measurement. They say what this
/// run did and not why: a variance that walks down by chance has collapsed too. A reading and not a test: the definitions share data, and no level covers the eight together; alarms are collapse_monitor's business.
/// "Diverging" asks that the later half of at least six generations rise clearly and no slower than the earlier half:
/// growth that slows, as under accumulated data, is absent; a finite run proves neither.
/// @param real, synthetic  risks after training on real data and on generated data of several sizes, at least three
/// @throws  std::invalid_argument  for negative options
/// @see     R. Schaeffer et al. (2025), Position: Model Collapse Does Not Mean What You Think, arXiv:2503.03150
/// @example examples/monitor/collapse_profile.cpp
[[nodiscard]] inline collapse_profile profile_collapse(std::span<const generation_measures> generations,
                                                       std::span<const scaling_point> real = {},
                                                       std::span<const scaling_point> synthetic = {},
                                                       const collapse_profile_options& options = {}) {
  constexpr std::string_view function = "monitor::profile_collapse";
  core::check_not_negative(function, "clear", options.clear);
  core::check_not_negative(function, "catastrophic", options.catastrophic);
  core::check_not_negative(function, "lost_tail", options.lost_tail);
  const double clear = options.clear;
  collapse_profile profile;

  const auto slope_of = [](std::span<const scaling_point> points) {
    detail::trend t;
    for (const scaling_point& p : points)
      if (p.size > 0.0 && p.risk > 0.0) t.add(std::log(p.size), std::log(p.risk));
    return t.slope();
  };
  const estimate change = detail::difference(slope_of(synthetic), slope_of(real));
  profile.changed_scaling = detail::judged({std::abs(change.value), change.standard_error, change.count}, 0.0, clear);
  profile.changed_scaling.evidence.value = change.value;

  if (generations.size() < 2) return profile;
  const generation_measures& first = generations.front();
  const generation_measures& last = generations.back();
  const estimate rise = detail::difference(last.risk, first.risk);
  profile.catastrophic_risk = detail::judged(rise, options.catastrophic, clear);
  profile.increased_risk = detail::judged(rise, 0.0, clear);
  profile.entangled_modes = detail::judged(detail::difference(last.mode_overlap, first.mode_overlap), 0.0, clear);
  profile.hallucination = detail::judged(detail::difference(last.outside_mass, first.outside_mass), 0.0, clear);

  const double kept = last.tail_mass.value / first.tail_mass.value;
  const estimate lost{1.0 - kept,
                      std::hypot(last.tail_mass.standard_error, kept * first.tail_mass.standard_error) /
                          std::abs(first.tail_mass.value),
                      first.tail_mass.count + last.tail_mass.count};
  profile.lost_tail = detail::judged(lost, options.lost_tail, clear);

  detail::trend log_variance, earlier, later;
  for (std::size_t g = 0; g < generations.size(); ++g) {
    const auto x = static_cast<double>(g);
    if (generations[g].variance > 0.0) log_variance.add(x, std::log(generations[g].variance));
    (2 * g < generations.size() ? earlier : later).add(x, generations[g].risk.value);
  }
  const estimate shrinking = log_variance.slope();
  profile.collapsing_variance =
      detail::judged({-shrinking.value, shrinking.standard_error, shrinking.count}, 0.0, clear);
  profile.collapsing_variance.evidence.value = shrinking.value;
  profile.diverging_risk = detail::judged(later.slope(), 0.0, clear);
  const finding slowing = detail::judged(detail::difference(earlier.slope(), later.slope()), 0.0, clear);
  if (slowing.holds == verdict::unknown) profile.diverging_risk.holds = verdict::unknown;
  if (slowing.holds == verdict::present) profile.diverging_risk.holds = verdict::absent;
  return profile;
}

}  // namespace tailwatch::monitor
