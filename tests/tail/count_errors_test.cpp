// SPDX-License-Identifier: BSL-1.0

// What a sample misses is a number of its own: the errors of missing mass, coverage and unseen types beside the scatter of estimate minus
// truth, on Zipf and on equal shares; and counts of 1e12.

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/tail/coverage.hpp"
#include "tailwatch/tail/missing_mass.hpp"
#include "tailwatch/tail/unseen_good_toulmin.hpp"

namespace {

/// Probability of the symbols not in the sample.
double missed_by(const tailwatch::testing::categorical& source, const std::vector<std::uint64_t>& counts) {
  double mass = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] == 0) mass += source.shares()[i];
  return mass;
}

}  // namespace

TEST_CASE("tail: the errors of missing mass, coverage and unseen types match on Zipf and on equal shares", "[tail]") {
  namespace tail = tailwatch::tail;
  for (const double exponent : {1.0, 0.0}) {
    const auto source = tailwatch::testing::categorical::zipf(500, exponent);
    for (const int which : {0, 1, 2, 3}) {
      const auto s = tailwatch::testing::replicate(400, 91, [&](auto& random) {
        const auto counts = source.counts(500, random);
        tailwatch::estimate e;
        if (which < 3) {
          e = which == 0   ? tail::missing_mass(counts)
              : which == 1 ? tail::coverage_good_turing(counts)
                           : tail::coverage_chao_jost(counts);
          e.value -= which == 0 ? missed_by(source, counts) : 1.0 - missed_by(source, counts);
        } else {
          e = tail::unseen_good_toulmin(counts);
          for (std::size_t i = 0; i < counts.size(); ++i)
            if (counts[i] == 0) e.value += std::expm1(500.0 * std::log1p(-source.shares()[i]));
        }
        return e;
      });
      INFO("quantity " << which << (exponent > 0.0 ? ", Zipf" : ", equal") << ": mean " << s.mean << ", deviation "
                       << s.deviation << ", mean standard error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
      CHECK(std::abs(s.mean) < 0.1 * s.deviation + 4.0 * s.deviation / 20.0);  // next to no bias
    }
  }
}

TEST_CASE("tail: the errors of the coverage at a size match where many symbols are unseen and where hardly one is",
          "[tail]") {
  struct sampling {
    std::size_t symbols;
    double exponent;
    std::size_t n;
  };
  for (const auto& [symbols, exponent, n] :
       {sampling{500, 1.0, 1000}, {500, 0.0, 500}, {50, 1.0, 1000}, {200, 1.0, 5000}, {50, 0.0, 200}, {50, 0.0, 300}})
    for (const double factor : {0.5, 1.0, 2.0}) {
      const auto source = tailwatch::testing::categorical::zipf(symbols, exponent);
      std::vector<tailwatch::estimate> estimates;
      for (std::size_t i = 0; i < 400; ++i) {
        tailwatch::core::random_engine random(tailwatch::core::split_seed(92, i));
        estimates.push_back(tailwatch::tail::coverage_at_size(
            source.counts(n, random), {.sample_size = static_cast<std::uint64_t>(factor * static_cast<double>(n))}));
      }
      const auto s = tailwatch::testing::summary_of(estimates);
      INFO(symbols << (exponent > 0.0 ? " Zipf" : " equal") << ", N = " << n << ", m = " << factor << " N: deviation "
                   << s.deviation << ", mean standard error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
}

TEST_CASE("tail: counts of 1e12 and a million types cost coverage and missing mass no digit", "[tail]") {
  namespace tail = tailwatch::tail;
  // A million types of 1e12, 1000 singletons and 10 doubletons: N = 1e18 + 1020.
  const auto profile =
      tailwatch::summary::frequency_profile::from_entries({{1, 1000}, {2, 10}, {1'000'000'000'000, 1'000'000}});
  const double n = 1e18 + 1020.0;
  const auto mass = tail::missing_mass(profile);
  CHECK(mass.count == 1'000'000'000'000'001'020U);
  CHECK(tailwatch::testing::close(mass.value, 1000.0 / n, 1e-14));
  CHECK(tailwatch::testing::close(mass.standard_error, std::sqrt(1020.0) / n, 1e-12));
  CHECK(tailwatch::testing::close(tail::coverage_chao_jost(profile).value, 1.0, 1e-15));  // 1 − 1e-15 (1 − A)
  CHECK(tailwatch::testing::close(tail::unseen_good_toulmin(profile).value, 1000.0 - 10.0 - 1e6, 1e-12));
  CHECK(tailwatch::testing::close(tail::coverage_zhang_huang(profile).value, 1.0, 1e-15));
}
