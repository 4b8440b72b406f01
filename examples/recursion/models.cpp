// SPDX-License-Identifier: BSL-1.0
// A mixture that loses a mode, said by name; a run of your own model with several estimators, saved half-way and resumed.

#include <cmath>
#include <cstdio>
#include <vector>

#include "tailwatch/recursion/gaussian_mixture.hpp"
#include "tailwatch/recursion/linear_regression.hpp"
#include "tailwatch/recursion/observers.hpp"
#include "tailwatch/recursion/power_law.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/recursion/run_options.hpp"
#include "tailwatch/recursion/sharpening.hpp"
#include "tailwatch/recursion/trajectory.hpp"
#include "tailwatch/tail/hill.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;

int main() {
  core::random_engine random(7);
  bool good = true;

  // 1. Two modes of 90 % and 10 %; 200 points a generation; the sampler draws a little narrowly.
  const recursion::gaussian_mixture real({0.9, 0.1}, {recursion::multivariate_gaussian({0, 0}, {1, 0, 0, 1}),
                                                      recursion::multivariate_gaussian({6, 0}, {1, 0, 0, 1})});
  const recursion::shrinking_model narrow{recursion::gaussian_mixture_model{{.components = 2, .restarts = 3}}, 0.95};
  const auto mixture =
      recursion::run(real.sample(200, random), narrow, {.generations = 500}, random, [&](const auto& g) {
        for (const auto& death : g.model.deaths())
          std::printf("generation %d: component %d %s, it had %.1f %% of the mass\n", static_cast<int>(g.index),
                      static_cast<int>(death.component), to_string_view(death.cause).data(), 100 * death.weight);
        return recursion::observed<double>{recursion::l2_distance_squared(g.model, real), g.model.components() < 2};
      });
  std::printf("mixture: %s after %d generations, L2 distance %.3f at first, %.3f at last\n\n",
              to_string_view(mixture.end).data(), static_cast<int>(mixture.records.size()),
              std::sqrt(mixture.records.front()), std::sqrt(mixture.records.back()));
  good = good && mixture.end != recursion::run_end::completed && mixture.records.back() > mixture.records.front();

  // 2. A power law with two estimators a generation; cut after 5 generations, saved, loaded, resumed.
  const recursion::power_law_model family;
  const std::vector<double> tail = family.sample({2.5, 1.0}, 500, random);
  auto observe =
      recursion::observers{recursion::on_sample(tailwatch::tail::hill, tailwatch::tail::hill_options{.k = 100}),
                           recursion::on_model([](const auto& model) { return model.exponent; })};
  const recursion::run_options options{.regime = recursion::regime::augment, .generations = 10, .real_weight = 0.6};
  core::random_engine first(1), again(1);
  const auto whole = recursion::run(tail, family, options, first, observe);

  recursion::run_state<std::vector<double>> state(tail, options, again), resumed;
  auto records = advance(state, family, observe, recursion::no_fresh_real{}, recursion::no_screen{}, 5).records;
  core::from_bytes(core::to_bytes(state), resumed);  // in another process, on another day
  for (auto& record : advance(resumed, family, observe).records) records.push_back(record);
  for (const auto& [hill, exponent] : records)
    std::printf("Hill's tail index %.3f ± %.3f, exponent %.3f\n", hill.value, hill.standard_error, exponent);
  good = good && records == whole.records;

  // 3. A model of your own is two lambdas: here least squares that keeps only the sign of its coefficients.
  const recursion::linear_regression_model least_squares{.noise_variance = 4.0};
  const auto fit = [&](const recursion::regression_rows& rows) {
    auto model = least_squares.fit(rows);
    for (double& w : model.coefficients) w = w < 0 ? -1.0 : 1.0;
    return model;
  };
  const auto sample = [&](const auto& model, std::uint64_t n, core::random_engine& r) {
    return least_squares.sample(model, n, r);
  };
  const std::vector<double> truth{1.0, -1.0, 1.0};
  const auto signs = recursion::run(sample(recursion::linear_model{truth, 4.0}, 50, random), fit, sample,
                                    {.generations = 20}, random, [&](const auto& g) { return g.model.risk(truth); });
  std::printf("\nsigns of three coefficients after 20 refits: squared error %.0f\n", signs.records.back());
  return good ? 0 : 1;
}
