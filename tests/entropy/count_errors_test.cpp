// SPDX-License-Identifier: BSL-1.0

// The standard error of every entropy of counts beside its scatter: on Zipf shares with symbols unseen, few and many, and on equal shares
// seen well and hardly, where the first-order variance is zero and a plain jackknife or the delta method is √2 too large.

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/entropy/ansb.hpp"
#include "tailwatch/entropy/chao_shen.hpp"
#include "tailwatch/entropy/chao_wang_jost.hpp"
#include "tailwatch/entropy/dirichlet.hpp"
#include "tailwatch/entropy/grassberger.hpp"
#include "tailwatch/entropy/grassberger_1988.hpp"
#include "tailwatch/entropy/jackknife.hpp"
#include "tailwatch/entropy/james_stein_shrink.hpp"
#include "tailwatch/entropy/miller_madow.hpp"
#include "tailwatch/entropy/nsb.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/entropy/renyi.hpp"
#include "tailwatch/entropy/schurmann.hpp"
#include "tailwatch/entropy/tsallis.hpp"
#include "tailwatch/entropy/zhang.hpp"

namespace {

using tailwatch::estimate;
using tailwatch::summary::frequency_profile;

struct entropy_of_counts {
  std::string name;
  std::function<estimate(const frequency_profile&)> call;
};

const std::vector<entropy_of_counts>& entropies_of_counts() {
  namespace entropy = tailwatch::entropy;
  static const std::vector<entropy_of_counts> all{
      {"plugin", [](const auto& p) { return entropy::plugin(p); }},
      {"miller_madow", entropy::miller_madow},
      {"grassberger", entropy::grassberger},
      {"grassberger_1988", entropy::grassberger_1988},
      {"schurmann", entropy::schurmann},
      {"zhang", entropy::zhang},
      {"jackknife", entropy::jackknife},
      {"chao_shen", entropy::chao_shen},
      {"chao_wang_jost", entropy::chao_wang_jost},
      {"dirichlet", [](const auto& p) { return entropy::dirichlet(p); }},
      {"james_stein_shrink", [](const auto& p) { return entropy::james_stein_shrink(p, {.alphabet_size = 5000}); }},
      {"ansb", [](const auto& p) { return entropy::ansb(p); }},
      {"dirichlet_posterior_mean, sampling",
       [](const auto& p) {
         return entropy::dirichlet_posterior_mean(p,
                                                  {.alphabet_size = 5000, .error = entropy::posterior_error::sampling});
       }},
      {"nsb, sampling",
       [](const auto& p) {
         return entropy::nsb(p, {.alphabet_size = 5000, .error = entropy::posterior_error::sampling});
       }},
      {"renyi 1/2", [](const auto& p) { return entropy::renyi(p, {.order = 0.5}); }},
      {"renyi 1", [](const auto& p) { return entropy::renyi(p, {.order = 1.0}); }},
      {"renyi 2", [](const auto& p) { return entropy::renyi(p, {.order = 2.0}); }},
      {"tsallis 2", [](const auto& p) { return entropy::tsallis(p); }},
  };
  return all;
}

}  // namespace

TEST_CASE("entropy: the errors of entropies of counts match their scatter on Zipf and on equal shares", "[entropy]") {
  const auto few = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto zipf = tailwatch::testing::categorical::zipf(200, 1.0);
  const auto unseen = tailwatch::testing::categorical::zipf(5000, 1.0);
  const auto equal = tailwatch::testing::categorical::zipf(50, 0.0);
  const auto some_equal = tailwatch::testing::categorical::zipf(200, 0.0);
  const auto many_equal = tailwatch::testing::categorical::zipf(1000, 0.0);
  for (const auto* source : {&few, &zipf, &unseen, &equal, &some_equal, &many_equal}) {
    const std::size_t replicates = 400;
    std::vector<tailwatch::testing::replicate_summary> of(entropies_of_counts().size());
    std::vector<double> squares(of.size());
    for (std::size_t i = 0; i < replicates; ++i) {  // one sample for all of them
      tailwatch::core::random_engine random(tailwatch::core::split_seed(71, i));
      const frequency_profile profile(source->counts(1000, random));
      for (std::size_t j = 0; j < of.size(); ++j) {
        const estimate e = entropies_of_counts()[j].call(profile);
        const double delta = e.value - of[j].mean;
        of[j].mean += delta / static_cast<double>(++of[j].replicates);
        squares[j] += delta * (e.value - of[j].mean);
        of[j].mean_error += e.standard_error / static_cast<double>(replicates);
      }
    }
    for (std::size_t j = 0; j < of.size(); ++j) {
      of[j].deviation = std::sqrt(squares[j] / static_cast<double>(replicates - 1));
      INFO(entropies_of_counts()[j].name << ", " << source->shares().size()
                                         << (source->shares().front() > source->shares().back() ? " Zipf" : " equal")
                                         << ": deviation " << of[j].deviation << ", mean standard error "
                                         << of[j].mean_error);
      if (entropies_of_counts()[j].name == "ansb" && source == &equal) continue;  // every symbol seen: no scatter
      CHECK(std::abs(of[j].discrepancy()) < 4.0);
    }
  }
}

TEST_CASE("entropy: counts of 1e12 cost neither value nor error their digits", "[entropy]") {
  // Two symbols of 1e12 and 3e12: H = 2 ln 2 − ¾ ln 3, and √(p(1 − p)/N)·ln 3 by the delta method; a bias is of the order 1e-13.
  const frequency_profile two(std::vector<std::uint64_t>{1'000'000'000'000, 3'000'000'000'000});
  const double h = 2.0 * std::log(2.0) - 0.75 * std::log(3.0);
  const double error = std::sqrt(3.0 / 16.0 / 4e12) * std::log(3.0);
  // A million symbols of 1e12 each: N = 1e18.
  const auto million = frequency_profile::from_entries({{1'000'000'000'000, 1'000'000}});
  for (const auto& e : entropies_of_counts()) {
    if (e.name == "james_stein_shrink" || e.name == "ansb" || e.name.ends_with("sampling"))
      continue;  // an alphabet of 5000 cannot hold a million
    INFO(e.name);
    const estimate of_two = e.call(two), of_million = e.call(million);
    if (e.name.find("renyi 1/") == std::string::npos && e.name.find('2') == std::string::npos) {
      CHECK(tailwatch::testing::close(of_two.value, h, 1e-11));
      CHECK(tailwatch::testing::close(of_two.standard_error, error, 1e-3));
    }
    CHECK(of_million.count == 1'000'000'000'000'000'000U);
    CHECK(tailwatch::testing::close(of_million.value, e.name == "tsallis 2" ? 1.0 - 1e-6 : std::log(1e6), 1e-12));
    // that of equal shares, √(S/2)/N, or its multiple by what the unit of the order is
    CHECK(of_million.standard_error > 0.0);
    CHECK(of_million.standard_error < 1e-12);
  }
}

TEST_CASE("entropy: rare symbols beside one of 1e12 keep their digits", "[entropy]") {
  // 45-digit values: what the rare ones are worth is the difference of two logarithms near 27.
  const auto profile =
      frequency_profile::from_entries({{1, 1'000'000}, {2, 100'000}, {3, 1000}, {1'000'000'000'000, 1}});
  namespace entropy = tailwatch::entropy;
  CHECK(tailwatch::testing::close(entropy::plugin(profile).value, 3.43011525888016956e-5, 1e-13));
  CHECK(tailwatch::testing::close(entropy::zhang(profile).value, 3.49329675465828388e-5, 1e-13));
  CHECK(tailwatch::testing::close(entropy::jackknife(profile).value, 3.53630890845314532e-5, 1e-13));
  CHECK(tailwatch::testing::close(entropy::grassberger(profile).value, 3.55653228440730301e-5, 1e-13));
  CHECK(tailwatch::testing::close(entropy::grassberger_1988(profile).value, 3.53670498577151519e-5, 1e-13));
  CHECK(tailwatch::testing::close(entropy::chao_wang_jost(profile).value, 3.64263144970182672e-5, 1e-13));
  CHECK(tailwatch::testing::close(entropy::chao_shen(profile).value, 5.22291397808296564e-5, 1e-13));
  CHECK(tailwatch::testing::close(entropy::dirichlet_posterior_mean(profile, {.alphabet_size = 2'000'000}).value,
                                  6.17222042610369477e-5, 1e-13));
  CHECK(tailwatch::testing::close(entropy::dirichlet(profile, {.alphabet_size = 2'000'000}).value,
                                  6.25439041408295156e-5, 1e-13));
  CHECK(tailwatch::testing::close(entropy::james_stein_shrink(profile, {.alphabet_size = 2'000'000}).value,
                                  3.43011525888988555e-5, 1e-13));
}
