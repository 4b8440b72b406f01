// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/model_family.hpp"
#include "tailwatch/recursion/regime.hpp"
#include "tailwatch/recursion/run_options.hpp"
#include "tailwatch/recursion/trajectory.hpp"

namespace tailwatch::recursion {

/// Default `fresh_real`: there is none.
struct no_fresh_real {};

/// Default `screen`: everything is kept.
struct no_screen {};

namespace detail {

// Streams of one generation. A number, once used, keeps its purpose: results of a seed depend on it.
enum class stream : std::uint64_t { fit, sample, pool, fresh, observer, screen };
[[nodiscard]] constexpr std::uint64_t stream_seed(std::uint64_t seed, std::uint64_t generation, stream purpose) {
  return core::split_seed(core::split_seed(seed, generation), static_cast<std::uint64_t>(purpose));
}

inline void check_sources(const run_options& o, bool has_fresh_real, bool takes_weights) {
  constexpr auto function = "recursion::run";
  core::check(o.real_fraction == 0.0 || has_fresh_real, function, "real_fraction", o.real_fraction,
              "0 where no fresh_real is given");
  core::check(o.refresh_every == 0 || has_fresh_real, function, "refresh_every", o.refresh_every,
              "0 where no fresh_real is given");
  core::check(!o.real_weight || takes_weights, function, "real_weight", o.real_weight.value_or(0.0),
              "absent where the fit takes no weights");
}

}  // namespace detail

/// A run between two generations: what it takes to go on, bit for bit, in another process.
///
///   run_state state(real, options, random);
///   auto first = advance(state, family, observer, fresh, {}, 5);     // five generations
///   state.save(archive); … ; state.load(archive);
///   auto rest = advance(state, family, observer, fresh);             // the others
///
/// Holds data, sizes, options and the seed; the records are the caller's, and so is the source of fresh real data (a
/// real_reserve has save and load of its own). Memory: what the next training set may come from, and the real data under augment.
template <recursion_data Data>
class run_state {
 public:
  run_state() = default;

  /// @param random  one number is taken from it
  /// @throws        std::invalid_argument  for no real data or options out of range
  template <core::random_bits Random>
  run_state(Data real_data, run_options options, Random& random)
      : options_(std::move(options)), pool_(std::move(real_data)) {
    real_size_ = data_traits<Data>::size(pool_);
    detail::check_run_options(options_, real_size_);
    seed_ = static_cast<std::uint64_t>(random());
    sizes_.pool = sizes_.pool_real = real_size_;
    if constexpr (itemised_data<Data>) real_items_ = data_traits<Data>::items(pool_);
    if (options_.regime == regime::augment) real_ = pool_;
  }

  [[nodiscard]] const run_options& options() const noexcept { return options_; }
  /// Index of the generation that comes next.
  [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
  /// paused while there are generations left.
  [[nodiscard]] run_end end() const noexcept { return end_; }
  [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }
  /// What the next generation is trained on, or drawn from.
  [[nodiscard]] const Data& pool() const noexcept { return pool_; }

  /// Units drawn from generation g.
  [[nodiscard]] std::uint64_t sample_size(std::uint64_t g) const noexcept {
    if (!options_.sample_sizes.empty())
      return options_
          .sample_sizes[static_cast<std::size_t>(std::min<std::uint64_t>(g, options_.sample_sizes.size() - 1))];
    return options_.sample_size != 0 ? options_.sample_size : real_size_;
  }

  void save(core::output_archive& out) const requires archivable_data<Data> {
    out.begin({core::state_family::recursion_run, 0, 0, 0, next_});
    out.u8(static_cast<std::uint8_t>(options_.regime));
    for (const std::uint64_t x : {options_.generations, options_.sample_size, options_.training_size}) out.u64(x);
    out.f64(options_.real_fraction);
    detail::save_numbers(out, options_.sample_sizes);
    out.u64(options_.refresh_every);
    out.f64(options_.refresh_fraction);
    out.f64(options_.real_weight.value_or(0.0));
    for (const std::uint64_t x : {seed_, next_, real_size_, real_items_}) out.u64(x);
    detail::save_sizes(out, sizes_);
    out.u8(exhausted_ ? 1 : 0);
    out.u8(static_cast<std::uint8_t>(end_));
    data_traits<Data>::save(out, pool_);
    data_traits<Data>::save(out, real_);
    out.end();
  }

  /// @throws core::archive_error  for bytes that are no run of such data; the object is then unchanged
  void load(core::input_archive& in) requires archivable_data<Data> {
    run_state s;
    const core::record_header header = in.open(core::state_family::recursion_run);
    const std::uint8_t regime_number = in.u8();
    detail::check_loaded(regime_number < regimes.size(), "no such regime");
    s.options_.regime = static_cast<recursion::regime>(regime_number);
    for (std::uint64_t* x : {&s.options_.generations, &s.options_.sample_size, &s.options_.training_size})
      *x = in.u64();
    s.options_.real_fraction = in.f64();
    detail::load_numbers(in, s.options_.sample_sizes);
    s.options_.refresh_every = in.u64();
    s.options_.refresh_fraction = in.f64();
    if (const double weight = in.f64(); weight != 0.0) s.options_.real_weight = weight;
    for (std::uint64_t* x : {&s.seed_, &s.next_, &s.real_size_, &s.real_items_}) *x = in.u64();
    s.sizes_ = detail::load_sizes(in);
    s.exhausted_ = in.u8() != 0;
    s.end_ = detail::load_end(in);
    data_traits<Data>::load(in, s.pool_);
    data_traits<Data>::load(in, s.real_);
    detail::check_loaded(header.count == s.next_ && s.next_ <= s.options_.generations, "generations do not match");
    const auto is_share = [](double x) { return !core::is_nan(x) && x >= 0.0 && x <= 1.0; };
    detail::check_loaded(is_share(s.options_.real_fraction) && is_share(s.options_.refresh_fraction) &&
                             is_share(s.options_.real_weight.value_or(1.0)),
                         "a share outside [0, 1]");
    if constexpr (itemised_data<Data>)
      detail::check_loaded(s.real_items_ <= data_traits<Data>::items(s.pool_), "more real items than items");
    in.close();
    *this = std::move(s);
  }

  friend bool operator==(const run_state&, const run_state&) = default;

 private:
  template <class D, class Fit, class Sample, class Observer, class FreshReal, class Screen>
  friend auto advance(run_state<D>&, Fit&&, Sample&&, Observer&&, FreshReal&&, Screen&&, std::uint64_t);

  [[nodiscard]] core::random_engine engine(detail::stream purpose) const {
    return core::random_engine(detail::stream_seed(seed_, next_, purpose));
  }

  /// The share of fresh real units in what generation `next_` + 1 is trained on; nothing: the sample as it is.
  [[nodiscard]] std::optional<double> share_after() const noexcept {
    if (options_.refresh_every != 0 && (next_ + 1) % options_.refresh_every == 0) return options_.refresh_fraction;
    if (options_.regime == regime::mix) return options_.real_fraction;
    return std::nullopt;
  }

  /// From the sample of generation `next_`, the training set of the one after. False where the run ends here.
  template <class FreshReal, class Screen>
  [[nodiscard]] bool build(Data&& drawn, FreshReal& fresh_real, Screen& screen) {
    using traits = data_traits<Data>;
    constexpr bool has_fresh_real = !std::same_as<std::remove_cvref_t<FreshReal>, no_fresh_real>;
    sizes_.exhausted = false;
    sizes_.screened = 0;
    std::uint64_t real_units = 0;
    std::size_t real_items = 0;
    Data batch{};
    if (const auto share = share_after(); !share) {
      batch = std::move(drawn);
    } else {
      const std::uint64_t size = sample_size(next_);
      const auto wanted = static_cast<std::uint64_t>(std::llround(*share * static_cast<double>(size)));
      std::uint64_t synthetic = size - wanted;
      if constexpr (has_fresh_real) {
        if (wanted > 0) {
          auto random = engine(detail::stream::fresh);
          batch = fresh_real(wanted, random);
          const std::uint64_t got = traits::size(batch);
          if (got < wanted) {
            sizes_.exhausted = exhausted_ = true;
            synthetic = static_cast<std::uint64_t>(std::llround(
                static_cast<double>(synthetic) * (static_cast<double>(got) / static_cast<double>(wanted))));
          }
          if (got == 0) {
            end_ = run_end::exhausted;
            return false;
          }
        }
      }
      real_units = traits::size(batch);
      if constexpr (itemised_data<Data>) real_items = traits::items(batch);
      if (synthetic > 0) {
        auto random = engine(detail::stream::pool);
        traits::append(batch, traits::draw(drawn, synthetic, random));
      }
    }
    if constexpr (!std::same_as<std::remove_cvref_t<Screen>, no_screen>) {
      static_assert(itemised_data<Data>, "a screen needs data_traits<Data>::items and gather");
      auto random = engine(detail::stream::screen);
      const std::vector<std::size_t> kept = screen(std::as_const(batch), real_items, random);
      const auto border = std::partition_point(kept.begin(), kept.end(), [&](std::size_t i) { return i < real_items; });
      const std::uint64_t before = traits::size(batch);
      real_units = traits::size(traits::gather(batch, std::vector<std::size_t>(kept.begin(), border)));
      real_items = static_cast<std::size_t>(border - kept.begin());
      batch = traits::gather(batch, kept);
      sizes_.screened = before - traits::size(batch);
    }
    switch (options_.regime) {
      case regime::accumulate:
      case regime::accumulate_subsample:
        traits::append(pool_, batch);
        sizes_.pool_real += real_units;
        break;
      case regime::augment:
        pool_ = real_;
        sizes_.pool_real = traits::size(real_) + real_units;
        if constexpr (itemised_data<Data>) real_items += traits::items(real_);
        traits::append(pool_, batch);
        break;
      case regime::replace:
      case regime::mix:
        pool_ = std::move(batch);
        sizes_.pool_real = real_units;
        break;
    }
    real_items_ = real_items;
    sizes_.pool = traits::size(pool_);
    if (sizes_.pool == 0) {
      end_ = run_end::no_data;
      return false;
    }
    return true;
  }

  /// One weight an item of the pool, of mean 1, the real ones first; empty where all are alike.
  [[nodiscard]] std::vector<double> weights() const {
    std::vector<double> w;
    if constexpr (itemised_data<Data>) {
      const auto items = static_cast<std::uint64_t>(data_traits<Data>::items(pool_));
      if (!options_.real_weight || real_items_ == 0 || real_items_ == items) return w;
      const auto n = static_cast<double>(items);
      const double real = *options_.real_weight * n / static_cast<double>(real_items_);
      const double synthetic = (1.0 - *options_.real_weight) * n / static_cast<double>(items - real_items_);
      w.assign(static_cast<std::size_t>(items), synthetic);
      std::fill_n(w.begin(), real_items_, real);
    }
    return w;
  }

  run_options options_;
  Data pool_{};  // everything the next training set may come from
  Data real_{};  // the real data, under augment
  std::uint64_t seed_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t real_size_ = 0;
  std::uint64_t real_items_ = 0;  // items at the front of pool_ that are real; meant for mix, augment and replace
  generation_sizes sizes_;
  bool exhausted_ = false;
  run_end end_ = run_end::paused;
};

/// Runs on for at most `generations` more generations; arguments as for `run`. With the same arguments the result does not
/// depend on where a run was cut, saved and loaded.
/// @return the records of these generations; `end` is paused where others are left
template <class Data, class Fit, class Sample, class Observer = no_observer, class FreshReal = no_fresh_real,
          class Screen = no_screen>
auto advance(run_state<Data>& state, Fit&& fit, Sample&& sample, Observer&& observer, FreshReal&& fresh_real,
             Screen&& screen, std::uint64_t generations) {
  using traits = data_traits<Data>;
  using model_type = std::remove_cvref_t<decltype(detail::fit_model(fit, state.pool_, std::uint64_t{}))>;
  using generation_type = generation<model_type, Data>;
  using result_type = std::invoke_result_t<Observer&, const generation_type&>;
  using observation = detail::observation<std::remove_cvref_t<result_type>>;
  constexpr bool has_fresh_real = !std::same_as<std::remove_cvref_t<FreshReal>, no_fresh_real>;
  constexpr bool takes_weights = itemised_data<Data> && detail::fits_weights<Fit, Data>;
  const run_options& options = state.options_;
  detail::check_sources(options, has_fresh_real, takes_weights);

  trajectory<typename observation::record> result;
  generation_sizes& sizes = state.sizes_;
  Data subset{};  // what accumulate_subsample drew of the pool
  while (state.end_ == run_end::paused && generations > 0) {
    const std::uint64_t g = state.next_;
    const Data* training = &state.pool_;
    if (options.regime == regime::accumulate_subsample) {
      const std::uint64_t wanted = options.training_size != 0 ? options.training_size : state.sample_size(g);
      if (sizes.pool > wanted) {
        auto random = state.engine(detail::stream::pool);
        subset = traits::draw(state.pool_, wanted, random);
        training = &subset;
      }
    }
    sizes.training = traits::size(*training);

    const std::uint64_t fit_seed = detail::stream_seed(state.seed_, g, detail::stream::fit);
    const model_type model = [&]() -> model_type {
      if constexpr (takes_weights)
        if (const std::vector<double> weights = state.weights(); !weights.empty())
          return detail::fit_weighted(fit, *training, std::span<const double>(weights), fit_seed);
      return detail::fit_model(fit, *training, fit_seed);
    }();
    if (!detail::is_defined(model)) {
      state.end_ = run_end::undefined_model;
      break;
    }
    auto sample_stream = state.engine(detail::stream::sample);
    Data drawn = sample(model, state.sample_size(g), sample_stream);
    sizes.sampled = traits::size(drawn);

    result.sizes.push_back(sizes);
    const std::uint64_t observer_seed = detail::stream_seed(state.seed_, g, detail::stream::observer);
    const generation_type seen{g, model, *training, drawn, sizes, observer_seed};
    if constexpr (std::is_void_v<result_type>) {
      observer(seen);
      result.records.push_back({});
    } else {
      auto returned = observer(seen);
      const bool stop = observation::stop(returned);
      result.records.push_back(observation::take(std::move(returned)));
      if (stop) state.end_ = run_end::stopped;
    }
    if (state.end_ == run_end::paused && g + 1 == options.generations) state.end_ = run_end::completed;
    if (state.end_ == run_end::paused) (void)state.build(std::move(drawn), fresh_real, screen);
    ++state.next_;
    --generations;
  }
  result.end = state.end_;
  result.exhausted = state.exhausted_;
  return result;
}

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
/// @param fit         fit(data) or fit(data, core::random_engine&) → model; with run_options::real_weight also
///                    fit(data, weights[, engine]), one weight an item, of mean 1. A model with defined() == false ends the
///                    run by name
/// @param sample      sample(model, n, core::random_engine&) → Data of about n units; what it really gave is recorded
/// @param options     regime and sizes
/// @param random      any core::random_bits
/// @param observer    observer(const generation<Model, Data>&) → a record (any movable value), void, bool (true: stop) or
///                    observed<Record>{record, stop}
/// @param fresh_real  fresh_real(n, core::random_engine&) → up to n real units never given before, e.g. a real_reserve
/// @param screen      screen(batch, real_items, core::random_engine&) → indices of the items kept, ascending: a filter on what
///                    is added to the training data, e.g. detector_screen; items below real_items are real
/// @return            trajectory<Record>; Record is no_record for void and bool
/// @complexity        what fit and sample cost; one copy of the real data
/// @throws            std::invalid_argument  for no real data, options out of range or of another regime, real_weight where the
///                    fit takes no weights, a share of fresh data where there is no fresh_real
/// @example           examples/recursion/gaussian_collapse.cpp
template <recursion_data Data, class Fit, class Sample, core::random_bits Random, class Observer = no_observer,
          class FreshReal = no_fresh_real, class Screen = no_screen>
auto run(const Data& real_data, Fit&& fit, Sample&& sample, const run_options& options, Random& random,
         Observer&& observer = {}, FreshReal&& fresh_real = {}, Screen&& screen = {}) requires
    requires(core::random_engine& stream) {
  { sample(detail::fit_model(fit, real_data, std::uint64_t{}), std::uint64_t{}, stream) } -> std::convertible_to<Data>;
}
{
  run_state<Data> state(real_data, options, random);
  return advance(state, fit, sample, observer, fresh_real, screen, options.generations);
}

namespace detail {

template <class Family>
void check_minimum_samples(const Family& family, const run_options& options, std::uint64_t real_size) {
  if constexpr (requires { family.minimum_samples(); }) {
    constexpr auto function = "recursion::run";
    const std::uint64_t least = family.minimum_samples();
    core::check_at_least(function, "size of real_data", real_size, least);
    if (options.sample_size != 0) core::check_at_least(function, "sample_size", options.sample_size, least);
    if (options.training_size != 0) core::check_at_least(function, "training_size", options.training_size, least);
    for (const std::uint64_t size : options.sample_sizes) core::check_at_least(function, "sample_sizes", size, least);
  }
}

}  // namespace detail

/// The same with one object that fits and samples, such as gaussian_model or ngram_model. A family may say how few units it
/// can be fitted to, minimum_samples(): smaller sizes are refused by name.
template <recursion_data Data, model_family<Data> Family, core::random_bits Random, class Observer = no_observer,
          class FreshReal = no_fresh_real, class Screen = no_screen>
auto run(const Data& real_data, const Family& family, const run_options& options, Random& random,
         Observer&& observer = {}, FreshReal&& fresh_real = {}, Screen&& screen = {}) {
  detail::check_minimum_samples(family, options, data_traits<Data>::size(real_data));
  run_state<Data> state(real_data, options, random);
  return advance(state, family, observer, fresh_real, screen, options.generations);
}

/// `advance` with one object that fits and samples.
template <class Data, model_family<Data> Family, class Observer = no_observer, class FreshReal = no_fresh_real,
          class Screen = no_screen>
auto advance(run_state<Data>& state, const Family& family, Observer&& observer = {}, FreshReal&& fresh_real = {},
             Screen&& screen = {}, std::uint64_t generations = ~std::uint64_t{0}) {
  const detail::family_fit<Family, Data> fit{family};
  const auto sample = [&family](const auto& model, std::uint64_t n, core::random_engine& stream) -> Data {
    return family.sample(model, n, stream);
  };
  return advance(state, fit, sample, observer, fresh_real, screen, generations);
}

}  // namespace tailwatch::recursion
