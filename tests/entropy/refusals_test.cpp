// SPDX-License-Identifier: BSL-1.0

// Arguments that can never be right: each error names function and argument.

#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/entropy.hpp"

namespace {

struct entropy_refusal {
  std::string function, argument;
  std::function<void()> call;
};

}  // namespace

TEST_CASE("entropy: every refusal names function and argument", "[entropy]") {
  namespace entropy = tailwatch::entropy;
  using entropy::dirichlet_prior;
  const std::vector<int> c{5, 3, 1, 1};
  const std::vector<int> bad{5, -3};
  const std::vector<double> fractional{1.0, 2.5}, x{0.3, 1.2, 0.1, 4.0, 2.2, 3.1}, negative{0.5, -0.5};
  const std::vector<float> logits{1, 2, 3, 4};
  const double nan = std::nan("");
  const auto p = tailwatch::probabilities(negative);
  const auto rows = tailwatch::rows(logits, 2, 2);
  const std::vector<entropy_refusal> all{
      {"entropy::plugin", "count", [&] { (void)entropy::plugin(bad); }},
      {"entropy::plugin", "count", [&] { (void)entropy::plugin(tailwatch::counts(fractional)); }},
      {"entropy::plugin", "probability", [&] { (void)entropy::plugin(p); }},
      {"entropy::renyi", "order", [&] { (void)entropy::renyi(c, {.order = -0.5}); }},
      {"entropy::renyi", "order", [&] { (void)entropy::renyi(c, {.order = nan}); }},
      {"entropy::renyi", "probability", [&] { (void)entropy::renyi(p); }},
      {"entropy::tsallis", "order", [&] { (void)entropy::tsallis(c, {.order = INFINITY}); }},
      {"entropy::schurmann", "xi", [&] { (void)entropy::schurmann(c, {.xi = 0.4}); }},
      {"entropy::schurmann", "xi", [&] { (void)entropy::schurmann(c, {.xi = nan}); }},
      {"entropy::dirichlet", "pseudocount",
       [&] { (void)entropy::dirichlet(c, {.prior = dirichlet_prior::pseudocount, .pseudocount = 0.0}); }},
      {"entropy::dirichlet", "alphabet_size", [&] { (void)entropy::dirichlet(c, {.alphabet_size = 3}); }},
      {"entropy::dirichlet_posterior_mean", "alphabet_size",
       [&] { (void)entropy::dirichlet_posterior_mean(c, {.alphabet_size = 3}); }},
      {"entropy::nsb", "alphabet_size", [&] { (void)entropy::nsb(c, {.alphabet_size = 3}); }},
      {"entropy::nsb", "alphabet_size", [&] { (void)entropy::nsb(std::vector<int>{3}); }},
      {"entropy::james_stein_shrink", "alphabet_size",
       [&] { (void)entropy::james_stein_shrink(c, {.alphabet_size = 1}); }},
      {"entropy::ngram", "order", [&] { (void)entropy::ngram(c, {.order = 0}); }},
      {"entropy::differential_vasicek", "window", [&] { (void)entropy::differential_vasicek(x, {.window = 0}); }},
      {"entropy::differential_ebrahimi", "window", [&] { (void)entropy::differential_ebrahimi(x, {.window = 0}); }},
      {"entropy::differential_van_es", "window", [&] { (void)entropy::differential_van_es(x, {.window = 0}); }},
      {"entropy::differential_correa", "window", [&] { (void)entropy::differential_correa(x, {.window = 0}); }},
      {"entropy::differential_kozachenko_leonenko", "k",
       [&] { (void)entropy::differential_kozachenko_leonenko(x, {.k = 0}); }},
      {"entropy::differential_kernel_density", "bandwidth",
       [&] { (void)entropy::differential_kernel_density(x, {.bandwidth = -1.0}); }},
      {"entropy::mutual_information_ksg1", "k", [&] { (void)entropy::mutual_information_ksg1(x, x, {.k = 0}); }},
      {"entropy::softmax_entropy_quantiles", "level",
       [&] { (void)entropy::softmax_entropy_quantiles(rows, {.levels = {1.0}}); }},
      {"entropy::softmax_entropy_quantiles", "top",
       [&] { (void)entropy::softmax_entropy_quantiles(rows, {.top = 0.0}); }},
  };
  for (const auto& r : all) {
    INFO(r.function << " " << r.argument);
    try {
      r.call();
      FAIL_CHECK("nothing was thrown");
    } catch (const std::logic_error& e) {  // invalid_argument or domain_error
      INFO(e.what());
      CHECK(std::string(e.what()).find(r.function) != std::string::npos);
      CHECK(std::string(e.what()).find(r.argument) != std::string::npos);
    }
  }
}
