// SPDX-License-Identifier: BSL-1.0

// The standard error of every measure of counts beside its scatter, on Zipf and on equal shares, from many symbols unseen to hardly one.

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/diversity/ace.hpp"
#include "tailwatch/diversity/berger_parker.hpp"
#include "tailwatch/diversity/chao1.hpp"
#include "tailwatch/diversity/evenness.hpp"
#include "tailwatch/diversity/gini_index.hpp"
#include "tailwatch/diversity/hill_number.hpp"
#include "tailwatch/diversity/hill_number_asymptotic.hpp"
#include "tailwatch/diversity/hill_number_at_coverage.hpp"
#include "tailwatch/diversity/hill_number_at_size.hpp"
#include "tailwatch/diversity/ichao1.hpp"
#include "tailwatch/diversity/jackknife_richness.hpp"
#include "tailwatch/diversity/richness_index.hpp"
#include "tailwatch/diversity/simpson.hpp"

namespace {

using tailwatch::estimate;
using tailwatch::summary::frequency_profile;
namespace diversity = tailwatch::diversity;

struct measure_of_counts {
  std::string name;
  std::function<estimate(const frequency_profile&)> call;
};

const std::vector<measure_of_counts>& measures_of_counts() {
  static const std::vector<measure_of_counts> all{
      {"hill_number 0", [](const auto& p) { return diversity::hill_number(p, {.order = 0.0}); }},
      {"hill_number 1/2", [](const auto& p) { return diversity::hill_number(p, {.order = 0.5}); }},
      {"hill_number 1", [](const auto& p) { return diversity::hill_number(p, {.order = 1.0}); }},
      {"hill_number 2", [](const auto& p) { return diversity::hill_number(p, {.order = 2.0}); }},
      {"simpson_dominance", diversity::simpson_dominance},
      {"simpson_unbiased", diversity::simpson_unbiased},
      {"gini_simpson", diversity::gini_simpson},
      {"inverse_simpson", diversity::inverse_simpson},
      {"simpson_evenness", diversity::simpson_evenness},
      {"pielou_evenness", diversity::pielou_evenness},
      {"heip_evenness", diversity::heip_evenness},
      {"gini_index", [](const auto& p) { return diversity::gini_index(p); }},
      {"brillouin", diversity::brillouin},
      {"margalef", diversity::margalef},
      {"menhinick", diversity::menhinick},
      {"fisher_alpha", diversity::fisher_alpha},
      {"hill_number_asymptotic 1/2",
       [](const auto& p) { return diversity::hill_number_asymptotic(p, {.order = 0.5}); }},
      {"hill_number_asymptotic 1", [](const auto& p) { return diversity::hill_number_asymptotic(p, {.order = 1.0}); }},
      {"hill_number_at_size N/2",
       [](const auto& p) { return diversity::hill_number_at_size(p, {.sample_size = p.total() / 2}); }},
      {"hill_number_at_size 2N",
       [](const auto& p) { return diversity::hill_number_at_size(p, {.sample_size = p.total() * 2}); }},
      {"hill_number_at_coverage 0.8",
       [](const auto& p) { return diversity::hill_number_at_coverage(p, {.coverage = 0.8}).number; }},
      {"hill_number_at_coverage 0.95",
       [](const auto& p) { return diversity::hill_number_at_coverage(p, {.coverage = 0.95}).number; }},
      {"hill_number_at_coverage 0.99",
       [](const auto& p) { return diversity::hill_number_at_coverage(p, {.coverage = 0.99}).number; }},
      {"chao1", [](const auto& p) { return diversity::chao1(p); }},
      {"chao1 classic",
       [](const auto& p) { return diversity::chao1(p, {.variant = diversity::chao1_variant::classic}); }},
      {"chao1 finite_sample",
       [](const auto& p) { return diversity::chao1(p, {.variant = diversity::chao1_variant::finite_sample}); }},
      {"ichao1", [](const auto& p) { return diversity::ichao1(p); }},
      {"ace", [](const auto& p) { return diversity::ace(p); }},
      {"jackknife1", diversity::jackknife1},
      {"jackknife2", diversity::jackknife2},
  };
  return all;
}

std::vector<tailwatch::testing::replicate_summary> scatter_of_measures(const tailwatch::testing::categorical& source,
                                                                       std::size_t n) {
  const std::size_t replicates = 400;
  std::vector<std::vector<estimate>> estimates(measures_of_counts().size());
  for (std::size_t i = 0; i < replicates; ++i) {  // one sample for all of them
    tailwatch::core::random_engine random(tailwatch::core::split_seed(73, i));
    const frequency_profile profile(source.counts(n, random));
    for (std::size_t j = 0; j < estimates.size(); ++j) estimates[j].push_back(measures_of_counts()[j].call(profile));
  }
  std::vector<tailwatch::testing::replicate_summary> of;
  for (const auto& e : estimates) of.push_back(tailwatch::testing::summary_of(e));
  return of;
}

}  // namespace

TEST_CASE("diversity: the errors of measures of counts match their scatter on Zipf and on equal shares",
          "[diversity]") {
  struct sampling {
    std::size_t symbols;
    double exponent;
    std::size_t n;
  };
  // Unseen on average: 237, 184; 0.1 and 0.5 of 50 and 200 Zipf symbols, 0.9 and 0.1 of 50 equal ones.
  for (const auto& [symbols, exponent, n] :
       {sampling{500, 1.0, 1000}, {500, 0.0, 500}, {50, 1.0, 1000}, {200, 1.0, 5000}, {50, 0.0, 200}, {50, 0.0, 300}}) {
    const auto of = scatter_of_measures(tailwatch::testing::categorical::zipf(symbols, exponent), n);
    for (std::size_t j = 0; j < of.size(); ++j) {
      INFO(measures_of_counts()[j].name << (exponent > 0.0 ? ", Zipf " : ", equal ") << symbols << ", N = " << n
                                        << ": deviation " << of[j].deviation << ", mean standard error "
                                        << of[j].mean_error);
      CHECK(std::abs(of[j].discrepancy()) < 4.0);
    }
  }
}

TEST_CASE("diversity: the errors match where frequent symbols stand beside many rare ones", "[diversity]") {
  // No smooth law: 20 symbols with half of the mass and 5000 with the other half, of which 450 are seen once.
  std::vector<double> shares(20, 1.0 / 40.0);
  shares.resize(5020, 1.0 / 10000.0);
  const auto of = scatter_of_measures(tailwatch::testing::categorical(shares), 1000);
  for (std::size_t j = 0; j < of.size(); ++j) {
    INFO(measures_of_counts()[j].name << ": deviation " << of[j].deviation << ", mean standard error "
                                      << of[j].mean_error);
    CHECK(std::abs(of[j].discrepancy()) < 4.0);
  }
}

TEST_CASE("diversity: a million types of 1e12 each cost no measure its digits", "[diversity]") {
  const auto profile = frequency_profile::from_entries({{1'000'000'000'000, 1'000'000}});
  const double n = 1e18, types = 1e6;
  const auto expected = [&](const std::string& name) {
    if (name == "simpson_dominance" || name == "simpson_unbiased") return 1e-6;  // 1e-6 (1 − 1e-12) is a rounding away
    if (name == "gini_simpson") return 1.0 - 1e-6;
    if (name.ends_with("evenness")) return 1.0;
    if (name == "gini_index") return 0.0;
    if (name == "brillouin") return std::log(types);
    if (name == "margalef") return (types - 1.0) / std::log(n);
    if (name == "menhinick") return types / std::sqrt(n);
    return types;
  };
  for (const auto& m : measures_of_counts()) {
    INFO(m.name);
    if (m.name.starts_with("hill_number_at_coverage")) continue;  // of a few million observations: a case of its own
    const estimate e = m.call(profile);
    CHECK(e.count == 1'000'000'000'000'000'000U);
    if (m.name == "fisher_alpha")
      CHECK(tailwatch::testing::close(e.value * std::log1p(n / e.value), types, 1e-12));
    else
      CHECK(tailwatch::testing::close(e.value, expected(m.name), 1e-11, 1e-15));
    CHECK((std::isnan(e.standard_error) || e.standard_error < 1e-5 * std::abs(e.value) + 1e-12));
  }
}
