// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/dirichlet.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/plugin.hpp"

TEST_CASE("entropy: dirichlet reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::dirichlet_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::dirichlet, true);
}

TEST_CASE("entropy: dirichlet_posterior_mean reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::dirichlet_posterior_mean_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::dirichlet_posterior_mean, true);
}

TEST_CASE("entropy: dirichlet_posterior_mean of Beta(2, 2)", "[entropy]") {
  using tailwatch::entropy::dirichlet_prior;
  const auto e =
      tailwatch::entropy::dirichlet_posterior_mean(std::vector<int>{1, 1}, {.prior = dirichlet_prior::laplace});
  CHECK(tailwatch::testing::close(e.value, 7.0 / 12.0, 1e-14));
  // ∫ 6p(1 − p)(H − 7/12)² dp by the midpoint rule
  double variance = 0.0;
  const int cells = 20000;
  for (int i = 0; i < cells; ++i) {
    const double p = (i + 0.5) / cells;
    const double h = -p * std::log(p) - (1.0 - p) * std::log1p(-p) - 7.0 / 12.0;
    variance += 6.0 * p * (1.0 - p) * h * h / cells;
  }
  CHECK(tailwatch::testing::close(e.standard_error, std::sqrt(variance), 1e-7));
}

TEST_CASE("entropy: dirichlet_posterior_mean keeps a standard deviation at 1e12 observations", "[entropy]") {
  const std::vector<long long> x{600'000'000'000, 400'000'000'000};
  const auto e = tailwatch::entropy::dirichlet_posterior_mean(x);
  CHECK(tailwatch::testing::close(e.standard_error, tailwatch::entropy::plugin(x).standard_error, 1e-6));
}

TEST_CASE("entropy: dirichlet priors and refusals", "[entropy]") {
  using tailwatch::entropy::dirichlet_prior;
  const std::vector<int> x{3, 1};
  const auto with = [&](dirichlet_prior prior, double a) {
    const double p = (3.0 + a) / (4.0 + 2.0 * a);
    const double h = -p * std::log(p) - (1.0 - p) * std::log(1.0 - p);
    CHECK(tailwatch::testing::close(tailwatch::entropy::dirichlet(x, {.prior = prior, .pseudocount = a}).value, h,
                                    1e-14));
  };
  with(dirichlet_prior::jeffreys, 0.5);
  with(dirichlet_prior::laplace, 1.0);
  with(dirichlet_prior::perks, 0.5);
  with(dirichlet_prior::minimax, 1.0);
  with(dirichlet_prior::pseudocount, 0.25);
  CHECK_THROWS_AS(tailwatch::entropy::dirichlet(x, {.prior = dirichlet_prior::pseudocount, .pseudocount = 0.0}),
                  std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::entropy::dirichlet(x, {.alphabet_size = 1}), std::invalid_argument);
}
