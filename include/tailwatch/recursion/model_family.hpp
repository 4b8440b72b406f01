// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <utility>

#include "tailwatch/core/random.hpp"

/// What `run` asks of a model: one object that fits and samples, or two callables.
namespace tailwatch::recursion {

/// Something that fits and samples: run(real, fit, sample, …) as one object.
///
///   auto model = family.fit(data);                  or family.fit(data, random)
///   Data sample = family.sample(model, n, random);  n units
template <class Family, class Data>
concept model_family = requires(const Family& family, const Data& data, core::random_engine& random) {
  requires requires {
    { family.sample(family.fit(data), std::uint64_t{}, random) } -> std::convertible_to<Data>;
  } || requires {
    { family.sample(family.fit(data, random), std::uint64_t{}, random) } -> std::convertible_to<Data>;
  };
};

/// A family whose fit also takes weights, one an item: fit(data, weights) or fit(data, weights, random). A weight says how often
/// an item counts; where a fit is the same for any multiple of the weights (moments, likelihoods) only their ratios count. `run`
/// gives weights of mean 1, so that the training set keeps its size.
template <class Family, class Data>
concept weighted_model_family = model_family<Family, Data> &&(
    requires(const Family& family, const Data& data, std::span<const double> weights) { family.fit(data, weights); } ||
    requires(const Family& family, const Data& data, std::span<const double> weights, core::random_engine& random) {
      family.fit(data, weights, random);
    });

/// A model that says how likely an item is, in nats: log_density(item).
template <class Model, class Item>
concept density_model = requires(const Model& model, const Item& item) {
  { model.log_density(item) } -> std::convertible_to<double>;
};

/// Two callables as a model family, for the wrappers of sharpening.hpp and for run_population; `run` takes the pair itself.
///
///   paired_model family{[](const std::vector<double>& x) { return my_fit(x); },
///                       [](const auto& model, std::uint64_t n, core::random_engine& random) { return my_draws(model, n, random); }};
template <class Fit, class Sample>
struct paired_model {
  Fit fit_function;
  Sample sample_function;

  template <class... Arguments>
  auto fit(Arguments&&... arguments) const requires std::invocable<const Fit&, Arguments...> {
    return fit_function(std::forward<Arguments>(arguments)...);
  }
  template <class Model, core::random_bits Random>
  auto sample(const Model& model, std::uint64_t n, Random& random) const {
    return sample_function(model, n, random);
  }
};
template <class Fit, class Sample>
paired_model(Fit, Sample) -> paired_model<Fit, Sample>;

namespace detail {

template <class Fit, class Data>
decltype(auto) fit_model(Fit& fit, const Data& data, std::uint64_t seed) {
  if constexpr (std::invocable<Fit&, const Data&, core::random_engine&>) {
    core::random_engine random(seed);
    return fit(data, random);
  } else {
    return fit(data);  // no engine: seeding one costs microseconds, as much as a small fit
  }
}

template <class Fit, class Data>
inline constexpr bool fits_weights = std::invocable<Fit&, const Data&, std::span<const double>> ||
                                     std::invocable<Fit&, const Data&, std::span<const double>, core::random_engine&>;

template <class Fit, class Data>
decltype(auto) fit_weighted(Fit& fit, const Data& data, std::span<const double> weights, std::uint64_t seed) {
  if constexpr (std::invocable<Fit&, const Data&, std::span<const double>, core::random_engine&>) {
    core::random_engine random(seed);
    return fit(data, weights, random);
  } else {
    return fit(data, weights);
  }
}

template <class Model>
[[nodiscard]] bool is_defined(const Model& model) {
  if constexpr (requires {
                  { model.defined() } -> std::convertible_to<bool>;
                })
    return model.defined();
  else
    return true;
}

/// fit and sample of a family as two callables.
template <class Family, class Data>
struct family_fit {
  const Family& family;
  template <class... Rest>
  auto operator()(const Data& data, Rest&&... rest) const requires requires(const Family& f) {
    f.fit(data, std::forward<Rest>(rest)...);
  }
  { return family.fit(data, std::forward<Rest>(rest)...); }
};

}  // namespace detail
}  // namespace tailwatch::recursion
