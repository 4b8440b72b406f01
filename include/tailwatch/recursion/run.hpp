// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/regime.hpp"

namespace tailwatch::recursion {

struct run_options {
  recursion::regime regime = recursion::regime::replace;
  std::uint64_t generations = 10;   ///< fits, the first on real data; at least 1
  std::uint64_t sample_size = 0;    ///< units drawn from each generation; 0: the size of the real data
  std::uint64_t training_size = 0;  ///< accumulate_subsample only: units trained on; 0: sample_size
  double real_fraction = 0.0;       ///< mix only: share of fresh real units in each training set after the first
};

/// Sizes of one generation, in units of data_traits.
struct generation_sizes {
  std::uint64_t training = 0;   ///< units the model was fitted on
  std::uint64_t pool = 0;       ///< units they were drawn from; equal to `training` but under accumulate_subsample
  std::uint64_t pool_real = 0;  ///< real units among the pool
  std::uint64_t sampled = 0;    ///< units drawn from the model
  bool exhausted = false;       ///< fewer fresh real units were left than this training set wanted

  friend bool operator==(const generation_sizes&, const generation_sizes&) = default;
};

/// What the observer sees: generation `index` (0: fitted on real data) after it was sampled and *before* anything is trained
/// on the sample. The references live until the observer returns.
template <class Model, class Data>
struct generation {
  std::uint64_t index;
  const Model& model;
  const Data& training;
  const Data& sample;
  generation_sizes sizes;
  std::uint64_t seed;  ///< for the observer's own random numbers; nothing else uses this stream
};

/// Record of an observer that returns none.
struct no_record {
  friend constexpr bool operator==(const no_record&, const no_record&) = default;
};

/// A record together with the wish to stop.
template <class Record>
struct observed {
  Record record;
  bool stop = false;
};

/// Why a run ended.
enum class run_end : std::uint8_t {
  completed,  ///< all generations
  stopped,    ///< the observer said so
  exhausted,  ///< no fresh real unit was left for a mixed training set
  no_data     ///< the model gave an empty sample, so there was nothing to train on
};

[[nodiscard]] constexpr std::string_view to_string_view(run_end end) noexcept {
  switch (end) {
    case run_end::completed: return "completed";
    case run_end::stopped: return "stopped";
    case run_end::exhausted: return "exhausted";
    case run_end::no_data: return "no data";
  }
  return "unknown";
}

/// What a run leaves: the observer's records by value and the sizes really used, one entry per generation that was observed.
template <class Record>
struct trajectory {
  std::vector<Record> records;
  std::vector<generation_sizes> sizes;
  run_end end = run_end::completed;
  bool exhausted = false;  ///< the reserve of fresh real data ran short at some generation

  friend bool operator==(const trajectory&, const trajectory&) = default;
};

/// Default observer: keeps sizes only.
struct no_observer {
  template <class Model, class Data>
  constexpr void operator()(const generation<Model, Data>&) const noexcept {}
};

/// Default `fresh_real`: there is none.
struct no_fresh_real {};

namespace detail {

template <class Result>
struct observation {
  using record = Result;
  static record take(Result&& result) { return std::move(result); }
  static bool stop(const Result&) { return false; }
};
template <>
struct observation<bool> {
  using record = no_record;
  static record take(bool) { return {}; }
  static bool stop(bool stop) { return stop; }
};
template <class Record>
struct observation<observed<Record>> {
  using record = Record;
  static record take(observed<Record>&& result) { return std::move(result.record); }
  static bool stop(const observed<Record>& result) { return result.stop; }
};
template <>
struct observation<void> {
  using record = no_record;
};

template <class Fit, class Data>
decltype(auto) fit_model(Fit& fit, const Data& data, std::uint64_t seed) {
  if constexpr (std::invocable<Fit&, const Data&, core::random_engine&>) {
    core::random_engine random(seed);
    return fit(data, random);
  } else {
    return fit(data);  // no engine: seeding one costs microseconds, as much as a small fit
  }
}

// Streams of one generation. A number, once used, keeps its purpose: results of a seed depend on it.
enum class stream : std::uint64_t { fit, sample, pool, fresh, observer };
[[nodiscard]] constexpr std::uint64_t stream_seed(std::uint64_t seed, std::uint64_t generation, stream purpose) {
  return core::split_seed(core::split_seed(seed, generation), static_cast<std::uint64_t>(purpose));
}

inline void check_run_options(const run_options& o, std::uint64_t real_size, bool has_fresh_real) {
  constexpr auto function = "recursion::run";
  core::check(real_size > 0, function, "size of real_data", real_size, "at least 1");
  core::check_at_least(function, "generations", o.generations, std::uint64_t{1});
  core::check(o.training_size == 0 || o.regime == regime::accumulate_subsample, function, "training_size",
              o.training_size, "0 unless the regime is accumulate-subsample");
  core::check_closed_interval(function, "real_fraction", o.real_fraction, 0.0, 1.0);
  core::check(o.real_fraction == 0.0 || o.regime == regime::mix, function, "real_fraction", o.real_fraction,
              "0 unless the regime is mix");
  core::check(o.real_fraction == 0.0 || has_fresh_real, function, "real_fraction", o.real_fraction,
              "0 where no fresh_real is given");
}

}  // namespace detail

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

/// Trains models on each other's output and watches what happens.
///
/// Each generation: fit on the training set → sample → the observer sees model and sample → the next training set, by the
/// regime, from the sample and what came before. After the last generation nothing is built any more.
///
/// Mixed training sets hold k = round(real_fraction · sample_size) fresh real units and sample_size − k of the sample, drawn
/// without replacement. When only r < k fresh units are left, the set shrinks in proportion (the share stays) and the
/// generation is marked `exhausted`; with none left the run ends. Real data are never used twice.
///
/// Random numbers: one 64-bit number is taken from `random`; every fit, sample, draw and observer of every generation has its
/// own stream split from it. So results are bit-identical for one seed, and do not change because another part draws more.
///
/// @param real_data   training data of generation 0 (under accumulate_subsample at most training_size units of it)
/// @param fit         fit(data) or fit(data, core::random_engine&) → model
/// @param sample      sample(model, n, core::random_engine&) → Data of about n units; what it really gave is recorded
/// @param options     regime and sizes
/// @param random      any core::random_bits
/// @param observer    observer(const generation<Model, Data>&) → a record (any movable value), void, bool (true: stop) or
///                    observed<Record>{record, stop}
/// @param fresh_real  fresh_real(n, core::random_engine&) → up to n real units never given before, e.g. a real_reserve
/// @return            trajectory<Record>; Record is no_record for void and bool
/// @complexity        that of fit and sample; pools cost one copy of what they hold, under replace none
/// @throws            std::invalid_argument naming the argument: no real data, no generations, a share outside [0, 1] or
///                    without fresh_real, an option that the regime does not use
/// @example           examples/recursion/gaussian_collapse.cpp
template <recursion_data Data, class Fit, class Sample, core::random_bits Random, class Observer = no_observer,
          class FreshReal = no_fresh_real>
auto run(const Data& real_data, Fit&& fit, Sample&& sample, const run_options& options, Random& random,
         Observer&& observer = {}, FreshReal&& fresh_real = {}) {
  using traits = data_traits<Data>;
  using model_type = std::remove_cvref_t<decltype(detail::fit_model(fit, real_data, std::uint64_t{}))>;
  using generation_type = generation<model_type, Data>;
  using result_type = std::invoke_result_t<Observer&, const generation_type&>;
  using observation = detail::observation<std::remove_cvref_t<result_type>>;
  constexpr bool has_fresh_real = !std::same_as<std::remove_cvref_t<FreshReal>, no_fresh_real>;

  const std::uint64_t real_size = traits::size(real_data);
  detail::check_run_options(options, real_size, has_fresh_real);
  const std::uint64_t sample_size = options.sample_size != 0 ? options.sample_size : real_size;
  const std::uint64_t training_size = options.training_size != 0 ? options.training_size : sample_size;
  const bool keeps_all = options.regime == regime::accumulate || options.regime == regime::accumulate_subsample;
  const auto seed = static_cast<std::uint64_t>(random());

  trajectory<typename observation::record> result;
  Data pool;                       // everything the next training set may come from
  Data subset;                     // what accumulate_subsample drew of it
  const Data* whole = &real_data;  // `real_data` at first, then `pool`
  generation_sizes sizes;
  sizes.pool = sizes.pool_real = real_size;
  for (std::uint64_t g = 0;; ++g) {
    const auto engine = [seed, g](detail::stream purpose) {
      return core::random_engine(detail::stream_seed(seed, g, purpose));
    };
    const Data* training = whole;
    if (options.regime == regime::accumulate_subsample && sizes.pool > training_size) {
      auto stream = engine(detail::stream::pool);
      subset = traits::draw(*whole, training_size, stream);
      training = &subset;
    }
    sizes.training = traits::size(*training);

    const model_type model = detail::fit_model(fit, *training, detail::stream_seed(seed, g, detail::stream::fit));
    auto sample_stream = engine(detail::stream::sample);
    Data drawn = sample(model, sample_size, sample_stream);
    sizes.sampled = traits::size(drawn);

    result.sizes.push_back(sizes);
    const std::uint64_t observer_seed = detail::stream_seed(seed, g, detail::stream::observer);
    const generation_type seen{g, model, *training, drawn, sizes, observer_seed};
    if constexpr (std::is_void_v<result_type>) {
      observer(seen);
      result.records.push_back({});
    } else {
      auto returned = observer(seen);
      const bool stop = observation::stop(returned);
      result.records.push_back(observation::take(std::move(returned)));
      if (stop) {
        result.end = run_end::stopped;
        return result;
      }
    }
    if (g + 1 == options.generations) return result;

    sizes.exhausted = false;
    if (keeps_all) {
      if (g == 0) pool = real_data;
      traits::append(pool, drawn);
    } else if (options.regime == regime::replace) {
      pool = std::move(drawn);
      sizes.pool_real = 0;
    } else {
      const auto wanted =
          static_cast<std::uint64_t>(std::llround(options.real_fraction * static_cast<double>(sample_size)));
      std::uint64_t synthetic = sample_size - wanted;
      pool = Data{};
      if constexpr (has_fresh_real) {
        if (wanted > 0) {
          auto stream = engine(detail::stream::fresh);
          pool = fresh_real(wanted, stream);
          const std::uint64_t got = traits::size(pool);
          if (got < wanted) {
            sizes.exhausted = result.exhausted = true;
            synthetic = static_cast<std::uint64_t>(std::llround(
                static_cast<double>(synthetic) * (static_cast<double>(got) / static_cast<double>(wanted))));
          }
          if (got == 0) {
            result.end = run_end::exhausted;
            return result;
          }
        }
      }
      sizes.pool_real = traits::size(pool);
      if (synthetic > 0) {
        auto stream = engine(detail::stream::pool);
        traits::append(pool, traits::draw(drawn, synthetic, stream));
      }
    }
    whole = &pool;
    sizes.pool = traits::size(pool);
    if (sizes.pool == 0) {
      result.end = run_end::no_data;
      return result;
    }
  }
}

/// The same with one object that fits and samples, such as gaussian_model or ngram_model.
template <recursion_data Data, model_family<Data> Family, core::random_bits Random, class Observer = no_observer,
          class FreshReal = no_fresh_real>
auto run(const Data& real_data, const Family& family, const run_options& options, Random& random,
         Observer&& observer = {}, FreshReal&& fresh_real = {}) {
  const auto with_fit = [&](auto&& fit) {
    const auto sample = [&family](const auto& model, std::uint64_t n, core::random_engine& stream) {
      return family.sample(model, n, stream);
    };
    return run(real_data, fit, sample, options, random, std::forward<Observer>(observer),
               std::forward<FreshReal>(fresh_real));
  };
  if constexpr (requires(core::random_engine & stream) { family.fit(real_data, stream); })
    return with_fit([&family](const Data& data, core::random_engine& stream) { return family.fit(data, stream); });
  else
    return with_fit([&family](const Data& data) { return family.fit(data); });
}

}  // namespace tailwatch::recursion
