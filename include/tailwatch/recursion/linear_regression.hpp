// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/math/dense_matrix.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/detail/weight_shares.hpp"

namespace tailwatch::recursion {

/// Rows (x, y) of a regression, row-major: data for `run`, a unit is a row.
struct regression_rows {
  std::size_t dimension = 0;
  std::vector<double> inputs;  ///< [n·d]
  std::vector<double> labels;  ///< [n]

  [[nodiscard]] std::size_t size() const noexcept { return labels.size(); }
  [[nodiscard]] std::span<const double> input(std::size_t i) const noexcept {
    return std::span<const double>(inputs).subspan(i * dimension, dimension);
  }
  friend bool operator==(const regression_rows&, const regression_rows&) = default;
};

template <>
struct data_traits<regression_rows> {
  using data_type = regression_rows;

  [[nodiscard]] static std::uint64_t size(const data_type& data) noexcept { return data.size(); }
  [[nodiscard]] static std::size_t items(const data_type& data) noexcept { return data.size(); }

  /// @throws std::invalid_argument where both hold rows and their dimensions differ
  static void append(data_type& to, const data_type& from) {
    if (from.labels.empty()) return;
    if (to.labels.empty()) to.dimension = from.dimension;
    core::check(to.dimension == from.dimension, "recursion::append", "dimension", from.dimension,
                "that of the other rows");
    to.inputs.insert(to.inputs.end(), from.inputs.begin(), from.inputs.end());
    to.labels.insert(to.labels.end(), from.labels.begin(), from.labels.end());
  }
  [[nodiscard]] static data_type gather(const data_type& from, std::span<const std::size_t> chosen) {
    data_type out{from.dimension, {}, {}};
    out.inputs.reserve(chosen.size() * from.dimension);
    out.labels.reserve(chosen.size());
    for (const std::size_t i : chosen) {
      out.inputs.insert(out.inputs.end(), from.input(i).begin(), from.input(i).end());
      out.labels.push_back(from.labels[i]);
    }
    return out;
  }
  template <core::random_bits Random>
  [[nodiscard]] static data_type draw(const data_type& from, std::uint64_t n, Random& random) {
    if (n >= from.size()) return from;
    return gather(from, detail::random_prefix(from.size(), static_cast<std::size_t>(n), random));
  }
  template <core::random_bits Random>
  [[nodiscard]] static data_type take(data_type& from, std::uint64_t n, Random& random) {
    return detail::take_items<data_type>(from, n, random);
  }

  static void save(core::output_archive& out, const data_type& data) {
    out.u64(data.dimension);
    detail::save_numbers(out, data.inputs);
    detail::save_numbers(out, data.labels);
  }
  static void load(core::input_archive& in, data_type& data) {
    data.dimension = static_cast<std::size_t>(in.u64());
    detail::load_numbers(in, data.inputs);
    detail::load_numbers(in, data.labels);
    detail::check_loaded(data.inputs.size() == data.labels.size() * data.dimension, "inputs and labels do not match");
  }
};

/// y = wᵀx + noise.
struct linear_model {
  std::vector<double> coefficients;  ///< [d]; NaN where the fit was singular
  double noise_variance = 0.0;

  [[nodiscard]] bool defined() const noexcept {
    for (const double w : coefficients)
      if (!core::is_finite(w)) return false;
    return !coefficients.empty() && core::is_finite(noise_variance);
  }
  [[nodiscard]] double predict(std::span<const double> x) const {
    core::check_same_size("recursion::linear_model::predict", "x", x.size(), "coefficients", coefficients.size());
    double y = 0.0;
    for (std::size_t j = 0; j < x.size(); ++j) y += coefficients[j] * x[j];
    return y;
  }
  /// ln f(y | x); ±∞ without noise, NaN where undefined.
  [[nodiscard]] double log_density(std::span<const double> x, double y) const {
    const double e = y - predict(x);
    if (noise_variance == 0.0) return e == 0.0 ? core::infinity : -core::infinity;
    return -0.5 * (e * e / noise_variance + std::log(noise_variance) + 1.8378770664093454836);  // ln 2π
  }
  /// ‖w − truth‖²
  [[nodiscard]] double risk(std::span<const double> truth) const {
    core::check_same_size("recursion::linear_model::risk", "truth", truth.size(), "coefficients", coefficients.size());
    double sum = 0.0;
    for (std::size_t j = 0; j < truth.size(); ++j) sum += (coefficients[j] - truth[j]) * (coefficients[j] - truth[j]);
    return sum;
  }

  friend bool operator==(const linear_model&, const linear_model&) = default;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Least squares and ridge regression as a model family for `run` over regression_rows.
///
///   ŵ = (XᵀWX + ridge·I)⁻¹ XᵀWy     W = diag(weights), mean weight 1
///
/// A sample of the model has labels ŵᵀx + N(0, noise_variance) on inputs that are either one fixed design, repeated in order
/// (`design = same`, rows of `inputs`), or fresh standard normal rows (`fresh`). The two have different risks under accumulation
/// (linear_theory.hpp); published code reuses one matrix, published text speaks of fresh ones.
///
/// Without ridge and with fewer independent rows than coefficients the fit is singular: NaN coefficients, and `run` ends there
/// by name.
///
/// @complexity  fit O(n d² + d³), sample O(n d)
/// @throws      std::invalid_argument  for a negative ridge or noise variance, bad weights, a same design without inputs or of
///              another dimension
/// @see         M. Gerstgrasser et al. (2024), arXiv 2404.01413
struct linear_regression_model {
  double ridge = 0.0;
  double noise_variance = 1.0;  ///< of the labels a sample gets; known, as in the papers
  bool estimate_noise = false;  ///< true: that of the fit's own residuals, over n − d, instead
  linear_design design = linear_design::fresh;
  std::vector<double> inputs{};  ///< the fixed design [rows · d], `same` only

  [[nodiscard]] linear_model fit(const regression_rows& data) const {
    return fit_by(data, [](std::size_t) { return 1.0; });
  }
  [[nodiscard]] linear_model fit(const regression_rows& data, std::span<const double> weights) const {
    const detail::weight_shares share(function, weights, data.size());
    const auto n = static_cast<double>(data.size());
    return fit_by(data, [&share, n](std::size_t i) { return n * share(i); });
  }

  template <core::random_bits Random>
  [[nodiscard]] regression_rows sample(const linear_model& model, std::uint64_t n, Random& random) const {
    const std::size_t d = model.coefficients.size();
    regression_rows out{d, {}, {}};
    if (!model.defined()) return out;
    if (design == linear_design::same)
      core::check(!inputs.empty() && inputs.size() % d == 0, function, "size of inputs", inputs.size(),
                  "a positive multiple of the dimension where the design is the same");
    boost::random::normal_distribution<double> standard;
    const double deviation = std::sqrt(model.noise_variance);
    out.inputs.reserve(static_cast<std::size_t>(n) * d);
    out.labels.reserve(static_cast<std::size_t>(n));
    for (std::uint64_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < d; ++j)
        out.inputs.push_back(design == linear_design::same
                                 ? inputs[(static_cast<std::size_t>(i) * d + j) % inputs.size()]
                                 : standard(random));
      out.labels.push_back(model.predict(out.input(static_cast<std::size_t>(i))) + deviation * standard(random));
    }
    return out;
  }

 private:
  static constexpr auto function = "recursion::linear_regression_model";

  template <class Weight>
  [[nodiscard]] linear_model fit_by(const regression_rows& data, const Weight& weight) const {
    core::check_not_negative(function, "ridge", ridge);
    core::check_not_negative(function, "noise_variance", noise_variance);
    const std::size_t d = data.dimension;
    std::vector<double> gram(d * d, 0.0), moment(d, 0.0);
    for (std::size_t i = 0; i < data.size(); ++i) {
      const auto x = data.input(i);
      const double w = weight(i);
      for (std::size_t a = 0; a < d; ++a) {
        moment[a] += w * x[a] * data.labels[i];
        for (std::size_t b = a; b < d; ++b) gram[a * d + b] += w * x[a] * x[b];
      }
    }
    linear_model model{std::vector<double>(d, core::nan), estimate_noise ? core::nan : noise_variance};
    for (std::size_t a = 0; a < d; ++a) {
      gram[a * d + a] += ridge;
      for (std::size_t b = 0; b < a; ++b) gram[a * d + b] = gram[b * d + a];
    }
    for (const double g : gram)
      if (!core::is_finite(g)) return model;
    const math::cholesky_factor u = math::pivoted_cholesky(gram, d);
    if (d == 0 || u.rank() < d) return model;
    // UᵀU w = moment, rows and pivots of U in the order of u.order
    std::vector<double> z(d), w(d);
    for (std::size_t k = 0; k < d; ++k) {
      double x = moment[u.order[k]];
      for (std::size_t l = 0; l < k; ++l) x -= u.rows[l * d + u.order[k]] * z[l];
      z[k] = x / u.rows[k * d + u.order[k]];
    }
    for (std::size_t k = d; k-- > 0;) {
      double x = z[k];
      for (std::size_t l = k + 1; l < d; ++l) x -= u.rows[k * d + u.order[l]] * w[u.order[l]];
      w[u.order[k]] = x / u.rows[k * d + u.order[k]];
    }
    model.coefficients = std::move(w);
    if (estimate_noise && data.size() > d) {
      double sum = 0.0;
      for (std::size_t i = 0; i < data.size(); ++i) {
        const double e = data.labels[i] - model.predict(data.input(i));
        sum += weight(i) * e * e;
      }
      model.noise_variance = sum / static_cast<double>(data.size() - d);
    }
    return model;
  }
};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
