// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "conformance/states.hpp"
#include "tailwatch/core.hpp"
#include "tailwatch/monitor/blocks.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/shiryaev_mixture.hpp"
#include "tailwatch/monitor/text_monitor.hpp"
#include "tailwatch/perplexity/kneser_ney_archive.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/population.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/sketch/theta_image.hpp"
#include "tailwatch/text/vocabulary.hpp"

/// Everything in the library that reads foreign bytes, behind one face, for the fuzzer and for the test in the suite.
namespace tailwatch::fuzz {

/// A broken promise: what the fuzzer looks for.
inline void expect(bool condition, const char* promise, const std::string& loader) {
  if (condition) return;
  std::fprintf(stderr, "%s: %s\n", loader.c_str(), promise);
  std::abort();
}

struct loader {
  std::string name;
  std::vector<std::byte> seed;  ///< valid bytes
  /// Loads the bytes, and where they load works with the state. @return  whether they loaded
  bool (*load)(const loader&, std::span<const std::byte>);
};

/// Calls act(); anything but archive_error that it throws is a broken promise.
template <class Act>
bool loads(const loader& self, Act&& act) {
  try {
    act();
    return true;
  } catch (const core::archive_error&) {
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", self.name.c_str(), error.what());
    expect(false, "threw something else", self.name);
  }
  return false;
}

/// A state loads as it was, or stays as it was; what loaded can be saved, loaded again, and used.
template <class State, class Use>
bool check_state(const loader& self, std::span<const std::byte> bytes, const State& before, Use&& use) {
  State state = before;
  core::input_archive in(bytes);
  if (!loads(self, [&] { state.load(in); })) {
    expect(core::to_bytes(state) == core::to_bytes(before), "a refused load changed the state", self.name);
    return false;
  }
  const auto saved = core::to_bytes(state);
  State again = before;
  expect(loads(self, [&] { core::from_bytes(saved, again); }), "what was loaded and saved does not load", self.name);
  expect(core::to_bytes(again) == saved, "what was loaded and saved loads as something else", self.name);
  use(state);
  static_cast<void>(core::to_bytes(state));
  return true;
}

template <class State>
State fed_state(std::uint64_t seed, std::size_t chunks) {
  using traits = conformance::state_traits<State>;
  core::random_engine random(seed);
  State state = traits::make();
  for (const auto& chunk : traits::input(random, chunks)) traits::feed(state, chunk);
  return state;
}

template <class State>
bool load_state(const loader& self, std::span<const std::byte> bytes) {
  using traits = conformance::state_traits<State>;
  static const State before = fed_state<State>(1, 4);
  return check_state(self, bytes, before, [&](State& state) {
    if constexpr (traits::exact)  // such a state has one form: what loads is what would be saved
      expect(std::ranges::equal(core::to_bytes(state), bytes.first(core::to_bytes(state).size())),
             "loaded bytes are not the canonical ones", self.name);
    State merged = before;
    merged.merge(state);
    state.merge(before);
    core::random_engine random(2);
    for (const auto& chunk : traits::input(random, 3)) traits::feed(state, chunk);
    if constexpr (requires { state.distinct().value; }) static_cast<void>(state.distinct());
    if constexpr (requires { state.missing_mass(); }) static_cast<void>(state.missing_mass());
    if constexpr (requires { state.quantile(0.5); }) static_cast<void>(state.quantile(0.999));
    if constexpr (requires { state.query(0); }) static_cast<void>(state.query(7));
    if constexpr (requires { state.matrix(); }) static_cast<void>(state.matrix());
    if constexpr (requires { state.per_byte(); }) static_cast<void>(state.per_byte());
    if constexpr (core::reducible<State>)
      for (std::size_t round = 0; round < state.reduction_rounds(); ++round) {
        static_cast<void>(state.begin_round(round));
        state.finish_round(round);
      }
  });
}

inline bool load_reservoir(const loader& self, std::span<const std::byte> bytes) {
  static const auto before = [] {
    core::random_engine random(3);
    sketch::reservoir<std::int32_t> state(8);
    state.update(std::vector<std::int32_t>{5, 6, 7}, random);
    return state;
  }();
  return check_state(self, bytes, before, [&](auto& state) {
    state.merge(before);
    core::random_engine random(4);
    state.update(std::vector<std::int32_t>(50, 3), random);
  });
}

using hll_ring = sketch::panes<sketch::hyper_log_log>;
inline hll_ring make_ring(int panes) {
  hll_ring ring(3, sketch::hyper_log_log({.precision = 4}));
  for (int i = 0; i < panes; ++i) {
    ring.update(std::vector<int>{i, 7 * i, 1000});
    ring.advance();
  }
  return ring;
}
inline bool load_ring(const loader& self, std::span<const std::byte> bytes) {
  static const hll_ring before = make_ring(1);
  return check_state(self, bytes, before, [](hll_ring& ring) {
    for (int i = 0; i < 5; ++i) {
      ring.update(std::vector<int>{i});
      static_cast<void>(ring.query().distinct());
      ring.advance();
    }
  });
}

inline text::vocabulary make_vocabulary() {
  text::vocabulary words;
  for (const char* word : {"the", "tail", "", "na\xC3\xAFve", "a word with spaces"}) words.add(word);
  return words;
}
inline bool load_vocabulary(const loader& self, std::span<const std::byte> bytes) {
  static const text::vocabulary before = make_vocabulary();
  return check_state(self, bytes, before, [](text::vocabulary& words) {
    words.add("more");
    for (text::vocabulary::id_type id = 0; id < words.size(); ++id) static_cast<void>(words.find(words.word(id)));
  });
}

inline core::token_sequences make_text(std::size_t sentences, std::uint64_t words, std::uint64_t seed) {
  core::random_engine random(seed);
  core::token_sequences text;
  for (std::size_t i = 0; i < sentences; ++i) {
    std::vector<std::uint32_t> sentence(static_cast<std::size_t>(5 + core::uniform_below(random, 20)));
    for (auto& id : sentence)
      id = static_cast<std::uint32_t>(core::uniform_below(random, 1 + core::uniform_below(random, words)));
    text.push_back(sentence);
  }
  return text;
}

inline std::vector<std::byte> model_bytes() {
  core::output_archive out;
  perplexity::save_kneser_ney(perplexity::kneser_ney(make_text(12, 9, 5)), out);
  return std::move(out).bytes();
}
inline std::vector<std::byte> weighted_model_bytes() {
  const std::vector<double> weights(12, 0.75);
  core::output_archive out;
  perplexity::save_kneser_ney(perplexity::kneser_ney(make_text(12, 9, 5), weights), out);
  return std::move(out).bytes();
}
inline bool load_model(const loader& self, std::span<const std::byte> bytes) {
  perplexity::kneser_ney model;
  core::input_archive in(bytes);
  if (!loads(self, [&] { model = perplexity::load_kneser_ney(in); })) return false;
  core::output_archive out;
  perplexity::save_kneser_ney(model, out);
  const auto saved = std::move(out).bytes();
  core::input_archive again(saved);
  expect(loads(self, [&] { static_cast<void>(perplexity::load_kneser_ney(again)); }), "a saved model does not load",
         self.name);
  static const core::token_sequences text = make_text(3, 12, 6);
  static_cast<void>(model.score(text));
  core::random_engine random(6);
  for (const double top_p : {1.0, 0.9, 0.3}) {
    perplexity::kneser_ney_sampler sampler(model, {.top_p = top_p, .max_sentence_tokens = 12});
    std::vector<std::uint32_t> sentence;
    static_cast<void>(sampler.sample_sentence(random, sentence));
  }
  return true;
}

inline monitor::collapse_monitor make_monitor() {
  std::vector<monitor::signal> signals(2);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    core::random_engine random(90 + i);
    std::vector<std::vector<double>> parts(5, std::vector<double>(8));
    for (auto& part : parts)
      for (double& v : part) v = static_cast<double>(core::uniform_below(random, 65)) / 64.0;
    signals[i].name = i == 0 ? "entropy" : "types";
    signals[i].role = i == 0 ? monitor::signal_role::entropy : monitor::signal_role::diversity;
    signals[i].baselines.push_back({"human", monitor::baseline(parts, {.parts = monitor::part_model::random_split})});
  }
  return monitor::collapse_monitor(std::move(signals), {.max_blocks_per_step = 8, .recent_blocks = 4});
}
inline void run_monitor(monitor::collapse_monitor& state, std::uint64_t first) {
  for (std::uint64_t t = first; t < first + 9; ++t) {
    for (std::size_t i = 0; i < 2; ++i) state.observe(i, static_cast<double>((t * 7 + i) % 9) / 8.0);
    static_cast<void>(state.on_step_end(t));
  }
  state.on_generation_end();
}
inline bool load_monitor(const loader& self, std::span<const std::byte> bytes) {
  static const monitor::collapse_monitor before = make_monitor();
  return check_state(self, bytes, before, [](monitor::collapse_monitor& state) { run_monitor(state, 100); });
}

inline bool load_mixture(const loader& self, std::span<const std::byte> bytes) {
  static const monitor::shiryaev_mixture before(0.375, collapse_direction::either);
  return check_state(self, bytes, before, [](monitor::shiryaev_mixture& state) {
    for (int t = 0; t < 20; ++t) state.update(static_cast<double>(t % 9) / 8.0);
  });
}
inline std::vector<std::byte> mixture_bytes() {
  monitor::shiryaev_mixture state(0.375, collapse_direction::either);
  for (int t = 0; t < 40; ++t) state.update(static_cast<double>(t % 5) / 4.0);
  return core::to_bytes(state);
}

inline const monitor::text_monitor& text_monitor_before() {
  static const monitor::text_monitor before = [] {
    static const monitor::text_reference reference(make_text(300, 2000, 7), 2000);
    monitor::text_signals signals(reference);
    monitor::text_baseline human{"human", {}, {}};
    core::random_engine random(8);
    for (std::uint64_t part = 0; part < 5; ++part) {
      human.parts.emplace_back();
      for (const auto& block : monitor::cut_blocks(make_text(100, 2000, 9 + part), 100, random).blocks)
        human.parts.back().push_back(signals.values(block));
    }
    const monitor::collapse_monitor core(
        monitor::text_monitor_signals(std::span<const monitor::text_baseline>(&human, 1)));
    return monitor::text_monitor(reference, core, 100);
  }();
  return before;
}
inline std::vector<std::byte> text_monitor_bytes() {
  monitor::text_monitor state = text_monitor_before();
  const auto text = make_text(20, 2000, 30);
  for (std::size_t i = 0; i < text.size(); ++i) state.on_tokens(text[i]);
  return core::to_bytes(state);
}
inline bool load_text_monitor(const loader& self, std::span<const std::byte> bytes) {
  return check_state(self, bytes, text_monitor_before(), [](monitor::text_monitor& state) {
    static const auto text = make_text(12, 2000, 31);
    for (std::size_t i = 0; i < text.size(); ++i) state.on_tokens(text[i]);
    static_cast<void>(state.on_step_end(1));
    state.on_generation_end();
  });
}

inline bool load_theta(const loader& self, std::span<const std::byte> bytes) {
  sketch::bottom_k sample;
  if (!loads(self, [&] { sample = sketch::from_theta_image(bytes); })) return false;
  const auto image = sketch::to_theta_image(sample);
  expect(
      loads(self, [&] { expect(sketch::from_theta_image(image) == sample, "an image loads as another", self.name); }),
      "a written image does not load", self.name);
  sample.add(std::uint64_t{5});
  static_cast<void>(sketch::jaccard(sample, sketch::bottom_k(sketch::theta_options(20))));
  return true;
}
inline std::vector<std::byte> theta_bytes(std::uint64_t keys) {
  sketch::bottom_k sample(sketch::theta_options(20));
  for (std::uint64_t i = 0; i < keys; ++i) sample.add(i);
  return sketch::to_theta_image(sample);
}

/// A run half way. Its generations are not gone on with: forged sizes are any size.
template <class Data>
recursion::run_state<Data> make_run(Data data) {
  core::random_engine random(40);
  return recursion::run_state<Data>(std::move(data), {.regime = recursion::regime::augment, .sample_sizes = {3, 4}},
                                    random);
}
template <class Data>
bool load_run(const loader& self, std::span<const std::byte> bytes) {
  static const recursion::run_state<Data> before = make_run(Data{1.0, 2.0});
  return check_state(self, bytes, before, [](auto& state) { static_cast<void>(state.sample_size(1)); });
}
inline bool load_text_run(const loader& self, std::span<const std::byte> bytes) {
  static const auto before = make_run(make_text(2, 9, 41));
  return check_state(self, bytes, before, [](auto& state) { static_cast<void>(state.sample_size(1)); });
}
inline recursion::real_reserve<std::vector<double>> make_reserve() {
  return recursion::real_reserve<std::vector<double>>(std::vector<double>{1.0, 0.5, -3.0, 8.0});
}
inline bool load_reserve(const loader& self, std::span<const std::byte> bytes) {
  static const auto before = make_reserve();
  return check_state(self, bytes, before, [](auto& reserve) {
    core::random_engine random(42);
    static_cast<void>(reserve(2, random));
  });
}

inline recursion::population_state<std::vector<double>> make_population() {
  core::random_engine random(44);
  return recursion::population_state<std::vector<double>>({{1.0, 0.5}, {-3.0}},
                                                          {.exchange = {1, 2, 0, 1}, .sample_sizes = {3, 4}}, random);
}
inline bool load_population(const loader& self, std::span<const std::byte> bytes) {
  static const auto before = make_population();
  return check_state(self, bytes, before, [](auto& state) {
    if (state.models() > 0) static_cast<void>(state.sample_size(state.models() - 1, 1));
  });
}

template <class... States>
void append_states(std::vector<loader>& to, std::tuple<States...>*) {
  (to.push_back({std::string(conformance::state_traits<States>::name), core::to_bytes(fed_state<States>(11, 8)),
                 &load_state<States>}),
   ...);
}

/// A loader's place in the list is the first byte of a fuzzer's input: new ones go to the end.
inline const std::vector<loader>& all_loaders() {
  static const std::vector<loader> list = [] {
    std::vector<loader> all;
    append_states(all, static_cast<conformance::all_states*>(nullptr));
    core::random_engine random(12);
    sketch::reservoir<std::int32_t> reservoir(8);
    reservoir.update(std::vector<std::int32_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, random);
    all.push_back({"reservoir", core::to_bytes(reservoir), &load_reservoir});
    all.push_back({"panes", core::to_bytes(make_ring(4)), &load_ring});
    all.push_back({"vocabulary", core::to_bytes(make_vocabulary()), &load_vocabulary});
    all.push_back({"kneser_ney", model_bytes(), &load_model});
    monitor::collapse_monitor monitored = make_monitor();
    run_monitor(monitored, 1);
    all.push_back({"collapse_monitor", core::to_bytes(monitored), &load_monitor});
    all.push_back({"shiryaev_mixture", mixture_bytes(), &load_mixture});
    all.push_back({"text_monitor", text_monitor_bytes(), &load_text_monitor});
    all.push_back({"theta image", theta_bytes(9), &load_theta});
    all.push_back({"theta image below 1", theta_bytes(300), &load_theta});
    all.push_back({"run of numbers", core::to_bytes(make_run(std::vector<double>{1.0, 0.5, -3.0})),
                   &load_run<std::vector<double>>});
    all.push_back({"run of text", core::to_bytes(make_run(make_text(4, 9, 43))), &load_text_run});
    all.push_back({"reserve", core::to_bytes(make_reserve()), &load_reserve});
    all.push_back({"population", core::to_bytes(make_population()), &load_population});
    all.push_back({"kneser_ney of weighted text", weighted_model_bytes(), &load_model});
    return all;
  }();
  return list;
}

}  // namespace tailwatch::fuzz
