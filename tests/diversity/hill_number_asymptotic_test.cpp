// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hill_number_asymptotic.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/diversity/hill_number_at_coverage.hpp"
#include "tailwatch/diversity/hill_number_at_size.hpp"

using tailwatch::testing::close;

TEST_CASE("diversity: hill_number_asymptotic reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::hill_number_asymptotic_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::hill_number_asymptotic);
}

TEST_CASE("diversity: hill_number_asymptotic is the printed double sum", "[diversity]") {
  // ln D, the formula as Chao and Jost print it in 60 digits: Σ_k C(q−1, k)(−1)^k Δ_k and the series of the unseen part.
  const std::vector<double> order{0, 0.3, 0.5, 0.9995, 1.0000001, 1.5, 2, 2.5, 3, 4.7};
  const std::vector<std::vector<int>> counts{
      {7, 1, 1, 2, 1, 3, 2, 9, 1, 4},
      {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 30, 50},
      {5, 5, 8}};
  const std::vector<std::vector<double>> expected{
      {2.6297980042024619, 2.5098917398663381, 2.425402962384496, 2.2178294081547768, 2.2176341143455071,
       2.0450016012511346, 1.9225297004112496, 1.8433686555198033, 1.7952196906503419, 1.7575581115138421},
      {4.5112741002209645, 4.0281537581513171, 3.5614506671177515, 2.1763642293862899, 2.1752118693541175,
       1.4510555587090805, 1.2078737845167175, 1.1055266135135067, 1.0492448683252644, 0.95961705391750835},
      {1.0986122886681097, 1.1080797808741164, 1.1143422687833922, 1.1297489377532041, 1.1297641658973746,
       1.1447557722839779, 1.1592369104845445, 1.1732146366402796, 1.186840507338888, 1.2374174449636197}};
  for (std::size_t c = 0; c < counts.size(); ++c)
    for (std::size_t j = 0; j < order.size(); ++j) {
      INFO("counts " << c << " q " << order[j]);
      CHECK(close(std::log(tailwatch::diversity::hill_number_asymptotic(counts[c], {.order = order[j]}).value),
                  expected[c][j], 1e-13));
    }
}

TEST_CASE("diversity: hill_number_asymptotic keeps its digits at 1e12", "[diversity]") {
  const std::vector<std::uint64_t> x{1'000'000'000'000, 300'000'000'000, 5, 1, 1, 2};
  const std::vector<double> order{0.5, 0.999, 0.9991, 1.0009, 1.0011, 2.0, 7.5};
  const std::vector<double> expected{0.6112137288501922, 0.5403328287147453, 0.5403199575992832, 0.5400883726030298,
                                     0.5400626520583382, 0.4385508327081994, 0.3027095698175834};  // 80 digits
  for (std::size_t j = 0; j < order.size(); ++j)
    CHECK(close(std::log(tailwatch::diversity::hill_number_asymptotic(x, {.order = order[j]}).value), expected[j],
                1e-12));
}

TEST_CASE("diversity: hill_number_asymptotic where nothing is defined, and what it refuses", "[diversity]") {
  CHECK(close(tailwatch::diversity::hill_number_asymptotic(std::vector<int>{4}).value, 1.0, 1e-12));
  CHECK(std::isnan(tailwatch::diversity::hill_number_asymptotic(std::vector<int>{1, 1, 1}, {.order = 2.0}).value));
  for (const double q : {0.5, 1.0, 2.0, 2.5})
    CHECK(std::isnan(tailwatch::diversity::hill_number_asymptotic(std::vector<int>{40}, {.order = q}).standard_error));
  for (const double q : {-1.0, std::nan(""), static_cast<double>(INFINITY)})
    CHECK_THROWS_AS(tailwatch::diversity::hill_number_asymptotic(std::vector<int>{3, 1}, {.order = q}),
                    std::invalid_argument);
}

TEST_CASE("diversity: the error of hill_number_asymptotic matches its scatter", "[diversity]") {
  const auto zipf = tailwatch::testing::categorical::zipf(300, 1.0);
  const auto unseen = tailwatch::testing::categorical::zipf(2000, 1.0);
  const auto equal = tailwatch::testing::categorical::zipf(50, 0.0);
  const auto many_equal = tailwatch::testing::categorical::zipf(500, 0.0);
  for (const auto* source : {&zipf, &unseen, &equal, &many_equal})
    for (const double q : {0.0, 0.5, 1.0, 2.0, 3.0, 4.0}) {
      if (q == 0.0 && source == &equal) continue;  // no type is missed
      const auto s = tailwatch::testing::replicate(400, 58, [&](auto& random) {
        return tailwatch::diversity::hill_number_asymptotic(source->counts(1000, random), {.order = q});
      });
      INFO(source->shares().size() << (source == &zipf || source == &unseen ? " zipf" : " equal") << " q " << q
                                   << ": deviation " << s.deviation << ", mean standard error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
}

TEST_CASE("diversity: the error of a power sum of whole order is that of its U-statistic", "[diversity]") {
  // Counts that lie apart or are all equal are their own rates: Σ_c w_c (S_{2q−c}/S_q² − 1) in exact fractions.
  using tailwatch::summary::frequency_profile;
  const std::vector<unsigned> order{2, 3, 4, 7};
  const std::vector<std::vector<frequency_profile::entry>> entries{
      {{5000, 1}, {3000, 1}, {2000, 1}}, {{1'000'000, 1'000'000}}, {{9, 400}}};
  const std::vector<std::vector<double>> expected{
      {0.00657583526858052, 0.01719075498188599, 0.02949145917808031, 0.06606842191409738},
      {1.414212855266844195e-9, 4.242639272905487075e-9, 8.485282788440701127e-9, 2.969859370421825160e-8},
      {0.00784800501630479, 0.02397414736652100, 0.05053095173663721, 0.25630966833994627}};
  for (std::size_t i = 0; i < entries.size(); ++i)
    for (std::size_t j = 0; j < order.size(); ++j) {
      const auto profile = frequency_profile::from_entries(entries[i]);
      INFO("counts " << i << " q " << order[j]);
      CHECK(close(tailwatch::diversity::detail::power_sum_relative_error(profile, order[j]), expected[i][j], 1e-12));
      const auto d = tailwatch::diversity::hill_number_asymptotic(profile, {.order = static_cast<double>(order[j])});
      CHECK(close(d.standard_error / d.value, expected[i][j] / (order[j] - 1.0), 1e-12));
    }
}

TEST_CASE("diversity: the error of hill_number_asymptotic goes on between whole orders", "[diversity]") {
  // But for terms of order q²/N the two ways agree.
  for (const std::vector<tailwatch::summary::frequency_profile::entry>& entries :
       {std::vector<tailwatch::summary::frequency_profile::entry>{{5000, 1}, {3000, 1}, {2000, 1}}, {{9, 400}}}) {
    const auto profile = tailwatch::summary::frequency_profile::from_entries(entries);
    for (const double q : {2.0, 3.0, 4.0}) {
      const double at = tailwatch::diversity::hill_number_asymptotic(profile, {.order = q}).standard_error;
      const double above = tailwatch::diversity::hill_number_asymptotic(profile, {.order = q + 1e-7}).standard_error;
      CHECK(close(at, above, 0.01));
    }
  }
}

TEST_CASE("diversity: the error of hill_number_asymptotic where rare coincidences carry it", "[diversity]") {
  const auto equal = tailwatch::testing::categorical::zipf(1000, 0.0);
  for (const auto& [n, q] : std::vector<std::pair<std::size_t, double>>{
           {500, 2.0}, {500, 2.5}, {500, 3.0}, {1000, 3.0}, {1000, 3.5}, {1200, 4.0}}) {
    const auto s = tailwatch::testing::replicate(400, 59, [&, n = n, q = q](auto& random) {
      return tailwatch::diversity::hill_number_asymptotic(equal.counts(n, random), {.order = q});
    });
    INFO("N " << n << " q " << q << ": deviation " << s.deviation << ", mean standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  }
  // Two symbols seen three times: the sum of third powers is known to about 1/√2 of itself; of fourth powers one symbol seen four times tells nothing.
  std::vector<int> few(200, 1);
  few[0] = few[1] = 3;
  const auto third = tailwatch::diversity::hill_number_asymptotic(few, {.order = 3.0});
  CHECK((third.value > 0.0 && (std::isnan(third.standard_error) || third.standard_error < 0.5 * third.value)));
  few[0] = 4;
  few[1] = 1;
  const auto fourth = tailwatch::diversity::hill_number_asymptotic(few, {.order = 4.0});
  CHECK((fourth.value > 0.0 && std::isnan(fourth.standard_error)));
}

TEST_CASE("diversity: the errors of Hill numbers do not depend on how large the counts are", "[diversity]") {
  namespace diversity = tailwatch::diversity;
  using tailwatch::estimate;
  using tailwatch::summary::frequency_profile;
  for (const double q : {0.0, 0.5, 1.0, 1.01, 1.5, 3.0}) {
    std::vector<double> first;
    for (const std::uint64_t f : {1ULL, 1'000ULL, 1'000'000ULL, 10'000'000ULL}) {
      const auto profile = frequency_profile::from_entries({{100'000 * f, 5}, {30'000 * f, 20}, {7'000 * f, 100}});
      const std::vector<estimate> errors{
          q == 0.0 ? diversity::hill_number_at_size(profile, {.order = q, .sample_size = 500})
                   : diversity::hill_number_asymptotic(profile, {.order = q}),
          diversity::hill_number_at_size(profile, {.order = q, .sample_size = 1000}),
          diversity::hill_number_at_coverage(profile, {.order = q, .coverage = 0.9}).number};
      for (std::size_t i = 0; i < errors.size(); ++i) {
        const double scaled = errors[i].standard_error * std::sqrt(static_cast<double>(profile.total()));
        if (f == 1) first.push_back(scaled);
        INFO(q << ", " << i << ", " << f << ": " << scaled << ", " << first[i]);
        CHECK(tailwatch::testing::close(scaled, first[i], 3e-3));
      }
    }
  }
}

TEST_CASE("diversity: hill_number_asymptotic of an order beyond every count is undefined at once", "[diversity]") {
  const std::vector<int> x{9, 4, 1, 1};
  for (const double q : {10.0, 11.5, 1e6 + 0.5, 1e15, 1e300})
    CHECK(std::isnan(tailwatch::diversity::hill_number_asymptotic(x, {.order = q}).value));
  const std::vector<long long> giant{1'000'000'000'000, 2'000'000'000'000};
  const double h = tailwatch::diversity::hill_number_asymptotic(giant, {.order = 1000.5}).value;
  CHECK(tailwatch::testing::close(h, 1.5, 1e-3));  // close to 1/max p
}
