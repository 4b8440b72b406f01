// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/detail/weight_shares.hpp"

namespace tailwatch::recursion {

/// The continuous power law (Pareto) f(x) = (α − 1)/x_min (x/x_min)^{−α} on [x_min, ∞).
struct power_law {
  double exponent = 2.0;  ///< α > 1; +∞: all mass at x_min; NaN: undefined
  double minimum = 1.0;   ///< x_min > 0

  [[nodiscard]] bool defined() const noexcept { return exponent > 1.0 && minimum > 0.0; }

  /// ln f(x); −∞ below the minimum, NaN where undefined.
  [[nodiscard]] double log_density(double x) const noexcept {
    if (!defined()) return core::nan;
    if (x < minimum) return -core::infinity;
    if (exponent == core::infinity) return x == minimum ? core::infinity : -core::infinity;
    return std::log((exponent - 1.0) / minimum) - exponent * std::log(x / minimum);
  }
  /// P(X > x).
  [[nodiscard]] double tail_mass(double x) const noexcept {
    if (!defined()) return core::nan;
    return x <= minimum ? 1.0 : std::pow(x / minimum, 1.0 - exponent);
  }

  /// n independent draws by inversion, x_min (1 − U)^{−1/(α − 1)}; nothing where undefined.
  template <core::random_bits Random>
  [[nodiscard]] std::vector<double> sample(std::uint64_t n, Random& random) const {
    if (!defined()) return {};
    std::vector<double> out(static_cast<std::size_t>(n));
    const double power = -1.0 / (exponent - 1.0);
    for (double& x : out) x = minimum * std::pow(1.0 - core::uniform_01(random), power);
    return out;
  }

  friend bool operator==(const power_law&, const power_law&) = default;
};

/// Maximum likelihood of the exponent, x_min known: α̂ = 1 + Σw/Σ w ln(x/x_min). A model family for `run`.
///
/// Smaller and NaN values are left out, as a tail fit does; `sample` gives only values of the tail. With no value left the
/// model is undefined; with all values at x_min the exponent is infinite. The scale θ = 1/(α − 1), the mean of ln(x/x_min),
/// is unbiased: power_law_theory.hpp says what refitting does to it.
/// @throws  std::invalid_argument  for a minimum that is not positive, or bad weights
/// @see     A. Clauset, C. R. Shalizi, M. E. J. Newman (2009), SIAM Review 51, 661–703, (3.1)
struct power_law_model {
  double minimum = 1.0;

  [[nodiscard]] power_law fit(const std::vector<double>& data) const {
    return fit_by(data, [](std::size_t) { return 1.0; });
  }
  [[nodiscard]] power_law fit(const std::vector<double>& data, std::span<const double> weights) const {
    return fit_by(data, detail::weight_shares("recursion::power_law_model", weights, data.size()));
  }

  template <core::random_bits Random>
  [[nodiscard]] std::vector<double> sample(const power_law& model, std::uint64_t n, Random& random) const {
    return model.sample(n, random);
  }

 private:
  template <class Weight>
  [[nodiscard]] power_law fit_by(const std::vector<double>& data, const Weight& weight) const {
    core::check_positive("recursion::power_law_model", "minimum", minimum);
    double mass = 0.0;
    double sum = 0.0;
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (core::is_nan(data[i]) || !(data[i] >= minimum) || !core::is_finite(data[i])) continue;
      mass += weight(i);
      sum += weight(i) * std::log(data[i] / minimum);
    }
    if (!(mass > 0.0)) return {core::nan, minimum};
    return {sum > 0.0 ? 1.0 + mass / sum : core::infinity, minimum};
  }
};

}  // namespace tailwatch::recursion
