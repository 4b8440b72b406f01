// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift/permutation_pvalue.hpp"

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/anderson_darling.hpp"
#include "tailwatch/drift/cramer_von_mises.hpp"
#include "tailwatch/drift/energy_distance.hpp"
#include "tailwatch/drift/kolmogorov_smirnov.hpp"
#include "tailwatch/drift/kuiper.hpp"
#include "tailwatch/drift/wasserstein_1d.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

namespace {

std::vector<double> normal_draws(std::size_t n, double mean, core::random_engine& random) {
  std::vector<double> x(n);
  for (double& v : x) v = mean + core::normal_quantile(core::uniform_01(random));
  return x;
}

template <class Call>
void for_each_sorted_statistic(const Call& call) {
  call(drift::kolmogorov_smirnov);
  call(drift::kuiper);
  call(drift::cramer_von_mises);
  call(drift::anderson_darling);
  call(drift::tail_anderson_darling);
  call(drift::energy_distance);
  call(drift::wasserstein_1d);
}

}  // namespace

TEST_CASE("drift: permutation agrees with the exact law", "[drift]") {
  core::random_engine random(1);
  const auto x = normal_draws(12, 0.0, random), y = normal_draws(9, 0.8, random);
  const auto agree = [](const estimate& drawn, double exact) {
    CHECK(std::abs(drawn.value - exact) < 4.0 * drawn.standard_error);
    CHECK(drawn.count == 21);
  };
  const drift::permutation_pvalue_options many{.replicates = 20000};
  agree(drift::permutation_pvalue(x, y, drift::kolmogorov_smirnov, random, many),
        drift::kolmogorov_smirnov_pvalue(x, y).value);
  agree(drift::permutation_pvalue(x, y, drift::cramer_von_mises, random, many),
        drift::cramer_von_mises_pvalue(x, y).value);
}

// 600 tests at n = m = 20: the share with p ≤ .2 is binomial around .2, deviation .016.
TEST_CASE("drift: permutation keeps its level and sees a shift", "[drift]") {
  core::random_engine random(2);
  for_each_sorted_statistic([&](const auto& statistic) {
    int rejected = 0;
    for (int r = 0; r < 600; ++r) {
      const auto x = normal_draws(20, 0.0, random), y = normal_draws(20, 0.0, random);
      rejected += drift::permutation_pvalue(x, y, statistic, random, {.replicates = 49}).value <= 0.2 ? 1 : 0;
    }
    CHECK(std::abs(rejected / 600.0 - 0.2) < 4.0 * 0.0164);
    const auto x = normal_draws(100, 0.0, random), y = normal_draws(80, 1.5, random);
    CHECK(drift::permutation_pvalue(x, y, statistic, random, {.replicates = 199}).value == 0.005);
  });
}

TEST_CASE("drift: permutation with ties, options and bad input", "[drift]") {
  core::random_engine random(3);
  const std::vector<float> same(30, 1.0F), other(20, 1.0F);
  CHECK(drift::permutation_pvalue(same, other, drift::kolmogorov_smirnov, random).value == 1.0);
  CHECK(drift::permutation_pvalue(same, other, drift::energy_distance, random).value == 1.0);
  const auto x = normal_draws(60, 0.0, random);
  auto y = x;
  for (double& v : y) v = v < 0.0 ? 2.0 * v : v;  // the left tail alone
  const auto tail = [&](drift::tail_side side) {
    return drift::permutation_pvalue(x, y, drift::tail_anderson_darling, random, {.replicates = 499},
                                     drift::tail_anderson_darling_options{.side = side})
        .value;
  };
  CHECK(tail(drift::tail_side::left) < tail(drift::tail_side::right));
  const std::vector<double> none, bad{1.0, core::nan};
  CHECK(std::isnan(drift::permutation_pvalue(x, none, drift::kuiper, random).value));
  CHECK(std::isnan(drift::permutation_pvalue(x, bad, drift::kuiper, random).value));
  CHECK(drift::permutation_pvalue(x, bad, drift::kuiper, random).count == 62);
  CHECK_THROWS_AS(drift::permutation_pvalue(x, y, drift::kuiper, random, {.replicates = 0}), std::invalid_argument);
}

// The law of Σ Zⱼ²/(j(j + 1)), by numerical inversion of its characteristic function Π (1 − 2it/(j(j + 1)))^−½ (Gil-Pelaez), a route of
// its own. Tables of 1974 put the last two at .025 and .01.
TEST_CASE("drift: the limit law of Anderson and Darling is that of its weighted sum of squares", "[drift]") {
  const double points[][2] = {{0.3, 0.938157636057},    {1.0, 0.357266673214},   {1.933, 0.0999946232086},
                              {2.492, 0.0500221863601}, {3.07, 0.0252182711376}, {3.857, 0.0102411532308},
                              {6.0, 0.000967451943110}};
  for (const auto& [z, p] : points) CHECK(std::abs(drift::detail::anderson_darling_survival(z) - p) < 2e-11);
  CHECK(drift::detail::anderson_darling_survival(0.0) == 1.0);
  double before = 1.0;
  for (double z = 0.05; z < 30.0; z += 0.05) {
    const double p = drift::detail::anderson_darling_survival(z);
    REQUIRE(p <= before);
    before = p;
  }
  CHECK(before < 1e-12);
}

TEST_CASE("drift: p-values of limit laws agree with permutation", "[drift]") {
  core::random_engine random(4);
  for (const double shift : {0.1, 0.3}) {
    const auto x = normal_draws(150, 0.0, random), y = normal_draws(120, shift, random);
    const drift::permutation_pvalue_options many{.replicates = 4000};
    const estimate ad = drift::permutation_pvalue(x, y, drift::anderson_darling, random, many);
    // of order 1/N beside the Monte-Carlo error
    CHECK(std::abs(drift::anderson_darling_pvalue(x, y).value - ad.value) < 4.0 * ad.standard_error + 0.01);
    const estimate kuiper = drift::permutation_pvalue(x, y, drift::kuiper, random, many);
    CHECK(std::abs(drift::kuiper_pvalue(x, y).value - kuiper.value) < 4.0 * kuiper.standard_error + 0.03);
  }
  const std::vector<double> none, x{1.0, 2.0, 3.0};
  CHECK(std::isnan(drift::anderson_darling_pvalue(x, none).value));
  CHECK(std::isnan(drift::kuiper_pvalue(none, x).value));
  CHECK(drift::kuiper_pvalue(x, x).value == 1.0);
}
