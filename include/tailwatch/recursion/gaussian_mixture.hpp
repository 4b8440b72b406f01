// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/detail/mixture_pass.hpp"
#include "tailwatch/recursion/multivariate_gaussian.hpp"

namespace tailwatch::recursion {

/// Why a component was taken out of a mixture.
enum class death_cause : std::uint8_t {
  starved,  ///< fewer points than its covariance has directions: weight · n < d + 1
  singular  ///< its covariance lost a direction
};

[[nodiscard]] constexpr std::string_view to_string_view(death_cause cause) noexcept {
  return cause == death_cause::starved ? "starved" : "singular";
}

/// A component that died in a fit.
struct component_death {
  std::size_t component = 0;  ///< its number at the start of the fit
  std::size_t iteration = 0;  ///< 0: already at the start
  death_cause cause{};
  double weight = 0.0;  ///< when it died

  friend bool operator==(const component_death&, const component_death&) = default;
};

/// A mixture of normal laws in d dimensions, with the history of its fit.
class gaussian_mixture {
 public:
  gaussian_mixture() = default;

  /// @param weights  any positive sum, each ≥ 0; [K]
  /// @throws         std::invalid_argument  for no components, sizes or dimensions that differ, or no positive weight
  gaussian_mixture(std::vector<double> weights, std::vector<multivariate_gaussian> components)
      : weights_(std::move(weights)), components_(std::move(components)) {
    constexpr auto function = "recursion::gaussian_mixture";
    core::check_at_least(function, "components", components_.size(), std::size_t{1});
    core::check_same_size(function, "weights", weights_.size(), "components", components_.size());
    double total = 0.0;
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      core::check_not_negative(function, "weight", weights_[k]);
      core::check(components_[k].dimension() == dimension(), function, "dimension of a component",
                  components_[k].dimension(), "that of the first");
      total += weights_[k];
    }
    core::check_positive(function, "sum of weights", total);
    for (double& w : weights_) w /= total;
  }

  [[nodiscard]] std::size_t components() const noexcept { return components_.size(); }
  [[nodiscard]] std::size_t dimension() const noexcept { return components_.empty() ? 0 : components_[0].dimension(); }
  [[nodiscard]] const std::vector<double>& weights() const noexcept { return weights_; }
  [[nodiscard]] const multivariate_gaussian& component(std::size_t k) const { return components_.at(k); }
  /// False where no component is left: there is nothing to draw from.
  [[nodiscard]] bool defined() const noexcept { return !components_.empty(); }

  /// How the fit went. A component that died is no longer among components(); it is listed here.
  [[nodiscard]] const std::vector<component_death>& deaths() const noexcept { return deaths_; }
  [[nodiscard]] std::size_t iterations() const noexcept { return iterations_; }
  [[nodiscard]] bool converged() const noexcept { return converged_; }
  /// Mean ln f of the data it was fitted on, nats a point; NaN where it was not fitted.
  [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }

  /// ln f(x), O(K d²); NaN where undefined or a component is singular.
  [[nodiscard]] double log_density(std::span<const double> x) const {
    double largest = -core::infinity;
    std::vector<double> terms;
    terms.reserve(components());
    for (std::size_t k = 0; k < components(); ++k) {
      if (weights_[k] == 0.0) continue;
      terms.push_back(std::log(weights_[k]) + components_[k].log_density(x));
      if (core::is_nan(terms.back())) return core::nan;
      largest = std::max(largest, terms.back());
    }
    if (terms.empty()) return core::nan;
    if (largest == -core::infinity) return largest;
    double sum = 0.0;
    for (const double t : terms) sum += std::exp(t - largest);
    return largest + std::log(sum);
  }

  /// n independent draws; no points where undefined.
  template <core::random_bits Random>
  [[nodiscard]] point_set sample(std::uint64_t n, Random& random) const {
    const std::size_t d = dimension();
    point_set out{d, {}};
    if (!defined()) return out;
    out.values.resize(static_cast<std::size_t>(n) * d);
    std::vector<std::uint32_t> label(static_cast<std::size_t>(n));
    std::vector<std::uint64_t> count(components(), 0);
    for (auto& l : label) {
      double u = core::uniform_01(random);
      std::size_t k = 0;
      while (k + 1 < components() && u >= weights_[k]) u -= weights_[k++];
      while (weights_[k] == 0.0) --k;  // rounding at the end must not revive a weight of 0
      l = static_cast<std::uint32_t>(k);
      ++count[k];
    }
    for (std::size_t k = 0; k < components(); ++k) {
      const point_set drawn = components_[k].sample(count[k], random);
      std::size_t next = 0;
      for (std::size_t i = 0; i < label.size(); ++i)
        if (label[i] == k) {
          std::copy_n(drawn.values.begin() + static_cast<std::ptrdiff_t>(next * d), d,
                      out.values.begin() + static_cast<std::ptrdiff_t>(i * d));
          ++next;
        }
    }
    return out;
  }

  /// The same mixture without the history of its fit compares equal only where that is equal too.
  friend bool operator==(const gaussian_mixture&, const gaussian_mixture&) = default;

 private:
  friend struct gaussian_mixture_access;
  std::vector<double> weights_;
  std::vector<multivariate_gaussian> components_;
  std::vector<component_death> deaths_;
  std::size_t iterations_ = 0;
  bool converged_ = false;
  double log_likelihood_ = core::nan;
};

/// The same components drawn with covariance λΣ each: a sampler that stays near the modes.
/// @throws std::invalid_argument unless 0 ≤ λ < ∞
[[nodiscard]] inline gaussian_mixture shrunk(const gaussian_mixture& mixture, double shrinkage) {
  if (!mixture.defined()) return mixture;
  std::vector<multivariate_gaussian> components;
  for (std::size_t k = 0; k < mixture.components(); ++k) components.push_back(shrunk(mixture.component(k), shrinkage));
  return {mixture.weights(), std::move(components)};
}

/// ∫(f − g)², in closed form: Σ_{ij} over (f,f) + (g,g) − 2(f,g) of aᵢaⱼ N(mᵢ − mⱼ; 0, Sᵢ + Sⱼ).
///
/// @return      in units of 1/volume; square roots of it are a metric. NaN where undefined or a sum of covariances is singular.
///              Two equal mixtures give 0 to about 1e-16 of ∫f²
/// @complexity  O((K + L)² d³)
/// @throws      std::invalid_argument  where the dimensions differ
/// @see         I. Shumailov et al. (2023), arXiv 2305.17493, whose experiments measure mixtures by it
[[nodiscard]] inline double l2_distance_squared(const gaussian_mixture& f, const gaussian_mixture& g) {
  if (!f.defined() || !g.defined()) return core::nan;
  core::check_same_size("recursion::l2_distance_squared", "mean of f", f.dimension(), "mean of g", g.dimension());
  const std::size_t d = f.dimension();
  const auto product = [d](const gaussian_mixture& a, const gaussian_mixture& b) {
    double sum = 0.0;
    std::vector<double> difference(d), covariance(d * d);
    for (std::size_t i = 0; i < a.components(); ++i)
      for (std::size_t j = 0; j < b.components(); ++j) {
        const multivariate_gaussian &p = a.component(i), &q = b.component(j);
        for (std::size_t c = 0; c < d; ++c) difference[c] = p.mean()[c] - q.mean()[c];
        for (std::size_t c = 0; c < d * d; ++c) covariance[c] = p.covariance()[c] + q.covariance()[c];
        const multivariate_gaussian law(std::vector<double>(d, 0.0), covariance);
        sum += a.weights()[i] * b.weights()[j] * std::exp(law.log_density(difference));
      }
    return sum;
  };
  const double square = product(f, f) + product(g, g) - 2.0 * product(f, g);
  return square < 0.0 ? 0.0 : square;
}

struct gaussian_mixture_options {
  std::size_t components = 2;  ///< K ≥ 1
  std::size_t restarts = 1;    ///< starts tried, the one of highest likelihood kept; at least 1
  std::size_t maximum_iterations = 100;
  double tolerance = 1e-5;            ///< stop where the mean ln f gains less than this in one iteration; 0: never
  double covariance_addition = 0.0;   ///< added to every variance (scikit-learn: 1e-6, in squared units of the data)
  double smallest_variance = 1e-12;   ///< of the data's own: below it a direction of a component counts as lost
  std::size_t lloyd_iterations = 10;  ///< of k-means between the seeds of k-means++ and EM
};

/// The history of a fit is written by the fit alone.
struct gaussian_mixture_access {
  static void set(gaussian_mixture& m, std::vector<component_death> deaths, std::size_t iterations, bool converged,
                  double log_likelihood) {
    m.deaths_ = std::move(deaths);
    m.iterations_ = iterations;
    m.converged_ = converged;
    m.log_likelihood_ = log_likelihood;
  }
};

inline namespace TAILWATCH_ABI_NAMESPACE {

namespace mixture_detail {

/// Seeds by k-means++ (D. Arthur, S. Vassilvitskii 2007), then Lloyd's iterations; labels of the points.
template <core::random_bits Random>
[[nodiscard]] std::vector<std::uint32_t> initial_labels(const point_set& data, std::span<const double> weights,
                                                        std::size_t k, std::size_t lloyd, Random& random) {
  const std::size_t n = data.size(), d = data.dimension;
  const auto weight = [weights](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  const auto square = [&data, d](std::size_t i, const double* centre) {
    const double* x = data.values.data() + i * d;
    double sum = 0.0;
    for (std::size_t j = 0; j < d; ++j) sum += (x[j] - centre[j]) * (x[j] - centre[j]);
    return sum;
  };
  std::vector<double> centres;
  std::vector<double> nearest(n, core::infinity);
  std::vector<std::uint32_t> label(n, 0);
  for (std::size_t c = 0; c < k; ++c) {
    double total = 0.0;
    for (std::size_t i = 0; i < n; ++i) total += weight(i) * (c == 0 ? 1.0 : nearest[i]);
    double u = core::uniform_01(random) * total;
    std::size_t chosen = n - 1;
    for (std::size_t i = 0; i < n; ++i) {
      u -= weight(i) * (c == 0 ? 1.0 : nearest[i]);
      if (u < 0.0) {
        chosen = i;
        break;
      }
    }
    centres.insert(centres.end(), data[chosen].begin(), data[chosen].end());
    for (std::size_t i = 0; i < n; ++i) {
      const double s = square(i, centres.data() + c * d);
      if (s < nearest[i]) {
        nearest[i] = s;
        label[i] = static_cast<std::uint32_t>(c);
      }
    }
  }
  for (std::size_t step = 0; step < lloyd && k > 1; ++step) {
    std::vector<double> sums(k * d, 0.0), mass(k, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t c = label[i];
      mass[c] += weight(i);
      for (std::size_t j = 0; j < d; ++j) sums[c * d + j] += weight(i) * data.values[i * d + j];
    }
    for (std::size_t c = 0; c < k; ++c)
      for (std::size_t j = 0; j < d && mass[c] > 0.0; ++j) centres[c * d + j] = sums[c * d + j] / mass[c];
    bool moved = false;
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t best = 0;
      double least = core::infinity;
      for (std::size_t c = 0; c < k; ++c) {
        const double s = square(i, centres.data() + c * d);
        if (s < least) {
          least = s;
          best = c;
        }
      }
      moved = moved || label[i] != best;
      label[i] = static_cast<std::uint32_t>(best);
    }
    if (!moved) break;
  }
  return label;
}

}  // namespace mixture_detail

/// Fits a Gaussian mixture with full covariances by expectation–maximisation: a model family for `run` over point_set.
///
///   r_ik ∝ a_k N(x_i; m_k, S_k)     a_k = Σᵢ w_i r_ik / Σ w     m_k, S_k the weighted mean and (biased) covariance
///
/// Starts from k-means++ seeds, `restarts` times; keeps the start of highest likelihood. Nothing is stored per point but the
/// points: one pass of vector code an iteration.
///
/// A component dies when it has fewer than d + 1 points' worth of weight or its covariance loses a direction. It is taken out,
/// the rest goes on, and the model lists it in deaths(): a recursion that loses a mode says so. With no component left the
/// model is undefined.
///
/// @param data     [n] points, n ≥ K; with NaN or infinity among them the model is undefined
/// @param weights  [n] ≥ 0, any positive sum; only their ratios count
/// @complexity     O(restarts · iterations · n K d²); memory 16 bytes a coordinate
/// @bias           the likelihood has many maxima: more restarts, better fits; component order is arbitrary
/// @throws         std::invalid_argument  for options out of range, a negative weight, or sizes that differ
/// @see            A. Dempster, N. Laird, D. Rubin (1977), JRSS B 39, 1–38
/// @example        examples/recursion/models.cpp
struct gaussian_mixture_model {
  gaussian_mixture_options options{};

  template <core::random_bits Random>
  [[nodiscard]] gaussian_mixture fit(const point_set& data, Random& random) const {
    return fit(data, std::span<const double>{}, random);
  }

  template <core::random_bits Random>
  [[nodiscard]] gaussian_mixture fit(const point_set& data, std::span<const double> weights, Random& random) const {
    check_options();
    if (!weights.empty()) check_weights(data, weights);
    if (data.size() < options.components || data.dimension == 0) return {};
    for (const double x : data.values)
      if (!core::is_finite(x)) return {};
    const detail::point_panels panels(data.values, data.dimension, weights);
    gaussian_mixture best;
    for (std::size_t start = 0; start < options.restarts; ++start) {
      gaussian_mixture found = fit_once(data, weights, panels, random);
      const bool better = !best.defined() || (found.defined() && (found.components() > best.components() ||
                                                                  (found.components() == best.components() &&
                                                                   found.log_likelihood() > best.log_likelihood())));
      if (start == 0 || better) best = std::move(found);
    }
    return best;
  }

  template <core::random_bits Random>
  [[nodiscard]] point_set sample(const gaussian_mixture& model, std::uint64_t n, Random& random) const {
    return model.sample(n, random);
  }

  /// Units a training set must have.
  [[nodiscard]] std::uint64_t minimum_samples() const noexcept { return options.components; }

 private:
  static constexpr auto function = "recursion::gaussian_mixture_model";

  void check_options() const {
    core::check_at_least(function, "components", options.components, std::size_t{1});
    core::check_at_least(function, "restarts", options.restarts, std::size_t{1});
    core::check_at_least(function, "maximum_iterations", options.maximum_iterations, std::size_t{1});
    core::check_not_negative(function, "tolerance", options.tolerance);
    core::check_not_negative(function, "covariance_addition", options.covariance_addition);
    core::check_not_negative(function, "smallest_variance", options.smallest_variance);
  }
  static void check_weights(const point_set& data, std::span<const double> weights) {
    core::check_same_size(function, "weights", weights.size(), "data", data.size());
    double total = 0.0;
    for (const double w : weights) {
      core::check_not_negative(function, "weight", w);
      total += w;
    }
    core::check_positive(function, "sum of weights", total);
  }

  /// Parameters from the sums of a pass, about the means of that pass.
  void maximise(detail::mixture_component& c, std::span<const double> sums, double n) const {
    const std::size_t d = c.mean.size();
    const double mass = sums[0];
    c.weight = mass / n;
    std::vector<double> shift(d);
    for (std::size_t i = 0; i < d; ++i) shift[i] = sums[1 + i] / mass;
    std::size_t at = 1 + d;
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j <= i; ++j, ++at)
        c.covariance[i * d + j] = c.covariance[j * d + i] =
            sums[at] / mass - shift[i] * shift[j] + (i == j ? options.covariance_addition : 0.0);
    for (std::size_t i = 0; i < d; ++i) c.mean[i] += shift[i];
  }

  template <core::random_bits Random>
  [[nodiscard]] gaussian_mixture fit_once(const point_set& data, std::span<const double> weights,
                                          const detail::point_panels& panels, Random& random) const {
    const std::size_t d = data.dimension;
    const auto n = static_cast<double>(data.size());
    const double least_weight = static_cast<double>(d + 1) / n;
    std::vector<double> scale(d);  // variances of all data
    const auto labels =
        mixture_detail::initial_labels(data, weights, options.components, options.lloyd_iterations, random);
    std::vector<detail::mixture_component> live(options.components);
    std::vector<std::size_t> number(options.components);
    double total = 0.0;
    std::vector<double> mass(options.components, 0.0), centre(d, 0.0);
    for (std::size_t k = 0; k < live.size(); ++k) {
      number[k] = k;
      live[k].mean.assign(d, 0.0);
      live[k].covariance.assign(d * d, 0.0);
    }
    const auto weight = [weights](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
    for (std::size_t i = 0; i < data.size(); ++i) {
      mass[labels[i]] += weight(i);
      total += weight(i);
      for (std::size_t j = 0; j < d; ++j) live[labels[i]].mean[j] += weight(i) * data.values[i * d + j];
    }
    for (std::size_t k = 0; k < live.size(); ++k)
      for (std::size_t j = 0; j < d; ++j) {
        centre[j] += live[k].mean[j] / total;
        if (mass[k] > 0.0) live[k].mean[j] /= mass[k];
      }
    for (std::size_t i = 0; i < data.size(); ++i) {
      auto& c = live[labels[i]];
      const double* x = data.values.data() + i * d;
      for (std::size_t a = 0; a < d; ++a) {
        scale[a] += weight(i) * (x[a] - centre[a]) * (x[a] - centre[a]) / total;
        for (std::size_t b = 0; b <= a; ++b)
          c.covariance[a * d + b] += weight(i) * (x[a] - c.mean[a]) * (x[b] - c.mean[b]);
      }
    }
    for (std::size_t k = 0; k < live.size(); ++k) {
      live[k].weight = mass[k] / total;
      for (std::size_t a = 0; a < d; ++a)
        for (std::size_t b = 0; b <= a; ++b)
          live[k].covariance[a * d + b] = live[k].covariance[b * d + a] =
              live[k].covariance[a * d + b] / mass[k] + (a == b ? options.covariance_addition : 0.0);
    }

    std::vector<component_death> deaths;
    const auto bury = [&](std::size_t iteration) {
      bool any = false;
      for (std::size_t k = live.size(); k-- > 0;) {
        const bool starved = !(live[k].weight >= least_weight);
        if (!starved && detail::prepare(live[k], scale, options.smallest_variance)) continue;
        deaths.push_back(
            {number[k], iteration, starved ? death_cause::starved : death_cause::singular, live[k].weight});
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(k));
        number.erase(number.begin() + static_cast<std::ptrdiff_t>(k));
        any = true;
      }
      if (any) {
        double left = 0.0;
        for (const auto& c : live) left += c.weight;
        for (auto& c : live) {
          c.weight /= left;
          (void)detail::prepare(c, scale, options.smallest_variance);
        }
      }
      return any;
    };
    (void)bury(0);
    double before = -core::infinity;
    double likelihood = core::nan;
    std::size_t iteration = 0;
    bool converged = false;
    while (!live.empty() && iteration < options.maximum_iterations) {
      const detail::mixture_sums sums = detail::mixture_pass(panels, live);
      likelihood = sums.log_likelihood / n;
      ++iteration;
      if (options.tolerance > 0.0 && likelihood - before < options.tolerance) {
        converged = true;
        break;
      }
      before = likelihood;
      const std::size_t width = detail::mixture_sum_count(d);
      for (std::size_t k = 0; k < live.size(); ++k)
        maximise(live[k], std::span<const double>(sums.values).subspan(k * width, width), n);
      if (bury(iteration)) before = -core::infinity;
    }
    if (live.empty()) {
      gaussian_mixture none;
      gaussian_mixture_access::set(none, std::move(deaths), iteration, false, core::nan);
      return none;
    }
    if (!converged) likelihood = detail::mixture_pass(panels, live).log_likelihood / n;
    std::vector<double> a;
    std::vector<multivariate_gaussian> components;
    for (auto& c : live) {
      a.push_back(c.weight);
      components.emplace_back(std::move(c.mean), std::move(c.covariance));
    }
    gaussian_mixture result(std::move(a), std::move(components));
    gaussian_mixture_access::set(result, std::move(deaths), iteration, converged, likelihood);
    return result;
  }
};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
