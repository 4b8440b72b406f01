// SPDX-License-Identifier: BSL-1.0

// Four models that train on each other's output, on four threads: alone, as an ensemble, and as an ensemble whose samples grow and
// that sees fresh real data now and then. A run is cut, saved and resumed: the same numbers.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/model_family.hpp"
#include "tailwatch/recursion/population.hpp"
#include "tailwatch/recursion/run_options.hpp"
#include "tailwatch/recursion/trajectory.hpp"

namespace core = tailwatch::core;
namespace recursion = tailwatch::recursion;

static_assert(recursion::model_family<recursion::gaussian_model, std::vector<double>>);  // what a population asks

int main() {
  const auto threads = [](std::size_t parts, const auto& work) {  // the caller's threads: one a model
    std::vector<std::thread> all;
    for (std::size_t part = 0; part < parts; ++part) all.emplace_back([&work, part] { work(part); });
    for (auto& thread : all) thread.join();
  };
  const auto fresh = [](std::uint64_t n, core::random_engine& random) {
    return recursion::gaussian{}.sample(n, random);
  };
  const auto variance = [](std::size_t, const auto& g) { return g.model.variance; };
  const recursion::gaussian_model family;
  constexpr std::uint64_t models = 4, size = 50, generations = 30;

  const auto mean_variance = [&](const recursion::population_options& options, std::uint64_t seed) {
    double sum = 0.0;
    constexpr int replicates = 100;
    core::random_engine random(seed);
    for (int r = 0; r < replicates; ++r) {
      std::vector<std::vector<double>> real;
      for (std::uint64_t i = 0; i < models; ++i) real.push_back(recursion::gaussian{}.sample(size, random));
      const auto t = recursion::run_population(real, family, options, random, variance, fresh, threads);
      for (const auto& lineage : t.records) sum += lineage.back() / (replicates * models);
    }
    return sum;
  };
  const double alone = mean_variance({.generations = generations, .exchange = recursion::isolated_exchange(models)}, 1);
  const double ensemble = mean_variance({.generations = generations}, 2);
  const double growing = mean_variance({.generations = generations,
                                        .sample_sizes = recursion::growing_sizes(size, 1.5, generations),
                                        .refresh_every = 10},
                                       3);
  const double expected = std::pow(1.0 - 1.0 / size, static_cast<double>(generations));
  std::printf("variance left after %d generations of %d draws\n", static_cast<int>(generations),
              static_cast<int>(size));
  std::printf("alone                  %.3f, theory %.3f\n", alone, expected);
  std::printf("ensemble of four       %.3f\n", ensemble);
  std::printf("growing and refreshed  %.3f\n", growing);

  // half way, saved, gone on with elsewhere
  core::random_engine one(4), two(4);
  const std::vector<std::vector<double>> real(models, recursion::gaussian{}.sample(size, one));
  (void)recursion::gaussian{}.sample(size, two);
  const auto whole = recursion::run_population(real, family, {.generations = 10}, one, variance);
  recursion::population_state<std::vector<double>> state(real, {.generations = 10}, two), resumed;
  (void)recursion::advance(state, family, variance, recursion::no_fresh_real{}, 5, threads);
  const auto bytes = core::to_bytes(state);
  core::input_archive in(bytes);
  resumed.load(in);
  const auto rest = recursion::advance(resumed, family, variance);
  const bool same = rest.records[3].back() == whole.records[3].back();
  std::printf("resumed run %s\n", same ? "equal to the bit" : "DIFFERS");
  return std::abs(alone - expected) < 0.12 && ensemble > alone + 0.1 && growing > ensemble && same ? 0 : 1;
}
