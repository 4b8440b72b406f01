// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/run.hpp"

namespace tailwatch::recursion {

struct population_options {
  std::uint64_t generations = 10;  ///< fits of each model, the first on its own real data; at least 1
  std::uint64_t sample_size = 0;   ///< units of a training set; 0: the size of the model's own real data
  double real_fraction = 0.0;      ///< share of fresh real units in each training set after the first
  /// Row i: from which models the synthetic units of model i come, non-negative, any positive sum a row; [P·P] row-major.
  /// Empty: all models alike (an ensemble). See isolated_exchange, cross_exchange.
  std::vector<double> exchange{};
};

/// Every model learns from itself alone: P separate lineages.
[[nodiscard]] inline std::vector<double> isolated_exchange(std::size_t models) {
  std::vector<double> x(models * models, 0.0);
  for (std::size_t i = 0; i < models; ++i) x[i * models + i] = 1.0;
  return x;
}

/// Every model learns from the others alone, in equal parts: cross-training. Of one model: itself.
[[nodiscard]] inline std::vector<double> cross_exchange(std::size_t models) {
  if (models == 1) return {1.0};
  std::vector<double> x(models * models, 1.0);
  for (std::size_t i = 0; i < models; ++i) x[i * models + i] = 0.0;
  return x;
}

/// Several models that train on each other's output: ensembles, cross-training, or anything a matrix of shares says.
///
/// Each generation every model is fitted; then every training set is filled with fresh draws of the models it learns from,
/// k_j units of model j in proportion to its row (whole units by largest remainders), beside its share of fresh real data. No
/// draw is used twice. With P models of M draws an ensemble drifts like one model of about P·M (ensemble_loss).
///
/// Streams are split by generation, model and purpose, so results are bit-identical for one seed.
///
/// @param real_data   [P] training sets of generation 0
/// @param family      fits and samples, a model family
/// @param observer    observer(i, generation) → a record, for model i; sample is what a training set of sample_size would
///                    draw from model i alone
/// @param fresh_real  as for `run`
/// @return            records[i] of model i, one a generation
/// @complexity        P times the cost of one lineage, and one more sample of each model for the observer
/// @throws            std::invalid_argument  for no models, empty data, an exchange of another size or with a bad row, a share of
///                    fresh data where there is no fresh_real
template <recursion_data Data, model_family<Data> Family, core::random_bits Random, class Observer,
          class FreshReal = no_fresh_real>
auto run_population(const std::vector<Data>& real_data, const Family& family, const population_options& options,
                    Random& random, Observer&& observer, FreshReal&& fresh_real = {}) {
  constexpr auto function = "recursion::run_population";
  using traits = data_traits<Data>;
  constexpr bool has_fresh_real = !std::same_as<std::remove_cvref_t<FreshReal>, no_fresh_real>;
  const detail::family_fit<Family, Data> fit{family};
  using model_type = std::remove_cvref_t<decltype(detail::fit_model(fit, real_data[0], std::uint64_t{}))>;
  using record_type = std::invoke_result_t<Observer&, std::size_t, const generation<model_type, Data>&>;
  static_assert(!std::is_void_v<record_type>, "the observer of a population returns a record");

  const std::size_t models = real_data.size();
  core::check_at_least(function, "models", models, std::size_t{1});
  core::check_at_least(function, "generations", options.generations, std::uint64_t{1});
  core::check_closed_interval(function, "real_fraction", options.real_fraction, 0.0, 1.0);
  core::check(options.real_fraction == 0.0 || has_fresh_real, function, "real_fraction", options.real_fraction,
              "0 where no fresh_real is given");
  for (const Data& data : real_data)
    core::check_at_least<std::uint64_t>(function, "size of real_data", traits::size(data), 1);
  std::vector<double> exchange = options.exchange;
  if (exchange.empty()) exchange.assign(models * models, 1.0);
  core::check_same_size(function, "exchange", exchange.size(), "models*models", models * models);
  for (std::size_t i = 0; i < models; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < models; ++j) {
      core::check_not_negative(function, "exchange", exchange[i * models + j]);
      sum += exchange[i * models + j];
    }
    core::check_positive(function, "sum of a row of exchange", sum);
    for (std::size_t j = 0; j < models; ++j) exchange[i * models + j] /= sum;
  }

  struct result_type {
    std::vector<std::vector<record_type>> records;
    run_end end = run_end::completed;
  } result;
  result.records.resize(models);
  const auto seed = static_cast<std::uint64_t>(random());
  std::vector<Data> training = real_data;
  std::vector<generation_sizes> sizes(models);
  for (std::size_t i = 0; i < models; ++i) sizes[i].pool_real = traits::size(training[i]);
  for (std::uint64_t g = 0; g < options.generations; ++g) {
    const auto lineage = [&](std::size_t i) { return core::split_seed(seed, i); };
    const auto engine = [&](std::size_t i, detail::stream purpose) {
      return core::random_engine(detail::stream_seed(lineage(i), g, purpose));
    };
    std::vector<model_type> fitted;
    fitted.reserve(models);
    for (std::size_t i = 0; i < models; ++i) {
      fitted.push_back(detail::fit_model(fit, training[i], detail::stream_seed(lineage(i), g, detail::stream::fit)));
      if (!detail::is_defined(fitted.back())) {
        result.end = run_end::undefined_model;
        return result;
      }
    }
    const auto wanted = [&](std::size_t i) {
      return options.sample_size != 0 ? options.sample_size : traits::size(real_data[i]);
    };
    for (std::size_t i = 0; i < models; ++i) {
      auto stream = engine(i, detail::stream::sample);
      const Data drawn = family.sample(fitted[i], wanted(i), stream);
      sizes[i].training = sizes[i].pool = traits::size(training[i]);
      sizes[i].sampled = traits::size(drawn);
      const std::uint64_t observer_seed = detail::stream_seed(lineage(i), g, detail::stream::observer);
      result.records[i].push_back(
          observer(i, generation<model_type, Data>{g, fitted[i], training[i], drawn, sizes[i], observer_seed}));
    }
    if (g + 1 == options.generations) break;
    for (std::size_t i = 0; i < models; ++i) {
      const std::uint64_t size = wanted(i);
      const auto real = static_cast<std::uint64_t>(std::llround(options.real_fraction * static_cast<double>(size)));
      Data next{};
      if constexpr (has_fresh_real) {
        if (real > 0) {
          auto stream = engine(i, detail::stream::fresh);
          next = fresh_real(real, stream);
          if (traits::size(next) < real) {
            result.end = run_end::exhausted;
            return result;
          }
        }
      }
      sizes[i].pool_real = traits::size(next);
      // whole units by largest remainders, ties to the lower index turned by i so that no model is favoured
      std::vector<std::uint64_t> units(models);
      std::vector<double> remainder(models);
      std::uint64_t given = 0;
      for (std::size_t j = 0; j < models; ++j) {
        const double share = exchange[i * models + j] * static_cast<double>(size - real);
        units[j] = static_cast<std::uint64_t>(share);
        remainder[j] = exchange[i * models + j] > 0.0 ? share - static_cast<double>(units[j]) : -1.0;
        given += units[j];
      }
      for (; given < size - real; ++given) {
        std::size_t best = i % models;
        for (std::size_t step = 0; step < models; ++step) {
          const std::size_t j = (i + step) % models;
          if (remainder[j] > remainder[best]) best = j;
        }
        ++units[best];
        remainder[best] -= 1.0;
      }
      auto stream = engine(i, detail::stream::pool);
      for (std::size_t j = 0; j < models; ++j) {
        if (units[j] == 0) continue;
        const Data part = family.sample(fitted[j], units[j], stream);
        traits::append(next, part);
      }
      if (traits::size(next) == 0) {
        result.end = run_end::no_data;
        return result;
      }
      training[i] = std::move(next);
    }
  }
  return result;
}

}  // namespace tailwatch::recursion
