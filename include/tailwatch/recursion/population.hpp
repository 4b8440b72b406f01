// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/model_family.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/recursion/trajectory.hpp"

namespace tailwatch::recursion {

struct population_options {
  std::uint64_t generations = 10;  ///< fits of each model, the first on its own real data; at least 1
  std::uint64_t sample_size = 0;   ///< units of a training set; 0: the size of the model's own real data
  double real_fraction = 0.0;      ///< share of fresh real units in each training set after the first
  /// Row i: from which models the synthetic units of model i come, non-negative, any positive sum a row; [P·P] row-major.
  /// Empty: all models alike (an ensemble). See isolated_exchange, cross_exchange.
  std::vector<double> exchange{};
  /// Growing sizes: units of the training sets made from generation 0, 1, …; the last holds for all later ones. Instead of
  /// sample_size. See growing_sizes.
  std::vector<std::uint64_t> sample_sizes{};
  /// Every r-th generation is trained on a share of fresh real data in place of real_fraction; 0: never.
  std::uint64_t refresh_every = 0;
  double refresh_fraction = 1.0;  ///< that share

  friend bool operator==(const population_options&, const population_options&) = default;
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

/// What a population leaves: [model][generation], as trajectory says it for one model.
template <class Record>
struct population_trajectory {
  std::vector<std::vector<Record>> records;
  std::vector<std::vector<generation_sizes>> sizes;
  run_end end = run_end::completed;
  bool exhausted = false;  ///< the reserve of fresh real data ran short for some model

  friend bool operator==(const population_trajectory&, const population_trajectory&) = default;
};

namespace detail {

/// Throws what is wrong with the options of a population of so many models.
inline void check_population_options(const population_options& o, std::size_t models) {
  constexpr auto function = "recursion::run_population";
  core::check_at_least(function, "models", models, std::size_t{1});
  core::check_at_least(function, "generations", o.generations, std::uint64_t{1});
  core::check_closed_interval(function, "real_fraction", o.real_fraction, 0.0, 1.0);
  core::check(o.sample_size == 0 || o.sample_sizes.empty(), function, "sample_size", o.sample_size,
              "0 where sample_sizes are given");
  for (const std::uint64_t size : o.sample_sizes)
    core::check_at_least(function, "sample_sizes", size, std::uint64_t{1});
  core::check_closed_interval(function, "refresh_fraction", o.refresh_fraction, 0.0, 1.0);
  if (o.exchange.empty()) return;
  core::check_same_size(function, "exchange", o.exchange.size(), "models*models", models * models);
  for (std::size_t i = 0; i < models; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < models; ++j) {
      core::check_not_negative(function, "exchange", o.exchange[i * models + j]);
      sum += o.exchange[i * models + j];
    }
    core::check_positive(function, "sum of a row of exchange", sum);
  }
}

/// `size` in whole units by the shares of `row`, largest remainders; ties to the lower index turned by `first`, so that no model
/// is favoured.
[[nodiscard]] inline std::vector<std::uint64_t> whole_shares(const std::vector<double>& row, std::uint64_t size,
                                                             std::size_t first) {
  const std::size_t models = row.size();
  double sum = 0.0;
  for (const double x : row) sum += x;
  std::vector<std::uint64_t> units(models);
  std::vector<double> remainder(models);
  std::uint64_t given = 0;
  for (std::size_t j = 0; j < models; ++j) {
    const double share = row[j] / sum * static_cast<double>(size);
    units[j] = static_cast<std::uint64_t>(share);
    remainder[j] = row[j] > 0.0 ? share - static_cast<double>(units[j]) : -1.0;
    given += units[j];
  }
  for (; given < size; ++given) {
    std::size_t best = first;
    for (std::size_t step = 0; step < models; ++step) {
      const std::size_t j = (first + step) % models;
      if (remainder[j] > remainder[best]) best = j;
    }
    ++units[best];
    remainder[best] -= 1.0;
  }
  return units;
}

}  // namespace detail

/// A population between two generations: what it takes to go on, bit for bit, in another process. As run_state for one model.
///
///   population_state state(real, options, random);
///   auto first = advance(state, family, observer, fresh, 5);      // five generations
///   state.save(archive); … ; state.load(archive);
///   auto rest = advance(state, family, observer, fresh);          // the others
///
/// Memory: the training sets of all models.
template <recursion_data Data>
class population_state {
 public:
  population_state() = default;

  /// @param real_data  [P] training sets of generation 0
  /// @param random     one number is taken from it
  /// @throws           std::invalid_argument  for no models, empty data or options out of range
  template <core::random_bits Random>
  population_state(std::vector<Data> real_data, population_options options, Random& random)
      : options_(std::move(options)), training_(std::move(real_data)) {
    detail::check_population_options(options_, training_.size());
    for (const Data& data : training_) {
      const std::uint64_t size = data_traits<Data>::size(data);
      core::check_at_least<std::uint64_t>("recursion::run_population", "size of real_data", size, 1);
      real_size_.push_back(size);
      sizes_.push_back({.pool_real = size});
    }
    seed_ = static_cast<std::uint64_t>(random());
  }

  [[nodiscard]] const population_options& options() const noexcept { return options_; }
  [[nodiscard]] std::size_t models() const noexcept { return training_.size(); }
  /// Index of the generation that comes next.
  [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
  /// paused while there are generations left.
  [[nodiscard]] run_end end() const noexcept { return end_; }
  [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }
  /// What the next generation of model i is trained on.
  [[nodiscard]] const Data& training(std::size_t i) const { return training_.at(i); }

  /// Units of the training set that model i gets from generation g.
  [[nodiscard]] std::uint64_t sample_size(std::size_t i, std::uint64_t g) const noexcept {
    if (!options_.sample_sizes.empty())
      return options_
          .sample_sizes[static_cast<std::size_t>(std::min<std::uint64_t>(g, options_.sample_sizes.size() - 1))];
    return options_.sample_size != 0 ? options_.sample_size : real_size_[i];
  }

  void save(core::output_archive& out) const requires archivable_data<Data> {
    out.begin({core::state_family::recursion_population, 0, 0, 0, next_});
    out.u64(options_.generations);
    out.u64(options_.sample_size);
    out.f64(options_.real_fraction);
    detail::save_numbers(out, options_.exchange);
    detail::save_numbers(out, options_.sample_sizes);
    out.u64(options_.refresh_every);
    out.f64(options_.refresh_fraction);
    out.u64(seed_);
    out.u64(next_);
    out.u8(exhausted_ ? 1 : 0);
    out.u8(static_cast<std::uint8_t>(end_));
    out.u64(training_.size());
    for (std::size_t i = 0; i < training_.size(); ++i) {
      out.u64(real_size_[i]);
      detail::save_sizes(out, sizes_[i]);
      data_traits<Data>::save(out, training_[i]);
    }
    out.end();
  }

  /// @throws core::archive_error  for bytes that are no population with such data; the object is then unchanged
  void load(core::input_archive& in) requires archivable_data<Data> {
    population_state s;
    const core::record_header header = in.open(core::state_family::recursion_population);
    s.options_.generations = in.u64();
    s.options_.sample_size = in.u64();
    s.options_.real_fraction = in.f64();
    detail::load_numbers(in, s.options_.exchange);
    detail::load_numbers(in, s.options_.sample_sizes);
    s.options_.refresh_every = in.u64();
    s.options_.refresh_fraction = in.f64();
    s.seed_ = in.u64();
    s.next_ = in.u64();
    s.exhausted_ = in.u8() != 0;
    s.end_ = detail::load_end(in);
    const std::size_t models = in.length(8);
    for (std::size_t i = 0; i < models; ++i) {
      s.real_size_.push_back(in.u64());
      s.sizes_.push_back(detail::load_sizes(in));
      data_traits<Data>::load(in, s.training_.emplace_back());
    }
    detail::check_loaded(header.count == s.next_ && s.next_ <= s.options_.generations, "generations do not match");
    const auto is_share = [](double x) { return !core::is_nan(x) && x >= 0.0 && x <= 1.0; };
    detail::check_loaded(is_share(s.options_.real_fraction) && is_share(s.options_.refresh_fraction),
                         "a share outside [0, 1]");
    detail::check_loaded(s.options_.exchange.empty() ||
                             (models < (std::size_t{1} << 31) && s.options_.exchange.size() == models * models),
                         "an exchange of another size");
    for (std::size_t i = 0; i < models && !s.options_.exchange.empty(); ++i) {
      double sum = 0.0;
      bool good = true;
      for (std::size_t j = 0; j < models; ++j) {
        const double x = s.options_.exchange[i * models + j];
        good = good && !core::is_nan(x) && x >= 0.0;
        sum += x;
      }
      detail::check_loaded(good && core::is_finite(sum) && sum > 0.0, "a bad row of the exchange");
    }
    in.close();
    *this = std::move(s);
  }

  friend bool operator==(const population_state&, const population_state&) = default;

 private:
  template <class D, model_family<D> Family, class Observer, class FreshReal, core::executor Executor>
  friend auto advance(population_state<D>&, const Family&, Observer&&, FreshReal&&, std::uint64_t, const Executor&);

  [[nodiscard]] std::uint64_t seed(std::size_t i, detail::stream purpose) const {
    return detail::stream_seed(core::split_seed(seed_, i), next_, purpose);
  }

  population_options options_;
  std::vector<Data> training_;
  std::vector<std::uint64_t> real_size_;
  std::vector<generation_sizes> sizes_;
  std::uint64_t seed_ = 0;
  std::uint64_t next_ = 0;
  bool exhausted_ = false;
  run_end end_ = run_end::paused;
};

/// Runs a population on for at most `generations` more generations; arguments as for run_population. With the same arguments the
/// result does not depend on where it was cut, saved and loaded, nor on the executor.
/// @return the records of these generations; `end` is paused where others are left
template <class Data, model_family<Data> Family, class Observer, class FreshReal = no_fresh_real,
          core::executor Executor = core::sequential>
auto advance(population_state<Data>& state, const Family& family, Observer&& observer, FreshReal&& fresh_real = {},
             std::uint64_t generations = ~std::uint64_t{0}, const Executor& executor = {}) {
  constexpr auto function = "recursion::run_population";
  using traits = data_traits<Data>;
  constexpr bool has_fresh_real = !std::same_as<std::remove_cvref_t<FreshReal>, no_fresh_real>;
  const detail::family_fit<Family, Data> fit{family};
  using model_type = std::remove_cvref_t<decltype(detail::fit_model(fit, state.training_[0], std::uint64_t{}))>;
  using generation_type = generation<model_type, Data>;
  using result_type = std::invoke_result_t<Observer&, std::size_t, const generation_type&>;
  using observation = detail::observation<std::remove_cvref_t<result_type>>;
  const population_options& options = state.options_;
  core::check(options.real_fraction == 0.0 || has_fresh_real, function, "real_fraction", options.real_fraction,
              "0 where no fresh_real is given");
  core::check(options.refresh_every == 0 || has_fresh_real, function, "refresh_every", options.refresh_every,
              "0 where no fresh_real is given");

  const std::size_t models = state.models();
  population_trajectory<typename observation::record> result;
  result.records.resize(models);
  result.sizes.resize(models);
  while (state.end_ == run_end::paused && generations > 0) {
    const std::uint64_t g = state.next_;
    std::vector<std::optional<model_type>> fitted(models);
    executor(models, [&](std::size_t i) {
      fitted[i].emplace(detail::fit_model(fit, state.training_[i], state.seed(i, detail::stream::fit)));
    });
    if (!std::all_of(fitted.begin(), fitted.end(), [](const auto& model) { return detail::is_defined(*model); })) {
      state.end_ = run_end::undefined_model;
      break;
    }
    std::vector<Data> drawn(models);
    executor(models, [&](std::size_t i) {
      core::random_engine stream(state.seed(i, detail::stream::sample));
      drawn[i] = family.sample(*fitted[i], state.sample_size(i, g), stream);
    });
    for (std::size_t i = 0; i < models; ++i) {
      generation_sizes& sizes = state.sizes_[i];
      sizes.training = sizes.pool = traits::size(state.training_[i]);
      sizes.sampled = traits::size(drawn[i]);
      result.sizes[i].push_back(sizes);
      const generation_type seen{g,        *fitted[i], state.training_[i],
                                 drawn[i], sizes,      state.seed(i, detail::stream::observer)};
      if constexpr (std::is_void_v<result_type>) {
        observer(i, seen);
        result.records[i].push_back({});
      } else {
        auto returned = observer(i, seen);
        if (observation::stop(returned)) state.end_ = run_end::stopped;
        result.records[i].push_back(observation::take(std::move(returned)));
      }
    }
    drawn.clear();
    if (state.end_ == run_end::paused && g + 1 == options.generations) state.end_ = run_end::completed;
    if (state.end_ == run_end::paused) {
      const bool refreshed = options.refresh_every != 0 && (g + 1) % options.refresh_every == 0;
      const double share = refreshed ? options.refresh_fraction : options.real_fraction;
      std::vector<Data> next(models);
      std::vector<std::uint64_t> synthetic(models);
      for (std::size_t i = 0; i < models && state.end_ == run_end::paused;
           ++i) {  // one reserve, so one after the other
        generation_sizes& sizes = state.sizes_[i];
        const std::uint64_t size = state.sample_size(i, g);
        const auto wanted = static_cast<std::uint64_t>(std::llround(share * static_cast<double>(size)));
        synthetic[i] = size - wanted;
        sizes.exhausted = false;
        if constexpr (has_fresh_real) {
          if (wanted > 0) {
            core::random_engine stream(state.seed(i, detail::stream::fresh));
            next[i] = fresh_real(wanted, stream);
            const std::uint64_t got = traits::size(next[i]);
            if (got < wanted) {
              sizes.exhausted = state.exhausted_ = true;
              synthetic[i] = static_cast<std::uint64_t>(std::llround(
                  static_cast<double>(synthetic[i]) * (static_cast<double>(got) / static_cast<double>(wanted))));
            }
            if (got == 0) state.end_ = run_end::exhausted;
          }
        }
        sizes.pool_real = traits::size(next[i]);
      }
      if (state.end_ == run_end::paused) {
        executor(models, [&](std::size_t i) {
          const auto row = static_cast<std::ptrdiff_t>(i * models);
          const std::vector<double> shares =
              options.exchange.empty()
                  ? std::vector<double>(models, 1.0)
                  : std::vector<double>(options.exchange.begin() + row,
                                        options.exchange.begin() + row + static_cast<std::ptrdiff_t>(models));
          const std::vector<std::uint64_t> units = detail::whole_shares(shares, synthetic[i], i);
          core::random_engine stream(state.seed(i, detail::stream::pool));
          for (std::size_t j = 0; j < models; ++j) {
            if (units[j] == 0) continue;
            const Data part = family.sample(*fitted[j], units[j], stream);
            traits::append(next[i], part);
          }
        });
        for (const Data& data : next)
          if (traits::size(data) == 0) state.end_ = run_end::no_data;
        state.training_ = std::move(next);
      }
    }
    ++state.next_;
    --generations;
  }
  result.end = state.end_;
  result.exhausted = state.exhausted_;
  return result;
}

/// Several models that train on each other's output: ensembles, cross-training, or anything a matrix of shares says.
///
/// Each generation every model is fitted; then every training set is filled with fresh draws of the models it learns from,
/// k_j units of model j in proportion to its row (whole units by largest remainders), beside its share of fresh real data. No
/// draw is used twice. With P models of M draws an ensemble drifts like one model of about P·M (ensemble_loss). Growing sizes,
/// refreshed generations and a reserve that runs short (the training set shrinks so that the share stays; with nothing left for a
/// model the run ends) are those of `run`.
///
/// Streams are split by generation, model and purpose, so results are bit-identical for one seed and any executor: fits and samples
/// of a generation are its parts, one a model; observers and fresh_real are called one after the other, by model. The family must
/// then bear being used by several threads.
///
/// @param real_data   [P] training sets of generation 0
/// @param family      fits and samples, a model family
/// @param observer    observer(i, generation) → as for `run`, for model i; sample is what a training set of that size would
///                    draw from model i alone. One model's wish to stop ends the run after this generation
/// @param fresh_real  as for `run`
/// @return            population_trajectory: records[i] and sizes[i] of model i, one a generation
/// @complexity        P times the cost of one lineage, and one more sample of each model for the observer; the models and
///                    samples of a generation are held at once
/// @throws            std::invalid_argument  for no models, empty data, options out of range, an exchange of another size or with
///                    a bad row, a share of fresh data where there is no fresh_real
/// @example           examples/recursion/populations.cpp
template <recursion_data Data, model_family<Data> Family, core::random_bits Random, class Observer,
          class FreshReal = no_fresh_real, core::executor Executor = core::sequential>
auto run_population(const std::vector<Data>& real_data, const Family& family, const population_options& options,
                    Random& random, Observer&& observer, FreshReal&& fresh_real = {}, const Executor& executor = {}) {
  if constexpr (requires { family.minimum_samples(); }) {
    constexpr auto function = "recursion::run_population";
    const std::uint64_t least = family.minimum_samples();
    for (const Data& data : real_data)
      core::check_at_least(function, "size of real_data", data_traits<Data>::size(data), least);
    if (options.sample_size != 0) core::check_at_least(function, "sample_size", options.sample_size, least);
    for (const std::uint64_t size : options.sample_sizes) core::check_at_least(function, "sample_sizes", size, least);
  }
  population_state<Data> state(real_data, options, random);
  return advance(state, family, observer, fresh_real, options.generations, executor);
}

}  // namespace tailwatch::recursion
