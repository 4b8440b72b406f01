// SPDX-License-Identifier: BSL-1.0
// Populations that grow, are refreshed, run on several threads, and are cut, saved and resumed.
#include "tailwatch/recursion/population.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/archive.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/recursion/ngram.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;

namespace {

using echo_units = std::vector<std::uint32_t>;

// A model is its first unit, and its sample repeats it: training sets show where they come from. Real units are 0.
struct echo_model {
  [[nodiscard]] std::uint32_t fit(const echo_units& x) const { return x[0]; }
  template <core::random_bits Random>
  [[nodiscard]] echo_units sample(std::uint32_t m, std::uint64_t n, Random&) const {
    return echo_units(n, m);
  }
};

echo_units echo_zeros(std::uint64_t n, core::random_engine&) { return echo_units(n, 0); }

const auto sizes_and_real = [](std::size_t, const auto& g) {
  return std::pair<std::size_t, std::size_t>(
      g.training.size(), static_cast<std::size_t>(std::count(g.training.begin(), g.training.end(), 0U)));
};

// One thread a part.
struct thread_a_model {
  template <class Work>
  void operator()(std::size_t parts, const Work& work) const {
    std::vector<std::thread> all;
    for (std::size_t part = 0; part < parts; ++part) all.emplace_back([&work, part] { work(part); });
    for (auto& thread : all) thread.join();
  }
};

std::vector<std::vector<double>> three_population_samples(std::size_t n) {
  core::random_engine random(11);
  std::vector<std::vector<double>> real;
  for (int i = 0; i < 3; ++i) real.push_back(recursion::gaussian{static_cast<double>(i), 1.0}.sample(n, random));
  return real;
}

template <class Function>
std::string population_error(Function&& f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

const recursion::population_options all_population_options{.generations = 9,
                                                           .real_fraction = 0.25,
                                                           .exchange = {2, 1, 1, 0, 1, 1, 1, 0, 3},
                                                           .sample_sizes = {20, 30, 41},
                                                           .refresh_every = 4,
                                                           .refresh_fraction = 0.5};

}  // namespace

TEST_CASE("population: sizes grow and generations are refreshed as in a run", "[recursion]") {
  core::random_engine random(1);
  const std::vector<echo_units> real{echo_units(4, 1), echo_units(5, 2)};
  const auto t = recursion::run_population(real, echo_model{},
                                           {.generations = 6,
                                            .exchange = recursion::cross_exchange(2),
                                            .sample_sizes = {3, 6, 8},
                                            .refresh_every = 3,
                                            .refresh_fraction = 0.25},
                                           random, sizes_and_real, echo_zeros);
  using pairs = std::vector<std::pair<std::size_t, std::size_t>>;
  // generation g + 1 is trained on sample_sizes[g] units; generation 3 has a quarter of real ones, the others none
  CHECK(t.records[0] == pairs{{4, 0}, {3, 0}, {6, 0}, {8, 2}, {8, 8}, {8, 8}});
  CHECK(t.records[1] == pairs{{5, 0}, {3, 0}, {6, 0}, {8, 2}, {8, 8}, {8, 8}});
  CHECK(t.end == recursion::run_end::completed);
  CHECK(t.sizes[1][3] == recursion::generation_sizes{8, 8, 2, 8, false, 0});
  CHECK(t.sizes[0][0].sampled == 3);
  CHECK(recursion::run_population(real, echo_model{}, {.generations = 2, .refresh_every = 1}, random, sizes_and_real,
                                  echo_zeros)
            .records[0][1] == std::pair<std::size_t, std::size_t>{4, 4});
}

TEST_CASE("population: a reserve that runs short shrinks a set, and an empty one ends the run", "[recursion]") {
  core::random_engine random(1);
  recursion::real_reserve<echo_units> reserve(echo_units(9, 0));
  const auto t = recursion::run_population(std::vector<echo_units>{echo_units(8, 1), echo_units(8, 2)}, echo_model{},
                                           {.generations = 9, .real_fraction = 0.5}, random, sizes_and_real, reserve);
  // 4 for each model, then 1 of 4 for the first and nothing for the second
  CHECK(t.end == recursion::run_end::exhausted);
  CHECK(t.exhausted);
  REQUIRE(t.records[0].size() == 2);
  CHECK(t.records[0][1] == std::pair<std::size_t, std::size_t>{8, 4});

  recursion::real_reserve<echo_units> odd(echo_units(5, 0));
  const auto short_of_one =
      recursion::run_population(std::vector<echo_units>{echo_units(8, 1), echo_units(8, 2)}, echo_model{},
                                {.generations = 2, .real_fraction = 0.5}, random, sizes_and_real, odd);
  CHECK(short_of_one.end == recursion::run_end::completed);
  CHECK(short_of_one.records[1][1].first == 2);  // 1 of 4 real units, so 1 of 4 synthetic ones
  CHECK(short_of_one.sizes[1][1].exhausted);
  CHECK_FALSE(short_of_one.sizes[0][1].exhausted);
}

TEST_CASE("population: the same bits for any executor, wherever it is cut, saved and loaded", "[recursion]") {
  const auto real = three_population_samples(20);
  const auto observe = [](std::size_t i, const auto& g) {
    return std::vector<double>{static_cast<double>(i), g.model.mean, g.model.variance, g.sample[0],
                               static_cast<double>(g.seed % 1024)};
  };
  const auto fresh = [](std::uint64_t n, core::random_engine& r) { return recursion::gaussian{}.sample(n, r); };
  core::random_engine random(2);
  const auto whole =
      recursion::run_population(real, recursion::gaussian_model{}, all_population_options, random, observe, fresh);
  REQUIRE(whole.records[2].size() == 9);
  CHECK(whole.sizes[0][4].pool_real == 21);  // half of 41
  CHECK(whole.sizes[0][5].pool_real == 10);
  core::random_engine again(2);
  CHECK(recursion::run_population(real, recursion::gaussian_model{}, all_population_options, again, observe, fresh,
                                  thread_a_model{}) == whole);
  for (std::uint64_t cut = 0; cut <= 9; ++cut) {
    core::random_engine r(2);
    recursion::population_state<std::vector<double>> state(real, all_population_options, r);
    auto first = recursion::advance(state, recursion::gaussian_model{}, observe, fresh, cut, thread_a_model{});
    CHECK(first.end == (cut == 9 ? recursion::run_end::completed : recursion::run_end::paused));
    CHECK(state.next() == cut);
    const auto bytes = core::to_bytes(state);
    recursion::population_state<std::vector<double>> resumed;
    core::input_archive in(bytes);
    resumed.load(in);
    REQUIRE(resumed == state);
    const auto rest = recursion::advance(resumed, recursion::gaussian_model{}, observe, fresh);
    for (std::size_t i = 0; i < 3; ++i) {
      first.records[i].insert(first.records[i].end(), rest.records[i].begin(), rest.records[i].end());
      first.sizes[i].insert(first.sizes[i].end(), rest.sizes[i].begin(), rest.sizes[i].end());
    }
    CHECK(first.records == whole.records);
    CHECK(first.sizes == whole.sizes);
    CHECK(rest.end == whole.end);
  }
}

TEST_CASE("population: texts are saved too, with the reserve beside them", "[recursion]") {
  core::random_engine random(3);
  const auto write = [&](std::size_t sentences) {
    core::token_sequences text;
    for (std::size_t s = 0; s < sentences; ++s) {
      std::vector<std::uint32_t> sentence;
      for (int w = 0; w < 6; ++w) sentence.push_back(static_cast<std::uint32_t>(core::uniform_below(random, 40)));
      text.push_back(sentence);
    }
    return text;
  };
  const std::vector<core::token_sequences> real{write(30), write(40)};
  const recursion::real_reserve<core::token_sequences> full(write(120));
  const recursion::ngram_model model{.fitting = {.order = 2}, .sampling = {.top_p = 0.9}};
  const recursion::population_options options{.generations = 4, .real_fraction = 0.3};
  const auto observe = [](std::size_t, const auto& g) { return g.sample; };
  core::random_engine one(4), two(4);
  auto reserve = full;
  const auto whole = recursion::run_population(real, model, options, one, observe, reserve);
  CHECK(whole.end == recursion::run_end::completed);

  recursion::population_state<core::token_sequences> state(real, options, two);
  auto left = full;
  const auto first = recursion::advance(state, model, observe, left, 2);
  recursion::population_state<core::token_sequences> resumed;
  recursion::real_reserve<core::token_sequences> resumed_reserve;
  const auto state_bytes = core::to_bytes(state), reserve_bytes = core::to_bytes(left);
  core::input_archive a(state_bytes), b(reserve_bytes);
  resumed.load(a);
  resumed_reserve.load(b);
  const auto rest = recursion::advance(resumed, model, observe, resumed_reserve);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t g = 0; g < 4; ++g)
      CHECK((g < 2 ? first.records[i][g] : rest.records[i][g - 2]) == whole.records[i][g]);
  CHECK(resumed_reserve.data() == reserve.data());
}

TEST_CASE("population: observers may stop, a singular fit ends by name, bad options are named", "[recursion]") {
  core::random_engine random(5);
  const auto real = three_population_samples(10);
  std::size_t calls = 0;
  const auto stopped = recursion::run_population(real, recursion::gaussian_model{}, {.generations = 9}, random,
                                                 [&](std::size_t i, const auto& g) {
                                                   ++calls;
                                                   return g.index == 2 && i == 1;
                                                 });
  CHECK(stopped.end == recursion::run_end::stopped);
  CHECK(calls == 9);  // the third model of that generation is still seen
  const auto constant =
      recursion::run_population(std::vector<std::vector<double>>{std::vector<double>(5, core::nan)},
                                recursion::gaussian_model{}, {}, random, [](std::size_t, const auto&) {});
  CHECK(constant.end == recursion::run_end::undefined_model);
  CHECK(constant.records[0].empty());

  const auto error = [&](const recursion::population_options& options) {
    return population_error([&] {
      (void)recursion::run_population(real, recursion::gaussian_model{}, options, random,
                                      [](std::size_t, const auto&) {});
    });
  };
  CHECK(error({.refresh_every = 2}) ==
        "recursion::run_population: refresh_every is 2, must be 0 where no fresh_real is given");
  CHECK(error({.sample_size = 5, .sample_sizes = {5}}) ==
        "recursion::run_population: sample_size is 5, must be 0 where sample_sizes are given");
  CHECK(error({.sample_sizes = {5, 0}}).find("sample_sizes is 0") != std::string::npos);
  CHECK(error({.refresh_fraction = -0.5}).find("refresh_fraction is -0.5") != std::string::npos);
  CHECK(error({.generations = 0}).find("generations is 0") != std::string::npos);
  CHECK(population_error([&] {
          (void)recursion::run_population(
              real, recursion::gaussian_model{.estimator = recursion::variance_estimator::unbiased},
              {.sample_sizes = {4, 1}}, random, [](std::size_t, const auto&) {});
        }) == "recursion::run_population: sample_sizes is 1, must be at least 2");
}

TEST_CASE("population: a lineage beside others that it does not learn from is a run of its own", "[recursion]") {
  // E vₙ = s²Π(1 − 1/n_t) with growing sizes, whoever else is there
  const std::vector<std::uint64_t> sizes{12, 18, 27};
  double mean = 0.0;
  constexpr int replicates = 4000;
  core::random_engine random(6);
  for (int r = 0; r < replicates; ++r) {
    std::vector<std::vector<double>> real;
    for (int i = 0; i < 2; ++i) real.push_back(recursion::gaussian{}.sample(8, random));
    const auto t = recursion::run_population(
        real, recursion::gaussian_model{},
        {.generations = 4, .exchange = recursion::isolated_exchange(2), .sample_sizes = sizes}, random,
        [](std::size_t, const auto& g) { return g.model.variance; });
    mean += 0.5 * (t.records[0].back() + t.records[1].back()) / replicates;
  }
  double expected = 1.0;
  for (const double n : {8.0, 12.0, 18.0, 27.0}) expected *= 1.0 - 1.0 / n;
  // coefficient of variation per lineage about sqrt(2 Σ 1/n) = .75
  CHECK(std::abs(mean - expected) < 5.0 * 0.75 * expected / std::sqrt(2.0 * replicates));
}
