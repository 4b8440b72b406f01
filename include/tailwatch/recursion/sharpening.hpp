// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/run.hpp"

/// Bias on the way: samplers that draw from something narrower than the model. Each wraps a model family and is one itself.
namespace tailwatch::recursion {

/// Applied in this order, as decoders do: temperature, then top_k, then top_p of what top_k kept.
struct sharpening_options {
  double temperature = 1.0;  ///< p^(1/τ); greater than 0
  std::size_t top_k = 0;     ///< keep the k most probable; 0: all
  double top_p = 1.0;        ///< keep the fewest most probable whose mass reaches this; in (0, 1]
};

/// The law that a sharpened sampler draws from: p^(1/τ), cut to the top k and to the top p, renormalised. Types of equal
/// probability rank by index.
/// @complexity  O(K), with a cut O(K log K)
/// @throws      std::invalid_argument  for a temperature not positive and finite, or top_p outside (0, 1]
[[nodiscard]] inline categorical sharpened(const categorical& law, const sharpening_options& options) {
  constexpr auto function = "recursion::sharpened";
  core::check_positive(function, "temperature", options.temperature);
  core::check(options.top_p > 0.0 && options.top_p <= 1.0, function, "top_p", options.top_p,
              "greater than 0 and at most 1");
  if (!law.defined()) return law;
  const std::size_t types = law.types();
  std::vector<double> weights(types);
  const double largest = *std::max_element(law.weights().begin(), law.weights().end());
  for (std::size_t i = 0; i < types; ++i) {
    const double w = law.weights()[i] / largest;
    weights[i] = options.temperature == 1.0 ? w : w > 0.0 ? std::exp(std::log(w) / options.temperature) : 0.0;
  }
  if (options.top_k != 0 || options.top_p < 1.0) {
    std::vector<std::uint32_t> order(types);
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return weights[a] > weights[b]; });
    std::size_t kept = options.top_k == 0 ? types : std::min(options.top_k, types);
    if (options.top_p < 1.0) {
      double total = 0.0;
      for (std::size_t i = 0; i < kept; ++i) total += weights[order[i]];
      double mass = 0.0;
      for (std::size_t i = 0; i < kept; ++i) {
        mass += weights[order[i]];
        if (mass >= options.top_p * total) {
          kept = i + 1;
          break;
        }
      }
    }
    for (std::size_t i = kept; i < types; ++i) weights[order[i]] = 0.0;
  }
  return categorical(weights);
}

/// Fits as `family` does, samples from `sharpened(model, options)`: for categorical_model and its like. A language model has
/// these options in its own sampler (ngram_model); a Gaussian's temperature τ is shrinking_model with λ = τ.
template <class Family>
struct sharpened_model {
  Family family{};
  sharpening_options options{};

  template <class Data, class... Rest>
  [[nodiscard]] auto fit(const Data& data, Rest&&... rest) const requires requires(const Family& f) {
    f.fit(data, std::forward<Rest>(rest)...);
  }
  { return family.fit(data, std::forward<Rest>(rest)...); }
  template <class Model, core::random_bits Random>
  [[nodiscard]] auto sample(const Model& model, std::uint64_t n, Random& random) const {
    return family.sample(sharpened(model, options), n, random);
  }

  [[nodiscard]] std::uint64_t minimum_samples() const requires requires(const Family& f) { f.minimum_samples(); }
  { return family.minimum_samples(); }
};
template <class Family>
sharpened_model(Family, sharpening_options) -> sharpened_model<Family>;

/// Fits as `family` does, samples with variance λ times the model's: guidance and truncation. Any model with an overload
/// shrunk(model, λ) will do: gaussian, multivariate_gaussian, gaussian_mixture (each component) or a type of your own.
///
/// λ < 1 makes even the mean tail mass fall at once, λ > 1 widens. DDPM guidance w is about λ = 1/(1 + w).
/// @see S. Alemohammad et al. (2024), "Self-consuming generative models go MAD", ICLR
template <class Family>
struct shrinking_model {
  Family family{};
  double shrinkage = 1.0;  ///< λ ≥ 0

  template <class Data, class... Rest>
  [[nodiscard]] auto fit(const Data& data, Rest&&... rest) const requires requires(const Family& f) {
    f.fit(data, std::forward<Rest>(rest)...);
  }
  { return family.fit(data, std::forward<Rest>(rest)...); }
  template <class Model, core::random_bits Random>
  [[nodiscard]] auto sample(const Model& model, std::uint64_t n, Random& random) const {
    return family.sample(shrunk(model, shrinkage), n, random);
  }

  [[nodiscard]] std::uint64_t minimum_samples() const requires requires(const Family& f) { f.minimum_samples(); }
  { return family.minimum_samples(); }
};
template <class Family>
shrinking_model(Family, double) -> shrinking_model<Family>;

/// How one of K candidates is chosen.
enum class selection : std::uint8_t {
  best,          ///< the highest reward; the first of equals
  bradley_terry  ///< with probability e^r / Σ e^r: a noisy judge
};

/// Fits as `family` does; of every K items drawn keeps one, by a reward: curation by users, best-of-K decoding.
///
/// Draws K·n units, in groups of K consecutive items, and keeps n/K of the items: n units where an item is a unit. With
/// token sequences an item is a sequence, and what comes out is about n tokens.
///
/// @tparam Reward  reward(item) → a number; an item is data[i]
/// @see            D. Ferbach et al. (2024), "Self-consuming generative models with curated data", NeurIPS; the law that comes
///                 out is curated_distribution (sharpening_theory.hpp)
/// @throws         std::invalid_argument  for candidates = 0 or a reward that is not finite
template <class Family, class Reward>
struct curated_model {
  Family family{};
  Reward reward{};
  std::size_t candidates = 2;  ///< K ≥ 1
  recursion::selection selection = recursion::selection::bradley_terry;

  template <class Data, class... Rest>
  [[nodiscard]] auto fit(const Data& data, Rest&&... rest) const requires requires(const Family& f) {
    f.fit(data, std::forward<Rest>(rest)...);
  }
  { return family.fit(data, std::forward<Rest>(rest)...); }
  template <class Model, core::random_bits Random>
  [[nodiscard]] auto sample(const Model& model, std::uint64_t n, Random& random) const {
    constexpr auto function = "recursion::curated_model";
    core::check_at_least(function, "candidates", candidates, std::size_t{1});
    auto pool = family.sample(model, n * candidates, random);
    using data_type = decltype(pool);
    std::vector<std::size_t> kept;
    const std::size_t items = data_traits<data_type>::items(pool);
    std::vector<double> rewards(candidates);
    for (std::size_t first = 0; first + candidates <= items; first += candidates) {
      for (std::size_t i = 0; i < candidates; ++i) {
        rewards[i] = static_cast<double>(reward(pool[first + i]));
        core::check(core::is_finite(rewards[i]), function, "reward", rewards[i], "finite");
      }
      const auto top = std::max_element(rewards.begin(), rewards.end());
      auto chosen = static_cast<std::size_t>(top - rewards.begin());
      if (selection == recursion::selection::bradley_terry) {
        const double largest = *top;
        double total = 0.0;
        for (double& r : rewards) total += r = std::exp(r - largest);
        double u = core::uniform_01(random) * total;
        for (std::size_t i = 0; i < candidates; ++i) {
          u -= rewards[i];
          if (u < 0.0) {
            chosen = i;
            break;
          }
        }
      }
      kept.push_back(first + chosen);
    }
    return data_traits<data_type>::gather(pool, kept);
  }

  [[nodiscard]] std::uint64_t minimum_samples() const requires requires(const Family& f) { f.minimum_samples(); }
  { return family.minimum_samples(); }
};
template <class Family, class Reward>
curated_model(Family, Reward, std::size_t) -> curated_model<Family, Reward>;
template <class Family, class Reward>
curated_model(Family, Reward, std::size_t, selection) -> curated_model<Family, Reward>;

}  // namespace tailwatch::recursion
